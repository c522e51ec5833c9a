/* Walks over tables by their description: copy, compare, visit, print, check. No function here
 * keeps state; any thread may call. */
#ifndef MODEL_WALK_H
#define MODEL_WALK_H

#include <zircon/types.h>

#include "base/arena.h"
#include "model/check.h"
#include "model/print.h"
#include "model/type.h"

/* Copies the fields of *src that are set, and all that they point to, into *dst (type->size bytes)
 * and the arena; the rest of *dst is zeroed. Handles are copied as numbers. False: no memory, *dst
 * is not usable. */
bool model_copy(const struct model_type *type, const void *src, void *dst, struct arena *arena);

/* Whether the same fields are set to the same values. Handles compare as numbers, floats by their
 * bits. */
bool model_equal(const struct model_type *type, const void *a, const void *b);

typedef void (*model_handle_fn)(void *arg, const struct model_field *field, zx_handle_t *handle);

/* Calls fn for each handle that is set, in schema order; fn may change it. What the table points to
 * must then be writable memory, as it is in an arena. */
void model_visit_handles(const struct model_type *type, void *table, model_handle_fn fn, void *arg);

#endif
