#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../support/fake_secure_mem.h"
#include "base/list.h"
#include "heap/protected_ranges.h"

#define GRAIN    UINT64_C(4)
#define BASE     (127 * GRAIN)
#define BLOCKS   60u
#define RANGES   9u
#define PENDING  1 /* no answer so far */
#define REQUESTS 16u

struct world {
    struct fake_secure_mem fake;
    struct protected_ranges *ranges;
    struct protected_request requests[REQUESTS];
    int status[REQUESTS];
    unsigned changes;
};

static struct world world;

static void on_changed(void *arg)
{
    (void)arg;
    world.changes++;
}

static void make(struct secure_mem_properties properties)
{
    memset(&world, 0, sizeof(world));
    world.fake.properties = properties;
    world.fake.whole = (struct range){BASE, BASE + BLOCKS * GRAIN};
    fake_secure_mem_init(&world.fake);
    const struct protected_ranges_config config = {
        .hardware = &world.fake.hardware,
        .heap = {.heap_type = "secure", .has = {true, true}},
        .properties = properties,
        .whole = world.fake.whole,
        .changed = on_changed,
    };
    assert_int_equal(protected_ranges_new(&config, &world.ranges), 0);
}

static const struct secure_mem_properties can_modify = {true, true, GRAIN, RANGES};
static const struct secure_mem_properties cannot_modify = {true, false, GRAIN, RANGES};
static const struct secure_mem_properties not_dynamic = {false, false, GRAIN, RANGES};

static int setup(void **state)
{
    (void)state;
    make(can_modify);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    protected_ranges_free(world.ranges);
    assert_string_equal(world.fake.wrong, "");
    return 0;
}

static void make_anew(struct secure_mem_properties properties)
{
    protected_ranges_free(world.ranges);
    make(properties);
}

/* Blocks from the whole's start on. */
static struct range blocks(size_t first, size_t count)
{
    return (struct range){BASE + first * GRAIN, BASE + (first + count) * GRAIN};
}

static void on_done(struct protected_request *request, int status)
{
    size_t index = (size_t)(request - world.requests);
    assert_int_equal(world.status[index], PENDING);
    world.status[index] = status;
    if (status == 0 && !request->is_delete) {
        fake_secure_mem_use(&world.fake, request->range,
                            world.fake.properties.dynamic && !request->keeps_content);
    }
}

static void add(size_t index, size_t first, size_t count)
{
    world.requests[index] = (struct protected_request){
        .range = blocks(first, count),
        .done = on_done,
    };
    world.status[index] = PENDING;
    protected_ranges_add(world.ranges, &world.requests[index]);
}

static void added(size_t index, size_t first, size_t count)
{
    add(index, first, count);
    assert_int_equal(world.status[index], 0);
}

static void delete_one(size_t index)
{
    world.status[index] = PENDING;
    fake_secure_mem_stop(&world.fake, world.requests[index].range);
    protected_ranges_delete(world.ranges, &world.requests[index]);
}

static void deleted(size_t index)
{
    delete_one(index);
    assert_int_equal(world.status[index], 0);
}

static unsigned step_to_the_end(void)
{
    unsigned steps = 0;
    while (protected_ranges_step(world.ranges)) {
        steps++;
        assert_true(steps < 100);
    }
    return steps;
}

static bool hardware_has(size_t first, size_t count)
{
    struct range wanted = blocks(first, count);
    for (size_t i = 0; i < world.fake.count; i++) {
        if (range_equals(world.fake.ranges[i], wanted)) {
            return true;
        }
    }
    return false;
}

/* Four small ranges, one block apart, that one hardware range comes to cover because of larger gaps
 * elsewhere; then there are ranges to spare, the second is given up, and one comes that reaches
 * from the first to the third. */
static void c149_what_is_stale_between_does_not_end_a_new_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        added(i, 2 * i, 1);
    }
    for (size_t i = 0; i < RANGES - 2; i++) {
        added(4 + i, 10 + 7 * i, 2);
    }
    for (size_t i = 0; i < 3 * RANGES; i++) {
        (void)protected_ranges_step(world.ranges);
    }
    assert_true(hardware_has(0, 7));
    for (size_t i = 0; i < RANGES - 2; i++) {
        deleted(4 + i);
    }
    deleted(1);
    added(11, 1, 3);
    assert_true(hardware_has(0, 7));
    assert_int_equal(step_to_the_end(), RANGES - 2 + 1);
    assert_int_equal(world.fake.count, 2);
    assert_true(hardware_has(0, 5));
    assert_true(hardware_has(6, 1));
}

