/* Tokens: duplicating, moving, and the koid of the other end. */
#include "fake_server.h"

#include <pthread.h>

#include <sysmem/group.h>
#include <sysmem/handle.h>
#include <sysmem/node.h>
#include <sysmem/token.h>
#include <zircon/syscalls.h>

#include "os/socket_name.h"

struct fixture {
    struct server server;
    struct sysmem_token *token;
    size_t open_before;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.open_before = count_open();
    int fd = server_init(&fixture.server, MODEL_PROTOCOL_TOKEN);
    assert_int_equal(sysmem_token_from_fd(fd, &fixture.token), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    sysmem_token_free(fixture->token);
    server_deinit(&fixture->server);
    assert_open(fixture->open_before);
    return 0;
}

static void a_duplicate_is_usable_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_token *duplicate;
    assert_int_equal(sysmem_token_duplicate(fixture->token, ZX_RIGHT_SAME_RIGHTS, &duplicate), 0);
    assert_int_equal(sysmem_node_release(sysmem_token_node(duplicate)), 0);
    struct message message;
    const struct model_token_duplicate_request *request =
        server_expect(&fixture->server, "Duplicate", &message);
    assert_int_equal(request->rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
    struct server server;
    server_init_fd(&server, MODEL_PROTOCOL_TOKEN,
                   message_take_fd(&message, request->token_request));
    message_clear(&message);
    (void)server_expect(&server, "Release", &message);
    message_clear(&message);
    server_deinit(&server);
    sysmem_token_free(duplicate);
}

/* Answers DuplicateSync with one end for each mask that is not 0. A mask of just WAIT makes a
 * handle that cannot become a token. */
static void *answer_duplicate_sync(void *arg)
{
    struct server *server = arg;
    struct message message;
    const struct model_token_duplicate_sync_request *request =
        server_expect(server, "DuplicateSync", &message);
    struct message reply;
    message_init(&reply, 0, 0);
    zx_handle_t slots[64];
    size_t count = 0;
    for (size_t i = 0; i < request->rights_attenuation_masks_count; i++) {
        if (request->rights_attenuation_masks[i] != 0) {
            slots[count] = server_attach_end(&reply, ZX_OBJ_TYPE_CHANNEL, NULL);
            if (request->rights_attenuation_masks[i] == ZX_RIGHT_WAIT) {
                reply.attachments[slots[count] - 1].rights = ZX_RIGHT_WAIT;
            }
            count++;
        }
    }
    struct model_token_duplicate_sync_response response = {0};
    SYSMEM_SET_VECTOR(&response, tokens, slots, count);
    server_answer(server, &message, 0, &response, &reply);
    message_clear(&message);
    return NULL;
}

static sysmem_status_t duplicate_sync(struct fixture *fixture, const zx_rights_t *masks,
                                      size_t count, struct sysmem_token **ret)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_duplicate_sync, &fixture->server), 0);
    sysmem_status_t status =
        sysmem_token_duplicate_sync(fixture->token, masks, count, ZX_TIME_INFINITE, ret);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return status;
}

static void duplicate_sync_gives_a_token_for_each_mask(void **state)
{
    struct fixture *fixture = *state;
    const zx_rights_t masks[] = {ZX_RIGHT_SAME_RIGHTS, ZX_RIGHT_READ, ZX_RIGHT_SAME_RIGHTS};
    struct sysmem_token *tokens[3];
    assert_int_equal(duplicate_sync(fixture, masks, 3, tokens), 0);
    for (int i = 0; i < 3; i++) {
        assert_ptr_not_equal(tokens[i], fixture->token);
        sysmem_token_free(tokens[i]);
    }
}

static void tokens_come_all_or_none(void **state)
{
    struct fixture *fixture = *state;
    const zx_rights_t masks[] = {ZX_RIGHT_READ, ZX_RIGHT_READ, ZX_RIGHT_WAIT};
    struct sysmem_token *tokens[3] = {NULL, NULL, NULL};
    assert_int_equal(duplicate_sync(fixture, masks, 3, tokens), ZX_ERR_ACCESS_DENIED);
    assert_null(tokens[0]);
    assert_null(tokens[1]);
}

