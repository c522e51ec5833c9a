/* The process's table of handles: from a number to an object and the rights to it. */
#ifndef ZX_HANDLE_H
#define ZX_HANDLE_H

#include <zircon/types.h>

#include "zx/object.h"

/* An object that a call works on. The call owns the reference. */
struct handle_use {
    struct object *object;
    zx_rights_t rights; /* of the handle that named it */
};

/* Looks a handle up, in Zircon's order: ZX_ERR_BAD_HANDLE, ZX_ERR_WRONG_TYPE, ZX_ERR_ACCESS_DENIED
 * when one of `rights` is missing. `type` ZX_OBJ_TYPE_NONE takes all kinds. On success give
 * ret_use->object back with object_unref(). */
zx_status_t handle_get(zx_handle_t handle, zx_obj_type_t type, zx_rights_t rights,
                       struct handle_use *ret_use);

/* A handle that is in no table: in a message, or on its way into a table or out of one. It holds a
 * reference and counts as a handle. */
struct loose_handle {
    struct object *object;
    zx_rights_t rights;
};

/* Takes a handle out of the table, and ends the waits on it. ZX_ERR_BAD_HANDLE. */
zx_status_t handle_take(zx_handle_t handle, struct loose_handle *ret_loose);

/* A second handle with `rights` (ZX_RIGHT_SAME_RIGHTS: all) to what a handle names, not in the
 * table yet. ZX_ERR_BAD_HANDLE; ZX_ERR_ACCESS_DENIED: without one of `needed`;
 * ZX_ERR_INVALID_ARGS: `rights` are not among its own. */
zx_status_t handle_copy(zx_handle_t handle, zx_rights_t needed, zx_rights_t rights,
                        struct loose_handle *ret_loose);

/* Puts it into the table, and takes it in every case: ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES. */
zx_status_t handle_put(struct loose_handle loose, zx_handle_t *ret_handle);

/* A loose handle to an object, whose reference it takes from the caller. */
struct loose_handle loose_handle_new(struct object *object, zx_rights_t rights);

/* Closes it. No lock of an object may be held. */
void loose_handle_drop(struct loose_handle loose);

/* Whether a handle with the rights `have` may give `*rights` on; makes ZX_RIGHT_SAME_RIGHTS plain.
 */
bool rights_may_give(zx_rights_t have, zx_rights_t *rights);

/* Makes a handle. Takes the caller's reference to the object, also when it fails: ZX_ERR_NO_MEMORY,
 * ZX_ERR_NO_RESOURCES. */
zx_status_t handle_new(struct object *object, zx_rights_t rights, zx_handle_t *ret_handle);

/* Makes both handles or none. Takes both references in every case. */
zx_status_t handle_new_pair(struct object *const objects[2], zx_rights_t rights,
                            zx_handle_t *ret_handle0, zx_handle_t *ret_handle1);

#endif
