#include <float.h>

#include "scene.h"
#include "solver/cost.h"

static struct sysmem_format_cost_entry cost_of(uint32_t format, uint64_t modifier, uint32_t video,
                                               float cost)
{
    struct sysmem_format_cost_entry entry = {
        .cost = cost, .has = {.key = true, .cost = true}
    };
    SYSMEM_SET(&entry.key, pixel_format, format);
    entry.key.pixel_format_modifier = modifier;
    entry.key.has.pixel_format_modifier = modifier != LINEAR; /* unset means LINEAR */
    entry.key.has.buffer_usage_bits = true;
    SYSMEM_SET(&entry.key.buffer_usage_bits, video, video);
    return entry;
}

/* Two participants that both take RGBA and BGRA, linear and X-tiled. */
static void init(struct scene *s, const struct sysmem_format_cost_entry *costs, size_t count)
{
    scene_init(s);
    for (size_t i = 0; i < 2; i++) {
        image_t *image = scene_simple(s, BGRA, X_TILED, SRGB);
        scene_pair(s, i, image, BGRA, LINEAR);
        scene_pair(s, i, image, RGBA, X_TILED);
        scene_pair(s, i, image, RGBA, LINEAR);
    }
    SYSMEM_SET(&s->constraints[1].usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    s->environment.format_costs = costs;
    s->environment.format_cost_count = count;
}

static void expect(const struct sysmem_format_cost_entry *costs, size_t count, uint32_t format,
                   uint64_t modifier)
{
    struct scene s;
    init(&s, costs, count);
    scene_succeeds(&s);
    assert_int_equal(scene_result(&s)->pixel_format, format);
    assert_int_equal(scene_result(&s)->pixel_format_modifier, modifier);
}

static void without_costs_the_smallest_values_win(void **state)
{
    (void)state;
    expect(NULL, 0, RGBA, LINEAR);
}

static void the_cheapest_wins(void **state)
{
    (void)state;
    const struct sysmem_format_cost_entry costs[] = {
        cost_of(RGBA, LINEAR, 0, 3),
        cost_of(BGRA, X_TILED, 0, 2),
        cost_of(NV12, LINEAR, 0, 1),
    };
    expect(costs, 3, BGRA, X_TILED);
    expect(costs, 1, RGBA, LINEAR);
}

static void entries_for_other_usages_do_not_count(void **state)
{
    (void)state;
    const struct sysmem_format_cost_entry costs[] = {
        cost_of(RGBA, X_TILED, SYSMEM_VIDEO_USAGE_HW_DECODER, 2),
        cost_of(BGRA, LINEAR, SYSMEM_VIDEO_USAGE_HW_ENCODER, 1),
    };
    expect(costs, 2, RGBA, X_TILED);
}

static void more_bits_beat_fewer_and_later_beats_earlier(void **state)
{
    (void)state;
    const struct sysmem_format_cost_entry costs[] = {
        cost_of(RGBA, X_TILED, SYSMEM_VIDEO_USAGE_HW_DECODER, 9),
        cost_of(RGBA, X_TILED, 0, 1), /* fewer bits: not looked at */
        cost_of(BGRA, X_TILED, 0, 10),
        cost_of(BGRA, X_TILED, 0, 8), /* as many bits: replaces the one before */
    };
    expect(costs, 4, BGRA, X_TILED);
    expect(costs, 3, RGBA, X_TILED);
}

static void no_cost_is_the_highest_cost(void **state)
{
    (void)state;
    struct sysmem_format_cost_entry costs[] = {
        cost_of(RGBA, LINEAR, 0, 1),
        cost_of(BGRA, LINEAR, 0, FLT_MAX / 2),
    };
    costs[0].has.cost = false;
    expect(costs, 2, BGRA, LINEAR);
}

/* What the entry is for is a part of what all participants together do, in each kind of usage. */
static void usages_of_all_participants_count(void **state)
{
    (void)state;
    struct sysmem_format_cost_entry cost = cost_of(BGRA, X_TILED, SYSMEM_VIDEO_USAGE_HW_DECODER, 1);
    SYSMEM_SET(&cost.key.buffer_usage_bits, cpu, CPU_RW);
    expect(&cost, 1, BGRA, X_TILED);
    SYSMEM_SET(&cost.key.buffer_usage_bits, vulkan, 1);
    expect(&cost, 1, RGBA, LINEAR);
    SYSMEM_SET(&cost.key.buffer_usage_bits, vulkan, 0);
    expect(&cost, 1, BGRA, X_TILED);
    SYSMEM_SET(&cost.key.buffer_usage_bits, display, SYSMEM_DISPLAY_USAGE_LAYER);
    expect(&cost, 1, RGBA, LINEAR);
    cost.key.buffer_usage_bits.has.display = false; /* then the value says nothing */
    expect(&cost, 1, BGRA, X_TILED);
    SYSMEM_SET(&cost.key.buffer_usage_bits, cpu, SYSMEM_CPU_USAGE_READ); /* they read often */
    expect(&cost, 1, RGBA, LINEAR);
}

static void none_is_no_usage_to_be_for(void **state)
{
    (void)state;
    struct sysmem_format_cost_entry cost = cost_of(BGRA, LINEAR, 0, 1);
    SYSMEM_SET(&cost.key.buffer_usage_bits, none, SYSMEM_NONE_USAGE);
    expect(&cost, 1, BGRA, LINEAR);
    cost.key.has.buffer_usage_bits = false;
    expect(&cost, 1, BGRA, LINEAR);
}

/* A format is waved off for a combination of usages, not forbidden. */
static void a_high_cost_is_no_ban(void **state)
{
    (void)state;
    const struct sysmem_format_cost_entry costs[] = {
        cost_of(RGBA, LINEAR, 0, 1),
        cost_of(RGBA, LINEAR, SYSMEM_VIDEO_USAGE_HW_DECODER, 1e30F),
        cost_of(BGRA, LINEAR, 0, 2),
    };
    expect(costs, 3, BGRA, LINEAR);
    struct scene s;
    scene_init(&s);
    scene_simple(&s, RGBA, LINEAR, SRGB);
    SYSMEM_SET(&s.constraints[0].usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    s.environment.format_costs = costs;
    s.environment.format_cost_count = 3;
    scene_succeeds(&s);
    assert_int_equal(scene_result(&s)->pixel_format, RGBA);
}

static void equal_costs_go_to_the_smallest_values(void **state)
{
    (void)state;
    const struct sysmem_format_cost_entry costs[] = {
        cost_of(RGBA, X_TILED, 0, -4),
        cost_of(BGRA, LINEAR, 0, -4),
        cost_of(BGRA, X_TILED, 0, -4),
    };
    expect(costs, 3, RGBA, X_TILED);
    expect(costs + 1, 2, BGRA, LINEAR);
}

static void the_order_of_entries(void **state)
{
    (void)state;
    struct sysmem_format_cost_entry a = cost_of(RGBA, LINEAR, 0, 1);
    struct sysmem_format_cost_entry b = cost_of(RGBA, LINEAR, 7, 2);
    assert_int_equal(format_cost_compare(&a.key, &b.key), 0);
    SYSMEM_SET(&b.key, pixel_format_modifier, LINEAR);
    assert_int_equal(format_cost_compare(&a.key, &b.key), 0);
    SYSMEM_SET(&b.key, pixel_format_modifier, X_TILED);
    assert_true(format_cost_compare(&a.key, &b.key) < 0);
    assert_true(format_cost_compare(&b.key, &a.key) > 0);
    SYSMEM_SET(&a.key, pixel_format, BGRA);
    assert_true(format_cost_compare(&a.key, &b.key) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_costs_the_smallest_values_win),
        cmocka_unit_test(the_cheapest_wins),
        cmocka_unit_test(entries_for_other_usages_do_not_count),
        cmocka_unit_test(more_bits_beat_fewer_and_later_beats_earlier),
        cmocka_unit_test(no_cost_is_the_highest_cost),
        cmocka_unit_test(usages_of_all_participants_count),
        cmocka_unit_test(none_is_no_usage_to_be_for),
        cmocka_unit_test(a_high_cost_is_no_ban),
        cmocka_unit_test(equal_costs_go_to_the_smallest_values),
        cmocka_unit_test(the_order_of_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
