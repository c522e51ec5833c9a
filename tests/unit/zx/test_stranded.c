/* Ends that are in messages which nobody can read any more. */
#include "channel_test.h"

#include <pthread.h>

/* A channel of which one end, `hidden`, is on its way through channels. */
struct lane {
    zx_handle_t end;
    zx_handle_t hidden;
};

static struct lane new_lane(void)
{
    struct lane lane;
    assert_ok(zx_channel_create(0, &lane.end, &lane.hidden));
    return lane;
}

static void send_handle(zx_handle_t end, zx_handle_t handle)
{
    assert_ok(zx_channel_write(end, 0, NULL, 0, &handle, 1));
}

static zx_handle_t take_handle(zx_handle_t end)
{
    zx_handle_t handle = ZX_HANDLE_INVALID;
    assert_ok(zx_channel_read(end, 0, NULL, &handle, 0, 1, NULL, NULL));
    return handle;
}

static void an_end_among_its_own_messages(void **state)
{
    (void)state;
    int before = count_fds();
    struct lane lane = new_lane();
    zx_handle_t vmo = new_vmo(PAGE, 0);
    send_handle(lane.end, vmo);
    send_handle(lane.end, lane.hidden);
    write_text(lane.end, "behind it");
    assert_int_equal(signals_of(lane.end), ZX_CHANNEL_WRITABLE);
    assert_ok(zx_handle_close(lane.end));
    assert_int_equal(count_fds(), before);
}

/* What else is in the messages is closed, and those who have its other end hear of it. */
static void others_hear_of_it(void **state)
{
    (void)state;
    struct lane lane = new_lane();
    zx_handle_t near = 0;
    zx_handle_t far = 0;
    assert_ok(zx_eventpair_create(0, &near, &far));
    send_handle(lane.end, far);
    send_handle(lane.end, lane.hidden);
    assert_int_equal(signals_of(near), 0);
    assert_ok(zx_handle_close(lane.end));
    assert_int_equal(signals_of(near), ZX_EVENTPAIR_PEER_CLOSED);
    assert_ok(zx_handle_close(near));
}

enum { RING = 100 };

/* Each hidden end is among the messages of the one before. */
static void make_ring(struct lane *lanes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lanes[i] = new_lane();
    }
    for (size_t i = 0; i < count; i++) {
        send_handle(lanes[i].end, lanes[(i + 1) % count].hidden);
    }
}

static void a_ring_goes_with_the_last_end_outside(void **state)
{
    (void)state;
    for (size_t last = 0; last < RING; last += 33) {
        int before = count_fds();
        struct lane lanes[RING];
        make_ring(lanes, RING);
        for (size_t i = 0; i < RING; i++) {
            if (i != last) {
                assert_ok(zx_handle_close(lanes[i].end));
                assert_int_equal(signals_of(lanes[last].end), ZX_CHANNEL_WRITABLE);
            }
        }
        assert_int_equal(count_fds(),
                         before + 2 * RING); /* what was closed is kept in case it is sent */
        assert_ok(zx_handle_close(lanes[last].end));
        assert_int_equal(count_fds(), before);
    }
}

/* A ring that can be read from outside stays, and so does what only it leads to. */
static void what_can_be_read_stays(void **state)
{
    (void)state;
    int before = count_fds();
    struct lane first = new_lane();
    struct lane second = new_lane();
    struct lane beyond = new_lane();
    zx_handle_t reader = second.hidden;
    send_handle(first.end, beyond.hidden);
    send_handle(second.end, first.hidden); /* what `reader` reads */
    write_text(beyond.end, "hello");
    assert_ok(zx_handle_close(first.end));
    assert_ok(zx_handle_close(second.end));
    assert_int_equal(signals_of(beyond.end), ZX_CHANNEL_WRITABLE);
    zx_handle_t got = take_handle(reader);
    zx_handle_t inner = take_handle(got);
    expect_text(inner, "hello");
    const zx_handle_t all[] = {reader, got, inner, beyond.end};
    assert_ok(zx_handle_close_many(all, 4));
    assert_int_equal(count_fds(), before);
}

/* A stranded ring takes along what it alone leads to, but not what leads to it. */
static void a_ring_with_a_tail(void **state)
{
    (void)state;
    int before = count_fds();
    struct lane ring[2];
    struct lane tail = new_lane();
    struct lane end = new_lane();
    make_ring(ring, 2);
    send_handle(ring[1].end, tail.hidden);
    send_handle(tail.end, end.hidden);
    assert_ok(zx_handle_close(tail.end));
    assert_ok(zx_handle_close(ring[0].end));
    assert_int_equal(signals_of(end.end), ZX_CHANNEL_WRITABLE);
    assert_ok(zx_handle_close(ring[1].end));
    assert_int_equal(signals_of(end.end), ZX_CHANNEL_PEER_CLOSED);
    assert_ok(zx_handle_close(end.end));
    assert_int_equal(count_fds(), before);
}

