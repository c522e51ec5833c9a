/* What sockets cannot take at once, and what cannot be received. */
#include "channel_test.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "zx/endpoint.h"
#include "zx/handle.h"

enum { FULL = ZX_CHANNEL_MAX_MSG_BYTES };

/* As long as a message can be. */
static zx_status_t write_full(zx_handle_t end, uint32_t number, const zx_handle_t *handles,
                              uint32_t handle_count)
{
    static unsigned char bytes[FULL];
    memcpy(bytes, &number, sizeof(number));
    return zx_channel_write(end, 0, bytes, FULL, handles, handle_count);
}

static uint32_t read_number(zx_handle_t end)
{
    static unsigned char bytes[FULL];
    uint32_t number = 0;
    wait_for(end, ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(end, 0, bytes, NULL, sizeof(bytes), 0, NULL, NULL));
    memcpy(&number, bytes, sizeof(number));
    return number;
}

static size_t outbox_size(zx_handle_t end)
{
    struct handle_use use;
    assert_ok(handle_get(end, ZX_OBJ_TYPE_CHANNEL, 0, &use));
    endpoint_lock(endpoint_of(use.object));
    size_t size = endpoint_of(use.object)->outbox_size;
    endpoint_unlock(endpoint_of(use.object));
    object_unref(use.object);
    return size;
}

/* Over sockets a queue has an end; what is in it is not lost, and reading makes room. */
static void a_queue_has_an_end(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    uint32_t count = 0;
    zx_status_t status;
    new_channel(BY_SOCKET, ends);
    while ((status = write_full(ends[0], count, NULL, 0)) == ZX_OK) {
        count++;
        assert_true(outbox_size(ends[0]) <= ENDPOINT_MAX_QUEUED);
    }
    assert_status(status, ZX_ERR_NO_MEMORY);
    assert_true(outbox_size(ends[0]) > ENDPOINT_MAX_QUEUED - 2 * FULL);
    assert_in_range(count, ENDPOINT_MAX_QUEUED / FULL - 2, ENDPOINT_MAX_QUEUED / FULL + 16);

    zx_handle_t event = new_event();
    assert_status(write_full(ends[0], count, &event, 1), ZX_ERR_NO_MEMORY);
    assert_false(is_valid(event)); /* a write that fails takes its handles, too */
    assert_status(write_full(ends[0], count, NULL, 0), ZX_ERR_NO_MEMORY);

    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(read_number(ends[1]), i);
    }
    assert_ok(write_full(ends[0], count, NULL, 0));
    assert_int_equal(read_number(ends[1]), count);
    assert_ok(zx_handle_close_many(ends, 2));
}

static void a_queue_in_memory_has_none(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    uint32_t count = ENDPOINT_MAX_QUEUED / FULL + 16;
    new_channel(IN_MEMORY, ends);
    for (uint32_t i = 0; i < count; i++) {
        assert_ok(write_full(ends[0], i, NULL, 0));
    }
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(read_number(ends[1]), i);
    }
    assert_ok(zx_handle_close_many(ends, 2));
}

