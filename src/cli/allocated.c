#include "cli/allocated.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/solve_answer.h"

/* Of a participant without a name. */
struct number {
    char text[32];
};

struct question {
    struct solver_participant *participants;
    struct number *numbers;
    size_t count;
    size_t unknown;
};

static void add_node(struct question *question, const struct model_debug_node *node)
{
    if ((node->flags & MODEL_DEBUG_NODE_FLAG_ALLOCATED) == 0) {
        return;
    }
    question->unknown += node->has_constraints && node->constraints_left_out ? 1 : 0;
    if (node->has.constraints) {
        struct number *number = &question->numbers[question->count];
        bool named = node->has.client_name && node->client_name[0] != '\0';
        (void)snprintf(number->text, sizeof(number->text), "node %" PRIu64, node->koid);
        question->participants[question->count++] = (struct solver_participant){
            .name = named ? node->client_name : number->text,
            .constraints = &node->constraints,
        };
    }
}

static void ask(struct question *question, const struct model_debug_collection *collection)
{
    for (size_t i = 0; i < collection->nodes_count; i++) {
        add_node(question, &collection->nodes[i]);
    }
    for (size_t i = 0; i < collection->participants_count; i++) {
        question->unknown += collection->participants[i].left ? 1 : 0;
    }
}

/* The groups have chosen: what is left of them takes part as a whole. */
static json_t *tell(const struct question *question,
                    const struct model_debug_collection *collection)
{
    struct solver_environment environment;
    struct solver_outcome outcome = {
        .buffer_count = collection->buffer_count,
        .settings = collection->settings,
    };
    const struct solver_problem problem = {
        .participants = question->participants,
        .participant_count = question->count,
        .environment = &environment,
    };
    solver_environment_init(&environment);
    json_t *told = solve_tell_success(&problem, NULL, &outcome, true);
    if (told != NULL && question->unknown > 0) {
        (void)json_object_set_new(told, "left", json_integer((json_int_t)question->unknown));
    }
    return told;
}

json_t *allocated_explain(const struct model_debug_collection *collection)
{
    size_t most = collection->nodes_count + 1;
    struct question question = {
        .participants = calloc(most, sizeof(*question.participants)),
        .numbers = calloc(most, sizeof(*question.numbers)),
    };
    json_t *told = NULL;
    if (question.participants != NULL && question.numbers != NULL) {
        ask(&question, collection);
        told = tell(&question, collection);
    }
    free(question.participants);
    free(question.numbers);
    return told;
}
