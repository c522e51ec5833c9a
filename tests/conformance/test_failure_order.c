/* In which order channels close where a failure domain fails: node by node, the last one of the
 * deepest level first, then upwards level by level.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Node. */
#include "negotiation.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MAX_NODES 16

/* Channels, and the kernel's list of those that have closed, in that order: a channel gets into it
 * when it closes, for which nobody has to look. */
struct watch {
    struct sysmem_node *nodes[MAX_NODES];
    uint32_t count;
    int epoll;
};

static int fd_of(struct sysmem_node *node)
{
    return sysmem_channel_get_fd(sysmem_node_channel(node));
}

static void watch_begin(struct watch *watch)
{
    *watch = (struct watch){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    assert_true(watch->epoll >= 0);
}

/* The node gets the next number; all answers to it have been taken. */
static void watch_add(struct watch *watch, struct sysmem_node *node)
{
    struct epoll_event hang_up = {.data.u32 = watch->count}; /* EPOLLHUP comes unasked */
    assert_true(watch->count < MAX_NODES);
    watch->nodes[watch->count++] = node;
    assert_int_equal(epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd_of(node), &hang_up), 0);
}

/* These have closed by now, or will, in this order; and no others. */
static void watch_expect(struct watch *watch, const uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct pollfd hang_up = {.fd = fd_of(watch->nodes[order[i]])};
        assert_int_equal(poll(&hang_up, 1, DAEMON_PATIENCE_MS), 1);
    }
    struct epoll_event events[MAX_NODES];
    assert_int_equal(epoll_wait(watch->epoll, events, MAX_NODES, 0), (int)count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(events[i].data.u32, order[i]);
    }
}

static void watch_end(struct watch *watch)
{
    (void)close(watch->epoll);
}

/* Breaks a rule: its failure domain fails. */
static void misbehave(struct sysmem_token *token)
{
    const zx_rights_t none = 0;
    struct sysmem_token *copy = NULL;
    assert_int_equal(sysmem_token_duplicate_sync(token, &none, 1, soon(), &copy),
                     ZX_ERR_PEER_CLOSED);
}

/* 0 ── 1 ── 4     2 ── 6 ── 7
 *   ── 2   └─ 5        └─── 8
 *   └─ 3                        6 is a group; all others are tokens */
struct family {
    struct sysmem_token *tokens[9]; /* but for the group */
    struct sysmem_group *group;
    struct watch watch;
};

static void family_open(struct family *family, struct stage *stage)
{
    struct sysmem_token **tokens = family->tokens;
    tokens[0] = root_token(stage->allocator);
    for (int i = 1; i <= 3; i++) {
        tokens[i] = duplicate(tokens[0]);
    }
    tokens[4] = duplicate(tokens[1]);
    tokens[5] = duplicate(tokens[1]);
    tokens[6] = NULL;
    family->group = group_under(tokens[2]);
    tokens[7] = child_of(family->group);
    tokens[8] = child_of(family->group);
    watch_begin(&family->watch);
    for (int i = 0; i < 9; i++) {
        watch_add(&family->watch, tokens[i] == NULL ? sysmem_group_node(family->group)
                                                    : sysmem_token_node(tokens[i]));
    }
}

static void family_close(struct family *family)
{
    watch_end(&family->watch);
    sysmem_group_free(family->group);
    for (int i = 0; i < 9; i++) {
        sysmem_token_free(family->tokens[i]);
    }
}

static void a_tree_closes_level_by_level_from_below(void **state)
{
    static const uint32_t order[] = {8, 7, 6, 5, 4, 3, 2, 1, 0};
    struct family family;
    family_open(&family, *state);
    misbehave(family.tokens[0]);
    watch_expect(&family.watch, order, 9);
    family_close(&family);
}

/* Whoever broke the rule has no other place than the rest. */
static void who_is_to_blame_closes_in_his_place(void **state)
{
    static const uint32_t order[] = {8, 7, 6, 5, 4, 3, 2, 1, 0};
    static const int to_blame[] = {1, 5, 7};
    for (size_t i = 0; i < sizeof(to_blame) / sizeof(to_blame[0]); i++) {
        struct family family;
        family_open(&family, *state);
        misbehave(family.tokens[to_blame[i]]);
        watch_expect(&family.watch, order, 9);
        family_close(&family);
    }
}

/* 0 ── 1 ── 2 ── 4 (attached)     1 is dispensable, 5 is another child of 0
 *   └─ 5  └─ 3 */
enum { ROOT, TOP, LEFT, RIGHT, ATTACHED, OTHER, SEATS };

/* All have their buffers, and each is the number of its own in `watch`. */
static void sit_down(struct seat seats[SEATS], struct stage *stage, struct watch *watch)
{
    const struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *top = duplicate(root);
    assert_int_equal(sysmem_token_set_dispensable(top), 0);
    seats[LEFT] = seat_take(stage, duplicate(top));
    seats[RIGHT] = seat_take(stage, duplicate(top));
    seats[TOP] = seat_take(stage, top);
    seats[OTHER] = seat_take(stage, duplicate(root));
    seats[ROOT] = seat_take(stage, root);
    seats[ATTACHED] = seat_take(stage, attach_to(&seats[LEFT]));
    watch_begin(watch);
    for (int i = 0; i < SEATS; i++) {
        seat_say_unsynced(&seats[i], i == ATTACHED ? NULL : &wish);
    }
    for (int i = 0; i < SEATS; i++) {
        seat_expect_buffers(&seats[i], SEATS - 1);
        watch_add(watch, sysmem_collection_node(seats[i].collection));
    }
}

static void a_domain_closes_with_those_within_it_and_no_others(void **state)
{
    static const uint32_t order[] = {ATTACHED, RIGHT, LEFT, TOP};
    struct seat seats[SEATS];
    struct watch watch;
    sit_down(seats, *state, &watch);
    assert_int_equal(sysmem_collection_set_constraints(seats[RIGHT].collection, NULL), 0);
    watch_expect(&watch, order, 4);
    assert_open(sysmem_collection_node(seats[ROOT].collection));
    assert_open(sysmem_collection_node(seats[OTHER].collection));
    watch_end(&watch);
    for (int i = 0; i < SEATS; i++) {
        seat_leave(&seats[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_tree_closes_level_by_level_from_below),
        CASE(who_is_to_blame_closes_in_his_place),
        CASE(a_domain_closes_with_those_within_it_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
