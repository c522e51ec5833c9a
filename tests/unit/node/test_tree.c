/* Trees: walks, readiness, and how far a failure goes up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/node.h"

/* root -> a -> c, root -> b */
struct family {
    struct node *root;
    struct node *a;
    struct node *b;
    struct node *c;
};

static struct family family_new(void)
{
    struct family f;
    f.root = node_new(NULL);
    f.a = node_new(f.root);
    f.b = node_new(f.root);
    f.c = node_new(f.a);
    assert_true(f.root != NULL && f.a != NULL && f.b != NULL && f.c != NULL);
    return f;
}

static void family_free(struct family *f)
{
    struct node *children_first[] = {f->c, f->b, f->a, f->root};
    for (size_t i = 0; i < 4; i++) {
        node_unlink(children_first[i]);
        node_free(children_first[i]);
    }
}

static void make_ready(struct node *node)
{
    struct arena none;
    arena_init(&none, 0);
    node->kind = NODE_COLLECTION;
    node_set_constraints(node, NULL, &none);
}

static void walks_parents_before_children(void **state)
{
    (void)state;
    struct family f = family_new();
    const struct node *expected[] = {f.root, f.a, f.c, f.b};
    size_t i = 0;
    for (const struct node *node = f.root; node != NULL; node = node_next(f.root, node)) {
        assert_ptr_equal(node, expected[i++]);
    }
    assert_int_equal(i, 4);
    assert_ptr_equal(node_next(f.a, f.a), f.c);
    assert_null(node_next(f.a, f.c)); /* never leaves the part that it walks */
    family_free(&f);
}

static void lists_breadth_first(void **state)
{
    (void)state;
    struct family f = family_new();
    struct list queue;
    list_init(&queue);
    node_list_breadth_first(f.root, &queue);
    const struct node *expected[] = {f.root, f.a, f.b, f.c};
    size_t i = 0;
    list_for_each_safe (link, next, &queue) {
        assert_ptr_equal(container_of(link, struct node, queue), expected[i++]);
        list_remove(link);
    }
    assert_int_equal(i, 4);
    family_free(&f);
}

static void a_deep_tree_needs_no_stack(void **state)
{
    (void)state;
    const uint32_t depth = 100000;
    struct node *root = node_new(NULL);
    struct node *last = root;
    for (uint32_t i = 1; i < depth; i++) {
        last = node_new(last);
        assert_non_null(last);
    }
    assert_int_equal((node_count(root), root->counted), depth);
    assert_ptr_equal(node_failure_root(last), root);
    struct list queue;
    list_init(&queue);
    node_list_breadth_first(root, &queue);
    while (!list_is_empty(&queue)) {
        struct node *node = container_of(queue.prev, struct node, queue);
        list_remove(&node->queue);
        node_unlink(node);
        node_free(node);
    }
}

static void a_token_is_never_ready(void **state)
{
    (void)state;
    struct family f = family_new();
    assert_ptr_equal(node_first_unready(f.root), f.root);
    make_ready(f.root);
    make_ready(f.a);
    make_ready(f.b);
    assert_ptr_equal(node_first_unready(f.root), f.c);
    f.c->released = true; /* released, but not closed */
    assert_ptr_equal(node_first_unready(f.root), f.c);
    f.c->kind = NODE_ORPHAN;
    assert_null(node_first_unready(f.root));
    assert_int_equal((node_count(f.root), f.root->counted), 3);
    family_free(&f);
}

static void a_collection_is_ready_with_constraints(void **state)
{
    (void)state;
    struct family f = family_new();
    f.a->kind = NODE_COLLECTION;
    assert_false(node_is_ready(f.a));
    make_ready(f.a);
    assert_true(node_is_ready(f.a));
    family_free(&f);
}

static void an_attached_part_delays_nobody(void **state)
{
    (void)state;
    struct family f = family_new();
    make_ready(f.root);
    make_ready(f.b);
    f.a->propagation = NODE_DO_NOT_PROPAGATE;
    assert_null(node_first_unready(f.root));
    assert_ptr_equal(node_first_unready(f.a), f.a);
    family_free(&f);
}

static void failure_stops_at_boundaries(void **state)
{
    (void)state;
    struct family f = family_new();
    assert_ptr_equal(node_failure_root(f.c), f.root);
    f.a->propagation = NODE_DO_NOT_PROPAGATE;
    assert_ptr_equal(node_failure_root(f.c), f.a);
    f.a->propagation = NODE_PROPAGATE_BEFORE_ALLOCATION;
    assert_ptr_equal(node_failure_root(f.c), f.root);
    f.a->allocated = true;
    assert_ptr_equal(node_failure_root(f.c), f.a);
    assert_ptr_equal(node_failure_root(f.b), f.root);
    family_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_parents_before_children),
        cmocka_unit_test(lists_breadth_first),
        cmocka_unit_test(a_deep_tree_needs_no_stack),
        cmocka_unit_test(a_token_is_never_ready),
        cmocka_unit_test(a_collection_is_ready_with_constraints),
        cmocka_unit_test(an_attached_part_delays_nobody),
        cmocka_unit_test(failure_stops_at_boundaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
