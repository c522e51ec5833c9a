/* Debug.WaitForChange: what happens is told in order, and only to whom it may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sysmem/sysmem.h>

#include "debug_client.h"
#include "support/participant.h"

static const struct model_method *wait_for_change(void)
{
    return model_method_by_name(MODEL_PROTOCOL_DEBUG, "WaitForChange");
}

/* From now on nothing is left out. */
static void begin_to_watch(struct channel *debug)
{
    struct channel_reply reply;
    channel_call(debug, wait_for_change(), NULL, soon(), &reply);
    assert_int_equal(reply.status, 0);
    const struct model_debug_wait_for_change_response *response = reply.response;
    assert_true(response->events_count == 0 && response->missed == 0);
    channel_reply_clear(&reply);
}

/* What came in answers. */
struct heard {
    uint64_t missed;
    size_t events;
    size_t names_hidden;
    uint64_t collection_id; /* of the last */
    uint32_t what;
};

/* Adds one answer, which must come soon. */
static void hear(struct channel *debug, struct heard *heard)
{
    struct channel_reply reply;
    channel_call(debug, wait_for_change(), NULL, soon(), &reply);
    assert_int_equal(reply.status, 0);
    const struct model_debug_wait_for_change_response *response = reply.response;
    assert_true(response->events_count + response->missed > 0);
    heard->missed += response->missed;
    heard->events += response->events_count;
    for (size_t i = 0; i < response->events_count; i++) {
        const struct model_debug_event *event = &response->events[i];
        heard->collection_id = event->collection_id;
        heard->what = event->what;
        heard->names_hidden +=
            event->has.client_name && strncmp(event->client_name, "uid ", 4) == 0 ? 1 : 0;
    }
    channel_reply_clear(&reply);
}

static void keep_status(void *arg, struct channel_reply *reply)
{
    *(sysmem_status_t *)arg = reply->status;
    channel_reply_clear(reply);
}

/* Starts a call that waits for what comes next. */
static uint32_t begin_to_wait(struct channel *debug, sysmem_status_t *ret_status)
{
    uint32_t txid = 0;
    assert_int_equal(channel_start(debug, wait_for_change(), NULL, keep_status, ret_status, &txid),
                     0);
    return txid;
}

