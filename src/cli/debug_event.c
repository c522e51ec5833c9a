/* One line for each thing that happens. */
#include <inttypes.h>
#include <time.h>

#include "cli/debug_view.h"
#include "model/names.h"

#define LINE "%-12s  %-10s  %-26s  %s\n"

static const char *words_of(uint32_t what)
{
    static const char *const words[] = {
        [MODEL_DEBUG_EVENT_KIND_COLLECTION_CREATED] = "created",
        [MODEL_DEBUG_EVENT_KIND_COLLECTION_POPULATING] = "its buffers are being made",
        [MODEL_DEBUG_EVENT_KIND_COLLECTION_ALLOCATED] = "allocated",
        [MODEL_DEBUG_EVENT_KIND_COLLECTION_FAILED] = "failed",
        [MODEL_DEBUG_EVENT_KIND_COLLECTION_ENDED] = "ended",
        [MODEL_DEBUG_EVENT_KIND_COLLECTION_GONE] = "all memory is given back",
        [MODEL_DEBUG_EVENT_KIND_NODE_ADDED] = "added",
        [MODEL_DEBUG_EVENT_KIND_NODE_BOUND] = "bound",
        [MODEL_DEBUG_EVENT_KIND_NODE_SET_CONSTRAINTS] = "constraints set",
        [MODEL_DEBUG_EVENT_KIND_NODE_ALL_CHILDREN_PRESENT] = "all children present",
        [MODEL_DEBUG_EVENT_KIND_NODE_RELEASED] = "released",
        [MODEL_DEBUG_EVENT_KIND_NODE_ORPHANED] = "closed after Release",
        [MODEL_DEBUG_EVENT_KIND_NODE_JOINED] = "joins the buffers",
        [MODEL_DEBUG_EVENT_KIND_NODE_NOT_SELECTED] = "not selected",
        [MODEL_DEBUG_EVENT_KIND_NODE_FAILED] = "failed",
        [MODEL_DEBUG_EVENT_KIND_DOMAIN_FAILED] = "fails with all below it",
    };
    return what < sizeof(words) / sizeof(words[0]) ? words[what] : "something newer happened";
}

bool debug_view_event_heading(FILE *out)
{
    (void)fprintf(out, LINE, "TIME", "COLLECTION", "WHAT", "WHO");
    return ferror(out) == 0;
}

/* The local time of day. */
static void format_time(uint64_t time_ns, char buf[16])
{
    time_t seconds = (time_t)(time_ns / 1000000000u);
    struct tm tm = {0};
    char clock[12];
    (void)localtime_r(&seconds, &tm);
    (void)strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
    (void)snprintf(buf, 16, "%s.%03u", clock, (unsigned)(time_ns / 1000000u % 1000));
}

bool debug_view_event(const struct model_debug_event *event, FILE *out)
{
    char id[24];
    char time[16];
    struct strbuf who = {0};
    (void)snprintf(id, sizeof(id), "%" PRIu64, event->collection_id);
    format_time(event->time_ns, time);
    if (event->has.node) {
        const char *kind = model_name_of(&model_debug_node_kind_names, event->node_kind);
        strbuf_addf(&who, "%s %" PRIu64 " ", kind == NULL ? "?" : kind, event->node);
        strbuf_add_quoted(&who, event->has.client_name ? event->client_name : "");
        strbuf_addf(&who, " pid %u uid %u", event->pid, event->uid);
    } else {
        strbuf_addf(&who, "the collection");
    }
    if (event->has.collection_name) {
        strbuf_addf(&who, " in ");
        strbuf_add_quoted(&who, event->collection_name);
    }
    (void)fprintf(out, LINE, time, id, words_of(event->what), strbuf_text(&who));
    strbuf_deinit(&who);
    return ferror(out) == 0;
}
