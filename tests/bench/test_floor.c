/* The floor does what it says: as many calls as the protocol needs, and its memory is given back.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "measure.h"
#include "server.h"

static uint64_t of_kind(const struct syscount *count, const char *name)
{
    for (size_t kind = 0; kind < syscount_kinds(); kind++) {
        if (strcmp(syscount_kind_name(kind), name) == 0) {
            return syscount_of_kind(count, SYSCOUNT_CLIENT, kind) +
                   syscount_of_kind(count, SYSCOUNT_SERVER, kind);
        }
    }
    fail_msg("no kind is called %s", name);
    return 0;
}

static void a_cycle_makes_the_calls_that_it_needs(void **state)
{
    (void)state;
    const struct measure measure = {.buffers = 3, .samples = 10, .counted = 4};
    struct syscount count;
    int result = measure_count(&measure, &floor_subject, &count);
    if (result == -EPERM) {
        print_message("skipped: this machine does not permit ptrace\n");
        skip();
    }
    assert_int_equal(result, 0);
    assert_int_equal(of_kind(&count, "socketpair"), 4 * 4);
    assert_int_equal(of_kind(&count, "memfd_create"), 4 * 3);
    assert_int_equal(of_kind(&count, "size"), 4 * 3);
    assert_int_equal(of_kind(&count, "open"), 4 * 3 * 3);
    assert_int_equal(of_kind(&count, "inotify_add_watch"), 4 * 3);
    assert_int_equal(of_kind(&count, "send"), 4 * 13);
    assert_int_equal(of_kind(&count, "fcntl"), 0);
}

static void cycles_follow_each_other(void **state)
{
    (void)state;
    struct server server;
    struct freed freed;
    void *client = NULL;
    assert_int_equal(freed_init(&freed), 0);
    assert_int_equal(server_start(&server, &floor_subject, false), 0);
    assert_int_equal(floor_subject.connect(server.path, &client), 0);
    assert_int_equal(floor_subject.sync(client), 0);
    assert_true(floor_subject.cycle(client, 4, &freed) > 0);
    assert_true(floor_subject.cycle(client, 128, &freed) > 0);
    assert_int_equal(freed.early_count + freed.last_count, 0);
    assert_int_equal(floor_subject.sync(client), 0);
    floor_subject.disconnect(client);
    server_stop(&server);
    freed_deinit(&freed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cycle_makes_the_calls_that_it_needs),
        cmocka_unit_test(cycles_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
