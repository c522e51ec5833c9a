/* The solver's explanations against the model's, member by member: of the attempt that got furthest
 * and of every combination of group children, and by themselves: members exclude each other, none
 * can be spared, and each is told. */
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "dice.h"
#include "driver.h"
#include "model_groups.h"
#include "model_reasons.h"
#include "solver/explain.h"
#include "trouble.h"
#include "world.h"

#define MAX_COMBINATIONS 64

/* What one seed stands for. */
struct scene {
    struct world world;
    struct tree tree;
    struct tree_order tokens;
    struct tree_order groups;
    struct solver_participant participants[TREE_NODES];
    struct solver_group solver_groups[TREE_NODES];
    struct solver_environment environment;
    struct solver_problem problem;
    struct model_world model_world;
    struct solver_outcome outcome; /* that exists already, if problem.existing is set */
    struct model_answer answer;
};

#define CENSUS_SEEDS 20000

/* How often each field was a member, over how many seeds. */
static uint64_t census[64];
static uint64_t seeds;

static const char *const names[] = {"Zaphod", "Trillian", "Marvin", "Slartibartfast"};

static void make_environment(struct scene *s, uint64_t *dice)
{
    bool tight = dice_below(dice, 10) == 0;
    s->model_world = (struct model_world){
        .contiguous = s->world.contiguous,
        .max_buffers = tight ? 4 : 128,
        .max_buffer_bytes = tight ? 65536 : UINT64_C(256) << 20,
        .max_collection_bytes = tight ? 200000 : UINT64_C(1) << 30,
    };
    s->model_world.heaps = s->world.model_heaps;
    s->model_world.heap_count = WORLD_HEAPS;
    solver_environment_init(&s->environment);
    s->environment.heaps = s->world.solver_heaps;
    s->environment.heap_count = WORLD_HEAPS;
    s->environment.contiguous_supported = s->world.contiguous;
    s->environment.limits.max_buffers = s->model_world.max_buffers;
    s->environment.limits.max_buffer_bytes = s->model_world.max_buffer_bytes;
    s->environment.limits.max_collection_bytes = s->model_world.max_collection_bytes;
    s->environment.limits.max_group_combinations = dice_below(dice, 8) == 0 ? 2 : MAX_COMBINATIONS;
}

static int group_number(const struct scene *s, size_t node, uint32_t *ret_child)
{
    int group = tree_group_of(&s->tree, node, ret_child);
    return group < 0 ? 0 : 1 + (int)tree_place(&s->groups, (size_t)group);
}

static struct solver_participant take(const struct world *world, size_t index)
{
    const struct world_participant *p = &world->participants[index];
    return (struct solver_participant){
        .name = names[index],
        .constraints = p->silent ? NULL : &p->constraints,
    };
}

/* A small tree, whose tokens are held by the world's participants. */
static void make_groups(struct scene *s, uint64_t *dice)
{
    do {
        tree_make(&s->tree, dice_next(dice));
    } while (s->tree.count > 8);
    s->tokens = tree_tokens(&s->tree);
    s->groups = tree_groups(&s->tree);
    for (size_t i = 0; i < s->tokens.count; i++) {
        s->participants[i] = take(&s->world, dice_below(dice, s->world.count));
        s->participants[i].group = group_number(s, s->tokens.nodes[i], &s->participants[i].child);
    }
    for (size_t i = 0; i < s->groups.count; i++) {
        size_t node = s->groups.nodes[i];
        s->solver_groups[i].parent = group_number(s, node, &s->solver_groups[i].parent_child);
        s->solver_groups[i].child_count = s->tree.nodes[node].children;
    }
    s->problem.participant_count = s->tokens.count;
    s->problem.group_count = s->groups.count;
}

/* Some have buffers already, and the others come late. One of those that have them may have gone
 * since. */
static void make_existing(struct scene *s, uint64_t *dice)
{
    const struct sysmem_buffer_collection_constraints *all[WORLD_PARTICIPANTS] = {0};
    size_t count = 1 + dice_below(dice, s->world.count);
    for (size_t i = 0; i < count; i++) {
        all[i] = s->participants[i].constraints;
    }
    solver_solve(s->participants, count, &s->environment, &s->outcome);
    s->answer = model_solve(all, count, &s->model_world);
    for (size_t i = 0; i < count && s->answer.ok && s->outcome.error == 0; i++) {
        s->participants[i].settled = true;
        s->problem.existing = &s->outcome.settings;
        s->problem.existing_count = s->outcome.buffer_count;
    }
    if (s->problem.existing != NULL && dice_below(dice, 4) == 0) {
        s->participants[dice_below(dice, count)].constraints = NULL;
    }
}

