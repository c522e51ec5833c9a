/* What participants say of images of one format, taken together, without what is made of it: minima
 * are rounded up to alignments and maxima down, and formats have demands of their own. */
#ifndef SOLVER_SAID_H
#define SOLVER_SAID_H

#include <stdbool.h>

#include <sysmem/types.h>

/* As if nobody had said anything. */
void said_init(struct sysmem_image_format_constraints *said);

/* Adds an entry, with which the aggregation succeeded. */
void said_fold(struct sysmem_image_format_constraints *said,
               const struct sysmem_image_format_constraints *entry);

/* The fields, ended by NULL, that `name` of the result may have been rounded or raised by, beside
 * the demands of the format. NULL: it is just what was said. */
const char *const *said_rounded_by(const struct sysmem_image_format_constraints *said,
                                   const struct sysmem_image_format_constraints *result,
                                   const char *name);

/* Whether the demands of the format have a part in `name` of the result. */
bool said_leaves_to_format(const struct sysmem_image_format_constraints *said,
                           const struct sysmem_image_format_constraints *result, const char *name);

#endif
