/* What the Debug protocol tells, for people. Text from peers is escaped. */
#ifndef CLI_DEBUG_VIEW_H
#define CLI_DEBUG_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "model/debug.h"

/* One line for each collection. Returns whether all was printed. */
bool debug_view_list(const struct model_debug_get_collections_response *response, FILE *out);

/* A collection, its settings, and its participants as a tree. */
bool debug_view_tree(const struct model_debug_collection *collection, FILE *out);

/* The same with all constraints in full, and who holds each of its buffers. */
bool debug_view_inspect(const struct model_debug_collection *collection, FILE *out);

/* Collections for Graphviz: failure domains are clusters, and the children that groups selected are
 * marked. False also: no memory. */
bool debug_view_graph(const struct model_debug_collection *collections, size_t count, FILE *out);

/* One line for each heap, and a picture of each that has addresses. */
bool debug_view_heaps(const struct model_debug_get_heaps_response *response, FILE *out);

/* One line: when, which collection, what, and who. The heading has the same columns. */
bool debug_view_event_heading(FILE *out);
bool debug_view_event(const struct model_debug_event *event, FILE *out);

/* --- between the sources of this header --- */

/* Who got the buffers of a collection, and a line for each buffer: who holds it. */
void debug_view_buffers(const struct model_debug_collection *collection, FILE *out);

/* What a participant asks for, in a few words. */
void debug_view_add_constraints(struct strbuf *buf,
                                const struct sysmem_buffer_collection_constraints *constraints);

/* "weak, attached"; what is said before begins with `separator`. */
void debug_view_add_flags(struct strbuf *buf, const struct model_debug_node *node,
                          const char *separator);

/* A parent stands before its children; a node of which something else is said is shown as a root.
 */
static inline bool debug_view_has_parent(const struct model_debug_collection *collection, size_t at)
{
    const struct model_debug_node *node = &collection->nodes[at];
    return node->has.parent_index && node->parent_index < at;
}

/* Whether a group selected this child of it. */
static inline bool debug_view_is_selected(const struct model_debug_collection *collection,
                                          size_t at)
{
    const struct model_debug_node *node = &collection->nodes[at];
    return debug_view_has_parent(collection, at) &&
           collection->nodes[node->parent_index].was == MODEL_DEBUG_NODE_KIND_GROUP &&
           (node->flags & MODEL_DEBUG_NODE_FLAG_ALLOCATED) != 0;
}

#endif
