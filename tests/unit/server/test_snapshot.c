/* Who sees what of the daemon. The test's own connections stand for other users': what the daemon
 * noted of them is changed here. */
#include "whole_server.h"

#include <grp.h>

#include "server/snapshot.h"

#define ME    1000
#define OTHER 1001
#define GROUP 54321

static struct whole_server whole;

static int setup(void **state)
{
    (void)state;
    whole_server_begin(&whole, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    whole_server_end(&whole);
    return 0;
}

/* The viewer that a client of this uid is. */
static struct snapshot_viewer viewer_of(uid_t uid)
{
    struct snapshot_viewer viewer;
    struct stream client;
    struct binding *binding = accept_client(&whole, &client);
    binding->uid = uid;
    snapshot_viewer_init(&viewer, binding);
    stream_deinit(&client);
    return viewer;
}

static void root_sees_everything(void **state)
{
    (void)state;
    const struct snapshot_viewer viewer = viewer_of(0);
    assert_true(viewer.sees_all && viewer.sees_names);
    const struct snapshot_viewer other = viewer_of(ME);
    assert_false(other.sees_all || other.sees_names);
    assert_int_equal(other.uid, ME);
}

static void users_that_the_configuration_names(void **state)
{
    (void)state;
    const uid_t uids[] = {5, ME};
    whole.config.debug.uids = uids;
    whole.config.debug.uid_count = 2;
    assert_true(viewer_of(ME).sees_all);
    assert_false(viewer_of(ME).sees_names); /* that is said apart */
    assert_false(viewer_of(OTHER).sees_all);
    whole.config.debug.show_client_names = true;
    assert_true(viewer_of(OTHER).sees_names);
}

static void the_group_that_the_configuration_names(void **state)
{
    (void)state;
    whole.config.debug.has_group = true;
    whole.config.debug.group = getgid();
    assert_true(viewer_of(ME).sees_all);
    whole.config.debug.group = GROUP;
    assert_false(viewer_of(ME).sees_all);
    whole.config.debug.has_group = false;
    whole.config.debug.group = getgid();
    assert_false(viewer_of(ME).sees_all);
}

/* One that is not the client's first. */
static void a_further_group_of_the_client(void **state)
{
    (void)state;
    gid_t before[256];
    const gid_t groups[] = {GROUP - 1, GROUP};
    int count = getgroups(256, before);
    assert_true(count >= 0);
    if (setgroups(2, groups) != 0) {
        print_message("skipped: only root can change its groups\n");
        skip();
    }
    whole.config.debug.has_group = true;
    whole.config.debug.group = GROUP;
    assert_true(viewer_of(ME).sees_all);
    assert_int_equal(setgroups((size_t)count, before), 0);
    assert_false(viewer_of(ME).sees_all); /* as it was when it connected */
}

/* Three tokens: two of ME's, and one of OTHER's. */
struct tokens {
    struct stream client;
    struct stream tokens[3];
};

static void make_tokens(struct tokens *ret)
{
    (void)accept_client(&whole, &ret->client);
    for (int i = 0; i < 3; i++) {
        open_token(&ret->client, &ret->tokens[i]);
    }
    for (int i = 0; log_lines_count(": created") < 3; i++) {
        assert_true(i < MANY_TURNS);
        turn(&whole);
    }
    const uid_t uids[] = {ME, ME, OTHER};
    size_t at = 0;
    list_for_each (link, &whole.server.collections.collections) {
        struct node *root = container_of(link, struct collection, link)->root;
        collection_set_owner(root, root->client.pid, uids[at++]);
        assert_true(node_set_client(root, "camera", 7));
    }
    assert_int_equal(at, 3);
}

static void end_tokens(struct tokens *tokens)
{
    for (int i = 0; i < 3; i++) {
        stream_deinit(&tokens->tokens[i]);
    }
    stream_deinit(&tokens->client);
}

/* How many collections the viewer is shown from `first` on; the first one's root is in *ret. */
static size_t shown(struct snapshot_viewer *viewer, uint32_t first, struct arena *arena,
                    struct model_debug_node *ret)
{
    struct model_debug_get_collections_response response = {0};
    assert_true(snapshot_collections(viewer, first, arena, &response));
    assert_false(response.more);
    if (response.collections_count > 0) {
        assert_int_equal(response.collections[0].nodes_count, 1);
        *ret = response.collections[0].nodes[0];
    }
    return response.collections_count;
}

static void collections_that_one_takes_part_in(void **state)
{
    (void)state;
    struct tokens tokens;
    struct arena arena;
    struct model_debug_node node = {0};
    make_tokens(&tokens);
    struct snapshot_viewer me = {.server = &whole.server, .uid = ME, .now_ns = UINT64_MAX};
    struct snapshot_viewer all = {
        .server = &whole.server, .uid = OTHER + 1, .sees_all = true, .now_ns = UINT64_MAX};
    struct snapshot_viewer stranger = {.server = &whole.server, .uid = OTHER + 1};
    arena_init(&arena, (size_t)8 << 20);
    assert_int_equal(shown(&me, 0, &arena, &node), 2);
    assert_string_equal(node.client_name, "camera");
    assert_int_equal(node.kind, MODEL_DEBUG_NODE_KIND_TOKEN);
    assert_int_equal(shown(&me, 1, &arena, &node), 1);
    assert_int_equal(shown(&me, 2, &arena, &node), 0);
    assert_int_equal(shown(&stranger, 0, &arena, &node), 0);
    assert_int_equal(shown(&all, 2, &arena, &node), 1);
    assert_string_equal(node.client_name, "uid 1001"); /* it sees that, but not the name */
    arena_clear(&arena);
    end_tokens(&tokens);
}

static void heaps_are_shown_to_everybody(void **state)
{
    (void)state;
    struct arena arena;
    struct model_debug_get_heaps_response response = {0};
    arena_init(&arena, (size_t)1 << 20);
    assert_true(snapshot_heaps(&whole.server, &arena, &response));
    assert_int_equal(response.heaps_count, 2);
    assert_false(response.heaps[0].contiguous || response.heaps[0].has.pool);
    assert_true(response.heaps[1].contiguous && response.heaps[1].has.pool);
    const struct model_debug_pool *pool = &response.heaps[1].pool;
    assert_int_equal(pool->used_per_mille_count, MODEL_DEBUG_POOL_CELLS);
    assert_int_equal(pool->free_bytes, pool->largest_free_bytes);
    assert_string_equal(response.heaps[0].heap.heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM);
    assert_true(response.heaps[0].ready);
    assert_int_equal(response.heaps[0].buffers, 0);
    assert_string_equal(response.heaps[0].backend, "system_ram");
    assert_string_equal(response.heaps[0].tracking, "lease");
    assert_string_equal(response.heaps[0].charged, "daemon");
    assert_true(response.heaps[0].read_only_enforced);
    assert_false(response.heaps[0].opaque || response.heaps[0].has.max_size_bytes);
    assert_string_equal(response.heaps[1].backend, "contiguous");
    arena_clear(&arena);
    arena_init(&arena, 16);
    assert_false(snapshot_heaps(&whole.server, &arena, &response)); /* no memory */
    arena_clear(&arena);
}

/* Pages of costs come without a gap. */
static void the_environment_comes_in_pages(void **state)
{
    enum { COUNT = 10000 };
    static struct sysmem_format_cost_entry costs[COUNT];
    struct model_debug_get_environment_response page = {.more = true};
    uint32_t seen = 0;
    (void)state;
    whole.server.environment.format_costs = costs;
    whole.server.environment.format_cost_count = COUNT;
    whole.server.environment.limits.max_buffers = 7;
    for (int pages = 0; page.more; pages++) {
        page = (struct model_debug_get_environment_response){0};
        snapshot_environment(&whole.server, seen, &page);
        assert_ptr_equal(page.format_costs, costs + seen);
        assert_int_equal(page.limits.max_buffers, 7);
        seen += (uint32_t)page.format_costs_count;
        assert_true(pages < 3);
    }
    assert_int_equal(seen, COUNT);
    page = (struct model_debug_get_environment_response){0};
    snapshot_environment(&whole.server, UINT32_MAX, &page);
    assert_false(page.has.format_costs || page.more);
}

static void heaps_tell_their_aliases(void **state)
{
    static const char *const aliases[] = {"test.ALIAS"};
    struct heap *heap = whole.server.heaps.heaps[0];
    struct arena arena;
    struct model_debug_get_heaps_response response = {0};
    (void)state;
    heap->aliases = aliases;
    heap->alias_count = 1;
    arena_init(&arena, (size_t)1 << 20);
    assert_true(snapshot_heaps(&whole.server, &arena, &response));
    assert_int_equal(response.heaps[0].aliases_count, 1);
    assert_string_equal(response.heaps[0].aliases[0].heap_type, "test.ALIAS");
    arena_clear(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(root_sees_everything),
        TEST(users_that_the_configuration_names),
        TEST(the_group_that_the_configuration_names),
        TEST(a_further_group_of_the_client),
        TEST(collections_that_one_takes_part_in),
        TEST(heaps_are_shown_to_everybody),
        TEST(the_environment_comes_in_pages),
        TEST(heaps_tell_their_aliases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
