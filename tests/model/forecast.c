#include "forecast.h"

#include <assert.h>
#include <string.h>

static struct member *at(struct forecast *forecast, int id)
{
    return &forecast->members[id];
}

void forecast_init(struct forecast *forecast)
{
    memset(forecast, 0, sizeof(*forecast));
    forecast->root = -1;
    for (int id = 0; id < OP_MAX_NODES; id++) {
        forecast->members[id].parent = -1;
    }
}

bool forecast_below(const struct forecast *forecast, int id, int top)
{
    bool inside = forecast->members[id].inside;
    while (id >= 0 && id != top) {
        id = forecast->members[id].parent;
    }
    return inside && id == top;
}

bool forecast_in_part(const struct forecast *forecast, int id, int top)
{
    bool below = forecast_below(forecast, id, top);
    for (; below && id != top; id = forecast->members[id].parent) {
        if (forecast->members[id].attached) {
            return false;
        }
    }
    return below;
}

/* --- Failing --- */

static void give_answer(struct member *member, enum answer answer)
{
    if (member->waits > 0) {
        member->answer = answer;
        member->waits = 0;
    }
}

/* Down through everything: attached and dispensable parts die with what they hang on. */
static void fail_below(struct forecast *forecast, int top)
{
    bool dies[OP_MAX_NODES];
    for (int id = 0; id < forecast->limit; id++) {
        dies[id] = forecast_below(forecast, id, top);
    }
    for (int id = 0; id < forecast->limit; id++) {
        if (dies[id]) {
            struct member *member = at(forecast, id);
            give_answer(member, ANSWER_CLOSED);
            member->inside = false;
            member->open = false;
        }
    }
    forecast->over = forecast->over || top == forecast->root;
}

/* Up to the border of the failure domain. */
static void fail(struct forecast *forecast, int id)
{
    const struct member *member = at(forecast, id);
    while (member->parent >= 0 && !member->attached &&
           !(member->dispensable && member->allocated)) {
        id = member->parent;
        member = at(forecast, id);
    }
    fail_below(forecast, id);
}

static void tell_below(struct forecast *forecast, int top, enum answer answer)
{
    for (int id = 0; id < forecast->limit; id++) {
        if (forecast_below(forecast, id, top)) {
            give_answer(at(forecast, id), answer);
        }
    }
}

/* --- Allocating --- */

static bool is_ready(const struct member *member)
{
    switch (member->role) {
    case ROLE_COLLECTION:
        return member->orphan || member->spoken;
    case ROLE_GROUP:
        return member->orphan || member->complete;
    default:
        return member->orphan;
    }
}

static bool part_is_ready(const struct forecast *forecast, int top)
{
    for (int id = 0; id < forecast->limit; id++) {
        if (forecast_in_part(forecast, id, top) && !is_ready(&forecast->members[id])) {
            return false;
        }
    }
    return true;
}

static void get_buffers(struct member *member)
{
    member->allocated = true;
    if (member->waits > 0 && member->keeps && !member->weak && wishes[member->wish].uses) {
        member->holds = true;
    }
    member->keeps = false;
    give_answer(member, ANSWER_BUFFERS);
}

static void take_buffers(struct forecast *forecast, const struct forecast_attempt *attempt)
{
    bool part[OP_MAX_NODES];
    for (int id = 0; id < forecast->limit; id++) {
        part[id] = forecast_in_part(forecast, id, attempt->top);
        if (attempt->taken[id]) {
            get_buffers(at(forecast, id));
        }
    }
    for (int id = 0; id < forecast->limit; id++) {
        if (part[id] && !attempt->taken[id] && at(forecast, id)->inside) {
            tell_below(forecast, id, ANSWER_EMPTY);
            fail_below(forecast, id);
            forecast->tally.unselected++;
        }
    }
}

static void allocate(struct forecast *forecast, int top)
{
    struct forecast_attempt attempt = {.top = top, .late = top != forecast->root};
    enum answer answer = forecast_choose(forecast, &attempt);
    if (answer != ANSWER_BUFFERS) {
        tell_below(forecast, top, answer);
        fail_below(forecast, top);
        forecast->tally.refused += attempt.late ? 0 : 1;
        forecast->tally.not_joined += attempt.late ? 1 : 0;
        return;
    }
    if (!attempt.late) {
        forecast->allocated = true;
        forecast->count = attempt.count;
        forecast->size = attempt.size;
    }
    forecast->tally.allocated += attempt.late ? 0 : 1;
    forecast->tally.joined += attempt.late ? 1 : 0;
    take_buffers(forecast, &attempt);
}

