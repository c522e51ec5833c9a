/* Events: objects that are nothing but signals. */
#include <stdlib.h>

#include <zircon/syscalls.h>

#include "zx/handle.h"

static void event_free(struct object *object)
{
    free(object);
}

static const struct object_kind event_kind = {
    .type = ZX_OBJ_TYPE_EVENT,
    .default_rights = ZX_DEFAULT_EVENT_RIGHTS,
    .settable = ZX_USER_SIGNAL_ALL | ZX_EVENT_SIGNALED,
    .free = event_free,
};

zx_status_t zx_event_create(uint32_t options, zx_handle_t *out)
{
    if (options != 0 || out == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct object *event = calloc(1, sizeof(*event));
    if (event == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    object_init(event, &event_kind, ZX_KOID_INVALID, ZX_SIGNAL_NONE);
    return handle_new(event, event_kind.default_rights, out);
}
