/* Handles are counted by holder, up to a bound and up to a deadline. */
#include <unistd.h>

#include "collection/holdings.h"
#include "fixture.h"

#define IN_TIME UINT64_MAX

static int open_for(struct fixture *fixture, uint32_t participant, bool weak)
{
    const struct buffer_handle handle = {.weak = weak, .holder = participant};
    struct buffer_handle_fds fds;
    assert_int_equal(buffer_set_open(fixture->collection->buffers, 0, &handle, &fds), 0);
    return fds.fd;
}

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)close(fds[i]);
    }
}

static void handles_are_counted_for_each_participant(void **state)
{
    struct fixture *fixture = *state;
    struct holdings got;
    ask_for(fixture, SIZE_BYTES);
    const struct buffer_set *buffers = fixture->collection->buffers;
    assert_int_equal(fixture->peers[0].node->participant, 1);
    assert_int_equal(fixture->peers[1].node->participant, 2);
    const int fds[] = {open_for(fixture, 2, false), open_for(fixture, 1, false),
                       open_for(fixture, 2, false), open_for(fixture, 2, true)};
    holdings_count(buffers, 0, false, IN_TIME, &got);
    assert_true(got.count == 2 && got.handles == 3 && !got.more);
    assert_true(got.list[0].participant == 1 && got.list[0].handles == 1);
    assert_true(got.list[1].participant == 2 && got.list[1].handles == 2);
    holdings_count(buffers, 0, true, IN_TIME, &got);
    assert_true(got.count == 1 && got.handles == 1 && got.list[0].participant == 2);
    holdings_count(buffers, 1, false, IN_TIME, &got);
    assert_true(got.count == 0 && got.handles == 0 && !got.more);
    close_all(fds, sizeof(fds) / sizeof(fds[0]));
}

static void counting_ends_at_the_bound_and_at_the_deadline(void **state)
{
    enum { COUNT = HOLDINGS_MAX_HANDLES };
    struct fixture *fixture = *state;
    int fds[COUNT + 1];
    struct holdings got;
    ask_for(fixture, SIZE_BYTES);
    const struct buffer_set *buffers = fixture->collection->buffers;
    for (uint32_t i = 0; i < COUNT; i++) {
        fds[i] = open_for(fixture, i, false);
    }
    holdings_count(buffers, 0, false, IN_TIME, &got);
    assert_true(got.count == COUNT && got.handles == COUNT && !got.more);
    fds[COUNT] = open_for(fixture, COUNT, false);
    holdings_count(buffers, 0, false, IN_TIME, &got);
    assert_true(got.count == COUNT && got.handles == COUNT && got.more);
    holdings_count(buffers, 0, false, 0, &got);
    assert_true(got.handles == 1 && got.more);
    close_all(fds, COUNT + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(handles_are_counted_for_each_participant),
        TEST(counting_ends_at_the_bound_and_at_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
