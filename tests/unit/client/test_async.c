/* The asynchronous form of every two-way call. */
#include "fake_server.h"

#include <sysmem/sysmem.h>
#include <sysmem/usage.h>

struct fixture {
    struct server servers[4]; /* of the allocator, the token, the collection, the group */
    struct sysmem_allocator *allocator;
    struct sysmem_token *token;
    struct sysmem_collection *collection;
    struct sysmem_group *group;
    size_t open_before;
};

static struct server *server_of(struct fixture *fixture, enum model_protocol protocol)
{
    for (size_t i = 0; i < 4; i++) {
        if (fixture->servers[i].protocol == protocol) {
            return &fixture->servers[i];
        }
    }
    fail();
    return NULL;
}

static struct sysmem_channel *channel_of(struct fixture *fixture, enum model_protocol protocol)
{
    switch (protocol) {
    case MODEL_PROTOCOL_TOKEN:
        return sysmem_node_channel(sysmem_token_node(fixture->token));
    case MODEL_PROTOCOL_COLLECTION:
        return sysmem_node_channel(sysmem_collection_node(fixture->collection));
    case MODEL_PROTOCOL_GROUP:
        return sysmem_node_channel(sysmem_group_node(fixture->group));
    default:
        return sysmem_allocator_channel(fixture->allocator);
    }
}

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.open_before = count_open();
    struct server *servers = fixture.servers;
    int fds[] = {server_init(&servers[0], MODEL_PROTOCOL_ALLOCATOR),
                 server_init(&servers[1], MODEL_PROTOCOL_TOKEN),
                 server_init(&servers[2], MODEL_PROTOCOL_COLLECTION),
                 server_init(&servers[3], MODEL_PROTOCOL_GROUP)};
    assert_int_equal(sysmem_allocator_from_fd(fds[0], &fixture.allocator), 0);
    assert_int_equal(sysmem_token_from_fd(fds[1], &fixture.token), 0);
    assert_int_equal(sysmem_collection_from_fd(fds[2], &fixture.collection), 0);
    assert_int_equal(sysmem_group_from_fd(fds[3], &fixture.group), 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    sysmem_allocator_free(fixture->allocator);
    sysmem_token_free(fixture->token);
    sysmem_collection_free(fixture->collection);
    sysmem_group_free(fixture->group);
    for (size_t i = 0; i < 4; i++) {
        server_deinit(&fixture->servers[i]);
    }
    assert_open(fixture->open_before);
    return 0;
}

/* --- What callbacks are told --- */

struct heard {
    int calls;
    sysmem_status_t status;
    bool empty; /* the results are 0, false, NULL */
    bool value;
    uint64_t id;
    zx_handle_t handle;
    struct sysmem_vmo_info vmo_info;
    struct sysmem_token *tokens[64];
    size_t count;
};

static void hear(struct heard *heard, sysmem_status_t status, bool empty)
{
    heard->calls++;
    heard->status = status;
    heard->empty = empty;
}

static void hear_done(void *arg, sysmem_status_t status)
{
    hear(arg, status, true);
}

static void hear_bool(void *arg, sysmem_status_t status, bool value)
{
    struct heard *heard = arg;
    hear(heard, status, !value);
    heard->value = value;
}

static void hear_id(void *arg, sysmem_status_t status, uint64_t id)
{
    struct heard *heard = arg;
    hear(heard, status, id == 0);
    heard->id = id;
}

static void hear_node_ref(void *arg, sysmem_status_t status, zx_handle_t node_ref)
{
    struct heard *heard = arg;
    hear(heard, status, node_ref == ZX_HANDLE_INVALID);
    heard->handle = node_ref;
}

static void hear_vmo_info(void *arg, sysmem_status_t status, const struct sysmem_vmo_info *info)
{
    struct heard *heard = arg;
    hear(heard, status, info == NULL);
    heard->vmo_info = info == NULL ? (struct sysmem_vmo_info){0} : *info;
}

static void hear_tokens(void *arg, sysmem_status_t status, struct sysmem_token *const *tokens,
                        size_t count)
{
    struct heard *heard = arg;
    hear(heard, status, tokens == NULL && count == 0);
    heard->count = count;
    for (size_t i = 0; i < count; i++) {
        heard->tokens[i] = tokens[i];
    }
}

