/* What a participant must not do, and what Release means.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Node, BufferCollection. */
#include "negotiation.h"
#include "wishes.h"

/* A collection of one, and a token beside it that shows whether the whole has failed. */
struct couple {
    struct sysmem_collection *collection;
    struct sysmem_token *witness;
};

static struct couple couple_of(struct stage *stage)
{
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *witness = duplicate(root);
    return (struct couple){bind_token(stage->allocator, root), witness};
}

static void couple_has_failed(struct stage *stage, struct couple *couple)
{
    assert_closed(sysmem_collection_node(couple->collection));
    assert_closed(sysmem_token_node(couple->witness));
    sysmem_collection_free(couple->collection);
    sysmem_token_free(couple->witness);
    assert_still_serves(stage);
}

static void second_set_constraints_fails(void **state)
{
    struct couple couple = couple_of(*state);
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    assert_int_equal(sysmem_collection_set_constraints(couple.collection, &wish), 0);
    assert_open(sysmem_collection_node(couple.collection));
    assert_int_equal(sysmem_collection_set_constraints(couple.collection, &wish), 0);
    couple_has_failed(*state, &couple);
}

static void second_set_constraints_fails_after_an_empty_one(void **state)
{
    struct couple couple = couple_of(*state);
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    assert_int_equal(sysmem_collection_set_constraints(couple.collection, NULL), 0);
    assert_open(sysmem_collection_node(couple.collection));
    assert_int_equal(sysmem_collection_set_constraints(couple.collection, &wish), 0);
    couple_has_failed(*state, &couple);
}

static void wait_before_set_constraints_fails(void **state)
{
    struct couple couple = couple_of(*state);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated(couple.collection, soon(), &info),
        ZX_ERR_PEER_CLOSED);
    couple_has_failed(*state, &couple);
}

static void check_before_set_constraints_answers_pending(void **state)
{
    struct couple couple = couple_of(*state);
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    assert_int_equal(sysmem_collection_check_all_buffers_allocated(couple.collection, soon()),
                     SYSMEM_ERROR_PENDING);
    assert_int_equal(sysmem_collection_set_constraints(couple.collection, &wish), 0);
    assert_int_equal(sysmem_collection_check_all_buffers_allocated(couple.collection, soon()),
                     SYSMEM_ERROR_PENDING); /* the token has not said what it wants */
    sysmem_token_free(couple.witness);
    assert_closed(sysmem_collection_node(couple.collection));
    sysmem_collection_free(couple.collection);
}

static sysmem_status_t do_sync(struct couple *couple)
{
    return sysmem_node_sync(sysmem_collection_node(couple->collection), soon());
}

static sysmem_status_t do_release(struct couple *couple)
{
    return sysmem_node_release(sysmem_collection_node(couple->collection));
}

static sysmem_status_t do_set_name(struct couple *couple)
{
    return sysmem_node_set_name(sysmem_collection_node(couple->collection), 1, "late");
}

static sysmem_status_t do_set_client(struct couple *couple)
{
    return sysmem_node_set_debug_client_info(sysmem_collection_node(couple->collection), "late", 1);
}

static sysmem_status_t do_get_id(struct couple *couple)
{
    uint64_t id = 0;
    return sysmem_node_get_buffer_collection_id(sysmem_collection_node(couple->collection), soon(),
                                                &id);
}

static sysmem_status_t do_set_constraints(struct couple *couple)
{
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    return sysmem_collection_set_constraints(couple->collection, &wish);
}

static sysmem_status_t do_wait(struct couple *couple)
{
    struct sysmem_collection_info *info = NULL;
    return sysmem_collection_wait_for_all_buffers_allocated(couple->collection, soon(), &info);
}

static sysmem_status_t do_check(struct couple *couple)
{
    return sysmem_collection_check_all_buffers_allocated(couple->collection, soon());
}

static void every_message_on_a_collection_after_release_fails(void **state)
{
    static const struct {
        sysmem_status_t (*send)(struct couple *couple);
        bool two_way;
    } messages[] = {
        {do_sync,            true },
        {do_release,         false},
        {do_set_name,        false},
        {do_set_client,      false},
        {do_get_id,          true },
        {do_set_constraints, false},
        {do_wait,            true },
        {do_check,           true },
    };
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        struct couple couple = couple_of(*state);
        if (messages[i].send == do_wait) {
            assert_int_equal(do_set_constraints(&couple), 0); /* so that only Release forbids it */
        }
        assert_int_equal(do_release(&couple), 0);
        assert_int_equal(messages[i].send(&couple), messages[i].two_way ? ZX_ERR_PEER_CLOSED : 0);
        couple_has_failed(*state, &couple);
    }
}

static void every_message_on_a_token_after_release_fails(void **state)
{
    struct stage *stage = *state;
    for (int i = 0; i < 6; i++) {
        struct sysmem_token *token = root_token(stage->allocator);
        struct sysmem_node *node = sysmem_token_node(token);
        struct sysmem_token *witness = duplicate(token);
        struct sysmem_token *copy = NULL;
        const zx_rights_t same = ZX_RIGHT_SAME_RIGHTS;
        uint64_t id = 0;
        assert_int_equal(sysmem_node_release(node), 0);
        const sysmem_status_t status =
            i == 0   ? sysmem_token_duplicate(token, same, &copy)
            : i == 1 ? sysmem_token_duplicate_sync(token, &same, 1, soon(), &copy)
            : i == 2 ? sysmem_node_release(node)
            : i == 3 ? sysmem_node_set_name(node, 1, "late")
            : i == 4 ? sysmem_node_get_buffer_collection_id(node, soon(), &id)
                     : sysmem_node_set_debug_client_info(node, "late", 1);
        assert_int_equal(status, i == 1 || i == 4 ? ZX_ERR_PEER_CLOSED : 0);
        assert_closed(node);
        assert_closed(sysmem_token_node(witness));
        sysmem_token_free(copy);
        sysmem_token_free(witness);
        sysmem_token_free(token);
    }
    assert_still_serves(stage);
}

