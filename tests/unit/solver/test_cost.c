#include <float.h>

#include "scene.h"

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
        cost_of(BGRA, LINEAR, SYSMEM_VIDEO_USAGE_HW_ENCODER, 1),
        cost_of(RGBA, X_TILED, SYSMEM_VIDEO_USAGE_HW_DECODER, 2),
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_costs_the_smallest_values_win),
        cmocka_unit_test(the_cheapest_wins),
        cmocka_unit_test(entries_for_other_usages_do_not_count),
        cmocka_unit_test(more_bits_beat_fewer_and_later_beats_earlier),
        cmocka_unit_test(no_cost_is_the_highest_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
