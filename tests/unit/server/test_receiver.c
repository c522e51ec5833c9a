/* Channels that a helper receives from. The pairs are this process's own, which makes them foreign:
 * the server takes them for ones that it gave out. */
#include "whole_server.h"

#include "server/bind.h"
#include "server/helper.h"
#include "server/server_end.h"

#define HANGS_S 60

struct scene {
    struct whole_server whole;
    struct stream client;
    struct binding *allocator; /* its channel */
};

static int setup(void **state)
{
    static struct scene scene;
    (void)alarm(HANGS_S);
    whole_server_begin(&scene.whole, NULL);
    scene.whole.server.helper_fd = helper_start();
    assert_true(scene.whole.server.helper_fd >= 0);
    scene.allocator = accept_client(&scene.whole, &scene.client);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    stream_deinit(&scene->client);
    whole_server_end(&scene->whole);
    assert_true(wait(NULL) > 0);
    (void)alarm(0);
    return 0;
}

/* A token whose server end may be anybody's, and the channel at its other end. */
static struct binding *open_foreign(struct scene *scene, struct stream *ret_token)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    stream_init(ret_token, ends[0], SIZE_MAX);
    struct model_allocator_allocate_shared_collection_request table = {0};
    SYSMEM_SET(&table, token_request, 1);
    const struct list *last = scene->whole.server.bindings.prev;
    send_with_fd(&scene->client, MODEL_PROTOCOL_ALLOCATOR, "AllocateSharedCollection", &table,
                 ends[1]);
    while (scene->whole.server.bindings.prev == last) {
        (void)uv_run(&scene->whole.server.loop, UV_RUN_ONCE);
    }
    struct binding *binding = container_of(scene->whole.server.bindings.prev, struct binding, link);
    assert_true(binding->foreign);
    return binding;
}

/* Sleeps until something is there: 1, or what stream_receive() says. */
static int receive_in_time(struct scene *scene, struct stream *client, struct message *ret)
{
    int result = stream_receive(client, ret);
    while (result == 0) {
        (void)uv_run(&scene->whole.server.loop, UV_RUN_ONCE);
        result = stream_receive(client, ret);
    }
    return result;
}

static void assert_answered(struct scene *scene, struct stream *client, uint32_t txid)
{
    struct message reply;
    assert_int_equal(receive_in_time(scene, client, &reply), 1);
    assert_int_equal(reply.txid, txid);
    message_clear(&reply);
}

static void assert_closes_in_time(struct scene *scene, struct stream *client, const char *why)
{
    struct message message;
    assert_int_equal(receive_in_time(scene, client, &message), STREAM_CLOSED);
    assert_true(log_lines_have(why));
    stream_deinit(client);
}

static void messages_keep_their_order(void **state)
{
    struct scene *scene = *state;
    struct stream tokens[2];
    const struct binding *first = open_foreign(scene, &tokens[0]);
    const struct binding *second = open_foreign(scene, &tokens[1]);
    for (uint32_t txid = 1; txid <= 5; txid++) {
        send_request(&tokens[0], MODEL_PROTOCOL_TOKEN, "Sync", txid, NULL);
        send_request(&tokens[1], MODEL_PROTOCOL_TOKEN, "Sync", txid, NULL);
    }
    for (uint32_t txid = 1; txid <= 5; txid++) {
        assert_answered(scene, &tokens[0], txid);
        assert_answered(scene, &tokens[1], txid);
    }
    assert_ptr_equal(first->receiver, second->receiver);
    stream_deinit(&tokens[0]);
    stream_deinit(&tokens[1]);
}

/* The server's end is gone while the helper has it. */
static void what_comes_for_a_closed_channel_is_dropped(void **state)
{
    struct scene *scene = *state;
    struct stream token;
    struct stream other;
    struct binding *binding = open_foreign(scene, &token);
    (void)open_foreign(scene, &other);
    int pipe_ends[2];
    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    struct model_node_attach_node_tracking_request table = {0};
    SYSMEM_SET(&table, server_end, 1);
    send_with_fd(&token, MODEL_PROTOCOL_TOKEN, "AttachNodeTracking", &table, pipe_ends[1]);
    assert_true(receiver_ask(binding));
    binding_fail(binding, "enough of it");
    assert_closes_in_time(scene, &token, "enough of it");
    send_request(&other, MODEL_PROTOCOL_TOKEN, "Sync", 1, NULL);
    assert_answered(scene, &other, 1);
    struct pollfd gone = {.fd = pipe_ends[0]};
    assert_int_equal(poll(&gone, 1, 20000), 1);
    fd_close(&pipe_ends[0]);
    stream_deinit(&other);
}

/* The first question may come too early for what the second one is about. */
static void asked_again_it_looks_again(void **state)
{
    struct scene *scene = *state;
    struct stream token;
    struct binding *binding = open_foreign(scene, &token);
    assert_true(receiver_ask(binding));
    while (binding->asked) {
        assert_true(receiver_ask(binding));
        send_request(&token, MODEL_PROTOCOL_TOKEN, "Sync", 1, NULL);
        (void)uv_run(&scene->whole.server.loop, UV_RUN_ONCE);
    }
    assert_answered(scene, &token, 1);
    stream_deinit(&token);
}

static void without_a_process_the_channel_closes(void **state)
{
    struct scene *scene = *state;
    struct stream token;
    fd_close(&scene->whole.server.helper_fd);
    (void)open_foreign(scene, &token);
    send_request(&token, MODEL_PROTOCOL_TOKEN, "Sync", 1, NULL);
    assert_closes_in_time(scene, &token, "the process that receives from it is gone");
}

/* Dropping them all takes one turn. */
static void few_sockets_wait_to_be_a_tokens_end(void **state)
{
    enum { FEW = 16 };
    struct scene *scene = *state;
    struct stream token;
    struct stream channels[FEW + 1];
    struct binding *binding = open_foreign(scene, &token);
    const struct binding *closed = NULL;
    for (int i = 0; i <= FEW; i++) {
        const char *why = NULL;
        int ends[2];
        int claims[2];
        make_pair(ends);
        make_pair(claims);
        stream_init(&channels[i], ends[0], SIZE_MAX);
        struct binding *collection =
            server_end_serve(scene->allocator, MODEL_PROTOCOL_COLLECTION, ends[1], &why);
        assert_non_null(collection);
        bind_begin(scene->allocator, binding, collection, claims[1]);
        fd_close(&claims[0]);
        closed = collection->state == BINDING_CLOSED ? collection : NULL;
        assert_int_equal(closed != NULL, i == FEW);
    }
    assert_int_equal(log_lines_count("sockets that claim to be this token's wait already"), 1);
    stream_deinit(&token);
    for (int i = 0; i <= FEW; i++) {
        struct message message;
        assert_int_equal(receive_in_time(scene, &channels[i], &message), STREAM_CLOSED);
        stream_deinit(&channels[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_keep_their_order),
        TEST(what_comes_for_a_closed_channel_is_dropped),
        TEST(asked_again_it_looks_again),
        TEST(few_sockets_wait_to_be_a_tokens_end),
        TEST(without_a_process_the_channel_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
