#include "negotiation.h"

#include <string.h>

void negotiation_open(struct negotiation *negotiation, struct sysmem_allocator *allocator,
                      const zx_rights_t *masks, size_t count)
{
    assert_true(count <= NEGOTIATION_SEATS);
    zx_rights_t same[NEGOTIATION_SEATS];
    for (size_t i = 0; i < NEGOTIATION_SEATS; i++) {
        same[i] = ZX_RIGHT_SAME_RIGHTS;
    }
    *negotiation = (struct negotiation){.starter = root_token(allocator), .count = count};
    struct sysmem_token *tokens[NEGOTIATION_SEATS] = {0};
    assert_int_equal(sysmem_token_duplicate_sync(negotiation->starter, masks == NULL ? same : masks,
                                                 count, soon(), tokens),
                     0);
    for (size_t i = 0; i < count; i++) {
        negotiation->seats[i].collection = bind_token(allocator, tokens[i]);
    }
}

void negotiation_say(struct negotiation *negotiation, size_t i,
                     const struct sysmem_buffer_collection_constraints *wish)
{
    seat_say(&negotiation->seats[i], wish);
}

void negotiation_decide(struct negotiation *negotiation)
{
    for (size_t i = 0; i < negotiation->count; i++) {
        assert_false(negotiation->seats[i].answered);
    }
    assert_int_equal(sysmem_node_release(sysmem_token_node(negotiation->starter)), 0);
    sysmem_token_free(negotiation->starter);
    negotiation->starter = NULL;
    for (size_t i = 0; i < negotiation->count; i++) {
        seat_hear(&negotiation->seats[i]);
    }
}

void negotiation_close(struct negotiation *negotiation)
{
    sysmem_token_free(negotiation->starter);
    for (size_t i = 0; i < negotiation->count; i++) {
        struct seat *seat = &negotiation->seats[i];
        sysmem_collection_info_free(seat->info);
        if (seat->answered && seat->status == 0) {
            (void)sysmem_node_release(sysmem_collection_node(seat->collection));
        }
        sysmem_collection_free(seat->collection);
    }
    *negotiation = (struct negotiation){0};
}

void negotiate(struct negotiation *negotiation, struct sysmem_allocator *allocator,
               const struct sysmem_buffer_collection_constraints *wishes, size_t count)
{
    negotiation_open(negotiation, allocator, NULL, count);
    for (size_t i = 0; i < count; i++) {
        negotiation_say(negotiation, i, &wishes[i]);
    }
    negotiation_decide(negotiation);
}

const struct sysmem_buffer_collection_info *result_of(const struct negotiation *negotiation,
                                                      size_t i)
{
    assert_int_equal(negotiation->seats[i].status, 0);
    const struct sysmem_buffer_collection_info *result =
        sysmem_collection_info_get(negotiation->seats[i].info);
    assert_true(result->has.settings && result->has.buffers && result->has.buffer_collection_id);
    assert_true(result->settings.has.buffer_settings);
    return result;
}

const struct sysmem_image_format_constraints *image_result(const struct negotiation *negotiation)
{
    const struct sysmem_buffer_collection_info *result = result_of(negotiation, 0);
    assert_true(result->settings.has.image_format_constraints);
    const struct sysmem_image_format_constraints *image =
        &result->settings.image_format_constraints;
    assert_true(image->has.pixel_format && image->has.pixel_format_modifier);
    assert_true(image->has.color_spaces);
    assert_int_equal(image->color_spaces_count, 1);
    return image;
}

#define ASSERT_SAME(a, b, field)                                                                   \
    do {                                                                                           \
        assert_int_equal((a)->has.field, (b)->has.field);                                          \
        if ((a)->has.field) {                                                                      \
            assert_memory_equal(&(a)->field, &(b)->field, sizeof((a)->field));                     \
        }                                                                                          \
    } while (0)

static void assert_same_memory(const struct sysmem_buffer_memory_settings *a,
                               const struct sysmem_buffer_memory_settings *b)
{
    ASSERT_SAME(a, b, size_bytes);
    ASSERT_SAME(a, b, is_physically_contiguous);
    ASSERT_SAME(a, b, is_secure);
    ASSERT_SAME(a, b, coherency_domain);
    assert_true(a->has.heap && b->has.heap);
    assert_string_equal(a->heap.heap_type, b->heap.heap_type);
    ASSERT_SAME(&a->heap, &b->heap, id);
}

static void assert_same_image(const struct sysmem_image_format_constraints *a,
                              const struct sysmem_image_format_constraints *b)
{
    ASSERT_SAME(a, b, pixel_format);
    ASSERT_SAME(a, b, pixel_format_modifier);
    ASSERT_SAME(a, b, min_size);
    ASSERT_SAME(a, b, max_size);
    ASSERT_SAME(a, b, min_bytes_per_row);
    ASSERT_SAME(a, b, max_bytes_per_row);
    ASSERT_SAME(a, b, max_width_times_height);
    ASSERT_SAME(a, b, size_alignment);
    ASSERT_SAME(a, b, display_rect_alignment);
    ASSERT_SAME(a, b, required_min_size);
    ASSERT_SAME(a, b, required_max_size);
    ASSERT_SAME(a, b, bytes_per_row_divisor);
    ASSERT_SAME(a, b, start_offset_divisor);
    ASSERT_SAME(a, b, require_bytes_per_row_at_pixel_boundary);
    ASSERT_SAME(a, b, is_alpha_present);
    assert_int_equal(a->color_spaces_count, b->color_spaces_count);
    assert_memory_equal(a->color_spaces, b->color_spaces,
                        a->color_spaces_count * sizeof(*a->color_spaces));
}

void assert_allocated(const struct negotiation *negotiation, size_t buffers)
{
    const struct sysmem_buffer_collection_info *first = result_of(negotiation, 0);
    for (size_t i = 0; i < negotiation->count; i++) {
        const struct sysmem_buffer_collection_info *result = result_of(negotiation, i);
        assert_int_equal(result->buffers_count, buffers);
        assert_true(result->buffer_collection_id == first->buffer_collection_id);
        assert_same_memory(&result->settings.buffer_settings, &first->settings.buffer_settings);
        assert_int_equal(result->settings.has.image_format_constraints,
                         first->settings.has.image_format_constraints);
        if (first->settings.has.image_format_constraints) {
            assert_same_image(&result->settings.image_format_constraints,
                              &first->settings.image_format_constraints);
        }
        for (size_t j = 0; j < buffers; j++) {
            assert_true(result->buffers[j].has.vmo_usable_start);
            assert_true(result->buffers[j].vmo_usable_start == 0);
            assert_false(result->buffers[j].has.close_weak_asap);
        }
    }
}

void assert_refused(const struct negotiation *negotiation)
{
    for (size_t i = 0; i < negotiation->count; i++) {
        assert_int_equal(negotiation->seats[i].status, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    }
}

void expect(struct sysmem_allocator *allocator,
            const struct sysmem_buffer_collection_constraints *wishes, size_t count, size_t buffers)
{
    struct negotiation negotiation;
    negotiate(&negotiation, allocator, wishes, count);
    if (buffers > 0) {
        assert_allocated(&negotiation, buffers);
    } else {
        assert_refused(&negotiation);
    }
    negotiation_close(&negotiation);
}
