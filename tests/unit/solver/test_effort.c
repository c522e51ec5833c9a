/* The estimate of what an aggregation takes: it grows with all that makes one long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "solver/explain.h"

#define MOST 64

struct question {
    struct solver_environment environment;
    struct sysmem_image_format_constraints formats[MOST];
    struct sysmem_buffer_collection_constraints constraints;
    struct solver_participant participants[MOST];
    struct solver_group group;
};

/* `count` participants with `tables` formats each, of `pairs` pairs. */
static struct solver_problem ask(size_t count, size_t tables, size_t pairs, size_t groups)
{
    static const struct sysmem_pixel_format_and_modifier items[MOST];
    static struct question question;
    question = (struct question){.group = {.child_count = 2}};
    solver_environment_init(&question.environment);
    for (size_t i = 0; i < tables; i++) {
        SYSMEM_SET_VECTOR(&question.formats[i], pixel_format_and_modifiers, items, pairs);
    }
    SYSMEM_SET_VECTOR(&question.constraints, image_format_constraints, question.formats, tables);
    for (size_t i = 0; i < count; i++) {
        question.participants[i].constraints = &question.constraints;
    }
    return (struct solver_problem){
        .participants = question.participants,
        .participant_count = count,
        .groups = &question.group,
        .group_count = groups,
        .environment = &question.environment,
    };
}

static uint64_t effort(size_t count, size_t tables, size_t pairs, size_t groups)
{
    const struct solver_problem problem = ask(count, tables, pairs, groups);
    return solver_effort(&problem);
}

static uint64_t explain_effort(size_t count, size_t tables, size_t groups, bool every)
{
    const struct solver_problem problem = ask(count, tables, 0, groups);
    return solver_explain_effort(&problem, every);
}

static void explaining_takes_longer(void **state)
{
    (void)state;
    assert_true(explain_effort(2, 4, 0, false) > 24 * effort(2, 4, 0, 0));
    assert_true(explain_effort(3, 4, 0, false) > explain_effort(2, 4, 0, false));
    assert_true(explain_effort(2, 5, 0, false) > explain_effort(2, 4, 0, false));
    assert_true(explain_effort(2, 4, 1, true) > explain_effort(2, 4, 1, false));
    assert_true(explain_effort(2, 0, 1, true) < SOLVER_MAX_EFFORT / 8); /* some 3 ms */
    assert_true(explain_effort(MOST, MOST, 0, false) > SOLVER_MAX_EFFORT);
}

static void it_grows(void **state)
{
    (void)state;
    assert_true(effort(2, 4, 0, 0) > effort(1, 4, 0, 0));
    assert_true(effort(2, 5, 0, 0) > effort(2, 4, 0, 0));
    assert_true(effort(2, 4, 1, 0) > effort(2, 4, 0, 0));
    assert_true(effort(2, 4, 0, 1) > effort(2, 4, 0, 0));
}

/* What is usual is far from what is not. */
static void the_usual_and_the_longest(void **state)
{
    (void)state;
    assert_true(effort(4, 4, 0, 0) < SOLVER_MAX_EFFORT / 256);
    assert_true(effort(MOST, MOST, MOST, 0) > SOLVER_MAX_EFFORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows),
        cmocka_unit_test(explaining_takes_longer),
        cmocka_unit_test(the_usual_and_the_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
