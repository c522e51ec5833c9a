/* The buffers of one collection: made by a heap, handed out as descriptors, and given back when the
 * kernel says that the last handle and mapping are gone. docs/lifetime.md tells how that is known.
 */
#ifndef BUFFER_BUFFER_H
#define BUFFER_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"
#include "os/slot_lock.h"

struct buffer_set;
struct buffer_watcher;

/* What the owner of a set hears, on the loop's thread, from buffer_watcher_process() or from the
 * heap's answer, never from within another call into this module, except that `populated` may come
 * before buffer_set_new() returns. The set may be freed from within any of them, once its owner
 * knows it. */
struct buffer_owner_ops {
    /* All buffers are there (status 0), or none (-errno; what was made has been given back). */
    void (*populated)(void *owner, int status);
    /* After buffer_set_drop_strong(): no strong handle or mapping of this one buffer is left, and
     * its close_weak_asap has just been signalled. Once for each buffer, before its `freed`. NULL:
     * the owner does not care. */
    void (*buffer_strong_gone)(void *owner, uint32_t index);
    /* No strong handle or mapping of any buffer is left: after the last buffer_strong_gone. */
    void (*strong_gone)(void *owner);
    /* The memory of one buffer has been given back. */
    void (*freed)(void *owner, uint32_t index);
    /* The memory of the last one has: the set may be freed from here. */
    void (*all_freed)(void *owner);
    /* Closes an end of a close_weak_asap, which its holders have had in their hands: that may take
     * long. Also from within calls into this module; frees nothing. NULL: it is closed at once. */
    void (*close_shared)(void *owner, int fd);
};

struct buffer_set_config {
    struct heap *heap;
    struct buffer_watcher *watcher;
    const struct sysmem_single_buffer_settings *settings; /* read before buffer_set_new() returns */
    uint32_t count;
    uint64_t buffer_collection_id;
    const char *name; /* collection's name or NULL: buffers are called "name:index" */
    const struct buffer_owner_ops *ops;
    void *owner;
};

/* Starts to make the buffers. NULL: no memory. */
struct buffer_set *buffer_set_new(const struct buffer_set_config *config);

/* The descriptors that the daemon has for one buffer of a heap, until that is given back: at most,
 * and without close_weak_asap. */
static inline uint32_t buffer_descriptors(const struct heap *heap)
{
    return heap->properties.tracking == HEAP_TRACKED_BY_COMPANION ? 5 : 1;
}

/* What a handle is to be. */
struct buffer_handle {
    bool writable;
    bool weak;
    uint32_t holder; /* whom it is made for, as the owner numbers them: buffer_walk_next() */
};

/* What a handle consists of. */
struct buffer_handle_fds {
    int fd;
    int companion; /* what must travel with it, for as long as it is held; -1: nothing */
};

/* A handle to buffer `index` for one participant. By lease and by locks: a new open file
 * description with its slot lock taken, for writing alone where the heap is opaque. By companion: a
 * duplicate of the one description that there is, whatever `writable` says. The caller owns both
 * descriptors, and sends them away. 0; -ESTALE: the last strong handle of the buffer is gone, or,
 * by companion, a strong one is asked for after buffer_set_drop_strong(); -EBUSY: a holder has
 * locked others' slots, which only a client of this collection can do; another -errno. */
int buffer_set_open(struct buffer_set *set, uint32_t index, const struct buffer_handle *handle,
                    struct buffer_handle_fds *ret);

/* What tells weak holders to close their handles: a duplicate of the client end of the buffer's
 * eventpair, whose other end is closed when the last strong handle and mapping of this buffer are
 * gone. The pair is made at the first call; when the strong part is gone by then, it comes closed.
 * The caller owns *ret_fd; *ret_koid is the same for each duplicate. 0; -ESTALE: the buffer's
 * memory has been given back; another -errno (-EMFILE). */
int buffer_set_close_weak_asap(struct buffer_set *set, uint32_t index, int *ret_fd,
                               uint64_t *ret_koid);

/* Whether a weak handle of this buffer was ever made. */
bool buffer_set_gave_weak(const struct buffer_set *set, uint32_t index);

/* A walk over the handles of one kind that somebody holds now, as the kernel knows: their
 * descriptors, mappings and messages in flight. A client can lock and unlock the slots of its own
 * buffers, and so make itself, or others of its collection, look as if they held more or less. */
