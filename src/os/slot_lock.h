/* Which handles of a memory file are still held: each delivered description takes a lock on one
 * byte, its slot, before it is sent away. The kernel drops the lock with the description (its last
 * descriptor, mapping and message in flight). Slots of strong and of weak handles lie in ranges of
 * their own, so that one question answers for all of a kind.
 *
 * A holder can drop or add locks on purpose: locks say who holds a file, memfile_is_alone() says
 * whether anybody does. No call waits. All are safe on any thread. */
#ifndef OS_SLOT_LOCK_H
#define OS_SLOT_LOCK_H

#include <stdint.h>

enum slot_kind {
    SLOT_STRONG,
    SLOT_WEAK,
};

/* Slots of each kind are numbered from 0 to below this. */
#define SLOT_COUNT (1ULL << 40)

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

/* Whether somebody besides the description `fd` holds a slot of one kind: 1, 0, or -errno. */
int slot_lock_is_held(int fd, enum slot_kind kind);

#endif
