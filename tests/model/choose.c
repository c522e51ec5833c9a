/* Which children of the groups are taken, and whether the constraints of the taken go together. */
#include <string.h>

#include "forecast.h"

#define MAX_COMBINATIONS 64
#define MAX_BUFFERS      128

struct group {
    int id;
    int children[OP_MAX_NODES];
    unsigned count;
    unsigned choice;
};

struct groups {
    struct group groups[OP_MAX_NODES];
    unsigned count;
};

/* What all participants together ask for. */
struct sum {
    uint64_t min_size;
    uint64_t max_size;
    uint32_t camping;
    uint32_t min_count;
    uint32_t max_count;
    bool uses;
};

/* Depth first, a parent before its children: the order of significance. */
static void find_groups(const struct forecast *forecast, int top, int id, struct groups *groups)
{
    struct group *group = NULL;
    if (forecast->members[id].role == ROLE_GROUP) {
        group = &groups->groups[groups->count++];
        *group = (struct group){.id = id};
    }
    for (int child = 0; child < forecast->limit; child++) {
        if (forecast->members[child].parent != id || !forecast_in_part(forecast, child, top)) {
            continue;
        }
        if (group != NULL) {
            group->children[group->count++] = child;
        }
        find_groups(forecast, top, child, groups);
    }
}

static int chosen_child(const struct groups *groups, int id)
{
    for (unsigned i = 0; i < groups->count; i++) {
        if (groups->groups[i].id == id) {
            return groups->groups[i].children[groups->groups[i].choice];
        }
    }
    return -1;
}

static bool is_taken(const struct forecast *forecast, const struct groups *groups, int top, int id)
{
    for (; id != top; id = forecast->members[id].parent) {
        int parent = forecast->members[id].parent;
        if (forecast->members[parent].role == ROLE_GROUP && chosen_child(groups, parent) != id) {
            return false;
        }
    }
    return true;
}

/* The next selection. False: there is none. */
static bool next_selection(const struct forecast *forecast, struct groups *groups, int top)
{
    bool shown[OP_MAX_NODES];
    for (unsigned i = 0; i < groups->count; i++) {
        shown[i] = is_taken(forecast, groups, top, groups->groups[i].id);
    }
    for (unsigned i = groups->count; i > 0; i--) {
        struct group *group = &groups->groups[i - 1];
        if (!shown[i - 1]) {
            continue;
        }
        if (++group->choice < group->count) {
            return true;
        }
        group->choice = 0;
    }
    return false;
}

static void add(struct sum *sum, const struct member *member)
{
    const struct wish *wish = &wishes[member->wish];
    if (!wish->said) {
        return;
    }
    sum->uses = sum->uses || wish->uses;
    sum->camping += member->camping;
    sum->min_size = wish->min_size > sum->min_size ? wish->min_size : sum->min_size;
    if (wish->max_size != 0 && wish->max_size < sum->max_size) {
        sum->max_size = wish->max_size;
    }
    if (wish->max_count != 0 && wish->max_count < sum->max_count) {
        sum->max_count = wish->max_count;
    }
}

static bool goes_together(const struct forecast *forecast, struct forecast_attempt *attempt)
{
    struct sum sum = {.max_size = UINT64_MAX, .max_count = UINT32_MAX};
    if (attempt->late) { /* what exists must stay as it is */
        sum.min_size = forecast->size;
        sum.max_size = forecast->size;
        sum.min_count = forecast->count;
        sum.max_count = forecast->count;
    }
    for (int id = 0; id < forecast->limit; id++) {
        const struct member *member = &forecast->members[id];
        bool counts = attempt->taken[id] || (attempt->late && member->inside && member->allocated);
        if (counts && member->spoken) {
            add(&sum, member);
        }
    }
    attempt->count = sum.camping > sum.min_count ? sum.camping : sum.min_count;
    attempt->size = sum.min_size;
    return sum.uses && sum.min_size > 0 && sum.min_size <= sum.max_size && attempt->count > 0 &&
           attempt->count <= sum.max_count && attempt->count <= MAX_BUFFERS;
}

enum answer forecast_choose(const struct forecast *forecast, struct forecast_attempt *attempt)
{
    struct groups groups = {.count = 0};
    find_groups(forecast, attempt->top, attempt->top, &groups);
    for (unsigned tried = 0; tried < MAX_COMBINATIONS; tried++) {
        for (int id = 0; id < forecast->limit; id++) {
            attempt->taken[id] = forecast_in_part(forecast, id, attempt->top) &&
                                 is_taken(forecast, &groups, attempt->top, id);
        }
        if (goes_together(forecast, attempt)) {
            return ANSWER_BUFFERS;
        }
        if (!next_selection(forecast, &groups, attempt->top)) {
            return ANSWER_EMPTY;
        }
    }
    return ANSWER_TOO_MANY;
}
