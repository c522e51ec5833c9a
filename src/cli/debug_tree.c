/* One collection as a tree of participants. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "cli/debug_view.h"
#include "cli/text_table.h"
#include "model/names.h"
#include "model/print.h"
#include "model/tables.h"

void debug_view_add_flags(struct strbuf *buf, const struct model_debug_node *node,
                          const char *separator)
{
    const struct {
        bool set;
        const char *word;
    } words[] = {
        {node->released,                                         "released"   },
        {(node->flags & MODEL_DEBUG_NODE_FLAG_WEAK) != 0,        "weak"       },
        {(node->flags & MODEL_DEBUG_NODE_FLAG_WEAK_OK) != 0,     "weak ok"    },
        {(node->flags & MODEL_DEBUG_NODE_FLAG_DISPENSABLE) != 0, "dispensable"},
        {(node->flags & MODEL_DEBUG_NODE_FLAG_ATTACHED) != 0,    "attached"   },
        {(node->flags & MODEL_DEBUG_NODE_FLAG_HIDDEN) != 0,      "hidden"     },
        {(node->flags & MODEL_DEBUG_NODE_FLAG_ALLOCATED) != 0,   "allocated"  },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].set) {
            strbuf_addf(buf, "%s%s", separator, words[i].word);
            separator = ", ";
        }
    }
}

/* Whether a node lets its part be allocated, and else for how long it hasn't. */
static void add_readiness(struct strbuf *buf, const struct model_debug_node *node)
{
    char age[24];
    if (node->kind == MODEL_DEBUG_NODE_KIND_ORPHAN) {
        const char *was = model_name_of(&model_debug_node_kind_names, node->was);
        strbuf_addf(buf, ", was %s", node->has.was && was != NULL ? was : "?");
    } else if (node->ready) {
        strbuf_addf(buf, ", ready");
    } else {
        strbuf_addf(buf, ", not ready");
        if (node->has.since_ms) {
            strbuf_addf(buf, " for %s", text_age(node->since_ms, age));
        }
    }
}

static void add_node(struct strbuf *buf, const struct model_debug_node *node)
{
    const char *kind = model_name_of(&model_debug_node_kind_names, node->kind);
    strbuf_addf(buf, "%s", node->has.kind && kind != NULL ? kind : "?");
    if (node->has.client_name) {
        strbuf_addf(buf, " ");
        strbuf_add_quoted(buf, node->client_name);
    }
    if (node->client_id != 0) {
        strbuf_addf(buf, " id %" PRIu64, node->client_id);
    }
    if (node->has.pid) {
        strbuf_addf(buf, " pid %u", node->pid);
    }
    if (node->has.uid) {
        strbuf_addf(buf, " uid %u", node->uid);
    }
    add_readiness(buf, node);
    debug_view_add_flags(buf, node, ", ");
    if (node->pending_waits > 0) {
        strbuf_addf(buf, ", waits for the buffers");
    }
}

/* The constraints and rights of a node, on a line of their own. */
static void add_details(struct strbuf *buf, const struct model_debug_node *node, bool full)
{
    const char *separator = "";
    if (node->has.rights) {
        strbuf_addf(buf, "rights ");
        if (node->rights == UINT32_MAX) {
            strbuf_addf(buf, "unrestricted");
        } else {
            model_print_value(&model_rights_names, node->rights, buf);
        }
        separator = "; ";
    }
    if (node->has.constraints) {
        strbuf_addf(buf, "%sconstraints ", separator);
        if (full) {
            model_print(&model_type_buffer_collection_constraints, &node->constraints, buf);
        } else {
            debug_view_add_constraints(buf, &node->constraints);
        }
    } else if (node->has_constraints) {
        strbuf_addf(buf, "%sconstraints set", separator);
    }
}

/* A tree whose nodes stand in depth-first order. */
struct tree {
    const struct model_debug_collection *collection;
    size_t *last_child; /* of each node; 0: it has none */
    bool full;
};

static size_t parent_of(const struct tree *tree, size_t at)
{
    return tree->collection->nodes[at].parent_index;
}

/* What stands to the left of a node: for each of its forebears, from the root on, whether more
 * children follow. */
