/* Constraints without some of their fields: what is left of a participant's demands when a field
 * is not looked at. Source: docs/reasons.md, What a conflict is. */
#ifndef SOLVER_RELAX_H
#define SOLVER_RELAX_H

#include <stdbool.h>
#include <stddef.h>

#include <sysmem/types.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "model/type.h"

enum relax_part {
    RELAX_COLLECTION, /* a field of BufferCollectionConstraints */
    RELAX_MEMORY,     /* of buffer_memory_constraints */
    RELAX_IMAGE,      /* of one of image_format_constraints */
    RELAX_FORMATS,    /* pixel formats and modifiers of all of these */
};

/* A field that may be in the way. */
struct relax_field {
    enum relax_part part;
    const struct model_field
        *field;   /* the row of its table; for the formats the one that names them */
    size_t entry; /* of RELAX_IMAGE; of RELAX_FORMATS where there is one entry */
    bool dropped;
};

struct relax_list {
    struct relax_field *fields; /* in schema order, the formats last */
    size_t count;
};

/* All candidates of a participant, in the arena; none is dropped. False: no memory. */
bool relax_list_read(struct arena *arena,
                     const struct sysmem_buffer_collection_constraints *constraints,
                     struct relax_list *ret);

/* What is left of the constraints: a copy, in the arena, that points into the original. NULL: no
 * memory. */
const struct sysmem_buffer_collection_constraints *relax_constraints(
    struct arena *arena, const struct sysmem_buffer_collection_constraints *constraints,
    const struct relax_list *list);

/* Whether any usage but NONE_USAGE is named: then a modifier that is unset means LINEAR. */
bool relax_uses_buffers(const struct sysmem_buffer_collection_constraints *constraints);

/* The modifier of an entry's pixel_format, also when it is unset. */
uint64_t relax_modifier(const struct sysmem_buffer_collection_constraints *constraints,
                        const struct sysmem_image_format_constraints *entry);

/* Appends `image_format_constraints[2].color_spaces`. */
void relax_field_path(const struct relax_field *field,
                      const struct sysmem_buffer_collection_constraints *constraints,
                      struct strbuf *buf);

#endif
