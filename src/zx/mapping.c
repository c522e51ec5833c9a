#include "zx/mapping.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <zircon/syscalls.h>

#include "base/checked.h"
#include "zx/reservation.h"
#include "zx/status.h"

#define PERMS (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t left_before(uint64_t end, uint64_t at)
{
    return at < end ? end - at : 0;
}

static int protection_of(zx_vm_option_t perms)
{
    return ((perms & ZX_VM_PERM_READ) != 0 ? PROT_READ : 0) |
           ((perms & ZX_VM_PERM_WRITE) != 0 ? PROT_WRITE : 0) |
           ((perms & ZX_VM_PERM_EXECUTE) != 0 ? PROT_EXEC : 0);
}

/* How much of the mapping there is a file for. Beyond the end of the file there is one, too: the
 * kernel raises the faults there. */
static uint64_t count_backed(const struct mapping *mapping)
{
    struct vmo *vmo = mapping->vmo;
    uint64_t bytes =
        vmo_mappable(vmo, mapping->vmo_offset, mapping->range.end - mapping->range.start);
    uint64_t stream_end;
    if (mapping->is_bounded &&
        checked_round_up_u64(vmo_get_content_size(vmo), mapping->page, &stream_end)) {
        bytes = min_u64(bytes, left_before(stream_end, mapping->vmo_offset));
    }
    return bytes;
}

/* From the start to the next file of the store, at which the kernel's mapping becomes another one.
 */
static uint64_t size_to_seam(const struct mapping *mapping)
{
    return STORE_FILE_MAX - (mapping->vmo->offset + mapping->vmo_offset) % STORE_FILE_MAX;
}

/* Has the kernel map what lies in one file. */
static bool map_part(const struct mapping *mapping, uint64_t from, uint64_t to, int flags)
{
    if (from == to) {
        return true;
    }
    const struct vmo *vmo = mapping->vmo;
    void *at = (void *)(uintptr_t)(mapping->range.start + from);
    uint64_t file_offset;
    int fd = store_file_at(vmo->store, vmo->offset + mapping->vmo_offset + from, &file_offset);
    return fd >= 0 && mmap(at, to - from, protection_of(mapping->perms),
                           MAP_SHARED | MAP_FIXED | flags, fd, (off_t)file_offset) != MAP_FAILED;
}

/* Has the kernel map the bytes from `from` to `to`, both counted from the start, the upper file
 * first: what is lost if it refuses is then always all from some address on. *ret_lost: as for
 * mapping_enter(), unchanged if nothing is. */
static zx_status_t map_files(const struct mapping *mapping, uint64_t from, uint64_t to, int flags,
                             uint64_t *ret_lost)
{
    uint64_t start = mapping->range.start;
    uint64_t seam = min_u64(size_to_seam(mapping), to);
    uint64_t upper = seam > from ? seam : from;
    if (!map_part(mapping, upper, to, flags)) {
        zx_status_t status = status_from_mmap_errno(errno);
        if (reservation_mend(start + upper, start + to)) {
            *ret_lost = start + upper;
        }
        return status;
    }
    if (!map_part(mapping, from, upper, flags)) {
        zx_status_t status = status_from_mmap_errno(errno);
        if (upper < to) {
            (void)reservation_restore(start + upper, start + to);
            *ret_lost = start + upper;
        }
        if (reservation_mend(start + from, start + upper)) {
            *ret_lost = start + from;
        }
        return status;
    }
    *ret_lost = start + from;
    return ZX_OK;
}

/* Takes a prepared mapping into the counts and lists of its VMO. */
static void mapping_attach(struct mapping *mapping)
{
    object_ref(&mapping->vmo->object);
    (void)atomic_fetch_add(&mapping->vmo->mappings, 1);
    list_init(&mapping->bounded_link);
    if (mapping->is_bounded) {
        list_append(&mapping->vmo->extent->bounded_mappings, &mapping->bounded_link);
    }
}

struct mapping *mapping_new(const struct map_request *request, uint64_t start)
{
    struct mapping *mapping = malloc(sizeof(*mapping));
    if (mapping == NULL) {
        return NULL;
    }
    *mapping = (struct mapping){
        .range = {.start = start, .end = start + request->size, .kind = TENANT_MAPPING},
        .vmo = request->vmo,
        .vmo_offset = request->vmo_offset,
        .page = vmo_page(request->vmo),
        .perms = request->options & PERMS,
        .max_perms = request->max_perms,
        .is_bounded = (request->options & ZX_VM_FAULT_BEYOND_STREAM_SIZE) != 0,
    };
    mapping->backed = count_backed(mapping);
    mapping_attach(mapping);
    return mapping;
}

uint64_t mapping_seam(const struct mapping *mapping)
{
    return mapping->range.start + min_u64(size_to_seam(mapping), mapping->backed);
}

zx_status_t mapping_enter(const struct mapping *mapping, zx_vm_option_t options, uint64_t *ret_lost)
{
    uint64_t start = mapping->range.start;
    uint64_t end = mapping->range.end;
    uint64_t file_end = start + mapping->backed;
    *ret_lost = end;
    if (file_end < end && (options & ZX_VM_SPECIFIC_OVERWRITE) != 0) {
        zx_status_t status = reservation_restore(file_end, end);
        if (status != ZX_OK) {
            return status;
        }
        *ret_lost = file_end;
    }
    int flags = (options & ZX_VM_MAP_RANGE) != 0 ? MAP_POPULATE : 0;
    return map_files(mapping, 0, mapping->backed, flags, ret_lost);
}

void mapping_free(struct mapping *mapping)
{
    list_remove(&mapping->bounded_link);
    (void)atomic_fetch_sub(&mapping->vmo->mappings, 1);
    object_unref(&mapping->vmo->object);
    free(mapping);
}

struct mapping *mapping_split(struct mapping *mapping, uint64_t at)
{
    struct mapping *upper = malloc(sizeof(*upper));
    if (upper == NULL) {
        return NULL;
    }
    uint64_t size = at - mapping->range.start;
    assert(at > mapping->range.start && at < mapping->range.end && size % mapping->page == 0);
    *upper = *mapping;
    upper->range.start = at;
    upper->vmo_offset += size;
    upper->backed = left_before(mapping->backed, size);
    mapping->range.end = at;
    mapping->backed -= upper->backed;
    mapping_attach(upper);
    return upper;
}

zx_status_t mapping_protect(const struct mapping *mapping, zx_vm_option_t perms)
{
    void *at = (void *)(uintptr_t)mapping->range.start;
    return mapping->backed == 0 || mprotect(at, mapping->backed, protection_of(perms)) == 0
               ? ZX_OK
               : status_from_errno(errno);
}

void mapping_populate(const struct mapping *mapping, uint64_t start, uint64_t end)
{
    uint64_t backed_end = min_u64(end, mapping->range.start + mapping->backed);
    if (start <
        backed_end) { /* the kernel stops where access is not allowed, and at the file's end */
        (void)madvise((void *)(uintptr_t)start, backed_end - start, MADV_POPULATE_READ);
    }
}

zx_status_t mapping_follow_stream(struct mapping *mapping)
{
    uint64_t start = mapping->range.start;
    uint64_t backed = count_backed(mapping);
    zx_status_t status = ZX_OK;
    if (backed < mapping->backed) {
        status = reservation_restore(start + backed, start + mapping->backed);
    } else {
        uint64_t lost; /* of a reservation: it is mended */
        status = map_files(mapping, mapping->backed, backed, 0, &lost);
    }
    if (status == ZX_OK) {
        mapping->backed = backed;
    }
    return status;
}