static void a_call_waits_until_something_happens(void **state)
{
    (void)state;
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct channel *debug = debug_open(&daemon);
    struct channel_reply reply;
    sysmem_status_t status = 1;
    begin_to_watch(debug);
    uint32_t txid = begin_to_wait(debug, &status);
    /* Later calls are answered before it. */
    channel_call(debug, model_method_by_name(MODEL_PROTOCOL_DEBUG, "GetHeaps"), NULL, soon(),
                 &reply);
    assert_int_equal(reply.status, 0);
    channel_reply_clear(&reply);
    assert_int_equal(status, 1);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *token = root_token(allocator);
    assert_int_equal(channel_wait(debug, txid, soon()), 0);
    assert_int_equal(status, 0);
    /* One that is never answered ends with its channel. */
    (void)begin_to_wait(debug, &status);
    channel_free(debug);
    assert_int_equal(status, ZX_ERR_PEER_CLOSED);
    sysmem_token_free(token);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

static void all_that_happens_is_told_in_order(void **state)
{
    (void)state;
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct channel *debug = debug_open(&daemon);
    struct heard heard = {0};
    begin_to_watch(debug);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *token = root_token(allocator);
    uint64_t id = 0;
    hear(debug, &heard);
    assert_int_equal(heard.events, 1);
    assert_int_equal(heard.what, MODEL_DEBUG_EVENT_KIND_COLLECTION_CREATED);
    assert_int_equal(sysmem_node_get_buffer_collection_id(sysmem_token_node(token), soon(), &id),
                     0);
    assert_int_equal(heard.collection_id, id);
    sysmem_token_free(token);
    while (heard.what != MODEL_DEBUG_EVENT_KIND_COLLECTION_GONE) {
        hear(debug, &heard);
    }
    assert_int_equal(heard.events, 4); /* and the node, and the collection, failed */
    assert_int_equal(heard.missed, 0);
    channel_free(debug);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

static void what_the_log_forgot_is_counted(void **state)
{
    (void)state;
    enum { COUNT = 300, LOG = 256 };
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct channel *debug = debug_open(&daemon);
    struct heard heard = {0};
    begin_to_watch(debug);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    static struct sysmem_token *tokens[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        tokens[i] = root_token(allocator);
    }
    assert_int_equal(sysmem_node_sync(sysmem_token_node(tokens[COUNT - 1]), soon()), 0);
    hear(debug, &heard);
    assert_int_equal(heard.events, LOG);
    assert_int_equal(heard.missed, COUNT - LOG);
    for (size_t i = 0; i < COUNT; i++) {
        sysmem_token_free(tokens[i]);
    }
    channel_free(debug);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

static void a_second_waiting_call_is_refused(void **state)
{
    (void)state;
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct channel *debug = debug_open(&daemon);
    begin_to_watch(debug);
    sysmem_status_t outcomes[2] = {0};
    uint32_t txids[2];
    for (size_t i = 0; i < 2; i++) {
        txids[i] = begin_to_wait(debug, &outcomes[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        (void)channel_wait(debug, txids[i], soon());
        assert_int_equal(outcomes[i], ZX_ERR_PEER_CLOSED);
    }
    assert_true(daemon_log_contains(&daemon, "WaitForChange: sent while one is pending"));
    channel_free(debug);
    assert_true(daemon_stop(&daemon));
}

/* Pipes that make two processes take turns. */
static int go[2];
static int done[2];

static int hears_its_own_alone(const struct daemon *daemon)
{
    char byte = 0;
    struct channel *debug = debug_open(daemon);
    struct heard heard = {0};
    begin_to_watch(debug);
    if (write(go[1], "x", 1) != 1 || read(done[0], &byte, 1) != 1) {
        return 2;
    }
    struct sysmem_allocator *allocator = connect_to(daemon);
    struct sysmem_token *token = root_token(allocator);
    uint64_t id = 0;
    (void)sysmem_node_get_buffer_collection_id(sysmem_token_node(token), soon(), &id);
    hear(debug, &heard);
    sysmem_token_free(token);
    sysmem_allocator_free(allocator);
    channel_free(debug);
    bool alone = heard.events == 1 && heard.collection_id == id && heard.names_hidden == 0;
    return alone && heard.missed == 0 ? 0 : 1;
}

/* More than the log remembers happens to collections that nobody else may hear of, once the other
 * user watches. */
static void make_noise(const struct daemon *daemon)
{
    char byte = 0;
    if (read(go[0], &byte, 1) != 1) {
        _exit(1);
    }
    struct sysmem_allocator *allocator = connect_to(daemon);
    for (size_t i = 0; i < 300; i++) {
        struct sysmem_token *token = root_token(allocator);
        (void)sysmem_node_sync(sysmem_token_node(token), soon());
        sysmem_token_free(token);
    }
    sysmem_allocator_free(allocator);
    _exit(write(done[1], "x", 1) == 1 ? 0 : 1);
}

static void a_uid_hears_of_its_own_collections_and_misses_no_others(void **state)
{
    (void)state;
    struct daemon daemon;
    int status = -1;
    debug_start_for_all(&daemon);
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(done), 0);
    pid_t noisy = fork();
    if (noisy == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        make_noise(&daemon);
    }
    assert_true(debug_other_uid_finds(&daemon, hears_its_own_alone));
    assert_int_equal(waitpid(noisy, &status, 0), noisy);
    assert_int_equal(status, 0);
    for (size_t i = 0; i < 2; i++) {
        (void)close(go[i]);
        (void)close(done[i]);
    }
    assert_true(daemon_stop(&daemon));
}

/* The token's descriptor, inherited by the child. */
static int shared_token = -1;

static int hears_of_the_shared_one_without_names(const struct daemon *daemon)
{
    struct sysmem_token *token = NULL;
    if (sysmem_token_from_fd(shared_token, &token) != 0) {
        return 2;
    }
    struct channel *debug = debug_open(daemon);
    struct heard heard = {0};
    begin_to_watch(debug);
    struct sysmem_allocator *allocator = connect_to(daemon);
    struct sysmem_collection *collection = bind_token(allocator, token);
    (void)sysmem_node_sync(sysmem_collection_node(collection), soon());
    hear(debug, &heard);
    size_t hidden = heard.names_hidden; /* it bound its own node */
    leave(collection);
    while (heard.what != MODEL_DEBUG_EVENT_KIND_NODE_ORPHANED) {
        hear(debug, &heard);
    }
    channel_free(debug);
    sysmem_allocator_free(allocator);
    return hidden == 0 && heard.events == 3 ? 0 : 1;
}

static void a_participant_hears_of_the_collection(void **state)
{
    (void)state;
    struct daemon daemon;
    debug_start_for_all(&daemon);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    assert_int_equal(sysmem_allocator_set_debug_client_info(allocator, "secret", 1), 0);
    struct sysmem_token *token = root_token(allocator);
    shared_token = sysmem_token_into_fd(duplicate(token));
    assert_true(debug_other_uid_finds(&daemon, hears_of_the_shared_one_without_names));
    (void)close(shared_token);
    sysmem_token_free(token);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_waits_until_something_happens),
        cmocka_unit_test(all_that_happens_is_told_in_order),
        cmocka_unit_test(what_the_log_forgot_is_counted),
        cmocka_unit_test(a_second_waiting_call_is_refused),
        cmocka_unit_test(a_uid_hears_of_its_own_collections_and_misses_no_others),
        cmocka_unit_test(a_participant_hears_of_the_collection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
