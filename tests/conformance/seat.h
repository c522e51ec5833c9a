/* A participant of any tree, whose wait is pending while others still speak. */
#ifndef CONFORMANCE_SEAT_H
#define CONFORMANCE_SEAT_H

#include "stage.h"

/* Does not move between seat_say() and the answer. */
struct seat {
    struct sysmem_collection *collection; /* NULL: nobody sits here any more */
    bool answered;
    sysmem_status_t status;
    struct sysmem_collection_info *info; /* NULL unless the status is 0 */
};

/* Turns the token in. */
struct seat seat_take(const struct stage *stage, struct sysmem_token *token);

/* SetConstraints (NULL: none) and WaitForAllBuffersAllocated. seat_say() returns when the daemon
 * has them; somebody must still hold the allocation up, or it must succeed. */
void seat_say(struct seat *seat, const struct sysmem_buffer_collection_constraints *wish);
void seat_say_unsynced(struct seat *seat, const struct sysmem_buffer_collection_constraints *wish);

/* SetConstraints alone: the last word before an end in which no wait of this seat can be in time.
 */
void seat_decide(struct seat *seat, const struct sysmem_buffer_collection_constraints *wish);

/* Waits until the wait has ended, in `wanted` or in anything. */
void seat_hear(struct seat *seat);
void seat_expect(struct seat *seat, sysmem_status_t wanted);

/* The result; asserts that there is one of `buffers` buffers. */
const struct sysmem_buffer_collection_info *seat_expect_buffers(struct seat *seat, size_t buffers);

/* Leaves after Release, or without; what the seat got is closed too. */
void seat_leave(struct seat *seat);
void seat_drop(struct seat *seat);

/* A wish of `camping` buffers of a size in bytes, and no other. */
struct sysmem_buffer_collection_constraints picky(uint32_t camping, uint64_t size);

/* --- what trees are made of; each synced --- */
struct sysmem_group *group_under(struct sysmem_token *token);
struct sysmem_token *child_of(struct sysmem_group *group);
struct sysmem_token *attach_to(const struct seat *seat);

/* Two children of a group below `token`, which is the third to sit down. */
struct choice {
    struct sysmem_group *group;
    struct seat root;
    struct seat children[2];
};
struct choice choice_open(const struct stage *stage);

/* AllChildrenPresent; and a clean good-bye. */
void group_settle(struct sysmem_group *group);
void group_leave(struct sysmem_group *group);
void choice_leave(struct choice *choice);

/* Release and close of a token. */
void token_leave(struct sysmem_token *token);

/* --- eventpairs that the daemon closes --- */
/* Attaches one end and gives the other. */
zx_handle_t track_node(struct sysmem_node *node);
zx_handle_t track_lifetime(struct sysmem_collection *collection, uint32_t buffers_remaining);

/* Whether the other end has closed by now; and waits for it. */
bool is_signalled(zx_handle_t eventpair);
void wait_signalled(zx_handle_t eventpair);

void close_handle(zx_handle_t handle);

#endif
