#include "collection/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "collection/collection.h"
#include "model/failure.h"
#include "model/names.h"

/* Of a block in the log. */
#define MAX_LINES 64

/* In whole characters. */
static const char *keep(struct failure *failure, const char *text, size_t max)
{
    return text == NULL ? "" : arena_strndup(&failure->arena, text, utf8_cut(text, max));
}

static bool has_uid(const struct failure *failure, uid_t uid)
{
    for (size_t i = failure->uid_count; i > 0; i--) { /* neighbours are often of one uid */
        if (failure->uids[i - 1] == uid) {
            return true;
        }
    }
    return false;
}

/* Everybody in the tree may ask later. */
static bool add_uids(struct failure *failure, const struct collection *collection)
{
    uid_t *uids = arena_alloc_array(&failure->arena, collection->node_count, sizeof(*uids));
    failure->uids = uids;
    for (const struct node *node = collection->root; uids != NULL && node != NULL;
         node = node_next(collection->root, node)) {
        if (!has_uid(failure, node->client.uid)) {
            uids[failure->uid_count++] = node->client.uid;
        }
    }
    return uids != NULL;
}

struct failure *failure_new(const struct node *top, uint32_t error)
{
    const struct collection *collection = collection_of(top);
    struct failure *failure = calloc(1, sizeof(*failure));
    struct timespec now;
    if (failure == NULL) {
        return NULL;
    }
    (void)clock_gettime(CLOCK_REALTIME, &now);
    failure->references = 1;
    failure->time_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    failure->collection_id = collection->id;
    failure->part = top == collection->root ? 0 : top->koid;
    failure->owner = collection->account->uid;
    failure->error = error;
    failure->conflict.minimal = true;
    list_init(&failure->link);
    arena_init(&failure->arena, FAILURE_MAX_BYTES);
    failure->collection_name = keep(failure, collection->name, FAILURE_MAX_NAME_BYTES);
    if (failure->collection_name == NULL || !add_uids(failure, collection)) {
        failure_unref(failure);
        return NULL;
    }
    return failure;
}

struct failure *failure_ref(struct failure *failure)
{
    failure->references++;
    return failure;
}

void failure_unref(struct failure *failure)
{
    if (failure != NULL && --failure->references == 0) {
        arena_clear(&failure->arena);
        failed_tree_deinit(&failure->tree);
        free(failure);
    }
}

void failure_blame_nobody(struct failure *failure, const char *format, ...)
{
    char text[MODEL_FAILURE_MAX_DETAIL + 1];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct failure_reason *reason = arena_alloc(&failure->arena, sizeof(*reason));
    const char *detail = keep(failure, text, MODEL_FAILURE_MAX_DETAIL);
    failure->conflict = (struct failure_conflict){.omitted = 1, .minimal = true};
    if (reason != NULL && detail != NULL) {
        *reason = (struct failure_reason){FAILURE_NOBODY, "", detail};
        failure->conflict.reasons = reason;
        failure->conflict.reason_count = 1;
        failure->conflict.omitted = 0;
    }
}

/* Who took part, on their way into a failure. */
struct parties {
    struct node *const *nodes;
    size_t count;
    bool *chosen;
    size_t chosen_count;
};

static void choose(struct parties *parties, size_t participant)
{
    if (parties->nodes[participant] != NULL && !parties->chosen[participant] &&
        parties->chosen_count < FAILURE_MAX_PARTIES) {
        parties->chosen[participant] = true;
        parties->chosen_count++;
    }
}

static bool add_party(struct failure *failure, const struct node *node, struct failure_party *ret)
{
    const char *name = keep(failure, node->client.name, FAILURE_MAX_NAME_BYTES);
    if (name == NULL) {
        return false;
    }
    *ret = (struct failure_party){
        .node = node->koid,
        .name = name,
        .client_id = node->client.id,
        .pid = node->client.pid,
        .uid = node->client.uid,
    };
    return true;
}

static void add_chosen(struct failure *failure, const struct parties *parties)
{
    struct failure_party *list =
        arena_alloc_array(&failure->arena, parties->chosen_count, sizeof(*list));
    failure->parties = list;
    for (size_t i = 0; i < parties->count; i++) {
        const struct node *node = parties->nodes[i];
        bool added = node != NULL && parties->chosen[i] && list != NULL &&
                     add_party(failure, node, &list[failure->party_count]);
        failure->party_count += added ? 1 : 0;
        failure->parties_omitted += node != NULL && !added ? 1 : 0;
    }
}

static void add_parties(struct failure *failure, const struct failure_findings *findings)
{
    const struct solver_conflict *conflict = findings->furthest->conflicts;
    struct parties parties = {
        .nodes = findings->nodes,
        .count = findings->node_count,
        .chosen = calloc(findings->node_count + 1, sizeof(bool)),
    };
    if (parties.chosen == NULL) {
        failure->parties_omitted = parties.count;
        return;
    }
    for (size_t i = 0; i < conflict->member_count; i++) {
        if (conflict->members[i].participant >= 0) {
            choose(&parties, (size_t)conflict->members[i].participant);
        }
    }
    for (size_t i = 0; i < parties.count; i++) {
        choose(&parties, i);
    }
    add_chosen(failure, &parties);
    free(parties.chosen);
}