static void hear_allocated(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    hear(arg, status, info == NULL);
    sysmem_collection_info_free(info);
}

/* --- Every call --- */

static const zx_rights_t masks[] = {ZX_RIGHT_SAME_RIGHTS, ZX_RIGHT_READ, ZX_RIGHT_SAME_RIGHTS};

static struct sysmem_node *node_of(struct fixture *fixture)
{
    return sysmem_collection_node(fixture->collection);
}

static zx_handle_t new_event(void)
{
    zx_handle_t event;
    assert_int_equal(zx_event_create(0, &event), ZX_OK);
    return event;
}

static zx_handle_t new_vmo(void)
{
    zx_handle_t vmo;
    assert_int_equal(zx_vmo_create(4096, 0, &vmo), ZX_OK);
    return vmo;
}

/* Each starts its call; without a callback when `heard` is NULL. */
static sysmem_status_t sync_it(struct fixture *fixture, struct heard *heard)
{
    return sysmem_node_sync_async(node_of(fixture), heard == NULL ? NULL : hear_done, heard);
}

static sysmem_status_t get_id(struct fixture *fixture, struct heard *heard)
{
    return sysmem_node_get_buffer_collection_id_async(node_of(fixture),
                                                      heard == NULL ? NULL : hear_id, heard);
}

static sysmem_status_t get_node_ref(struct fixture *fixture, struct heard *heard)
{
    return sysmem_node_get_node_ref_async(node_of(fixture), heard == NULL ? NULL : hear_node_ref,
                                          heard);
}

static sysmem_status_t is_alternate_for(struct fixture *fixture, struct heard *heard)
{
    zx_handle_t event = new_event();
    sysmem_status_t status = sysmem_node_is_alternate_for_async(
        node_of(fixture), event, heard == NULL ? NULL : hear_bool, heard);
    assert_int_equal(zx_handle_close(event), ZX_ERR_BAD_HANDLE); /* consumed in every case */
    return status;
}

static sysmem_status_t wait_for_buffers(struct fixture *fixture, struct heard *heard)
{
    return sysmem_collection_wait_for_all_buffers_allocated_async(
        fixture->collection, heard == NULL ? NULL : hear_allocated, heard);
}

static sysmem_status_t check_buffers(struct fixture *fixture, struct heard *heard)
{
    return sysmem_collection_check_all_buffers_allocated_async(
        fixture->collection, heard == NULL ? NULL : hear_done, heard);
}

static sysmem_status_t duplicate(struct fixture *fixture, struct heard *heard)
{
    return sysmem_token_duplicate_sync_async(fixture->token, masks, 3,
                                             heard == NULL ? NULL : hear_tokens, heard);
}

static sysmem_status_t create_children(struct fixture *fixture, struct heard *heard)
{
    return sysmem_group_create_children_sync_async(fixture->group, masks, 3,
                                                   heard == NULL ? NULL : hear_tokens, heard);
}

static sysmem_status_t validate(struct fixture *fixture, struct heard *heard)
{
    return sysmem_allocator_validate_buffer_collection_token_async(
        fixture->allocator, 77, heard == NULL ? NULL : hear_bool, heard);
}

static sysmem_status_t get_vmo_info(struct fixture *fixture, struct heard *heard)
{
    zx_handle_t vmo = new_vmo();
    sysmem_status_t status = sysmem_allocator_get_vmo_info_async(
        fixture->allocator, vmo, heard == NULL ? NULL : hear_vmo_info, heard);
    assert_int_equal(zx_handle_close(vmo), ZX_ERR_BAD_HANDLE);
    return status;
}

struct row {
    sysmem_status_t (*start)(struct fixture *fixture, struct heard *heard);
    enum model_protocol protocol;
    const char *method;
    bool has_results; /* an answer without them is an error */
};