/* The first part that can join the buffers, by level and then by age; -1: none. */
static int next_part(const struct forecast *forecast)
{
    int level[OP_MAX_NODES];
    int length = 1;
    level[0] = forecast->root;
    for (int i = 0; i < length; i++) {
        const struct member *member = &forecast->members[level[i]];
        if (member->attached && !member->allocated && forecast->members[member->parent].allocated &&
            part_is_ready(forecast, level[i])) {
            return level[i];
        }
        for (int id = 0; id < forecast->limit; id++) {
            if (forecast->members[id].inside && forecast->members[id].parent == level[i]) {
                level[length++] = id;
            }
        }
    }
    return -1;
}

/* --- What follows from a step --- */

/* A failure domain without a client; -1: none. */
static int empty_domain(const struct forecast *forecast)
{
    for (int top = 0; top < forecast->limit; top++) {
        const struct member *member = &forecast->members[top];
        bool is_domain = top == forecast->root || member->attached || member->dispensable;
        bool connected = false;
        for (int id = 0; id < forecast->limit; id++) {
            connected =
                connected || (forecast_below(forecast, id, top) && !forecast->members[id].orphan);
        }
        if (member->inside && is_domain && !connected) {
            return top;
        }
    }
    return -1;
}

static bool has_strong_node(const struct forecast *forecast)
{
    for (int id = 0; id < forecast->limit; id++) {
        const struct member *member = &forecast->members[id];
        if (member->inside && !member->orphan && !member->weak) {
            return true;
        }
    }
    return false;
}

static bool has_strong_handle(const struct forecast *forecast)
{
    for (int id = 0; id < forecast->limit; id++) {
        if (forecast->members[id].holds) {
            return true;
        }
    }
    return false;
}

/* Nobody keeps the buffers: the daemon learns that from the kernel, a moment later. */
static void fade(struct forecast *forecast)
{
    for (int id = 0; id < forecast->limit; id++) {
        struct member *member = at(forecast, id);
        if (member->waits > 0 || member->answer == ANSWER_BUFFERS) {
            member->answer = ANSWER_EITHER;
            member->waits = 0;
        }
    }
    fail_below(forecast, forecast->root);
    forecast->fading = true;
    forecast->tally.lost++;
}

/* One consequence. False: there is none (any more). */
static bool follow(struct forecast *forecast)
{
    int top = empty_domain(forecast);
    if (top >= 0) {
        fail(forecast, top);
        forecast->tally.emptied++;
    } else if (!forecast->allocated && !has_strong_node(forecast)) {
        fail_below(forecast, forecast->root);
        forecast->tally.lost++;
    } else if (forecast->allocated && !has_strong_node(forecast) && !has_strong_handle(forecast)) {
        fade(forecast);
    } else if (!forecast->allocated && part_is_ready(forecast, forecast->root)) {
        allocate(forecast, forecast->root);
    } else {
        top = forecast->allocated ? next_part(forecast) : -1;
        if (top < 0) {
            return false;
        }
        allocate(forecast, top);
    }
    return true;
}

/* --- Operations --- */

static struct member *add_member(struct forecast *forecast, unsigned id, int parent, enum role role)
{
    assert(id < OP_MAX_NODES && !forecast->members[id].made);
    struct member *member = at(forecast, (int)id);
    forecast->limit = (int)id < forecast->limit ? forecast->limit : (int)id + 1;
    member->made = true;
    member->open = true;
    member->inside = true;
    member->parent = parent;
    member->role = role;
    if (parent >= 0) {
        member->weak = at(forecast, parent)->weak;
        member->weak_ok = at(forecast, parent)->weak_ok_below;
        member->weak_ok_below = at(forecast, parent)->weak_ok_below;
    }
    return member;
}

bool forecast_has(const struct forecast *forecast, const struct op *op)
{
    const struct member *member = &forecast->members[op->node];
    if (op->kind == OP_ALLOCATE) {
        return forecast->root < 0;
    }
    if (op->kind == OP_DROP) {
        return member->holds;
    }
    return member->open && op_fits(op->kind, member->role);
}

static bool has_child(const struct forecast *forecast, int parent)
{
    for (int id = 0; id < forecast->limit; id++) {
        if (forecast->members[id].inside && forecast->members[id].parent == parent) {
            return true;
        }
    }
    return false;
}