static void scene_make(struct scene *s, uint64_t seed)
{
    uint64_t dice = seed;
    memset(s, 0, sizeof(*s));
    world_make(&s->world, dice_next(&dice));
    trouble_make(&s->world, &dice);
    make_environment(s, &dice);
    s->problem = (struct solver_problem){
        .participants = s->participants,
        .participant_count = s->world.count,
        .groups = s->solver_groups,
        .environment = &s->environment,
    };
    if (dice_below(&dice, 4) == 0) {
        make_groups(s, &dice);
        return;
    }
    for (size_t i = 0; i < s->world.count; i++) {
        s->participants[i] = take(&s->world, i);
    }
    if (dice_below(&dice, 3) == 0) {
        make_existing(s, &dice);
    }
}

/* The attempt with the children that are selected. *ret_index: whose index each participant of the
 * attempt has in the problem. */
static struct model_attempt attempt_of(const struct scene *s, const uint32_t *selected,
                                       size_t *ret_index)
{
    struct model_attempt attempt = {
        .world = &s->model_world,
        .existing = s->problem.existing != NULL ? &s->answer : NULL,
    };
    for (size_t i = 0; i < s->problem.participant_count; i++) {
        const struct solver_participant *p = &s->participants[i];
        if (p->group == 0 || selected[p->group - 1] == p->child) {
            ret_index[attempt.count] = i;
            attempt.all[attempt.count] = p->constraints;
            attempt.settled[attempt.count++] = p->settled;
        }
    }
    return attempt;
}

static void print_conflict(const char *who, const struct model_conflict *conflict,
                           const size_t *index)
{
    printf("%s: %s\n", who, conflict->nobodys ? "nobody's" : "");
    for (size_t i = 0; i < conflict->count; i++) {
        printf("  participant %zu, %s\n", index[conflict->members[i].participant],
               conflict->members[i].field);
    }
}

/* Each detail is told, and without naming anybody. */
static const char *check_details(const struct solver_conflict *conflict)
{
    for (size_t i = 0; i < conflict->member_count; i++) {
        const char *detail = conflict->members[i].detail;
        if (strstr(detail, "wanted ") == NULL || strstr(detail, "got ") == NULL) {
            printf("the detail: %s\n", detail);
            return "a detail says what was wanted and got";
        }
        for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
            if (strstr(detail, names[j]) != NULL) {
                return "no detail has a participant's name";
            }
        }
    }
    return conflict->member_count > 0 ? NULL : "a conflict has members";
}

static void translate(const struct solver_conflict *conflict, const struct model_attempt *attempt,
                      const size_t *index, struct model_conflict *ret)
{
    ret->nobodys = conflict->member_count == 1 && conflict->members[0].participant < 0;
    ret->count = 0;
    for (size_t i = 0; i < conflict->member_count && !ret->nobodys; i++) {
        struct model_member *member = &ret->members[ret->count++];
        member->participant = attempt->count; /* unless it takes part */
        for (size_t j = 0; j < attempt->count; j++) {
            if ((int)index[j] == conflict->members[i].participant) {
                member->participant = j;
            }
        }
        (void)snprintf(member->field, sizeof(member->field), "%s", conflict->members[i].field);
    }
}

static const char *compare_members(const struct model_conflict *a, const struct model_conflict *b)
{
    bool same = a->nobodys == b->nobodys && a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = a->members[i].participant == b->members[i].participant &&
               strcmp(a->members[i].field, b->members[i].field) == 0;
    }
    return same ? NULL : "the members of the conflict";
}

static void count_members(const struct model_conflict *conflict)
{
    for (size_t i = 0; i < conflict->count; i++) {
        const char *dot = strrchr(conflict->members[i].field, '.');
        const char *name = dot == NULL ? conflict->members[i].field : dot + 1;
        for (size_t n = 0; model_blamable_field(n) != NULL; n++) {
            census[n] += strcmp(name, model_blamable_field(n)) == 0 ? 1 : 0;
        }
    }
}

static const char *compare_conflict(const struct scene *s, const uint32_t *selected,
                                    const struct solver_conflict *conflict)
{
    static struct model_conflict expected;
    static struct model_conflict got;
    size_t index[TREE_NODES];
    struct model_attempt attempt = attempt_of(s, selected, index);
    model_explain(&attempt, &expected);
    translate(conflict, &attempt, index, &got);
    const char *difference = conflict->minimal ? NULL : "it had no time";
    if (difference == NULL) {
        difference = compare_members(&expected, &got);
    }
    if (difference == NULL) {
        difference = check_details(conflict);
    }
    if (difference == NULL && !got.nobodys) {
        difference = model_check_conflict(&attempt, &got);
    }
    if (difference != NULL) {
        print_conflict("the model says", &expected, index);
        print_conflict("the solver says", &got, index);
    }
    count_members(&expected);
    return difference;
}

/* Combinations */

