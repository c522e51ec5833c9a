#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/socket_place.h"

static int clear(void **state)
{
    (void)state;
    return unsetenv("SYSMEM_SOCKET") == 0 && unsetenv("XDG_RUNTIME_DIR") == 0 ? 0 : -1;
}

static void assert_place(const char *wanted)
{
    char buf[108];
    assert_string_equal(socket_place(buf, sizeof(buf)), wanted);
}

static void the_environment_comes_first(void **state)
{
    (void)state;
    assert_int_equal(setenv("XDG_RUNTIME_DIR", "/run/user/7", 1), 0);
    assert_int_equal(setenv("SYSMEM_SOCKET", "some/where", 1), 0);
    assert_place("some/where");
}

static void a_user_has_a_place_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(setenv("SYSMEM_SOCKET", "", 1), 0);
    assert_int_equal(setenv("XDG_RUNTIME_DIR", "/run/user/7", 1), 0);
    assert_place(geteuid() == 0 ? SOCKET_PLACE_SYSTEM : "/run/user/7/sysmem.sock");
}

/* Root has no runtime directory to look at: a child gives its rights up for these. */
static void only_an_absolute_directory_counts(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(65533) != 0) {
            _exit(77);
        }
        char buf[108];
        bool right = setenv("XDG_RUNTIME_DIR", "/run/user/7", 1) == 0 &&
                     strcmp(socket_place(buf, sizeof(buf)), "/run/user/7/sysmem.sock") == 0 &&
                     setenv("XDG_RUNTIME_DIR", "run/user/7", 1) == 0 &&
                     strcmp(socket_place(buf, sizeof(buf)), SOCKET_PLACE_SYSTEM) == 0 &&
                     unsetenv("XDG_RUNTIME_DIR") == 0 &&
                     strcmp(socket_place(buf, sizeof(buf)), SOCKET_PLACE_SYSTEM) == 0;
        _exit(right ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_place_that_does_not_fit_is_none(void **state)
{
    (void)state;
    char buf[24];
    assert_int_equal(setenv("SYSMEM_SOCKET", "/345678901234567890123", 1), 0);
    assert_non_null(socket_place(buf, sizeof(buf)));
    assert_int_equal(setenv("SYSMEM_SOCKET", "/3456789012345678901234x", 1), 0);
    assert_null(socket_place(buf, sizeof(buf)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_environment_comes_first, clear),
        cmocka_unit_test_setup(a_user_has_a_place_of_its_own, clear),
        cmocka_unit_test_setup(only_an_absolute_directory_counts, clear),
        cmocka_unit_test_setup(a_place_that_does_not_fit_is_none, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
