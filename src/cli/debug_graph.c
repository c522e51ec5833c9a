/* Collections as a graph in Graphviz' language: participants are boxes, failure domains clusters.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "cli/debug_view.h"
#include "model/names.h"

/* What is written: a collection, and the clusters that are open. */
struct graph {
    const struct model_debug_collection *collection;
    size_t *domains; /* the topmost nodes of the open clusters, the outermost first */
    size_t depth;
    FILE *out;
};

/* Text inside of quotes: escaped for a terminal first, for Graphviz then. */
static void add_label(struct strbuf *buf, const char *text)
{
    struct strbuf escaped = {0};
    strbuf_add_escaped(&escaped, text);
    for (const char *c = strbuf_text(&escaped); *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            strbuf_add(buf, "\\", 1);
        }
        strbuf_add(buf, c, 1);
    }
    strbuf_deinit(&escaped);
}

/* Whether what fails below this node stops here (or may, once there are buffers). */
static bool is_domain(const struct model_debug_collection *collection, size_t at)
{
    uint32_t flags = collection->nodes[at].flags;
    return !debug_view_has_parent(collection, at) ||
           (flags & (MODEL_DEBUG_NODE_FLAG_ATTACHED | MODEL_DEBUG_NODE_FLAG_DISPENSABLE)) != 0;
}

static bool is_below(const struct model_debug_collection *collection, size_t at, size_t top)
{
    while (at > top && debug_view_has_parent(collection, at)) {
        at = collection->nodes[at].parent_index;
    }
    return at == top;
}

static void close_clusters(struct graph *graph, size_t at)
{
    while (graph->depth > 0 && !is_below(graph->collection, at, graph->domains[graph->depth - 1])) {
        (void)fprintf(graph->out, "  }\n");
        graph->depth--;
    }
}

static void open_cluster(struct graph *graph, size_t at)
{
    const struct model_debug_collection *collection = graph->collection;
    struct strbuf label = {0};
    if (!debug_view_has_parent(collection, at)) {
        const char *state = model_name_of(&model_debug_state_names, collection->state);
        strbuf_addf(&label, "collection %" PRIu64 " ", collection->id);
        add_label(&label, collection->has.name ? collection->name : "");
        strbuf_addf(&label, "\\n%s", state == NULL ? "?" : state);
    } else {
        bool attached = (collection->nodes[at].flags & MODEL_DEBUG_NODE_FLAG_ATTACHED) != 0;
        strbuf_addf(&label, attached ? "attached" : "dispensable");
    }
    (void)fprintf(graph->out,
                  "  subgraph \"cluster_%" PRIu64 "_%zu\" {\n    label=\"%s\"; style=%s;\n",
                  collection->id, at, strbuf_text(&label),
                  debug_view_has_parent(collection, at) ? "dashed" : "solid");
    strbuf_deinit(&label);
    graph->domains[graph->depth++] = at;
}

static void write_node(const struct graph *graph, size_t at)
{
    const struct model_debug_collection *collection = graph->collection;
    const struct model_debug_node *node = &collection->nodes[at];
    const char *kind = model_name_of(&model_debug_node_kind_names, node->kind);
    bool is_group = node->was == MODEL_DEBUG_NODE_KIND_GROUP;
    struct strbuf label = {0};
    strbuf_addf(&label, "%s %" PRIu64 "\\n", kind == NULL ? "?" : kind, node->koid);
    add_label(&label, node->has.client_name ? node->client_name : "");
    strbuf_addf(&label, " pid %u", node->pid);
    debug_view_add_flags(&label, node, "\\n");
    bool ready = node->ready || node->kind == MODEL_DEBUG_NODE_KIND_ORPHAN;
    (void)fprintf(graph->out, "    \"n%" PRIu64 "_%zu\" [label=\"%s\", shape=%s%s%s];\n",
                  collection->id, at, strbuf_text(&label), is_group ? "diamond" : "box",
                  ready ? "" : ", color=red",
                  debug_view_is_selected(collection, at) ? ", penwidth=3" : "");
    strbuf_deinit(&label);
}

static void write_edge(const struct graph *graph, size_t at)
{
    const struct model_debug_collection *collection = graph->collection;
    if (debug_view_has_parent(collection, at)) {
        (void)fprintf(graph->out, "  \"n%" PRIu64 "_%u\" -> \"n%" PRIu64 "_%zu\"%s;\n",
                      collection->id, collection->nodes[at].parent_index, collection->id, at,
                      debug_view_is_selected(collection, at) ? " [label=\"selected\", style=bold]"
                                                             : "");
    }
}

static bool write_collection(const struct model_debug_collection *collection, FILE *out)
{
    size_t count = collection->nodes_count;
    struct graph graph = {.collection = collection, .out = out};
    graph.domains = calloc(count + 1, sizeof(*graph.domains));
    if (graph.domains == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        close_clusters(&graph, i);
        if (is_domain(collection, i)) {
            open_cluster(&graph, i);
        }
        write_node(&graph, i);
    }
    for (; graph.depth > 0; graph.depth--) {
        (void)fprintf(out, "  }\n");
    }
    for (size_t i = 0; i < count; i++) {
        write_edge(&graph, i);
    }
    free(graph.domains);
    return true;
}

bool debug_view_graph(const struct model_debug_collection *collections, size_t count, FILE *out)
{
    bool written = true;
    (void)fprintf(out, "digraph sysmem {\n");
    for (size_t i = 0; i < count && written; i++) {
        written = write_collection(&collections[i], out);
    }
    (void)fprintf(out, "}\n");
    return written && ferror(out) == 0;
}
