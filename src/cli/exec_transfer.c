/* The operations that move a handle to another session. */
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

/* What must travel beside a descriptor, as text. The caller frees it. */
static char *header_of(const struct sysmem_handle_info *info, enum model_protocol protocol)
{
    json_t *header = json_object();
    (void)json_object_set_new(header, "type", json_integer((json_int_t)info->type));
    (void)json_object_set_new(header, "rights", json_integer((json_int_t)info->rights));
    (void)json_object_set_new(header, "koid", json_sprintf("%" PRIu64, info->koid));
    (void)json_object_set_new(header, "related_koid", json_sprintf("%" PRIu64, info->related_koid));
    if (protocol != MODEL_PROTOCOL_NONE) {
        (void)json_object_set_new(header, "protocol", json_string(model_protocol_name(protocol)));
    }
    char *text = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    return text;
}

/* The other way round. False: not what header_of() writes. */
static bool parse_header(const char *text, struct sysmem_handle_info *ret_info,
                         enum model_protocol *ret_protocol)
{
    json_t *header = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    struct reply ignored = {0};
    struct request request = {.object = header, .reply = &ignored};
    uint64_t type = 0;
    uint64_t rights = 0;
    const char *protocol = NULL;
    bool understood = json_is_object(header) && request_u64(&request, "type", &type) &&
                      request_u64(&request, "rights", &rights) &&
                      request_u64(&request, "koid", &ret_info->koid) &&
                      request_u64(&request, "related_koid", &ret_info->related_koid) &&
                      request_optional_string(&request, "protocol", &protocol) &&
                      type <= UINT32_MAX && rights <= UINT32_MAX;
    ret_info->type = (zx_obj_type_t)type;
    ret_info->rights = (zx_rights_t)rights;
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
    struct sysmem_handle_info info = {0};
    int fd = -1;
    if (!reply_status(request->reply, entry_take_handle(&exec->names, entry, &handle)) ||
        !reply_status(request->reply, sysmem_handle_into_fd(handle, &info, &fd))) {
        return;
    }
    char *header = header_of(&info, protocol);
    int r = header == NULL ? -ENOMEM : transfer_send(path, header, fd, deadline);
    free(header);
    if (r == 0) {
        fd_close(&fd);
        return;
    }
    reply_transfer(request->reply, path, r);
    if (reply_status(request->reply, sysmem_handle_from_fd(fd, &info, &handle))) {
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
    int fd = -1;
    int r = transfer_receive(path, deadline, header, &fd);
    if (r < 0) {
        reply_transfer(request->reply, path, r);
        return;
    }
    struct sysmem_handle_info info = {0};
    enum model_protocol sent_as = MODEL_PROTOCOL_NONE;
    if (!parse_header(header, &info, &sent_as)) {
        fd_close(&fd);
        (void)reply_usage(request->reply, "path: what came is not from another session");
        return;
    }
    struct entry entry = {.kind = ENTRY_HANDLE,
                          .protocol = protocol == MODEL_PROTOCOL_NONE ? sent_as : protocol};
    if (reply_status(request->reply, sysmem_handle_from_fd(fd, &info, &entry.handle))) {
        (void)exec_add(exec, request, as, &entry);
    }
}