static void too_few_tokens_are_an_error_and_closed(void **state)
{
    struct fixture *fixture = *state;
    const zx_rights_t masks[] = {ZX_RIGHT_READ, 0, ZX_RIGHT_READ};
    struct sysmem_token *tokens[3];
    assert_int_equal(duplicate_sync(fixture, masks, 3, tokens), ZX_ERR_IO);
}

static void more_than_64_masks_are_refused_before_sending(void **state)
{
    struct fixture *fixture = *state;
    zx_rights_t masks[65];
    struct sysmem_token *tokens[65];
    for (int i = 0; i < 65; i++) {
        masks[i] = ZX_RIGHT_SAME_RIGHTS;
    }
    assert_int_equal(sysmem_token_duplicate_sync(fixture->token, masks, 65, 0, tokens),
                     ZX_ERR_INVALID_ARGS);
    struct message message;
    assert_int_equal(stream_receive(&fixture->server.stream, &message), 0);
}

static void a_group_is_usable_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_group *group;
    assert_int_equal(sysmem_token_create_buffer_collection_token_group(fixture->token, &group), 0);
    assert_int_equal(sysmem_group_all_children_present(group), 0);
    struct message message;
    const struct model_token_create_buffer_collection_token_group_request *request =
        server_expect(&fixture->server, "CreateBufferCollectionTokenGroup", &message);
    assert_true(request->has.group_request);
    struct server server;
    server_init_fd(&server, MODEL_PROTOCOL_GROUP,
                   message_take_fd(&message, request->group_request));
    message_clear(&message);
    (void)server_expect(&server, "AllChildrenPresent", &message);
    message_clear(&message);
    sysmem_group_free(group);
    assert_int_equal(server_receive(&server, &message), STREAM_CLOSED);
    server_deinit(&server);
}

static void a_token_can_be_dispensable(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(sysmem_token_set_dispensable(fixture->token), 0);
    struct message message;
    assert_null(server_expect(&fixture->server, "SetDispensable", &message));
    message_clear(&message);
}

static void the_server_koid_is_the_name_that_the_server_bound(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(sysmem_token_server_koid(fixture->token), 0);
    struct socket_name name;
    assert_int_equal(socket_name_bind(fixture->server.stream.fd, &name), SOCKET_NAME_OK);
    assert_int_equal(sysmem_token_server_koid(fixture->token), name.koid);
    assert_int_not_equal(name.koid, 0);
    server_deinit(&fixture->server);
    assert_int_equal(sysmem_token_server_koid(fixture->token), name.koid);
}

static void tokens_move_as_descriptors_and_as_handles(void **state)
{
    struct fixture *fixture = *state;
    int fd = sysmem_token_into_fd(fixture->token);
    assert_int_equal(sysmem_token_from_fd(fd, &fixture->token), 0);
    zx_handle_t handle;
    assert_int_equal(sysmem_token_into_handle(fixture->token, &handle), 0);
    assert_int_equal(sysmem_token_from_handle(handle, &fixture->token), 0);
    assert_int_equal(sysmem_node_release(sysmem_token_node(fixture->token)), 0);
    struct message message;
    (void)server_expect(&fixture->server, "Release", &message);
    message_clear(&message);
}

static void a_handle_to_something_else_is_no_token(void **state)
{
    (void)state;
    zx_handle_t vmo;
    struct sysmem_token *token;
    assert_int_equal(zx_vmo_create(4096, 0, &vmo), ZX_OK);
    assert_int_equal(sysmem_token_from_handle(vmo, &token), ZX_ERR_WRONG_TYPE);
    assert_int_equal(zx_handle_close(vmo), ZX_ERR_BAD_HANDLE); /* was consumed */
    assert_int_equal(sysmem_token_from_handle(ZX_HANDLE_INVALID, &token), ZX_ERR_BAD_HANDLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_duplicate_is_usable_at_once),
        TEST(duplicate_sync_gives_a_token_for_each_mask),
        TEST(tokens_come_all_or_none),
        TEST(too_few_tokens_are_an_error_and_closed),
        TEST(more_than_64_masks_are_refused_before_sending),
        TEST(a_group_is_usable_at_once),
        TEST(a_token_can_be_dispensable),
        TEST(the_server_koid_is_the_name_that_the_server_bound),
        TEST(tokens_move_as_descriptors_and_as_handles),
        TEST(a_handle_to_something_else_is_no_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
