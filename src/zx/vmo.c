/* A VMO is a window on a store, with sizes that are kept here: ranges are checked against them. */
#include "zx/vmo.h"

#include <stdlib.h>

#include <zircon/syscalls.h>

#include "base/checked.h"
#include "zx/handle.h"
#include "zx/region.h"

#define KNOWN_OPTIONS (ZX_VMO_RESIZABLE | ZX_VMO_DISCARDABLE | ZX_VMO_UNBOUNDED)

static void vmo_leave(struct object *object)
{
    kin_leave(&vmo_of(object)->kin);
}

static void vmo_free(struct object *object)
{
    struct vmo *vmo = vmo_of(object);
    if (vmo->discardable != NULL) {
        discardable_free(vmo->discardable);
    }
    extent_unref(vmo->extent);
    store_unref(vmo->store);
    free(vmo);
}

static int *vmo_fd(struct object *object)
{
    return &vmo_of(object)->store->file;
}

static const struct object_kind vmo_kind = {
    .type = ZX_OBJ_TYPE_VMO,
    .default_rights = ZX_DEFAULT_VMO_RIGHTS,
    .settable = ZX_USER_SIGNAL_ALL,
    .free = vmo_free,
    .leave = vmo_leave,
    .fd = vmo_fd,
};

struct vmo *vmo_new(enum vmo_origin origin, zx_koid_t koid, struct store *store,
                    struct extent *extent)
{
    struct vmo *vmo = store == NULL || extent == NULL ? NULL : calloc(1, sizeof(*vmo));
    if (vmo == NULL) {
        if (store != NULL) {
            store_unref(store);
        }
        if (extent != NULL) {
            extent_unref(extent);
        }
        return NULL;
    }
    object_init(&vmo->object, &vmo_kind, koid, ZX_VMO_ZERO_CHILDREN);
    kin_init(&vmo->kin, &vmo->object);
    vmo->origin = origin;
    vmo->store = store;
    vmo->extent = extent;
    return vmo;
}

