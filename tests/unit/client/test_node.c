/* What every node can do, and the asynchronous form. */
#include "fake_server.h"

#include <sysmem/collection.h>
#include <sysmem/node.h>
#include <zircon/syscalls.h>

struct fixture {
    struct server server;
    struct sysmem_collection *collection;
    struct sysmem_node *node;
    size_t open_before;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.open_before = count_open();
    int fd = server_init(&fixture.server, MODEL_PROTOCOL_COLLECTION);
    assert_int_equal(sysmem_collection_from_fd(fd, &fixture.collection), 0);
    fixture.node = sysmem_collection_node(fixture.collection);
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

/* Nothing has been sent that was not received. */
static void expect_nothing(struct server *server)
{
    struct message message;
    assert_int_equal(stream_receive(&server->stream, &message), 0);
}

static void one_way_calls_say_what_they_are_told(void **state)
{
    struct fixture *fixture = *state;
    struct message message;
    assert_int_equal(sysmem_node_set_name(fixture->node, 7, "frames"), 0);
    const struct model_node_set_name_request *name =
        server_expect(&fixture->server, "SetName", &message);
    assert_true(name->has.priority && name->has.name);
    assert_int_equal(name->priority, 7);
    assert_string_equal(name->name, "frames");
    message_clear(&message);

    assert_int_equal(sysmem_node_set_debug_client_info(fixture->node, "camera", 42), 0);
    const struct model_node_set_debug_client_info_request *info =
        server_expect(&fixture->server, "SetDebugClientInfo", &message);
    assert_string_equal(info->name, "camera");
    assert_int_equal(info->id, 42);
    message_clear(&message);

    assert_int_equal(sysmem_node_release(fixture->node), 0);
    (void)server_expect(&fixture->server, "Release", &message);
    message_clear(&message);
}

static void bad_names_are_refused_before_sending(void **state)
{
    struct fixture *fixture = *state;
    char text[300];
    memset(text, 'x', sizeof(text));
    text[64] = '\0';
    assert_int_equal(sysmem_node_set_name(fixture->node, 1, text), 0);
    struct message message;
    (void)server_expect(&fixture->server, "SetName", &message);
    message_clear(&message);

    text[64] = 'x';
    text[65] = '\0';
    assert_int_equal(sysmem_node_set_name(fixture->node, 1, text), ZX_ERR_INVALID_ARGS);
    assert_int_equal(sysmem_node_set_name(fixture->node, 1, NULL), ZX_ERR_INVALID_ARGS);
    assert_int_equal(sysmem_node_set_name(fixture->node, 1, "\xC3("), ZX_ERR_INVALID_ARGS);
    text[65] = 'x';
    text[257] = '\0';
    assert_int_equal(sysmem_node_set_debug_client_info(fixture->node, text, 1),
                     ZX_ERR_INVALID_ARGS);
    assert_int_equal(sysmem_node_set_debug_client_info(fixture->node, NULL, 1),
                     ZX_ERR_INVALID_ARGS);
    expect_nothing(&fixture->server);
}

struct outcome {
    int calls;
    sysmem_status_t status;
};

static void note(void *arg, sysmem_status_t status)
{
    struct outcome *outcome = arg;
    outcome->calls++;
    outcome->status = status;
}

/* What an event loop does: polls for what is wanted, then lets the node work. */
static sysmem_status_t loop_once(struct sysmem_node *node)
{
    struct pollfd ready = {.fd = sysmem_channel_get_fd(sysmem_node_channel(node)),
                           .events = sysmem_channel_get_events(sysmem_node_channel(node))};
    assert_int_equal(poll(&ready, 1, 20000), 1);
    return sysmem_channel_process(sysmem_node_channel(node));
}

static void a_callback_comes_from_process(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {.status = 99};
    assert_int_equal(sysmem_node_sync_async(fixture->node, note, &outcome), 0);
    assert_int_equal(sysmem_channel_process(sysmem_node_channel(fixture->node)),
                     0); /* nothing there: does not block */
    assert_int_equal(outcome.calls, 0);
    struct message request;
    (void)server_expect(&fixture->server, "Sync", &request);
    server_reply(&fixture->server, &request, 0, NULL);
    assert_int_equal(loop_once(fixture->node), 0);
    assert_int_equal(outcome.calls, 1);
    assert_int_equal(outcome.status, 0);
}

static void many_calls_may_be_outstanding(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    struct message requests[50];
    for (int i = 0; i < 50; i++) {
        assert_int_equal(sysmem_node_sync_async(fixture->node, note, &outcome), 0);
        (void)server_expect(&fixture->server, "Sync", &requests[i]);
    }
    for (int i = 49; i >= 0; i--) {
        server_reply(&fixture->server, &requests[i], 0, NULL);
    }
    while (outcome.calls < 50) {
        assert_int_equal(loop_once(fixture->node), 0);
    }
    assert_int_equal(outcome.calls, 50);
}

static void a_synchronous_call_delivers_what_came_before(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    assert_int_equal(sysmem_node_sync_async(fixture->node, note, &outcome), 0);
    struct message request;
    (void)server_expect(&fixture->server, "Sync", &request);
    server_reply(&fixture->server, &request, 0, NULL);
    assert_int_equal(sysmem_node_sync(fixture->node, zx_deadline_after(ZX_MSEC(10))),
                     ZX_ERR_TIMED_OUT);
    assert_int_equal(outcome.calls, 1);
}

static void the_end_comes_to_every_callback_once(void **state)
{
    struct fixture *fixture = *state;
    struct outcome calls = {0};
    struct outcome closed = {0};
    sysmem_channel_on_closed(sysmem_node_channel(fixture->node), note, &closed);
    assert_int_equal(sysmem_node_sync_async(fixture->node, note, &calls), 0);
    assert_int_equal(sysmem_node_sync_async(fixture->node, note, &calls), 0);
    server_deinit(&fixture->server);
    assert_int_equal(loop_once(fixture->node), ZX_ERR_PEER_CLOSED);
    assert_int_equal(calls.calls, 2);
    assert_int_equal(calls.status, ZX_ERR_PEER_CLOSED);
    assert_int_equal(closed.calls, 1);
    assert_int_equal(closed.status, ZX_ERR_PEER_CLOSED);
    assert_int_equal(loop_once(fixture->node), ZX_ERR_PEER_CLOSED);
    assert_int_equal(closed.calls, 1);
    assert_int_equal(sysmem_node_sync_async(fixture->node, note, &calls), ZX_ERR_PEER_CLOSED);
    assert_int_equal(calls.calls, 2);
}

static void nobody_is_told_who_asked_not_to(void **state)
{
    struct fixture *fixture = *state;
    struct outcome closed = {0};
    sysmem_channel_on_closed(sysmem_node_channel(fixture->node), note, &closed);
    sysmem_channel_on_closed(sysmem_node_channel(fixture->node), NULL, NULL);
    server_deinit(&fixture->server);
    assert_int_equal(loop_once(fixture->node), ZX_ERR_PEER_CLOSED);
    assert_int_equal(closed.calls, 0);
}

static void free_collection(void *arg, sysmem_status_t status)
{
    struct fixture *fixture = arg;
    assert_int_equal(status, 0);
    struct sysmem_collection *collection = fixture->collection;
    fixture->collection = NULL;
    sysmem_collection_free(collection);
}

static void a_callback_may_free_its_own_object(void **state)
{
    struct fixture *fixture = *state;
    struct outcome other = {0};
    assert_int_equal(sysmem_node_sync_async(fixture->node, free_collection, fixture), 0);
    assert_int_equal(sysmem_node_sync_async(fixture->node, note, &other), 0);
    struct message request;
    (void)server_expect(&fixture->server, "Sync", &request);
    server_reply(&fixture->server, &request, 0, NULL);
    assert_int_equal(loop_once(fixture->node), ZX_ERR_CANCELED);
    assert_null(fixture->collection);
    assert_int_equal(other.calls, 1);
    assert_int_equal(other.status, ZX_ERR_PEER_CLOSED);
}

static void sync_again(void *arg, sysmem_status_t status)
{
    struct fixture *fixture = arg;
    assert_int_equal(status, 0);
    assert_int_equal(sysmem_node_sync(fixture->node, 0), ZX_ERR_TIMED_OUT);
}

static void a_callback_may_call(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(sysmem_node_sync_async(fixture->node, sync_again, fixture), 0);
    struct message request;
    (void)server_expect(&fixture->server, "Sync", &request);
    server_reply(&fixture->server, &request, 0, NULL);
    assert_int_equal(loop_once(fixture->node), 0);
    (void)server_expect(&fixture->server, "Sync", &request);
    message_clear(&request);
}

static void freeing_ends_what_is_pending(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    assert_int_equal(sysmem_node_sync_async(fixture->node, note, &outcome), 0);
    sysmem_collection_free(fixture->collection);
    fixture->collection = NULL;
    assert_int_equal(outcome.calls, 1);
    assert_int_equal(outcome.status, ZX_ERR_PEER_CLOSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_way_calls_say_what_they_are_told),
        TEST(bad_names_are_refused_before_sending),
        TEST(a_callback_comes_from_process),
        TEST(many_calls_may_be_outstanding),
        TEST(a_synchronous_call_delivers_what_came_before),
        TEST(the_end_comes_to_every_callback_once),
        TEST(nobody_is_told_who_asked_not_to),
        TEST(a_callback_may_free_its_own_object),
        TEST(a_callback_may_call),
        TEST(freeing_ends_what_is_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
