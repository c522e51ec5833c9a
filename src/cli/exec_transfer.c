/* The operations that move a handle to another session: as its descriptor, with a text beside it. A
 * VMO goes in a message of a channel, whose end is what is sent: so all that belongs to it goes
 * along, its part of a file and its companion too. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "cli/exec_op.h"
#include "cli/transfer.h"

/* Says what a -errno of transfer_send() or transfer_receive() was. */
static void reply_transfer(struct reply *reply, const char *path, int error)
{
    if (error == -ETIMEDOUT) {
        reply_timed_out(reply);
    } else {
        (void)reply_usage(reply, "path: '%s': %s", path, strerror(-error));
    }
}

/* What travels. */
struct shipment {
    int fd;
    struct sysmem_handle_info info; /* of the descriptor */
    bool in_message;                /* the handle is in the first message of this end */
};

static bool is_vmo(zx_handle_t handle)
{
    zx_info_handle_basic_t basic;
    return zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL, NULL) ==
               ZX_OK &&
           basic.type == ZX_OBJ_TYPE_VMO;
}

/* Puts a handle, which is gone then, into a message for the end. */
static zx_status_t enclose(zx_handle_t handle, zx_handle_t *ret_end)
{
    zx_handle_t ends[2];
    zx_status_t status = zx_channel_create(0, &ends[0], &ends[1]);
    if (status != ZX_OK) {
        (void)zx_handle_close(handle);
        return status;
    }
    status = zx_channel_write(ends[0], 0, NULL, 0, &handle, 1);
    (void)zx_handle_close(ends[0]);
    if (status != ZX_OK) {
        (void)zx_handle_close(ends[1]);
        return status;
    }
    *ret_end = ends[1];
    return ZX_OK;
}

/* The other way round: the end is gone then. */
static zx_status_t disclose(zx_handle_t end, zx_handle_t *ret_handle)
{
    zx_status_t status = zx_channel_read(end, 0, NULL, ret_handle, 0, 1, NULL, NULL);
    (void)zx_handle_close(end);
    return status;
}

/* The handle is gone in every case. */
static zx_status_t pack(zx_handle_t handle, struct shipment *ret)
{
    struct shipment shipment = {.in_message = is_vmo(handle)};
    zx_status_t status = shipment.in_message ? enclose(handle, &handle) : ZX_OK;
    if (status != ZX_OK) {
        return status;
    }
    status = sysmem_handle_into_fd(handle, &shipment.info, &shipment.fd);
    if (status != ZX_OK) {
        (void)zx_handle_close(handle);
        return status;
    }
    *ret = shipment;
    return ZX_OK;
}

/* Takes the descriptor in every case. */
static zx_status_t unpack(const struct shipment *shipment, zx_handle_t *ret_handle)
{
    zx_handle_t handle = ZX_HANDLE_INVALID;
    zx_status_t status = sysmem_handle_from_fd(shipment->fd, &shipment->info, &handle);
    if (status == ZX_OK && shipment->in_message) {
        status = disclose(handle, &handle);
    }
    if (status == ZX_OK) {
        *ret_handle = handle;
    }
    return status;
}

/* What must travel beside a descriptor, as text. The caller frees it. */
static char *header_of(const struct shipment *shipment, enum model_protocol protocol)
{
    const struct sysmem_handle_info *info = &shipment->info;
    json_t *header = json_object();
    (void)json_object_set_new(header, "type", json_integer((json_int_t)info->type));
    (void)json_object_set_new(header, "rights", json_integer((json_int_t)info->rights));
    (void)json_object_set_new(header, "koid", json_sprintf("%" PRIu64, info->koid));
    (void)json_object_set_new(header, "related_koid", json_sprintf("%" PRIu64, info->related_koid));
    (void)json_object_set_new(header, "in_message", json_boolean(shipment->in_message));
    if (protocol != MODEL_PROTOCOL_NONE) {
        (void)json_object_set_new(header, "protocol", json_string(model_protocol_name(protocol)));
    }
    char *text = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    return text;
}