static void what_touches_grows(void **state)
{
    (void)state;
    added(0, 10, 2);
    added(1, 12, 1);
    added(2, 8, 2);
    assert_int_equal(world.fake.count, 1);
    assert_true(hardware_has(8, 5));
    added(3, 20, 1);
    added(4, 13, 7); /* from one to the other */
    assert_int_equal(world.fake.count, 1);
    assert_true(hardware_has(8, 13));
}

static void the_smallest_gap_closes_when_ranges_run_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < RANGES - 1; i++) {
        added(i, 4 * i + (i > 3 ? 8 : 0), 1); /* one larger gap, before the fifth */
    }
    assert_int_equal(world.fake.count, RANGES - 1);
    added(8, 58, 1);
    assert_int_equal(world.fake.count, RANGES - 1);
    assert_true(hardware_has(32, 5)); /* of equal gaps the lowest counts as the largest */
    assert_int_equal(step_to_the_end(), 0);
}

static void steps_lead_to_the_largest_gaps(void **state)
{
    (void)state;
    make_anew(cannot_modify);
    for (size_t i = 0; i < RANGES - 2; i++) {
        added(i, 2 * i, 1);
    }
    added(7, 50, 4);
    assert_true(world.changes > 0);
    deleted(0);
    assert_true(step_to_the_end() > 0);
    struct protected_ranges_stats stats;
    protected_ranges_stats(world.ranges, &stats);
    assert_int_equal(stats.limit, RANGES - 2);
    assert_int_equal(stats.ranges, RANGES - 2);
    assert_int_equal(stats.requested_bytes, 10 * GRAIN);
    assert_int_equal(stats.protected_bytes, 10 * GRAIN);
    assert_int_equal(protected_ranges_efficiency(&stats), 1000);
}

static void half_of_what_is_unused_is_open(void **state)
{
    (void)state;
    make_anew((struct secure_mem_properties){true, true, GRAIN, 2}); /* one range at rest */
    added(0, 0, 1);
    added(1, 30, 1);
    struct protected_ranges_stats stats;
    protected_ranges_stats(world.ranges, &stats);
    assert_int_equal(stats.total_bytes, BLOCKS * GRAIN);
    assert_int_equal(stats.protected_bytes, 31 * GRAIN);
    assert_int_equal(protected_ranges_efficiency(&stats), 500);
    stats.requested_bytes = stats.total_bytes;
    assert_int_equal(protected_ranges_efficiency(&stats), 1000);
}

static void what_is_not_dynamic_protects_all_once(void **state)
{
    (void)state;
    make_anew(not_dynamic);
    added(0, 3, 1);
    assert_true(hardware_has(0, BLOCKS));
    added(1, 30, 9);
    deleted(0);
    added(0, 3, 1);
    assert_int_equal(step_to_the_end(), 0);
    assert_int_equal(world.fake.calls, 1);
}

static void too_few_ranges_for_transitions_protect_all_once(void **state)
{
    (void)state;
    make_anew((struct secure_mem_properties){true, false, GRAIN, 2});
    added(0, 3, 1);
    assert_true(hardware_has(0, BLOCKS));
    deleted(0);
    assert_int_equal(step_to_the_end(), 0);
    assert_int_equal(world.fake.calls, 3); /* it can zero */
}

static void what_is_in_use_is_not_zeroed(void **state)
{
    (void)state;
    world.requests[0] = (struct protected_request){
        .range = blocks(2, 3),
        .keeps_content = true,
        .done = on_done,
    };
    world.status[0] = PENDING;
    protected_ranges_add(world.ranges, &world.requests[0]);
    assert_int_equal(world.status[0], 0);
    assert_int_equal(world.fake.calls, 1);
}

/* Each call of an add in turn fails: it alone, and the next one succeeds. */
static void a_call_that_fails_fails_its_add_alone(void **state)
{
    (void)state;
    for (size_t round = 0; round < 2; round++) {
        for (uint32_t n = 1; n < 10; n++) {
            make_anew(round == 0 ? can_modify : cannot_modify);
            added(0, 10, 2);
            added(1, 16, 2);
            world.fake.fails_in = n;
            add(2, 11 + 1, 4); /* grows one, and swallows the other */
            bool has_failed = world.fake.fails_in == 0;
            assert_int_equal(world.status[2], has_failed ? -EIO : 0);
            world.fake.fails_in = 0;
            added(3, 40, 1);
            if (has_failed) {
                added(2, 12, 4);
            }
            assert_true(hardware_has(10, 8));
            assert_int_equal(world.fake.count, 2);
            struct protected_ranges_stats stats;
            protected_ranges_stats(world.ranges, &stats);
            assert_int_equal(stats.failed_calls, has_failed ? 1 : 0);
            assert_int_equal(stats.failed_in_a_row, 0);
        }
    }
}

