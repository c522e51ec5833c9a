/* Which VMO is whose child, in this process. One lock covers all families, so that a link never
 * leads to a VMO that has gone. ZX_VMO_ZERO_CHILDREN is kept here. */
#ifndef ZX_KIN_H
#define ZX_KIN_H

#include "zx/object.h"

/* Embedded in a VMO. Everything is guarded by the one lock. */
struct kin {
    struct object *object; /* that this is of */
    struct kin *parent;    /* NULL: none */
    struct list siblings;
    struct list children;
    size_t child_count; /* direct ones */
};

void kin_init(struct kin *kin, struct object *object);

/* Makes `child`, which has no parent yet, one of `parent`, whose ZX_VMO_ZERO_CHILDREN is inactive
 * on return. The caller holds references to both. */
void kin_adopt(struct kin *parent, struct kin *child);

/* For the end of an object, while its lock still is one: its children become its parent's, which
 * has ZX_VMO_ZERO_CHILDREN again if that leaves none. */
void kin_leave(struct kin *kin);

/* The parent's koid, or 0, and the number of direct children. */
void kin_get(const struct kin *kin, zx_koid_t *ret_parent, size_t *ret_children);

#endif