/* The other way round, but for the descriptor. False: not what header_of() writes. */
static bool parse_header(const char *text, struct shipment *ret, enum model_protocol *ret_protocol)
{
    struct sysmem_handle_info *info = &ret->info;
    json_t *header = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    struct reply ignored = {0};
    struct request request = {.object = header, .reply = &ignored};
    uint64_t type = 0;
    uint64_t rights = 0;
    const char *protocol = NULL;
    bool understood = json_is_object(header) && request_u64(&request, "type", &type) &&
                      request_u64(&request, "rights", &rights) &&
                      request_u64(&request, "koid", &info->koid) &&
                      request_u64(&request, "related_koid", &info->related_koid) &&
                      request_flag(&request, "in_message", &ret->in_message) &&
                      request_optional_string(&request, "protocol", &protocol) &&
                      type <= UINT32_MAX && rights <= UINT32_MAX;
    info->type = (zx_obj_type_t)type;
    info->rights = (zx_rights_t)rights;
    *ret_protocol = protocol == NULL ? MODEL_PROTOCOL_NONE : model_protocol_by_name(protocol);
    json_decref(reply_finish(&ignored, NULL));
    json_decref(header);
    return understood;
}

/* Puts what could not be sent back under its name. */
static void put_back(struct exec *exec, const struct request *request, const char *name,
                     enum model_protocol protocol, zx_handle_t handle)
{
    if (entry_add(&exec->names, name,
                  &(struct entry){.kind = ENTRY_HANDLE, .protocol = protocol, .handle = handle}) ==
        NULL) {
        (void)reply_status(request->reply, ZX_ERR_NO_MEMORY);
    }
}

void exec_op_send(struct exec *exec, const struct request *request)
{
    struct entry *entry = exec_find_handle(exec, request, "h");
    const char *path = NULL;
    zx_time_t deadline = 0;
    if (entry == NULL || !request_string(request, "path", &path) ||
        !request_deadline(request, &deadline)) {
        return;
    }
    const char *name = json_string_value(json_object_get(request->object, "h"));
    enum model_protocol protocol = entry->protocol;
    zx_handle_t handle = ZX_HANDLE_INVALID;
    struct shipment shipment = {.fd = -1};
    if (!reply_status(request->reply, entry_take_handle(&exec->names, entry, &handle)) ||
        !reply_status(request->reply, pack(handle, &shipment))) {
        return;
    }
    char *header = header_of(&shipment, protocol);
    int r = header == NULL ? -ENOMEM : transfer_send(path, header, shipment.fd, deadline);
    free(header);
    if (r == 0) {
        fd_close(&shipment.fd);
        return;
    }
    reply_transfer(request->reply, path, r);
    if (reply_status(request->reply, unpack(&shipment, &handle))) {
        put_back(exec, request, name, protocol, handle);
    }
}

void exec_op_receive(struct exec *exec, const struct request *request)
{
    const char *path = NULL;
    const char *as = NULL;
    enum model_protocol protocol = MODEL_PROTOCOL_NONE;
    zx_time_t deadline = 0;
    if (!request_string(request, "path", &path) || !exec_as(exec, request, &as) ||
        !exec_protocol(request, &protocol) || !request_deadline(request, &deadline)) {
        return;
    }
    char header[TRANSFER_MAX_HEADER];
    struct shipment shipment = {.fd = -1};
    int r = transfer_receive(path, deadline, header, &shipment.fd);
    if (r < 0) {
        reply_transfer(request->reply, path, r);
        return;
    }
    enum model_protocol sent_as = MODEL_PROTOCOL_NONE;
    if (!parse_header(header, &shipment, &sent_as)) {
        fd_close(&shipment.fd);
        (void)reply_usage(request->reply, "path: what came is not from another session");
        return;
    }
    struct entry entry = {.kind = ENTRY_HANDLE,
                          .protocol = protocol == MODEL_PROTOCOL_NONE ? sent_as : protocol};
    if (reply_status(request->reply, unpack(&shipment, &entry.handle))) {
        (void)exec_add(exec, request, as, &entry);
    }
}
