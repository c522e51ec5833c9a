/* Collections: constraints out, buffers in. */
#include "fake_server.h"

#include <pthread.h>

#include <sysmem/collection.h>
#include <sysmem/handle.h>
#include <sysmem/node.h>
#include <sysmem/token.h>
#include <sysmem/usage.h>
#include <zircon/syscalls.h>

struct fixture {
    struct server server;
    struct sysmem_collection *collection;
    size_t open_before;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.open_before = count_open();
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

static void constraints_are_sent_as_they_are(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_buffer_collection_constraints constraints = {0};
    SYSMEM_SET(&constraints.usage, cpu, SYSMEM_CPU_USAGE_READ);
    constraints.has.usage = true;
    SYSMEM_SET(&constraints, min_buffer_count, 3);
    assert_int_equal(sysmem_collection_set_constraints(fixture->collection, &constraints), 0);
    struct message message;
    const struct model_collection_set_constraints_request *request =
        server_expect(&fixture->server, "SetConstraints", &message);
    assert_true(request->has.constraints && request->constraints.has.min_buffer_count);
    assert_int_equal(request->constraints.min_buffer_count, 3);
    assert_int_equal(request->constraints.usage.cpu, SYSMEM_CPU_USAGE_READ);
    assert_false(request->constraints.has.max_buffer_count);
    message_clear(&message);
}

static void overlong_vectors_are_refused_before_sending(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_image_format_constraints formats[65] = {0};
    struct sysmem_buffer_collection_constraints constraints = {0};
    SYSMEM_SET_VECTOR(&constraints, image_format_constraints, formats, 65);
    assert_int_equal(sysmem_collection_set_constraints(fixture->collection, &constraints),
                     ZX_ERR_INVALID_ARGS);
    struct message message;
    assert_int_equal(stream_receive(&fixture->server.stream, &message), 0);
}

static void *answer_buffers(void *arg)
{
    struct server *server = arg;
    struct message request;
    (void)server_expect(server, "WaitForAllBuffersAllocated", &request);
    struct message reply;
    message_init(&reply, 0, 0);
    struct sysmem_vmo_buffer buffers[2] = {0};
    for (size_t i = 0; i < 2; i++) {
        SYSMEM_SET(&buffers[i], vmo, server_attach_vmo(&reply, 100 + i));
        SYSMEM_SET(&buffers[i], vmo_usable_start, 0);
    }
    struct model_collection_wait_for_all_buffers_allocated_response response = {0};
    response.has.buffer_collection_info = true;
    SYSMEM_SET_VECTOR(&response.buffer_collection_info, buffers, buffers, 2);
    SYSMEM_SET(&response.buffer_collection_info, buffer_collection_id, 55);
    server_answer(server, &request, 0, &response, &reply);
    message_clear(&request);
    return NULL;
}

static void check_info(struct sysmem_collection_info *info)
{
    const struct sysmem_buffer_collection_info *tables = sysmem_collection_info_get(info);
    assert_int_equal(tables->buffers_count, 2);
    assert_int_equal(tables->buffer_collection_id, 55);
    zx_handle_t vmo = sysmem_collection_info_take_vmo(info, 1);
    assert_int_not_equal(vmo, ZX_HANDLE_INVALID);
    assert_int_equal(sysmem_collection_info_take_vmo(info, 1), ZX_HANDLE_INVALID);
    assert_int_equal(sysmem_collection_info_take_vmo(info, 2), ZX_HANDLE_INVALID);
    assert_int_equal(sysmem_collection_info_take_close_weak_asap(info, 1), ZX_HANDLE_INVALID);
    sysmem_collection_info_free(info);
    uint64_t size;
    assert_int_equal(zx_vmo_get_size(vmo, &size), ZX_OK); /* outlives the result */
    assert_int_equal(size, 4096);
    assert_int_equal(zx_handle_close(vmo), ZX_OK);
}

static void waiting_gives_the_buffers(void **state)
{
    struct fixture *fixture = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_buffers, &fixture->server), 0);
    struct sysmem_collection_info *info;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(fixture->collection,
                                                                      ZX_TIME_INFINITE, &info),
                     0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    check_info(info);
}

struct outcome {
    int calls;
    sysmem_status_t status;
    struct sysmem_collection_info *info;
};

static void note(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    struct outcome *outcome = arg;
    outcome->calls++;
    outcome->status = status;
    outcome->info = info;
}

static void waiting_works_in_an_event_loop(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_node *node = sysmem_collection_node(fixture->collection);
    struct outcome outcome = {0};
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated_async(fixture->collection, note, &outcome),
        0);
    (void)answer_buffers(&fixture->server);
    while (outcome.calls == 0) {
        struct pollfd ready = {.fd = sysmem_channel_get_fd(sysmem_node_channel(node)),
                               .events = sysmem_channel_get_events(sysmem_node_channel(node))};
        assert_int_equal(poll(&ready, 1, 20000), 1);
        assert_int_equal(sysmem_channel_process(sysmem_node_channel(node)), 0);
    }
    assert_int_equal(outcome.status, 0);
    check_info(outcome.info);
}

