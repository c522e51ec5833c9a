#include "os/slot_lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static off_t slot_offset(enum slot_kind kind, uint64_t slot)
{
    return (off_t)(kind == SLOT_STRONG ? slot : SLOT_COUNT + slot);
}

/* Locks one byte: shared where the description can be read, which is all that a read-only one can;
 * else for itself alone. */
static int lock_byte(int fd, short type, off_t offset)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
        return 0;
    }
    return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

int slot_lock_take(int fd, enum slot_kind kind, uint64_t slot)
{
    assert(slot < SLOT_COUNT);
    return lock_byte(fd, F_RDLCK, slot_offset(kind, slot));
}

int slot_lock_take_alone(int fd, enum slot_kind kind, uint64_t slot)
{
    assert(slot < SLOT_COUNT);
    return lock_byte(fd, F_WRLCK, slot_offset(kind, slot));
}

static off_t child_offset(uint64_t child)
{
    return (off_t)(4 * SLOT_COUNT + (child << 32));
}

int slot_child_take(int fd, uint64_t child, uint32_t number)
{
    assert(child < SLOT_CHILD_COUNT);
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return -errno;
    }
    bool only_writes = (flags & O_ACCMODE) == O_WRONLY;
    return lock_byte(fd, only_writes ? F_WRLCK : F_RDLCK, child_offset(child) + (off_t)number);
}

/* One of others' locks within [start, start + len), len 0 for no end: 1 with *ret, 0, or -errno. */
static int find_lock(int fd, off_t start, off_t len, struct flock *ret)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    if (fcntl(fd, F_OFD_GETLK, &lock) < 0) {
        return -errno;
    }
    *ret = lock;
    return lock.l_type != F_UNLCK;
}

int slot_lock_holders(int fd)
{
    const off_t first_weak = slot_offset(SLOT_WEAK, 0);
    struct flock lock = {0};
    int found = find_lock(fd, 0, (off_t)(2 * SLOT_COUNT), &lock);
    if (found <= 0) {
        return found < 0 ? found : SLOT_HOLDERS_NONE;
    }
    if (lock.l_start >= first_weak) { /* the kernel gives any lock: ask for a strong one */
        found = find_lock(fd, 0, first_weak, &lock);
    }
    if (found < 0) {
        return found;
    }
    return found > 0 ? SLOT_HOLDERS_STRONG : SLOT_HOLDERS_WEAK;
}

int slot_child_is_held(int fd, uint64_t child)
{
    struct flock lock = {0};
    return find_lock(fd, child_offset(child), (off_t)1 << 32, &lock);
}

int slot_child_find(int fd, uint64_t *ret_child)
{
    struct flock lock = {0};
    int found = find_lock(fd, child_offset(0), 0, &lock);
    if (found > 0) {
        off_t start = lock.l_start > child_offset(0) ? lock.l_start : child_offset(0);
        *ret_child = (uint64_t)(start - child_offset(0)) >> 32;
    }
    return found;
}

void slot_walk_begin(struct slot_walk *walk, int fd, enum slot_kind kind)
{
    off_t first = slot_offset(kind, 0);
    *walk = (struct slot_walk){
        .fd = fd,
        .first = first,
        .end = first + (off_t)SLOT_COUNT,
        .at = first,
        .lowest = -1,
    };
}

/* Asks for a lock below the lowest that is known: 1 if there is one, 0, or -errno. */
static int find_lower(struct slot_walk *walk)
{
    off_t limit = walk->lowest < 0 ? walk->end : walk->lowest;
    struct flock lock = {0};
    int found = walk->at == limit ? 0 : find_lock(walk->fd, walk->at, limit - walk->at, &lock);
    if (found > 0) {
        bool to_the_end = lock.l_len == 0 || lock.l_len > walk->end - lock.l_start;
        walk->lowest = lock.l_start > walk->at ? lock.l_start : walk->at;
        walk->lowest_end = to_the_end ? walk->end : lock.l_start + lock.l_len;
    }
    return found;
}

int slot_walk_next(struct slot_walk *walk, uint64_t *ret_slot)
{
    int found = find_lower(walk);
    if (found < 0) {
        return found;
    }
    if (found > 0 && walk->lowest > walk->at) {
        return -EAGAIN;
    }
    if (walk->lowest < 0) {
        return 0;
    }
    *ret_slot = (uint64_t)(walk->lowest - walk->first);
    walk->at = walk->lowest_end;
    walk->lowest = -1;
    return 1;
}
