/* Laws that aggregation obeys whatever the participants say, tried on random ones. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "checker.h"
#include "trial.h"

#define SEEDS      20000
#define FIRST_SEED UINT64_C(1000000)

static void law_is_broken(const struct trial *t, const char *law)
{
    fail_msg("seed %" PRIu64 ": %s", t->seed, law);
}

static void solve_again(struct trial *t, const char *law)
{
    static struct solver_outcome again;
    solver_solve(t->participants, t->count, &t->environment, &again);
    if (!trial_same_outcome(&t->outcome, &again)) {
        law_is_broken(t, law);
    }
}

/* The order of the first list of heaps decides between heaps: it is kept by leaving lists out. */
static void the_order_of_participants_does_not_matter(void **state)
{
    static struct trial t;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        trial_init(&t, FIRST_SEED + i);
        for (size_t k = 0; k < t.world.count; k++) {
            t.world.participants[k].constraints.buffer_memory_constraints.has.permitted_heaps =
                false;
        }
        solver_solve(t.participants, t.count, &t.environment, &t.outcome);
        for (size_t turn = 1; turn < t.count; turn++) {
            struct solver_participant first = t.participants[0];
            memmove(&t.participants[0], &t.participants[1], (t.count - 1) * sizeof(first));
            t.participants[t.count - 1] = first;
            solve_again(&t, "another order gives another outcome");
        }
    }
}

static void unconstrained_participants_change_nothing(void **state)
{
    static const struct sysmem_buffer_collection_constraints empty;
    static struct trial t;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        trial_init(&t, FIRST_SEED + i);
        t.participants[t.count++].constraints = i % 2 == 0 ? &empty : NULL;
        solve_again(&t, "a participant without constraints changes the outcome");
    }
}

/* The same participant twice: only the sums of its counts may differ. */
static void asking_twice_changes_nothing(void **state)
{
    static struct trial t;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        trial_init(&t, FIRST_SEED + i);
        for (size_t k = 0; k < t.world.count; k++) {
            struct sysmem_buffer_collection_constraints *c = &t.world.participants[k].constraints;
            c->has.min_buffer_count_for_camping = false;
            c->has.min_buffer_count_for_dedicated_slack = false;
        }
        solver_solve(t.participants, t.count, &t.environment, &t.outcome);
        t.participants[t.count] = t.participants[i % t.count];
        t.count++;
        solve_again(&t, "asking for the same again changes the outcome");
    }
}

/* Lists of heaps in another order: all but the choice between heaps stays. */
static void the_order_decides_between_heaps_only(void **state)
{
    static struct trial t;
    static struct solver_outcome again;
    size_t solved = 0;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        trial_init(&t, FIRST_SEED + i);
        for (size_t turn = 1; turn < t.count; turn++) {
            struct solver_participant first = t.participants[0];
            memmove(&t.participants[0], &t.participants[1], (t.count - 1) * sizeof(first));
            t.participants[t.count - 1] = first;
            solver_solve(t.participants, t.count, &t.environment, &again);
            if (!trial_same_but_heap(&t.outcome, &again)) {
                law_is_broken(&t, "another order gives more than another heap");
            }
        }
        solved += t.outcome.error == 0 ? 1 : 0;
    }
    assert_true(solved > SEEDS / 20);
}

/* Rows of tiles are rounded up to tiles and then to the divisor: where that is no power of two,
 * each time is one more step. */
static bool rows_grow(const struct sysmem_single_buffer_settings *settings)
{
    const struct sysmem_image_format_constraints *image = &settings->image_format_constraints;
    uint32_t divisor = image->bytes_per_row_divisor;
    return settings->has.image_format_constraints && (divisor & (divisor - 1)) != 0 &&
           image->pixel_format_modifier == SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED;
}