static void an_error_comes_without_a_result(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcome = {0};
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated_async(fixture->collection, note, &outcome),
        0);
    struct message request;
    (void)server_expect(&fixture->server, "WaitForAllBuffersAllocated", &request);
    server_reply(&fixture->server, &request, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY, NULL);
    assert_int_equal(
        sysmem_channel_process(sysmem_node_channel(sysmem_collection_node(fixture->collection))),
        0);
    assert_int_equal(outcome.calls, 1);
    assert_int_equal(outcome.status, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_null(outcome.info);
}

static void *answer_check(void *arg)
{
    struct server *server = arg;
    for (uint32_t err = SYSMEM_ERROR_PENDING;; err = 0) {
        struct message request;
        (void)server_expect(server, "CheckAllBuffersAllocated", &request);
        server_reply(server, &request, err, NULL);
        if (err == 0) {
            return NULL;
        }
    }
}

static void checking_tells_pending_from_there(void **state)
{
    struct fixture *fixture = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_check, &fixture->server), 0);
    struct sysmem_collection *collection = fixture->collection;
    assert_int_equal(sysmem_collection_check_all_buffers_allocated(collection, ZX_TIME_INFINITE),
                     SYSMEM_ERROR_PENDING);
    assert_int_equal(sysmem_collection_check_all_buffers_allocated(collection, ZX_TIME_INFINITE),
                     0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void an_attached_token_is_usable_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_token *token;
    assert_int_equal(
        sysmem_collection_attach_token(fixture->collection, ZX_RIGHT_SAME_RIGHTS, &token), 0);
    assert_int_equal(sysmem_node_set_weak(sysmem_token_node(token)), 0);
    struct message message;
    const struct model_collection_attach_token_request *request =
        server_expect(&fixture->server, "AttachToken", &message);
    assert_true(request->has.token_request && request->has.rights_attenuation_mask);
    assert_int_equal(request->rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
    struct server server;
    server_init_fd(&server, MODEL_PROTOCOL_TOKEN,
                   message_take_fd(&message, request->token_request));
    message_clear(&message);
    (void)server_expect(&server, "SetWeak", &message);
    message_clear(&message);
    server_deinit(&server);
    sysmem_token_free(token);
}

static void lifetime_tracking_hands_the_end_over(void **state)
{
    struct fixture *fixture = *state;
    zx_handle_t ends[2];
    assert_int_equal(zx_eventpair_create(0, &ends[0], &ends[1]), ZX_OK);
    assert_int_equal(sysmem_collection_attach_lifetime_tracking(fixture->collection, ends[1], 2),
                     0);
    assert_int_equal(zx_handle_close(ends[1]), ZX_ERR_BAD_HANDLE); /* was consumed */
    struct message message;
    const struct model_collection_attach_lifetime_tracking_request *request =
        server_expect(&fixture->server, "AttachLifetimeTracking", &message);
    assert_true(request->has.buffers_remaining);
    assert_int_equal(request->buffers_remaining, 2);
    assert_int_equal(message_attachment(&message, request->server_end)->type,
                     ZX_OBJ_TYPE_EVENTPAIR);
    struct pollfd ready = {.fd = sysmem_handle_fd(ends[0])};
    assert_int_equal(poll(&ready, 1, 0), 0);
    message_clear(&message); /* closes the server's end */
    assert_int_equal(poll(&ready, 1, 20000), 1);
    assert_int_equal(ready.revents, POLLHUP);
    assert_int_equal(zx_handle_close(ends[0]), ZX_OK);
    assert_int_equal(sysmem_collection_attach_lifetime_tracking(fixture->collection, ends[1], 2),
                     ZX_ERR_BAD_HANDLE);
}

static void collections_move_as_descriptors_and_as_handles(void **state)
{
    struct fixture *fixture = *state;
    int fd = sysmem_collection_into_fd(fixture->collection);
    assert_int_equal(sysmem_collection_from_fd(fd, &fixture->collection), 0);
    zx_handle_t handle;
    assert_int_equal(sysmem_collection_into_handle(fixture->collection, &handle), 0);
    assert_int_equal(sysmem_collection_from_handle(handle, &fixture->collection), 0);
    assert_int_equal(sysmem_node_release(sysmem_collection_node(fixture->collection)), 0);
    struct message message;
    (void)server_expect(&fixture->server, "Release", &message);
    message_clear(&message);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(constraints_are_sent_as_they_are),
        TEST(overlong_vectors_are_refused_before_sending),
        TEST(waiting_gives_the_buffers),
        TEST(waiting_works_in_an_event_loop),
        TEST(an_error_comes_without_a_result),
        TEST(checking_tells_pending_from_there),
        TEST(an_attached_token_is_usable_at_once),
        TEST(lifetime_tracking_hands_the_end_over),
        TEST(collections_move_as_descriptors_and_as_handles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
