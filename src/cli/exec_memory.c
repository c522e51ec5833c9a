/* The operations on memory: VMOs, and mappings of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/fd.h"
#include "cli/exec_op.h"
#include "cli/hex.h"

/* Of one read, in bytes; a reply line holds twice as many. */
#define MAX_READ ((uint64_t)16 << 20)

static const struct model_name vmo_option_rows[] = {
    {"RESIZABLE",   ZX_VMO_RESIZABLE  },
    {"DISCARDABLE", ZX_VMO_DISCARDABLE},
    {"UNBOUNDED",   ZX_VMO_UNBOUNDED  },
};

static const struct model_names vmo_option_names = {.bits = true,
                                                    .names = vmo_option_rows,
                                                    .count = sizeof(vmo_option_rows) /
                                                             sizeof(vmo_option_rows[0])};

static const struct model_name child_option_rows[] = {
    {"SNAPSHOT",                   ZX_VMO_CHILD_SNAPSHOT                  },
    {"RESIZABLE",                  ZX_VMO_CHILD_RESIZABLE                 },
    {"SLICE",                      ZX_VMO_CHILD_SLICE                     },
    {"SNAPSHOT_AT_LEAST_ON_WRITE", ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE},
    {"NO_WRITE",                   ZX_VMO_CHILD_NO_WRITE                  },
    {"REFERENCE",                  ZX_VMO_CHILD_REFERENCE                 },
    {"SNAPSHOT_MODIFIED",          ZX_VMO_CHILD_SNAPSHOT_MODIFIED         },
};

static const struct model_names child_option_names = {.bits = true,
                                                      .names = child_option_rows,
                                                      .count = sizeof(child_option_rows) /
                                                               sizeof(child_option_rows[0])};

static const struct model_name perm_rows[] = {
    {"READ",    ZX_VM_PERM_READ   },
    {"WRITE",   ZX_VM_PERM_WRITE  },
    {"EXECUTE", ZX_VM_PERM_EXECUTE},
};

static const struct model_names perm_names = {
    .bits = true, .names = perm_rows, .count = sizeof(perm_rows) / sizeof(perm_rows[0])};

void exec_op_vmo_create(struct exec *exec, const struct request *request)
{
    uint64_t size = 0;
    uint64_t options = 0;
    const char *as = NULL;
    if (!request_u64(request, "size", &size) || !exec_as(exec, request, &as) ||
        (json_object_get(request->object, "options") != NULL &&
         !request_bits(request, "options", &vmo_option_names, &options))) {
        return;
    }
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    if (reply_status(request->reply, zx_vmo_create(size, (uint32_t)options, &vmo))) {
        (void)exec_add(exec, request, as, &(struct entry){.kind = ENTRY_HANDLE, .handle = vmo});
    }
}

void exec_op_vmo_create_child(struct exec *exec, const struct request *request)
{
    const struct entry *entry = exec_find_handle(exec, request, "h");
    uint64_t options = 0;
    uint64_t offset = 0;
    uint64_t size = 0;
    const char *as = NULL;
    zx_handle_t handle = ZX_HANDLE_INVALID;
    if (entry == NULL || !request_bits(request, "options", &child_option_names, &options) ||
        !request_optional_u64(request, "offset", 0, &offset) ||
        !request_optional_u64(request, "size", 0, &size) || !exec_as(exec, request, &as) ||
        !reply_status(request->reply, entry_borrow_handle(entry, &handle))) {
        return;
    }
    zx_handle_t child = ZX_HANDLE_INVALID;
    zx_status_t status = zx_vmo_create_child(handle, (uint32_t)options, offset, size, &child);
    entry_return_handle(entry, handle);
    if (reply_status(request->reply, status)) {
        (void)exec_add(exec, request, as, &(struct entry){.kind = ENTRY_HANDLE, .handle = child});
    }
}

/* Room for what a read asks for. */
static unsigned char *read_length(const struct request *request, size_t *ret)
{
    uint64_t length = 0;
    if (!request_u64(request, "length", &length)) {
        return NULL;
    }
    if (length > MAX_READ) {
        (void)reply_usage(request->reply, "length: %llu is more than %llu bytes",
                          (unsigned long long)length, (unsigned long long)MAX_READ);
        return NULL;
    }
    unsigned char *buffer = malloc(length + 1);
    if (buffer == NULL) {
        (void)reply_status(request->reply, ZX_ERR_NO_MEMORY);
    }
    *ret = length;
    return buffer;
}

static void set_data(struct reply *reply, const unsigned char *data, size_t len)
{
    char *text = hex_encode(data, len);
    reply_set(reply, "data", text == NULL ? NULL : json_stringn(text, 2 * len));
    free(text);
}

void exec_op_vmo_read(struct exec *exec, const struct request *request)
{
    const struct entry *entry = exec_find_handle(exec, request, "h");
    uint64_t offset = 0;
    size_t length = 0;
    unsigned char *buffer = NULL;
    zx_handle_t handle = ZX_HANDLE_INVALID;
    if (entry == NULL || !request_optional_u64(request, "offset", 0, &offset) ||
        (buffer = read_length(request, &length)) == NULL) {
        return;
    }
    if (reply_status(request->reply, entry_borrow_handle(entry, &handle))) {
        if (reply_status(request->reply, zx_vmo_read(handle, buffer, offset, length))) {
            set_data(request->reply, buffer, length);
        }
        entry_return_handle(entry, handle);
    }
    free(buffer);
}