bool forecast_permits(const struct forecast *forecast, const struct op *op)
{
    const struct member *member = &forecast->members[op->node];
    if (op->kind == OP_ALLOCATE || op->kind == OP_SET_DISPENSABLE || op->kind == OP_DROP) {
        return true;
    }
    if (op->kind == OP_CLOSE || member->released) {
        return op->kind == OP_CLOSE && member->released;
    }
    switch (op->kind) {
    case OP_RELEASE:
        return member->role != ROLE_GROUP || member->complete;
    case OP_CREATE_CHILD:
        return !member->complete;
    case OP_ALL_CHILDREN_PRESENT:
        return !member->complete && has_child(forecast, (int)op->node);
    case OP_SET_WEAK:
        return !is_ready(member);
    case OP_SET_WEAK_OK:
        return !member->waited;
    case OP_SET_CONSTRAINTS:
        return !member->spoken;
    case OP_ATTACH:
        return !member->weak;
    case OP_WAIT:
        return member->spoken && (!member->weak || member->weak_ok);
    default:
        return true;
    }
}

static unsigned made_count(enum op_kind kind)
{
    switch (kind) {
    case OP_DUPLICATE:
    case OP_CREATE_GROUP:
    case OP_CREATE_CHILD:
    case OP_ATTACH:
        return 1;
    case OP_DUPLICATE_SYNC:
        return 2;
    default:
        return 0;
    }
}

static void say_wish(struct member *member, const struct op *op)
{
    member->spoken = true;
    member->wish = op->wish;
    member->camping = op->camping;
}

static void wait(struct member *member, bool keeps)
{
    member->waited = true;
    member->waits++;
    member->keeps = member->keeps || keeps;
    if (member->allocated) {
        get_buffers(member);
    }
}

static void do_to_node(struct member *member, const struct op *op)
{
    switch (op->kind) {
    case OP_ALL_CHILDREN_PRESENT:
        member->complete = true;
        break;
    case OP_SET_DISPENSABLE:
        member->dispensable = true;
        break;
    case OP_SET_WEAK:
        member->weak = true;
        member->weak_ok = true;
        break;
    case OP_SET_WEAK_OK:
        member->weak_ok = true;
        member->weak_ok_below = member->weak_ok_below || op->flag;
        break;
    case OP_BIND:
        member->role = ROLE_COLLECTION;
        break;
    case OP_SET_CONSTRAINTS:
        say_wish(member, op);
        break;
    case OP_RELEASE:
        member->released = true;
        break;
    case OP_WAIT:
        wait(member, op->flag);
        break;
    case OP_DROP:
        member->holds = false;
        break;
    default:
        break;
    }
}

/* The client's end goes, and whatever was pending there with it. */
static void close_end(struct member *member)
{
    member->open = false;
    member->left = true;
    member->waits = 0;
    member->orphan = member->released;
}

static void do_permitted(struct forecast *forecast, const struct op *op)
{
    if (op->kind == OP_ALLOCATE) {
        forecast->root = (int)op->node;
        (void)add_member(forecast, op->node, -1, op->flag ? ROLE_COLLECTION : ROLE_TOKEN);
        return;
    }
    enum role role = op->kind == OP_CREATE_GROUP ? ROLE_GROUP : ROLE_TOKEN;
    for (unsigned i = 0; i < made_count(op->kind); i++) {
        add_member(forecast, op->made + i, (int)op->node, role)->attached = op->kind == OP_ATTACH;
    }
    do_to_node(at(forecast, (int)op->node), op);
}

/* What it would have made has a channel, which closes. DuplicateSync's would come in the reply. */
static void do_forbidden(struct forecast *forecast, const struct op *op)
{
    unsigned made = op->kind == OP_DUPLICATE_SYNC ? 0 : made_count(op->kind);
    for (unsigned i = 0; i < made; i++) {
        at(forecast, (int)(op->made + i))->made = true;
        at(forecast, (int)(op->made + i))->stray = true;
    }
    at(forecast, (int)op->node)->waits += op->kind == OP_WAIT ? 1 : 0;
    fail(forecast, (int)op->node);
}

void forecast_apply(struct forecast *forecast, const struct op *op)
{
    for (int id = 0; id < forecast->limit; id++) {
        at(forecast, id)->answer = ANSWER_NONE;
    }
    forecast->fading = false;
    bool permitted = forecast_permits(forecast, op);
    if (op->kind == OP_CLOSE) {
        close_end(at(forecast, (int)op->node));
    }
    if (permitted) {
        do_permitted(forecast, op);
    } else {
        do_forbidden(forecast, op);
    }
    while (!forecast->over && follow(forecast)) {
    }
}
