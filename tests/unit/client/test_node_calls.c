/* The calls that every node has, on each kind of node. */
#include "fake_server.h"

#include <pthread.h>

#include <sysmem/collection.h>
#include <sysmem/group.h>
#include <sysmem/handle.h>
#include <sysmem/node.h>
#include <sysmem/token.h>
#include <zircon/syscalls.h>

/* One node of each protocol. */
struct kind {
    struct server server;
    struct sysmem_node *node;
};

struct fixture {
    struct kind kinds[3];
    struct sysmem_token *token;
    struct sysmem_collection *collection;
    struct sysmem_group *group;
    size_t open_before;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.open_before = count_open();
    int token = server_init(&fixture.kinds[0].server, MODEL_PROTOCOL_TOKEN);
    int collection = server_init(&fixture.kinds[1].server, MODEL_PROTOCOL_COLLECTION);
    int group = server_init(&fixture.kinds[2].server, MODEL_PROTOCOL_GROUP);
    assert_int_equal(sysmem_token_from_fd(token, &fixture.token), 0);
    assert_int_equal(sysmem_collection_from_fd(collection, &fixture.collection), 0);
    assert_int_equal(sysmem_group_from_fd(group, &fixture.group), 0);
    fixture.kinds[0].node = sysmem_token_node(fixture.token);
    fixture.kinds[1].node = sysmem_collection_node(fixture.collection);
    fixture.kinds[2].node = sysmem_group_node(fixture.group);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    sysmem_token_free(fixture->token);
    sysmem_collection_free(fixture->collection);
    sysmem_group_free(fixture->group);
    for (struct kind *kind = fixture->kinds; kind < fixture->kinds + 3; kind++) {
        server_deinit(&kind->server);
    }
    assert_open(fixture->open_before);
    return 0;
}

/* --- One-way calls --- */

static void calls_without_arguments_are_sent(void **state)
{
    static const struct {
        sysmem_status_t (*call)(struct sysmem_node *node);
        const char *method;
    } rows[] = {
        {sysmem_node_set_weak,            "SetWeak"          },
        {sysmem_node_set_verbose_logging, "SetVerboseLogging"},
        {sysmem_node_release,             "Release"          },
    };
    struct fixture *fixture = *state;
    for (struct kind *kind = fixture->kinds; kind < fixture->kinds + 3; kind++) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            struct message message;
            assert_int_equal(rows[i].call(kind->node), 0);
            assert_null(server_expect(&kind->server, rows[i].method, &message));
            message_clear(&message);
        }
    }
}

static void weak_ok_says_for_whom(void **state)
{
    struct fixture *fixture = *state;
    for (struct kind *kind = fixture->kinds; kind < fixture->kinds + 3; kind++) {
        for (int also = 0; also < 2; also++) {
            struct message message;
            assert_int_equal(sysmem_node_set_weak_ok(kind->node, also == 1), 0);
            const struct model_node_set_weak_ok_request *request =
                server_expect(&kind->server, "SetWeakOk", &message);
            assert_true(request->has.for_child_nodes_also);
            assert_int_equal(request->for_child_nodes_also, also);
            message_clear(&message);
        }
    }
}

static void the_log_deadline_is_sent_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    const zx_time_t deadlines[] = {0, -5, 1234567890123, ZX_TIME_INFINITE};
    for (struct kind *kind = fixture->kinds; kind < fixture->kinds + 3; kind++) {
        for (size_t i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
            struct message message;
            assert_int_equal(sysmem_node_set_debug_timeout_log_deadline(kind->node, deadlines[i]),
                             0);
            const struct model_node_set_debug_timeout_log_deadline_request *request =
                server_expect(&kind->server, "SetDebugTimeoutLogDeadline", &message);
            assert_true(request->has.deadline);
            assert_int_equal(request->deadline, deadlines[i]);
            message_clear(&message);
        }
    }
}

static void node_tracking_hands_the_end_over(void **state)
{
    struct fixture *fixture = *state;
    for (struct kind *kind = fixture->kinds; kind < fixture->kinds + 3; kind++) {
        zx_handle_t ends[2];
        struct message message;
        assert_int_equal(zx_eventpair_create(0, &ends[0], &ends[1]), ZX_OK);
        assert_int_equal(sysmem_node_attach_node_tracking(kind->node, ends[1]), 0);
        const struct model_node_attach_node_tracking_request *request =
            server_expect(&kind->server, "AttachNodeTracking", &message);
        const struct attachment *attachment = message_attachment(&message, request->server_end);
        assert_non_null(attachment);
        assert_int_equal(attachment->type, ZX_OBJ_TYPE_EVENTPAIR);
        zx_signals_t observed;
        assert_int_equal(zx_object_wait_one(ends[0], ZX_EVENTPAIR_PEER_CLOSED, 0, &observed),
                         ZX_ERR_TIMED_OUT);
        message_clear(&message); /* the only one that holds the end */
        assert_int_equal(
            zx_object_wait_one(ends[0], ZX_EVENTPAIR_PEER_CLOSED, ZX_TIME_INFINITE, &observed),
            ZX_OK);
        assert_int_equal(zx_handle_close(ends[0]), ZX_OK);
    }
}

