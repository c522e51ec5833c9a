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
    size_t left_out; /* constraints */
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
            seen->left_out += node->constraints_left_out ? 1 : 0;
            assert_false(node->has.constraints && node->has.constraints_left_out);
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

/* Legal constraints of the most image entries, with the most formats each. */
static struct sysmem_buffer_collection_constraints large_constraints(void)
{
    enum { COUNT = 64 };
    static struct sysmem_pixel_format_and_modifier pairs[COUNT];
    static struct sysmem_image_format_constraints images[COUNT];
    struct sysmem_buffer_collection_constraints constraints = cpu_constraints(1, 4096, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        pairs[i] = (struct sysmem_pixel_format_and_modifier){i, i};
        SYSMEM_SET_VECTOR(&images[i], pixel_format_and_modifiers, pairs, COUNT);
    }
    SYSMEM_SET_VECTOR(&constraints, image_format_constraints, images, COUNT);
    return constraints;
}

/* What an answer has no room for is told as such: it could be mistaken for nothing otherwise. */
static void constraints_without_room_are_told_as_left_out(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *root = root_token(allocator);
    const struct sysmem_buffer_collection_constraints large = large_constraints();
    struct sysmem_collection *collections[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        collections[i] = bind_token(allocator, duplicate(root));
        assert_int_equal(sysmem_collection_set_constraints(collections[i], &large), 0);
        assert_int_equal(sysmem_node_sync(sysmem_collection_node(collections[i]), soon()), 0);
    }
    struct seen seen = look(&daemon);
    assert_int_equal(seen.nodes, COUNT + 1);
    assert_true(seen.with_constraints > 0 && seen.left_out > 0);
    assert_int_equal(seen.with_constraints + seen.left_out, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        sysmem_collection_free(collections[i]);
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
    assert_true(daemon_log_wait_for(&daemon, "closed its end without Release", 0) > 0);
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

int main(void)
{
    memset(long_name, 'n', sizeof(long_name) - 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_collections_arrive_in_pages),
        cmocka_unit_test(a_tree_of_the_most_nodes_arrives_whole),
        cmocka_unit_test(constraints_without_room_are_told_as_left_out),
        cmocka_unit_test(a_uid_sees_its_own_collections),
        cmocka_unit_test(a_participant_sees_the_collection_without_others_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