/* The last way in is itself in a message, which is dropped. */
static void the_way_in_was_in_a_message(void **state)
{
    (void)state;
    int before = count_fds();
    struct lane lane = new_lane();
    struct lane way = new_lane();
    send_handle(lane.end, lane.hidden);
    send_handle(way.end, lane.end);
    assert_ok(zx_handle_close(way.end)); /* it can still be read */
    zx_handle_t got = take_handle(way.hidden);
    assert_int_equal(signals_of(got), ZX_CHANNEL_WRITABLE);
    struct lane other = new_lane();
    send_handle(other.end, got);
    assert_ok(zx_handle_close(way.hidden));
    assert_ok(zx_handle_close(other.hidden)); /* with the message */
    assert_ok(zx_handle_close(other.end));
    assert_int_equal(count_fds(), before);
}

/* Both ends of one channel are among the messages of another, and the other way round. */
static void both_ends_of_both(void **state)
{
    (void)state;
    int before = count_fds();
    struct lane first = new_lane();
    struct lane second = new_lane();
    send_handle(first.end, second.end);
    send_handle(second.hidden, first.hidden);
    assert_ok(zx_handle_close(second.hidden));
    assert_int_equal(signals_of(first.end), ZX_CHANNEL_WRITABLE);
    assert_ok(zx_handle_close(first.end));
    assert_int_equal(count_fds(), before);
}

/* The outer end is in a socket meanwhile, and is closed there by the kernel. */
static void a_way_through_another_process(void **state)
{
    (void)state;
    int before = count_fds();
    void *wanted = &before;
    struct lane lane = new_lane();
    struct lane way = new_lane();
    zx_handle_t near = 0;
    zx_handle_t far = 0;
    assert_ok(zx_eventpair_create(0, &near, &far));
    assert_true(sysmem_handle_fd(way.end) >= 0);
    send_handle(lane.end, far);
    send_handle(lane.end, lane.hidden);
    send_handle(way.end, lane.end);
    assert_int_equal(signals_of(near), 0);
    assert_ok(zx_handle_close(way.end));
    assert_ok(zx_handle_close(way.hidden));
    wait_for(near, ZX_EVENTPAIR_PEER_CLOSED);
    assert_ok(zx_handle_close(near));
    assert_int_equal(check_fds(&wanted), 0); /* the library's threads end */
}

static void *close_one(void *arg)
{
    assert_ok(zx_handle_close(*(const zx_handle_t *)arg));
    return NULL;
}

/* Whoever comes last, the ring goes. */
static void all_at_once(void **state)
{
    (void)state;
    enum { COUNT = 4, ROUNDS = 200 };
    int before = count_fds();
    for (int round = 0; round < ROUNDS; round++) {
        struct lane lanes[COUNT];
        pthread_t threads[COUNT];
        make_ring(lanes, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, close_one, &lanes[i].end), 0);
        }
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        }
    }
    assert_int_equal(count_fds(), before);
}

/* Building a deep chain, and closing it, does not look at all of it each time. */
static void deep_chains_cost_little(void **state)
{
    (void)state;
    enum { DEPTH = 400 };
    int before = count_fds();
    zx_handle_t inner = new_event();
    for (int i = 0; i < DEPTH; i++) {
        struct lane lane = new_lane();
        send_handle(lane.end, inner);
        assert_ok(zx_handle_close(lane.end));
        inner = lane.hidden;
    }
    struct lane outer = new_lane();
    send_handle(outer.end, inner);
    send_handle(outer.end, outer.hidden);
    assert_ok(zx_handle_close(outer.end));
    assert_int_equal(count_fds(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_among_its_own_messages),
        cmocka_unit_test(others_hear_of_it),
        cmocka_unit_test(a_ring_goes_with_the_last_end_outside),
        cmocka_unit_test(what_can_be_read_stays),
        cmocka_unit_test(a_ring_with_a_tail),
        cmocka_unit_test(the_way_in_was_in_a_message),
        cmocka_unit_test(both_ends_of_both),
        cmocka_unit_test(a_way_through_another_process),
        cmocka_unit_test(all_at_once),
        cmocka_unit_test(deep_chains_cost_little),
    };
    return RUN_ZX_TESTS(tests);
}
