/* The buffers of a collection: who got them, and who holds each. */
#include <inttypes.h>

#include "base/strbuf.h"
#include "cli/debug_view.h"

/* Participants that one line names. */
#define MAX_NAMES 8

static const struct model_debug_participant *find(const struct model_debug_collection *collection,
                                                  const struct model_debug_holder *holder)
{
    for (size_t i = 0; i < collection->participants_count && holder->has.node; i++) {
        if (collection->participants[i].node == holder->node) {
            return &collection->participants[i];
        }
    }
    return NULL;
}

static void add_participant(struct strbuf *buf, const struct model_debug_participant *who)
{
    strbuf_add_quoted(buf, who->has.client_name ? who->client_name : "");
    strbuf_addf(buf, " pid %u%s", who->pid, who->left ? ", left" : "");
}

/* '2 strong handles ("display" pid 71; "encoder" pid 80)' */
static void add_handles(struct strbuf *buf, const struct model_debug_collection *collection,
                        const struct model_debug_handles *handles, const char *kind)
{
    strbuf_addf(buf, ", %s%u %s handle%s", handles->more ? "at least " : "", handles->count, kind,
                handles->count == 1 && !handles->more ? "" : "s");
    for (size_t i = 0; i < handles->holders_count && i < MAX_NAMES; i++) {
        const struct model_debug_holder *holder = &handles->holders[i];
        const struct model_debug_participant *who = find(collection, holder);
        strbuf_addf(buf, i == 0 ? " (" : "; ");
        if (who == NULL) {
            strbuf_addf(buf, "unknown");
        } else {
            add_participant(buf, who);
        }
        if (holder->handles > 1) {
            strbuf_addf(buf, ": %u", holder->handles);
        }
    }
    if (handles->holders_count > MAX_NAMES) {
        strbuf_addf(buf, "; +%zu", handles->holders_count - MAX_NAMES);
    }
    strbuf_addf(buf, handles->holders_count > 0 ? ")" : "");
}

static void add_buffer(struct strbuf *buf, const struct model_debug_collection *collection,
                       const struct model_debug_buffer *buffer)
{
    const char *state = buffer->state == MODEL_DEBUG_BUFFER_STATE_FREED ? "given back"
                        : buffer->state == MODEL_DEBUG_BUFFER_STATE_STRONG_GONE
                            ? "no strong handle is left"
                            : "held";
    strbuf_addf(buf, "koid %" PRIu64 ": %s", buffer->koid, state);
    if (buffer->state == MODEL_DEBUG_BUFFER_STATE_HELD && buffer->has.strong) {
        add_handles(buf, collection, &buffer->strong, "strong");
    }
    if (buffer->state != MODEL_DEBUG_BUFFER_STATE_FREED && buffer->has.weak) {
        add_handles(buf, collection, &buffer->weak, "weak");
    }
}

static void print_participants(const struct model_debug_collection *collection, FILE *out)
{
    struct strbuf text = {0};
    size_t count = collection->participants_count;
    for (size_t i = 0; i < count && i < MAX_NAMES; i++) {
        strbuf_addf(&text, i == 0 ? "got the buffers: " : "; ");
        add_participant(&text, &collection->participants[i]);
    }
    if (count > MAX_NAMES) {
        strbuf_addf(&text, "; +%zu", count - MAX_NAMES);
    }
    strbuf_addf(&text, count > 0 ? "\n" : "");
    (void)fputs(strbuf_text(&text), out);
    strbuf_deinit(&text);
}

void debug_view_buffers(const struct model_debug_collection *collection, FILE *out)
{
    print_participants(collection, out);
    for (size_t i = 0; i < collection->buffers_count; i++) {
        struct strbuf text = {0};
        add_buffer(&text, collection, &collection->buffers[i]);
        (void)fprintf(out, "buffer %zu, %s\n", i, strbuf_text(&text));
        strbuf_deinit(&text);
    }
}
