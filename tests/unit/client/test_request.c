/* Requests become messages, and leave nothing behind when they cannot. */
#include "fake_server.h"

#include <zircon/syscalls.h>

#include "client/request.h"

static int setup(void **state)
{
    static size_t open_before;
    open_before = count_open();
    *state = &open_before;
    return 0;
}

static int teardown(void **state)
{
    const size_t *open_before = *state;
    assert_open(*open_before);
    return 0;
}

static const struct model_method *set_name(void)
{
    return model_method_by_name(MODEL_PROTOCOL_COLLECTION, "SetName");
}

static struct model_node_set_name_request name_of(const char *name)
{
    struct model_node_set_name_request request = {0};
    SYSMEM_SET(&request, priority, 7);
    SYSMEM_SET(&request, name, name);
    return request;
}

static void a_request_becomes_a_message(void **state)
{
    (void)state;
    struct model_node_set_name_request request = name_of("camera");
    struct message message;
    assert_int_equal(request_encode(set_name(), &request, &message), 0);
    assert_int_equal(message.ordinal, set_name()->ordinal);
    assert_int_equal(message.txid, 0);
    struct arena arena;
    arena_init(&arena, 4096);
    struct model_node_set_name_request read = {0};
    const char *reason = NULL;
    assert_int_equal(codec_decode(set_name()->request, &message, &arena, &read, &reason), CODEC_OK);
    assert_int_equal(read.priority, 7);
    assert_string_equal(read.name, "camera");
    arena_clear(&arena);
    message_clear(&message);
}

static void a_method_without_a_request_is_its_number(void **state)
{
    (void)state;
    const struct model_method *sync = model_method_by_name(MODEL_PROTOCOL_COLLECTION, "Sync");
    struct message message;
    assert_int_equal(request_encode(sync, NULL, &message), 0);
    assert_int_equal(message.ordinal, sync->ordinal);
    assert_int_equal(message.body_len, 0);
    message_clear(&message);
}

static void what_cannot_be_encoded_is_the_callers_mistake(void **state)
{
    (void)state;
    struct model_node_set_name_request request = name_of("not \xFF UTF-8");
    struct message message;
    assert_int_equal(request_encode(set_name(), &request, &message), ZX_ERR_INVALID_ARGS);
    assert_int_equal(message.body_len, 0);
    message_init(&message, 0, 0);
    assert_int_equal(request_encode_slots(set_name(), &request, &message), ZX_ERR_INVALID_ARGS);
    assert_int_equal(message.body_len, 0);
}

static const struct model_method *attach_lifetime(void)
{
    return model_method_by_name(MODEL_PROTOCOL_COLLECTION, "AttachLifetimeTracking");
}

static void handles_are_consumed_in_every_case(void **state)
{
    (void)state;
    zx_handle_t ends[2];
    assert_int_equal(zx_eventpair_create(0, &ends[0], &ends[1]), ZX_OK);
    struct model_collection_attach_lifetime_tracking_request request = {0};
    SYSMEM_SET(&request, server_end, ends[0]);
    struct message message;
    assert_int_equal(request_encode(attach_lifetime(), &request, &message), 0);
    assert_int_equal(request.server_end, ZX_HANDLE_INVALID);
    assert_int_equal(message.attachment_count, 1);
    message_clear(&message);

    SYSMEM_SET(&request, server_end, ends[0]); /* gone with the message */
    assert_int_equal(request_encode(attach_lifetime(), &request, &message), ZX_ERR_BAD_HANDLE);
    assert_int_equal(request.server_end, ZX_HANDLE_INVALID);
    assert_int_equal(message.attachment_count, 0);
    assert_int_equal(zx_handle_close(ends[1]), ZX_OK);
}

/* What was attached before goes with the message when its table cannot be encoded. */
static void slots_are_sent_or_cleared(void **state)
{
    (void)state;
    struct model_collection_attach_lifetime_tracking_request request = {0};
    struct message message;
    message_init(&message, 0, 0);
    SYSMEM_SET(&request, server_end, server_attach_end(&message, ZX_OBJ_TYPE_EVENTPAIR, NULL));
    assert_int_equal(request_encode_slots(attach_lifetime(), &request, &message), 0);
    assert_int_equal(message.ordinal, attach_lifetime()->ordinal);
    assert_int_equal(message.attachment_count, 1);
    message_clear(&message);

    message_init(&message, 0, 0);
    (void)server_attach_vmo(&message, 1);
    struct model_node_set_name_request name = name_of("\xC0");
    assert_int_equal(request_encode_slots(set_name(), &name, &message), ZX_ERR_INVALID_ARGS);
    assert_int_equal(message.attachment_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_becomes_a_message),
        TEST(a_method_without_a_request_is_its_number),
        TEST(what_cannot_be_encoded_is_the_callers_mistake),
        TEST(handles_are_consumed_in_every_case),
        TEST(slots_are_sent_or_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