void exec_op_vmo_write(struct exec *exec, const struct request *request)
{
    const struct entry *entry = exec_find_handle(exec, request, "h");
    uint64_t offset = 0;
    size_t length = 0;
    unsigned char *data = NULL;
    zx_handle_t handle = ZX_HANDLE_INVALID;
    if (entry == NULL || !request_optional_u64(request, "offset", 0, &offset) ||
        !request_hex(request, "data", &data, &length)) {
        return;
    }
    if (reply_status(request->reply, entry_borrow_handle(entry, &handle))) {
        (void)reply_status(request->reply, zx_vmo_write(handle, data, offset, length));
        entry_return_handle(entry, handle);
    }
    free(data);
}

void exec_op_map(struct exec *exec, const struct request *request)
{
    const struct entry *entry = exec_find_handle(exec, request, "h");
    struct mapping mapping = {0};
    uint64_t offset = 0;
    uint64_t perms = 0;
    const char *as = NULL;
    zx_handle_t handle = ZX_HANDLE_INVALID;
    if (entry == NULL || !request_optional_u64(request, "offset", 0, &offset) ||
        !request_u64(request, "length", &mapping.length) ||
        !request_bits(request, "perms", &perm_names, &perms) || !exec_as(exec, request, &as) ||
        !reply_status(request->reply, entry_borrow_handle(entry, &handle))) {
        return;
    }
    mapping.perms = (zx_vm_option_t)perms;
    zx_status_t status = zx_vmar_map(zx_vmar_root_self(), mapping.perms, 0, handle, offset,
                                     mapping.length, &mapping.address);
    entry_return_handle(entry, handle);
    if (reply_status(request->reply, status)) {
        (void)checked_round_up_u64(mapping.length, zx_system_get_page_size(), &mapping.length);
        (void)exec_add(exec, request, as,
                       &(struct entry){.kind = ENTRY_MAPPING, .mapping = mapping});
    }
}

/* Copies by way of a pipe: where the memory cannot be touched (its file has shrunk, its pages may
 * not be written), the kernel says so instead of killing the process. */
static bool copy_carefully(void *to, const void *from, size_t len)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return false;
    }
    size_t done = 0;
    while (done < len) {
        size_t part = len - done < 4096 ? len - done : 4096;
        ssize_t in = write(ends[1], (const char *)from + done, part);
        if (in <= 0 || read(ends[0], (char *)to + done, (size_t)in) != in) {
            break;
        }
        done += (size_t)in;
    }
    fd_close(&ends[0]);
    fd_close(&ends[1]);
    return done == len;
}

/* Where a read or write of a mapping goes; the errors are those of the calls on VMOs. */
static unsigned char *mapped_range(const struct request *request, const struct mapping *mapping,
                                   zx_vm_option_t perm, size_t length)
{
    uint64_t offset = 0;
    if (!request_optional_u64(request, "offset", 0, &offset)) {
        return NULL;
    }
    if ((mapping->perms & perm) == 0) {
        (void)reply_status(request->reply, ZX_ERR_ACCESS_DENIED);
        return NULL;
    }
    if (offset > mapping->length || length > mapping->length - offset) {
        (void)reply_status(request->reply, ZX_ERR_OUT_OF_RANGE);
        return NULL;
    }
    return (unsigned char *)mapping->address + offset; // NOLINT(performance-no-int-to-ptr)
}

void exec_op_map_read(struct exec *exec, const struct request *request)
{
    const struct entry *entry = exec_find_mapping(exec, request, "m");
    size_t length = 0;
    unsigned char *buffer = NULL;
    if (entry == NULL || (buffer = read_length(request, &length)) == NULL) {
        return;
    }
    const unsigned char *from = mapped_range(request, &entry->mapping, ZX_VM_PERM_READ, length);
    if (from != NULL) {
        if (copy_carefully(buffer, from, length)) {
            set_data(request->reply, buffer, length);
        } else {
            (void)reply_status(request->reply, ZX_ERR_OUT_OF_RANGE);
        }
    }
    free(buffer);
}

void exec_op_map_write(struct exec *exec, const struct request *request)
{
    const struct entry *entry = exec_find_mapping(exec, request, "m");
    size_t length = 0;
    unsigned char *data = NULL;
    if (entry == NULL || !request_hex(request, "data", &data, &length)) {
        return;
    }
    unsigned char *to = mapped_range(request, &entry->mapping, ZX_VM_PERM_WRITE, length);
    if (to != NULL && !copy_carefully(to, data, length)) {
        (void)reply_status(request->reply, ZX_ERR_OUT_OF_RANGE);
    }
    free(data);
}

void exec_op_unmap(struct exec *exec, const struct request *request)
{
    struct entry *entry = exec_find_mapping(exec, request, "m");
    if (entry != NULL) {
        entry_remove(&exec->names, entry);
    }
}
