/* One node: rights, names, constraints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <zircon/rights.h>

#include "base/utf8.h"
#include "node/node.h"

static void drop(struct node *node)
{
    node_unlink(node);
    node_free(node);
}

static void rights_only_shrink_downwards(void **state)
{
    (void)state;
    struct node *root = node_new(NULL);
    node_attenuate(root, ZX_RIGHT_SAME_RIGHTS);
    assert_int_equal(root->rights_mask, UINT32_MAX);
    node_attenuate(root, ~(uint32_t)ZX_RIGHT_WRITE);
    struct node *child = node_new(root);
    assert_int_equal(child->rights_mask & ZX_RIGHT_WRITE, 0);
    node_attenuate(child, UINT32_MAX);
    assert_int_equal(child->rights_mask & ZX_RIGHT_WRITE, 0);
    node_attenuate(child, ZX_RIGHT_READ);
    assert_int_equal(child->rights_mask, ZX_RIGHT_READ);
    assert_int_not_equal(root->rights_mask, ZX_RIGHT_READ);
    drop(child);
    drop(root);
}

static void names_are_inherited_and_remembered(void **state)
{
    (void)state;
    struct node *root = node_new(NULL);
    assert_true(node_set_client(root, "camera", 5));
    assert_string_equal(root->client.name, "camera");
    struct node *child = node_new(root);
    assert_string_equal(child->client.name, "camera");
    assert_int_equal(child->client.id, 5);
    assert_true(node_set_client(child, "gpu", 6));
    assert_string_equal(child->client.name, "gpu (was camera)");
    assert_string_equal(root->client.name, "camera"); /* later changes do not reach the parent */
    assert_true(node_replace_client(child, "display", 7));
    assert_string_equal(child->client.name, "display");
    drop(child);
    drop(root);
}

static void a_long_history_is_cut_between_characters(void **state)
{
    (void)state;
    struct node *node = node_new(NULL);
    char name[257];
    for (size_t i = 0; i < 256; i += 2) {
        memcpy(name + i, "\xC3\xA4", 2);
    }
    name[256] = '\0';
    for (int i = 0; i < 40; i++) {
        assert_true(node_set_client(node, name, 0));
    }
    size_t len = strlen(node->client.name);
    assert_true(len <= NODE_MAX_CLIENT_NAME && len > NODE_MAX_CLIENT_NAME - 4);
    assert_true(utf8_is_valid(node->client.name, len));
    drop(node);
}

static void constraints_take_their_arena_along(void **state)
{
    (void)state;
    struct node *node = node_new(NULL);
    struct arena arena;
    arena_init(&arena, 4096);
    struct sysmem_buffer_collection_constraints *constraints =
        arena_alloc(&arena, sizeof(*constraints));
    SYSMEM_SET(constraints, min_buffer_count, 3);
    node->kind = NODE_COLLECTION;
    node_set_constraints(node, constraints, &arena);
    arena_clear(&arena); /* empty now: nothing of the node's is freed */
    assert_true(node->has_constraints);
    assert_int_equal(node->constraints->min_buffer_count, 3);
    drop(node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rights_only_shrink_downwards),
        cmocka_unit_test(names_are_inherited_and_remembered),
        cmocka_unit_test(a_long_history_is_cut_between_characters),
        cmocka_unit_test(constraints_take_their_arena_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
