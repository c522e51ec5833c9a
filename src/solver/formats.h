/* The image formats that participants can use: a list with one entry for each pair of pixel format
 * and modifier. */
#ifndef SOLVER_FORMATS_H
#define SOLVER_FORMATS_H

#include <stdbool.h>
#include <stddef.h>

#include "solver/entry.h"
#include "solver/usage.h"
#include "solver/work.h"

/* While DO_NOT_CARE is replaced by the others' pairs, a list must stay below this many entries. */
#define FORMATS_FAN_OUT_LIMIT 512

/* No two pairs of a list are equal or combine. Entries are in pair_compare()'s order. */
struct format_list {
    bool constrained; /* false: nothing is asked of images, and there are no entries */
    struct entry *entries;
    size_t count;
    size_t specific_count; /* these come first; the rest has DO_NOT_CARE */
};

/* One participant's image_format_constraints, flattened. Pairs that no image can have, whatever the
 * others say, are left out. False: refused. */
bool format_list_read(struct work *work,
                      const struct sysmem_buffer_collection_constraints *constraints,
                      const struct usage *usage, struct format_list *ret);

/* The modifier that a table's pixel_format has. Who uses the buffers and says nothing of a modifier
 * means LINEAR; who doesn't use them has no reason to care. Source: spec/fuchsia.sysmem2.txt,
 * TABLES, ImageFormatConstraints, pixel_format_modifier. */
uint64_t format_modifier_of(const struct sysmem_image_format_constraints *table, bool is_used);

/* Keeps the formats that both lists have. False: none is left, or too many wild ones. */
bool format_list_fold(struct work *work, struct format_list *list, const struct format_list *other);

#endif
