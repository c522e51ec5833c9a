/* What the calls on channels share: messages from programs' buffers, and into them. */
#ifndef ZX_CHANNEL_H
#define ZX_CHANNEL_H

#include <zircon/types.h>

#include "zx/endpoint.h"

/* A program's message: bytes, or with ZX_CHANNEL_WRITE_USE_IOVEC parts of them, and either handles
 * or dispositions. */
struct outgoing {
    const void *bytes;
    uint32_t byte_count; /* of parts, if it is parts */
    bool is_parts;
    const zx_handle_t *handles;
    zx_handle_disposition_t *dispositions;
    uint32_t handle_count;
};

/* A program's room for a message. */
struct incoming {
    void *bytes;
    zx_handle_t *handles;
    zx_handle_info_t *infos;
    struct frame_head limit;
};

/* Closes all handles that a message would take along. */
void outgoing_drop(const struct outgoing *outgoing);

/* Makes a message, and takes its handles in every case. `self`: the end that it is sent from.
 * ZX_ERR_OUT_OF_RANGE, ZX_ERR_INVALID_ARGS, ZX_ERR_NO_MEMORY; of a handle: ZX_ERR_BAD_HANDLE,
 * ZX_ERR_ACCESS_DENIED, ZX_ERR_NOT_SUPPORTED, ZX_ERR_WRONG_TYPE, ZX_ERR_INVALID_ARGS. */
zx_status_t outgoing_pack(const struct outgoing *outgoing, const struct object *self,
                          struct parcel **ret_parcel);

/* Gives a message that fits to the program. Takes it in every case: ZX_ERR_NO_RESOURCES,
 * ZX_ERR_NO_MEMORY, for its handles. */
zx_status_t incoming_unpack(const struct incoming *incoming, struct parcel *parcel);

#endif
