#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/solve_nodes.h"

#define MAX_NODES 16
#define ROOT      UINT32_MAX

/* A collection, put together node by node. */
struct scene {
    struct model_debug_node nodes[MAX_NODES];
    char names[MAX_NODES][24]; /* "n3" */
    struct model_debug_collection collection;
    struct arena arena;
    struct solve_question question;
    struct strbuf reason;
};

static void begin(struct scene *s)
{
    memset(s, 0, sizeof(*s));
    s->collection.id = 71;
    s->collection.nodes = s->nodes;
    arena_init(&s->arena, SIZE_MAX);
}

static void end(struct scene *s)
{
    arena_clear(&s->arena);
    strbuf_deinit(&s->reason);
}

/* One that is ready, and says nothing. */
static struct model_debug_node *add(struct scene *s, uint32_t parent, uint32_t kind)
{
    size_t i = s->collection.nodes_count++;
    struct model_debug_node *node = &s->nodes[i];
    (void)snprintf(s->names[i], sizeof(s->names[i]), "n%zu", i);
    SYSMEM_SET(node, koid, 100 + i);
    SYSMEM_SET(node, kind, kind);
    SYSMEM_SET(node, client_name, s->names[i]);
    SYSMEM_SET(node, ready, true);
    if (parent != ROOT) {
        SYSMEM_SET(node, parent_index, parent);
    }
    return node;
}

static struct model_debug_node *add_group(struct scene *s, uint32_t parent)
{
    return add(s, parent, MODEL_DEBUG_NODE_KIND_GROUP);
}

/* One that has set constraints. */
static struct model_debug_node *add_participant(struct scene *s, uint32_t parent)
{
    struct model_debug_node *node = add(s, parent, MODEL_DEBUG_NODE_KIND_COLLECTION);
    SYSMEM_SET(node, has_constraints, true);
    SYSMEM_SET(&node->constraints, min_buffer_count, 1);
    node->has.constraints = true;
    return node;
}

static void expect_usable(struct scene *s)
{
    if (!solve_nodes_read(&s->arena, &s->collection, &s->question, &s->reason)) {
        fail_msg("%s", strbuf_text(&s->reason));
    }
}

static void expect_unusable(struct scene *s, const char *why)
{
    strbuf_deinit(&s->reason);
    assert_false(solve_nodes_read(&s->arena, &s->collection, &s->question, &s->reason));
    if (strstr(strbuf_text(&s->reason), why) == NULL) {
        fail_msg("wanted '%s', got '%s'", why, strbuf_text(&s->reason));
    }
}

static void expect_participant(const struct scene *s, size_t i, const char *name, int group,
                               uint32_t child)
{
    const struct solver_participant *participant = &s->question.participants[i];
    assert_string_equal(participant->name, name);
    assert_int_equal(participant->group, group);
    assert_int_equal(participant->child, child);
}

/* Participants come breadth-first, groups in pre-order of the tree, whatever the order in the
 * document: n7 was appended. A group that was left is a group. */
static void the_orders(void **state)
{
    struct scene s;
    (void)state;
    begin(&s);
    (void)add_participant(&s, ROOT);                    /* n0 */
    (void)add_group(&s, 0);                             /* n1 */
    (void)add_participant(&s, 1);                       /* n2: child 0 */
    struct model_debug_node *orphan = add_group(&s, 0); /* n3 */
    orphan->kind = MODEL_DEBUG_NODE_KIND_ORPHAN;
    SYSMEM_SET(orphan, was, MODEL_DEBUG_NODE_KIND_GROUP);
    (void)add_participant(&s, 3); /* n4 */
    (void)add_participant(&s, 1); /* n5: child 1 of n1 */
    (void)add_group(&s, 5);       /* n6 */
    (void)add_participant(&s, 6); /* n7 */
    expect_usable(&s);
    assert_int_equal(s.question.group_count, 3);
    assert_int_equal(s.question.groups[0].child_count, 2);
    assert_int_equal(s.question.groups[1].parent, 1); /* n6, under child 1 of n1 */
    assert_int_equal(s.question.groups[1].parent_child, 1);
    assert_int_equal(s.question.groups[2].parent, 0);
    assert_int_equal(s.question.participant_count, 5);
    expect_participant(&s, 0, "n0", 0, 0);
    expect_participant(&s, 1, "n2", 1, 0);
    expect_participant(&s, 2, "n5", 1, 1);
    expect_participant(&s, 3, "n4", 3, 0);
    expect_participant(&s, 4, "n7", 2, 0);
    assert_null(s.question.existing);
    end(&s);
}

static void who_wants_nothing(void **state)
{
    struct scene s;
    (void)state;
    begin(&s);
    (void)add_participant(&s, ROOT);
    (void)add(&s, 0, MODEL_DEBUG_NODE_KIND_ORPHAN); /* released as a token */
    struct model_debug_node *silent = add(&s, 0, MODEL_DEBUG_NODE_KIND_COLLECTION);
    SYSMEM_SET(silent, has_constraints, true); /* said that it has none */
    silent->client_name = "";
    expect_usable(&s);
    assert_int_equal(s.question.participant_count, 2);
    assert_ptr_equal(s.question.participants[0].constraints, &s.nodes[0].constraints);
    assert_string_equal(s.question.participants[1].name, "node 102");
    assert_null(s.question.participants[1].constraints);
    end(&s);
}

