#include "zx/event.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <zircon/syscalls.h>

#include "base/fd.h"
#include "os/socket_name.h"
#include "zx/handle.h"
#include "zx/stray.h"

struct event {
    struct object object;
    int fd; /* -1 until the event first leaves the process; guarded by object.lock */
};

static struct event *event_of(struct object *object)
{
    return container_of(object, struct event, object);
}

static void event_free(struct object *object)
{
    struct event *event = event_of(object);
    stray_close_end(&event->fd); /* a received one's socket may have been sent anything */
    free(event);
}

static const struct object_kind event_kind = {
    .type = ZX_OBJ_TYPE_EVENT,
    .default_rights = ZX_DEFAULT_EVENT_RIGHTS,
    .settable = ZX_USER_SIGNAL_ALL | ZX_EVENT_SIGNALED,
    .free = event_free,
};

/* Takes the descriptor on success. */
static struct object *event_new(int fd, zx_koid_t koid, zx_signals_t signals)
{
    struct event *event = calloc(1, sizeof(*event));
    if (event == NULL) {
        return NULL;
    }
    object_init(&event->object, &event_kind, koid, signals & event_kind.settable);
    event->fd = fd;
    return &event->object;
}

zx_status_t event_from_fd(int fd, const struct form *form, struct object **ret_object)
{
    zx_koid_t koid = form->koid;
    if (!socket_is_channel_end(fd) || (koid == ZX_KOID_INVALID && socket_koid(fd, &koid) < 0)) {
        return ZX_ERR_WRONG_TYPE;
    }
    struct object *object = event_new(fd, koid, form->signals);
    if (object == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    *ret_object = object;
    return ZX_OK;
}

int event_take_fd(struct object *object)
{
    struct event *event = event_of(object);
    (void)pthread_mutex_lock(&object->lock);
    if (event->fd < 0) {
        event->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    }
    int fd = event->fd < 0            ? -errno
             : object_is_sole(object) ? fd_take(&event->fd)
                                      : fd_dup(event->fd);
    (void)pthread_mutex_unlock(&object->lock);
    return fd;
}

zx_status_t zx_event_create(uint32_t options, zx_handle_t *out)
{
    if (options != 0 || out == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct object *event = event_new(-1, ZX_KOID_INVALID, ZX_SIGNAL_NONE);
    return event == NULL ? ZX_ERR_NO_MEMORY : handle_new(event, event_kind.default_rights, out);
}
