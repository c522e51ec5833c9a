/* Whether a result is what one participant asked for: looks at the two tables only, and at no other
 * participant. */
#ifndef TESTS_PROPERTY_CHECKER_H
#define TESTS_PROPERTY_CHECKER_H

#include <stdbool.h>
#include <stdint.h>

#include <sysmem/types.h>

bool checker_is_met(const struct sysmem_buffer_collection_constraints *constraints,
                    uint32_t buffer_count, const struct sysmem_single_buffer_settings *settings);

#endif
