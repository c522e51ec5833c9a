/* Weak buffers: what comes of them, and how the end of each is heard of. */
#include "fake_server.h"

#include <pthread.h>

#include <sysmem/collection.h>
#include <sysmem/handle.h>
#include <sysmem/node.h>
#include <sysmem/usage.h>
#include <zircon/syscalls.h>

#define MAX_BUFFERS SYSMEM_MAX_COUNT_BUFFER_COLLECTION_INFO_BUFFERS

struct fixture {
    struct server server;
    struct sysmem_collection *collection;
    struct sysmem_collection_info *info;
    size_t count;
    bool sparse;           /* the buffers with an odd index have gone already */
    int ends[MAX_BUFFERS]; /* the server's of close_weak_asap; -1: closed */
    size_t open_before;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.open_before = count_open();
    fixture.sparse = false;
    int fd = server_init(&fixture.server, MODEL_PROTOCOL_COLLECTION);
    assert_int_equal(sysmem_collection_from_fd(fd, &fixture.collection), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    sysmem_collection_free(fixture->collection);
    server_deinit(&fixture->server);
    assert_open(fixture->open_before);
    return 0;
}

static void *answer_weak_buffers(void *arg)
{
    struct fixture *fixture = arg;
    struct message request;
    (void)server_expect(&fixture->server, "WaitForAllBuffersAllocated", &request);
    struct message reply;
    message_init(&reply, 0, 0);
    struct sysmem_vmo_buffer buffers[MAX_BUFFERS] = {0};
    for (size_t i = 0; i < fixture->count; i++) {
        if (!fixture->sparse || i % 2 == 0) {
            SYSMEM_SET(&buffers[i], vmo, server_attach_vmo(&reply, 1000 + i));
        }
        SYSMEM_SET(&buffers[i], close_weak_asap,
                   server_attach_end(&reply, ZX_OBJ_TYPE_EVENTPAIR, &fixture->ends[i]));
    }
    struct model_collection_wait_for_all_buffers_allocated_response response = {0};
    response.has.buffer_collection_info = true;
    SYSMEM_SET_VECTOR(&response.buffer_collection_info, buffers, buffers, fixture->count);
    server_answer(&fixture->server, &request, 0, &response, &reply);
    message_clear(&request);
    return NULL;
}

static void get_buffers(struct fixture *fixture, size_t count)
{
    fixture->count = count;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_weak_buffers, fixture), 0);
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(
                         fixture->collection, ZX_TIME_INFINITE, &fixture->info),
                     0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sysmem_collection_info_get(fixture->info)->buffers_count, count);
}

static void end_buffers(struct fixture *fixture)
{
    for (size_t i = 0; i < fixture->count; i++) {
        if (fixture->ends[i] >= 0) {
            close(fixture->ends[i]);
        }
    }
    sysmem_collection_info_free(fixture->info);
}

/* Each is there, in its order, and can be taken once. */
static void take_all(struct fixture *fixture)
{
    for (size_t i = 0; i < MAX_BUFFERS; i++) {
        zx_handle_t vmo = sysmem_collection_info_take_vmo(fixture->info, i);
        zx_handle_t weak = sysmem_collection_info_take_close_weak_asap(fixture->info, i);
        zx_info_handle_basic_t info;
        assert_int_equal(vmo != ZX_HANDLE_INVALID, !fixture->sparse || i % 2 == 0);
        if (vmo != ZX_HANDLE_INVALID) {
            assert_int_equal(
                zx_object_get_info(vmo, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL),
                ZX_OK);
            assert_int_equal(info.koid, 1000 + i);
        }
        assert_int_not_equal(weak, ZX_HANDLE_INVALID);
        assert_int_equal(sysmem_collection_info_take_close_weak_asap(fixture->info, i),
                         ZX_HANDLE_INVALID);
        assert_int_equal(zx_object_wait_one(weak, ZX_EVENTPAIR_PEER_CLOSED, 0, NULL),
                         ZX_ERR_TIMED_OUT);
        close(fixture->ends[i]);
        fixture->ends[i] = -1;
        assert_int_equal(zx_object_wait_one(weak, ZX_EVENTPAIR_PEER_CLOSED, 0, NULL), ZX_OK);
        assert_int_equal(zx_handle_close(vmo), ZX_OK);
        assert_int_equal(zx_handle_close(weak), ZX_OK);
    }
    assert_int_equal(sysmem_collection_info_take_close_weak_asap(fixture->info, MAX_BUFFERS),
                     ZX_HANDLE_INVALID);
}

static void as_many_as_there_may_be_arrive(void **state)
{
    struct fixture *fixture = *state;
    for (int sparse = 0; sparse < 2; sparse++) {
        fixture->sparse = sparse == 1;
        get_buffers(fixture, MAX_BUFFERS);
        take_all(fixture);
        end_buffers(fixture);
    }
}

