/* A channel on which the daemon is the client; the test is the process that serves it. */
#include "whole_server.h"

#include <errno.h>

#include "model/served.h"
#include "server/helper.h"
#include "server/link.h"

#define HANGS_S 60

#define SECOND  UINT64_C(1000000000)

struct scene {
    struct whole_server whole;
    struct stream client;
    struct stream peer; /* the served end */
    struct link *link;
    int events;
    int closings;
    int answers;
    struct link_answer last; /* pointers in it are void */
    uint32_t slot;           /* of the last answer's VMO */
    int taken;               /* its descriptor */
    bool calls_again;        /* from within the answer */
    bool closes;
};

static const char *on_event(void *owner, const struct model_method *method, const void *table,
                            struct message *message)
{
    struct scene *scene = owner;
    const struct model_heap_on_register_request *event = table;
    assert_string_equal(method->name, "OnRegister");
    assert_int_equal(message->attachment_count, 0);
    assert_true(event->properties.need_clear);
    return ++scene->events > 1 ? "OnRegister comes once" : NULL;
}

static void on_closed(void *owner)
{
    struct scene *scene = owner;
    scene->closings++;
    scene->link = NULL;
}

static const struct link_ops ops = {on_event, on_closed};

static int ask(struct scene *scene, uint64_t timeout_ns);

static void on_answer(void *arg, const struct link_answer *answer)
{
    struct scene *scene = arg;
    scene->answers++;
    scene->last = *answer;
    if (answer->response != NULL) {
        const struct model_heap_allocate_vmo_response *response = answer->response;
        scene->taken = message_take_fd(answer->message, response->vmo);
    }
    if (scene->calls_again) {
        scene->calls_again = false;
        assert_int_equal(ask(scene, SECOND), answer->status == -EPIPE ? -EPIPE : 0);
    }
    if (scene->closes) {
        scene->closes = false;
        link_close(scene->link, NULL);
        scene->link = NULL;
    }
}

static int ask(struct scene *scene, uint64_t timeout_ns)
{
    struct model_heap_allocate_vmo_request request = {0};
    SYSMEM_SET(&request, size, 4096);
    SYSMEM_SET(&request, buffer_index, 7);
    const struct link_call call = {
        .method = "AllocateVmo",
        .request = &request,
        .timeout_ns = timeout_ns,
        .answered = on_answer,
        .arg = scene,
    };
    return link_call(scene->link, &call, NULL);
}

static int setup(void **state)
{
    static struct scene scene;
    memset(&scene, 0, sizeof(scene));
    scene.taken = -1;
    (void)alarm(HANGS_S);
    whole_server_begin(&scene.whole, NULL);
    struct binding *allocator = accept_client(&scene.whole, &scene.client);
    int ends[2];
    make_pair(ends);
    const char *why = NULL;
    scene.link = link_new(allocator, MODEL_PROTOCOL_HEAP, ends[1], &why);
    assert_non_null(scene.link);
    stream_init(&scene.peer, ends[0], SIZE_MAX);
    link_begin(scene.link, &ops, &scene);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    fd_close(&scene->taken);
    stream_deinit(&scene->peer);
    stream_deinit(&scene->client);
    whole_server_end(&scene->whole);
    (void)alarm(0);
    return 0;
}

/* The next request that the peer gets. */
static struct message next_request(struct scene *scene)
{
    struct message message;
    assert_int_equal(receive(&scene->whole, &scene->peer, &message), 1);
    assert_int_equal(message.ordinal, 1);
    return message;
}

static uint32_t next_txid(struct scene *scene)
{
    struct message message = next_request(scene);
    uint32_t txid = message.txid;
    message_clear(&message);
    return txid;
}

static void answer_error(struct scene *scene, uint32_t txid, uint32_t err)
{
    const struct model_method *method = model_method_by_name(MODEL_PROTOCOL_HEAP, "AllocateVmo");
    struct message message;
    message_init(&message, 1, txid);
    assert_int_equal(codec_encode_result(method, err, NULL, &message), CODEC_OK);
    assert_int_equal(stream_send(&scene->peer, &message), 0);
}

static void answer_vmo(struct scene *scene, uint32_t txid, int fd)
{
    const struct model_method *method = model_method_by_name(MODEL_PROTOCOL_HEAP, "AllocateVmo");
    struct model_heap_allocate_vmo_response response = {0};
    struct message message;
    message_init(&message, 1, txid);
    SYSMEM_SET(&response, vmo,
               (zx_handle_t)message_attach(&message, &(struct attachment){.fd = fd}));
    assert_int_equal(codec_encode_result(method, 0, &response, &message), CODEC_OK);
    assert_int_equal(stream_send(&scene->peer, &message), 0);
}