/* Everything that is wrong with the arguments of zx_vmo_create(), in Zircon's order. */
static zx_status_t check_create(uint64_t size, uint32_t options, uint64_t *ret_rounded)
{
    bool unbounded = (options & ZX_VMO_UNBOUNDED) != 0;
    if (unbounded && ((options & ZX_VMO_RESIZABLE) != 0 || size != 0)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (!checked_round_up_u64(size, zx_system_get_page_size(), ret_rounded)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if ((options & ~KNOWN_OPTIONS) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (unbounded) {
        *ret_rounded = STORE_SIZE_MAX;
    }
    return *ret_rounded > STORE_SIZE_MAX ? ZX_ERR_OUT_OF_RANGE : ZX_OK;
}

zx_status_t zx_vmo_create(uint64_t size, uint32_t options, zx_handle_t *out)
{
    uint64_t rounded = 0;
    zx_status_t status = check_create(size, options, &rounded);
    if (status != ZX_OK) {
        return status;
    }
    if (out == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct store *store = NULL;
    status = store_new(rounded, &store);
    if (status != ZX_OK) {
        return status;
    }
    struct vmo *vmo = vmo_new(VMO_CREATED, ZX_KOID_INVALID, store, extent_new(rounded, size));
    if (vmo == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    vmo->resizable = (options & ZX_VMO_RESIZABLE) != 0;
    vmo->extent->is_resizable = vmo->resizable;
    if ((options & ZX_VMO_DISCARDABLE) != 0) {
        vmo->discardable = discardable_new(vmo->store);
        if (vmo->discardable == NULL) {
            object_unref(&vmo->object);
            return ZX_ERR_NO_MEMORY;
        }
    }
    return handle_new(&vmo->object, ZX_DEFAULT_VMO_RIGHTS | (vmo->resizable ? ZX_RIGHT_RESIZE : 0),
                      out);
}

zx_status_t vmo_create_opaque(uint64_t size, zx_handle_t *ret)
{
    struct store *store = NULL;
    zx_status_t status = store_new_opaque(size, &store);
    if (status != ZX_OK) {
        return status;
    }
    struct vmo *vmo = vmo_new(VMO_CREATED, ZX_KOID_INVALID, store, extent_new(size, size));
    return vmo == NULL ? ZX_ERR_NO_MEMORY
                       : handle_new(&vmo->object, ZX_DEFAULT_VMO_RIGHTS & ~ZX_RIGHT_MAP, ret);
}

bool vmo_is_cached(struct vmo *vmo)
{
    return atomic_load(&vmo->cache_policy) == ZX_CACHE_POLICY_CACHED;
}

/* What is wrong with a range of bytes to copy. */
static zx_status_t check_copy(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t end;
    if (!checked_add_u64(offset, size, &end)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (!vmo_is_cached(vmo)) {
        return ZX_ERR_BAD_STATE;
    }
    return end <= extent_size(vmo->extent, vmo->store) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

zx_status_t zx_vmo_read(zx_handle_t handle, void *buffer, uint64_t offset, size_t buffer_size)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_READ, &use);
    if (status != ZX_OK) {
        return status;
    }
    struct vmo *vmo = vmo_of(use.object);
    status = check_copy(vmo, offset, buffer_size);
    if (status == ZX_OK) {
        status = store_read(vmo->store, buffer, vmo->offset + offset, buffer_size);
    }
    object_unref(use.object);
    return status;
}

zx_status_t zx_vmo_write(zx_handle_t handle, const void *buffer, uint64_t offset,
                         size_t buffer_size)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_WRITE, &use);
    if (status != ZX_OK) {
        return status;
    }
    struct vmo *vmo = vmo_of(use.object);
    status = check_copy(vmo, offset, buffer_size);
    if (status == ZX_OK) {
        status = store_write(vmo->store, buffer, vmo->offset + offset, buffer_size);
    }
    object_unref(use.object);
    return status;
}

uint64_t vmo_size(struct vmo *vmo)
{
    uint64_t page = zx_system_get_page_size();
    uint64_t size = extent_size(vmo->extent, vmo->store);
    return (size + page - 1) / page * page; /* at most STORE_SIZE_MAX */
}

uint64_t vmo_mappable(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t limit = vmo->store->is_own ? STORE_SIZE_MAX : STORE_FILE_MAX;
    uint64_t end = vmo->offset < limit ? limit - vmo->offset : 0;
    bool is_bounded = vmo->origin == VMO_SLICE || !store_access(vmo->store)->is_plain;
    uint64_t window = is_bounded ? vmo_size(vmo) : end;
    end = window < end ? window : end;
    uint64_t left = offset < end ? end - offset : 0;
    return size < left ? size : left;
}

zx_status_t zx_vmo_get_size(zx_handle_t handle, uint64_t *size)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &use);
    if (status != ZX_OK) {
        return status;
    }
    if (size == NULL) {
        status = ZX_ERR_INVALID_ARGS;
    } else {
        *size = vmo_size(vmo_of(use.object));
    }
    object_unref(use.object);
    return status;
}

static zx_status_t resize(struct vmo *vmo, uint64_t size)
{
    uint64_t rounded;
    uint64_t root_end;
    if (!checked_round_up_u64(size, zx_system_get_page_size(), &rounded)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (!vmo->resizable) {
        return ZX_ERR_UNAVAILABLE;
    }
    if (!store_access(vmo->store)->is_plain) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if (rounded > STORE_SIZE_MAX) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (!checked_add_u64(vmo->root_offset, rounded, &root_end)) {
        return ZX_ERR_INVALID_ARGS;
    }
    return extent_resize(vmo->extent, vmo->store, rounded, size);
}

zx_status_t zx_vmo_set_size(zx_handle_t handle, uint64_t size)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_WRITE, &use);
    if (status != ZX_OK) {
        return status;
    }
    struct vmo *vmo = vmo_of(use.object);
    if (vmo->resizable && (use.rights & ZX_RIGHT_RESIZE) == 0) {
        status = ZX_ERR_ACCESS_DENIED;
    } else {
        status = resize(vmo, size);
    }
    if (status == ZX_OK) {
        status = region_follow_stream(vmo->extent);
    }
    object_unref(use.object);
    return status;
}

/* The handle is the call's from here on: it goes in every case. */
static zx_status_t make_executable(const struct handle_use *use, zx_handle_t vmex, zx_handle_t *out)
{
    if (use->object->kind->type != ZX_OBJ_TYPE_VMO) {
        return ZX_ERR_BAD_HANDLE;
    }
    if (vmex != ZX_HANDLE_INVALID) {
        struct handle_use resource; /* there are no objects of the kind that would do */
        zx_status_t status = handle_get(vmex, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &resource);
        if (status == ZX_OK) {
            object_unref(resource.object);
            status = ZX_ERR_WRONG_TYPE;
        }
        return status;
    }
    if (out == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    object_ref(use->object);
    return handle_new(use->object, use->rights | ZX_RIGHT_EXECUTE, out);
}

zx_status_t zx_vmo_replace_as_executable(zx_handle_t handle, zx_handle_t vmex, zx_handle_t *out)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &use);
    if (status != ZX_OK) {
        return status;
    }
    status = zx_handle_close(handle); /* two threads may try: one of them has it */
    if (status == ZX_OK) {
        status = make_executable(&use, vmex, out);
    }
    object_unref(use.object);
    return status;
}
