/* Attached parts: failure domains of their own that join buffers which exist already.
 * Source: spec/fuchsia.sysmem2-BufferCollection.AttachToken.txt. */
#include "seat.h"
#include "wishes.h"

#define BASE_BYTES (512 * 512 * 3 / 2) /* an NV12 image of 512 x 512 */

/* Two who agree on six buffers (C050), and a third, attached to the second. */
struct base {
    struct stage *stage;
    struct seat first;
    struct seat second;
    struct sysmem_image_format_constraints images[2];
};

static struct sysmem_buffer_collection_constraints base_wish(struct base *base, size_t i)
{
    uint32_t edge = i == 0 ? 256 : 512;
    base->images[i] = image_of(SYSMEM_PIXEL_FORMAT_NV12, rec709, edge, edge);
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(3, 64 * KIB, BASE_BYTES);
    SYSMEM_SET_VECTOR(&wish, image_format_constraints, &base->images[i], 1);
    return wish;
}

static struct sysmem_buffer_collection_constraints attached_wish(void)
{
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(0, 0, 0);
    wish.has.min_buffer_count_for_camping = false;
    wish.buffer_memory_constraints = (struct sysmem_buffer_memory_constraints){0};
    SYSMEM_SET(&wish.buffer_memory_constraints, cpu_domain_supported, true);
    return wish;
}

static void base_open(struct base *base, void **state)
{
    *base = (struct base){.stage = *state};
    struct sysmem_token *token = root_token(base->stage->allocator);
    struct sysmem_token *other = duplicate(token);
    base->first = seat_take(base->stage, token);
    base->second = seat_take(base->stage, other);
    struct sysmem_buffer_collection_constraints wish = base_wish(base, 0);
    seat_say(&base->first, &wish);
    assert_int_equal(sysmem_collection_check_all_buffers_allocated(base->second.collection, soon()),
                     SYSMEM_ERROR_PENDING);
}

/* The second speaks, with room for more buffers than the two camp on (0: none). */
static void base_allocate(struct base *base, uint32_t buffers)
{
    struct sysmem_buffer_collection_constraints wish = base_wish(base, 1);
    if (buffers > 0) {
        SYSMEM_SET(&wish, min_buffer_count, buffers);
    }
    size_t wanted = buffers > 0 ? buffers : 6;
    seat_say(&base->second, &wish);
    const struct sysmem_buffer_collection_info *a = seat_expect_buffers(&base->first, wanted);
    const struct sysmem_buffer_collection_info *b = seat_expect_buffers(&base->second, wanted);
    assert_true(a->settings.buffer_settings.size_bytes >= BASE_BYTES);
    assert_true(a->settings.has.image_format_constraints);
    for (size_t i = 0; i < wanted; i++) {
        assert_true(basic_info(a->buffers[i].vmo).koid == basic_info(b->buffers[i].vmo).koid);
    }
}

static void expect_same_buffers(struct base *base, struct seat *third, size_t wanted)
{
    const struct sysmem_buffer_collection_info *a = sysmem_collection_info_get(base->first.info);
    const struct sysmem_buffer_collection_info *c = seat_expect_buffers(third, wanted);
    assert_true(a->settings.buffer_settings.size_bytes == c->settings.buffer_settings.size_bytes);
    assert_true(a->buffer_collection_id == c->buffer_collection_id);
    for (size_t i = 0; i < wanted; i++) {
        assert_true(a->buffers[i].vmo != c->buffers[i].vmo);
        assert_true(basic_info(a->buffers[i].vmo).koid == basic_info(c->buffers[i].vmo).koid);
    }
}

/* The attached part's end is its own. */
static void base_leave(struct base *base)
{
    assert_open(sysmem_collection_node(base->first.collection));
    assert_open(sysmem_collection_node(base->second.collection));
    seat_leave(&base->first);
    seat_leave(&base->second);
}

