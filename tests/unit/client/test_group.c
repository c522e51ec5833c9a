/* Groups: children one by one and all at once. */
#include "fake_server.h"

#include <pthread.h>

#include <sysmem/group.h>
#include <sysmem/node.h>
#include <sysmem/token.h>
#include <zircon/syscalls.h>

struct fixture {
    struct server server;
    struct sysmem_group *group;
    size_t open_before;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.open_before = count_open();
    int fd = server_init(&fixture.server, MODEL_PROTOCOL_GROUP);
    assert_int_equal(sysmem_group_from_fd(fd, &fixture.group), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    sysmem_group_free(fixture->group);
    server_deinit(&fixture->server);
    assert_open(fixture->open_before);
    return 0;
}

static void a_child_is_usable_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_token *child;
    assert_int_equal(sysmem_group_create_child(fixture->group, ZX_RIGHT_READ, &child), 0);
    assert_int_equal(sysmem_token_set_dispensable(child), 0);
    struct message message;
    const struct model_group_create_child_request *request =
        server_expect(&fixture->server, "CreateChild", &message);
    assert_true(request->has.token_request && request->has.rights_attenuation_mask);
    assert_int_equal(request->rights_attenuation_mask, ZX_RIGHT_READ);
    struct server server;
    server_init_fd(&server, MODEL_PROTOCOL_TOKEN,
                   message_take_fd(&message, request->token_request));
    message_clear(&message);
    (void)server_expect(&server, "SetDispensable", &message);
    message_clear(&message);
    server_deinit(&server);
    sysmem_token_free(child);
}

static void a_closed_group_makes_no_child(void **state)
{
    struct fixture *fixture = *state;
    server_deinit(&fixture->server);
    struct sysmem_token *child = NULL;
    assert_int_equal(sysmem_group_create_child(fixture->group, ZX_RIGHT_SAME_RIGHTS, &child),
                     ZX_ERR_PEER_CLOSED);
    assert_null(child);
}

/* Answers CreateChildrenSync with a token for each mask that is not 0. */
static void *answer_create_children_sync(void *arg)
{
    struct server *server = arg;
    struct message message;
    const struct model_group_create_children_sync_request *request =
        server_expect(server, "CreateChildrenSync", &message);
    struct message reply;
    message_init(&reply, 0, 0);
    zx_handle_t slots[64];
    size_t count = 0;
    for (size_t i = 0; i < request->rights_attenuation_masks_count; i++) {
        if (request->rights_attenuation_masks[i] != 0) {
            slots[count++] = server_attach_end(&reply, ZX_OBJ_TYPE_CHANNEL, NULL);
        }
    }
    struct model_group_create_children_sync_response response = {0};
    SYSMEM_SET_VECTOR(&response, tokens, slots, count);
    server_answer(server, &message, 0, &response, &reply);
    message_clear(&message);
    return NULL;
}

static sysmem_status_t create_children(struct fixture *fixture, const zx_rights_t *masks,
                                       size_t count, struct sysmem_token **ret)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_create_children_sync, &fixture->server),
                     0);
    sysmem_status_t status =
        sysmem_group_create_children_sync(fixture->group, masks, count, ZX_TIME_INFINITE, ret);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return status;
}

static void children_come_as_many_as_masks(void **state)
{
    struct fixture *fixture = *state;
    zx_rights_t masks[64];
    struct sysmem_token *children[64];
    for (size_t i = 0; i < 64; i++) {
        masks[i] = ZX_RIGHT_SAME_RIGHTS;
    }
    assert_int_equal(create_children(fixture, masks, 64, children), 0);
    for (size_t i = 0; i < 64; i++) {
        sysmem_token_free(children[i]);
    }
}

static void too_few_children_are_an_error_and_closed(void **state)
{
    struct fixture *fixture = *state;
    const zx_rights_t masks[] = {ZX_RIGHT_READ, 0};
    const zx_rights_t none[] = {0};
    struct sysmem_token *children[2];
    assert_int_equal(create_children(fixture, masks, 2, children), ZX_ERR_IO);
    assert_int_equal(create_children(fixture, none, 1, children), ZX_ERR_IO);
}

static void more_than_64_children_are_refused_before_sending(void **state)
{
    struct fixture *fixture = *state;
    zx_rights_t masks[65] = {ZX_RIGHT_READ};
    struct sysmem_token *children[65];
    assert_int_equal(sysmem_group_create_children_sync(fixture->group, masks, 65, 0, children),
                     ZX_ERR_INVALID_ARGS);
    struct message message;
    assert_int_equal(stream_receive(&fixture->server.stream, &message), 0);
}

static void the_end_of_the_children_is_said(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(sysmem_group_all_children_present(fixture->group), 0);
    struct message message;
    assert_null(server_expect(&fixture->server, "AllChildrenPresent", &message));
    message_clear(&message);
}

static void groups_move_as_descriptors_and_as_handles(void **state)
{
    struct fixture *fixture = *state;
    int fd = sysmem_group_into_fd(fixture->group);
    assert_int_equal(sysmem_group_from_fd(fd, &fixture->group), 0);
    zx_handle_t handle;
    assert_int_equal(sysmem_group_into_handle(fixture->group, &handle), 0);
    assert_int_equal(sysmem_group_from_handle(handle, &fixture->group), 0);
    assert_int_equal(sysmem_node_release(sysmem_group_node(fixture->group)), 0);
    struct message message;
    (void)server_expect(&fixture->server, "Release", &message);
    message_clear(&message);
}

static void something_else_is_no_group(void **state)
{
    (void)state;
    struct sysmem_group *group;
    zx_handle_t event;
    assert_int_equal(zx_event_create(0, &event), ZX_OK);
    assert_int_equal(sysmem_group_from_handle(event, &group), ZX_ERR_WRONG_TYPE);
    assert_int_equal(sysmem_group_from_fd(-1, &group), ZX_ERR_INVALID_ARGS);
    sysmem_group_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_child_is_usable_at_once),
        TEST(a_closed_group_makes_no_child),
        TEST(children_come_as_many_as_masks),
        TEST(too_few_children_are_an_error_and_closed),
        TEST(more_than_64_children_are_refused_before_sending),
        TEST(the_end_of_the_children_is_said),
        TEST(groups_move_as_descriptors_and_as_handles),
        TEST(something_else_is_no_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
