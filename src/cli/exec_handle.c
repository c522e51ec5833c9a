/* The operations on handles of every kind. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/exec_op.h"
#include "model/names.h"

/* Adds a handle that was just made. */
static bool add_handle(struct exec *exec, const struct request *request, const char *as,
                       zx_handle_t handle)
{
    return exec_add(exec, request, as, &(struct entry){.kind = ENTRY_HANDLE, .handle = handle});
}

/* The "as" of a request that makes two things: two free names that differ, or none at all. */
static bool read_two_names(const struct exec *exec, const struct request *request,
                           const char *ret[2])
{
    const json_t *as = json_object_get(request->object, "as");
    ret[0] = NULL;
    ret[1] = NULL;
    if (as == NULL) {
        return true;
    }
    for (size_t i = 0; i < 2; i++) {
        ret[i] = json_string_value(json_array_get(as, i));
        if (ret[i] == NULL || json_array_size(as) != 2) {
            return reply_usage(request->reply, "as: wanted a list of two names");
        }
        if (!entry_name_is_free(&exec->names, ret[i])) {
            return reply_usage(request->reply, "as: '%s' is taken, or no name to choose", ret[i]);
        }
    }
    return strcmp(ret[0], ret[1]) != 0 ||
           reply_usage(request->reply, "as: twice the same name '%s'", ret[0]);
}

typedef zx_status_t (*make_pair_fn)(uint32_t options, zx_handle_t *out0, zx_handle_t *out1);

static void make_pair(struct exec *exec, const struct request *request, make_pair_fn make)
{
    const char *as[2];
    zx_handle_t handles[2];
    if (!read_two_names(exec, request, as) ||
        !reply_status(request->reply, make(0, &handles[0], &handles[1]))) {
        return;
    }
    json_t *names = json_array();
    for (size_t i = 0; i < 2; i++) {
        const struct entry *entry = entry_add(
            &exec->names, as[i], &(struct entry){.kind = ENTRY_HANDLE, .handle = handles[i]});
        if (entry == NULL) {
            (void)reply_status(request->reply, ZX_ERR_NO_MEMORY);
        } else {
            (void)json_array_append_new(names, json_string(entry->name));
        }
    }
    if (as[0] == NULL) {
        reply_set(request->reply, "as", json_incref(names));
    }
    json_decref(names);
}

void exec_op_channel(struct exec *exec, const struct request *request)
{
    make_pair(exec, request, zx_channel_create);
}

void exec_op_eventpair(struct exec *exec, const struct request *request)
{
    make_pair(exec, request, zx_eventpair_create);
}

void exec_op_event(struct exec *exec, const struct request *request)
{
    const char *as = NULL;
    zx_handle_t handle = ZX_HANDLE_INVALID;
    if (exec_as(exec, request, &as) && reply_status(request->reply, zx_event_create(0, &handle))) {
        (void)add_handle(exec, request, as, handle);
    }
}

void exec_op_close(struct exec *exec, const struct request *request)
{
    struct entry *entry = exec_find_handle(exec, request, "h");
    if (entry != NULL) {
        entry_remove(&exec->names, entry);
    }
}

void exec_op_names(struct exec *exec, const struct request *request)
{
    json_t *names = json_array();
    list_for_each (it, &exec->names.entries) {
        const struct entry *entry = container_of(it, struct entry, link);
        (void)json_array_append_new(names, json_string(entry->name));
    }
    reply_set(request->reply, "names", names);
}

void exec_op_duplicate(struct exec *exec, const struct request *request)
{
    const struct entry *entry = exec_find_handle(exec, request, "h");
    uint64_t rights = 0;
    const char *as = NULL;
    if (entry == NULL || !request_bits(request, "rights", &model_rights_names, &rights) ||
        !exec_as(exec, request, &as)) {
        return;
    }
    zx_handle_t original = ZX_HANDLE_INVALID;
    if (!reply_status(request->reply, entry_borrow_handle(entry, &original))) {
        return;
    }
    zx_handle_t duplicate = ZX_HANDLE_INVALID;
    zx_status_t status = zx_handle_duplicate(original, (zx_rights_t)rights, &duplicate);
    entry_return_handle(entry, original);
    if (reply_status(request->reply, status)) {
        (void)add_handle(exec, request, as, duplicate);
    }
}

void exec_op_sleep(struct exec *exec, const struct request *request)
{
    (void)exec;
    uint64_t ms = 0;
    if (!request_u64(request, "ms", &ms)) {
        return;
    }
    if (ms > UINT32_MAX) {
        (void)reply_usage(request->reply, "ms: wanted at most %u", UINT32_MAX);
        return;
    }
    struct timespec rest = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000 * 1000000)};
    while (nanosleep(&rest, &rest) < 0 && errno == EINTR) {
    }
}
