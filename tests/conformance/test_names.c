/* The names of buffers, and of those who take part.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Node, SetName, SetDebugClientInfo. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "negotiation.h"
#include "wishes.h"

/* Lets a participant allocate two buffers, and checks the name of one. Consumes the token. */
static void assert_named(struct stage *stage, struct sysmem_token *token, size_t index,
                         const char *wanted)
{
    struct sysmem_collection *collection = bind_token(stage->allocator, token);
    const struct sysmem_buffer_collection_constraints wish = cpu_constraints(2, PAGE, 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    char name[ZX_MAX_NAME_LEN] = {0};
    assert_int_equal(zx_object_get_property(sysmem_collection_info_get(info)->buffers[index].vmo,
                                            ZX_PROP_NAME, name, sizeof(name)),
                     ZX_OK);
    assert_string_equal(name, wanted);
    sysmem_collection_info_free(info);
    leave(collection);
}

static void name_it(struct sysmem_token *token, uint32_t priority, const char *name)
{
    assert_int_equal(sysmem_node_set_name(sysmem_token_node(token), priority, name), 0);
}

static void c135_the_name_of_highest_priority_wins(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *token = root_token(stage->allocator);
    name_it(token, 5, "c");
    name_it(token, 100, "a");
    name_it(token, 6, "b");
    assert_named(stage, token, 1, "a:1");
}

static void of_equal_priorities_the_first_wins(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *token = root_token(stage->allocator);
    name_it(token, 0, "first");
    name_it(token, 0, "second");
    assert_named(stage, token, 0, "first:0");
    token = root_token(stage->allocator);
    name_it(token, UINT32_MAX - 1, "first");
    name_it(token, UINT32_MAX, "second");
    assert_named(stage, token, 0, "second:0");
}

static void every_node_names_the_whole_collection(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    name_it(root, 1, "by the root");
    struct sysmem_token *child = duplicate(root);
    name_it(child, 2, "by the child");
    assert_int_equal(sysmem_node_release(sysmem_token_node(child)), 0);
    sysmem_token_free(child); /* the name stays */
    assert_named(stage, root, 0, "by the child:0");
}

static void a_long_name_is_cut_and_a_longer_one_refused(void **state)
{
    struct stage *stage = *state;
    char name[66];
    memset(name, 'n', sizeof(name));
    name[65] = '\0';
    struct sysmem_token *token = root_token(stage->allocator);
    assert_int_equal(sysmem_node_set_name(sysmem_token_node(token), 2, name), ZX_ERR_INVALID_ARGS);
    name[64] = '\0';
    name_it(token, 1, name);
    assert_named(stage, token, 0, name + 64 - (ZX_MAX_NAME_LEN - 1));
}

static void a_name_after_allocation_does_not_rename(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    name_it(root, 1, "early");
    struct sysmem_collection *collection = bind_token(stage->allocator, root);
    const struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
    for (int round = 0; round < 2; round++) {
        struct sysmem_collection_info *info = NULL;
        assert_int_equal(
            sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info), 0);
        char name[ZX_MAX_NAME_LEN] = {0};
        assert_int_equal(zx_object_get_property(sysmem_collection_info_get(info)->buffers[0].vmo,
                                                ZX_PROP_NAME, name, sizeof(name)),
                         ZX_OK);
        assert_string_equal(name, "early:0");
        sysmem_collection_info_free(info);
        assert_int_equal(sysmem_node_set_name(sysmem_collection_node(collection), 9, "late"), 0);
    }
    leave(collection);
}

static void c091_set_debug_client_info_is_fine_everywhere(void **state)
{
    struct stage *stage = *state;
    bool known = true;
    assert_int_equal(sysmem_allocator_set_debug_client_info(stage->allocator, "foo", 0), 0);
    assert_int_equal(
        sysmem_allocator_validate_buffer_collection_token(stage->allocator, 0, soon(), &known), 0);
    assert_false(known);
    struct sysmem_token *token = root_token(stage->allocator);
    assert_int_equal(sysmem_node_set_debug_client_info(sysmem_token_node(token), "foo", 0), 0);
    assert_open(sysmem_token_node(token));
    struct sysmem_collection *collection = bind_token(stage->allocator, token);
    struct sysmem_node *node = sysmem_collection_node(collection);
    assert_int_equal(sysmem_node_set_debug_client_info(node, "foo", 0), 0);
    assert_open(node);
    sysmem_collection_free(collection);
}

