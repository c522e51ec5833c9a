#include "client/failure.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "model/failure.h"

struct sysmem_failure {
    struct arena arena; /* of the reply that it came with */
    const struct model_failure *table;
    char *text; /* NULL: not asked for yet */
};

void failure_keep(struct sysmem_node *node, struct channel_reply *reply)
{
    struct sysmem_failure *failure = NULL;
    if (reply->failure != NULL) {
        failure = malloc(sizeof(*failure));
    }
    if (failure == NULL) {
        channel_reply_clear(reply);
        return;
    }
    *failure = (struct sysmem_failure){.arena = reply->arena, .table = reply->failure};
    arena_init(&reply->arena, 0);
    channel_reply_clear(reply);
    sysmem_failure_free(atomic_exchange(&node->failure, failure));
}

struct sysmem_failure *failure_take(struct sysmem_node *node)
{
    return atomic_exchange(&node->failure, NULL);
}

struct sysmem_failure *sysmem_collection_take_failure(struct sysmem_collection *collection)
{
    return failure_take(&collection->node);
}

size_t sysmem_failure_reason_count(const struct sysmem_failure *failure)
{
    return failure->table->has.reasons ? failure->table->reasons_count : 0;
}

const struct sysmem_reason *sysmem_failure_reason(const struct sysmem_failure *failure,
                                                  size_t index)
{
    return index < sysmem_failure_reason_count(failure) ? &failure->table->reasons[index] : NULL;
}

bool sysmem_failure_is_minimal(const struct sysmem_failure *failure)
{
    return failure->table->has.minimal && failure->table->minimal &&
           (!failure->table->has.omitted || failure->table->omitted == 0);
}

static void add_reason(const struct sysmem_reason *reason, struct strbuf *buf)
{
    strbuf_addf(buf, "%s", buf->len > 0 ? "\n" : "");
    if (reason->has.participant) {
        strbuf_add_quoted(buf, reason->participant);
        strbuf_addf(buf, "%s ", reason->own ? " (this participant)" : "");
    } else if (reason->has.field) {
        strbuf_addf(buf, "%s ", reason->own ? "this participant" : "another participant");
    }
    if (reason->has.field) {
        strbuf_add_escaped(buf, reason->field);
        strbuf_addf(buf, ": ");
    }
    strbuf_add_escaped(buf, reason->has.detail ? reason->detail : "no detail");
}

void failure_add_text(const struct model_failure *failure, struct strbuf *buf)
{
    for (size_t i = 0; failure->has.reasons && i < failure->reasons_count; i++) {
        add_reason(&failure->reasons[i], buf);
    }
    if (failure->has.omitted && failure->omitted > 0) {
        strbuf_addf(buf, "\nand %u more", failure->omitted);
    }
}

const char *sysmem_failure_text(struct sysmem_failure *failure)
{
    if (failure->text == NULL) {
        struct strbuf buf = {0};
        failure_add_text(failure->table, &buf);
        strbuf_addf(&buf, "%s", "");
        failure->text = strbuf_take(&buf);
    }
    return failure->text;
}

void sysmem_failure_free(struct sysmem_failure *failure)
{
    if (failure != NULL) {
        arena_clear(&failure->arena);
        free(failure->text);
        free(failure);
    }
}
