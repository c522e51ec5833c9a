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

enum slot_holders {
    SLOT_HOLDERS_NONE,
    SLOT_HOLDERS_WEAK,   /* weak ones only */
    SLOT_HOLDERS_STRONG, /* a strong one, and perhaps weak ones */
};

/* Who holds slots besides the description `fd` itself: one of enum slot_holders, or -errno. */
int slot_lock_holders(int fd);

/* Whether somebody besides the description `fd` holds one slot: 1, 0, or -errno. */
int slot_lock_is_held(int fd, enum slot_kind kind, uint64_t slot);

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
