/* What the conversions to other systems' formats have in common. Thread-safe. */
#ifndef CLIENT_FOREIGN_H
#define CLIENT_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

#include <sysmem/error.h>
#include <sysmem/types.h>

#include "image/counterpart.h"

struct foreign_system {
    const char *name;                           /* for people */
    bool (*has)(const struct counterpart *row); /* whether the system has this format */
};

/* The row of the constraints' format, one that the system has. Errors as in <sysmem/drm_format.h>.
 */
sysmem_status_t foreign_find(const struct foreign_system *system,
                             const struct sysmem_image_format_constraints *constraints,
                             const struct counterpart **ret_row, char *ret_why);

/* The same, for systems that know linear images only. */
sysmem_status_t foreign_find_linear(const struct foreign_system *system,
                                    const struct sysmem_image_format_constraints *constraints,
                                    const struct counterpart **ret_row, char *ret_why);

/* The modifier of the constraints; LINEAR when unset. */
uint64_t foreign_modifier(const struct sysmem_image_format_constraints *constraints);

/* Writes the row's format and the modifier into the constraints. */
void foreign_fill(const struct counterpart *row, uint64_t modifier,
                  struct sysmem_image_format_constraints *constraints);

/* Write a sentence, cut to SYSMEM_FORMAT_WHY_SIZE, unless ret_why is NULL, and return
 * ZX_ERR_NOT_SUPPORTED: there is no counterpart of the system's code or name; of a modifier. */
sysmem_status_t foreign_unknown_code(const struct foreign_system *system, uint32_t code,
                                     char *ret_why);
sysmem_status_t foreign_unknown_name(const struct foreign_system *system, const char *name,
                                     char *ret_why);
sysmem_status_t foreign_refuse(char *ret_why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "INTEL_I915_X_TILED (0x0100000000000001)", or the number alone, into `text`. Returns it. */
#define FOREIGN_MODIFIER_SIZE 96
const char *foreign_modifier_text(uint64_t modifier, char text[FOREIGN_MODIFIER_SIZE]);

#endif
