/* What is kept of a tree whose allocation failed, and how much of it. */
#include "tree.h"

#include "collection/failed_tree.h"
#include "model/tables.h"
#include "model/walk.h"

static void the_tree_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    struct peer *late = new_peer(fixture);
    struct peer *third = new_peer(fixture);
    struct failed_tree tree;
    ask_for(fixture, SIZE_BYTES);
    assert_true(collection_set_client(fixture->peers[0].node, "camera", 7));
    add_collection(fixture->peers[1].node, third);
    attach_collection(fixture->peers[0].node, late);
    set_constraints(late->node, 2);
    failed_tree_init(&tree, fixture->collection->root);
    assert_int_equal(tree.count, 4);
    assert_int_equal(tree.buffer_count, fixture->collection->buffer_count);
    assert_int_equal(tree.settings.buffer_settings.size_bytes, SIZE_BYTES);
    assert_string_equal(tree.nodes[0].name, "camera");
    assert_int_equal(tree.nodes[0].client_id, 7);
    for (size_t i = 0; i < 4; i++) {
        bool is_late = tree.nodes[i].propagation == NODE_DO_NOT_PROPAGATE;
        assert_true(tree.nodes[i].was == NODE_COLLECTION);
        assert_int_equal(tree.nodes[i].ready, tree.nodes[i].constraints != NULL);
        assert_int_equal(tree.nodes[i].allocated, !is_late && tree.nodes[i].ready);
        assert_true(i == 0 || tree.nodes[i].parent < i);
    }
    assert_true(model_equal(&model_type_buffer_collection_constraints,
                            fixture->peers[0].node->constraints, tree.nodes[0].constraints));
    failed_tree_deinit(&tree);
    assert_int_equal(tree.count, 0);
}

/* Constraints that are too large are left out, and that is said; the others are there. */
static void what_is_kept_is_bounded(void **state)
{
    struct fixture *fixture = *state;
    static struct sysmem_pixel_format_and_modifier pairs[64];
    static struct sysmem_image_format_constraints images[64];
    static struct sysmem_buffer_collection_constraints wish;
    struct failed_tree tree;
    size_t kept = 0;
    wish.has.usage = true;
    for (size_t i = 0; i < 64; i++) {
        SYSMEM_SET_VECTOR(&images[i], pixel_format_and_modifiers, pairs, 64);
    }
    SYSMEM_SET_VECTOR(&wish, image_format_constraints, images, 64);
    set_constraints(fixture->peers[0].node, SIZE_BYTES);
    fixture->table.config.max_nodes_per_tree = 14;
    for (size_t i = 0; i < 12; i++) {
        struct arena none = {0};
        add_collection(fixture->peers[1].node, new_peer(fixture));
        struct node *node = fixture->others[fixture->other_count - 1].node;
        assert_true(collection_set_constraints(node, &wish, &none));
    }
    failed_tree_init(&tree, fixture->collection->root);
    assert_true(tree.arena.used <= FAILED_TREE_MAX_BYTES);
    assert_int_equal(tree.count, 14);
    assert_non_null(tree.nodes[0].constraints);
    for (size_t i = 2; i < 14; i++) {
        assert_true(tree.nodes[i].has_constraints);
        assert_int_equal(tree.nodes[i].left_out, tree.nodes[i].constraints == NULL);
        kept += tree.nodes[i].constraints != NULL ? 1 : 0;
    }
    assert_true(kept > 0 && kept < 12);
    failed_tree_deinit(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_tree_as_it_was),
        TEST(what_is_kept_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
