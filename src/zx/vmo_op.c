/* What is done to ranges of VMOs without looking at their bytes, and cache policies. */
#include <string.h>

#include <zircon/syscalls.h>

#include "base/checked.h"
#include "zx/handle.h"
#include "zx/vmo.h"

/* [offset, offset + size) inside the VMO, as Zircon sees it: whole pages. */
static bool is_inside(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t end;
    return checked_add_u64(offset, size, &end) && end <= vmo_size(vmo);
}

/* The part of a range that the store has: the last page of a received file may end early. */
static uint64_t stored(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t end = extent_size(vmo->extent, vmo->store);
    uint64_t left = offset < end ? end - offset : 0;
    return size < left ? size : left;
}

zx_status_t vmo_commit(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t page = zx_system_get_page_size();
    uint64_t start = offset - offset % page;
    uint64_t end;
    if (!checked_add_u64(offset, size, &end) || !checked_round_up_u64(end, page, &end) ||
        end > vmo_size(vmo)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    return size == 0
               ? ZX_OK
               : store_commit(vmo->store, vmo->offset + start, stored(vmo, start, end - start));
}

zx_status_t vmo_decommit(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t page = vmo_page(vmo);
    if (!store_is_alone(vmo->store)) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if (!is_inside(vmo, offset, size)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (offset % page != 0 || size % page != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    return store_decommit(vmo->store, vmo->offset + offset, stored(vmo, offset, size));
}

zx_status_t vmo_zero(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t end;
    if (!checked_add_u64(offset, size, &end)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (!vmo_is_cached(vmo)) {
        return ZX_ERR_BAD_STATE;
    }
    if (end > vmo_size(vmo)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    return store_zero(vmo->store, vmo->offset + offset, stored(vmo, offset, size));
}

zx_status_t vmo_prefetch(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    if (!is_inside(vmo, offset, size)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    store_prefetch(vmo->store, vmo->offset + offset, stored(vmo, offset, size));
    return ZX_OK;
}

/* Memory of programs is coherent here: there is nothing to do beyond judging. */
static zx_status_t cache_op(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    if (size == 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    return is_inside(vmo, offset, size) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

static zx_status_t hint(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    (void)vmo;
    (void)offset;
    (void)size;
    return ZX_OK;
}

/* Only the whole of a VMO is locked. */
static zx_status_t check_lock(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    if (vmo->discardable == NULL) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    return offset == 0 && size == vmo_size(vmo) ? ZX_OK : ZX_ERR_OUT_OF_RANGE;
}

static zx_status_t try_lock(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    zx_status_t status = check_lock(vmo, offset, size);
    return status == ZX_OK ? discardable_try_lock(vmo->discardable) : status;
}

static zx_status_t unlock(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    zx_status_t status = check_lock(vmo, offset, size);
    return status == ZX_OK ? discardable_unlock(vmo->discardable) : status;
}

/* The one operation that tells something: what has been lost since the last lock. */
static zx_status_t lock_and_tell(struct vmo *vmo, uint64_t offset, uint64_t size, void *buffer,
                                 size_t buffer_size)
{
    zx_vmo_lock_state_t state = {.offset = offset, .size = size};
    zx_status_t status = check_lock(vmo, offset, size);
    if (status != ZX_OK) {
        return status;
    }
    if (buffer == NULL || buffer_size < sizeof(state)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (discardable_lock(vmo->discardable)) {
        state.discarded_size = size;
    }
    memcpy(buffer, &state, sizeof(state)); /* the caller's buffer need not be aligned */
    return ZX_OK;
}

#define READ_OR_WRITE (ZX_RIGHT_READ | ZX_RIGHT_WRITE)

/* One operation: what it does, and the rights of which a handle needs one. */
struct op {
    uint32_t number;
    zx_rights_t rights;
    zx_status_t (*run)(struct vmo *vmo, uint64_t offset, uint64_t size);
    zx_status_t (*tell)(struct vmo *vmo, uint64_t offset, uint64_t size, void *buffer,
                        size_t buffer_size);
};

static const struct op ops[] = {
    {ZX_VMO_OP_COMMIT,                 ZX_RIGHT_WRITE, vmo_commit,   NULL         },
    {ZX_VMO_OP_DECOMMIT,               ZX_RIGHT_WRITE, vmo_decommit, NULL         },
    {ZX_VMO_OP_LOCK,                   READ_OR_WRITE,  NULL,         lock_and_tell},
    {ZX_VMO_OP_UNLOCK,                 READ_OR_WRITE,  unlock,       NULL         },
    {ZX_VMO_OP_CACHE_SYNC,             ZX_RIGHT_READ,  cache_op,     NULL         },
    {ZX_VMO_OP_CACHE_INVALIDATE,       ZX_RIGHT_WRITE, cache_op,     NULL         },
    {ZX_VMO_OP_CACHE_CLEAN,            ZX_RIGHT_READ,  cache_op,     NULL         },
    {ZX_VMO_OP_CACHE_CLEAN_INVALIDATE, ZX_RIGHT_READ,  cache_op,     NULL         },
    {ZX_VMO_OP_ZERO,                   ZX_RIGHT_WRITE, vmo_zero,     NULL         },
    {ZX_VMO_OP_TRY_LOCK,               READ_OR_WRITE,  try_lock,     NULL         },
    {ZX_VMO_OP_DONT_NEED,              ZX_RIGHT_NONE,  hint,         NULL         },
    {ZX_VMO_OP_ALWAYS_NEED,            ZX_RIGHT_NONE,  hint,         NULL         },
    {ZX_VMO_OP_PREFETCH,               ZX_RIGHT_READ,  vmo_prefetch, NULL         },
};

static const struct op *op_of(uint32_t number)
{
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (ops[i].number == number) {
            return &ops[i];
        }
    }
    return NULL;
}

zx_status_t zx_vmo_op_range(zx_handle_t handle, uint32_t op, uint64_t offset, uint64_t size,
                            void *buffer, size_t buffer_size)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &use);
    if (status != ZX_OK) {
        return status;
    }
    const struct op *known = op_of(op);
    if (known == NULL) {
        status = ZX_ERR_INVALID_ARGS;
    } else if (known->rights != 0 && (use.rights & known->rights) == 0) {
        status = ZX_ERR_ACCESS_DENIED;
    } else if (known->run != NULL) {
        status = known->run(vmo_of(use.object), offset, size);
    } else {
        status = known->tell(vmo_of(use.object), offset, size, buffer, buffer_size);
    }
    object_unref(use.object);
    return status;
}

static zx_status_t set_policy(struct vmo *vmo, uint32_t policy)
{
    zx_koid_t parent = ZX_KOID_INVALID;
    size_t children = 0;
    kin_get(&vmo->kin, &parent, &children);
    if (atomic_load(&vmo->mappings) > 0 || children > 0 || parent != ZX_KOID_INVALID) {
        return ZX_ERR_BAD_STATE;
    }
    atomic_store(&vmo->cache_policy, policy);
    return ZX_OK;
}

zx_status_t zx_vmo_set_cache_policy(zx_handle_t handle, uint32_t cache_policy)
{
    if ((cache_policy & ~ZX_CACHE_POLICY_MASK) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_MAP, &use);
    if (status == ZX_OK) {
        status = set_policy(vmo_of(use.object), cache_policy);
        object_unref(use.object);
    }
    return status;
}
