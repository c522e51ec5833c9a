/* The Allocator's calls, and tokens and collections that come of them. */
#include "fake_server.h"

#include <pthread.h>

#include <sysmem/allocator.h>
#include <sysmem/collection.h>
#include <sysmem/node.h>
#include <sysmem/token.h>
#include <zircon/syscalls.h>

struct fixture {
    struct server server;
    struct sysmem_allocator *allocator;
    size_t open_before;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.open_before = count_open();
    int fd = server_init(&fixture.server, MODEL_PROTOCOL_ALLOCATOR);
    assert_int_equal(sysmem_allocator_from_fd(fd, &fixture.allocator), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    sysmem_allocator_free(fixture->allocator);
    server_deinit(&fixture->server);
    assert_open(fixture->open_before);
    return 0;
}

/* A server on the server end that a request brought. */
static void serve_end(struct server *server, enum model_protocol protocol, struct message *message,
                      uint32_t slot)
{
    int fd = message_take_fd(message, slot);
    assert_true(fd >= 0);
    server_init_fd(server, protocol, fd);
    message_clear(message);
}

static void a_shared_collection_begins_with_a_token(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_token *token;
    assert_int_equal(sysmem_allocator_allocate_shared_collection(fixture->allocator, &token), 0);
    assert_int_equal(sysmem_node_set_name(sysmem_token_node(token), 1, "at once"), 0);

    struct message message;
    const struct model_allocator_allocate_shared_collection_request *request =
        server_expect(&fixture->server, "AllocateSharedCollection", &message);
    assert_true(request->has.token_request);
    struct server token_server;
    serve_end(&token_server, MODEL_PROTOCOL_TOKEN, &message, request->token_request);
    (void)server_expect(&token_server, "SetName", &message);
    message_clear(&message);
    sysmem_token_free(token);
    assert_int_equal(server_receive(&token_server, &message), STREAM_CLOSED);
    server_deinit(&token_server);
}

static void a_collection_of_one_begins_with_itself(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_collection *collection;
    assert_int_equal(
        sysmem_allocator_allocate_non_shared_collection(fixture->allocator, &collection), 0);
    struct message message;
    const struct model_allocator_allocate_non_shared_collection_request *request =
        server_expect(&fixture->server, "AllocateNonSharedCollection", &message);
    struct server server;
    serve_end(&server, MODEL_PROTOCOL_COLLECTION, &message, request->collection_request);
    assert_int_equal(sysmem_collection_set_constraints(collection, NULL), 0);
    const struct model_collection_set_constraints_request *constraints =
        server_expect(&server, "SetConstraints", &message);
    assert_false(constraints->has.constraints);
    message_clear(&message);
    server_deinit(&server);
    sysmem_collection_free(collection);
}

static void binding_hands_the_token_over(void **state)
{
    struct fixture *fixture = *state;
    struct server token_server;
    struct sysmem_token *token;
    int fd = server_init(&token_server, MODEL_PROTOCOL_TOKEN);
    assert_int_equal(sysmem_token_from_fd(fd, &token), 0);
    struct sysmem_collection *collection;
    assert_int_equal(
        sysmem_allocator_bind_shared_collection(fixture->allocator, token, &collection), 0);

    struct message message;
    const struct model_allocator_bind_shared_collection_request *request =
        server_expect(&fixture->server, "BindSharedCollection", &message);
    assert_true(request->has.token && request->has.buffer_collection_request);
    int token_end = message_take_fd(&message, request->token);
    assert_int_equal(send(token_end, "x", 1, 0), 1); /* is the token's client end */
    char byte;
    assert_int_equal(recv(token_server.stream.fd, &byte, 1, 0), 1);
    close(token_end);
    message_clear(&message);
    server_deinit(&token_server);
    sysmem_collection_free(collection);
}

static void binding_consumes_the_token_also_on_failure(void **state)
{
    struct fixture *fixture = *state;
    struct server token_server;
    struct sysmem_token *token;
    int fd = server_init(&token_server, MODEL_PROTOCOL_TOKEN);
    assert_int_equal(sysmem_token_from_fd(fd, &token), 0);
    stream_deinit(&fixture->server.stream);
    struct sysmem_collection *collection;
    assert_int_equal(
        sysmem_allocator_bind_shared_collection(fixture->allocator, token, &collection),
        ZX_ERR_PEER_CLOSED);
    struct message message;
    assert_int_equal(server_receive(&token_server, &message), STREAM_CLOSED);
    server_deinit(&token_server);
}

static void *answer_validate(void *arg)
{
    struct server *server = arg;
    struct message message;
    const struct model_allocator_validate_buffer_collection_token_request *request =
        server_expect(server, "ValidateBufferCollectionToken", &message);
    struct model_allocator_validate_buffer_collection_token_response response = {0};
    SYSMEM_SET(&response, is_known, request->token_server_koid == 77);
    server_reply(server, &message, 0, &response);
    return NULL;
}

static bool validate(struct fixture *fixture, zx_koid_t koid)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_validate, &fixture->server), 0);
    bool is_known;
    assert_int_equal(sysmem_allocator_validate_buffer_collection_token(fixture->allocator, koid,
                                                                       ZX_TIME_INFINITE, &is_known),
                     0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return is_known;
}

static void tokens_are_validated_by_koid(void **state)
{
    assert_true(validate(*state, 77));
    assert_false(validate(*state, 78));
}

