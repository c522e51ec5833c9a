/* VMOs that are made of others: what is asked for is judged in Zircon's order. A slice and a
 * reference are VMOs on their parent's store; a snapshot is a copy, made at once. (Stores through
 * mappings cannot be noticed, so a copy that waits for them could miss them.) */
#include <zircon/syscalls.h>

#include "base/checked.h"
#include "zx/extent.h"
#include "zx/handle.h"
#include "zx/vmo.h"

#define SNAPSHOTS                                                                                  \
    (ZX_VMO_CHILD_SNAPSHOT | ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE |                             \
     ZX_VMO_CHILD_SNAPSHOT_MODIFIED)
#define MODIFIERS (ZX_VMO_CHILD_RESIZABLE | ZX_VMO_CHILD_NO_WRITE)

/* One child that is asked for. */
struct wish {
    uint32_t options;
    uint64_t offset;  /* bytes in the parent */
    uint64_t size;    /* bytes, as given */
    uint64_t rounded; /* up to pages */
};

static bool has(const struct wish *wish, uint32_t option)
{
    return (wish->options & option) != 0;
}

static bool is_page_aligned(struct vmo *parent, uint64_t offset)
{
    return offset % vmo_page(parent) == 0;
}

/* Rounds the size up once more where the parent has larger pages. */
static zx_status_t check_slice(struct vmo *parent, struct wish *wish)
{
    uint64_t end;
    if ((wish->options & ~(ZX_VMO_CHILD_SLICE | ZX_VMO_CHILD_NO_WRITE)) != 0 ||
        !is_page_aligned(parent, wish->offset)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (!checked_round_up_u64(wish->size, vmo_page(parent), &wish->rounded) ||
        wish->rounded > STORE_SIZE_MAX) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (!checked_add_u64(wish->offset, wish->rounded, &end) || end > vmo_size(parent)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (parent->extent->is_resizable) { /* also of a reference that cannot resize what others can */
        return ZX_ERR_NOT_SUPPORTED;
    }
    return vmo_is_cached(parent) ? ZX_OK : ZX_ERR_BAD_STATE;
}

static zx_status_t check_reference(struct vmo *parent, const struct wish *wish)
{
    if ((wish->options & ~(ZX_VMO_CHILD_REFERENCE | MODIFIERS)) != 0 || wish->offset != 0 ||
        wish->size != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (parent->origin == VMO_SLICE || (has(wish, ZX_VMO_CHILD_RESIZABLE) && !parent->resizable)) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    return vmo_is_cached(parent) ? ZX_OK : ZX_ERR_BAD_STATE;
}

static zx_status_t check_snapshot(struct vmo *parent, const struct wish *wish)
{
    uint32_t kind = wish->options & SNAPSHOTS;
    uint64_t end;
    if (!is_power_of_two_u64(kind) || (wish->options & ~(SNAPSHOTS | MODIFIERS)) != 0 ||
        !is_page_aligned(parent, wish->offset)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (wish->rounded > STORE_SIZE_MAX || !checked_add_u64(wish->offset, wish->rounded, &end)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (!vmo_is_cached(parent)) {
        return ZX_ERR_BAD_STATE;
    }
    if (!store_access(parent->store)->is_plain) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    /* Offsets add up through a chain of snapshots. */
    return checked_add_u64(parent->root_offset, end, &end) ? ZX_OK : ZX_ERR_INVALID_ARGS;
}

/* What is wrong with a wish, once there is a parent. */
static zx_status_t check_wish(struct vmo *parent, struct wish *wish)
{
    if (parent->discardable != NULL) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if (has(wish, ZX_VMO_CHILD_SLICE)) {
        return check_slice(parent, wish);
    }
    return has(wish, ZX_VMO_CHILD_REFERENCE) ? check_reference(parent, wish)
                                             : check_snapshot(parent, wish);
}

/* How many bytes a wish has in common with its parent. The last page of a received file may end
 * early: so do a slice's and a snapshot's part of it. */
static uint64_t shared_size(struct vmo *parent, const struct wish *wish)
{
    uint64_t end = extent_size(parent->extent, parent->store);
    uint64_t left = end > wish->offset ? end - wish->offset : 0;
    return wish->rounded < left ? wish->rounded : left;
}

/* On the parent's own description of the file: locks on it stay. */
static struct vmo *new_window(struct vmo *parent, const struct wish *wish)
{
    if (has(wish, ZX_VMO_CHILD_REFERENCE)) {
        return vmo_new(VMO_REFERENCE, ZX_KOID_INVALID, store_ref(parent->store),
                       extent_ref(parent->extent));
    }
    return vmo_new(VMO_SLICE, ZX_KOID_INVALID, store_ref(parent->store),
                   extent_new(shared_size(parent, wish), wish->size));
}

static zx_status_t new_snapshot(struct vmo *parent, const struct wish *wish, struct vmo **ret_child)
{
    struct store *store = NULL;
    zx_status_t status = store_snapshot(parent->store, parent->offset + wish->offset,
                                        shared_size(parent, wish), wish->rounded, &store);
    if (status != ZX_OK) {
        return status;
    }
    *ret_child =
        vmo_new(VMO_SNAPSHOT, ZX_KOID_INVALID, store, extent_new(wish->rounded, wish->size));
    return ZX_OK;
}

/* Makes the object, with one reference for the caller and no parent yet. */
static zx_status_t new_child(struct vmo *parent, const struct wish *wish, struct vmo **ret_child)
{
    bool is_snapshot = has(wish, SNAPSHOTS);
    struct vmo *child = NULL;
    if (is_snapshot) {
        zx_status_t status = new_snapshot(parent, wish, &child);
        if (status != ZX_OK) {
            return status;
        }
    } else {
        child = new_window(parent, wish);
    }
    if (child == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    child->resizable = has(wish, ZX_VMO_CHILD_RESIZABLE);
    child->immutable = is_snapshot && has(wish, ZX_VMO_CHILD_NO_WRITE);
    child->offset = is_snapshot ? 0 : parent->offset + wish->offset;
    child->root_offset = parent->root_offset + wish->offset;
    if (is_snapshot) {
        child->extent->is_resizable = child->resizable;
    }
    *ret_child = child;
    return ZX_OK;
}

static zx_rights_t child_rights(zx_rights_t parent, const struct wish *wish)
{
    zx_rights_t rights =
        (parent & ~ZX_RIGHT_RESIZE) | ZX_RIGHT_GET_PROPERTY | ZX_RIGHT_SET_PROPERTY;
    if (has(wish, ZX_VMO_CHILD_RESIZABLE)) {
        rights |= ZX_RIGHT_RESIZE;
    }
    if (has(wish, ZX_VMO_CHILD_NO_WRITE)) {
        return rights & ~ZX_RIGHT_WRITE;
    }
    return has(wish, SNAPSHOTS) ? (rights & ~ZX_RIGHT_EXECUTE) | ZX_RIGHT_WRITE : rights;
}

static zx_status_t make_child(const struct handle_use *use, const struct wish *wish,
                              zx_handle_t *out)
{
    struct vmo *parent = vmo_of(use->object);
    struct vmo *child = NULL;
    zx_status_t status = new_child(parent, wish, &child);
    if (status != ZX_OK) {
        return status;
    }
    if ((use->rights & ZX_RIGHT_GET_PROPERTY) != 0) {
        char name[ZX_MAX_NAME_LEN] = "";
        vmo_get_name(parent, name);
        vmo_set_name(child, name, sizeof(name));
    }
    kin_adopt(&parent->kin, &child->kin);
    return handle_new(&child->object, child_rights(use->rights, wish), out);
}

zx_status_t zx_vmo_create_child(zx_handle_t handle, uint32_t options, uint64_t offset,
                                uint64_t size, zx_handle_t *out)
{
    struct wish wish = {.options = options, .offset = offset, .size = size};
    if (!checked_round_up_u64(size, zx_system_get_page_size(), &wish.rounded)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if ((options & MODIFIERS) == MODIFIERS) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct handle_use use;
    zx_status_t status =
        handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ, &use);
    if (status != ZX_OK) {
        return status;
    }
    status = check_wish(vmo_of(use.object), &wish);
    if (status == ZX_OK) {
        status = out == NULL ? ZX_ERR_INVALID_ARGS : make_child(&use, &wish, out);
    }
    object_unref(use.object);
    return status;
}
