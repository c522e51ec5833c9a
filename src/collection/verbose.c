/* SetVerboseLogging: what an allocation is decided from and what it comes to, in full. */
#include "base/log.h"
#include "base/strbuf.h"
#include "collection/internal.h"
#include "model/print.h"
#include "model/tables.h"

/* A client may have thousands of nodes, and constraints of many kilobytes: the loop must go on. */
#define MAX_LINES      32
#define MAX_LINE_BYTES 2000

#define MAX_DEPTH      16

static int depth_below(const struct node *top, const struct node *node)
{
    int depth = 0;
    for (; node != top && depth < MAX_DEPTH; node = node->parent) {
        depth++;
    }
    return depth;
}

static const char *domain_of(const struct node *node)
{
    switch (node->propagation) {
    case NODE_PROPAGATE_BEFORE_ALLOCATION:
        return " (dispensable)";
    case NODE_DO_NOT_PROPAGATE:
        return " (attached)";
    case NODE_PROPAGATE:
        break;
    }
    return "";
}

/* Indented by its depth. */
static void log_node(const struct node *top, const struct node *node)
{
    struct strbuf text = {0};
    if (node->constraints != NULL) {
        model_print(&model_type_buffer_collection_constraints, node->constraints, &text);
    } else if (node->has_constraints) {
        strbuf_addf(&text, "no constraints");
    } else if (node_is_group(node)) {
        strbuf_addf(&text, "chooses among %u children", node->child_count);
    } else {
        strbuf_addf(&text, "has not spoken");
    }
    log_info("    %*s%s%s%s: %.*s", 2 * depth_below(top, node), "", collection_describe_node(node),
             domain_of(node), node->weak ? " (weak)" : "", MAX_LINE_BYTES, strbuf_text(&text));
    strbuf_deinit(&text);
}

void collection_log_part(struct node *top)
{
    const struct collection *collection = collection_of(top);
    uint32_t count = 0;
    log_info("collection %llu: allocation is decided from:", (unsigned long long)collection->id);
    for (struct node *node = top; node != NULL; node = node_next_pruned(top, node)) {
        if (count++ < MAX_LINES) {
            log_node(top, node);
        }
    }
    if (count > MAX_LINES) {
        log_info("    and %u more", count - MAX_LINES);
    }
}

static void log_choices(const struct node *top)
{
    uint32_t count = 0;
    for (struct node *node = node_next_pruned(top, top); node != NULL;
         node = node_next_pruned(top, node)) {
        if (node_is_group(node->parent) && !node->hidden && count++ < MAX_LINES) {
            log_info("    %s is the child that its group takes", collection_describe_node(node));
        }
    }
}

void collection_log_outcome(const struct node *top,
                            const struct sysmem_single_buffer_settings *settings)
{
    const struct collection *collection = collection_of(top);
    struct strbuf text = {0};
    model_print(&model_type_single_buffer_settings, settings, &text);
    log_info("collection %llu: allocation is decided: %.*s", (unsigned long long)collection->id,
             MAX_LINE_BYTES, strbuf_text(&text));
    strbuf_deinit(&text);
    log_choices(top);
}
