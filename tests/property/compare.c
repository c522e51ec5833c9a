#include "compare.h"

#include <string.h>

#include "world.h"

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

const char *compare_outcome(const struct solver_outcome *outcome, const struct model_answer *answer)
{
    const struct sysmem_buffer_memory_settings *b = &outcome->settings.buffer_settings;
    size_t heap_count;
    const struct model_heap *heaps = world_model_heaps(&heap_count);
    if ((outcome->error == 0) != answer->ok) {
        return answer->ok ? "success expected" : "failure expected";
    }
    if (!answer->ok) {
        static const uint32_t errors[] = {
            [MODEL_SECURE_THERE] = SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY,
            [MODEL_SECURE_EXPECTED] = SYSMEM_ERROR_PENDING,
            [MODEL_SECURE_LOST] = SYSMEM_ERROR_UNSPECIFIED,
        };
        return outcome->error != errors[answer->no_secure] ? "another error"
               : outcome->reason_count == 0                ? "a failure has a reason"
                                                           : NULL;
    }
    if (outcome->buffer_count != answer->buffer_count) {
        return "buffer_count";
    }
    if (b->size_bytes != answer->size_bytes) {
        return "size_bytes";
    }
    if (b->is_physically_contiguous != answer->contiguous || b->is_secure != answer->secure) {
        return "is_physically_contiguous or is_secure";
    }
    if (b->coherency_domain != answer->domain) {
        return "coherency_domain";
    }
    if (strcmp(b->heap.heap_type, heaps[answer->heap].type) != 0 ||
        b->heap.id != heaps[answer->heap].id) {
        return "heap";
    }
    if (outcome->settings.has.image_format_constraints != answer->has_image) {
        return "image_format_constraints";
    }
    if (answer->has_image && outcome->color_space != answer->color_space) {
        return "color_spaces";
    }
    return answer->has_image
               ? compare_images(&outcome->settings.image_format_constraints, &answer->image)
               : NULL;
}
