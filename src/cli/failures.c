#include "cli/failures.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/strbuf.h"
#include "cli/daemon.h"
#include "cli/solve_text.h"
#include "cli/text_table.h"
#include "model/names.h"
#include "model/tables.h"
#include "json/json.h"

/* Takes the reply over. False: no memory; the reply is cleared. */
static bool keep(struct failures *failures, struct channel_reply *reply)
{
    const struct model_debug_get_failures_response *page = reply->response;
    struct channel_reply *replies =
        realloc(failures->replies, (failures->reply_count + 1) * sizeof(*replies));
    failures->replies = replies == NULL ? failures->replies : replies;
    const struct model_debug_failure **list = realloc(
        (void *)failures->list, (failures->count + page->failures_count + 1) * sizeof(*list));
    failures->list = list == NULL ? failures->list : list;
    if (replies == NULL || list == NULL) {
        (void)fprintf(stderr, "sysmemctl: no memory for all failures\n");
        channel_reply_clear(reply);
        return false;
    }
    for (size_t i = 0; i < page->failures_count; i++) {
        list[failures->count++] = &page->failures[i];
    }
    replies[failures->reply_count++] = *reply;
    return true;
}

bool failures_get(struct failures *failures, struct channel *debug, uint64_t collection_id,
                  bool every)
{
    *failures = (struct failures){0};
    struct model_debug_get_failures_request request = {0};
    SYSMEM_SET(&request, after, 0);
    SYSMEM_SET(&request, every_combination, every);
    if (collection_id != 0) {
        SYSMEM_SET(&request, collection_id, collection_id);
    }
    for (bool more = true; more;) {
        struct channel_reply reply;
        if (!daemon_ask(debug, "GetFailures", &request, &reply)) {
            failures_deinit(failures);
            return false;
        }
        const struct model_debug_get_failures_response *page = reply.response;
        more = page->more && page->failures_count > 0;
        if (!keep(failures, &reply)) {
            failures_deinit(failures);
            return false;
        }
        request.after = more ? failures->list[failures->count - 1]->number : 0;
    }
    return true;
}

void failures_deinit(struct failures *failures)
{
    for (size_t i = 0; i < failures->reply_count; i++) {
        channel_reply_clear(&failures->replies[i]);
    }
    free(failures->replies);
    free((void *)failures->list);
    *failures = (struct failures){0};
}

const struct model_debug_failure *failures_last_of(const struct failures *failures,
                                                   uint64_t collection_id)
{
    for (size_t i = failures->count; i > 0; i--) {
        if (failures->list[i - 1]->collection_id == collection_id) {
            return failures->list[i - 1];
        }
    }
    return NULL;
}

void failures_add_reasons(const struct failures *failures, struct collections_view *view)
{
    struct model_debug_collection *rows = (void *)(uintptr_t)view->rows; /* this command's own */
    for (size_t i = 0; i < view->count; i++) {
        const struct model_debug_failure *last = failures_last_of(failures, rows[i].id);
        if (last != NULL) {
            SYSMEM_SET_VECTOR(&rows[i], reasons, last->conflict.reasons,
                              last->conflict.reasons_count);
        }
    }
}

