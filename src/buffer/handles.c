/* What goes out to clients, and what comes back from them: the part of buffer/buffer.h that changes
 * no buffer's state. */
#include "buffer/buffer.h"

#include <assert.h>
#include <errno.h>

#include "base/fd.h"
#include "base/list.h"
#include "buffer/set.h"
#include "buffer/watcher.h"
#include "os/memfile.h"
#include "os/slot_lock.h"

int buffer_set_open(struct buffer_set *set, uint32_t index, bool writable, bool weak, int *ret_fd)
{
    assert(index < set->count);
    struct buffer *buffer = &set->buffers[index];
    if (buffer->state != BUFFER_LIVE || buffer->strong_gone) {
        return -ESTALE;
    }
    FD_CLEANUP int fd = -1;
    enum memfile_access access = writable ? MEMFILE_READ_WRITE : MEMFILE_READ_ONLY;
    int dir = set->watcher->dir;
    int r = weak ? memfile_reopen_marked(dir, buffer->fd, access, &fd)
                 : memfile_reopen(dir, buffer->fd, access, &fd);
    if (r < 0) {
        return r;
    }
    uint64_t *next_slot = weak ? &buffer->weak_slots : &buffer->strong_slots;
    r = slot_lock_take(fd, weak ? SLOT_WEAK : SLOT_STRONG, *next_slot);
    if (r < 0) {
        return r;
    }
    (*next_slot)++;
    *ret_fd = fd_take(&fd);
    return 0;
}

int buffer_set_close_weak_asap(struct buffer_set *set, uint32_t index, int *ret_fd,
                               uint64_t *ret_koid)
{
    assert(index < set->count);
    struct buffer *buffer = &set->buffers[index];
    if (buffer->state == BUFFER_GONE) {
        return -ESTALE;
    }
    return asap_client_end(&buffer->asap, ret_fd, ret_koid);
}

enum buffer_kind buffer_watcher_identify(struct buffer_watcher *watcher, int fd,
                                         struct buffer_set **ret_set, uint32_t *ret_index)
{
    struct file_index_item *item = file_index_find(&watcher->files, fd);
    if (item == NULL) {
        return BUFFER_FOREIGN;
    }
    const struct buffer *buffer = container_of(item, struct buffer, file);
    *ret_set = buffer->set;
    *ret_index = buffer_index(buffer);
    return memfile_is_marked(fd) ? BUFFER_WEAK : BUFFER_STRONG;
}

/* --- what is known --- */

uint64_t buffer_set_koid(const struct buffer_set *set, uint32_t index)
{
    assert(index < set->count);
    return set->buffers[index].koid;
}

uint64_t buffer_set_vmo_bytes(const struct buffer_set *set)
{
    return set->vmo_bytes;
}

uint32_t buffer_set_remaining(const struct buffer_set *set)
{
    return set->remaining;
}

void *buffer_set_owner(const struct buffer_set *set)
{
    return set->owner;
}

bool buffer_set_is_strong_gone(const struct buffer_set *set, uint32_t index)
{
    assert(index < set->count);
    return set->buffers[index].strong_gone;
}

bool buffer_set_is_free(const struct buffer_set *set, uint32_t index)
{
    assert(index < set->count);
    return set->buffers[index].state == BUFFER_GONE;
}

bool buffer_set_has_weak(const struct buffer_set *set, uint32_t index)
{
    assert(index < set->count);
    const struct buffer *buffer = &set->buffers[index];
    return buffer->state == BUFFER_LIVE && slot_lock_is_held(buffer->fd, SLOT_WEAK) == 1;
}
