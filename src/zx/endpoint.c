#include "zx/endpoint.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <zircon/syscalls.h>

#include "base/fd.h"
#include "os/socket_name.h"
#include "zx/handle.h"
#include "zx/status.h"

struct endpoint {
    struct object object;
    int fd;
    zx_koid_t related_koid; /* 0: whatever the kernel says */
};

static struct endpoint *endpoint_of(struct object *object)
{
    return container_of(object, struct endpoint, object);
}

static void endpoint_free(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);
    fd_close(&endpoint->fd);
    free(endpoint);
}

static int *endpoint_fd(struct object *object)
{
    return &endpoint_of(object)->fd;
}

/* Only the maker of a pair knows both koids from the start. An end that came from elsewhere learns
 * the other one's when the daemon has bound that to its name, which may be after it arrived here.
 */
static zx_koid_t endpoint_related_koid(struct object *object)
{
    const struct endpoint *endpoint = endpoint_of(object);
    if (endpoint->related_koid != ZX_KOID_INVALID) {
        return endpoint->related_koid;
    }
    struct socket_name name;
    return socket_name_of_peer(endpoint->fd, &name) == SOCKET_NAME_OK ? name.koid : ZX_KOID_INVALID;
}

static zx_signals_t eventpair_observe(struct object *object, short revents)
{
    (void)object;
    return (revents & POLLHUP) != 0 ? ZX_EVENTPAIR_PEER_CLOSED : 0;
}

static zx_signals_t channel_observe(struct object *object, short revents)
{
    if ((revents & POLLHUP) == 0) {
        return ((revents & POLLIN) != 0 ? ZX_CHANNEL_READABLE : 0) |
               ((revents & POLLOUT) != 0 ? ZX_CHANNEL_WRITABLE : 0);
    }
    /* After a hang-up poll() always says readable and writable. What is queued can still be read.
     */
    int queued = 0;
    bool readable = ioctl(endpoint_of(object)->fd, SIOCINQ, &queued) == 0 && queued > 0;
    return ZX_CHANNEL_PEER_CLOSED | (readable ? ZX_CHANNEL_READABLE : 0);
}

static const struct object_kind eventpair_kind = {
    .type = ZX_OBJ_TYPE_EVENTPAIR,
    .default_rights = ZX_DEFAULT_EVENTPAIR_RIGHTS,
    .settable = ZX_USER_SIGNAL_ALL | ZX_EVENTPAIR_SIGNALED,
    .free = endpoint_free,
    .fd = endpoint_fd,
    .observe = eventpair_observe,
    .observable = ZX_EVENTPAIR_PEER_CLOSED,
    .related_koid = endpoint_related_koid,
};

static const struct object_kind channel_kind = {
    .type = ZX_OBJ_TYPE_CHANNEL,
    .default_rights = ZX_DEFAULT_CHANNEL_RIGHTS,
    .settable = ZX_USER_SIGNAL_ALL,
    .free = endpoint_free,
    .fd = endpoint_fd,
    .observe = channel_observe,
    .observable = ZX_CHANNEL_READABLE | ZX_CHANNEL_WRITABLE | ZX_CHANNEL_PEER_CLOSED,
    .related_koid = endpoint_related_koid,
};

/* Takes the descriptor on success. */
static struct object *endpoint_new(const struct object_kind *kind, int fd, zx_koid_t koid,
                                   zx_koid_t related_koid)
{
    struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
    if (endpoint == NULL) {
        return NULL;
    }
    object_init(&endpoint->object, kind, koid, ZX_SIGNAL_NONE);
    endpoint->fd = fd;
    endpoint->related_koid = related_koid;
    return &endpoint->object;
}

zx_status_t endpoint_from_fd(int fd, const struct sysmem_handle_info *info,
                             struct object **ret_object)
{
    zx_koid_t koid = info->koid;
    if (!socket_is_channel_end(fd)) {
        return ZX_ERR_WRONG_TYPE;
    }
    if (koid == ZX_KOID_INVALID && socket_koid(fd, &koid) < 0) {
        return ZX_ERR_WRONG_TYPE;
    }
    const struct object_kind *kind =
        info->type == ZX_OBJ_TYPE_CHANNEL ? &channel_kind : &eventpair_kind;
    struct object *object = endpoint_new(kind, fd, koid, info->related_koid);
    if (object == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    *ret_object = object;
    return ZX_OK;
}

static zx_status_t pair_create(const struct object_kind *kind, zx_handle_t *ret_handle0,
                               zx_handle_t *ret_handle1)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
        return status_from_errno(errno);
    }
    zx_koid_t koids[2] = {0};
    struct object *ends[2] = {NULL, NULL};
    if (socket_koid(fds[0], &koids[0]) == 0 && socket_koid(fds[1], &koids[1]) == 0) {
        ends[0] = endpoint_new(kind, fds[0], koids[0], koids[1]);
        ends[1] = endpoint_new(kind, fds[1], koids[1], koids[0]);
    }
    if (ends[0] != NULL && ends[1] != NULL) {
        return handle_new_pair(ends, kind->default_rights, ret_handle0, ret_handle1);
    }
    for (int i = 0; i < 2; i++) {
        if (ends[i] != NULL) {
            object_unref(ends[i]);
        } else {
            fd_close(&fds[i]);
        }
    }
    return ZX_ERR_NO_MEMORY;
}

zx_status_t zx_eventpair_create(uint32_t options, zx_handle_t *out0, zx_handle_t *out1)
{
    if (options != 0) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if (out0 == NULL || out1 == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    return pair_create(&eventpair_kind, out0, out1);
}

zx_status_t zx_channel_create(uint32_t options, zx_handle_t *out0, zx_handle_t *out1)
{
    if (options != 0 || out0 == NULL || out1 == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    return pair_create(&channel_kind, out0, out1);
}
