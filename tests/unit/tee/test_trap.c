#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tee/trap.h"

static void traps_spring_when_they_are_to(void **state)
{
    (void)state;
    struct traps traps = {0};
    char second[] = "add:2=fail";
    char each[] = "zero=exit-after";
    assert_true(traps_add(&traps, second));
    assert_true(traps_add(&traps, each));
    assert_int_equal(traps_spring(&traps, "add"), TRAP_NONE);
    assert_int_equal(traps_spring(&traps, "modify"), TRAP_NONE);
    assert_int_equal(traps_spring(&traps, "add"), TRAP_FAIL);
    assert_int_equal(traps_spring(&traps, "add"), TRAP_NONE);
    assert_int_equal(traps_spring(&traps, "zero"), TRAP_EXIT_AFTER);
    assert_int_equal(traps_spring(&traps, "zero"), TRAP_EXIT_AFTER);
}

static void what_is_no_trap(void **state)
{
    (void)state;
    static const char *const texts[] = {"",         "add",        "add:1",     "add:0=fail",
                                        "sub=fail", "add:x=fail", "add:1=die", "add:1x=fail"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct traps traps = {0};
        char text[32];
        memcpy(text, texts[i], strlen(texts[i]) + 1);
        assert_false(traps_add(&traps, text));
    }
}

static void there_is_room_for_some(void **state)
{
    (void)state;
    struct traps traps = {0};
    char text[TRAP_MAX + 1][16];
    for (size_t i = 0; i <= TRAP_MAX; i++) {
        memcpy(text[i], "memory=stop", 12);
        assert_int_equal(traps_add(&traps, text[i]), i < TRAP_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traps_spring_when_they_are_to),
        cmocka_unit_test(what_is_no_trap),
        cmocka_unit_test(there_is_room_for_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