static void add_stems(struct strbuf *buf, const struct tree *tree, size_t at)
{
    struct strbuf reversed = {0};
    for (; debug_view_has_parent(tree->collection, at); at = parent_of(tree, at)) {
        bool more = tree->last_child[parent_of(tree, at)] != at;
        strbuf_add(&reversed, more ? "|" : " ", 1);
    }
    for (size_t i = reversed.len; i > 0; i--) {
        strbuf_addf(buf, "%s", reversed.text[i - 1] == '|' ? "│  " : "   ");
    }
    strbuf_deinit(&reversed);
}

static void print_node(const struct tree *tree, size_t at, FILE *out)
{
    const struct model_debug_node *node = &tree->collection->nodes[at];
    struct strbuf text = {0};
    struct strbuf details = {0};
    if (debug_view_has_parent(tree->collection, at)) {
        size_t parent = parent_of(tree, at);
        add_stems(&text, tree, parent);
        strbuf_addf(&text, tree->last_child[parent] == at ? "└─ " : "├─ ");
    }
    add_node(&text, node);
    strbuf_addf(&text, debug_view_is_selected(tree->collection, at) ? ", selected\n" : "\n");
    add_details(&details, node, tree->full);
    if (details.len > 0) {
        add_stems(&text, tree, at);
        strbuf_addf(&text, "%s%s\n", tree->last_child[at] != 0 ? "│    " : "     ",
                    strbuf_text(&details));
    }
    (void)fputs(strbuf_text(&text), out);
    strbuf_deinit(&text);
    strbuf_deinit(&details);
}

/* What is known of the collection as a whole. */
static void print_summary(const struct model_debug_collection *collection, FILE *out)
{
    struct strbuf text = {0};
    const char *state = model_name_of(&model_debug_state_names, collection->state);
    char age[24];
    char size[16];
    strbuf_addf(&text, "collection %" PRIu64, collection->id);
    if (collection->has.name && collection->name[0] != '\0') {
        strbuf_addf(&text, " ");
        strbuf_add_quoted(&text, collection->name);
    }
    strbuf_addf(&text, ": %s, %s old\n", state == NULL ? "?" : state,
                text_age(collection->age_ms, age));
    if (collection->buffer_count > 0) {
        strbuf_addf(&text, "buffers: %u x %s, %u not given back yet\n", collection->buffer_count,
                    text_size(collection->size_bytes, size), collection->buffers_remaining);
    }
    if (collection->has.settings) {
        strbuf_addf(&text, "settings: ");
        model_print(&model_type_single_buffer_settings, &collection->settings, &text);
        strbuf_addf(&text, "\n");
    }
    if (collection->has.waiting_for && collection->waiting_for[0] != '\0') {
        strbuf_addf(&text, "waiting for: ");
        strbuf_add_escaped(&text, collection->waiting_for);
        if (collection->has.waiting_ms) {
            strbuf_addf(&text, ", for %s", text_age(collection->waiting_ms, age));
        }
        strbuf_addf(&text, "\n");
    }
    (void)fputs(strbuf_text(&text), out);
    strbuf_deinit(&text);
}

static bool print_tree(const struct model_debug_collection *collection, bool full, FILE *out)
{
    size_t *last_child = calloc(collection->nodes_count + 1, sizeof(*last_child));
    if (last_child == NULL) {
        return false;
    }
    struct tree tree = {.collection = collection, .last_child = last_child, .full = full};
    for (size_t i = 0; i < collection->nodes_count; i++) {
        if (debug_view_has_parent(collection, i)) {
            last_child[parent_of(&tree, i)] = i;
        }
    }
    print_summary(collection, out);
    if (full) {
        debug_view_buffers(collection, out);
    }
    for (size_t i = 0; i < collection->nodes_count; i++) {
        print_node(&tree, i, out);
    }
    free(last_child);
    return ferror(out) == 0;
}

bool debug_view_tree(const struct model_debug_collection *collection, FILE *out)
{
    return print_tree(collection, false, out);
}

bool debug_view_inspect(const struct model_debug_collection *collection, FILE *out)
{
    return print_tree(collection, true, out);
}
