#include "cli/debug_view.h"

#include <inttypes.h>

#include "base/strbuf.h"
#include "cli/text_table.h"
#include "model/names.h"

/* Participants of a collection that a list names. */
#define MAX_NAMES 4

/* Peers' text, so that it cannot move the cursor; "-" for none. */
static void add_text(struct strbuf *buf, bool has, const char *text)
{
    if (has && text != NULL && text[0] != '\0') {
        strbuf_add_escaped(buf, text);
    } else {
        strbuf_addf(buf, "-");
    }
}

static const char *state_name(const struct model_debug_collection *collection)
{
    const char *name = model_name_of(&model_debug_state_names, collection->state);
    return collection->has.state && name != NULL ? name : "?";
}

/* "3 x 1.5 MiB", "-" before there are any. */
static void add_buffers(struct strbuf *buf, const struct model_debug_collection *collection)
{
    char size[16];
    if (!collection->has.buffer_count || collection->buffer_count == 0) {
        strbuf_addf(buf, "-");
        return;
    }
    strbuf_addf(buf, "%u x %s", collection->buffer_count, text_size(collection->size_bytes, size));
}

/* Who takes part, by name or process: "camera, pid 77, +3". */
static void add_participants(struct strbuf *buf, const struct model_debug_collection *collection)
{
    size_t count = 0;
    for (size_t i = 0; i < collection->nodes_count; i++) {
        const struct model_debug_node *node = &collection->nodes[i];
        if (node->kind != MODEL_DEBUG_NODE_KIND_TOKEN &&
            node->kind != MODEL_DEBUG_NODE_KIND_COLLECTION) {
            continue;
        }
        if (++count > MAX_NAMES) {
            continue;
        }
        strbuf_addf(buf, count == 1 ? "" : ", ");
        if (node->has.client_name && node->client_name[0] != '\0') {
            strbuf_add_escaped(buf, node->client_name);
        } else {
            strbuf_addf(buf, "pid %u", node->pid);
        }
    }
    if (count > MAX_NAMES) {
        strbuf_addf(buf, ", +%zu", count - MAX_NAMES);
    } else if (count == 0) {
        strbuf_addf(buf, "-");
    }
}

static void add_collection(struct text_table *table,
                           const struct model_debug_collection *collection)
{
    struct strbuf name = {0};
    struct strbuf buffers = {0};
    struct strbuf participants = {0};
    struct strbuf waiting = {0};
    char id[24];
    char age[24];
    add_text(&name, collection->has.name, collection->name);
    add_buffers(&buffers, collection);
    add_participants(&participants, collection);
    add_text(&waiting, collection->has.waiting_for, collection->waiting_for);
    (void)snprintf(id, sizeof(id), "%" PRIu64, collection->id);
    const char *const cells[] = {id,
                                 strbuf_text(&name),
                                 state_name(collection),
                                 text_age(collection->age_ms, age),
                                 strbuf_text(&buffers),
                                 strbuf_text(&participants),
                                 strbuf_text(&waiting)};
    text_table_add(table, cells);
    strbuf_deinit(&name);
    strbuf_deinit(&buffers);
    strbuf_deinit(&participants);
    strbuf_deinit(&waiting);
}

bool debug_view_list(const struct model_debug_get_collections_response *response, FILE *out)
{
    static const char *const heading[] = {"ID",      "NAME",         "STATE",      "AGE",
                                          "BUFFERS", "PARTICIPANTS", "WAITING FOR"};
    enum { ID = 0, AGE = 3 };
    struct text_table table;
    text_table_init(&table, sizeof(heading) / sizeof(heading[0]));
    text_table_add(&table, heading);
    for (size_t i = 0; i < response->collections_count; i++) {
        add_collection(&table, &response->collections[i]);
    }
    bool printed = text_table_print(&table, 1U << ID | 1U << AGE, out);
    text_table_deinit(&table);
    return printed;
}