static void wish_for_result(const struct solver_outcome *outcome,
                            struct sysmem_buffer_collection_constraints *ret)
{
    const struct sysmem_single_buffer_settings *settings = &outcome->settings;
    const struct sysmem_buffer_memory_settings *memory = &settings->buffer_settings;
    *ret = (struct sysmem_buffer_collection_constraints){0};
    ret->has.usage = ret->has.buffer_memory_constraints = true;
    SYSMEM_SET(&ret->usage, none, SYSMEM_NONE_USAGE);
    SYSMEM_SET(ret, min_buffer_count, outcome->buffer_count);
    SYSMEM_SET(ret, max_buffer_count, outcome->buffer_count);
    SYSMEM_SET(&ret->buffer_memory_constraints, min_size_bytes, memory->size_bytes);
    SYSMEM_SET(&ret->buffer_memory_constraints, max_size_bytes, memory->size_bytes);
    SYSMEM_SET_VECTOR(&ret->buffer_memory_constraints, permitted_heaps, &memory->heap, 1);
    if (settings->has.image_format_constraints) {
        SYSMEM_SET_VECTOR(ret, image_format_constraints, &settings->image_format_constraints, 1);
    }
}

/* The result, asked for by one more participant who uses nothing. */
static void aggregating_the_result_changes_nothing(void **state)
{
    static struct trial t;
    static struct solver_outcome result;
    size_t solved = 0;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        trial_init(&t, FIRST_SEED + i);
        if (t.outcome.error != 0 || rows_grow(&t.outcome.settings)) {
            continue;
        }
        struct sysmem_buffer_collection_constraints wish;
        wish_for_result(&t.outcome, &wish);
        t.participants[t.count++].constraints = &wish;
        solver_solve(t.participants, t.count, &t.environment, &result);
        if (!trial_same_outcome(&t.outcome, &result)) {
            law_is_broken(&t, "asking for the result gives another one");
        }
        solved++;
    }
    assert_true(solved > SEEDS / 20);
}

static void count_step(void *arg, const struct solver_step *step)
{
    size_t *steps = arg;
    *steps += step->text[0] != '\0' ? 1 : 0;
}

static bool same_reasons(const struct solver_outcome *a, const struct solver_outcome *b)
{
    bool same = a->reason_count == b->reason_count;
    for (size_t i = 0; same && i < a->reason_count; i++) {
        same = a->reasons[i].participant == b->reasons[i].participant &&
               strcmp(a->reasons[i].field, b->reasons[i].field) == 0 &&
               strcmp(a->reasons[i].detail, b->reasons[i].detail) == 0;
    }
    return same;
}

static void a_tracer_changes_nothing(void **state)
{
    static struct trial t;
    static struct solver_outcome traced;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        size_t steps = 0;
        const struct solver_tracer tracer = {count_step, &steps};
        trial_init(&t, FIRST_SEED + i);
        const struct solver_problem problem = {
            .participants = t.participants,
            .participant_count = t.count,
            .environment = &t.environment,
            .tracer = &tracer,
        };
        solver_choose(&problem, NULL, &traced);
        bool same = trial_same_outcome(&t.outcome, &traced) && same_reasons(&t.outcome, &traced);
        if (!same || steps < 2) {
            law_is_broken(&t, "a tracer changes the outcome or sees nothing");
        }
    }
}

static void the_result_satisfies_everyone(void **state)
{
    static struct trial t;
    size_t solved = 0;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        trial_init(&t, FIRST_SEED + i);
        uint64_t camping = 0;
        for (size_t k = 0; t.outcome.error == 0 && k < t.count; k++) {
            const struct sysmem_buffer_collection_constraints *c = t.participants[k].constraints;
            if (c == NULL) {
                continue;
            }
            camping += c->has.min_buffer_count_for_camping ? c->min_buffer_count_for_camping : 0;
            if (!checker_is_met(c, t.outcome.buffer_count, &t.outcome.settings)) {
                law_is_broken(&t, "the result is not what a participant asked for");
            }
        }
        if (t.outcome.error == 0 && t.outcome.buffer_count < camping) {
            law_is_broken(&t, "fewer buffers than participants camp on");
        }
        solved += t.outcome.error == 0 ? 1 : 0;
    }
    assert_true(solved > SEEDS / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_participants_does_not_matter),
        cmocka_unit_test(the_order_decides_between_heaps_only),
        cmocka_unit_test(unconstrained_participants_change_nothing),
        cmocka_unit_test(asking_twice_changes_nothing),
        cmocka_unit_test(aggregating_the_result_changes_nothing),
        cmocka_unit_test(a_tracer_changes_nothing),
        cmocka_unit_test(the_result_satisfies_everyone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