static void node_tracking_consumes_the_end_also_on_failure(void **state)
{
    struct fixture *fixture = *state;
    for (struct kind *kind = fixture->kinds; kind < fixture->kinds + 3; kind++) {
        zx_handle_t ends[2];
        assert_int_equal(zx_eventpair_create(0, &ends[0], &ends[1]), ZX_OK);
        server_deinit(&kind->server);
        assert_int_equal(sysmem_node_attach_node_tracking(kind->node, ends[1]), ZX_ERR_PEER_CLOSED);
        assert_int_equal(zx_object_wait_one(ends[0], ZX_EVENTPAIR_PEER_CLOSED, 0, NULL), ZX_OK);
        assert_int_equal(zx_handle_close(ends[0]), ZX_OK);
        assert_int_equal(sysmem_node_attach_node_tracking(kind->node, ZX_HANDLE_INVALID),
                         ZX_ERR_BAD_HANDLE);
    }
}

/* --- Node references --- */

/* What the server answers. */
struct answer {
    struct server *server;
    uint32_t err;
    bool empty;
    uint32_t type; /* of the reference that is given out */
    bool is_alternate;
    int other_end;       /* of that reference */
    uint64_t ref_cookie; /* of the reference that was asked about */
};

static uint64_t cookie_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t len = sizeof(cookie);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
    return cookie;
}

static void *answer_get_node_ref(void *arg)
{
    struct answer *answer = arg;
    struct message request;
    (void)server_expect(answer->server, "GetNodeRef", &request);
    struct message reply;
    message_init(&reply, 0, 0);
    struct model_node_get_node_ref_response response = {0};
    if (!answer->empty) {
        SYSMEM_SET(&response, node_ref,
                   server_attach_end(&reply, answer->type, &answer->other_end));
        reply.attachments[0].rights = ZX_RIGHT_TRANSFER | ZX_RIGHT_DUPLICATE | ZX_RIGHT_INSPECT;
    }
    server_answer(answer->server, &request, 0, &response, &reply);
    message_clear(&request);
    return NULL;
}

static sysmem_status_t get_node_ref(struct kind *kind, struct answer *answer, zx_handle_t *ret)
{
    pthread_t thread;
    answer->server = &kind->server;
    assert_int_equal(pthread_create(&thread, NULL, answer_get_node_ref, answer), 0);
    sysmem_status_t status = sysmem_node_get_node_ref(kind->node, ZX_TIME_INFINITE, ret);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return status;
}

static void *answer_is_alternate_for(void *arg)
{
    struct answer *answer = arg;
    struct message message;
    const struct model_node_is_alternate_for_request *request =
        server_expect(answer->server, "IsAlternateFor", &message);
    const struct attachment *attachment = message_attachment(&message, request->node_ref);
    assert_non_null(attachment);
    assert_int_equal(attachment->type, ZX_OBJ_TYPE_EVENT);
    answer->ref_cookie = cookie_of(attachment->fd);
    struct model_node_is_alternate_for_response response = {0};
    if (!answer->empty) {
        SYSMEM_SET(&response, is_alternate, answer->is_alternate);
    }
    server_reply(answer->server, &message, answer->err, &response);
    return NULL;
}

static sysmem_status_t is_alternate_for(struct kind *kind, struct answer *answer, zx_handle_t ref,
                                        bool *ret)
{
    pthread_t thread;
    answer->server = &kind->server;
    assert_int_equal(pthread_create(&thread, NULL, answer_is_alternate_for, answer), 0);
    sysmem_status_t status = sysmem_node_is_alternate_for(kind->node, ref, ZX_TIME_INFINITE, ret);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(zx_handle_close(ref), ZX_ERR_BAD_HANDLE); /* was consumed */
    return status;
}

