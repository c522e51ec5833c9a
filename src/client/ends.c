#include "client/ends.h"

#include <assert.h>
#include <string.h>

#include "base/fd.h"
#include "client/channel.h"
#include "model/field.h"

const struct model_field *ends_made_by(const struct model_type *request)
{
    for (size_t i = 0; request != NULL && i < request->field_count; i++) {
        const struct model_field *field = &request->fields[i];
        if (field->kind == MODEL_HANDLE && field->handle == MODEL_HANDLE_SERVER_END &&
            field->protocol != MODEL_PROTOCOL_NONE) {
            return field;
        }
    }
    return NULL;
}

void ends_set(const struct model_field *field, void *request, zx_handle_t value)
{
    memcpy((char *)request + field->offset, &value, sizeof(value));
    model_field_mark(field, request);
}

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

/* Makes the pair: its server end into the message and the request, its client end into *ret. */
static sysmem_status_t make_ends(const struct model_type *type, void *request,
                                 struct message *message, struct sysmem_node **ret)
{
    const struct model_field *field = ends_made_by(type);
    assert(field != NULL);
    int fds[2];
    sysmem_status_t status = channel_pair(fds);
    if (status != 0) {
        return status;
    }
    zx_handle_t slot;
    status = ends_attach(message, fds[1], &slot);
    if (status != 0) {
        fd_close(&fds[0]);
        return status;
    }
    ends_set(field, request, slot);
    return node_new(fds[0], (enum model_protocol)field->protocol, ret);
}

sysmem_status_t ends_send_with(const struct sysmem_node *node, const char *name, void *request,
                               struct message *message, struct sysmem_node **ret_client_end)
{
    struct sysmem_node *made = NULL;
    sysmem_status_t status =
        make_ends(node_method(node->channel.core, name)->request, request, message, &made);
    if (status == 0) {
        status = node_send_slots(node, name, request, message);
    }
    message_clear(message);
    if (status != 0) {
        node_free(made);
        return status;
    }
    *ret_client_end = made;
    return 0;
}

sysmem_status_t ends_send(const struct sysmem_node *node, const char *name, void *request,
                          struct sysmem_node **ret_client_end)
{
    struct message message;
    message_init(&message, 0, 0);
    return ends_send_with(node, name, request, &message, ret_client_end);
}