/* The third says `wish` and is cut off when it has spoken. */
static void expect_late_refusal(struct base *base,
                                const struct sysmem_buffer_collection_constraints *wish)
{
    struct sysmem_token *token = attach_to(&base->second);
    struct sysmem_token *holder = duplicate(token); /* until the wait has arrived */
    struct seat third = seat_take(base->stage, token);
    seat_say(&third, wish);
    token_leave(holder);
    seat_expect(&third, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_closed(sysmem_collection_node(third.collection));
    seat_drop(&third);
}

static void c051_attached_before_allocation(void **state)
{
    struct base base;
    base_open(&base, state);
    struct seat third = seat_take(base.stage, attach_to(&base.second));
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    seat_say(&third, &wish);
    assert_false(third.answered);
    base_allocate(&base, 0);
    expect_same_buffers(&base, &third, 6);
    seat_leave(&third);
    base_leave(&base);
}

static void c052_attached_after_allocation_again_and_again(void **state)
{
    struct base base;
    base_open(&base, state);
    base_allocate(&base, 0);
    struct seat third = {0};
    for (size_t round = 0; round < 3; round++) {
        struct sysmem_token *token = attach_to(&base.second);
        if (third.collection != NULL) {
            zx_handle_t gone = track_node(sysmem_collection_node(third.collection));
            assert_open(sysmem_collection_node(third.collection));
            seat_drop(&third); /* without Release: its own failure */
            wait_signalled(gone);
            close_handle(gone);
        }
        third = seat_take(base.stage, token);
        struct sysmem_buffer_collection_constraints wish = attached_wish();
        seat_say(&third, &wish);
        assert_open(sysmem_collection_node(base.first.collection));
        expect_same_buffers(&base, &third, 6);
    }
    seat_leave(&third);
    base_leave(&base);
}

static void c053_attached_before_allocation_and_gone(void **state)
{
    struct base base;
    base_open(&base, state);
    struct seat third = seat_take(base.stage, attach_to(&base.second));
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    seat_say(&third, &wish);
    zx_handle_t gone = track_node(sysmem_collection_node(third.collection));
    assert_open(sysmem_collection_node(third.collection));
    seat_drop(&third);
    wait_signalled(gone);
    close_handle(gone);
    base_allocate(&base, 0);
    base_leave(&base);
}

static void c054_attached_before_allocation_and_too_small(void **state)
{
    struct base base;
    base_open(&base, state);
    struct seat third = seat_take(base.stage, attach_to(&base.second));
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    SYSMEM_SET(&wish.buffer_memory_constraints, max_size_bytes, BASE_BYTES - 1);
    seat_say(&third, &wish);
    base_allocate(&base, 0); /* the attached part's wishes are not asked for */
    seat_expect(&third, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    seat_drop(&third);
    base_leave(&base);
}

static void c055_attached_after_allocation_and_too_small(void **state)
{
    struct base base;
    base_open(&base, state);
    base_allocate(&base, 0);
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    SYSMEM_SET(&wish.buffer_memory_constraints, max_size_bytes, BASE_BYTES - 1);
    expect_late_refusal(&base, &wish);
    base_leave(&base);
}

/* Room that was made for one who is there already. */
static void c056_attached_before_allocation_with_camping_that_there_is_room_for(void **state)
{
    struct base base;
    base_open(&base, state);
    struct seat third = seat_take(base.stage, attach_to(&base.second));
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    SYSMEM_SET(&wish, min_buffer_count_for_camping, 2);
    seat_say(&third, &wish);
    base_allocate(&base, 8);
    expect_same_buffers(&base, &third, 8);
    seat_leave(&third);
    base_leave(&base);
}

/* Room that was made for later. */
static void c057_attached_with_camping_that_there_is_room_for(void **state)
{
    struct base base;
    base_open(&base, state);
    base_allocate(&base, 8);
    struct seat third = seat_take(base.stage, attach_to(&base.second));
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    SYSMEM_SET(&wish, min_buffer_count_for_camping, 2);
    seat_say(&third, &wish);
    expect_same_buffers(&base, &third, 8);
    SYSMEM_SET(&wish, min_buffer_count_for_camping, 1);
    expect_late_refusal(&base, &wish); /* all are spoken for */
    seat_leave(&third);
    base_leave(&base);
}

static void c059_attached_with_camping_that_there_is_no_room_for(void **state)
{
    struct base base;
    base_open(&base, state);
    base_allocate(&base, 0);
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    SYSMEM_SET(&wish, min_buffer_count_for_camping, 1);
    expect_late_refusal(&base, &wish);
    base_leave(&base);
}

/* Counts of an attached part are not asked for when the buffers are made. */
static void c058_attached_before_allocation_with_camping_that_there_is_no_room_for(void **state)
{
    struct base base;
    base_open(&base, state);
    struct seat third = seat_take(base.stage, attach_to(&base.second));
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    SYSMEM_SET(&wish, min_buffer_count_for_camping, 1);
    seat_say(&third, &wish);
    base_allocate(&base, 0);
    seat_expect(&third, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    seat_drop(&third);
    base_leave(&base);
}

/* The domain was chosen without the attached part, which alone would have another. */
static void c060_attached_parts_take_the_domain_that_was_chosen(void **state)
{
    static const uint32_t chosen[] = {SYSMEM_COHERENCY_DOMAIN_CPU, SYSMEM_COHERENCY_DOMAIN_RAM};
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wishes[2] = {picky(1, PAGE), picky(0, PAGE)};
    SYSMEM_SET(&wishes[0].buffer_memory_constraints, ram_domain_supported, true);
    SYSMEM_SET(&wishes[1].buffer_memory_constraints, ram_domain_supported, true);
    for (size_t i = 0; i < 2; i++) {
        bool prefers_ram = chosen[i] == SYSMEM_COHERENCY_DOMAIN_RAM;
        struct seat first = seat_take(stage, root_token(stage->allocator));
        struct seat attached = seat_take(stage, attach_to(&first));
        struct sysmem_buffer_collection_constraints *display = &wishes[prefers_ram ? 0 : 1];
        wishes[0].usage.has.display = wishes[1].usage.has.display = false;
        SYSMEM_SET(&display->usage, display, SYSMEM_DISPLAY_USAGE_LAYER);
        seat_say(&attached, &wishes[1]);
        seat_say(&first, &wishes[0]);
        const struct sysmem_buffer_collection_info *info = seat_expect_buffers(&first, 1);
        assert_int_equal(info->settings.buffer_settings.coherency_domain, chosen[i]);
        info = seat_expect_buffers(&attached, 1);
        assert_int_equal(info->settings.buffer_settings.coherency_domain, chosen[i]);
        seat_leave(&attached);
        seat_leave(&first);
    }
}

/* What would change a setting is refused, though the buffers would do. */
#define TIGHTER_WISHES 10
#define TIGHTER_IMAGES 13

/* Each thing by itself that would make the six buffers others than they are. */
static void tighter_wishes(struct sysmem_buffer_collection_constraints *wishes)
{
    static const struct sysmem_heap other = {
        "example.OTHER", 0, {true, true}
    };
    for (size_t i = 0; i < TIGHTER_WISHES; i++) {
        wishes[i] = attached_wish();
    }
    SYSMEM_SET(&wishes[0].buffer_memory_constraints, min_size_bytes, BASE_BYTES + 1);
    SYSMEM_SET(&wishes[1].buffer_memory_constraints, max_size_bytes, BASE_BYTES - 1);
    SYSMEM_SET(&wishes[2].buffer_memory_constraints, physically_contiguous_required, true);
    SYSMEM_SET(&wishes[3].buffer_memory_constraints, secure_required, true);
    SYSMEM_SET(&wishes[4].buffer_memory_constraints, ram_domain_supported, true);
    SYSMEM_SET(&wishes[4].buffer_memory_constraints, cpu_domain_supported, false);
    SYSMEM_SET_VECTOR(&wishes[5].buffer_memory_constraints, permitted_heaps, &other, 1);
    SYSMEM_SET(&wishes[6], min_buffer_count, 7);
    SYSMEM_SET(&wishes[7], max_buffer_count, 5);
    SYSMEM_SET(&wishes[8], min_buffer_count_for_dedicated_slack, 1);
    SYSMEM_SET(&wishes[9], min_buffer_count_for_shared_slack, 1);
}

static void tighter_images(struct sysmem_image_format_constraints *images)
{
    for (size_t i = 0; i < TIGHTER_IMAGES; i++) {
        images[i] = image_of(SYSMEM_PIXEL_FORMAT_NV12, rec709, 256, 256);
    }
    SYSMEM_SET(&images[0], min_size, (struct sysmem_size){514, 256});
    SYSMEM_SET(&images[1], max_size, (struct sysmem_size){4096, 4096});
    SYSMEM_SET(&images[2], min_bytes_per_row, 514);
    SYSMEM_SET(&images[3], max_bytes_per_row, 4096);
    SYSMEM_SET(&images[4], max_width_times_height, 1024 * 1024);
    SYSMEM_SET(&images[5], size_alignment, (struct sysmem_size){16, 16});
    SYSMEM_SET(&images[6], display_rect_alignment, (struct sysmem_size){2, 1});
    SYSMEM_SET(&images[7], bytes_per_row_divisor, 64);
    SYSMEM_SET(&images[8], start_offset_divisor, 64);
    SYSMEM_SET(&images[9], require_bytes_per_row_at_pixel_boundary, true);
    SYSMEM_SET(&images[10], required_min_size, (struct sysmem_size){1024, 1024});
    SYSMEM_SET(&images[11], required_max_size, (struct sysmem_size){512, 512});
    SYSMEM_SET(&images[12], pixel_format_modifier, SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED);
}

static void each_thing_that_is_tighter_is_refused(void **state)
{
    struct base base;
    struct sysmem_buffer_collection_constraints wishes[TIGHTER_WISHES];
    struct sysmem_image_format_constraints images[TIGHTER_IMAGES];
    base_open(&base, state);
    base_allocate(&base, 0);
    tighter_wishes(wishes);
    for (size_t i = 0; i < TIGHTER_WISHES; i++) {
        expect_late_refusal(&base, &wishes[i]);
    }
    tighter_images(images);
    for (size_t i = 0; i < TIGHTER_IMAGES; i++) {
        struct sysmem_buffer_collection_constraints wish = attached_wish();
        SYSMEM_SET_VECTOR(&wish, image_format_constraints, &images[i], 1);
        expect_late_refusal(&base, &wish);
    }
    base_leave(&base);
}

/* What says nothing against the buffers that exist, though alone it would choose otherwise. */
static void what_is_looser_is_let_in(void **state)
{
    struct base base;
    base_open(&base, state);
    base_allocate(&base, 0);
    struct sysmem_image_format_constraints image =
        image_of(SYSMEM_PIXEL_FORMAT_DO_NOT_CARE, rec709, 1, 1);
    SYSMEM_SET(&image, is_alpha_present, true); /* NV12 has none */
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    SYSMEM_SET_VECTOR(&wish, image_format_constraints, &image, 1);
    SYSMEM_SET(&wish.usage, display, SYSMEM_DISPLAY_USAGE_LAYER); /* RAM, if all supported it */
    SYSMEM_SET(&wish.buffer_memory_constraints, ram_domain_supported, true);
    SYSMEM_SET(&wish.buffer_memory_constraints, inaccessible_domain_supported, true);
    SYSMEM_SET(&wish.buffer_memory_constraints, min_size_bytes, 1);
    SYSMEM_SET(&wish, min_buffer_count, 6);
    SYSMEM_SET(&wish, max_buffer_count, 6);
    struct seat third = seat_take(base.stage, attach_to(&base.second));
    seat_say(&third, &wish);
    expect_same_buffers(&base, &third, 6);
    seat_leave(&third);
    base_leave(&base);
}

static void what_would_change_the_settings_is_refused(void **state)
{
    struct base base;
    base_open(&base, state);
    base_allocate(&base, 0);
    struct sysmem_image_format_constraints image =
        image_of(SYSMEM_PIXEL_FORMAT_NV12, rec709, 256, 256);
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    SYSMEM_SET_VECTOR(&wish, image_format_constraints, &image, 1);
    struct seat third = seat_take(base.stage, attach_to(&base.second));
    seat_say(&third, &wish); /* looser than what was decided */
    expect_same_buffers(&base, &third, 6);
    seat_leave(&third);
    SYSMEM_SET(&image, bytes_per_row_divisor, 4096);
    expect_late_refusal(&base, &wish);
    image = image_of(SYSMEM_PIXEL_FORMAT_NV12, srgb, 256, 256);
    expect_late_refusal(&base, &wish);
    base_leave(&base);
}

/* Everybody of the part has released and closed: it goes, and its counts with it. */
static void a_released_part_gives_its_counts_back(void **state)
{
    struct base base;
    base_open(&base, state);
    base_allocate(&base, 7);
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    SYSMEM_SET(&wish, min_buffer_count_for_camping, 1);
    for (size_t round = 0; round < 3; round++) {
        struct seat third = seat_take(base.stage, attach_to(&base.second));
        seat_say(&third, &wish);
        expect_same_buffers(&base, &third, 7);
        expect_late_refusal(&base, &wish);
        zx_handle_t gone = track_node(sysmem_collection_node(third.collection));
        seat_leave(&third);
        wait_signalled(gone);
        close_handle(gone);
    }
    base_leave(&base);
}

static void a_part_that_has_no_one_left_is_gone_before_allocation_too(void **state)
{
    struct base base;
    base_open(&base, state);
    struct sysmem_token *token = attach_to(&base.second);
    zx_handle_t gone = track_node(sysmem_token_node(token));
    token_leave(token);
    wait_signalled(gone);
    close_handle(gone);
    base_allocate(&base, 0);
    base_leave(&base);
}

/* A part below an attached part comes after it, and falls with it. */
static void parts_below_parts(void **state)
{
    struct base base;
    base_open(&base, state);
    struct seat third = seat_take(base.stage, attach_to(&base.second));
    struct seat fourth = seat_take(base.stage, attach_to(&third));
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    seat_say(&fourth, &wish);
    base_allocate(&base, 0);
    assert_open(sysmem_collection_node(fourth.collection));
    assert_int_equal(sysmem_collection_check_all_buffers_allocated(fourth.collection, soon()),
                     SYSMEM_ERROR_PENDING);
    seat_say(&third, &wish);
    expect_same_buffers(&base, &third, 6);
    expect_same_buffers(&base, &fourth, 6);
    seat_drop(&third);
    assert_closed(sysmem_collection_node(fourth.collection));
    seat_drop(&fourth);
    base_leave(&base);
}

/* The root's failure takes attached parts along, with the error if there is one. */
static void a_failed_allocation_reaches_attached_parts(void **state)
{
    struct base base;
    base_open(&base, state);
    struct sysmem_token *token = attach_to(&base.second);
    struct seat third = seat_take(base.stage, attach_to(&base.second));
    seat_say(&third, NULL);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_decide(&base.second, &wish);
    seat_expect(&base.first, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    seat_expect(&third, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_closed(sysmem_token_node(token));
    sysmem_token_free(token);
    seat_drop(&third);
    seat_drop(&base.first);
    seat_drop(&base.second);
    assert_still_serves(*state);
}

/* A group below an attached token: the first child that goes with the buffers. */
static void a_group_in_an_attached_part_chooses(void **state)
{
    struct base base;
    base_open(&base, state);
    base_allocate(&base, 0);
    struct sysmem_token *token = attach_to(&base.second);
    struct sysmem_group *group = group_under(token);
    struct seat children[2];
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    children[0] = seat_take(base.stage, child_of(group));
    children[1] = seat_take(base.stage, child_of(group));
    token_leave(token);
    seat_say(&children[1], &wish);
    SYSMEM_SET(&wish, min_buffer_count_for_camping, 1);
    seat_say(&children[0], &wish);
    group_settle(group);
    expect_same_buffers(&base, &children[1], 6);
    seat_expect(&children[0], SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_closed(sysmem_collection_node(children[0].collection));
    group_leave(group);
    seat_leave(&children[0]);
    seat_leave(&children[1]);
    base_leave(&base);
}

static void a_mask_without_write_counts_for_attached_parts(void **state)
{
    struct base base;
    base_open(&base, state);
    base_allocate(&base, 0);
    struct sysmem_token *token = NULL;
    assert_int_equal(sysmem_collection_attach_token(
                         base.second.collection, ZX_DEFAULT_VMO_RIGHTS & ~ZX_RIGHT_WRITE, &token),
                     0);
    assert_open(sysmem_collection_node(base.second.collection));
    struct seat third = seat_take(base.stage, token);
    struct sysmem_buffer_collection_constraints wish = attached_wish();
    seat_say(&third, &wish);
    zx_handle_t vmo = seat_expect_buffers(&third, 6)->buffers[0].vmo;
    assert_int_equal(basic_info(vmo).rights & ZX_RIGHT_WRITE, 0);
    seat_leave(&third);
    base_leave(&base);
}

static void a_mask_of_0_fails_who_attaches(void **state)
{
    struct base base;
    base_open(&base, state);
    base_allocate(&base, 0);
    struct sysmem_token *token = NULL;
    assert_int_equal(sysmem_collection_attach_token(base.first.collection, 0, &token), 0);
    assert_closed(sysmem_collection_node(base.first.collection));
    assert_closed(sysmem_collection_node(base.second.collection));
    sysmem_token_free(token);
    seat_drop(&base.first);
    seat_drop(&base.second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c051_attached_before_allocation),
        CASE(c052_attached_after_allocation_again_and_again),
        CASE(c053_attached_before_allocation_and_gone),
        CASE(c054_attached_before_allocation_and_too_small),
        CASE(c055_attached_after_allocation_and_too_small),
        CASE(c056_attached_before_allocation_with_camping_that_there_is_room_for),
        CASE(c057_attached_with_camping_that_there_is_room_for),
        CASE(c059_attached_with_camping_that_there_is_no_room_for),
        CASE(c058_attached_before_allocation_with_camping_that_there_is_no_room_for),
        CASE(c060_attached_parts_take_the_domain_that_was_chosen),
        CASE(each_thing_that_is_tighter_is_refused),
        CASE(what_is_looser_is_let_in),
        CASE(what_would_change_the_settings_is_refused),
        CASE(a_released_part_gives_its_counts_back),
        CASE(a_part_that_has_no_one_left_is_gone_before_allocation_too),
        CASE(parts_below_parts),
        CASE(a_failed_allocation_reaches_attached_parts),
        CASE(a_group_in_an_attached_part_chooses),
        CASE(a_mask_without_write_counts_for_attached_parts),
        CASE(a_mask_of_0_fails_who_attaches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