static void a_node_ref_comes_back_as_the_same_socket(void **state)
{
    struct fixture *fixture = *state;
    for (struct kind *kind = fixture->kinds; kind < fixture->kinds + 3; kind++) {
        struct answer answer = {.type = ZX_OBJ_TYPE_EVENT};
        zx_handle_t ref;
        assert_int_equal(get_node_ref(kind, &answer, &ref), 0);
        zx_info_handle_basic_t info;
        assert_int_equal(
            zx_object_get_info(ref, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL), ZX_OK);
        assert_int_equal(info.type, ZX_OBJ_TYPE_EVENT);
        assert_int_equal(info.rights, ZX_RIGHT_TRANSFER | ZX_RIGHT_DUPLICATE | ZX_RIGHT_INSPECT);
        assert_int_equal(info.related_koid, ZX_KOID_INVALID);

        zx_handle_t duplicate;
        assert_int_equal(zx_handle_duplicate(ref, ZX_RIGHT_SAME_RIGHTS, &duplicate), ZX_OK);
        const zx_handle_t refs[] = {duplicate, ref};
        for (int i = 0; i < 2; i++) {
            struct answer asked = {.is_alternate = i == 0};
            bool is_alternate = i != 0;
            assert_int_equal(is_alternate_for(kind, &asked, refs[i], &is_alternate), 0);
            assert_int_equal(is_alternate, i == 0);
            assert_int_equal(asked.ref_cookie, info.koid);
        }
        char byte;
        assert_int_equal(recv(answer.other_end, &byte, 1, 0), 0); /* nobody holds it any more */
        close(answer.other_end);
    }
}

static void an_event_of_ones_own_is_asked_about_too(void **state)
{
    struct fixture *fixture = *state;
    for (struct kind *kind = fixture->kinds; kind < fixture->kinds + 3; kind++) {
        zx_handle_t event;
        bool is_alternate = true;
        struct answer answer = {.err = SYSMEM_ERROR_NOT_FOUND};
        assert_int_equal(zx_event_create(0, &event), ZX_OK);
        assert_int_equal(is_alternate_for(kind, &answer, event, &is_alternate),
                         SYSMEM_ERROR_NOT_FOUND);
        assert_true(is_alternate); /* is as it was */
    }
}

static void answers_that_lack_what_was_asked_for_are_errors(void **state)
{
    struct fixture *fixture = *state;
    for (struct kind *kind = fixture->kinds; kind < fixture->kinds + 3; kind++) {
        struct answer empty = {.empty = true};
        zx_handle_t ref = 77;
        bool is_alternate;
        assert_int_equal(get_node_ref(kind, &empty, &ref), ZX_ERR_IO);
        struct answer pair = {.type = ZX_OBJ_TYPE_EVENTPAIR};
        assert_int_equal(get_node_ref(kind, &pair, &ref), ZX_ERR_IO);
        close(pair.other_end);
        assert_int_equal(ref, 77);
        zx_handle_t event;
        assert_int_equal(zx_event_create(0, &event), ZX_OK);
        assert_int_equal(is_alternate_for(kind, &empty, event, &is_alternate), ZX_ERR_IO);
    }
}

static void deadlines_hold(void **state)
{
    struct fixture *fixture = *state;
    for (struct kind *kind = fixture->kinds; kind < fixture->kinds + 3; kind++) {
        zx_handle_t ref;
        bool is_alternate;
        assert_int_equal(sysmem_node_get_node_ref(kind->node, 0, &ref), ZX_ERR_TIMED_OUT);
        zx_handle_t event;
        assert_int_equal(zx_event_create(0, &event), ZX_OK);
        assert_int_equal(sysmem_node_is_alternate_for(kind->node, event, 0, &is_alternate),
                         ZX_ERR_TIMED_OUT);
    }
}

/* --- The end of a node --- */

static void count_end(void *arg, sysmem_status_t status)
{
    assert_int_equal(status, ZX_ERR_PEER_CLOSED);
    (*(int *)arg)++;
}

static void one_loop_hears_of_the_end_of_every_node(void **state)
{
    struct fixture *fixture = *state;
    struct pollfd ready[3];
    int ends[3] = {0};
    for (int i = 0; i < 3; i++) {
        struct sysmem_node *node = fixture->kinds[i].node;
        sysmem_channel_on_closed(sysmem_node_channel(node), count_end, &ends[i]);
        ready[i] = (struct pollfd){.fd = sysmem_channel_get_fd(sysmem_node_channel(node)),
                                   .events = sysmem_channel_get_events(sysmem_node_channel(node))};
    }
    assert_int_equal(poll(ready, 3, 0), 0);
    for (int i = 2; i >= 0; i--) {
        server_deinit(&fixture->kinds[i].server);
        assert_int_equal(poll(ready, 3, 20000), 1);
        assert_true(ready[i].revents != 0);
        assert_int_equal(sysmem_channel_process(sysmem_node_channel(fixture->kinds[i].node)),
                         ZX_ERR_PEER_CLOSED);
        assert_int_equal(ends[i], 1);
        ready[i].fd = -1;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_without_arguments_are_sent),
        TEST(weak_ok_says_for_whom),
        TEST(the_log_deadline_is_sent_as_it_is),
        TEST(node_tracking_hands_the_end_over),
        TEST(node_tracking_consumes_the_end_also_on_failure),
        TEST(a_node_ref_comes_back_as_the_same_socket),
        TEST(an_event_of_ones_own_is_asked_about_too),
        TEST(answers_that_lack_what_was_asked_for_are_errors),
        TEST(deadlines_hold),
        TEST(one_loop_hears_of_the_end_of_every_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
