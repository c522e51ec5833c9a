#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

#include "os/self_test.h"

struct tally {
    unsigned count;
    unsigned failed;
    const char *first_failed;
};

static void note(void *arg, const struct self_test_result *result)
{
    struct tally *tally = arg;
    tally->count++;
    assert_true(strlen(result->name) > 0 && strlen(result->wants) > 0);
    assert_int_equal(result->ok, result->got == NULL);
    if (!result->ok && result->required) {
        print_message("%s: wanted: %s; got: %s (%s)\n", result->name, result->wants, result->got,
                      strerror(result->error));
        tally->first_failed = tally->failed++ == 0 ? result->name : tally->first_failed;
    }
}

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 1024; fd++) {
        count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

static void this_kernel_has_it_all(void **state)
{
    (void)state;
    struct tally tally = {0};
    unsigned before = count_descriptors();
    assert_true(self_test_run(note, &tally));
    assert_int_equal(tally.count, 13);
    assert_int_equal(tally.failed, 0);
    assert_int_equal(count_descriptors(), before);
}

static void takes_a_few_milliseconds(void **state)
{
    (void)state;
    struct timespec start;
    struct timespec end;
    struct tally tally = {0};
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start), 0);
    assert_true(self_test_run(note, &tally));
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end), 0);
    int64_t nsec = (int64_t)(end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec;
    assert_true(nsec < 50L * 1000 * 1000);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    struct rlimit none = {.rlim_cur = 3, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct tally tally = {0};
    bool all = self_test_run(note, &tally);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_false(all);
    assert_string_equal(tally.first_failed, "seqpacket");
    assert_int_equal(tally.count, 13);
}

int main(void)
{
    (void)signal(SIGIO, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_kernel_has_it_all),
        cmocka_unit_test(takes_a_few_milliseconds),
        cmocka_unit_test(what_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
