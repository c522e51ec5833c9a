#include "channel_test.h"

#include <pthread.h>

static zx_handle_t new_port(void)
{
    zx_handle_t port = ZX_HANDLE_INVALID;
    assert_ok(zx_port_create(0, &port));
    return port;
}

static zx_port_packet_t next_packet(zx_handle_t port)
{
    zx_port_packet_t packet = {0};
    assert_ok(zx_port_wait(port, zx_deadline_after(ZX_SEC(60)), &packet));
    return packet;
}

static void expect_empty(zx_handle_t port)
{
    zx_port_packet_t packet;
    assert_status(zx_port_wait(port, 0, &packet), ZX_ERR_TIMED_OUT);
}

static void create_and_rights(void **state)
{
    (void)state;
    zx_handle_t port = 77;
    assert_status(zx_port_create(2, &port), ZX_ERR_INVALID_ARGS);
    assert_status(zx_port_create(0, NULL), ZX_ERR_INVALID_ARGS);
    assert_int_equal(port, 77);
    port = new_port();
    assert_int_equal(basic_of(port).rights, 0x800F);
    assert_int_equal(basic_of(port).type, ZX_OBJ_TYPE_PORT);
    assert_status(zx_object_wait_one(port, 0, 0, NULL), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_signal(port, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close(port));
}

static void packets_of_programs(void **state)
{
    (void)state;
    zx_handle_t port = new_port();
    zx_handle_t event = new_event();
    zx_handle_t bare = dup_with(port, ZX_RIGHT_NONE);
    zx_port_packet_t packet = {.key = 5, .type = 9, .status = -3, .user = {{1, 2, 3, 4}}};
    assert_status(zx_port_queue(port, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(zx_port_queue(0, &packet), ZX_ERR_BAD_HANDLE);
    assert_status(zx_port_queue(event, &packet), ZX_ERR_WRONG_TYPE);
    assert_status(zx_port_queue(bare, &packet), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_wait(0, 0, &packet), ZX_ERR_BAD_HANDLE);
    assert_status(zx_port_wait(event, 0, &packet), ZX_ERR_WRONG_TYPE);
    assert_status(zx_port_wait(bare, 0, &packet), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_wait(port, 0, NULL), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_port_queue(port, &packet));
    packet.key = 6;
    assert_ok(zx_port_queue(port, &packet));
    zx_port_packet_t got = next_packet(port);
    assert_int_equal(got.key, 5);
    assert_int_equal(got.type, ZX_PKT_TYPE_USER);
    assert_int_equal(got.status, -3);
    assert_memory_equal(&got.user, &packet.user, sizeof(got.user));
    assert_int_equal(next_packet(port).key, 6);
    zx_time_t deadline = zx_deadline_after(ZX_MSEC(5));
    assert_status(zx_port_wait(port, deadline, &got), ZX_ERR_TIMED_OUT);
    assert_true(zx_clock_get_monotonic() >= deadline);
    const zx_handle_t all[] = {port, event, bare};
    assert_ok(zx_handle_close_many(all, 3));
}

static void a_port_is_full_some_time(void **state)
{
    (void)state;
    zx_handle_t port = new_port();
    const zx_port_packet_t packet = {.key = 1};
    int count = 0;
    zx_status_t status;
    while ((status = zx_port_queue(port, &packet)) == ZX_OK) {
        count++;
    }
    assert_status(status, ZX_ERR_SHOULD_WAIT);
    assert_int_equal(count, 16384);
    assert_int_equal(next_packet(port).key, 1);
    assert_ok(zx_port_queue(port, &packet));
    assert_ok(zx_handle_close(port));
}

static void wait_async_judges_in_order(void **state)
{
    (void)state;
    zx_handle_t port = new_port();
    zx_handle_t event = new_event();
    zx_handle_t no_write = dup_with(port, ZX_RIGHT_READ);
    zx_handle_t no_wait = dup_with(event, ZX_RIGHT_SIGNAL);
    assert_status(zx_object_wait_async(0, 0, 1, 1, 8), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_wait_async(no_wait, 0, 1, 1, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_wait_async(no_wait, event, 1, 1, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_object_wait_async(no_wait, no_write, 1, 1, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_wait_async(0, port, 1, 1, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_wait_async(no_wait, port, 1, 1, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_wait_async(port, port, 1, 1, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_cancel(0, no_wait, 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_port_cancel(event, no_wait, 1), ZX_ERR_WRONG_TYPE);
    assert_status(zx_port_cancel(no_write, 0, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_cancel(port, 0, 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_port_cancel(port, no_wait, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_cancel(port, event, 1), ZX_ERR_NOT_FOUND);
    const zx_handle_t all[] = {port, event, no_write, no_wait};
    assert_ok(zx_handle_close_many(all, 4));
}

static void one_packet_a_wait(void **state)
{
    (void)state;
    zx_handle_t port = new_port();
    zx_handle_t event = new_event();
    assert_ok(zx_object_wait_async(event, port, 7, ZX_EVENT_SIGNALED, ZX_WAIT_ASYNC_ONCE));
    expect_empty(port);
    assert_ok(zx_object_signal(event, 0, ZX_USER_SIGNAL_0));
    expect_empty(port);
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    assert_ok(zx_object_signal(event, ZX_EVENT_SIGNALED, 0));
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED)); /* must be armed again for that */
    zx_port_packet_t packet = next_packet(port);
    assert_int_equal(packet.key, 7);
    assert_int_equal(packet.type, ZX_PKT_TYPE_SIGNAL_ONE);
    assert_ok(packet.status);
    assert_int_equal(packet.signal.trigger, ZX_EVENT_SIGNALED);
    assert_int_equal(packet.signal.observed, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_0);
    assert_int_equal(packet.signal.count, 1);
    assert_int_equal(packet.signal.timestamp, 0);
    expect_empty(port);
    zx_time_t before = zx_clock_get_monotonic();
    assert_ok(zx_object_wait_async(event, port, 8, ZX_EVENT_SIGNALED, ZX_WAIT_ASYNC_TIMESTAMP));
    packet = next_packet(port); /* active already */
    assert_int_equal(packet.key, 8);
    assert_true(packet.signal.timestamp >= before);
    assert_true(packet.signal.timestamp <= zx_clock_get_monotonic());
    assert_ok(zx_handle_close(event));
    assert_ok(zx_handle_close(port));
}

static void an_edge_is_a_change(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        zx_handle_t port = new_port();
        new_channel(way, ends);
        write_text(ends[0], "one");
        assert_ok(zx_object_wait_async(ends[1], port, 1, ZX_CHANNEL_READABLE, ZX_WAIT_ASYNC_EDGE));
        write_text(ends[0], "two");
        expect_empty(port); /* it was readable all the time */
        expect_text(ends[1], "one");
        expect_text(ends[1], "two");
        expect_empty(port);
        write_text(ends[0], "three");
        assert_int_equal(next_packet(port).key, 1);
        assert_ok(zx_object_wait_async(ends[1], port, 2, ZX_CHANNEL_READABLE, ZX_WAIT_ASYNC_ONCE));
        assert_int_equal(next_packet(port).key, 2);
        assert_ok(zx_handle_close_many(ends, 2));
        assert_ok(zx_handle_close(port));
    }
}

static void closing_the_handle_ends_its_waits(void **state)
{
    (void)state;
    zx_handle_t port = new_port();
    zx_handle_t event = new_event();
    zx_handle_t copy = dup_with(event, ZX_RIGHT_SAME_RIGHTS);
    assert_ok(zx_object_wait_async(copy, port, 1, ZX_EVENT_SIGNALED, 0));
    assert_ok(zx_object_wait_async(event, port, 2, ZX_EVENT_SIGNALED, 0));
    assert_ok(zx_handle_close(copy));
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    assert_int_equal(next_packet(port).key, 2);
    expect_empty(port);
    assert_ok(zx_object_wait_async(event, port, 3, ZX_USER_SIGNAL_0, 0));
    assert_ok(zx_handle_close(port)); /* with a wait that is pending */
    assert_ok(zx_object_signal(event, 0, ZX_USER_SIGNAL_0));
    assert_ok(zx_handle_close(event));
}

static void canceling_takes_waits_and_packets(void **state)
{
    (void)state;
    zx_handle_t port = new_port();
    zx_handle_t event = new_event();
    zx_handle_t copy = dup_with(event, ZX_RIGHT_SAME_RIGHTS);
    assert_ok(zx_object_wait_async(event, port, 1, ZX_EVENT_SIGNALED, 0));
    assert_ok(zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_0, 0));
    assert_ok(zx_object_wait_async(event, port, 2, ZX_EVENT_SIGNALED, 0));
    assert_ok(zx_object_wait_async(copy, port, 1, ZX_EVENT_SIGNALED, 0));
    assert_ok(zx_object_signal(event, 0, ZX_USER_SIGNAL_0)); /* a packet of key 1 is queued */
    assert_ok(zx_port_cancel(port, event, 1));
    assert_status(zx_port_cancel(port, event, 1), ZX_ERR_NOT_FOUND);
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    assert_int_equal(next_packet(port).key, 2);
    assert_int_equal(next_packet(port).key, 1); /* the other handle's */
    expect_empty(port);
    const zx_handle_t all[] = {port, event, copy};
    assert_ok(zx_handle_close_many(all, 3));
}

/* Each of a wait and a packet is enough, and nothing goes that is of another port, handle or key.
 */
static void canceling_takes_no_more(void **state)
{
    (void)state;
    zx_handle_t port = new_port();
    zx_handle_t other = new_port();
    zx_handle_t event = new_event();
    zx_handle_t copy = dup_with(event, ZX_RIGHT_SAME_RIGHTS);
    assert_ok(zx_object_wait_async(event, port, 1, ZX_EVENT_SIGNALED, 0));
    assert_ok(zx_object_wait_async(event, other, 1, ZX_EVENT_SIGNALED, 0));
    assert_ok(zx_port_cancel(port, event, 1)); /* only a wait */
    assert_status(zx_port_cancel(port, event, 1), ZX_ERR_NOT_FOUND);
    assert_ok(zx_object_wait_async(event, port, 1, ZX_USER_SIGNAL_0, 0));
    assert_ok(zx_object_wait_async(event, port, 2, ZX_USER_SIGNAL_0, 0));
    assert_ok(zx_object_wait_async(copy, port, 1, ZX_USER_SIGNAL_0, 0));
    const zx_port_packet_t mine = {.key = 1};
    assert_ok(zx_port_queue(port, &mine));
    assert_ok(zx_object_signal(event, 0, ZX_USER_SIGNAL_0));
    assert_ok(zx_port_cancel(port, event, 1)); /* only a packet */
    assert_status(zx_port_cancel(port, event, 1), ZX_ERR_NOT_FOUND);
    bool has_user = false;
    bool has_second = false;
    bool has_copy = false;
    for (int i = 0; i < 3; i++) {
        zx_port_packet_t packet = next_packet(port);
        bool is_user = packet.type == ZX_PKT_TYPE_USER;
        has_user = has_user || is_user;
        has_second = has_second || (!is_user && packet.key == 2);
        has_copy = has_copy || (!is_user && packet.key == 1);
    }
    assert_true(has_user && has_second && has_copy);
    expect_empty(port);
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    assert_int_equal(next_packet(other).key, 1);
    const zx_handle_t all[] = {port, other, event, copy};
    assert_ok(zx_handle_close_many(all, 4));
}

static void the_kernels_signals_come_without_being_asked(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        zx_handle_t ends[2];
        zx_handle_t port = new_port();
        new_channel(way, ends);
        assert_ok(zx_object_wait_async(ends[1], port, 1, ZX_CHANNEL_READABLE, 0));
        assert_ok(zx_object_wait_async(ends[1], port, 2, ZX_CHANNEL_PEER_CLOSED, 0));
        assert_ok(zx_object_wait_async(ends[1], port, 3, ZX_USER_SIGNAL_0, 0));
        expect_empty(port);
        assert_ok(zx_object_signal_peer(ends[0], 0, ZX_USER_SIGNAL_0));
        assert_int_equal(next_packet(port).key, 3);
        write_text(ends[0], "text");
        zx_port_packet_t packet = next_packet(port);
        assert_int_equal(packet.key, 1);
        assert_int_equal(packet.signal.observed,
                         ZX_CHANNEL_READABLE | ZX_CHANNEL_WRITABLE | ZX_USER_SIGNAL_0);
        assert_ok(zx_handle_close(ends[0]));
        assert_int_equal(next_packet(port).key, 2);
        assert_ok(zx_handle_close(ends[1]));
        assert_ok(zx_handle_close(port));
    }
}

/* The other end leaves while a port waits: from then on the kernel is asked. */
static void a_wait_outlives_the_other_ends_leaving(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    zx_handle_t port = new_port();
    struct sysmem_handle_info info;
    int fd = -1;
    new_channel(IN_MEMORY, ends);
    assert_ok(zx_object_wait_async(ends[1], port, 1, ZX_CHANNEL_PEER_CLOSED, 0));
    assert_ok(sysmem_handle_into_fd(ends[0], &info, &fd));
    expect_empty(port);
    zx_handle_t back;
    assert_ok(sysmem_handle_from_fd(fd, &info, &back));
    assert_ok(zx_handle_close(back));
    assert_int_equal(next_packet(port).key, 1);
    assert_ok(zx_handle_close(ends[1]));
    assert_ok(zx_handle_close(port));
}

struct port_wait {
    zx_handle_t port;
    zx_status_t status;
    zx_port_packet_t packet;
};

static void *port_wait_thread(void *arg)
{
    struct port_wait *wait = arg;
    wait->status = zx_port_wait(wait->port, ZX_TIME_INFINITE, &wait->packet);
    return NULL;
}

static void closing_the_port_ends_the_wait(void **state)
{
    (void)state;
    struct port_wait wait = {.port = new_port()};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, port_wait_thread, &wait), 0);
    zx_port_packet_t packet;
    zx_handle_t other = new_port();
    assert_status(zx_port_wait(other, zx_deadline_after(ZX_MSEC(2)), &packet), ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close(wait.port));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(wait.status == ZX_ERR_CANCELED || wait.status == ZX_ERR_BAD_HANDLE);
    assert_ok(zx_handle_close(other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_and_rights),
        cmocka_unit_test(packets_of_programs),
        cmocka_unit_test(a_port_is_full_some_time),
        cmocka_unit_test(wait_async_judges_in_order),
        cmocka_unit_test(one_packet_a_wait),
        cmocka_unit_test(an_edge_is_a_change),
        cmocka_unit_test(closing_the_handle_ends_its_waits),
        cmocka_unit_test(canceling_takes_waits_and_packets),
        cmocka_unit_test(canceling_takes_no_more),
        cmocka_unit_test(the_kernels_signals_come_without_being_asked),
        cmocka_unit_test(a_wait_outlives_the_other_ends_leaving),
        cmocka_unit_test(closing_the_port_ends_the_wait),
    };
    return RUN_ZX_TESTS(tests);
}
