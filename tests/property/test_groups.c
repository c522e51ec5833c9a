/* The solver's choice among the children of token groups against the model's. In every other seed
 * the participants are the small world's; in the rest one child of each group is meant to win, so
 * that there is one combination that can be solved. */
#include <stdio.h>

#include <sysmem/usage.h>

#include "compare.h"
#include "dice.h"
#include "driver.h"
#include "model_groups.h"
#include "world.h"

#define SMALL 4096u
#define LARGE 8192u

/* What one seed stands for. */
struct scene {
    struct tree tree;
    struct tree_order tokens;
    struct tree_order groups;
    struct world world;
    struct sysmem_buffer_collection_constraints picky[2]; /* 4 KiB and 8 KiB */
    const struct sysmem_buffer_collection_constraints *wishes[TREE_NODES];
    uint32_t limit;
};

static void make_picky(struct sysmem_buffer_collection_constraints *c, uint64_t size)
{
    *c = (struct sysmem_buffer_collection_constraints){0};
    c->has.usage = true;
    SYSMEM_SET(&c->usage, cpu, SYSMEM_CPU_USAGE_READ);
    SYSMEM_SET(c, min_buffer_count_for_camping, 1);
    c->has.buffer_memory_constraints = true;
    SYSMEM_SET(&c->buffer_memory_constraints, min_size_bytes, size);
    SYSMEM_SET(&c->buffer_memory_constraints, max_size_bytes, size);
}

/* Whoever is under the children that are picked wants small buffers, the rest large ones. */
static void wish_for_one(struct scene *s, uint64_t *dice)
{
    uint32_t picks[TREE_NODES] = {0};
    bool wins[TREE_NODES] = {true};
    make_picky(&s->picky[0], SMALL);
    make_picky(&s->picky[1], LARGE);
    for (size_t i = 0; i < s->tree.count; i++) {
        const struct tree_node *node = &s->tree.nodes[i];
        picks[i] = node->is_group ? dice_below(dice, node->children) : 0;
        if (node->parent >= 0) {
            wins[i] = wins[node->parent] &&
                      (!s->tree.nodes[node->parent].is_group || picks[node->parent] == node->nth);
        }
        s->wishes[i] = &s->picky[wins[i] ? 0 : 1];
    }
}

static void wish_at_random(struct scene *s, uint64_t *dice)
{
    for (size_t i = 0; i < s->tree.count; i++) {
        struct world_participant *p = &s->world.participants[dice_below(dice, s->world.count)];
        s->wishes[i] = p->silent ? NULL : &p->constraints;
    }
}

static void scene_make(struct scene *s, uint64_t seed)
{
    uint64_t dice = seed;
    *s = (struct scene){.limit = 64};
    tree_make(&s->tree, dice_next(&dice));
    world_make(&s->world, dice_next(&dice));
    s->tokens = tree_tokens(&s->tree);
    s->groups = tree_groups(&s->tree);
    if (dice_below(&dice, 4) == 0) {
        s->limit = 1 + dice_below(&dice, 8);
    }
    if (seed % 2 == 0) {
        wish_for_one(s, &dice);
    } else {
        wish_at_random(s, &dice);
    }
}

static int group_number(const struct scene *s, size_t node, uint32_t *ret_child)
{
    int group = tree_group_of(&s->tree, node, ret_child);
    return group < 0 ? 0 : 1 + (int)tree_place(&s->groups, (size_t)group);
}

static void solve(const struct scene *s, uint32_t *ret_selected, struct solver_outcome *ret)
{
    struct solver_participant participants[TREE_NODES] = {0};
    struct solver_group groups[TREE_NODES] = {0};
    struct solver_environment environment;
    for (size_t i = 0; i < s->tokens.count; i++) {
        participants[i].constraints = s->wishes[s->tokens.nodes[i]];
        participants[i].group = group_number(s, s->tokens.nodes[i], &participants[i].child);
    }
    for (size_t i = 0; i < s->groups.count; i++) {
        groups[i].parent = group_number(s, s->groups.nodes[i], &groups[i].parent_child);
        groups[i].child_count = s->tree.nodes[s->groups.nodes[i]].children;
    }
    solver_environment_init(&environment);
    environment.heaps = s->world.solver_heaps;
    environment.heap_count = WORLD_HEAPS;
    environment.secure = world_solver_secure(&s->world);
    environment.contiguous_supported = s->world.contiguous;
    environment.limits.max_group_combinations = s->limit;
    const struct solver_problem problem = {
        .participants = participants,
        .participant_count = s->tokens.count,
        .groups = groups,
        .group_count = s->groups.count,
        .environment = &environment,
    };
    solver_choose(&problem, ret_selected, ret);
}

static struct model_choice model(const struct scene *s)
{
    struct model_world world = {
        .heaps = s->world.model_heaps,
        .heap_count = WORLD_HEAPS,
        .secure = s->world.secure,
        .contiguous = s->world.contiguous,
        .max_buffers = 128,
        .max_buffer_bytes = UINT64_C(256) << 20,
        .max_collection_bytes = UINT64_C(1) << 30,
    };
    return model_choose(&s->tree, s->wishes, s->limit, &world);
}

static const char *compare(const struct scene *s, const struct model_choice *choice,
                           const uint32_t *selected, const struct solver_outcome *outcome)
{
    if (choice->too_many) {
        bool told = outcome->error == SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS &&
                    outcome->reason_count == 1 && outcome->reasons[0].participant < 0;
        return told ? NULL : "too many combinations, without a participant";
    }
    const char *difference = compare_outcome(outcome, &choice->answer);
    if (difference != NULL || !choice->answer.ok) {
        return difference;
    }
    for (size_t i = 0; i < s->groups.count; i++) {
        int child = selected[i] == SOLVER_HIDDEN ? -1 : (int)selected[i];
        if (child != choice->selected[i]) {
            return "selected";
        }
    }
    return NULL;
}

static const char *run(uint64_t seed, bool *ret_ok)
{
    static struct scene scene;
    static struct solver_outcome outcome;
    uint32_t selected[TREE_NODES] = {0};
    scene_make(&scene, seed);
    solve(&scene, selected, &outcome);
    struct model_choice choice = model(&scene);
    *ret_ok = !choice.too_many && choice.answer.ok;
    return compare(&scene, &choice, selected, &outcome);
}

int main(int argc, char **argv)
{
    return driver_main(argc, argv, "solvable", run);
}
