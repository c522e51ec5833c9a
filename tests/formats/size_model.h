/* Sizes of images, computed once more: plainly, in 128 bits, from a table of its own. Shares
 * nothing with src/, and no number with the public headers. */
#ifndef FORMATS_SIZE_MODEL_H
#define FORMATS_SIZE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model_image {
    uint32_t format;
    uint64_t modifier;
    uint32_t width;
    uint32_t height;
    uint32_t row;
};

struct model_bounds {
    uint32_t min_width;
    uint32_t max_width;
    uint32_t width_alignment;
    uint32_t min_row;
    uint32_t max_row;
    uint32_t row_divisor;
};

/* All formats that have images, and all modifiers: every combination of AFBC's flags among them. */
size_t model_format_count(void);
uint32_t model_format(size_t index);
size_t model_modifier_count(void);
uint64_t model_modifier(size_t index);

bool model_supported(uint32_t format, uint64_t modifier);
bool model_protected(uint64_t modifier);
bool model_color_space(uint32_t format, uint32_t color_space);

/* False: there is no such thing, or it does not fit. Planes: 0, 1, 2, and 3 for what comes behind.
 */
bool model_size(const struct model_image *image, uint64_t *ret);
bool model_offset(const struct model_image *image, unsigned plane, uint64_t *ret);
bool model_row(const struct model_image *image, unsigned plane, uint32_t *ret);
bool model_min_row(uint32_t format, uint64_t modifier, const struct model_bounds *bounds,
                   uint32_t width, uint32_t *ret);

#endif
