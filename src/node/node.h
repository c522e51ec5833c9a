/* A participant's place in the tree of a logical buffer collection.
 *
 * A node's place, constraints and rights outlive its connection: a node without a peer that was
 * released is an orphan, whose constraints stay in force. This module knows trees; what happens to
 * a node that fails is its owner's business. Not thread-safe: the loop's thread only. Source:
 * spec/fuchsia.sysmem2.txt, PROTOCOLS, Node, BufferCollectionToken, BufferCollectionTokenGroup. */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <sysmem/types.h>

#include "base/arena.h"
#include "base/list.h"

enum node_kind {
    NODE_TOKEN,
    NODE_COLLECTION,
    NODE_GROUP,
    NODE_ORPHAN, /* released and closed: no peer any more */
};

/* How far a failure of this node goes up. */
enum node_propagation {
    NODE_PROPAGATE,                   /* to the parent */
    NODE_PROPAGATE_BEFORE_ALLOCATION, /* dispensable: to the parent until logically allocated */
    NODE_DO_NOT_PROPAGATE,            /* attached: stops here */
};

/* Who uses a node, for people who read logs. */
struct node_client {
    char *name; /* owned; NULL: not said */
    uint64_t id;
    pid_t pid;
    uid_t uid;
};

struct node {
    struct node *parent; /* NULL: the root */
    struct list children;
    uint32_t child_count;
    struct list siblings; /* link in parent's children */
    struct list queue;    /* link in a traversal's or a sweep's list */
    void *collection;     /* the struct collection that it belongs to */
    void *peer;           /* the channel, or NULL */

    enum node_kind kind;
    enum node_kind
        was; /* as kind, but an orphan keeps what it was: a released group still chooses */
    enum node_propagation propagation;
    uint64_t koid;        /* of the channel's server end */
    uint32_t rights_mask; /* AND of all attenuation masks from the root */
    uint64_t since_ns;    /* when it became a node of its kind: monotonic clock, its owner says */
    bool released;
    bool allocated; /* logically */
    bool hidden;    /* under a group's child that was not selected */
    bool dead;      /* out of the tree, to be swept */
    bool asked;     /* takes part in the aggregation that runs */
    bool weak;
    bool weak_ok;
    bool weak_ok_for_children; /* of nodes made from now on */
    uint32_t participant;      /* its number among those that got the buffers; 0: none yet */
    bool has_waited;           /* WaitForAllBuffersAllocated was called */
    bool all_children_present; /* of a group */
    struct node_client client;
    uint64_t charged_name; /* bytes of client.name that its owner has charged */

    struct list
        node_trackers; /* AttachNodeTracking: struct tracker, closed when the node is freed */
    uint32_t node_tracker_count;
    struct list
        lifetime_trackers; /* AttachLifetimeTracking, until the node is logically allocated */
    struct node_ref *ref;  /* GetNodeRef; NULL until it is asked for */

    /* Scratch room of one walk each. */
    uint32_t counted;    /* connected nodes below (and with) this one */
    uint32_t next_child; /* of a group: how many children the walk has passed */
    uint32_t own_group;  /* of a group: its number in the solver's problem, from 1 */
    uint32_t group;      /* the innermost group that this node is under, from 1; 0: none */
    uint32_t child;      /* under which of its children */
    bool attached_below; /* not of the part that is looked at */

    /* SetConstraints. constraints stays NULL when the participant said that it has none. */
    bool has_constraints;
    struct sysmem_buffer_collection_constraints *constraints;
    struct arena constraints_arena;
};

/* A token node below `parent` (NULL: a root); rights and client name come from the parent. NULL: no
 * memory. */
struct node *node_new(struct node *parent);

/* Takes a node out of its parent's list and marks it dead. It has no children any more. */
void node_unlink(struct node *node);

/* Frees an unlinked node. */
void node_free(struct node *node);

/* A token was turned in (NODE_COLLECTION), or was one only because all nodes begin so (NODE_GROUP).
 */
void node_become(struct node *node, enum node_kind kind);

/* SetWeak: this node, and children made from now on. */
void node_set_weak(struct node *node);

/* SetWeakOk. */
void node_set_weak_ok(struct node *node, bool for_child_nodes_also);

static inline bool node_is_group(const struct node *node)
{
    return node->was == NODE_GROUP;
}

/* Whether the node keeps the buffers alive by itself. */
static inline bool node_is_strong(const struct node *node)
{
    return node->kind != NODE_ORPHAN && !node->weak;
}

/* SetDebugClientInfo: a former name is kept as "new (was old)", at most NODE_MAX_CLIENT_NAME bytes.
 * False: no memory. */
#define NODE_MAX_CLIENT_NAME 4096
bool node_set_client(struct node *node, const char *name, uint64_t id);

/* Sets the name without a trace of the former one (the binding Allocator's information). */
bool node_replace_client(struct node *node, const char *name, uint64_t id);

/* Takes the constraints of a SetConstraints over, with the arena that holds them. */
void node_set_constraints(struct node *node,
                          struct sysmem_buffer_collection_constraints *constraints,
                          struct arena *arena);

/* AND with an attenuation mask; ZX_RIGHT_SAME_RIGHTS changes nothing. */
void node_attenuate(struct node *node, uint32_t mask);

/* Whether this node by itself lets its domain allocate: a token never, a collection from
 * SetConstraints on, a group from AllChildrenPresent on, an orphan always. */
bool node_is_ready(const struct node *node);

static inline bool node_is_connected(const struct node *node)
{
    return node->kind != NODE_ORPHAN;
}

/* --- trees --- */

/* Pre-order: the node after `node` in the tree below (and with) `root`, or NULL. Start with root
 * itself. */
struct node *node_next(const struct node *root, const struct node *node);

/* The same without attached parts below root: those allocate by themselves, later. */
struct node *node_next_pruned(const struct node *root, const struct node *node);

/* Appends the tree below (and with) `root` to `queue` through node->queue, breadth first. */
void node_list_breadth_first(struct node *root, struct list *queue);

/* The root of the part that fails when `node` does. */
struct node *node_failure_root(struct node *node);

/* The first node that is not ready among those whose constraints count for `root`'s allocation: the
 * tree below it, without attached parts. NULL: all are. */
struct node *node_first_unready(struct node *root);

/* Counts the connected nodes below (and with) each node of a tree into node->counted. Returns how
 * many strong ones there are. */
uint32_t node_count(struct node *root);

/* The smallest failure domain without a connected node (node_count() came before), or NULL. */
struct node *node_find_empty_domain(struct node *root);

/* Whether `a` and `b`, of one tree, are alternatives: their lowest common ancestor (each counts as
 * its own) is a group. */
bool node_is_alternate(const struct node *a, const struct node *b);

#endif
