/* A logical buffer collection: a tree of participants, what it came to, and its buffers.
 *
 * From constraints to buffers: when every node is ready, the solver is asked, a heap makes the
 * buffers, and the waiting participants are answered; see docs/server.md. Not thread-safe: the
 * loop's thread only. */
#ifndef COLLECTION_COLLECTION_H
#define COLLECTION_COLLECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <sysmem/types.h>

#include "base/account.h"
#include "base/alarm.h"
#include "base/arena.h"
#include "base/executor.h"
#include "base/list.h"
#include "base/map.h"
#include "buffer/buffer.h"
#include "collection/environment.h"
#include "collection/failure_log.h"
#include "collection/participants.h"
#include "collection/uid_counts.h"
#include "heap/registry.h"
#include "node/node.h"
#include "solver/solver.h"

enum collection_state {
    COLLECTION_CREATED,    /* waits for its participants */
    COLLECTION_POPULATING, /* the heap makes the buffers */
    COLLECTION_ALLOCATED,
    COLLECTION_FAILED, /* no node is left; buffers may still be in use */
};

struct collection;
struct aggregation;
struct failure;

/* What the channels hear of their nodes. */
struct collection_peer_ops {
    /* Answer the pending waits of this node, later: the buffers are there. Fails no node. */
    void (*allocated)(void *peer);
    /* Answer them with an enum sysmem_error, later, and with why (NULL: that is not known);
     * `closed` follows. Who keeps the failure takes a reference. Fails no node. */
    void (*failed)(void *peer, uint32_t error, struct failure *failure);
    /* The node has left its tree and the peer must not use it any more. The channel closes, later,
     * and after those that were told before. */
    void (*closed)(void *peer, const char *why);
};

/* What happens to a collection, or to one of its nodes. */
enum collection_event {
    COLLECTION_EVENT_CREATED,
    COLLECTION_EVENT_POPULATING,
    COLLECTION_EVENT_ALLOCATED,
    COLLECTION_EVENT_FAILED, /* before it had buffers; its nodes are about to go */
    COLLECTION_EVENT_ENDED,  /* afterwards */
    COLLECTION_EVENT_GONE,   /* all memory is given back */
    COLLECTION_EVENT_NODE_ADDED,
    COLLECTION_EVENT_NODE_BOUND,
    COLLECTION_EVENT_NODE_SET_CONSTRAINTS,
    COLLECTION_EVENT_NODE_ALL_CHILDREN_PRESENT,
    COLLECTION_EVENT_NODE_RELEASED,
    COLLECTION_EVENT_NODE_ORPHANED,
    COLLECTION_EVENT_NODE_JOINED,       /* attached, and has the buffers now */
    COLLECTION_EVENT_NODE_NOT_SELECTED, /* another child of its group was; it is about to go */
    COLLECTION_EVENT_NODE_FAILED,       /* by its own mistake, or its client's end */
    COLLECTION_EVENT_DOMAIN_FAILED,     /* the node and what is below it are about to go */
};

/* Who watches. It is told in the middle of things: it may look, and must change nothing. */
struct collection_observer {
    /* NULL: nobody. node: NULL where the collection as a whole is meant. */
    void (*event)(void *arg, const struct collection *collection, const struct node *node,
                  enum collection_event event);
    void *arg;
};

/* What a collection's trouble with weak handles is told after, and its trouble with slow
 * participants. */
#define COLLECTION_WEAK_PATIENCE_NS  UINT64_C(5000000000)
#define COLLECTION_SLOW_NS           UINT64_C(5000000000)
#define COLLECTION_SLOW_AGAIN_NS     UINT64_C(30000000000)
#define COLLECTION_MAX_NODE_TRACKERS 256

struct collection_table_config {
    const struct collection_peer_ops *ops;
    struct collection_observer observer;
    struct heap_registry *heaps; /* whose only observer the table is */
    struct buffer_watcher *watcher;
    struct solver_environment environment; /* borrowed; its heaps are those of `heaps` */
    struct alarms *alarms;
    /* Closes an end that `uid` gave, which may take long: NULL: at once. */
    void (*close_end)(uid_t uid, int fd);
    /* Closes an end that participants of a collection of `uid` have had, which may take as long as
     * they like. NULL: at once. */
    void (*close_shared)(uid_t uid, int fd);
    struct executor *executor; /* for long aggregations; NULL: all are made at once */
    uint64_t effort_at_once;   /* solver_effort() that an aggregation may take at once */
    uint32_t max_nodes_per_tree;
    uint32_t max_children_per_group;
};

/* All collections of the daemon. */
struct collection_table {
    struct collection_table_config config;
    struct list collections;
    struct list aggregations; /* those that are not made at once */
    struct list dead_nodes;
    struct list spent_trackers; /* to be closed, one by one */
    struct list dead_collections;
    struct list concerned;           /* by a change of the heaps: collections */
    struct environment *environment; /* NULL: it is made when it is needed */
    struct map node_refs;            /* koid of a node ref's own end -> struct node */
    struct failure_log failures;
};

struct collection {
    struct collection_table *table;
    struct list link; /* in the table's collections or dead_collections */
    uint64_t id;
    enum collection_state state;
    struct node *root; /* NULL: all nodes are gone */
    uint32_t node_count;
    struct uid_counts uids;  /* of its nodes */
    bool waits_for_secure;   /* all are ready, and secure memory is still to come */
    struct list concerned;   /* in the table's */
    bool thinned;            /* somebody has left, or does not count any more: see evaluate.c */
    uint32_t unswept;        /* its dead nodes: they are freed before it */
    uint64_t created_ns;     /* monotonic clock */
    uint64_t allocated_ns;   /* 0: not yet */
    struct account *account; /* of the connection that made the root */