static void the_unready(void **state)
{
    static const struct {
        uint32_t kind;
        const char *why;
    } cases[] = {
        {MODEL_DEBUG_NODE_KIND_TOKEN,      "wanted BindSharedCollection or Release"},
        {MODEL_DEBUG_NODE_KIND_COLLECTION, "wanted SetConstraints"                 },
        {MODEL_DEBUG_NODE_KIND_GROUP,      "wanted AllChildrenPresent"             },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene s;
        begin(&s);
        (void)add_participant(&s, ROOT);
        struct model_debug_node *node = add(&s, 0, cases[i].kind);
        (void)add_participant(&s, 1);
        node->ready = false;
        expect_unusable(&s, cases[i].why);
        expect_unusable(&s, "collection 71: nodes[1] (101, \"n1\" pid 0) ");
        node->has.constraints = true; /* what if? */
        if (cases[i].kind == MODEL_DEBUG_NODE_KIND_GROUP) {
            expect_unusable(&s, cases[i].why);
        } else {
            expect_usable(&s);
            assert_int_equal(s.question.participant_count, 3);
        }
        end(&s);
    }
}

static void trees_that_are_none(void **state)
{
    struct scene s;
    (void)state;
    begin(&s);
    expect_unusable(&s, "collection 71: it has no nodes: they left when it ended");
    SYSMEM_SET(&s.collection, error, SYSMEM_ERROR_NO_MEMORY);
    expect_unusable(&s, "they left when it failed with NO_MEMORY");
    (void)add_participant(&s, 0);
    expect_unusable(&s, "wanted no parent_index");
    s.nodes[0].has.parent_index = false;
    (void)add_participant(&s, 1);
    expect_unusable(&s, "nodes[1] (101, \"n1\" pid 0) wanted the parent_index of a node before it");
    s.nodes[1].has.parent_index = false;
    expect_unusable(&s, "wanted the parent_index of a node before it");
    SYSMEM_SET(&s.nodes[1], parent_index, 0);
    (void)add_group(&s, 1);
    expect_unusable(&s, "is a group without children");
    end(&s);
}

static void constraints_that_were_left_out(void **state)
{
    struct scene s;
    (void)state;
    begin(&s);
    struct model_debug_node *node = add_participant(&s, ROOT);
    SYSMEM_SET(node, constraints_left_out, true);
    node->has.constraints = false;
    expect_unusable(&s, "the daemon's answer had no room for them");
    node->has.constraints = true; /* put in by hand */
    expect_usable(&s);
    end(&s);
}

/* The first attached part, breadth first, that is ready and whose parent has the buffers; everybody
 * who has them takes part, and so do the buffers. */
static void attached_parts(void **state)
{
    struct scene s;
    (void)state;
    begin(&s);
    struct model_debug_node *root = add_participant(&s, ROOT);
    (void)add_group(&s, 0); /* n1 */
    struct model_debug_node *child = add_participant(&s, 1);
    struct model_debug_node *unready = add_participant(&s, 2);
    struct model_debug_node *late = add_participant(&s, 0); /* n4 */
    (void)add_group(&s, 4);                                 /* n5 */
    (void)add_participant(&s, 5);
    unready->flags = MODEL_DEBUG_NODE_FLAG_ATTACHED;
    unready->ready = unready->has.constraints = false;
    late->flags = MODEL_DEBUG_NODE_FLAG_ATTACHED;
    expect_usable(&s); /* no buffers: everybody else's question */
    assert_int_equal(s.question.participant_count, 2);
    expect_participant(&s, 1, "n2", 1, 0);
    root->flags = child->flags = s.nodes[1].flags = MODEL_DEBUG_NODE_FLAG_ALLOCATED;
    SYSMEM_SET(&s.collection, buffer_count, 3);
    s.collection.has.settings = true;
    expect_usable(&s);
    assert_ptr_equal(s.question.existing, &s.collection.settings);
    assert_int_equal(s.question.existing_count, 3);
    assert_int_equal(s.question.participant_count, 5);
    assert_int_equal(s.question.group_count, 1);
    expect_participant(&s, 0, "n0", 0, 0);
    expect_participant(&s, 1, "n2", 0, 0); /* its group has chosen */
    expect_participant(&s, 2, "n4", 0, 0);
    expect_participant(&s, 3, "n6", 1, 0);
    expect_participant(&s, 4, "the buffers that exist", 0, 0);
    assert_int_equal(s.question.participants[4].constraints->max_buffer_count, 3);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(s.question.participants[i].settled, i != 2 && i != 3);
    }
    late->flags |= MODEL_DEBUG_NODE_FLAG_ALLOCATED; /* it has joined */
    expect_usable(&s);
    assert_null(s.question.existing);
    assert_int_equal(s.question.participant_count, 2);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_orders),
        cmocka_unit_test(who_wants_nothing),
        cmocka_unit_test(the_unready),
        cmocka_unit_test(trees_that_are_none),
        cmocka_unit_test(constraints_that_were_left_out),
        cmocka_unit_test(attached_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
