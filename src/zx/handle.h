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

/* Makes a handle. Takes the caller's reference to the object, also when it fails: ZX_ERR_NO_MEMORY,
 * ZX_ERR_NO_RESOURCES. */
zx_status_t handle_new(struct object *object, zx_rights_t rights, zx_handle_t *ret_handle);

/* Makes both handles or none. Takes both references in every case. */
zx_status_t handle_new_pair(struct object *const objects[2], zx_rights_t rights,
                            zx_handle_t *ret_handle0, zx_handle_t *ret_handle1);

#endif