static void turn_until(struct scene *scene, const int *count, int wanted)
{
    uv_loop_t *loop = &scene->whole.server.loop;
    turn(&scene->whole);
    while (*count < wanted) {
        struct pollfd ready = {.fd = uv_backend_fd(loop), .events = POLLIN};
        (void)poll(&ready, 1, uv_backend_timeout(loop));
        turn(&scene->whole);
    }
    assert_int_equal(*count, wanted);
}

static int some_memory(void)
{
    int fd = memfd_create("some", MFD_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void an_answer_brings_its_descriptor(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    struct message request = next_request(scene);
    struct model_heap_allocate_vmo_request table;
    struct arena arena;
    arena_init(&arena, 65536);
    const struct model_method *method = model_method_by_name(MODEL_PROTOCOL_HEAP, "AllocateVmo");
    assert_int_equal(codec_decode(method->request, &request, &arena, &table, NULL), CODEC_OK);
    assert_int_equal(table.buffer_index, 7);
    arena_clear(&arena);
    answer_vmo(scene, request.txid, some_memory());
    message_clear(&request);
    turn_until(scene, &scene->answers, 1);
    assert_int_equal(scene->last.status, 0);
    assert_int_equal(scene->last.err, 0);
    assert_true(fcntl(scene->taken, F_GET_SEALS) >= 0);
}

static void answers_come_in_any_order(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    assert_int_equal(ask(scene, SECOND), 0);
    uint32_t first = next_txid(scene);
    uint32_t second = next_txid(scene);
    answer_error(scene, second, SYSMEM_ERROR_NO_MEMORY);
    turn_until(scene, &scene->answers, 1);
    assert_int_equal(scene->last.status, 0);
    assert_int_equal(scene->last.err, SYSMEM_ERROR_NO_MEMORY);
    answer_error(scene, first, SYSMEM_ERROR_UNSPECIFIED);
    turn_until(scene, &scene->answers, 2);
    assert_int_equal(scene->last.err, SYSMEM_ERROR_UNSPECIFIED);
}

static void an_answer_may_ask_again(void **state)
{
    struct scene *scene = *state;
    scene->calls_again = true;
    assert_int_equal(ask(scene, SECOND), 0);
    answer_error(scene, next_txid(scene), SYSMEM_ERROR_NO_MEMORY);
    answer_error(scene, next_txid(scene), SYSMEM_ERROR_NO_MEMORY);
    turn_until(scene, &scene->answers, 2);
}

static void what_is_late_is_dropped(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, 1), 0);
    turn_until(scene, &scene->answers, 1);
    assert_int_equal(scene->last.status, -ETIMEDOUT);
    assert_true(log_lines_have("AllocateVmo: no answer within the deadline"));
    answer_vmo(scene, next_txid(scene), some_memory());
    assert_int_equal(ask(scene, 60 * SECOND), 0);
    answer_error(scene, next_txid(scene), SYSMEM_ERROR_NO_MEMORY);
    turn_until(scene, &scene->answers, 2);
    assert_int_equal(scene->last.err, SYSMEM_ERROR_NO_MEMORY);
    assert_int_equal(scene->closings, 0);
}

static void who_never_answers_is_closed(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < LINK_MAX_LATE; i++) {
        assert_int_equal(ask(scene, 1), 0);
        turn_until(scene, &scene->answers, i + 1);
        (void)next_txid(scene);
    }
    assert_int_equal(scene->closings, 0);
    assert_int_equal(ask(scene, 1), 0);
    turn_until(scene, &scene->closings, 1);
    assert_int_equal(scene->answers, LINK_MAX_LATE + 1);
    assert_true(log_lines_have("too many calls that are not answered"));
}

/* Asked for more than it can do at a time: whoever asks cannot have it taken for dead. */
static void who_is_busy_is_not_closed(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i <= LINK_MAX_LATE; i++) {
        assert_int_equal(ask(scene, SECOND), 0);
    }
    assert_int_equal(ask(scene, 600 * SECOND), 0);
    for (int i = 0; i <= LINK_MAX_LATE; i++) {
        (void)next_txid(scene);
    }
    answer_error(scene, next_txid(scene), SYSMEM_ERROR_NO_MEMORY);
    turn_until(scene, &scene->answers, 1);
    turn_until(scene, &scene->answers, 2 + LINK_MAX_LATE);
    assert_int_equal(scene->last.status, -ETIMEDOUT);
    assert_false(scene->last.is_silent);
    assert_int_equal(ask(scene, 1), 0);
    (void)next_txid(scene);
    turn_until(scene, &scene->answers, 3 + LINK_MAX_LATE);
    assert_true(scene->last.is_silent);
    turn_until(scene, &scene->closings, 1); /* now it has answered nothing since */
}

