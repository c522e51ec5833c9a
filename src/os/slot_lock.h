/* Which handles of a memory file are still held: each delivered description takes a lock on one
 * byte, its slot, before it is sent away. The kernel drops the lock with the description (its last
 * descriptor, mapping and message in flight). Slots of strong and of weak handles lie in ranges of
 * their own, so that one question answers for all of a kind.
 *
 * A holder can drop or add locks on purpose: locks say who holds a file, memfile_is_alone() says
 * whether anybody does. No call waits. All are safe on any thread. */
#ifndef OS_SLOT_LOCK_H
#define OS_SLOT_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum slot_kind {
    SLOT_STRONG,
    SLOT_WEAK,
};

/* Slots of each kind are numbered from 0 to below this. */
#define SLOT_COUNT (1ULL << 60)

/* Locks a slot for a description that was just opened and has no lock yet. 0; -EBUSY when a
 * holder's lock on the file is in the way; another -errno. */
int slot_lock_take(int fd, enum slot_kind kind, uint64_t slot);

/* The same for a description that is only for writing, which can take no lock that another could
 * share. */
int slot_lock_take_alone(int fd, enum slot_kind kind, uint64_t slot);

/* Besides these, a file that is shared between processes as a VMO has slots for its children, in a
 * range of their own. Whoever gives a child away locks one of the child's slots, and whoever makes
 * further descriptions of it locks another one of them: so the first, who keeps the file, hears
 * when the last is gone, whatever became of those in between. */
#define SLOT_CHILD_COUNT (1ULL << 29)

/* Locks slot `number` of a child (below SLOT_CHILD_COUNT) for a description. A description that is
 * only for writing locks it for itself alone. 0, -EBUSY or another -errno. */
int slot_child_take(int fd, uint64_t child, uint32_t number);

/* Whether somebody besides the description `fd` holds a slot of the child: 1, 0, or -errno. */
int slot_child_is_held(int fd, uint64_t child);

/* One child of which somebody besides the description `fd` holds a slot: 1 with *ret_child; 0:
 * there is none; -errno. */
int slot_child_find(int fd, uint64_t *ret_child);

enum slot_holders {
    SLOT_HOLDERS_NONE,
    SLOT_HOLDERS_WEAK,   /* weak ones only */
    SLOT_HOLDERS_STRONG, /* a strong one, and perhaps weak ones */
};

/* Who holds slots besides the description `fd` itself: one of enum slot_holders, or -errno. */
int slot_lock_holders(int fd);

/* A walk over the slots of one kind that others than the description `fd` hold, upwards. What is
 * taken or dropped meanwhile may be missed. */
struct slot_walk {
    int fd;
    off_t first; /* of the kind */
    off_t end;
    off_t at;     /* what lies below has been told */
    off_t lowest; /* the lowest lock that is known from there on; -1: none is */
    off_t lowest_end;
};

void slot_walk_begin(struct slot_walk *walk, int fd, enum slot_kind kind);

/* Asks the kernel at most once, so that its caller decides how long it goes on: the kernel tells
 * any lock, not the lowest, and asking on takes as many questions as a holder has made odd locks. 1
 * with *ret_slot; 0: there are no more; -EAGAIN: call again; another -errno. A lock on several
 * slots counts once. */
int slot_walk_next(struct slot_walk *walk, uint64_t *ret_slot);

#endif
