/* Events: objects that are nothing but signals. */
#ifndef ZX_EVENT_H
#define ZX_EVENT_H

#include "zx/form.h"
#include "zx/object.h"

/* Makes an event of a SEQPACKET socket, which it owns on success: what an event is recognised by
 * when it travels. Nothing is read from the socket, and no signal comes of it. ZX_ERR_WRONG_TYPE:
 * not a Unix SEQPACKET socket; ZX_ERR_NO_MEMORY. */
zx_status_t event_from_fd(int fd, const struct form *form, struct object **ret_object);

/* What object_take_fd() is for other objects. An event gets its socket now if it has none yet. It
 * is nobody's to poll, so events have no `fd` of struct object_kind. */
int event_take_fd(struct object *object);

#endif