/* False: it is not kept. */
static bool find_party(const struct failure *failure, const struct node *node, uint32_t *ret)
{
    for (size_t i = 0; i < failure->party_count; i++) {
        if (failure->parties[i].node == node->koid) {
            *ret = (uint32_t)i;
            return true;
        }
    }
    return false;
}

static bool add_reason(struct failure *failure, const struct failure_findings *findings,
                       const struct solver_member *member, struct failure_reason *ret)
{
    uint32_t party = FAILURE_NOBODY;
    if (member->participant >= 0 &&
        !find_party(failure, findings->nodes[member->participant], &party)) {
        return false;
    }
    const char *field = keep(failure, member->field, MODEL_FAILURE_MAX_FIELD);
    const char *detail = keep(failure, member->detail, MODEL_FAILURE_MAX_DETAIL);
    *ret = (struct failure_reason){party, field, detail};
    return field != NULL && detail != NULL;
}

/* False: there is no room for any of it. */
static bool add_conflict(struct failure *failure, const struct failure_findings *findings,
                         const struct solver_conflict *from, struct failure_conflict *ret)
{
    size_t most =
        from->member_count < FAILURE_MAX_REASONS ? from->member_count : FAILURE_MAX_REASONS;
    struct failure_reason *reasons = arena_alloc_array(&failure->arena, most, sizeof(*reasons));
    size_t groups = from->selected == NULL ? 0 : findings->group_count;
    uint32_t *selected = arena_alloc_array(&failure->arena, groups, sizeof(*selected));
    *ret = (struct failure_conflict){
        .omitted = from->omitted + from->member_count,
        .minimal = from->minimal,
    };
    if (reasons == NULL || selected == NULL) {
        return false;
    }
    if (groups > 0) {
        memcpy(selected, from->selected, groups * sizeof(*selected));
    }
    for (size_t i = 0; i < from->member_count && ret->reason_count < most; i++) {
        ret->reason_count +=
            add_reason(failure, findings, &from->members[i], &reasons[ret->reason_count]) ? 1 : 0;
    }
    ret->omitted -= ret->reason_count;
    ret->reasons = reasons;
    ret->selected = selected;
    ret->selected_count = groups;
    return true;
}

/* All or none: an arena that is full tells. */
static void add_combinations(struct failure *failure, const struct failure_findings *findings)
{
    const struct solver_explanation *every = findings->every;
    struct failure_conflict *list =
        arena_alloc_array(&failure->arena, every->conflict_count, sizeof(*list));
    for (size_t i = 0; list != NULL && i < every->conflict_count; i++) {
        if (!add_conflict(failure, findings, &every->conflicts[i], &list[i])) {
            return;
        }
    }
    failure->combinations = list;
    failure->combination_count = list == NULL ? 0 : every->conflict_count;
}

void failure_explain(struct failure *failure, const struct failure_findings *findings)
{
    add_parties(failure, findings);
    (void)add_conflict(failure, findings, findings->furthest->conflicts, &failure->conflict);
    if (findings->every != NULL) {
        add_combinations(failure, findings);
    }
}

static void log_reason(const struct failure *failure, const struct failure_reason *reason)
{
    if (reason->party == FAILURE_NOBODY) {
        log_warning("    %s", reason->detail);
        return;
    }
    const struct failure_party *party = &failure->parties[reason->party];
    struct strbuf text = {0};
    strbuf_addf(&text, "    client ");
    strbuf_add_quoted(&text, party->name);
    strbuf_addf(&text, " pid %d uid %u: ", (int)party->pid, (unsigned)party->uid);
    strbuf_add_escaped(&text, reason->field);
    strbuf_addf(&text, ": ");
    strbuf_add_escaped(&text, reason->detail);
    log_warning("%s", strbuf_text(&text));
    strbuf_deinit(&text);
}

void failure_log_lines(const struct failure *failure, const char *who)
{
    const struct failure_conflict *conflict = &failure->conflict;
    size_t told = conflict->reason_count < MAX_LINES ? conflict->reason_count : MAX_LINES;
    size_t omitted = conflict->omitted + conflict->reason_count - told;
    bool is_conflict = told > 0 && conflict->reasons[0].party != FAILURE_NOBODY;
    log_warning("%s: allocation fails: %s%s", who,
                model_name_of(&model_error_names, failure->error),
                !is_conflict        ? ":"
                : conflict->minimal ? "; without any one of these the others could be satisfied:"
                                    : "; these cannot be satisfied together:");
    for (size_t i = 0; i < told; i++) {
        log_reason(failure, &conflict->reasons[i]);
    }
    if (omitted > 0) {
        log_warning("    and %zu more", omitted);
    }
}
