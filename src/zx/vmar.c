/* The calls on VMARs: handles, rights and options, in Zircon's order. The rest is region.c's. */
#include <assert.h>

#include <zircon/syscalls.h>

#include "base/checked.h"
#include "zx/handle.h"
#include "zx/region.h"

#define PERMS       (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)
#define CAN_MAP     (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE)
#define KNOWN_FLAGS ((zx_vm_option_t)0xFFFF)
/* What no region is made with. ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED is passed over. */
#define ONLY_MAPPINGS                                                                              \
    (PERMS | ZX_VM_SPECIFIC_OVERWRITE | ZX_VM_MAP_RANGE | ZX_VM_REQUIRE_NON_RESIZABLE |            \
     ZX_VM_ALLOW_FAULTS | ZX_VM_FAULT_BEYOND_STREAM_SIZE)
#define LEAST_ALIGN  (ZX_VM_ALIGN_1KB >> ZX_VM_ALIGN_BASE)
#define WIDEST_ALIGN (ZX_VM_ALIGN_4GB >> ZX_VM_ALIGN_BASE)

/* The region lives as long as the process: this holds its second reference. Closing the handle only
 * takes its name away. */
static struct region *root;
static zx_handle_t root_handle;

static void make_root(void)
{
    root = region_new_root();
    if (root != NULL) {
        object_ref(&root->object);
        (void)handle_new(&root->object,
                         ZX_DEFAULT_VMAR_RIGHTS | ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE,
                         &root_handle);
    }
}

zx_handle_t zx_vmar_root_self(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_root);
    return root_handle;
}

/* The rights that a mapping's permissions ask of a handle. */
static zx_rights_t rights_for(zx_vm_option_t options)
{
    return ((options & ZX_VM_PERM_READ) != 0 ? ZX_RIGHT_READ : 0) |
           ((options & ZX_VM_PERM_WRITE) != 0 ? ZX_RIGHT_WRITE : 0) |
           ((options & ZX_VM_PERM_EXECUTE) != 0 ? ZX_RIGHT_EXECUTE : 0);
}

/* The permissions that go with rights. */
static zx_vm_option_t perms_for(zx_rights_t rights)
{
    return ((rights & ZX_RIGHT_READ) != 0 ? ZX_VM_PERM_READ : 0) |
           ((rights & ZX_RIGHT_WRITE) != 0 ? ZX_VM_PERM_WRITE : 0) |
           ((rights & ZX_RIGHT_EXECUTE) != 0 ? ZX_VM_PERM_EXECUTE : 0);
}

/* The rights that a region's ZX_VM_CAN_MAP_ options ask of its parent's handle and give to its own.
 */
static zx_rights_t rights_for_region(zx_vm_option_t options)
{
    return ((options & ZX_VM_CAN_MAP_READ) != 0 ? ZX_RIGHT_READ : 0) |
           ((options & ZX_VM_CAN_MAP_WRITE) != 0 ? ZX_RIGHT_WRITE : 0) |
           ((options & ZX_VM_CAN_MAP_EXECUTE) != 0 ? ZX_RIGHT_EXECUTE : 0);
}

static bool is_readless(zx_vm_option_t options)
{
    return (options & PERMS) != 0 && (options & ZX_VM_PERM_READ) == 0;
}

static bool has_bad_bits(zx_vm_option_t options)
{
    zx_vm_option_t align = options >> ZX_VM_ALIGN_BASE;
    zx_vm_option_t flags = options & (((zx_vm_option_t)1 << ZX_VM_ALIGN_BASE) - 1);
    return (flags & ~KNOWN_FLAGS) != 0 ||
           (align != 0 && (align < LEAST_ALIGN || align > WIDEST_ALIGN));
}

/* A region for a new handle. Takes the reference. */
static zx_status_t region_to_handle(struct region *region, zx_rights_t rights, zx_handle_t *ret)
{
    object_ref(&region->object); /* for the case that no handle is to be had */
    zx_status_t status = handle_new(&region->object, rights, ret);
    if (status != ZX_OK) {
        (void)region_destroy(region);
    }
    object_unref(&region->object);
    return status;
}

zx_status_t zx_vmar_allocate(zx_handle_t parent_vmar, zx_vm_option_t options, size_t offset,
                             size_t size, zx_handle_t *child_vmar, zx_vaddr_t *child_addr)
{
    struct handle_use use;
    zx_rights_t rights = rights_for_region(options);
    zx_status_t status = handle_get(parent_vmar, ZX_OBJ_TYPE_VMAR, rights, &use);
    if (status != ZX_OK) {
        return status;
    }
    struct region *child = NULL;
    if (has_bad_bits(options) || (options & ONLY_MAPPINGS) != 0 ||
        size % zx_system_get_page_size() != 0) {
        status = ZX_ERR_INVALID_ARGS;
    } else {
        bool is_complete = child_vmar != NULL && child_addr != NULL;
        status = region_allocate(region_of(use.object), options, offset, size,
                                 is_complete ? &child : NULL);
    }
    object_unref(use.object);
    if (status != ZX_OK) {
        return status;
    }
    assert(child != NULL);
    uint64_t start = child->range.start;
    status = region_to_handle(child, ZX_DEFAULT_VMAR_RIGHTS | rights, child_vmar);
    if (status == ZX_OK) {
        *child_addr = start;
    }
    return status;
}

