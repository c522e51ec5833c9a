#include "os/slot_lock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

static off_t slot_offset(enum slot_kind kind, uint64_t slot)
{
    return (off_t)(kind == SLOT_STRONG ? slot : SLOT_COUNT + slot);
}

int slot_lock_take(int fd, enum slot_kind kind, uint64_t slot)
{
    assert(slot < SLOT_COUNT);
    /* Shared, because a read-only description can take no other. */
    struct flock lock = {
        .l_type = F_RDLCK,
        .l_whence = SEEK_SET,
        .l_start = slot_offset(kind, slot),
        .l_len = 1,
    };
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
        return 0;
    }
    return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

/* The first of others' locks within [start, start + len), len 0 for no end: 1 with *ret_start, 0,
 * or -errno. */
static int find_lock(int fd, off_t start, off_t len, off_t *ret_start)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    if (fcntl(fd, F_OFD_GETLK, &lock) < 0) {
        return -errno;
    }
    *ret_start = lock.l_start;
    return lock.l_type != F_UNLCK;
}

int slot_lock_holders(int fd)
{
    const off_t first_weak = slot_offset(SLOT_WEAK, 0);
    off_t start = 0;
    int found = find_lock(fd, 0, 0, &start);
    if (found <= 0) {
        return found < 0 ? found : SLOT_HOLDERS_NONE;
    }
    if (start >= first_weak) { /* the kernel gives any lock, not the lowest: ask for a strong one */
        found = find_lock(fd, 0, first_weak, &start);
    }
    if (found < 0) {
        return found;
    }
    return found > 0 ? SLOT_HOLDERS_STRONG : SLOT_HOLDERS_WEAK;
}

int slot_lock_is_held(int fd, enum slot_kind kind)
{
    off_t start = slot_offset(kind, 0);
    return find_lock(fd, start, (off_t)SLOT_COUNT, &start);
}
