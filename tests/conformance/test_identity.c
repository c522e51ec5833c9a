/* Who is who: node refs, alternatives, ids, and whose VMO that is.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Node.IsAlternateFor, Allocator.GetVmoInfo. */
#include "seat.h"

static zx_handle_t ref_of(struct sysmem_node *node)
{
    zx_handle_t ref = ZX_HANDLE_INVALID;
    assert_int_equal(sysmem_node_get_node_ref(node, soon(), &ref), 0);
    return ref;
}

static bool is_alternate(struct sysmem_node *node, struct sysmem_node *other)
{
    bool answer = false;
    assert_int_equal(sysmem_node_is_alternate_for(node, ref_of(other), soon(), &answer), 0);
    return answer;
}

static void c063_children_of_a_group_are_alternatives(void **state)
{
    struct choice choice = choice_open(*state);
    struct sysmem_node *root = sysmem_collection_node(choice.root.collection);
    struct sysmem_node *group = sysmem_group_node(choice.group);
    struct sysmem_node *a = sysmem_collection_node(choice.children[0].collection);
    struct sysmem_node *b = sysmem_collection_node(choice.children[1].collection);
    assert_true(is_alternate(a, b));
    assert_true(is_alternate(b, a));
    assert_false(is_alternate(a, a));
    assert_false(is_alternate(root, a));
    assert_false(is_alternate(a, root));
    assert_true(is_alternate(group, group)); /* a node is its own ancestor */
    assert_true(is_alternate(group, a));
    choice_leave(&choice);
}

static void c064_others_are_no_alternatives(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *a = duplicate(root);
    struct sysmem_token *b = duplicate(root);
    assert_false(is_alternate(sysmem_token_node(a), sysmem_token_node(b)));
    assert_false(is_alternate(sysmem_token_node(root), sysmem_token_node(root)));
    sysmem_token_free(a);
    sysmem_token_free(b);
    sysmem_token_free(root);
}

static void refs_that_are_none_of_this_collection(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *mine = root_token(stage->allocator);
    struct sysmem_token *other = root_token(stage->allocator);
    struct sysmem_node *node = sysmem_token_node(mine);
    bool answer = false;
    zx_handle_t ref = ref_of(sysmem_token_node(other));
    zx_handle_t spare;
    assert_int_equal(zx_handle_duplicate(ref, ZX_RIGHT_SAME_RIGHTS, &spare), ZX_OK);
    assert_int_equal(sysmem_node_is_alternate_for(node, ref, soon(), &answer),
                     SYSMEM_ERROR_NOT_FOUND);
    sysmem_token_free(other); /* now it is of nobody */
    assert_int_equal(sysmem_node_is_alternate_for(node, spare, soon(), &answer),
                     SYSMEM_ERROR_NOT_FOUND);
    zx_handle_t event;
    assert_int_equal(zx_event_create(0, &event), ZX_OK);
    assert_int_equal(sysmem_node_is_alternate_for(node, event, soon(), &answer),
                     SYSMEM_ERROR_NOT_FOUND);
    zx_handle_t vmo;
    assert_int_equal(zx_vmo_create(PAGE, 0, &vmo), ZX_OK);
    assert_int_equal(sysmem_node_is_alternate_for(node, vmo, soon(), &answer),
                     SYSMEM_ERROR_PROTOCOL_DEVIATION);
    assert_open(node);
    sysmem_token_free(mine);
}

static uint64_t id_of(struct sysmem_node *node)
{
    uint64_t id = 0;
    assert_int_equal(sysmem_node_get_buffer_collection_id(node, soon(), &id), 0);
    return id;
}

static void c079_one_id_for_the_whole_tree(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    uint64_t id = id_of(sysmem_token_node(root));
    assert_true(id > 1);
    struct sysmem_group *group = group_under(root);
    assert_true(id_of(sysmem_group_node(group)) == id);
    struct seat child = seat_take(stage, child_of(group));
    struct seat seat = seat_take(stage, root);
    assert_true(id_of(sysmem_collection_node(seat.collection)) == id);
    seat_say(&child, NULL);
    group_settle(group);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&seat, &wish);
    assert_true(seat_expect_buffers(&seat, 1)->buffer_collection_id == id);
    struct seat late = seat_take(stage, attach_to(&seat));
    assert_true(id_of(sysmem_collection_node(late.collection)) == id);
    group_leave(group);
    seat_leave(&late);
    seat_leave(&child);
    seat_leave(&seat);
}

