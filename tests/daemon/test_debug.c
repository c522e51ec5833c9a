/* The Debug protocol: everything arrives, however much it is, and only what its viewer may see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sysmem/sysmem.h>

#include "debug_client.h"
#include "support/participant.h"

/* What a viewer sees in all pages together. */
struct seen {
    size_t pages;
    size_t collections;
    size_t nodes;
    size_t with_constraints;
    size_t names_hidden;
    uint64_t last_id;
};

static void add_page(struct seen *seen, const struct model_debug_get_collections_response *page)
{
    seen->pages++;
    seen->collections += page->collections_count;
    for (size_t i = 0; i < page->collections_count; i++) {
        const struct model_debug_collection *collection = &page->collections[i];
        seen->last_id = collection->id;
        seen->nodes += collection->nodes_count;
        for (size_t n = 0; n < collection->nodes_count; n++) {
            const struct model_debug_node *node = &collection->nodes[n];
            assert_true(n == 0 ? !node->has.parent_index : node->parent_index < n);
            seen->with_constraints += node->has.constraints ? 1 : 0;
            seen->names_hidden += strncmp(node->client_name, "uid ", 4) == 0 ? 1 : 0;
        }
    }
}

static struct seen look(const struct daemon *daemon)
{
    struct channel *debug = debug_open(daemon);
    const struct model_method *get = model_method_by_name(MODEL_PROTOCOL_DEBUG, "GetCollections");
    struct seen seen = {0};
    for (bool more = true; more;) {
        struct model_debug_get_collections_request request = {0};
        SYSMEM_SET(&request, first, (uint32_t)seen.collections);
        struct channel_reply reply;
        channel_call(debug, get, &request, soon(), &reply);
        assert_int_equal(reply.status, 0);
        const struct model_debug_get_collections_response *page = reply.response;
        add_page(&seen, page);
        more = page->more;
        channel_reply_clear(&reply);
    }
    channel_free(debug);
    return seen;
}

static char long_name[257];