zx_status_t zx_vmar_destroy(zx_handle_t handle)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMAR, ZX_RIGHT_OP_CHILDREN, &use);
    if (status == ZX_OK) {
        status = region_destroy(region_of(use.object));
        object_unref(use.object);
    }
    return status;
}

/* `rights`: what both handles allow. */
static zx_status_t check_map_options(zx_vm_option_t options, zx_rights_t rights,
                                     const struct vmo *vmo)
{
    bool faults_beyond = (options & ZX_VM_FAULT_BEYOND_STREAM_SIZE) != 0;
    if (is_readless(options) ||
        ((options & ZX_VM_MAP_RANGE) != 0 && (options & ZX_VM_SPECIFIC_OVERWRITE) != 0) ||
        (options & CAN_MAP) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if ((rights_for(options) & ~rights) != 0) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if ((faults_beyond && (options & ZX_VM_ALLOW_FAULTS) == 0) || has_bad_bits(options)) {
        return ZX_ERR_INVALID_ARGS;
    }
    /* Through whichever VMO: a reference that cannot be resized has memory that may shrink. */
    if (((options & ZX_VM_REQUIRE_NON_RESIZABLE) != 0 && vmo->extent->is_resizable) ||
        ((options & ZX_VM_ALLOW_FAULTS) == 0 && vmo->discardable != NULL)) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if ((options & (ZX_VM_COMPACT | ZX_VM_CAN_MAP_SPECIFIC)) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    return ZX_OK;
}

/* `page`: of the VMO. */
static zx_status_t check_map_range(uint64_t page, uint64_t vmo_offset, uint64_t len,
                                   uint64_t *ret_size)
{
    uint64_t end;
    if (vmo_offset % page != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (!checked_round_up_u64(len, page, ret_size) ||
        !checked_add_u64(vmo_offset, *ret_size, &end)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    return ZX_OK;
}

zx_status_t zx_vmar_map(zx_handle_t handle, zx_vm_option_t options, uint64_t vmar_offset,
                        zx_handle_t vmo, uint64_t vmo_offset, uint64_t len, zx_vaddr_t *mapped_addr)
{
    struct handle_use to;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMAR, ZX_RIGHT_NONE, &to);
    if (status != ZX_OK) {
        return status;
    }
    struct handle_use from;
    status = handle_get(vmo, ZX_OBJ_TYPE_VMO, ZX_RIGHT_MAP, &from);
    if (status != ZX_OK) {
        object_unref(to.object);
        return status;
    }
    struct map_request request = {
        .options = options,
        .region_offset = vmar_offset,
        .vmo = vmo_of(from.object),
        .vmo_offset = vmo_offset,
    };
    zx_rights_t rights = to.rights & from.rights;
    request.max_perms = perms_for(rights);
    status = check_map_options(options, rights, request.vmo);
    if (status == ZX_OK) {
        status = check_map_range(vmo_page(request.vmo), vmo_offset, len, &request.size);
    }
    if (status == ZX_OK) {
        status = region_map(region_of(to.object), &request, mapped_addr);
    }
    object_unref(from.object);
    object_unref(to.object);
    return status;
}

/* A range as it is given to the calls that follow. False: not whole pages, or none, or it wraps. */
static bool span_of(zx_vaddr_t addr, uint64_t len, zx_rights_t rights, struct region_span *ret_span)
{
    uint64_t page = zx_system_get_page_size();
    uint64_t size;
    if (addr % page != 0 || !checked_round_up_u64(len, page, &size) || size == 0) {
        return false;
    }
    ret_span->start = addr;
    ret_span->may_enter = (rights & ZX_RIGHT_OP_CHILDREN) != 0;
    /* No region reaches as far as the last address: what would wrap is outside then as well. */
    if (!checked_add_u64(addr, size, &ret_span->end)) {
        ret_span->end = UINT64_MAX;
    }
    return true;
}

zx_status_t zx_vmar_unmap(zx_handle_t handle, zx_vaddr_t addr, uint64_t len)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMAR, ZX_RIGHT_NONE, &use);
    if (status != ZX_OK) {
        return status;
    }
    struct region_span span;
    status = span_of(addr, len, use.rights, &span) ? region_unmap(region_of(use.object), &span)
                                                   : ZX_ERR_INVALID_ARGS;
    object_unref(use.object);
    return status;
}

zx_status_t zx_vmar_protect(zx_handle_t handle, zx_vm_option_t options, zx_vaddr_t addr,
                            uint64_t len)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMAR, rights_for(options), &use);
    if (status != ZX_OK) {
        return status;
    }
    struct region_span span;
    if (is_readless(options) || (options & ~PERMS) != 0 || !span_of(addr, len, use.rights, &span)) {
        status = ZX_ERR_INVALID_ARGS;
    } else {
        status = region_protect(region_of(use.object), &span, options);
    }
    object_unref(use.object);
    return status;
}

zx_status_t zx_vmar_op_range(zx_handle_t handle, uint32_t op, zx_vaddr_t addr, uint64_t len,
                             void *buffer, size_t buffer_size)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMAR, ZX_RIGHT_NONE, &use);
    if (status != ZX_OK) {
        return status;
    }
    struct region_span span;
    if (buffer != NULL || buffer_size != 0 || !span_of(addr, len, use.rights, &span)) {
        status = ZX_ERR_INVALID_ARGS;
    } else {
        status = region_op(region_of(use.object), &span, op);
    }
    object_unref(use.object);
    return status;
}
