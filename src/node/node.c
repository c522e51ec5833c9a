#include "node/node.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/rights.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "node/node_ref.h"
#include "node/tracker.h"

static char *copy_of(const char *text)
{
    return text == NULL ? NULL : strdup(text);
}

struct node *node_new(struct node *parent)
{
    struct node *node = calloc(1, sizeof(*node));
    if (node == NULL) {
        return NULL;
    }
    node->kind = NODE_TOKEN;
    node->was = NODE_TOKEN;
    node->propagation = NODE_PROPAGATE;
    node->rights_mask = UINT32_MAX;
    list_init(&node->children);
    list_init(&node->siblings);
    list_init(&node->queue);
    list_init(&node->node_trackers);
    list_init(&node->lifetime_trackers);
    if (parent != NULL) {
        node->client = parent->client;
        node->client.name = copy_of(parent->client.name);
        node->rights_mask = parent->rights_mask;
        node->collection = parent->collection;
        node->weak = parent->weak;
        node->weak_ok = parent->weak_ok_for_children;
        node->weak_ok_for_children = parent->weak_ok_for_children;
        node->parent = parent;
        list_append(&parent->children, &node->siblings);
        parent->child_count++;
    }
    return node;
}

void node_unlink(struct node *node)
{
    assert(list_is_empty(&node->children));
    list_remove(&node->siblings);
    if (node->parent != NULL) {
        node->parent->child_count--;
    }
    node->parent = NULL;
    node->dead = true;
}

void node_free(struct node *node)
{
    list_remove(&node->queue);
    assert(list_is_empty(&node->node_trackers) && list_is_empty(&node->lifetime_trackers));
    node_ref_free(node->ref);
    free(node->client.name);
    arena_clear(&node->constraints_arena);
    free(node);
}

void node_become(struct node *node, enum node_kind kind)
{
    assert(node->kind == NODE_TOKEN && (kind == NODE_COLLECTION || kind == NODE_GROUP));
    node->kind = kind;
    node->was = kind;
}

void node_set_weak(struct node *node)
{
    node->weak = true;
    node->weak_ok = true;
}

void node_set_weak_ok(struct node *node, bool for_child_nodes_also)
{
    node->weak_ok = true;
    node->weak_ok_for_children = node->weak_ok_for_children || for_child_nodes_also;
}

bool node_replace_client(struct node *node, const char *name, uint64_t id)
{
    char *copy = strndup(name, utf8_cut(name, NODE_MAX_CLIENT_NAME));
    if (copy == NULL) {
        return false;
    }
    free(node->client.name);
    node->client.name = copy;
    node->client.id = id;
    return true;
}

bool node_set_client(struct node *node, const char *name, uint64_t id)
{
    if (node->client.name == NULL || node->client.name[0] == '\0') {
        return node_replace_client(node, name, id);
    }
    struct strbuf text = {0};
    strbuf_addf(&text, "%s (was %s)", name, node->client.name);
    bool ok = !text.failed && node_replace_client(node, strbuf_text(&text), id);
    strbuf_deinit(&text);
    return ok;
}

void node_set_constraints(struct node *node,
                          struct sysmem_buffer_collection_constraints *constraints,
                          struct arena *arena)
{
    assert(!node->has_constraints);
    node->has_constraints = true;
    node->constraints = constraints;
    node->constraints_arena = *arena;
    arena_init(arena, 0);
}

void node_attenuate(struct node *node, uint32_t mask)
{
    if (mask != ZX_RIGHT_SAME_RIGHTS) {
        node->rights_mask &= mask;
    }
}

bool node_is_ready(const struct node *node)
{
    switch (node->kind) {
    case NODE_COLLECTION:
        return node->has_constraints;
    case NODE_GROUP:
        return node->all_children_present;
    case NODE_ORPHAN:
        return true;
    case NODE_TOKEN:
        break;
    }
    return false;
}
