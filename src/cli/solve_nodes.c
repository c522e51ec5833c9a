#include "cli/solve_nodes.h"

#include <inttypes.h>
#include <string.h>

#include "model/names.h"
#include "solver/pinned.h"

/* A node, and where it is. */
struct place {
    const struct model_debug_node *node;
    struct place *parent; /* NULL: the root */
    struct place *first;  /* child */
    struct place *last;
    struct place *next; /* sibling */
    uint32_t child_count;
    bool in_part;        /* takes part in what is asked */
    int own_group;       /* of a group: 1 + its index */
    uint32_t next_child; /* of a group: how many children the walk has passed */
    int group;           /* as in struct solver_participant */
    uint32_t child;
};

struct tree {
    struct arena *arena;
    struct strbuf *reason;
    const struct model_debug_collection *collection;
    struct place *places; /* as in the document */
    struct place **order; /* breadth-first */
    size_t count;
};

static bool is_group(const struct place *place)
{
    const struct model_debug_node *node = place->node;
    return (node->has.was ? node->was : node->kind) == MODEL_DEBUG_NODE_KIND_GROUP;
}

static bool has_flag(const struct place *place, uint32_t flag)
{
    return (place->node->flags & flag) != 0;
}

static bool is_ready(const struct place *place)
{
    return place->node->ready || (place->node->has.constraints && !is_group(place));
}

static void tell_collection(const struct tree *tree)
{
    strbuf_addf(tree->reason, "collection %" PRIu64 ": ", tree->collection->id);
}

/* Says what is wrong with a node. */
static bool refuse(const struct tree *tree, const struct place *place, const char *what)
{
    const struct model_debug_node *node = place->node;
    tell_collection(tree);
    strbuf_addf(tree->reason, "nodes[%zu] (%" PRIu64 ", ", (size_t)(place - tree->places),
                node->koid);
    strbuf_add_quoted(tree->reason, node->has.client_name ? node->client_name : "");
    strbuf_addf(tree->reason, " pid %u) %s", node->pid, what);
    return false;
}

static bool no_memory(const struct tree *tree)
{
    strbuf_addf(tree->reason, "no memory");
    return false;
}

/* --- the tree --- */

static void add_child(struct place *parent, struct place *child)
{
    child->parent = parent;
    *(parent->last == NULL ? &parent->first : &parent->last->next) = child;
    parent->last = child;
    parent->child_count++;
}

static bool link_places(struct tree *tree)
{
    const struct model_debug_node *nodes = tree->collection->nodes;
    for (size_t i = 0; i < tree->count; i++) {
        struct place *place = &tree->places[i];
        place->node = &nodes[i];
        if (i == 0 && nodes[i].has.parent_index) {
            return refuse(tree, place, "is the first one, the root: wanted no parent_index");
        }
        if (i > 0 && (!nodes[i].has.parent_index || nodes[i].parent_index >= i)) {
            return refuse(tree, place, "wanted the parent_index of a node before it");
        }
        if (i > 0) {
            add_child(&tree->places[nodes[i].parent_index], place);
        }
    }
    return true;
}

static void order_places(struct tree *tree)
{
    size_t known = 0;
    tree->order[known++] = tree->places;
    for (size_t i = 0; i < known; i++) {
        for (struct place *child = tree->order[i]->first; child != NULL; child = child->next) {
            tree->order[known++] = child;
        }
    }
}

static bool build(struct tree *tree)
{
    if (tree->count == 0) {
        const char *error = model_name_of(&model_error_names, tree->collection->error);
        tell_collection(tree);
        strbuf_addf(tree->reason, "it has no nodes: they left when %s%s",
                    tree->collection->has.error ? "it failed with " : "it ended",
                    tree->collection->has.error && error != NULL ? error : "");
        return false;
    }
    tree->places = arena_alloc_array(tree->arena, tree->count, sizeof(*tree->places));
    tree->order = arena_alloc_array(tree->arena, tree->count, sizeof(struct place *));
    if (tree->places == NULL || tree->order == NULL) {
        return no_memory(tree);
    }
    if (!link_places(tree)) {
        return false;
    }
    order_places(tree);
    return true;
}

/* --- parts of it --- */

/* The place after everything below `place`. */
static struct place *next_after(const struct place *top, struct place *place)
{
    while (place != top && place->next == NULL) {
        place = place->parent;
    }
    return place == top ? NULL : place->next;
}

/* Pre-order, without attached parts below `top`: those are asked about by themselves. */
static struct place *next_in_part(const struct place *top, struct place *place)
{
    struct place *next = place->first != NULL ? place->first : next_after(top, place);
    while (next != NULL && has_flag(next, MODEL_DEBUG_NODE_FLAG_ATTACHED)) {
        next = next_after(top, next);
    }
    return next;
}

static struct place *first_unready(struct place *top)
{
    struct place *place = top;
    while (place != NULL && is_ready(place)) {
        place = next_in_part(top, place);
    }
    return place;
}

/* The attached part that the daemon judges next, if buffers exist; NULL: none. */
static struct place *late_part(const struct tree *tree)
{
    bool exist = tree->collection->has.settings && tree->collection->has.buffer_count;
    for (size_t i = 1; exist && i < tree->count; i++) {
        struct place *place = tree->order[i];
        if (has_flag(place, MODEL_DEBUG_NODE_FLAG_ATTACHED) &&
            !has_flag(place, MODEL_DEBUG_NODE_FLAG_ALLOCATED) &&
            has_flag(place->parent, MODEL_DEBUG_NODE_FLAG_ALLOCATED) &&
            first_unready(place) == NULL) {
            return place;
        }
    }
    return NULL;
}

