#include "collection/aggregation.h"

#include <stdlib.h>

#include "base/log.h"
#include "collection/internal.h"

struct aggregation *aggregation_new(struct node *top, size_t extra)
{
    struct collection *collection = collection_of(top);
    struct aggregation *aggregation = calloc(1, sizeof(*aggregation));
    if (aggregation == NULL) {
        return NULL;
    }
    aggregation->collection = collection;
    aggregation->top = top;
    list_init(&aggregation->link);
    list_init(&aggregation->kept);
    arena_init(&aggregation->arena, SIZE_MAX / 2);
    if (!problem_init(&aggregation->problem, collection, extra, &aggregation->arena)) {
        arena_clear(&aggregation->arena);
        free(aggregation);
        return NULL;
    }
    return aggregation;
}

void aggregation_free(struct aggregation *aggregation)
{
    if (aggregation != NULL) {
        problem_deinit(&aggregation->problem);
        arena_clear(&aggregation->arena);
        free(aggregation);
    }
}

static void mark_asked(const struct aggregation *aggregation, bool asked)
{
    aggregation->top->asked = asked;
    for (size_t i = 0; i < aggregation->problem.participant_count; i++) {
        if (aggregation->problem.nodes[i] != NULL) {
            aggregation->problem.nodes[i]->asked = asked;
        }
    }
}

void aggregation_keep(struct aggregation *aggregation, struct node *node)
{
    aggregation->stale = aggregation->stale || node->asked;
    list_append(&aggregation->kept, &node->queue);
}

/* --- on another thread, or waiting for one --- */

static void on_work(struct executor_job *job)
{
    struct problem *problem = &container_of(job, struct aggregation, job)->problem;
    problem_solve(problem);
    problem_explain(problem);
}

static void run(struct aggregation *aggregation);

/* The next one of the same uid. */
static void run_next(struct collection_table *table, const struct account *account)
{
    list_for_each (link, &table->aggregations) {
        struct aggregation *next = container_of(link, struct aggregation, link);
        if (next->collection->account == account) {
            run(next);
            return;
        }
    }
}

static void let_go(struct aggregation *aggregation)
{
    struct collection *collection = aggregation->collection;
    mark_asked(aggregation, false);
    list_remove(&aggregation->link);
    collection->aggregation = NULL;
    list_for_each_safe (link, next, &aggregation->kept) {
        list_remove(link);
        list_append(&collection->table->dead_nodes, link);
    }
}

static void on_done(struct executor_job *job)
{
    struct aggregation *aggregation = container_of(job, struct aggregation, job);
    struct collection *collection = aggregation->collection;
    log_begin_cause(collection->account->uid);
    let_go(aggregation);
    run_next(collection->table, collection->account);
    if (!aggregation->stale) {
        aggregation->solved(aggregation);
    }
    aggregation_free(aggregation);
    if (collection->root != NULL) {
        collection_evaluate(collection);
    } else if (collection->bury_later) {
        collection_bury(collection);
    }
    log_end_cause();
}

/* One that is stale before its turn comes is not asked, but for being over. */
static void nothing(struct executor_job *job)
{
    (void)job;
}

static void run(struct aggregation *aggregation)
{
    struct executor *executor = aggregation->collection->table->config.executor;
    aggregation->runs = true;
    aggregation->job.work = aggregation->stale ? nothing : on_work;
    aggregation->job.done = on_done;
    executor->submit(executor, &aggregation->job);
}

static bool has_one_running(const struct collection_table *table, const struct account *account)
{
    list_for_each (link, &table->aggregations) {
        const struct aggregation *other = container_of(link, struct aggregation, link);
        if (other->runs && other->collection->account == account) {
            return true;
        }
    }
    return false;
}

static void begin_elsewhere(struct aggregation *aggregation)
{
    struct collection *collection = aggregation->collection;
    log_debug("collection %llu: the constraints are being aggregated, on another thread",
              (unsigned long long)collection->id);
    aggregation->since_ns = collection_now_ns();
    mark_asked(aggregation, true);
    collection->aggregation = aggregation;
    bool must_wait = has_one_running(collection->table, collection->account);
    list_append(&collection->table->aggregations, &aggregation->link);
    if (!must_wait) {
        run(aggregation);
    }
}

static bool is_for_elsewhere(const struct aggregation *aggregation, uint64_t effort)
{
    const struct collection_table_config *config = &aggregation->collection->table->config;
    return config->executor != NULL && effort > config->effort_at_once;
}

void aggregation_begin(struct aggregation *aggregation,
                       void (*solved)(struct aggregation *aggregation))
{
    struct problem *problem = &aggregation->problem;
    aggregation->solved = solved;
    if (aggregation->collection->verbose) {
        collection_log_part(aggregation->top);
    }
    if (is_for_elsewhere(aggregation, problem_effort(problem))) {
        begin_elsewhere(aggregation);
        return;
    }
    problem_solve(problem);
    if (problem_has_failed(problem) &&
        is_for_elsewhere(aggregation, problem_explain_effort(problem))) {
        begin_elsewhere(aggregation); /* solves it again, which is the least of it */
        return;
    }
    problem_explain(problem);
    solved(aggregation);
    aggregation_free(aggregation);
}