    char *name; /* NULL: none yet */
    uint32_t name_priority;
    bool verbose; /* SetVerboseLogging */

    struct alarm slow_alarm; /* the slow-allocation report */
    uint32_t slow_reports;
    struct alarm heap_alarm; /* set while buffers are made by a heap that has a deadline */

    struct aggregation *aggregation; /* that is under way on another thread; NULL: none */
    bool bury_later;                 /* once it is over */

    /* From POPULATING on. */
    uint32_t error; /* why it failed, or 0 */
    uint32_t buffer_count;
    struct sysmem_single_buffer_settings settings; /* in the arena */
    struct arena arena;
    struct buffer_set *buffers;
    uint64_t charged_bytes;
    uint64_t charged_descriptors;
    bool populated;
    int populate_status;
    bool let_go; /* no strong node is left: the buffers live as long as their strong handles */
    struct list lifetime_trackers;    /* of nodes that are logically allocated */
    struct participants participants; /* that got the buffers */
    struct weak_watch *weak_watch;    /* weak handles that stay too long; NULL: none do so far */
};

void collection_table_init(struct collection_table *table,
                           const struct collection_table_config *config);

/* Does one bit of what is left for later, if there is any: frees a node or collection that has
 * died, or lets a collection heed a change of the heaps. Never from within a handler. */
void collection_table_sweep(struct collection_table *table);
void collection_table_sweep_all(struct collection_table *table);
bool collection_table_needs_sweep(const struct collection_table *table);

/* Fails all collections (the daemon ends) and frees everything; buffers live on with their holders.
 * What an executor still works on dies when that is done: collection_table_sweep_all() again. */
void collection_table_deinit(struct collection_table *table);

/* A collection with its root node (a token) for `peer`; charged to `account`, of which it takes a
 * reference. `id` is the koid of the root's server end: the kernel gives it once until the machine
 * restarts. *ret_why tells a NULL apart. */
struct collection *collection_new(struct collection_table *table, struct account *account,
                                  uint64_t id, void *peer, const char **ret_why);

/* A child token of `parent`. NULL: *ret_why says what was wanted and what is allowed. */
struct node *collection_add_child(struct node *parent, void *peer, const char **ret_why);

static inline struct collection *collection_of(const struct node *node)
{
    return node->collection;
}

/* SetName. False: no memory. */
bool collection_set_name(struct collection *collection, uint32_t priority, const char *name);

/* SetDebugClientInfo and the Allocator's information: node_set_client() and node_replace_client(),
 * charged to the collection's account. False: no memory, or over the quota; then the node must
 * fail. */
bool collection_set_client(struct node *node, const char *name, uint64_t id);
bool collection_replace_client(struct node *node, const char *name, uint64_t id);

/* SetConstraints, as node_set_constraints(); what they take is charged to the collection's account.
 * False: over the quota, and nothing is taken. */
bool collection_set_constraints(struct node *node,
                                struct sysmem_buffer_collection_constraints *constraints,
                                struct arena *arena);

/* AttachToken: as collection_add_child(), but the child is a failure domain of its own, which
 * allocates by itself. */
struct node *collection_attach(struct node *parent, void *peer, const char **ret_why);

/* AttachNodeTracking and AttachLifetimeTracking: take an eventpair's end, also on failure. NULL, or
 * why not. */
const char *collection_track_node(struct node *node, int fd);
const char *collection_track_lifetime(struct node *node, int fd, uint32_t buffers_remaining);

/* GetNodeRef: a descriptor for the client, or -errno. */
int collection_node_ref(struct node *node, uint64_t *ret_koid);

/* The node that a node ref was got from, or NULL. */
struct node *collection_find_node_ref(const struct collection_table *table, int fd);

/* SetDebugTimeoutLogDeadline: when the first slow-allocation report comes, if it is still to come.
 */
void collection_set_report_deadline(struct collection *collection, uint64_t deadline_ns);

/* Whose client a node has from now on. */
void collection_set_owner(struct node *node, pid_t pid, uid_t uid);

/* SetWeak, as node_set_weak(). */
void collection_set_weak(struct node *node);

/* Turns a token into a collection, served by another peer from now on. */
void collection_bind_node(struct node *node, void *peer);

/* The clean end of a released node's connection: it becomes an orphan. */
void collection_orphan_node(struct node *node);

/* Something of `node` went wrong: its failure domain fails. Afterwards the node is dead. */
void collection_fail_node(struct node *node, const char *why);

/* Does what can be done now: ends a tree that nobody is connected to, allocates one whose nodes are
 * all ready. */
void collection_evaluate(struct collection *collection);

/* The node that keeps the collection from allocating, or NULL. */
struct node *collection_blocked_by(const struct collection *collection);

/* Tells the observer. What comes from requests that need nothing of this module, or is complete
 * only outside of it (a new node and its client), its user tells. */
void collection_tell(const struct collection *collection, const struct node *node,
                     enum collection_event event);

/* The clock of created_ns, since_ns and deadlines: monotonic. */
uint64_t collection_now_ns(void);

/* Who a node is, for a line of the log, in a static buffer: 'collection 12 "frames" token 34 client
 * "camera" pid 56'. Clients' texts are escaped. */
const char *collection_describe_node(const struct node *node);

#endif