/* All that fail, in the solver's order, and the first of those that got furthest. */
struct failures {
    uint32_t selected[MAX_COMBINATIONS][TREE_NODES];
    size_t count;
    size_t furthest;
    bool solved;
    bool too_many;
};

/* Called for each combination; false: no more are tried. */
static bool try_combination(const struct scene *s, const uint32_t *selected, struct failures *f,
                            unsigned *furthest)
{
    size_t index[TREE_NODES];
    struct model_attempt attempt = attempt_of(s, selected, index);
    if (f->count == s->environment.limits.max_group_combinations) {
        f->too_many = true;
        return false;
    }
    unsigned reached = model_reached(&attempt);
    if (reached > MODEL_EXISTING) {
        f->solved = true;
        return false;
    }
    if (f->count == 0 || reached > *furthest) {
        *furthest = reached;
        f->furthest = f->count;
    }
    memcpy(f->selected[f->count++], selected, sizeof(f->selected[0]));
    return true;
}

static bool is_hidden(const struct scene *s, const uint32_t *digits, size_t group)
{
    const struct solver_group *g = &s->solver_groups[group];
    return g->parent > 0 && (digits[g->parent - 1] != g->parent_child ||
                             is_hidden(s, digits, (size_t)g->parent - 1));
}

/* Counts through all numbers whose digits are the groups' children: numbers that differ in the
 * digits of hidden groups only are one combination. */
static void find_failures(const struct scene *s, struct failures *ret)
{
    uint32_t digits[TREE_NODES] = {0};
    unsigned furthest = 0;
    ret->count = ret->furthest = 0;
    ret->solved = ret->too_many = false;
    for (bool more = true; more;) {
        uint32_t selected[TREE_NODES] = {0};
        bool is_first = true;
        for (size_t i = 0; i < s->groups.count; i++) {
            bool hidden = is_hidden(s, digits, i);
            is_first = is_first && (!hidden || digits[i] == 0);
            selected[i] = hidden ? SOLVER_HIDDEN : digits[i];
        }
        if (is_first && !try_combination(s, selected, ret, &furthest)) {
            return;
        }
        size_t i = s->groups.count;
        while (i > 0 && digits[i - 1] + 1 == s->solver_groups[i - 1].child_count) {
            digits[--i] = 0;
        }
        more = i > 0;
        digits[more ? i - 1 : 0] += more ? 1 : 0;
    }
}

static const char *compare_all(const struct scene *s, const struct failures *f, bool every,
                               const struct solver_explanation *explanation)
{
    if ((explanation->error == 0) != f->solved) {
        return f->solved ? "success expected" : "failure expected";
    }
    if (f->solved) {
        return explanation->conflict_count == 0 ? NULL : "a success has nothing to explain";
    }
    bool nobodys_only = f->too_many && !every;
    size_t count = nobodys_only ? 0 : every ? f->count : 1;
    if (explanation->conflict_count != count + (f->too_many ? 1 : 0)) {
        return "the number of conflicts";
    }
    for (size_t i = 0; i < count; i++) {
        const struct solver_conflict *conflict = &explanation->conflicts[i];
        const uint32_t *selected = f->selected[every ? i : f->furthest];
        if (s->groups.count > 0 &&
            memcmp(conflict->selected, selected, s->groups.count * sizeof(*selected)) != 0) {
            return every ? "the combinations that were tried" : "which attempt got furthest";
        }
        const char *difference = compare_conflict(s, selected, conflict);
        if (difference != NULL) {
            return difference;
        }
    }
    return !f->too_many || explanation->conflicts[count].members[0].participant < 0
               ? NULL
               : "too many combinations are nobody's";
}

static const char *run(uint64_t seed, bool *ret_ok)
{
    static struct scene scene;
    static struct failures failures;
    const char *difference = NULL;
    seeds++;
    scene_make(&scene, seed);
    find_failures(&scene, &failures);
    *ret_ok = !failures.solved;
    for (int every = 0; every < 2 && difference == NULL; every++) {
        struct solver_explanation explanation;
        if (solver_explain(&scene.problem, every == 1, &explanation) != 0) {
            return "no memory";
        }
        difference = compare_all(&scene, &failures, every == 1, &explanation);
        solver_explanation_deinit(&explanation);
    }
    return difference;
}

/* Whether the worlds were wide enough: each field was a member of some conflict. */
static int check_census(void)
{
    int status = 0;
    for (size_t n = 0; model_blamable_field(n) != NULL; n++) {
        if (census[n] == 0) {
            printf("no conflict had a member %s\n", model_blamable_field(n));
            status = 1;
        }
    }
    return status;
}

int main(int argc, char **argv)
{
    int status = driver_main(argc, argv, "failing", run);
    return status == 0 && seeds >= CENSUS_SEEDS ? check_census() : status;
}