static void keep(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    struct fixture *fixture = arg;
    assert_int_equal(status, 0);
    fixture->info = info;
}

static void as_many_as_there_may_be_arrive_asynchronously(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_channel *channel =
        sysmem_node_channel(sysmem_collection_node(fixture->collection));
    fixture->count = MAX_BUFFERS;
    fixture->info = NULL;
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated_async(fixture->collection, keep, fixture),
        0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_weak_buffers, fixture), 0);
    while (fixture->info == NULL) {
        struct pollfd ready = {.fd = sysmem_channel_get_fd(channel),
                               .events = sysmem_channel_get_events(channel)};
        assert_int_equal(poll(&ready, 1, 20000), 1);
        assert_int_equal(sysmem_channel_process(channel), 0);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    take_all(fixture);
    end_buffers(fixture);
}

static void what_is_not_taken_is_closed(void **state)
{
    struct fixture *fixture = *state;
    get_buffers(fixture, 3);
    sysmem_collection_info_free(fixture->info);
    fixture->info = NULL;
    for (size_t i = 0; i < 3; i++) {
        char byte;
        assert_int_equal(recv(fixture->ends[i], &byte, 1, 0), 0);
    }
    end_buffers(fixture);
}

static void note(void *arg, sysmem_status_t status)
{
    *(sysmem_status_t *)arg = status;
}

/* An event loop that waits for one thing of many to happen: which. */
static size_t next_of(struct pollfd *watched, size_t count)
{
    assert_int_equal(poll(watched, count, 20000), 1);
    for (size_t i = 0; i < count; i++) {
        if (watched[i].revents != 0) {
            return i;
        }
    }
    fail();
    return count;
}

/* One poll() and no thread: replies, the end of each buffer, the memory's return, the node's end.
 */
static void one_loop_hears_of_everything(void **state)
{
    enum { CHANNEL = 2, TRACKING, COUNT };
    struct fixture *fixture = *state;
    get_buffers(fixture, 2);
    struct sysmem_node *node = sysmem_collection_node(fixture->collection);
    struct sysmem_channel *channel = sysmem_node_channel(node);
    struct message request;
    struct message tracking;
    sysmem_status_t synced = -1;
    sysmem_status_t closed = 0;
    zx_handle_t ends[2];
    sysmem_channel_set_nonblocking(channel, true);
    sysmem_channel_on_closed(channel, note, &closed);
    assert_int_equal(zx_eventpair_create(0, &ends[0], &ends[1]), ZX_OK);
    assert_int_equal(sysmem_collection_attach_lifetime_tracking(fixture->collection, ends[1], 0),
                     0);
    assert_int_equal(sysmem_node_sync_async(node, note, &synced), 0);
    (void)server_expect(&fixture->server, "AttachLifetimeTracking", &tracking);
    (void)server_expect(&fixture->server, "Sync", &request);

    struct pollfd watched[COUNT] = {
        [CHANNEL] = {.fd = sysmem_channel_get_fd(channel),
                     .events = sysmem_channel_get_events(channel)},
        [TRACKING] = {.fd = sysmem_handle_fd(ends[0])                                   },
    };
    const struct sysmem_vmo_buffer *buffers = sysmem_collection_info_get(fixture->info)->buffers;
    for (size_t i = 0; i < 2; i++) {
        watched[i].fd = sysmem_handle_fd(buffers[i].close_weak_asap);
    }
    assert_true(sysmem_channel_get_timeout(channel) == ZX_TIME_INFINITE);
    assert_int_equal(poll(watched, COUNT, 0), 0);

    server_reply(&fixture->server, &request, 0, NULL);
    assert_int_equal(next_of(watched, COUNT), CHANNEL);
    assert_int_equal(sysmem_channel_process(channel), 0);
    assert_int_equal(synced, 0);
    for (size_t i = 2; i-- > 0;) {
        close(fixture->ends[i]);
        fixture->ends[i] = -1;
        assert_int_equal(next_of(watched, COUNT), i);
        assert_int_equal(watched[i].revents, POLLHUP);
        watched[i].fd = -1;
    }
    message_clear(&tracking); /* the only one that holds the server's end */
    assert_int_equal(next_of(watched, COUNT), TRACKING);
    assert_int_equal(watched[TRACKING].revents, POLLHUP);
    watched[TRACKING].fd = -1;
    assert_int_equal(closed, 0);
    server_deinit(&fixture->server);
    assert_int_equal(next_of(watched, COUNT), CHANNEL);
    assert_int_equal(sysmem_channel_process(channel), ZX_ERR_PEER_CLOSED);
    assert_int_equal(closed, ZX_ERR_PEER_CLOSED);
    assert_int_equal(zx_handle_close(ends[0]), ZX_OK);
    end_buffers(fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(as_many_as_there_may_be_arrive),
        TEST(as_many_as_there_may_be_arrive_asynchronously),
        TEST(what_is_not_taken_is_closed),
        TEST(one_loop_hears_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
