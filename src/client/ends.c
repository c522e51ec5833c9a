#include "client/ends.h"

#include "base/fd.h"
#include "client/channel.h"

sysmem_status_t ends_attach(struct message *message, int fd, zx_handle_t *ret_slot)
{
    int slot = message_attach(message, &(struct attachment){.fd = fd,
                                                            .type = ZX_OBJ_TYPE_CHANNEL,
                                                            .rights = ZX_DEFAULT_CHANNEL_RIGHTS});
    if (slot < 0) {
        return ZX_ERR_NO_MEMORY;
    }
    *ret_slot = (zx_handle_t)slot;
    return 0;
}

sysmem_status_t ends_make(struct message *message, enum model_protocol protocol,
                          zx_handle_t *ret_slot, struct sysmem_node **ret_client_end)
{
    int fds[2];
    sysmem_status_t status = channel_pair(fds);
    if (status != 0) {
        return status;
    }
    status = ends_attach(message, fds[1], ret_slot);
    if (status != 0) {
        fd_close(&fds[0]);
        return status;
    }
    return node_new(fds[0], protocol, ret_client_end);
}
