#include <time.h>

#include "scene.h"

#define PARTICIPANTS 8
#define TABLES       64
#define PAIRS        64

/* No input may keep a caller busy for 20 ms (docs/solver.md); slow machines and sanitizers get
 * more. */
#define BUDGET_MS 400

struct crowd {
    struct solver_participant participants[PARTICIPANTS];
    constraints_t constraints[PARTICIPANTS];
    image_t tables[PARTICIPANTS][TABLES];
    struct sysmem_pixel_format_and_modifier pairs[PARTICIPANTS][TABLES][PAIRS];
};

/* Pair number n of a participant; false: it has no more. */
typedef bool (*pair_fn)(size_t participant, size_t n, struct sysmem_pixel_format_and_modifier *ret);

static uint64_t afbc(size_t n)
{
    return UINT64_C(0x0800000000000000) | (n % 2 + 1) | (n / 2 % 8) << 4 | (n / 16 % 8) << 11;
}

static bool every_specific_pair(size_t participant, size_t n,
                                struct sysmem_pixel_format_and_modifier *ret)
{
    static const uint32_t formats[] = {1, 101, 119, 120};
    (void)participant;
    *ret = (struct sysmem_pixel_format_and_modifier){formats[n % 4], afbc(n / 4)};
    return n < 512;
}

static bool nothing_that_exists(size_t participant, size_t n,
                                struct sysmem_pixel_format_and_modifier *ret)
{
    (void)participant;
    *ret = (struct sysmem_pixel_format_and_modifier){1000 + (uint32_t)n, ANY_MOD};
    return true;
}

static bool wild_formats_and_nothing(size_t participant, size_t n,
                                     struct sysmem_pixel_format_and_modifier *ret)
{
    if (n >= 128) {
        return nothing_that_exists(participant, n, ret);
    }
    *ret = (struct sysmem_pixel_format_and_modifier){ANY_FORMAT, afbc(n)};
    return true;
}

static bool wild_against_specific(size_t participant, size_t n,
                                  struct sysmem_pixel_format_and_modifier *ret)
{
    if (participant % 2 == 0) {
        return every_specific_pair(participant, n, ret) && n < 500;
    }
    *ret = (struct sysmem_pixel_format_and_modifier){ANY_FORMAT, afbc(n)};
    return n < 128;
}

static void fill(struct crowd *crowd, pair_fn pair)
{
    static const uint32_t passthrough[] = {SYSMEM_COLOR_SPACE_PASSTHROUGH};
    memset(crowd, 0, sizeof(*crowd));
    for (size_t p = 0; p < PARTICIPANTS; p++) {
        constraints_t *c = &crowd->constraints[p];
        crowd->participants[p].constraints = c;
        c->has.usage = true;
        SYSMEM_SET(&c->usage, cpu, CPU_RW);
        SYSMEM_SET(c, min_buffer_count, 1);
        for (size_t n = 0; n < (size_t)TABLES * PAIRS; n++) {
            image_t *table = &crowd->tables[p][n / PAIRS];
            if (!pair(p, n, &crowd->pairs[p][n / PAIRS][n % PAIRS])) {
                break;
            }
            SYSMEM_SET_VECTOR(table, pixel_format_and_modifiers, crowd->pairs[p][n / PAIRS],
                              n % PAIRS + 1);
            SYSMEM_SET_VECTOR(table, color_spaces, passthrough, 1);
            SYSMEM_SET(table, min_size, SIZE(64, 64));
            SYSMEM_SET_VECTOR(c, image_format_constraints, crowd->tables[p], n / PAIRS + 1);
        }
    }
}

static uint32_t solve_in_time(pair_fn pair)
{
    static struct crowd crowd;
    static struct solver_outcome outcome;
    struct solver_environment environment;
    struct timespec start;
    struct timespec end;
    fill(&crowd, pair);
    solver_environment_init(&environment);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    solver_solve(crowd.participants, PARTICIPANTS, &environment, &outcome);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    long ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
    assert_true(ms < BUDGET_MS);
    return outcome.error;
}

/* 8 participants with 64 entries of 64 pairs each, or as many as there can be. */
static void the_largest_inputs_are_bounded(void **state)
{
    const uint32_t empty = SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY;
    (void)state;
    assert_int_equal(solve_in_time(every_specific_pair), 0);
    assert_int_equal(solve_in_time(nothing_that_exists), empty);
    assert_int_equal(solve_in_time(wild_formats_and_nothing), empty);
    assert_int_equal(solve_in_time(wild_against_specific), 0);
}

/* The next format is not tried when the size of the one that cost chose does not do. */
static void a_size_that_fails_is_final(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, RGBA, LINEAR, SRGB);
    scene_pair(&s, 0, image, SYSMEM_PIXEL_FORMAT_R8, LINEAR);
    scene_sizes(&s.constraints[0], 1, 64 * 64);
    s.spaces[0][0] = SRGB;
    scene_fails(&s, 0, "buffer_memory_constraints.max_size_bytes");
    SYSMEM_SET(image, pixel_format, SYSMEM_PIXEL_FORMAT_L8);
    scene_succeeds(&s);
    assert_int_equal(scene_settings(&s)->size_bytes, 64 * 64);
}

static void rows_that_exceed_their_maximum(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, RGBA, LINEAR, SRGB);
    SYSMEM_SET(image, max_bytes_per_row, 255);
    scene_fails(&s, 0, "image_format_constraints[0].min_size");
    assert_int_equal(s.outcome.reason_count, 2);
    assert_string_equal(s.outcome.reasons[1].field,
                        "image_format_constraints[0].max_bytes_per_row");
    SYSMEM_SET(image, max_bytes_per_row, 259); /* rounded down it still does */
    scene_succeeds(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_inputs_are_bounded),
        cmocka_unit_test(a_size_that_fails_is_final),
        cmocka_unit_test(rows_that_exceed_their_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
