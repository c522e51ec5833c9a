#include "collection/problem.h"

#include "base/log.h"
#include "base/strbuf.h"
#include "collection/internal.h"
#include "model/names.h"

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
    return problem->participants != NULL && problem->nodes != NULL && problem->groups != NULL &&
           problem->selected != NULL && problem->outcome != NULL;
}

void problem_add_pinned(struct problem *problem,
                        const struct sysmem_buffer_collection_constraints *constraints)
{
    problem->participants[problem->participant_count++] =
        (struct solver_participant){.constraints = constraints};
}

static void add_node(struct problem *problem, struct node *node)
{
    if (node->has_constraints) {
        problem->nodes[problem->participant_count] = node;
        problem->participants[problem->participant_count++] = (struct solver_participant){
            .constraints = node->constraints,
            .group = (int)node->group,
            .child = node->child,
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

static const char *name_of(const struct problem *problem, int participant)
{
    const struct node *node = problem->nodes[participant];
    if (node == NULL) {
        return "the buffers that exist";
    }
    return node->client.name == NULL ? "" : node->client.name;
}

static void log_reasons(const struct problem *problem, const struct node *top)
{
    const struct solver_outcome *outcome = problem->outcome;
    log_warning("%s: allocation fails: %s", collection_describe_node(top),
                model_name_of(&model_error_names, outcome->error));
    for (size_t i = 0; i < outcome->reason_count; i++) {
        const struct solver_reason *reason = &outcome->reasons[i];
        if (reason->participant < 0) { /* nobody is to blame */
            log_warning("    %s", reason->detail);
            continue;
        }
        struct strbuf who = {0};
        strbuf_add_quoted(&who, name_of(problem, reason->participant));
        log_warning("    client %s %s: %s", strbuf_text(&who), reason->field, reason->detail);
        strbuf_deinit(&who);
    }
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
        .environment = &problem->collection->table->config.environment,
        .existing = problem->existing,
        .existing_count = problem->collection->buffer_count,
    };
}

uint64_t problem_effort(const struct problem *problem)
{
    const struct solver_problem question = asked(problem);
    return solver_effort(&question);
}

void problem_solve(struct problem *problem)
{
    const struct solver_problem question = asked(problem);
    solver_choose(&question, problem->selected, problem->outcome);
}

bool problem_conclude(const struct problem *problem, struct node *top)
{
    if (problem->outcome->error != 0) {
        log_reasons(problem, top);
        return false;
    }
    hide(problem, top);
    if (problem->collection->verbose) {
        collection_log_outcome(top, &problem->outcome->settings);
    }
    return true;
}