static bool check_ready(const struct tree *tree, struct place *top)
{
    const struct place *unready = first_unready(top);
    if (unready == NULL) {
        return true;
    }
    return refuse(tree, unready,
                  is_group(unready) ? "is not ready: wanted AllChildrenPresent"
                  : unready->node->kind == MODEL_DEBUG_NODE_KIND_TOKEN
                      ? "is not ready: wanted BindSharedCollection or Release; give it "
                        "constraints to see what would come of them"
                      : "is not ready: wanted SetConstraints; give it constraints to see what "
                        "would come of them");
}

/* --- the question --- */

static bool add_group(const struct tree *tree, struct place *place, struct solve_question *ret)
{
    if (place->child_count == 0) {
        return refuse(tree, place, "is a group without children");
    }
    ret->groups[ret->group_count++] = (struct solver_group){
        .parent = place->group,
        .parent_child = place->child,
        .child_count = place->child_count,
    };
    place->own_group = (int)ret->group_count;
    return true;
}

/* Numbers the groups of the part below (and with) `top`, and tells each place which it is under. */
static bool add_groups(const struct tree *tree, struct place *top, struct solve_question *ret)
{
    for (struct place *place = top; place != NULL; place = next_in_part(top, place)) {
        struct place *parent = place == top ? NULL : place->parent;
        bool is_choice = parent != NULL && is_group(parent);
        place->in_part = true;
        if (parent != NULL) {
            place->group = is_choice ? parent->own_group : parent->group;
            place->child = is_choice ? parent->next_child++ : parent->child;
        }
        if (is_group(place) && !add_group(tree, place, ret)) {
            return false;
        }
    }
    return true;
}

/* What a participant is called: its name, or its node where it has none. NULL: no memory. */
static const char *name_of(const struct tree *tree, const struct model_debug_node *node)
{
    struct strbuf text = {0};
    if (node->has.client_name && node->client_name[0] != '\0') {
        return node->client_name;
    }
    strbuf_addf(&text, "node %" PRIu64, node->koid);
    const char *name = text.failed ? NULL : arena_strndup(tree->arena, text.text, text.len);
    strbuf_deinit(&text);
    return name;
}

static bool add_participant(const struct tree *tree, const struct place *place, bool settled,
                            struct solve_question *ret)
{
    const struct model_debug_node *node = place->node;
    if (!node->has_constraints && !node->has.constraints) {
        return true; /* released as a token, or a group */
    }
    if (!node->has.constraints && node->constraints_left_out) {
        return refuse(tree, place, "has constraints, but the daemon's answer had no room for them");
    }
    const char *name = name_of(tree, node);
    if (name == NULL) {
        return no_memory(tree);
    }
    ret->participants[ret->participant_count++] = (struct solver_participant){
        .name = name,
        .constraints = node->has.constraints ? &node->constraints : NULL,
        .group = settled ? 0 : place->group, /* its groups have chosen already */
        .child = settled ? 0 : place->child,
        .settled = settled,
    };
    return true;
}

static bool add_participants(const struct tree *tree, bool settled, struct solve_question *ret)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct place *place = tree->order[i];
        bool wanted = settled ? has_flag(place, MODEL_DEBUG_NODE_FLAG_ALLOCATED) : place->in_part;
        if (wanted && !add_participant(tree, place, settled, ret)) {
            return false;
        }
    }
    return true;
}

static bool add_existing(const struct tree *tree, struct solve_question *ret)
{
    const struct model_debug_collection *collection = tree->collection;
    struct sysmem_buffer_collection_constraints *pinned = arena_alloc(tree->arena, sizeof(*pinned));
    if (pinned == NULL) {
        return no_memory(tree);
    }
    solver_pin(&collection->settings, collection->buffer_count, pinned);
    ret->participants[ret->participant_count++] = (struct solver_participant){
        .name = "the buffers that exist", .constraints = pinned, .settled = true};
    ret->existing = &collection->settings;
    ret->existing_count = collection->buffer_count;
    return true;
}

bool solve_nodes_read(struct arena *arena, const struct model_debug_collection *collection,
                      struct solve_question *ret, struct strbuf *reason)
{
    struct tree tree = {.arena = arena,
                        .reason = reason,
                        .collection = collection,
                        .count = collection->nodes_count};
    if (!build(&tree)) {
        return false;
    }
    struct place *late = late_part(&tree);
    struct place *top = late == NULL ? tree.places : late;
    size_t most = tree.count + 1;
    *ret = (struct solve_question){
        .participants = arena_alloc_array(arena, most, sizeof(*ret->participants)),
        .groups = arena_alloc_array(arena, most, sizeof(*ret->groups)),
    };
    if (ret->participants == NULL || ret->groups == NULL) {
        return no_memory(&tree);
    }
    return check_ready(&tree, top) && add_groups(&tree, top, ret) &&
           (late == NULL || add_participants(&tree, true, ret)) &&
           add_participants(&tree, false, ret) && (late == NULL || add_existing(&tree, ret));
}