/* Ends a node without Release; the daemon then says in its log whose it was. */
static void assert_logged_as(struct stage *stage, const char *client, unsigned id)
{
    char text[4200];
    int len = snprintf(text, sizeof(text), "client \"%s\" id %u pid %d uid", client, id, getpid());
    assert_true(len > 0 && (size_t)len < sizeof(text));
    assert_true(daemon_log_wait_for(&stage->daemon, text, 0) > 0);
}

static void say(struct sysmem_token *token, const char *name)
{
    assert_int_equal(sysmem_node_set_debug_client_info(sysmem_token_node(token), name, 6), 0);
}

static void c137_the_allocators_client_info_wins_at_the_bind(void **state)
{
    struct stage *stage = *state;
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz";
    struct sysmem_allocator *binder = connect_to(&stage->daemon);
    assert_int_equal(sysmem_allocator_set_debug_client_info(binder, alphabet, 5), 0);
    struct sysmem_token *token = root_token(stage->allocator); /* of an allocator without a name */
    assert_open(sysmem_token_node(token));
    say(token, "bad"); /* sent later, and handled before the bind all the same */
    struct sysmem_collection *collection = bind_token(binder, token);
    assert_open(sysmem_collection_node(collection));
    sysmem_collection_free(collection);
    sysmem_allocator_free(binder);
    assert_logged_as(stage, alphabet, 5); /* replaced, not put in front */
}

static void a_former_client_name_is_kept(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *token = root_token(stage->allocator);
    say(token, "first");
    say(token, "second");
    say(token, "third");
    sysmem_token_free(token);
    assert_logged_as(stage, "third (was second (was first))", 6);
}

static void children_begin_with_their_parents_client_name(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    say(root, "parent");
    struct sysmem_token *child = duplicate(root);
    say(root, "later"); /* does not reach the child */
    say(child, "child");
    sysmem_token_free(child);
    assert_logged_as(stage, "child (was parent)", 6);
    sysmem_token_free(root);
}

static void roots_begin_with_their_allocators_client_name(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(sysmem_allocator_set_debug_client_info(stage->allocator, "replaced", 1), 0);
    assert_int_equal(sysmem_allocator_set_debug_client_info(stage->allocator, "maker", 1), 0);
    struct sysmem_token *token = root_token(stage->allocator);
    assert_open(sysmem_token_node(token));
    sysmem_token_free(token);
    assert_logged_as(stage, "maker", 1);
}

static void client_names_have_at_most_256_bytes(void **state)
{
    struct stage *stage = *state;
    char name[258];
    memset(name, 'x', sizeof(name));
    name[257] = '\0';
    struct sysmem_token *token = root_token(stage->allocator);
    struct sysmem_node *node = sysmem_token_node(token);
    assert_int_equal(sysmem_node_set_debug_client_info(node, name, 0), ZX_ERR_INVALID_ARGS);
    assert_int_equal(sysmem_allocator_set_debug_client_info(stage->allocator, name, 0),
                     ZX_ERR_INVALID_ARGS);
    name[256] = '\0';
    for (int i = 0; i < 64; i++) { /* far more than is kept of former names */
        assert_int_equal(sysmem_node_set_debug_client_info(node, name, 0), 0);
    }
    assert_open(node);
    sysmem_token_free(token);
    char text[64]; /* what comes after so long a name is in the log all the same */
    (void)snprintf(text, sizeof(text), "...\" pid %d uid ", getpid());
    assert_true(daemon_log_wait_for(&stage->daemon, text, 0) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c135_the_name_of_highest_priority_wins),
        CASE(of_equal_priorities_the_first_wins),
        CASE(every_node_names_the_whole_collection),
        CASE(a_long_name_is_cut_and_a_longer_one_refused),
        CASE(a_name_after_allocation_does_not_rename),
        CASE(c091_set_debug_client_info_is_fine_everywhere),
        CASE(c137_the_allocators_client_info_wins_at_the_bind),
        CASE(a_former_client_name_is_kept),
        CASE(children_begin_with_their_parents_client_name),
        CASE(roots_begin_with_their_allocators_client_name),
        CASE(client_names_have_at_most_256_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
