/* Who took part in an allocation: what stays known of a participant when its node has left the
 * tree, because the handles that were made for it may live longer. Bounded and charged. */
#ifndef COLLECTION_PARTICIPANTS_H
#define COLLECTION_PARTICIPANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/account.h"
#include "node/node.h"

/* Beyond these, the one that left first is forgotten; while none has left, newcomers are. */
#define PARTICIPANTS_MAX            256
#define PARTICIPANTS_MAX_NAME_BYTES 256

/* As it was when it got the buffers. */
struct participant {
    uint32_t number; /* from 1, in the order of allocation: the holder of its handles */
    bool left;       /* its node is no longer in the tree */
    uint64_t node;   /* koid */
    char *name;      /* "": none; cut at PARTICIPANTS_MAX_NAME_BYTES, between characters */
    uint64_t client_id;
    pid_t pid;
    uid_t uid;
    uint32_t min_buffer_count_for_camping; /* of its constraints; 0 where they say nothing */
    uint32_t min_buffer_count_for_dedicated_slack;
    uint32_t min_buffer_count_for_shared_slack;
    uint32_t min_buffer_count;
};

/* A zeroed one is empty. */
struct participants {
    struct participant *list; /* numbers ascend */
    size_t count;
    size_t size;
    uint32_t last_number;
};

/* Gives a node that got the buffers its number, node->participant, and remembers it; charged to
 * `account`. Over the quota or without memory it is not remembered, and has a number all the same.
 */
void participants_add(struct participants *participants, struct account *account,
                      struct node *node);

/* A node leaves the tree, whether it got the buffers or not. */
void participants_leave(struct participants *participants, const struct node *node);

/* NULL: not remembered. */
const struct participant *participants_find(const struct participants *participants,
                                            uint32_t number);

/* Forgets all; `account` is the one that was charged. */
void participants_deinit(struct participants *participants, struct account *account);

#endif
