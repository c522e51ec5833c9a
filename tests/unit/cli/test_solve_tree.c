#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/solve_tree.h"
#include "json/json.h"

/* Reads the list of participants; what is wrong with it is in *reason. */
static bool read_text(const char *text, struct arena *arena, struct solve_question *ret,
                      struct strbuf *reason)
{
    arena_init(arena, SIZE_MAX);
    json_t *list = json_from_text(text, strlen(text), reason);
    assert_non_null(list);
    bool ok = solve_tree_read(arena, list, ret, reason);
    json_decref(list);
    return ok;
}

static void expect_participant(const struct solve_question *tree, size_t i, const char *name,
                               int group, uint32_t child)
{
    assert_string_equal(tree->participants[i].name, name);
    assert_int_equal(tree->participants[i].group, group);
    assert_int_equal(tree->participants[i].child, child);
}

static void expect_group(const struct solve_question *tree, size_t i, int parent,
                         uint32_t parent_child, uint32_t child_count)
{
    assert_int_equal(tree->groups[i].parent, parent);
    assert_int_equal(tree->groups[i].parent_child, parent_child);
    assert_int_equal(tree->groups[i].child_count, child_count);
}

/* Participants come breadth-first but are counted depth-first, groups come depth-first. */
static void the_orders(void **state)
{
    struct arena arena;
    struct strbuf reason = {0};
    struct solve_question tree;
    (void)state;
    assert_true(read_text("[{\"one_of\": ["
                          "   [{\"one_of\": [[{}], [{}]]}, {\"name\": \"b\"}],"
                          "   [{}]]},"
                          " {\"name\": \"a\"},"
                          " {\"one_of\": [[], [{}, {\"one_of\": [[{}]]}]]}]",
                          &arena, &tree, &reason));
    assert_int_equal(tree.participant_count, 7);
    expect_participant(&tree, 0, "a", 0, 0);
    expect_participant(&tree, 1, "b", 1, 0);
    expect_participant(&tree, 2, "participant 3", 1, 1);
    expect_participant(&tree, 3, "participant 5", 3, 1);
    expect_participant(&tree, 4, "participant 0", 2, 0);
    expect_participant(&tree, 5, "participant 1", 2, 1);
    expect_participant(&tree, 6, "participant 6", 4, 0);
    assert_int_equal(tree.group_count, 4);
    expect_group(&tree, 0, 0, 0, 2);
    expect_group(&tree, 1, 1, 0, 2);
    expect_group(&tree, 2, 0, 0, 2);
    expect_group(&tree, 3, 3, 1, 1);
    strbuf_deinit(&reason);
    arena_clear(&arena);
}

static bool read_nested(size_t depth, struct arena *arena, struct solve_question *ret,
                        struct strbuf *reason)
{
    struct strbuf text = {0};
    for (size_t i = 0; i < depth; i++) {
        strbuf_addf(&text, "[{\"one_of\": [");
    }
    strbuf_addf(&text, "[{}]");
    for (size_t i = 0; i < depth; i++) {
        strbuf_addf(&text, "]}]");
    }
    bool ok = read_text(strbuf_text(&text), arena, ret, reason);
    strbuf_deinit(&text);
    return ok;
}

static void groups_nest_512_deep(void **state)
{
    struct arena arena;
    struct strbuf reason = {0};
    struct solve_question tree;
    (void)state;
    assert_true(read_nested(SOLVE_TREE_MAX_NESTING, &arena, &tree, &reason));
    assert_int_equal(tree.participant_count, 1);
    expect_participant(&tree, 0, "participant 0", 512, 0);
    assert_int_equal(tree.group_count, 512);
    expect_group(&tree, 511, 511, 0, 1);
    arena_clear(&arena);
    assert_false(read_nested(SOLVE_TREE_MAX_NESTING + 1, &arena, &tree, &reason));
    assert_string_equal(strbuf_text(&reason),
                        "participants: wanted groups nested at most 512 deep, got more");
    strbuf_deinit(&reason);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_orders),
        cmocka_unit_test(groups_nest_512_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
