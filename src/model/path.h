/* Which field a message speaks of. */
#ifndef MODEL_PATH_H
#define MODEL_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* Where a walk stands, as a list of frames on the stack. */
struct model_path {
    const struct model_path *up; /* NULL: the outermost table */
    const char *name;
    size_t index; /* of an item, or MODEL_NO_INDEX */
};

#define MODEL_NO_INDEX SIZE_MAX

/* Appends a path: `image_format_constraints[2].pixel_format`. */
void model_path_print(const struct model_path *path, struct strbuf *buf);

#endif