static const struct row rows[] = {
    {sync_it,          MODEL_PROTOCOL_COLLECTION, "Sync",                          false},
    {get_id,           MODEL_PROTOCOL_COLLECTION, "GetBufferCollectionId",         true },
    {get_node_ref,     MODEL_PROTOCOL_COLLECTION, "GetNodeRef",                    true },
    {is_alternate_for, MODEL_PROTOCOL_COLLECTION, "IsAlternateFor",                true },
    {wait_for_buffers, MODEL_PROTOCOL_COLLECTION, "WaitForAllBuffersAllocated",    true },
    {check_buffers,    MODEL_PROTOCOL_COLLECTION, "CheckAllBuffersAllocated",      false},
    {duplicate,        MODEL_PROTOCOL_TOKEN,      "DuplicateSync",                 true },
    {create_children,  MODEL_PROTOCOL_GROUP,      "CreateChildrenSync",            true },
    {validate,         MODEL_PROTOCOL_ALLOCATOR,  "ValidateBufferCollectionToken", true },
    {get_vmo_info,     MODEL_PROTOCOL_ALLOCATOR,  "GetVmoInfo",                    true },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void every_two_way_method_has_one(void **state)
{
    (void)state;
    size_t count;
    const struct model_method *methods = model_methods(&count);
    for (size_t i = 0; i < count && methods[i].protocol <= MODEL_PROTOCOL_GROUP; i++) {
        bool found = !methods[i].two_way;
        for (size_t r = 0; r < ROWS; r++) {
            found = found || strcmp(methods[i].name, rows[r].method) == 0;
        }
        assert_true(found);
    }
}

/* What an event loop does. */
static sysmem_status_t loop_once(struct sysmem_channel *channel)
{
    struct pollfd ready = {.fd = sysmem_channel_get_fd(channel),
                           .events = sysmem_channel_get_events(channel)};
    assert_true(sysmem_channel_get_timeout(channel) == ZX_TIME_INFINITE);
    assert_int_equal(poll(&ready, 1, 20000), 1);
    return sysmem_channel_process(channel);
}

static void an_error_comes_without_results(void **state)
{
    struct fixture *fixture = *state;
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        struct server *server = server_of(fixture, row->protocol);
        if (!model_method_by_name(row->protocol, row->method)->fallible) {
            continue;
        }
        struct heard heard = {0};
        struct message request;
        assert_int_equal(row->start(fixture, &heard), 0);
        (void)server_expect(server, row->method, &request);
        server_reply(server, &request, SYSMEM_ERROR_UNSPECIFIED, NULL);
        assert_int_equal(heard.calls, 0);
        assert_int_equal(loop_once(channel_of(fixture, row->protocol)), 0);
        assert_int_equal(heard.calls, 1);
        assert_int_equal(heard.status, SYSMEM_ERROR_UNSPECIFIED);
        assert_true(heard.empty);
    }
}

static void an_answer_that_lacks_what_was_asked_for_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        struct server *server = server_of(fixture, row->protocol);
        static const max_align_t nothing[64]; /* an empty table of any type */
        struct heard heard = {0};
        struct message request;
        assert_int_equal(row->start(fixture, &heard), 0);
        (void)server_expect(server, row->method, &request);
        assert_true(model_method_by_name(row->protocol, row->method)->response == NULL ||
                    model_method_by_name(row->protocol, row->method)->response->size <=
                        sizeof(nothing));
        server_reply(server, &request, 0, row->has_results ? nothing : NULL);
        assert_int_equal(loop_once(channel_of(fixture, row->protocol)), 0);
        assert_int_equal(heard.calls, 1);
        assert_int_equal(heard.status, row->has_results ? ZX_ERR_IO : 0);
        assert_true(heard.empty);
    }
}

static void the_end_of_the_channel_ends_each(void **state)
{
    struct fixture *fixture = *state;
    struct heard heard[ROWS] = {0};
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(rows[i].start(fixture, &heard[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        enum model_protocol protocol = fixture->servers[i].protocol;
        server_deinit(&fixture->servers[i]);
        assert_int_equal(loop_once(channel_of(fixture, protocol)), ZX_ERR_PEER_CLOSED);
    }
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(heard[i].calls, 1);
        assert_int_equal(heard[i].status, ZX_ERR_PEER_CLOSED);
        assert_true(heard[i].empty);
        assert_int_equal(rows[i].start(fixture, &heard[i]), ZX_ERR_PEER_CLOSED);
        assert_int_equal(heard[i].calls, 1);
    }
}

static void without_a_callback_nothing_is_sent(void **state)
{
    struct fixture *fixture = *state;
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        struct message message;
        assert_int_equal(row->start(fixture, NULL), ZX_ERR_INVALID_ARGS);
        assert_int_equal(stream_receive(&server_of(fixture, row->protocol)->stream, &message), 0);
    }
}

