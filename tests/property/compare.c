#include "compare.h"

#include <string.h>

#define FIELD(member)                                                                              \
    {                                                                                              \
#member, offsetof(struct sysmem_image_format_constraints, member),                         \
            sizeof(((struct sysmem_image_format_constraints *)0)->member)                          \
    }

/* All that a result always has. */
static const struct {
    const char *name;
    size_t offset;
    size_t size;
} fields[] = {
    FIELD(pixel_format),
    FIELD(pixel_format_modifier),
    FIELD(min_size),
    FIELD(max_size),
    FIELD(min_bytes_per_row),
    FIELD(max_bytes_per_row),
    FIELD(max_width_times_height),
    FIELD(size_alignment),
    FIELD(display_rect_alignment),
    FIELD(required_min_size),
    FIELD(required_max_size),
    FIELD(bytes_per_row_divisor),
    FIELD(start_offset_divisor),
    FIELD(require_bytes_per_row_at_pixel_boundary),
};

const char *compare_images(const struct sysmem_image_format_constraints *a,
                           const struct sysmem_image_format_constraints *b)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (memcmp((const char *)a + fields[i].offset, (const char *)b + fields[i].offset,
                   fields[i].size) != 0) {
            return fields[i].name;
        }
    }
    bool same_alpha = a->has.is_alpha_present == b->has.is_alpha_present &&
                      (!a->has.is_alpha_present || a->is_alpha_present == b->is_alpha_present);
    return same_alpha ? NULL : "is_alpha_present";
}