/* Its queue fills, and then calls are refused. */
static void who_does_not_read_costs_no_more_than_a_queue(void **state)
{
    struct scene *scene = *state;
    size_t most = scene->whole.config.quotas.max_queued_bytes_per_connection;
    struct binding *binding = container_of(scene->whole.server.bindings.prev, struct binding, link);
    assert_ptr_equal(link_binding(scene->link), binding);
    int asked = 0;
    int r = ask(scene, 600 * SECOND);
    while (r == 0) {
        asked++;
        assert_true(binding->stream.out_bytes <= most);
        r = ask(scene, 600 * SECOND);
    }
    assert_int_equal(r, -ENOBUFS);
    /* It may answer while it is behind with reading. */
    answer_error(scene, 1, SYSMEM_ERROR_NO_MEMORY);
    turn_until(scene, &scene->answers, 1);
    for (int i = 0; i < asked; i++) {
        (void)next_txid(scene);
    }
    assert_int_equal(ask(scene, SECOND), 0);
    (void)next_txid(scene);
    stream_deinit(&scene->peer);
    turn_until(scene, &scene->closings, 1);
    assert_int_equal(scene->answers, asked + 1);
    assert_int_equal(scene->last.status, -EPIPE);
    scene->peer.fd = -1;
}

static void the_end_answers_what_is_pending(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    assert_int_equal(ask(scene, SECOND), 0);
    (void)next_txid(scene);
    scene->calls_again = true; /* is refused */
    assert_int_equal(shutdown(scene->peer.fd, SHUT_RDWR), 0);
    turn_until(scene, &scene->closings, 1);
    assert_int_equal(scene->answers, 2);
    assert_int_equal(scene->last.status, -EPIPE);
}

static void who_closes_hears_the_answers_only(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    assert_int_equal(ask(scene, SECOND), 0);
    scene->closes = true;
    answer_error(scene, next_txid(scene), SYSMEM_ERROR_NO_MEMORY);
    turn_until(scene, &scene->answers, 2);
    assert_int_equal(scene->last.status, -EPIPE);
    while (!list_is_empty(&scene->whole.server.links)) {
        turn(&scene->whole);
    }
    assert_int_equal(scene->closings, 0);
}

/* The teardown finds that nothing is left. */
static void the_daemon_may_end_meanwhile(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    assert_int_equal(ask(scene, SECOND), 0);
    (void)next_txid(scene);
}

static void send_event(struct scene *scene, uint32_t txid)
{
    struct model_heap_on_register_request event = {0};
    SYSMEM_SET(&event, properties, (struct model_heap_properties){0});
    SYSMEM_SET(&event.properties, need_clear, true);
    send_request(&scene->peer, MODEL_PROTOCOL_HEAP, "OnRegister", txid, &event);
}

static void assert_ends(struct scene *scene, const char *why)
{
    int answers = scene->answers;
    turn_until(scene, &scene->closings, 1);
    assert_true(scene->answers == answers + 1);
    assert_int_equal(scene->last.status, -EPIPE);
    assert_true(log_lines_have(why));
}

static void an_event_comes_to_the_owner(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    send_event(scene, 0);
    turn_until(scene, &scene->events, 1);
    send_event(scene, 0);
    assert_ends(scene, "OnRegister comes once");
}

static void an_event_with_a_txid_is_nonsense(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    send_event(scene, 77);
    assert_ends(scene, "an answer to what it was not asked");
    assert_int_equal(scene->events, 0);
}

static void an_answer_to_nothing_is_nonsense(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    answer_vmo(scene, next_txid(scene) + 1, some_memory());
    assert_ends(scene, "an answer to what it was not asked");
}

static void an_answer_without_a_txid_is_nonsense(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    answer_error(scene, 0, SYSMEM_ERROR_NO_MEMORY);
    assert_ends(scene, "an answer without a transaction id");
}

static void two_answers_are_nonsense(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    assert_int_equal(ask(scene, SECOND), 0);
    uint32_t txid = next_txid(scene);
    answer_error(scene, txid, SYSMEM_ERROR_NO_MEMORY);
    turn_until(scene, &scene->answers, 1);
    answer_error(scene, txid, SYSMEM_ERROR_NO_MEMORY);
    assert_ends(scene, "an answer to what it was not asked");
}

