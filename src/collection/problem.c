#include "collection/problem.h"

#include "collection/internal.h"

bool problem_init(struct problem *problem, struct collection *collection, size_t extra,
                  struct arena *arena)
{
    size_t most = collection->node_count + extra;
    *problem = (struct problem){
        .collection = collection,
        .participants = arena_alloc_array(arena, most, sizeof(struct solver_participant)),
        .nodes = arena_alloc_array(arena, most, sizeof(struct node *)),
        .groups = arena_alloc_array(arena, most, sizeof(struct solver_group)),
        .selected = arena_alloc_array(arena, most, sizeof(uint32_t)),
        .outcome = arena_alloc(arena, sizeof(struct solver_outcome)),
    };
    struct environment *environment = collection_environment(collection->table);
    if (problem->participants == NULL || problem->nodes == NULL || problem->groups == NULL ||
        problem->selected == NULL || problem->outcome == NULL || environment == NULL) {
        return false;
    }
    problem->environment = environment_ref(environment);
    return true;
}

void problem_deinit(struct problem *problem)
{
    solver_explanation_deinit(&problem->furthest);
    solver_explanation_deinit(&problem->every);
    environment_unref(problem->environment);
}

void problem_add_pinned(struct problem *problem,
                        const struct sysmem_buffer_collection_constraints *constraints)
{
    problem->participants[problem->participant_count++] =
        (struct solver_participant){.constraints = constraints, .settled = true};
}

static void add_node(struct problem *problem, struct node *node)
{
    if (node->has_constraints) {
        problem->nodes[problem->participant_count] = node;
        problem->participants[problem->participant_count++] = (struct solver_participant){
            .constraints = node->constraints,
            .group = (int)node->group,
            .child = node->child,
            .settled = node->allocated,
        };
    }
}

void problem_add_allocated(struct problem *problem)
{
    struct list queue;
    list_init(&queue);
    node_list_breadth_first(problem->collection->root, &queue);
    list_for_each_safe (link, next, &queue) {
        struct node *node = container_of(link, struct node, queue);
        list_remove(link);
        if (node->allocated) {
            node->group = 0; /* its groups have chosen already */
            add_node(problem, node);
        }
    }
}

/* Numbers the groups of the part, and tells each node which one it is under. */
static void add_groups(struct problem *problem, struct node *top)
{
    for (struct node *node = top; node != NULL; node = node_next_pruned(top, node)) {
        struct node *parent = node == top ? NULL : node->parent;
        bool is_choice = parent != NULL && node_is_group(parent);
        node->group = is_choice ? parent->own_group : parent == NULL ? 0 : parent->group;
        node->child = is_choice ? parent->next_child++ : parent == NULL ? 0 : parent->child;
        node->next_child = 0;
        if (node_is_group(node)) {
            problem->groups[problem->group_count++] = (struct solver_group){
                .parent = (int)node->group,
                .parent_child = node->child,
                .child_count = node->child_count,
            };
            node->own_group = (uint32_t)problem->group_count;
        }
    }
}

void problem_add_part(struct problem *problem, struct node *top)
{
    add_groups(problem, top);
    struct list queue;
    list_init(&queue);
    node_list_breadth_first(top, &queue);
    list_for_each_safe (link, next, &queue) {
        struct node *node = container_of(link, struct node, queue);
        list_remove(link);
        node->attached_below = node != top && (node->propagation == NODE_DO_NOT_PROPAGATE ||
                                               node->parent->attached_below);
        if (!node->attached_below) {
            add_node(problem, node);
        }
    }
    top->attached_below = false;
}

static void hide(const struct problem *problem, struct node *top)
{
    for (struct node *node = top; node != NULL; node = node_next_pruned(top, node)) {
        const struct node *parent = node == top ? NULL : node->parent;
        node->hidden =
            parent != NULL &&
            (parent->hidden ||
             (node_is_group(parent) && problem->selected[parent->own_group - 1] != node->child));
    }
}

static struct solver_problem asked(const struct problem *problem)
{
    return (struct solver_problem){
        .participants = problem->participants,
        .participant_count = problem->participant_count,
        .groups = problem->groups,
        .group_count = problem->group_count,
        .environment = &problem->environment->solver,
        .existing = problem->existing,
        .existing_count = problem->collection->buffer_count,
    };
}

uint64_t problem_effort(const struct problem *problem)
{
    const struct solver_problem question = asked(problem);
    return solver_effort(&question);
}

/* What explaining every combination may take: some 150 ms, on another thread. */
#define EVERY_EFFORT (UINT64_C(8) * SOLVER_MAX_EFFORT)

static bool explains_every(const struct solver_problem *question)
{
    return question->group_count > 0 && solver_explain_effort(question, true) <= EVERY_EFFORT;
}

uint64_t problem_explain_effort(const struct problem *problem)
{
    const struct solver_problem question = asked(problem);
    return solver_explain_effort(&question, false) +
           (explains_every(&question) ? solver_explain_effort(&question, true) : 0);
}

void problem_solve(struct problem *problem)
{
    const struct solver_problem question = asked(problem);
    solver_choose(&question, problem->selected, problem->outcome);
}

bool problem_has_failed(const struct problem *problem)
{
    return problem->outcome->error != 0 && !solver_waits(problem->outcome);
}

void problem_explain(struct problem *problem)
{
    const struct solver_problem question = asked(problem);
    if (!problem_has_failed(problem)) {
        return;
    }
    problem->explained = solver_explain(&question, false, &problem->furthest) == 0 &&
                         problem->furthest.conflict_count > 0;
    if (problem->explained && explains_every(&question) &&
        solver_explain(&question, true, &problem->every) != 0) {
        problem->every = (struct solver_explanation){0};
    }
}

bool problem_conclude(const struct problem *problem, struct node *top)
{
    if (problem->outcome->error != 0) {
        return false;
    }
    hide(problem, top);
    if (problem->collection->verbose) {
        collection_log_outcome(top, &problem->outcome->settings);
    }
    return true;
}

struct failure *problem_failure(const struct problem *problem, const struct node *top)
{
    const struct solver_outcome *outcome = problem->outcome;
    struct failure *failure = failure_new(top, outcome->error);
    if (failure == NULL) {
        return NULL;
    }
    const struct failure_findings findings = {
        .nodes = problem->nodes,
        .node_count = problem->participant_count,
        .group_count = problem->group_count,
        .furthest = &problem->furthest,
        .every = problem->every.conflict_count > 0 ? &problem->every : NULL,
    };
    if (problem->explained) {
        failure_explain(failure, &findings);
    } else {
        failure_blame_nobody(failure, "%s",
                             outcome->reason_count > 0 ? outcome->reasons[0].detail
                                                       : collection_no_memory);
    }
    return failure;
}