/* Each call of a step in turn fails: what it left behind goes first. */
static void a_step_that_fails_is_made_good(void **state)
{
    (void)state;
    for (size_t round = 0; round < 2; round++) {
        for (uint32_t n = 1; n < 10; n++) {
            make_anew(round == 0 ? can_modify : cannot_modify);
            added(0, 10, 2);
            added(1, 12, 2);
            added(2, 14, 2);
            deleted(1);
            unsigned changes = world.changes;
            world.fake.fails_in = n;
            assert_true(protected_ranges_step(world.ranges));
            assert_true(world.changes > changes);
            world.fake.fails_in = 0;
            (void)step_to_the_end();
            assert_int_equal(world.fake.count, 2);
            assert_true(hardware_has(10, 2));
            assert_true(hardware_has(14, 2));
        }
    }
}

static void a_delete_that_fails_is_tried_again(void **state)
{
    (void)state;
    added(0, 10, 2);
    world.fake.fails_in = 1;
    delete_one(0);
    assert_int_equal(world.status[0], PENDING);
    added(1, 20, 1); /* nobody else waits for it */
    assert_true(hardware_has(10, 2));
    assert_true(protected_ranges_step(world.ranges));
    assert_int_equal(world.status[0], 0);
    (void)step_to_the_end();
    assert_false(hardware_has(10, 2));
}

static void requests_are_answered_in_their_order(void **state)
{
    (void)state;
    world.fake.is_late = true;
    add(0, 10, 2);
    add(1, 12, 2);
    assert_int_equal(world.fake.calls, 1);
    assert_true(protected_ranges_step(world.ranges)); /* not now */
    fake_secure_mem_answer(&world.fake);
    fake_secure_mem_answer(&world.fake);
    assert_int_equal(world.status[0], 0);
    assert_int_equal(world.status[1], PENDING);
    while (world.fake.call != NULL) {
        fake_secure_mem_answer(&world.fake);
    }
    assert_int_equal(world.status[1], 0);
}

static void who_waits_when_the_ranges_go_hears_of_it(void **state)
{
    (void)state;
    added(0, 2, 1);
    world.fake.fails_in = 1;
    delete_one(0);
    world.fake.is_late = true;
    add(1, 10, 2);
    add(2, 20, 2);
    protected_ranges_free(world.ranges);
    world.ranges = NULL;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(world.status[i], -EPIPE);
    }
    fake_secure_mem_refuse(&world.fake, -EPIPE); /* too late, and harmless */
}

/* The answer to a call that is made within another's answer, and the ranges go in it. */
static void on_done_free(struct protected_request *request, int status)
{
    world.status[request - world.requests] = status;
    protected_ranges_free(world.ranges);
    world.ranges = NULL;
}

static void the_ranges_may_go_with_an_answer(void **state)
{
    (void)state;
    world.requests[0] = (struct protected_request){
        .range = blocks(0, 1),
        .done = on_done_free,
    };
    world.fake.is_late = true;
    protected_ranges_add(world.ranges, &world.requests[0]);
    add(1, 4, 1);
    fake_secure_mem_answer(&world.fake);
    fake_secure_mem_answer(&world.fake);
    assert_null(world.ranges);
    assert_int_equal(world.status[0], 0);
    assert_int_equal(world.status[1], -EPIPE);
    assert_null(world.fake.call);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(c149_what_is_stale_between_does_not_end_a_new_range),
        TEST(what_touches_grows),
        TEST(the_smallest_gap_closes_when_ranges_run_out),
        TEST(steps_lead_to_the_largest_gaps),
        TEST(half_of_what_is_unused_is_open),
        TEST(what_is_not_dynamic_protects_all_once),
        TEST(too_few_ranges_for_transitions_protect_all_once),
        TEST(what_is_in_use_is_not_zeroed),
        TEST(a_call_that_fails_fails_its_add_alone),
        TEST(a_step_that_fails_is_made_good),
        TEST(a_delete_that_fails_is_tried_again),
        TEST(requests_are_answered_in_their_order),
        TEST(who_waits_when_the_ranges_go_hears_of_it),
        TEST(the_ranges_may_go_with_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