static void many_collections_arrive_in_pages(void **state)
{
    (void)state;
    enum { COUNT = 900 };
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    assert_int_equal(sysmem_allocator_set_debug_client_info(allocator, long_name, 1), 0);
    static struct sysmem_token *tokens[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        tokens[i] = root_token(allocator);
    }
    assert_int_equal(sysmem_node_sync(sysmem_token_node(tokens[COUNT - 1]), soon()), 0);
    struct seen seen = look(&daemon);
    assert_int_equal(seen.collections, COUNT);
    assert_int_equal(seen.nodes, COUNT);
    assert_true(seen.pages > 1);
    uint64_t last = 0;
    assert_int_equal(
        sysmem_node_get_buffer_collection_id(sysmem_token_node(tokens[COUNT - 1]), soon(), &last),
        0);
    assert_int_equal(seen.last_id, last); /* in the order of their creation */
    for (size_t i = 0; i < COUNT; i++) {
        sysmem_token_free(tokens[i]);
    }
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

static void a_tree_of_the_most_nodes_arrives_whole(void **state)
{
    (void)state;
    enum { COUNT = 4095 };
    struct daemon daemon;
    const struct daemon_options options = {.config =
                                               "{\"limits\": {\"max_nodes_per_uid\": 10000}}"};
    assert_int_equal(daemon_start(&daemon, &options), 0);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    assert_int_equal(sysmem_allocator_set_debug_client_info(allocator, long_name, 1), 0);
    struct sysmem_token *root = root_token(allocator);
    static struct sysmem_token *tokens[COUNT];
    zx_rights_t same[64];
    for (size_t i = 0; i < 64; i++) {
        same[i] = ZX_RIGHT_SAME_RIGHTS;
    }
    for (size_t i = 0; i < COUNT; i += 64) {
        size_t count = COUNT - i < 64 ? COUNT - i : 64;
        assert_int_equal(sysmem_token_duplicate_sync(root, same, count, soon(), &tokens[i]), 0);
    }
    struct seen seen = look(&daemon);
    assert_int_equal(seen.collections, 1);
    assert_int_equal(seen.nodes, COUNT + 1);
    for (size_t i = 0; i < COUNT; i++) {
        sysmem_token_free(tokens[i]);
    }
    sysmem_token_free(root);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

static int sees_its_own_alone(const struct daemon *daemon)
{
    struct sysmem_allocator *allocator = connect_to(daemon);
    struct sysmem_token *token = root_token(allocator);
    (void)sysmem_node_sync(sysmem_token_node(token), soon());
    struct seen seen = look(daemon);
    sysmem_token_free(token);
    sysmem_allocator_free(allocator);
    return seen.collections == 1 && seen.names_hidden == 0 ? 0 : 1;
}

static void a_uid_sees_its_own_collections(void **state)
{
    (void)state;
    struct daemon daemon;
    debug_start_for_all(&daemon);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *token = root_token(allocator);
    assert_int_equal(sysmem_node_sync(sysmem_token_node(token), soon()), 0);
    assert_true(debug_other_uid_finds(&daemon, sees_its_own_alone));
    assert_int_equal(look(&daemon).collections, 1);
    sysmem_token_free(token);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

/* The token's descriptor, inherited by the child. */
static int shared_token = -1;

static int sees_the_shared_one_without_names(const struct daemon *daemon)
{
    struct sysmem_token *token = NULL;
    if (sysmem_token_from_fd(shared_token, &token) != 0) {
        return 2;
    }
    struct sysmem_allocator *allocator = connect_to(daemon);
    struct sysmem_collection *collection = bind_token(allocator, token);
    (void)sysmem_node_sync(sysmem_collection_node(collection), soon());
    struct seen seen = look(daemon);
    leave(collection);
    sysmem_allocator_free(allocator);
    return seen.collections == 1 && seen.nodes == 2 && seen.names_hidden == 1 ? 0 : 1;
}

static void a_participant_sees_the_collection_without_others_names(void **state)
{
    (void)state;
    struct daemon daemon;
    debug_start_for_all(&daemon);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    assert_int_equal(sysmem_allocator_set_debug_client_info(allocator, "secret", 1), 0);
    struct sysmem_token *token = root_token(allocator);
    shared_token = sysmem_token_into_fd(duplicate(token));
    assert_true(debug_other_uid_finds(&daemon, sees_the_shared_one_without_names));
    (void)close(shared_token);
    sysmem_token_free(token);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

static const struct model_method *wait_for_change(void)
{
    return model_method_by_name(MODEL_PROTOCOL_DEBUG, "WaitForChange");
}

/* Answered at once, and without events: how much has happened so far. */
static uint64_t watch_from(struct channel *debug)
{
    struct model_debug_wait_for_change_request request = {0};
    struct channel_reply reply;
    channel_call(debug, wait_for_change(), &request, soon(), &reply);
    assert_int_equal(reply.status, 0);
    const struct model_debug_wait_for_change_response *response = reply.response;
    assert_int_equal(response->events_count, 0);
    uint64_t seen = response->seen;
    channel_reply_clear(&reply);
    return seen;
}

/* What came in answers. */
struct heard {
    uint64_t seen;
    uint64_t missed;
    size_t events;
    size_t names_hidden;
    uint64_t collection_id; /* of the last */
    uint32_t what;
};

/* Adds one answer, which must come soon. */
static void hear(struct channel *debug, struct heard *heard)
{
    struct model_debug_wait_for_change_request request = {0};
    struct channel_reply reply;
    SYSMEM_SET(&request, seen, heard->seen);
    channel_call(debug, wait_for_change(), &request, soon(), &reply);
    assert_int_equal(reply.status, 0);
    const struct model_debug_wait_for_change_response *response = reply.response;
    assert_true(response->seen > heard->seen);
    heard->seen = response->seen;
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

/* Starts a call that waits for what comes after event `seen`. */
static uint32_t begin_to_wait(struct channel *debug, uint64_t seen, sysmem_status_t *ret_status)
{
    struct model_debug_wait_for_change_request request = {0};
    uint32_t txid = 0;
    SYSMEM_SET(&request, seen, seen);
    assert_int_equal(
        channel_start(debug, wait_for_change(), &request, keep_status, ret_status, &txid), 0);
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
    uint32_t txid = begin_to_wait(debug, watch_from(debug), &status);
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
    (void)begin_to_wait(debug, watch_from(debug), &status);
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
    struct heard heard = {.seen = watch_from(debug)};
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
    struct heard heard = {.seen = watch_from(debug)};
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
    uint64_t seen = watch_from(debug);
    sysmem_status_t outcomes[2] = {0};
    uint32_t txids[2];
    for (size_t i = 0; i < 2; i++) {
        txids[i] = begin_to_wait(debug, seen, &outcomes[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        (void)channel_wait(debug, txids[i], soon());
        assert_int_equal(outcomes[i], ZX_ERR_PEER_CLOSED);
    }
    assert_true(daemon_log_contains(&daemon, "WaitForChange: sent while one is pending"));
    channel_free(debug);
    assert_true(daemon_stop(&daemon));
}

/* The other user's own collection comes after one that it must not hear of. */
static int hears_its_own_alone(const struct daemon *daemon)
{
    struct channel *debug = debug_open(daemon);
    struct heard heard = {0}; /* from the daemon's start on */
    struct sysmem_allocator *allocator = connect_to(daemon);
    struct sysmem_token *token = root_token(allocator);
    uint64_t id = 0;
    (void)sysmem_node_get_buffer_collection_id(sysmem_token_node(token), soon(), &id);
    hear(debug, &heard);
    sysmem_token_free(token);
    sysmem_allocator_free(allocator);
    channel_free(debug);
    return heard.events == 1 && heard.collection_id == id && heard.names_hidden == 0 ? 0 : 1;
}

static void a_uid_hears_of_its_own_collections(void **state)
{
    (void)state;
    struct daemon daemon;
    debug_start_for_all(&daemon);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *token = root_token(allocator);
    assert_int_equal(sysmem_node_sync(sysmem_token_node(token), soon()), 0);
    assert_true(debug_other_uid_finds(&daemon, hears_its_own_alone));
    sysmem_token_free(token);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

static int hears_of_the_shared_one_without_names(const struct daemon *daemon)
{
    struct sysmem_token *token = NULL;
    if (sysmem_token_from_fd(shared_token, &token) != 0) {
        return 2;
    }
    struct channel *debug = debug_open(daemon);
    struct heard heard = {.seen = watch_from(debug)};
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
    memset(long_name, 'n', sizeof(long_name) - 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_collections_arrive_in_pages),
        cmocka_unit_test(a_tree_of_the_most_nodes_arrives_whole),
        cmocka_unit_test(a_uid_sees_its_own_collections),
        cmocka_unit_test(a_participant_sees_the_collection_without_others_names),
        cmocka_unit_test(a_call_waits_until_something_happens),
        cmocka_unit_test(all_that_happens_is_told_in_order),
        cmocka_unit_test(what_the_log_forgot_is_counted),
        cmocka_unit_test(a_second_waiting_call_is_refused),
        cmocka_unit_test(a_uid_hears_of_its_own_collections),
        cmocka_unit_test(a_participant_hears_of_the_collection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
