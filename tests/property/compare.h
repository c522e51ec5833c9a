/* Comparing image constraints of results. */
#ifndef TESTS_PROPERTY_COMPARE_H
#define TESTS_PROPERTY_COMPARE_H

#include <sysmem/types.h>

/* The first field in which the image constraints of two results differ, or NULL. Color spaces are
 * left out. */
const char *compare_images(const struct sysmem_image_format_constraints *a,
                           const struct sysmem_image_format_constraints *b);

#endif
