/* Values as people know them, for reasons: NV12, REC709, CPU_USAGE_WRITE. */
#ifndef SOLVER_TEXT_H
#define SOLVER_TEXT_H

#include <stdint.h>

#include "image/color_space.h"
#include "model/names.h"

/* A short text by value, so that a call can stand among printf's arguments: text_of_bits(...).text
 */
struct text {
    char text[176];
};

/* The name of an enumerator, or its number. */
struct text text_of_value(const struct model_names *names, uint64_t value);

/* "CPU_USAGE_READ|CPU_USAGE_WRITE"; "nothing" for 0. */
struct text text_of_bits(const struct model_names *names, uint64_t bits);

/* "NV12 LINEAR" */
struct text text_of_format(uint32_t pixel_format, uint64_t modifier);

/* "SRGB, REC709" */
struct text text_of_color_spaces(color_space_set set);

#endif