static void send_raw(struct scene *scene, uint32_t ordinal, uint32_t txid, const char *body, int fd)
{
    struct message message;
    message_init(&message, ordinal, txid);
    message.body_len = strlen(body);
    message.body = malloc(message.body_len + 1);
    assert_non_null(message.body);
    memcpy(message.body, body, message.body_len);
    if (fd >= 0) {
        assert_int_equal(message_attach(&message, &(struct attachment){.fd = fd}), 1);
    }
    assert_int_equal(stream_send(&scene->peer, &message), 0);
}

static void an_answer_of_another_method_is_nonsense(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    send_raw(scene, 2, next_txid(scene), "\x0a", -1);
    assert_ends(scene, "an answer of another method than it was asked");
}

static void an_unknown_method_is_nonsense(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    send_raw(scene, 99, 0, "", -1);
    assert_ends(scene, "a message of a method that its protocol does not have");
}

static void what_cannot_be_decoded_is_nonsense(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    send_raw(scene, 1, next_txid(scene), "garbage", -1);
    assert_ends(scene, "the channel closes");
}

static void a_descriptor_beside_an_error_is_nonsense(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    send_raw(scene, 1, next_txid(scene), "\x10\x02", some_memory()); /* err: 2 */
    assert_ends(scene, "the channel closes");
}

static void no_arm_at_all_is_nonsense(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    send_raw(scene, 1, next_txid(scene), "", -1);
    assert_ends(scene, "the channel closes");
}

static void a_method_that_it_does_not_know_is_nonsense(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ask(scene, SECOND), 0);
    send_raw(scene, 1, next_txid(scene), "\x18\x01", -1); /* framework_err: 1 */
    assert_ends(scene, "it says that it does not know a method which it has to have");
}

static void an_unfit_end_is_refused(void **state)
{
    struct scene *scene = *state;
    struct binding *allocator =
        container_of(scene->whole.server.bindings.next, struct binding, link);
    const char *why = NULL;
    assert_null(link_new(allocator, MODEL_PROTOCOL_HEAP, some_memory(), &why));
    assert_non_null(strstr(why, "got another kind of descriptor"));
}

/* Its end may be anybody's: a helper receives, and everything else is the same. */
static void a_foreign_peer_is_heard_by_a_helper(void **state)
{
    struct scene *scene = *state;
    struct binding *allocator =
        container_of(scene->whole.server.bindings.next, struct binding, link);
    scene->whole.server.helper_fd = helper_start();
    link_close(scene->link, NULL);
    stream_deinit(&scene->peer);
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    const char *why = NULL;
    scene->link = link_new(allocator, MODEL_PROTOCOL_HEAP, ends[1], &why);
    assert_non_null(scene->link);
    assert_true(link_binding(scene->link)->foreign);
    stream_init(&scene->peer, ends[0], SIZE_MAX);
    link_begin(scene->link, &ops, scene);
    send_event(scene, 0);
    turn_until(scene, &scene->events, 1);
    assert_int_equal(ask(scene, 60 * SECOND), 0);
    assert_int_equal(ask(scene, 60 * SECOND), 0);
    answer_vmo(scene, next_txid(scene), some_memory());
    turn_until(scene, &scene->answers, 1);
    assert_true(scene->taken >= 0);
    stream_deinit(&scene->peer);
    scene->peer.fd = -1;
    turn_until(scene, &scene->closings, 1);
    assert_int_equal(scene->answers, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_brings_its_descriptor),
        TEST(answers_come_in_any_order),
        TEST(an_answer_may_ask_again),
        TEST(what_is_late_is_dropped),
        TEST(who_does_not_read_costs_no_more_than_a_queue),
        TEST(the_end_answers_what_is_pending),
        TEST(who_closes_hears_the_answers_only),
        TEST(the_daemon_may_end_meanwhile),
        TEST(an_event_comes_to_the_owner),
        TEST(an_event_with_a_txid_is_nonsense),
        TEST(an_answer_to_nothing_is_nonsense),
        TEST(an_answer_without_a_txid_is_nonsense),
        TEST(two_answers_are_nonsense),
        TEST(an_answer_of_another_method_is_nonsense),
        TEST(an_unknown_method_is_nonsense),
        TEST(what_cannot_be_decoded_is_nonsense),
        TEST(a_descriptor_beside_an_error_is_nonsense),
        TEST(no_arm_at_all_is_nonsense),
        TEST(a_method_that_it_does_not_know_is_nonsense),
        TEST(an_unfit_end_is_refused),
        TEST(a_foreign_peer_is_heard_by_a_helper),
        TEST(who_is_busy_is_not_closed),
        TEST(who_never_answers_is_closed), /* last: logs all that it may */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