/* --- What each brings --- */

/* Starts the call of a method and gives its request out. */
static struct server *asked(struct fixture *fixture, const char *method, struct heard *heard,
                            struct message *ret_request, const void **ret_table)
{
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        if (strcmp(row->method, method) == 0) {
            struct server *server = server_of(fixture, row->protocol);
            *heard = (struct heard){0};
            assert_int_equal(row->start(fixture, heard), 0);
            *ret_table = server_expect(server, method, ret_request);
            return server;
        }
    }
    fail();
    return NULL;
}

/* Answers, and lets the callback hear of it. */
static void answered(struct fixture *fixture, struct server *server, struct message *request,
                     const void *response, struct message *reply)
{
    server_answer(server, request, 0, response, reply);
    message_clear(request);
    assert_int_equal(loop_once(channel_of(fixture, server->protocol)), 0);
}

static void truth_values_and_ids_come(void **state)
{
    struct fixture *fixture = *state;
    struct heard heard;
    struct message request;
    struct message reply;
    const void *table;
    message_init(&reply, 0, 0);

    struct server *server = asked(fixture, "GetBufferCollectionId", &heard, &request, &table);
    struct model_node_get_buffer_collection_id_response id = {0};
    SYSMEM_SET(&id, buffer_collection_id, UINT64_MAX - 3);
    answered(fixture, server, &request, &id, &reply);
    assert_int_equal(heard.status, 0);
    assert_true(heard.id == UINT64_MAX - 3);

    message_init(&reply, 0, 0);
    server = asked(fixture, "IsAlternateFor", &heard, &request, &table);
    const struct model_node_is_alternate_for_request *about = table;
    assert_int_equal(message_attachment(&request, about->node_ref)->type, ZX_OBJ_TYPE_EVENT);
    struct model_node_is_alternate_for_response alternate = {0};
    SYSMEM_SET(&alternate, is_alternate, true);
    answered(fixture, server, &request, &alternate, &reply);
    assert_int_equal(heard.status, 0);
    assert_true(heard.value);

    message_init(&reply, 0, 0);
    server = asked(fixture, "ValidateBufferCollectionToken", &heard, &request, &table);
    const struct model_allocator_validate_buffer_collection_token_request *token = table;
    assert_int_equal(token->token_server_koid, 77);
    struct model_allocator_validate_buffer_collection_token_response known = {0};
    SYSMEM_SET(&known, is_known, true);
    answered(fixture, server, &request, &known, &reply);
    assert_int_equal(heard.status, 0);
    assert_true(heard.value);
}

static void handles_are_the_callbacks(void **state)
{
    struct fixture *fixture = *state;
    struct heard heard;
    struct message request;
    struct message reply;
    const void *table;
    int other_end;

    message_init(&reply, 0, 0);
    struct server *server = asked(fixture, "GetNodeRef", &heard, &request, &table);
    struct model_node_get_node_ref_response ref = {0};
    SYSMEM_SET(&ref, node_ref, server_attach_end(&reply, ZX_OBJ_TYPE_EVENT, NULL));
    answered(fixture, server, &request, &ref, &reply);
    assert_int_equal(heard.status, 0);
    assert_int_equal(zx_handle_close(heard.handle), ZX_OK);

    message_init(&reply, 0, 0);
    server = asked(fixture, "GetVmoInfo", &heard, &request, &table);
    const struct model_allocator_get_vmo_info_request *about = table;
    assert_int_equal(message_attachment(&request, about->vmo)->type, ZX_OBJ_TYPE_VMO);
    struct model_allocator_get_vmo_info_response info = {0};
    SYSMEM_SET(&info, buffer_collection_id, 12);
    SYSMEM_SET(&info, buffer_index, 34);
    SYSMEM_SET(&info, close_weak_asap,
               server_attach_end(&reply, ZX_OBJ_TYPE_EVENTPAIR, &other_end));
    answered(fixture, server, &request, &info, &reply);
    assert_int_equal(heard.status, 0);
    assert_int_equal(heard.vmo_info.buffer_collection_id, 12);
    assert_int_equal(heard.vmo_info.buffer_index, 34);
    assert_int_equal(zx_handle_close(heard.vmo_info.close_weak_asap), ZX_OK);
    char byte;
    assert_int_equal(recv(other_end, &byte, 1, 0), 0);
    close(other_end);
}

