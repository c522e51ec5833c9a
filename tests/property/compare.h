/* Comparing results. */
#ifndef TESTS_PROPERTY_COMPARE_H
#define TESTS_PROPERTY_COMPARE_H

#include <sysmem/types.h>

#include "model.h"
#include "solver/solver.h"

/* The first field in which the image constraints of two results differ, or NULL. Color spaces are
 * left out. */
const char *compare_images(const struct sysmem_image_format_constraints *a,
                           const struct sysmem_image_format_constraints *b);

/* The first thing in which the solver's outcome differs from the model's answer, or NULL. Of
 * failures only the error is compared, and that there is a reason. */
const char *compare_outcome(const struct solver_outcome *outcome,
                            const struct model_answer *answer);

#endif
