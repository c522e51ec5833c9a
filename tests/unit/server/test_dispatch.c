/* What every request must be, whatever its handler wants; a breach closes the channel, with its
 * reason in the log. */
#include "whole_server.h"

#include "server/dispatch.h"

struct scene {
    struct whole_server whole;
    struct stream client; /* an Allocator connection */
    struct stream token;
};

static int setup(void **state)
{
    static struct scene scene;
    whole_server_begin(&scene.whole, NULL);
    (void)accept_client(&scene.whole, &scene.client);
    open_token(&scene.client, &scene.token);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    stream_deinit(&scene->client);
    whole_server_end(&scene->whole);
    return 0;
}

static void assert_token_closes(struct scene *scene, const char *why)
{
    assert_closes(&scene->whole, &scene->token);
    assert_true(log_lines_have(why));
}

static void a_good_request_is_answered(void **state)
{
    struct scene *scene = *state;
    struct message reply;
    send_request(&scene->token, MODEL_PROTOCOL_TOKEN, "Sync", 7, NULL);
    assert_int_equal(receive(&scene->whole, &scene->token, &reply), 1);
    assert_int_equal(reply.txid, 7);
    message_clear(&reply);
    stream_deinit(&scene->token);
}

static void a_two_way_call_needs_a_transaction_id(void **state)
{
    struct scene *scene = *state;
    send_request(&scene->token, MODEL_PROTOCOL_TOKEN, "Sync", 0, NULL);
    assert_token_closes(scene, "Sync: a two-way call without a transaction id");
}

static void a_one_way_call_has_none(void **state)
{
    struct scene *scene = *state;
    send_request(&scene->token, MODEL_PROTOCOL_TOKEN, "Release", 7, NULL);
    assert_token_closes(scene, "Release: a one-way call with a transaction id");
}

static void an_empty_request_is_empty(void **state)
{
    struct scene *scene = *state;
    struct message message;
    message_init(&message, model_method_by_name(MODEL_PROTOCOL_TOKEN, "Release")->ordinal, 0);
    message.body = calloc(1, 3);
    message.body_len = 3;
    assert_int_equal(stream_send(&scene->token, &message), 0);
    assert_token_closes(scene, "Release: wanted an empty body, got 3 bytes and 0 descriptors");
}

static void what_cannot_be_decoded(void **state)
{
    struct scene *scene = *state;
    struct message message;
    message_init(&message, model_method_by_name(MODEL_PROTOCOL_TOKEN, "SetName")->ordinal, 0);
    message.body = malloc(1);
    message.body[0] = 0xFF;
    message.body_len = 1;
    assert_int_equal(stream_send(&scene->token, &message), 0);
    assert_token_closes(scene, "SetName: ");
}

static void a_field_that_must_be_there(void **state)
{
    struct scene *scene = *state;
    const struct model_allocator_set_debug_client_info_request nothing = {0};
    send_request(&scene->client, MODEL_PROTOCOL_ALLOCATOR, "SetDebugClientInfo", 0, &nothing);
    struct message message;
    assert_int_equal(receive(&scene->whole, &scene->client, &message), STREAM_CLOSED);
    assert_true(log_lines_have("SetDebugClientInfo: the required field name is not set"));
    stream_deinit(&scene->token);
}

/* In the gap between the interface's numbers and the project's own, beyond both, and not of this
 * protocol. */
static void methods_that_nobody_has(void **state)
{
    struct scene *scene = *state;
    stream_deinit(&scene->token);
    const uint32_t ordinals[] = {0, 31, 32, 999, 1003, 1004, 0x7FFFFFFF};
    for (size_t i = 0; i < sizeof(ordinals) / sizeof(ordinals[0]); i++) {
        struct message message;
        char why[64];
        open_token(&scene->client, &scene->token);
        message_init(&message, ordinals[i], 0);
        assert_int_equal(stream_send(&scene->token, &message), 0);
        (void)snprintf(why, sizeof(why), "unknown method %u of BufferCollectionToken", ordinals[i]);
        assert_token_closes(scene, why);
    }
}

static void only_closing_follows_release(void **state)
{
    struct scene *scene = *state;
    send_request(&scene->token, MODEL_PROTOCOL_TOKEN, "Release", 0, NULL);
    send_request(&scene->token, MODEL_PROTOCOL_TOKEN, "Sync", 7, NULL);
    assert_token_closes(scene, "Sync: nothing but closing may follow Release");
}

/* The other end of the descriptor closes when the daemon has. */
static void descriptors_of_a_refused_request_close(void **state)
{
    struct scene *scene = *state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct model_node_attach_node_tracking_request table = {0};
    SYSMEM_SET(&table, server_end, 1);
    send_with_fd(&scene->token, MODEL_PROTOCOL_TOKEN, "AttachNodeTracking", &table, ends[1]);
    assert_token_closes(scene,
                        "AttachNodeTracking: wanted an eventpair, got another kind of descriptor");
    struct pollfd ready = {.fd = ends[0]};
    assert_int_equal(poll(&ready, 1, 10000), 1);
    assert_true((ready.revents & POLLHUP) != 0);
    fd_close(&ends[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_request_is_answered),
        TEST(a_two_way_call_needs_a_transaction_id),
        TEST(a_one_way_call_has_none),
        TEST(an_empty_request_is_empty),
        TEST(what_cannot_be_decoded),
        TEST(a_field_that_must_be_there),
        TEST(methods_that_nobody_has),
        TEST(only_closing_follows_release),
        TEST(descriptors_of_a_refused_request_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