json_t *failures_to_json(const struct failures *failures)
{
    json_t *list = json_array();
    for (size_t i = 0; i < failures->count; i++) {
        json_t *one = table_to_json(&model_type_debug_failure, failures->list[i], NULL);
        if (json_array_append_new(list, one) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return json_pack("{s:o}", "failures", list);
}

json_t *failures_reasons(const struct model_debug_conflict *conflict)
{
    json_t *list = json_array();
    for (size_t i = 0; i < conflict->reasons_count; i++) {
        const struct model_debug_reason *reason = &conflict->reasons[i];
        const char *participant = reason->has.participant ? reason->participant : NULL;
        const char *field = reason->has.field ? reason->field : NULL;
        json_t *told = json_pack("{s:s*, s:s*, s:s}", "participant", participant, "field", field,
                                 "detail", reason->has.detail ? reason->detail : "");
        if (json_array_append_new(list, told) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* As `date` shows it in this time zone. */
static void add_time(struct strbuf *buf, uint64_t time_ns)
{
    const time_t seconds = (time_t)(time_ns / 1000000000u);
    struct tm local = {0};
    char text[32];
    (void)localtime_r(&seconds, &local);
    (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
    strbuf_addf(buf, "%s", text);
}

static const char *error_name(const struct model_debug_failure *failure)
{
    const char *name = model_name_of(&model_error_names, failure->error);
    return name == NULL ? "?" : name;
}

/* "camera" usage: wanted ...; and 2 more */
static void add_first_reason(struct strbuf *buf, const struct model_debug_conflict *conflict)
{
    if (conflict->reasons_count == 0) {
        strbuf_addf(buf, "-");
        return;
    }
    const struct model_debug_reason *reason = &conflict->reasons[0];
    uint64_t more = conflict->reasons_count - 1 + (conflict->has.omitted ? conflict->omitted : 0);
    if (reason->has.participant) {
        strbuf_add_quoted(buf, reason->participant);
        strbuf_addf(buf, " ");
        strbuf_add_escaped(buf, reason->has.field ? reason->field : "");
        strbuf_addf(buf, ": ");
    }
    strbuf_add_escaped(buf, reason->has.detail ? reason->detail : "");
    if (more > 0) {
        strbuf_addf(buf, "; and %" PRIu64 " more", more);
    }
}

static void add_row(struct text_table *table, const struct model_debug_failure *failure)
{
    struct strbuf time = {0};
    struct strbuf name = {0};
    struct strbuf reason = {0};
    char id[24];
    add_time(&time, failure->time_ns);
    strbuf_add_escaped(&name, failure->has.collection_name ? failure->collection_name : "-");
    add_first_reason(&reason, &failure->conflict);
    (void)snprintf(id, sizeof(id), "%" PRIu64, failure->collection_id);
    const char *const cells[] = {strbuf_text(&time), id, strbuf_text(&name), error_name(failure),
                                 strbuf_text(&reason)};
    text_table_add(table, cells);
    strbuf_deinit(&time);
    strbuf_deinit(&name);
    strbuf_deinit(&reason);
}

bool failures_print_list(const struct failures *failures, FILE *out)
{
    static const char *const heading[] = {"TIME", "COLLECTION", "NAME", "ERROR", "FIRST REASON"};
    enum { COLLECTION = 1 };
    struct text_table table;
    text_table_init(&table, sizeof(heading) / sizeof(heading[0]));
    text_table_add(&table, heading);
    for (size_t i = 0; i < failures->count; i++) {
        add_row(&table, failures->list[i]);
    }
    bool printed = text_table_print(&table, 1U << COLLECTION, out);
    text_table_deinit(&table);
    return printed;
}

bool failures_print_last(const struct failures *failures, FILE *out)
{
    if (failures->count == 0) {
        return true;
    }
    const struct model_debug_failure *last = failures->list[failures->count - 1];
    struct strbuf text = {0};
    strbuf_addf(&text, "the last failure was of collection %" PRIu64 ", %s: ", last->collection_id,
                error_name(last));
    add_first_reason(&text, &last->conflict);
    bool printed = fprintf(out, "%s\n'sysmemctl explain' tells more\n", strbuf_text(&text)) >= 0;
    strbuf_deinit(&text);
    return printed;
}

static void add_participants(struct strbuf *buf, const struct model_debug_failure *failure)
{
    for (size_t i = 0; i < failure->participants_count; i++) {
        const struct model_debug_participant *participant = &failure->participants[i];
        strbuf_addf(buf, "participant %" PRIu64 " ", participant->node);
        strbuf_add_quoted(buf, participant->has.client_name ? participant->client_name : "");
        strbuf_addf(buf, " pid %u uid %u\n", participant->pid, participant->uid);
    }
    if (failure->has.participants_omitted) {
        strbuf_addf(buf, "and %" PRIu64 " more participants\n", failure->participants_omitted);
    }
}

/* NULL: every reason is told. */
static json_t *omitted_of(const struct model_debug_conflict *conflict)
{
    return conflict->has.omitted ? json_integer((json_int_t)conflict->omitted) : NULL;
}

/* As `solve` tells a failure. NULL: no memory. */
static json_t *as_solve(const struct model_debug_failure *failure)
{
    json_t *conflicts = json_array();
    for (size_t i = 0; i < failure->conflicts_count; i++) {
        const struct model_debug_conflict *conflict = &failure->conflicts[i];
        json_t *selected = conflict->has.selected ? json_array() : NULL;
        for (size_t j = 0; j < conflict->selected_count; j++) {
            (void)json_array_append_new(selected, json_integer(conflict->selected[j]));
        }
        (void)json_array_append_new(
            conflicts, json_pack("{s:o*, s:o, s:o*, s:b}", "selected", selected, "reasons",
                                 failures_reasons(conflict), "omitted", omitted_of(conflict),
                                 "minimal", (int)conflict->minimal));
    }
    return json_pack("{s:{s:s, s:o, s:o*, s:o}}", "error", "name", error_name(failure), "reasons",
                     failures_reasons(&failure->conflict), "omitted",
                     omitted_of(&failure->conflict), "conflicts", conflicts);
}

bool failures_print(const struct model_debug_failure *failure, FILE *out)
{
    struct strbuf text = {0};
    add_time(&text, failure->time_ns);
    strbuf_addf(&text, " collection %" PRIu64 " ", failure->collection_id);
    strbuf_add_quoted(&text, failure->has.collection_name ? failure->collection_name : "");
    if (failure->has.part) {
        strbuf_addf(&text, ", the part attached with %" PRIu64, failure->part);
    }
    strbuf_addf(&text, "\n");
    add_participants(&text, failure);
    json_t *told = as_solve(failure);
    bool printed = told != NULL && !text.failed && fputs(strbuf_text(&text), out) >= 0 &&
                   solve_text_print(told, out);
    if (printed && !failure->conflict.minimal) {
        printed = fputs("not all of these may be needed\n", out) >= 0;
    }
    strbuf_deinit(&text);
    json_decref(told);
    return printed;
}