static void turning_a_released_token_in_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *token = root_token(stage->allocator);
    struct sysmem_token *witness = duplicate(token);
    assert_int_equal(sysmem_node_release(sysmem_token_node(token)), 0);
    struct couple couple = {bind_token(stage->allocator, token), witness};
    couple_has_failed(stage, &couple);
}

/* One participant with constraints and a wait that has reached the daemon; the rest of the tree is
 * the starter token. */
static void one_waits(struct stage *stage, struct negotiation *n)
{
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    negotiation_open(n, stage->allocator, NULL, 1);
    negotiation_say(n, 0, &wish);
}

static void a_released_token_blocks_until_it_is_closed(void **state)
{
    struct stage *stage = *state;
    struct negotiation n;
    one_waits(stage, &n);
    struct sysmem_token *held = duplicate(n.starter);
    assert_int_equal(sysmem_node_release(sysmem_token_node(n.starter)), 0);
    sysmem_token_free(n.starter);
    assert_int_equal(sysmem_node_release(sysmem_token_node(held)), 0);
    for (int i = 0; i < 3; i++) { /* released, but open */
        assert_still_serves(stage);
        assert_int_equal(
            sysmem_collection_check_all_buffers_allocated(n.seats[0].collection, soon()),
            SYSMEM_ERROR_PENDING);
    }
    assert_false(n.seats[0].answered);
    n.starter = NULL;
    sysmem_token_free(held);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated(n.seats[0].collection, soon(), &info), 0);
    assert_true(n.seats[0].answered);
    sysmem_collection_info_free(info);
    negotiation_close(&n);
}

static void a_released_collection_without_constraints_blocks_until_it_is_closed(void **state)
{
    struct stage *stage = *state;
    struct negotiation n;
    one_waits(stage, &n);
    struct sysmem_collection *silent = bind_token(stage->allocator, n.starter);
    n.starter = NULL;
    assert_int_equal(sysmem_node_release(sysmem_collection_node(silent)), 0);
    assert_still_serves(stage);
    assert_int_equal(sysmem_collection_check_all_buffers_allocated(n.seats[0].collection, soon()),
                     SYSMEM_ERROR_PENDING);
    sysmem_collection_free(silent);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated(n.seats[0].collection, soon(), &info), 0);
    assert_int_equal(sysmem_collection_info_get(info)->buffers_count, 1);
    sysmem_collection_info_free(info);
    negotiation_close(&n);
}

static void children_of_a_released_token_go_on(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *middle = duplicate(root);
    struct sysmem_token *leaf = duplicate(middle);
    struct sysmem_token *gone[] = {root, middle};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sysmem_node_release(sysmem_token_node(gone[i])), 0);
        sysmem_token_free(gone[i]);
    }
    struct sysmem_collection *collection = bind_token(stage->allocator, leaf);
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    assert_int_equal(sysmem_collection_info_get(info)->buffers_count, 1);
    sysmem_collection_info_free(info);
    leave(collection);
}

static void a_collection_that_all_have_left_ends(void **state)
{
    struct stage *stage = *state;
    struct couple couple = couple_of(stage);
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    assert_int_equal(sysmem_collection_set_constraints(couple.collection, &wish), 0);
    leave(couple.collection);
    /* Two channels have no order: had the token gone first, there would be buffers for a while. */
    assert_true(daemon_log_wait_for(&stage->daemon, "released and closed", 0) > 0);
    assert_int_equal(sysmem_node_release(sysmem_token_node(couple.witness)), 0);
    sysmem_token_free(couple.witness);
    /* Nobody is left who could want the buffers: none are made. */
    assert_true(daemon_log_wait_for(&stage->daemon, "FAILED, was CREATED", 0) > 0);
    assert_false(daemon_log_contains(&stage->daemon, "allocated 1 buffers"));
}

static void after_release_the_daemon_does_not_close_first(void **state)
{
    struct stage *stage = *state;
    struct couple couple = couple_of(stage);
    assert_int_equal(do_release(&couple), 0);
    assert_still_serves(stage);
    assert_open(sysmem_token_node(couple.witness));
    struct sysmem_node *node = sysmem_collection_node(couple.collection);
    assert_int_equal(sysmem_channel_process(sysmem_node_channel(node)), 0); /* not PEER_CLOSED */
    sysmem_collection_free(couple.collection);
    assert_open(sysmem_token_node(couple.witness));
    sysmem_token_free(couple.witness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(second_set_constraints_fails),
        CASE(second_set_constraints_fails_after_an_empty_one),
        CASE(wait_before_set_constraints_fails),
        CASE(check_before_set_constraints_answers_pending),
        CASE(every_message_on_a_collection_after_release_fails),
        CASE(every_message_on_a_token_after_release_fails),
        CASE(turning_a_released_token_in_fails),
        CASE(a_released_token_blocks_until_it_is_closed),
        CASE(a_released_collection_without_constraints_blocks_until_it_is_closed),
        CASE(children_of_a_released_token_go_on),
        CASE(a_collection_that_all_have_left_ends),
        CASE(after_release_the_daemon_does_not_close_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