/* What the server answers to GetVmoInfo, and what it was asked about. */
struct vmo_answer {
    struct server *server;
    uint32_t err;
    bool lacks_index;
    bool is_weak;
    int weak_end; /* the other end of close_weak_asap */
    zx_koid_t koid;
};

static void *answer_get_vmo_info(void *arg)
{
    struct vmo_answer *answer = arg;
    struct message message;
    const struct model_allocator_get_vmo_info_request *request =
        server_expect(answer->server, "GetVmoInfo", &message);
    const struct attachment *attachment = message_attachment(&message, request->vmo);
    assert_non_null(attachment);
    assert_int_equal(attachment->type, ZX_OBJ_TYPE_VMO);
    answer->koid = attachment->koid;
    struct message reply;
    message_init(&reply, 0, 0);
    struct model_allocator_get_vmo_info_response response = {0};
    SYSMEM_SET(&response, buffer_collection_id, UINT64_MAX - 1);
    if (!answer->lacks_index) {
        SYSMEM_SET(&response, buffer_index, 127);
    }
    if (answer->is_weak) {
        SYSMEM_SET(&response, close_weak_asap,
                   server_attach_end(&reply, ZX_OBJ_TYPE_EVENTPAIR, &answer->weak_end));
    }
    server_answer(answer->server, &message, answer->err, &response, &reply);
    message_clear(&message);
    return NULL;
}

/* Asks about a new VMO, whose koid the server must have seen. */
static sysmem_status_t get_vmo_info(struct fixture *fixture, struct vmo_answer *answer,
                                    struct sysmem_vmo_info *ret)
{
    zx_handle_t vmo;
    zx_info_handle_basic_t info;
    assert_int_equal(zx_vmo_create(4096, 0, &vmo), ZX_OK);
    assert_int_equal(zx_object_get_info(vmo, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL),
                     ZX_OK);
    pthread_t thread;
    answer->server = &fixture->server;
    assert_int_equal(pthread_create(&thread, NULL, answer_get_vmo_info, answer), 0);
    sysmem_status_t status =
        sysmem_allocator_get_vmo_info(fixture->allocator, vmo, ZX_TIME_INFINITE, ret);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(zx_handle_close(vmo), ZX_ERR_BAD_HANDLE); /* was consumed */
    assert_int_equal(answer->koid, info.koid);
    return status;
}

static void a_vmo_is_asked_about_by_its_koid(void **state)
{
    struct sysmem_vmo_info info;
    struct vmo_answer strong = {0};
    assert_int_equal(get_vmo_info(*state, &strong, &info), 0);
    assert_int_equal(info.buffer_collection_id, UINT64_MAX - 1);
    assert_int_equal(info.buffer_index, 127);
    assert_int_equal(info.close_weak_asap, ZX_HANDLE_INVALID);

    struct vmo_answer weak = {.is_weak = true};
    assert_int_equal(get_vmo_info(*state, &weak, &info), 0);
    assert_int_equal(zx_object_wait_one(info.close_weak_asap, ZX_EVENTPAIR_PEER_CLOSED, 0, NULL),
                     ZX_ERR_TIMED_OUT);
    close(weak.weak_end);
    assert_int_equal(zx_object_wait_one(info.close_weak_asap, ZX_EVENTPAIR_PEER_CLOSED, 0, NULL),
                     ZX_OK);
    assert_int_equal(zx_handle_close(info.close_weak_asap), ZX_OK);
}

static void no_info_leaves_nothing_behind(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_vmo_info info = {.buffer_index = 5};
    struct vmo_answer foreign = {.err = SYSMEM_ERROR_NOT_FOUND};
    assert_int_equal(get_vmo_info(fixture, &foreign, &info), SYSMEM_ERROR_NOT_FOUND);
    struct vmo_answer partial = {.lacks_index = true, .is_weak = true};
    assert_int_equal(get_vmo_info(fixture, &partial, &info), ZX_ERR_IO);
    char byte;
    assert_int_equal(recv(partial.weak_end, &byte, 1, 0), 0); /* nobody holds the other end */
    close(partial.weak_end);
    assert_int_equal(sysmem_allocator_get_vmo_info(fixture->allocator, ZX_HANDLE_INVALID, 0, &info),
                     ZX_ERR_BAD_HANDLE);
    assert_int_equal(info.buffer_index, 5);
}

static void debug_client_info_is_sent(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(sysmem_allocator_set_debug_client_info(fixture->allocator, "me", 5), 0);
    struct message message;
    const struct model_allocator_set_debug_client_info_request *request =
        server_expect(&fixture->server, "SetDebugClientInfo", &message);
    assert_string_equal(request->name, "me");
    assert_int_equal(request->id, 5);
    message_clear(&message);
}

static void no_descriptor_is_no_allocator(void **state)
{
    (void)state;
    struct sysmem_allocator *allocator;
    assert_int_equal(sysmem_allocator_from_fd(-1, &allocator), ZX_ERR_INVALID_ARGS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_shared_collection_begins_with_a_token),
        TEST(a_collection_of_one_begins_with_itself),
        TEST(binding_hands_the_token_over),
        TEST(binding_consumes_the_token_also_on_failure),
        TEST(tokens_are_validated_by_koid),
        TEST(a_vmo_is_asked_about_by_its_koid),
        TEST(no_info_leaves_nothing_behind),
        TEST(debug_client_info_is_sent),
        TEST(no_descriptor_is_no_allocator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
