/* What the configuration allows of everything that a client can make grow: one more is refused,
 * and the log says who asked for what, and what is allowed.
 * Source: docs/config.md, limits. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "seat.h"

#define CAPPED(name, limits)                                                                       \
    cmocka_unit_test_prestate_setup_teardown(name, open_capped, stage_close,                       \
                                             "{\"limits\": {" limits "}}")

static int open_capped(void **state)
{
    int failed = stage_open_config(state);
    const struct stage *stage = *state;
    assert_int_equal(sysmem_allocator_set_debug_client_info(stage->allocator, "asker", 7), 0);
    return failed;
}

__attribute__((format(printf, 2, 3))) static void assert_log_says(const struct stage *stage,
                                                                  const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_true(len > 0 && (size_t)len < sizeof(text));
    if (daemon_log_wait_for(&stage->daemon, text, 0) < 0) {
        fail_msg("the log does not say: %s", text);
    }
}

/* A refusal of one of this process's nodes. */
static void assert_refused(const struct stage *stage, const char *what)
{
    assert_log_says(stage, "client \"asker\" id 7 pid %d uid %u: %s", (int)getpid(),
                    (unsigned)getuid(), what);
}

/* One child more than is allowed fails the token. */
static void refuse_duplicate(struct stage *stage, const char *what)
{
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *child = duplicate(root);
    const zx_rights_t mask = ZX_RIGHT_SAME_RIGHTS;
    struct sysmem_token *refused = NULL;
    assert_int_equal(sysmem_token_duplicate_sync(root, &mask, 1, soon(), &refused),
                     ZX_ERR_PEER_CLOSED);
    assert_refused(stage, what);
    sysmem_token_free(child);
    sysmem_token_free(root);
}

static void nodes_per_tree(void **state)
{
    refuse_duplicate(*state, "DuplicateSync: token 0 of 1: max_nodes_per_tree: wanted 1 more, but "
                             "the tree has 2 of 2; the channel closes");
    assert_still_serves(*state);
}

static void nodes_per_uid(void **state)
{
    char what[160];
    (void)snprintf(what, sizeof(what),
                   "DuplicateSync: token 0 of 1: max_nodes_per_uid: wanted 1 more, but uid %u has "
                   "2 of 2; the channel closes",
                   (unsigned)getuid());
    refuse_duplicate(*state, what);
    assert_still_serves(*state);
}

static void children_per_group(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_group *group = group_under(root);
    struct sysmem_token *child = child_of(group);
    const zx_rights_t mask = ZX_RIGHT_SAME_RIGHTS;
    struct sysmem_token *refused = NULL;
    assert_int_equal(sysmem_group_create_children_sync(group, &mask, 1, soon(), &refused),
                     ZX_ERR_PEER_CLOSED);
    assert_refused(stage, "CreateChildrenSync: token 0 of 1: max_children_per_group: wanted 1 "
                          "more, but the group has 1 of 1; the channel closes");
    sysmem_token_free(child);
    sysmem_group_free(group);
    sysmem_token_free(root);
    assert_still_serves(stage);
}

/* An Allocator belongs to no collection: it alone closes. */
static void collections_per_uid(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *first = root_token(stage->allocator);
    assert_open(sysmem_token_node(first));
    struct sysmem_token *second = root_token(stage->allocator);
    assert_closed(sysmem_token_node(second));
    assert_open(sysmem_token_node(first));
    assert_log_says(stage,
                    "Allocator pid %d uid %u: AllocateSharedCollection: max_collections_per_uid: "
                    "wanted 1 more, but uid %u has 1 of 1",
                    (int)getpid(), (unsigned)getuid(), (unsigned)getuid());
    sysmem_token_free(second);
    sysmem_token_free(first);
}

static void group_combinations(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&choice.root, &wish);
    seat_say(&choice.children[1], &wish); /* would fit */
    wish = picky(1, 2 * PAGE);
    seat_say(&choice.children[0], &wish);
    group_settle(choice.group);
    seat_expect(&choice.root, SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS);
    assert_refused(*state, "allocation fails: TOO_MANY_GROUP_CHILD_COMBINATIONS");
    assert_log_says(*state,
                    "warning:     wanted more combinations of group children, got the limit "
                    "max_group_combinations 1");
    choice_leave(&choice);
}

/* Two who want `count` buffers of so many pages are told `error`. */
static void refuse_buffers(struct stage *stage, uint32_t count, uint64_t pages,
                           sysmem_status_t error)
{
    struct sysmem_token *token = root_token(stage->allocator);
    struct seat idle = seat_take(stage, duplicate(token));
    struct seat seat = seat_take(stage, token);
    struct sysmem_buffer_collection_constraints wish = picky(count, pages * PAGE);
    seat_say(&seat, &wish);
    seat_decide(&idle, NULL);
    seat_expect(&seat, error);
    seat_drop(&idle);
    seat_drop(&seat);
}

static void refuse_size(struct stage *stage, uint32_t count, uint64_t pages)
{
    refuse_buffers(stage, count, pages, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_refused(stage, "allocation fails: CONSTRAINTS_INTERSECTION_EMPTY");
}

static void buffers(void **state)
{
    refuse_size(*state, 4, 1);
    assert_log_says(*state, "warning:     wanted 4 buffers, got the limit max_buffers 3");
}

static void buffer_bytes(void **state)
{
    refuse_size(*state, 1, 2);
    assert_log_says(*state,
                    "warning:     wanted %" PRIu64 " bytes a buffer, got the limit "
                    "max_buffer_bytes 1000",
                    2 * PAGE);
}

static void allocation_size(void **state)
{
    refuse_size(*state, 1, 2);
    assert_log_says(*state,
                    "warning:     wanted %" PRIu64 " bytes a buffer, got the limit "
                    "max_allocation_size 1000",
                    2 * PAGE);
}

static void collection_bytes(void **state)
{
    refuse_size(*state, 3, 1);
    assert_log_says(*state,
                    "warning:     wanted 3 buffers of %" PRIu64 " bytes, got the limit "
                    "max_collection_bytes 1000",
                    PAGE);
}

static void bytes_per_uid(void **state)
{
    struct stage *stage = *state;
    refuse_buffers(stage, 2, 1, SYSMEM_ERROR_NO_MEMORY);
    assert_refused(stage, "allocation fails: NO_MEMORY");
    assert_log_says(
        stage, "warning:     max_bytes_per_uid: wanted %" PRIu64 " more, but uid %u has 0 of 1000",
        2 * PAGE, (unsigned)getuid());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CAPPED(nodes_per_tree, "\"max_nodes_per_tree\": 2"),
        CAPPED(nodes_per_uid, "\"max_nodes_per_uid\": 2"),
        CAPPED(children_per_group, "\"max_children_per_group\": 1"),
        CAPPED(collections_per_uid, "\"max_collections_per_uid\": 1"),
        CAPPED(group_combinations, "\"max_group_combinations\": 1"),
        CAPPED(buffers, "\"max_buffers\": 3"),
        CAPPED(buffer_bytes, "\"max_buffer_bytes\": 1000"),
        CAPPED(allocation_size, "\"max_allocation_size\": 1000"),
        CAPPED(collection_bytes, "\"max_collection_bytes\": 1000"),
        CAPPED(bytes_per_uid, "\"max_bytes_per_uid\": 1000"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
