#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "solver/work.h"

static void reasons_say_where(void **state)
{
    static struct solver_outcome outcome;
    struct work work = {.outcome = &outcome, .participant = 3, .entry = -1};
    (void)state;
    outcome.reason_count = 0;
    assert_false(refuse(&work, "usage", "wanted %d", 1));
    work.entry = 2;
    assert_false(refuse(&work, "color_spaces", "wanted %d", 2));
    assert_false(refuse(&work, "", "wanted %d", 3));
    assert_false(refuse_nobody(&work, "wanted %d", 4));
    assert_int_equal(outcome.reason_count, 4);
    assert_string_equal(outcome.reasons[0].field, "usage");
    assert_string_equal(outcome.reasons[1].field, "image_format_constraints[2].color_spaces");
    assert_string_equal(outcome.reasons[2].field, "image_format_constraints[2]");
    assert_string_equal(outcome.reasons[3].field, "");
    assert_int_equal(outcome.reasons[2].participant, 3);
    assert_int_equal(outcome.reasons[3].participant, WORK_NOBODY);
    assert_string_equal(outcome.reasons[3].detail, "wanted 4");
}

static void room_for_reasons_is_limited(void **state)
{
    static struct solver_outcome outcome;
    struct work work = {.outcome = &outcome, .participant = 0, .entry = -1};
    char text[1000];
    (void)state;
    outcome.reason_count = 0;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    for (int i = 0; i < SOLVER_MAX_REASONS + 3; i++) {
        refuse(&work, text, "%s", text);
    }
    assert_int_equal(outcome.reason_count, SOLVER_MAX_REASONS);
    assert_int_equal(strlen(outcome.reasons[0].field), sizeof(outcome.reasons[0].field) - 1);
    assert_int_equal(strlen(outcome.reasons[0].detail), sizeof(outcome.reasons[0].detail) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_say_where),
        cmocka_unit_test(room_for_reasons_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