static struct rlimit limit_descriptors(rlim_t count)
{
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit tight = {.rlim_cur = count, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    return before;
}

enum { MESSAGES = 30, HANDLES = 10 };

/* The kernel lets a user have only so many descriptors on their way (ETOOMANYREFS), and does not
 * tell when there may be more: the rest is sent when it is tried again. */
static void too_many_on_their_way_wait(void **state)
{
    (void)state;
    if (geteuid() == 0 && seteuid(65534) != 0) {
        puts("skipped: cannot act as a user without privileges");
        skip();
    }
    zx_handle_t ends[2];
    zx_handle_t port = 0;
    zx_handle_t vmos[MESSAGES][HANDLES];
    new_channel(BY_SOCKET, ends);
    /* The library's thread runs from now on: it needs descriptors, too. */
    assert_ok(zx_port_create(0, &port));
    assert_ok(zx_object_wait_async(ends[0], port, 1, ZX_CHANNEL_PEER_CLOSED, 0));
    for (int i = 0; i < MESSAGES; i++) {
        for (int j = 0; j < HANDLES; j++) {
            vmos[i][j] = new_vmo(PAGE, 0);
        }
    }
    struct rlimit before = limit_descriptors(100);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        assert_ok(zx_channel_write(ends[0], 0, &i, sizeof(i), vmos[i], HANDLES));
    }
    assert_true(outbox_size(ends[0]) > 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (uint32_t i = 0; i < MESSAGES; i++) {
        uint32_t number = MESSAGES;
        zx_handle_t got[HANDLES];
        wait_for(ends[1], ZX_CHANNEL_READABLE);
        assert_ok(zx_channel_read(ends[1], 0, &number, got, sizeof(number), HANDLES, NULL, NULL));
        assert_int_equal(number, i);
        assert_ok(zx_handle_close_many(got, HANDLES));
    }
    assert_int_equal(outbox_size(ends[0]), 0);
    assert_ok(zx_handle_close(port));
    assert_ok(zx_handle_close_many(ends, 2));
    if (getuid() == 0) {
        assert_int_equal(seteuid(0), 0);
    }
}

/* A message whose descriptors have no room in the process (MSG_CTRUNC) is lost with all of them;
 * the one behind it comes. */
static void a_message_without_room_for_its_handles(void **state)
{
    zx_handle_t ends[2];
    zx_handle_t vmos[HANDLES];
    zx_handle_t got[HANDLES] = {0};
    char byte = 0;
    assert_int_equal(check_fds(state), 0); /* what the tests before had is closed */
    new_channel(BY_SOCKET, ends);
    int before = count_fds();
    for (int i = 0; i < HANDLES; i++) {
        vmos[i] = new_vmo(PAGE, 0);
    }
    assert_ok(zx_channel_write(ends[0], 0, "x", 1, vmos, HANDLES));
    write_text(ends[0], "behind it");
    assert_int_equal(count_fds(), before);
    int next = dup(STDERR_FILENO);
    assert_int_equal(close(next), 0);
    struct rlimit usual = limit_descriptors((rlim_t)next + 3);
    assert_status(zx_channel_read(ends[1], 0, &byte, got, 1, HANDLES, NULL, NULL),
                  ZX_ERR_NO_RESOURCES);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    void *wanted = &before;
    assert_int_equal(check_fds(&wanted), 0); /* a thread closes those that did arrive */
    assert_int_equal(got[0], ZX_HANDLE_INVALID);
    expect_text(ends[1], "behind it");
    assert_int_equal(signals_of(ends[1]), ZX_CHANNEL_WRITABLE);
    assert_ok(zx_handle_close_many(ends, 2));
}

/* A message whose descriptors are missing: whoever sends that does not speak the protocol. */
static void send_malformed(zx_handle_t end)
{
    const unsigned char frame[16 + SYSMEM_HANDLE_FORM_BYTES] = {0x5A, 1, 1, 0, 1};
    assert_int_equal(send(sysmem_handle_fd(end), frame, sizeof(frame), 0), sizeof(frame));
}

static void send_foreign(zx_handle_t end)
{
    assert_int_equal(send(sysmem_handle_fd(end), "x", 1, 0), 1);
}

/* For whoever reads, and whoever waits for a reply. */
static void what_is_no_message_ends_the_channel(void **state)
{
    (void)state;
    void (*const senders[])(zx_handle_t end) = {send_malformed, send_foreign};
    for (size_t i = 0; i < 2; i++) {
        zx_handle_t ends[2];
        char byte;
        zx_handle_t got = 77;
        new_channel(BY_SOCKET, ends);
        senders[i](ends[1]);
        assert_status(zx_channel_read(ends[0], 0, &byte, &got, 1, 1, NULL, NULL),
                      ZX_ERR_PEER_CLOSED);
        assert_int_equal(signals_of(ends[0]), ZX_CHANNEL_PEER_CLOSED);
        assert_status(zx_channel_write(ends[0], 0, "x", 1, NULL, 0), ZX_ERR_PEER_CLOSED);
        assert_ok(zx_handle_close_many(ends, 2));
    }
    zx_handle_t ends[2];
    uint32_t len;
    uint32_t count;
    const uint32_t ask = 0;
    const zx_channel_call_args_t args = {.wr_bytes = &ask, .wr_num_bytes = sizeof(ask)};
    new_channel(BY_SOCKET, ends);
    send_malformed(ends[1]);
    assert_status(zx_channel_call(ends[0], 0, ZX_TIME_INFINITE, &args, &len, &count),
                  ZX_ERR_PEER_CLOSED);
    assert_ok(zx_handle_close_many(ends, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_has_an_end),
        cmocka_unit_test(a_queue_in_memory_has_none),
        cmocka_unit_test(too_many_on_their_way_wait),
        cmocka_unit_test(a_message_without_room_for_its_handles),
        cmocka_unit_test(what_is_no_message_ends_the_channel),
    };
    return RUN_ZX_TESTS(tests);
}
