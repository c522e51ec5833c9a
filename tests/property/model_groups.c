#include "model_groups.h"

#include <string.h>

/* Whether every group above the node has selected the child that leads to it. */
static bool is_selected(const struct tree *tree, const struct tree_order *groups, const int *digits,
                        size_t node)
{
    const struct tree_node *at = &tree->nodes[node];
    while (at->parent >= 0) {
        if (tree->nodes[at->parent].is_group &&
            digits[tree_place(groups, (size_t)at->parent)] != (int)at->nth) {
            return false;
        }
        at = &tree->nodes[at->parent];
    }
    return true;
}

/* Numbers that differ in the digits of hidden groups only are one combination: that with zeros. */
static bool is_combination(const struct tree *tree, const struct tree_order *groups,
                           const int *digits)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (digits[i] != 0 && !is_selected(tree, groups, digits, groups->nodes[i])) {
            return false;
        }
    }
    return true;
}

static struct model_answer answer_of(
    const struct tree *tree, const struct tree_order *groups, const int *digits,
    const struct sysmem_buffer_collection_constraints *const *wishes,
    const struct model_world *world)
{
    const struct sysmem_buffer_collection_constraints *all[TREE_NODES];
    struct tree_order tokens = tree_tokens(tree);
    size_t count = 0;
    for (size_t i = 0; i < tokens.count; i++) {
        if (is_selected(tree, groups, digits, tokens.nodes[i])) {
            all[count++] = wishes[tokens.nodes[i]];
        }
    }
    return model_solve(all, count, world);
}

/* False: that was the last number. */
static bool count_up(const struct tree *tree, const struct tree_order *groups, int *digits)
{
    size_t i = groups->count;
    while (i > 0 && digits[i - 1] + 1 == (int)tree->nodes[groups->nodes[i - 1]].children) {
        digits[--i] = 0;
    }
    if (i > 0) {
        digits[i - 1]++;
    }
    return i > 0;
}

struct model_choice model_choose(const struct tree *tree,
                                 const struct sysmem_buffer_collection_constraints *const *wishes,
                                 size_t limit, const struct model_world *world)
{
    struct model_choice choice = {.too_many = false};
    struct tree_order groups = tree_groups(tree);
    int digits[TREE_NODES] = {0};
    do {
        if (!is_combination(tree, &groups, digits)) {
            continue;
        }
        if (choice.combinations == limit) {
            choice.too_many = true;
            return choice;
        }
        choice.combinations++;
        choice.answer = answer_of(tree, &groups, digits, wishes, world);
    } while (!choice.answer.ok && choice.answer.no_secure == MODEL_SECURE_THERE &&
             count_up(tree, &groups, digits));
    for (size_t i = 0; i < groups.count; i++) {
        bool hidden = !is_selected(tree, &groups, digits, groups.nodes[i]);
        choice.selected[i] = hidden ? -1 : digits[i];
    }
    return choice;
}