static zx_handle_t copy_of(zx_handle_t handle)
{
    zx_handle_t copy;
    assert_int_equal(zx_handle_duplicate(handle, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
    return copy;
}

static void expect_vmo(const struct stage *stage, zx_handle_t vmo, uint64_t id, uint64_t index,
                       bool weak)
{
    struct sysmem_vmo_info info = {0};
    assert_int_equal(sysmem_allocator_get_vmo_info(stage->allocator, copy_of(vmo), soon(), &info),
                     0);
    assert_true(info.buffer_collection_id == id);
    assert_true(info.buffer_index == index);
    assert_int_equal(info.close_weak_asap != ZX_HANDLE_INVALID, weak);
    if (weak) {
        assert_false(is_signalled(info.close_weak_asap));
        close_handle(info.close_weak_asap);
    }
}

static void c080_whose_vmo_that_is(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *other = duplicate(root);
    assert_int_equal(sysmem_node_set_weak(sysmem_token_node(other)), 0);
    struct seat strong = seat_take(stage, root);
    struct seat weak = seat_take(stage, other);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&strong, &wish);
    seat_say(&weak, &wish);
    seat_expect_buffers(&weak, 2);
    uint64_t id = seat_expect_buffers(&strong, 2)->buffer_collection_id;
    zx_handle_t kept = sysmem_collection_info_get(strong.info)->buffers[1].vmo;
    for (size_t i = 0; i < 2; i++) {
        expect_vmo(stage, sysmem_collection_info_get(strong.info)->buffers[i].vmo, id, i, false);
        expect_vmo(stage, sysmem_collection_info_get(weak.info)->buffers[i].vmo, id, i, true);
    }
    kept = copy_of(kept);
    seat_leave(&weak);
    seat_leave(&strong);
    assert_still_serves(stage);
    expect_vmo(stage, kept, id, 1, false); /* a VMO is known for as long as it exists */
    close_handle(kept);
}

static void expect_no_vmo(const struct stage *stage, zx_handle_t handle, sysmem_status_t wanted)
{
    struct sysmem_vmo_info info = {0};
    assert_string_equal(
        sysmem_status_name(sysmem_allocator_get_vmo_info(stage->allocator, handle, soon(), &info)),
        sysmem_status_name(wanted));
}

static void what_is_no_vmo_of_the_daemons(void **state)
{
    struct stage *stage = *state;
    struct seat seat = seat_take(stage, root_token(stage->allocator));
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&seat, &wish);
    zx_handle_t vmo = seat_expect_buffers(&seat, 1)->buffers[0].vmo;
    zx_handle_t child;
    assert_int_equal(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 0, PAGE, &child), ZX_OK);
    expect_no_vmo(stage, child, SYSMEM_ERROR_NOT_FOUND);
    zx_handle_t own;
    assert_int_equal(zx_vmo_create(PAGE, 0, &own), ZX_OK);
    expect_no_vmo(stage, own, SYSMEM_ERROR_NOT_FOUND);
    zx_handle_t event;
    zx_handle_t ends[2];
    assert_int_equal(zx_event_create(0, &event), ZX_OK);
    expect_no_vmo(stage, event, SYSMEM_ERROR_PROTOCOL_DEVIATION);
    assert_int_equal(zx_eventpair_create(0, &ends[0], &ends[1]), ZX_OK);
    expect_no_vmo(stage, ends[0], SYSMEM_ERROR_PROTOCOL_DEVIATION);
    close_handle(ends[1]);
    assert_still_serves(stage);
    seat_leave(&seat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c063_children_of_a_group_are_alternatives),
        CASE(c064_others_are_no_alternatives),
        CASE(refs_that_are_none_of_this_collection),
        CASE(c079_one_id_for_the_whole_tree),
        CASE(c080_whose_vmo_that_is),
        CASE(what_is_no_vmo_of_the_daemons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
