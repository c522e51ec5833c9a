/* What of a VMO travels beside its descriptor: which part of the file it is, its content size,
 * and whether it is discardable. */
#ifndef ZX_WINDOW_H
#define ZX_WINDOW_H

#include "zx/form.h"
#include "zx/vmo.h"

/* Whether a descriptor and a window say all about a VMO. */
bool window_can_leave(struct vmo *vmo);

/* Fills in flags, window and content size. */
void window_describe(struct vmo *vmo, struct form *form);

/* Makes a VMO that was just received, and has no handle yet, what the sender says it is.
 * ZX_ERR_INVALID_ARGS: a window that does not begin with a page or is not inside the file, or a
 * file that can be made shorter, or is discardable; ZX_ERR_NO_MEMORY. */
zx_status_t window_apply(struct vmo *vmo, const struct form *form);

#endif