/* Answers with `count` tokens, whose other ends are given out. */
static void answer_tokens(struct fixture *fixture, const char *method, struct heard *heard,
                          size_t count, int *ret_ends)
{
    struct message request;
    struct message reply;
    const void *table;
    zx_handle_t tokens[8];
    message_init(&reply, 0, 0);
    struct server *server = asked(fixture, method, heard, &request, &table);
    for (size_t i = 0; i < count; i++) {
        tokens[i] = server_attach_end(&reply, ZX_OBJ_TYPE_CHANNEL, &ret_ends[i]);
    }
    struct model_token_duplicate_sync_response duplicates = {0};
    struct model_group_create_children_sync_response children = {0};
    SYSMEM_SET_VECTOR(&duplicates, tokens, tokens, count);
    SYSMEM_SET_VECTOR(&children, tokens, tokens, count);
    bool of_token = server->protocol == MODEL_PROTOCOL_TOKEN;
    answered(fixture, server, &request, of_token ? (void *)&duplicates : (void *)&children, &reply);
}

static void tokens_come_in_their_order(void **state)
{
    struct fixture *fixture = *state;
    static const char *const methods[] = {"DuplicateSync", "CreateChildrenSync"};
    for (size_t m = 0; m < 2; m++) {
        struct heard heard;
        int ends[3];
        answer_tokens(fixture, methods[m], &heard, 3, ends);
        assert_int_equal(heard.status, 0);
        assert_int_equal(heard.count, 3);
        for (size_t i = 0; i < 3; i++) {
            char byte;
            assert_int_equal(recv(ends[i], &byte, 1, MSG_DONTWAIT), -1);
            sysmem_token_free(heard.tokens[i]);
            assert_int_equal(recv(ends[i], &byte, 1, 0), 0);
            close(ends[i]);
        }
        answer_tokens(fixture, methods[m], &heard, 2, ends); /* not as many as asked for */
        assert_int_equal(heard.status, ZX_ERR_IO);
        assert_true(heard.empty);
        close(ends[0]);
        close(ends[1]);
    }
}

/* More than the interface allows, and nothing at all to duplicate with. */
static void too_many_tokens_are_refused(void **state)
{
    struct fixture *fixture = *state;
    zx_rights_t many[SYSMEM_MAX_COUNT_DUPLICATES + 1] = {0};
    struct heard heard = {0};
    assert_int_equal(sysmem_token_duplicate_sync_async(fixture->token, many,
                                                       SYSMEM_MAX_COUNT_DUPLICATES + 1, hear_tokens,
                                                       &heard),
                     ZX_ERR_INVALID_ARGS);
    assert_int_equal(sysmem_group_create_children_sync_async(fixture->group, many,
                                                             SYSMEM_MAX_COUNT_CREATE_CHILDREN + 1,
                                                             hear_tokens, &heard),
                     ZX_ERR_INVALID_ARGS);
    assert_int_equal(heard.calls, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_two_way_method_has_one),
        TEST(an_error_comes_without_results),
        TEST(an_answer_that_lacks_what_was_asked_for_is_an_error),
        TEST(the_end_of_the_channel_ends_each),
        TEST(without_a_callback_nothing_is_sent),
        TEST(truth_values_and_ids_come),
        TEST(handles_are_the_callbacks),
        TEST(tokens_come_in_their_order),
        TEST(too_many_tokens_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
