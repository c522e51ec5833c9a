/* Trees of participants, grown from the fixture's two. */
#ifndef TESTS_COLLECTION_TREE_H
#define TESTS_COLLECTION_TREE_H

#include "fixture.h"

/* A channel that lives as long as the fixture: closing a collection tells it. */
static inline struct peer *new_peer(struct fixture *fixture)
{
    assert_true(fixture->other_count < sizeof(fixture->others) / sizeof(fixture->others[0]));
    return &fixture->others[fixture->other_count++];
}

/* A token below `parent`. */
static inline struct node *add_token(struct node *parent, struct peer *peer)
{
    const char *why = NULL;
    peer->node = collection_add_child(parent, peer, &why);
    assert_non_null(peer->node);
    return peer->node;
}

/* A participant below `parent`. */
static inline struct node *add_collection(struct node *parent, struct peer *peer)
{
    collection_bind_node(add_token(parent, peer), peer);
    return peer->node;
}

/* An attached one. */
static inline struct node *attach_collection(struct node *parent, struct peer *peer)
{
    const char *why = NULL;
    peer->node = collection_attach(parent, peer, &why);
    assert_non_null(peer->node);
    collection_bind_node(peer->node, peer);
    return peer->node;
}

static inline void set_no_constraints(struct node *node)
{
    struct arena none = {0};
    assert_true(collection_set_constraints(node, NULL, &none));
}

/* Release, and the end of its connection. */
static inline void release_and_close(struct node *node)
{
    node->released = true;
    collection_orphan_node(node);
}

/* Lets what is due next happen, whatever the time. */
static inline void ring_next(struct fixture *fixture)
{
    uint64_t due = alarms_next(&fixture->alarms);
    assert_true(due != UINT64_MAX);
    (void)alarms_ring(&fixture->alarms, due);
}

#endif
