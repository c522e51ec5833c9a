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

/* A slot's number: its holder's, and the number of the handle among the buffer's of its kind, which
 * begins again after so many. (Two handles in one slot would count as one, and nothing else.) */
#define HANDLE_BITS 28

static uint64_t slot_of(uint32_t holder, uint64_t handle)
{
    return (uint64_t)holder << HANDLE_BITS | (handle & ((UINT64_C(1) << HANDLE_BITS) - 1));
}

/* A description of its own, with its locks. */
static int open_description(const struct buffer *buffer, const struct buffer_handle *handle,
                            int *ret_fd)
{
    const struct heap_properties *properties = &buffer->set->heap->properties;
    FD_CLEANUP int fd = -1;
    enum memfile_access access = buffer_access(buffer, handle->writable);
    int dir = buffer->set->watcher->dir;
    int r = handle->weak ? memfile_reopen_marked(dir, buffer->fd, access, &fd)
                         : memfile_reopen(dir, buffer->fd, access, &fd);
    if (r < 0) {
        return r;
    }
    enum slot_kind kind = handle->weak ? SLOT_WEAK : SLOT_STRONG;
    uint64_t made = handle->weak ? buffer->weak_handles : buffer->strong_handles;
    uint64_t slot = slot_of(handle->holder, made);
    r = properties->opaque ? slot_lock_take_alone(fd, kind, slot) : slot_lock_take(fd, kind, slot);
    if (r == 0 && buffer->child < SLOT_CHILD_COUNT) {
        /* The heap's process has locked number 0. */
        uint64_t number = 1 + buffer->strong_handles + buffer->weak_handles;
        r = slot_child_take(fd, buffer->child, (uint32_t)number);
    }
    if (r < 0) {
        return r;
    }
    *ret_fd = fd_take(&fd);
    return 0;
}

/* A duplicate, for which a companion speaks. */
static int open_duplicate(struct buffer *buffer, bool weak, struct buffer_handle_fds *ret)
{
    FD_CLEANUP int fd = fd_dup(buffer->fd);
    if (fd < 0) {
        return fd;
    }
    int r = companion_give(weak ? &buffer->weak : &buffer->strong, &ret->companion);
    if (r == 0) {
        ret->fd = fd_take(&fd);
    }
    return r;
}

int buffer_set_open(struct buffer_set *set, uint32_t index, const struct buffer_handle *handle,
                    struct buffer_handle_fds *ret)
{
    assert(index < set->count);
    struct buffer *buffer = &set->buffers[index];
    if (buffer->state != BUFFER_LIVE || buffer->strong_gone) {
        return -ESTALE;
    }
    struct buffer_handle_fds fds = {.fd = -1, .companion = -1};
    int r = buffer_tracking(buffer) == HEAP_TRACKED_BY_COMPANION
                ? open_duplicate(buffer, handle->weak, &fds)
                : open_description(buffer, handle, &fds.fd);
    if (r < 0) {
        return r;
    }
    *(handle->weak ? &buffer->weak_handles : &buffer->strong_handles) += 1;
    *ret = fds;
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

static enum buffer_kind kind_of(const struct buffer *buffer, int fd, uint64_t koid)
{
    bool is_weak = buffer_tracking(buffer) == HEAP_TRACKED_BY_COMPANION
                       ? koid != 0 && koid != buffer->koid
                       : memfile_is_marked(fd);
    return is_weak ? BUFFER_WEAK : BUFFER_STRONG;
}

enum buffer_kind buffer_watcher_identify(struct buffer_watcher *watcher, int fd, uint64_t koid,
                                         struct buffer_set **ret_set, uint32_t *ret_index)
{
    struct file_index_item *item = file_index_find(&watcher->files, fd);
    if (item == NULL) {
        return BUFFER_FOREIGN;
    }
    const struct buffer *buffer = container_of(item, struct buffer, file);
    *ret_set = buffer->set;
    *ret_index = buffer_index(buffer);
    return kind_of(buffer, fd, koid);
}

/* --- what is known --- */

uint64_t buffer_set_koid(const struct buffer_set *set, uint32_t index)
{
    assert(index < set->count);
    return set->buffers[index].koid;
}

uint64_t buffer_set_physical_address(const struct buffer_set *set, uint32_t index)
{
    assert(index < set->count);
    return set->buffers[index].request.physical_address;
}

struct heap *buffer_set_heap(const struct buffer_set *set)
{
    return set->heap;
}

const char *buffer_set_refusal(const struct buffer_set *set)
{
    return set->refusal;
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

bool buffer_set_gave_weak(const struct buffer_set *set, uint32_t index)
{
    assert(index < set->count);
    return set->buffers[index].weak_handles > 0;
}

void buffer_walk_begin(struct buffer_walk *walk, const struct buffer_set *set, uint32_t index,
                       bool weak)
{
    assert(index < set->count);
    const struct buffer *buffer = &set->buffers[index];
    walk->is_live = buffer->state == BUFFER_LIVE;
    walk->is_untold = walk->is_live && buffer_tracking(buffer) == HEAP_TRACKED_BY_COMPANION &&
                      !companion_is_gone(weak ? &buffer->weak : &buffer->strong);
    slot_walk_begin(&walk->slots, buffer->fd, weak ? SLOT_WEAK : SLOT_STRONG);
}

int buffer_walk_next(struct buffer_walk *walk, uint32_t *ret_holder)
{
    uint64_t slot = 0;
    if (walk->is_untold) {
        return -EOPNOTSUPP;
    }
    int r = walk->is_live ? slot_walk_next(&walk->slots, &slot) : 0;
    if (r == 1) {
        *ret_holder = (uint32_t)(slot >> HANDLE_BITS);
    }
    return r;
}