struct buffer_walk {
    struct slot_walk slots;
    bool is_live;   /* else nothing is held */
    bool is_untold; /* something may be */
};

void buffer_walk_begin(struct buffer_walk *walk, const struct buffer_set *set, uint32_t index,
                       bool weak);

/* 1 with *ret_holder: one handle more that was made for it, holders in ascending order; 0: there
 * are no more; -EAGAIN: call again, but not for ever; -EOPNOTSUPP: of these buffers, which are
 * tracked by companion, it is not known; another -errno. Each call asks the kernel once. */
int buffer_walk_next(struct buffer_walk *walk, uint32_t *ret_holder);

/* Whether buffer_strong_gone, and whether `freed`, have been told of this buffer or are being told.
 * Neither happens before buffer_set_drop_strong(). */
bool buffer_set_is_strong_gone(const struct buffer_set *set, uint32_t index);
bool buffer_set_is_free(const struct buffer_set *set, uint32_t index);

/* What buffer_set_config said; for the sets that buffer_watcher_identify() finds. */
void *buffer_set_owner(const struct buffer_set *set);

/* The koid of a buffer's strong VMO. */
uint64_t buffer_set_koid(const struct buffer_set *set, uint32_t index);

/* The emulated physical address of a buffer whose heap makes contiguous memory; 0: it has none. */
uint64_t buffer_set_physical_address(const struct buffer_set *set, uint32_t index);

/* The heap that the buffers are of, which stays as long as the set does; and why it made none, in
 * words ("" where it did). */
struct heap *buffer_set_heap(const struct buffer_set *set);
const char *buffer_set_refusal(const struct buffer_set *set);

/* The page-rounded size of each buffer, in bytes; the number of buffers whose memory is not given
 * back yet. */
uint64_t buffer_set_vmo_bytes(const struct buffer_set *set);
uint32_t buffer_set_remaining(const struct buffer_set *set);

/* The collection holds the buffers no longer: from here each is freed as soon as nobody uses it.
 * Once. */
void buffer_set_drop_strong(struct buffer_set *set);

/* Frees the set: after all_freed or a failed populate, or at any other time. Buffers that were
 * never handed out go back to the heap; others live on with whoever holds them. Nothing is heard of
 * the set from here on, but what its heap still has to answer it answers: run the executor dry
 * before the heap is freed. */
void buffer_set_free(struct buffer_set *set);

/* --- the kernel's word, for all sets of a daemon --- */

/* NULL with errno: no memory, or the descriptors or inotify instances are used up. The process must
 * ignore SIGIO: see os/memfile.h. */
struct buffer_watcher *buffer_watcher_new(void);
int buffer_watcher_fd(const struct buffer_watcher *watcher); /* poll for reading */
void buffer_watcher_process(struct buffer_watcher *watcher); /* looks at the buffers that changed */

/* Whether buffers wait to be looked at that the descriptor does not tell of: ask before sleeping on
 * it, and process. */
bool buffer_watcher_is_due(const struct buffer_watcher *watcher);

enum buffer_kind {
    BUFFER_FOREIGN, /* no handle of a live buffer of any set */
    BUFFER_STRONG,
    BUFFER_WEAK,
};

/* Which buffer a received descriptor, of any kind, is a handle of, and which kind of handle: by the
 * kernel, not by what its sender says. For BUFFER_STRONG and BUFFER_WEAK, *ret_set and *ret_index
 * are written. Never waits: see memory_kind_is_known(). `koid` is what the
 * handle calls itself, 0 if it does not.
 *
 * A description that a client made itself, by opening a handle again, counts as strong unless it
 * looks weak: docs/lifetime.md says why. Where all handles are one description, only the koid tells
 * a weak one: strong is what has that of the strong VMO, or none. */
enum buffer_kind buffer_watcher_identify(struct buffer_watcher *watcher, int fd, uint64_t koid,
                                         struct buffer_set **ret_set, uint32_t *ret_index);

/* Buffers that were, at some time, kept by somebody who had dropped his slot's lock on purpose. */
uint64_t buffer_watcher_leaks(const struct buffer_watcher *watcher);

/* After all sets. */
void buffer_watcher_free(struct buffer_watcher *watcher);

#endif
