/* What the sources of buffer/buffer.h share: a set and its buffers. Only this module includes this.
 */
#ifndef BUFFER_SET_H
#define BUFFER_SET_H

#include <stdbool.h>
#include <stdint.h>

#include <sysmem/usage.h>

#include "buffer/asap.h"
#include "buffer/buffer.h"
#include "buffer/companion.h"
#include "buffer/file_index.h"
#include "heap/heap.h"
#include "os/close_watch.h"
#include "os/memfile.h"

#define NAME_BYTES 160 /* a collection's name has at most 64 bytes */

enum buffer_state {
    BUFFER_MAKING, /* the heap has yet to answer */
    BUFFER_LIVE,
    BUFFER_RELEASING, /* given back to the heap, which has yet to say that it is done */
    BUFFER_GONE,      /* or never made */
};

struct buffer {
    struct close_watch_item item;
    struct heap_request request;
    struct file_index_item file;
    struct asap asap;
    struct companion strong; /* of handles that are tracked by companion */
    struct companion weak;
    int awaited_fd; /* the companion's that the watcher polls; -1: none */
    struct buffer_set *set;
    enum buffer_state state;
    int fd; /* the set's own description */
    uint64_t
        child; /* tracked by locks: what the heap takes all handles for, SLOT_CHILD_COUNT: not */
    uint64_t koid;
    uint64_t strong_handles; /* made so far */
    uint64_t weak_handles;
    bool strong_gone;
    bool leaked;      /* counted and logged */
    bool unwatchable; /* no watch was to be had: looked at by the clock alone */
};

struct buffer_set {
    struct heap *heap;
    struct buffer_watcher *watcher;
    const struct buffer_owner_ops *ops; /* NULL: freed by its owner */
    void *owner;
    uint64_t buffer_collection_id;
    uint64_t vmo_bytes;
    uint32_t count;
    uint32_t making;      /* answers of the heap that are awaited */
    uint32_t remaining;   /* buffers whose memory is not given back yet */
    uint32_t strong_left; /* buffers not known to have lost their strong holders */
    uint32_t refs; /* the owner's, one for each answer awaited, and while the owner is called */
    int populate_status; /* of the first request that failed */
    bool dropped;        /* the collection holds the buffers no longer */
    bool expect_alone; /* what the last look found: the next buffer of the set probably is alike */
    char name[NAME_BYTES];
    char refusal[160]; /* what the first request that failed was told */
    struct buffer buffers[];
};

/* A set of the most buffers stays below what an allocator gives out without asking the kernel:
 * jemalloc keeps pieces of up to 32 KiB at hand, larger ones cost each set system calls. */
_Static_assert(sizeof(struct buffer_set) +
                       SYSMEM_MAX_COUNT_BUFFER_COLLECTION_INFO_BUFFERS * sizeof(struct buffer) <=
                   (UINT64_C(32) << 10),
               "a set of the most buffers takes more than 32 KiB");

static inline uint32_t buffer_index(const struct buffer *buffer)
{
    return (uint32_t)(buffer - buffer->set->buffers);
}

static inline enum heap_tracking buffer_tracking(const struct buffer *buffer)
{
    return buffer->set->heap->properties.tracking;
}

/* How a handle's description is opened. */
static inline enum memfile_access buffer_access(const struct buffer *buffer, bool writable)
{
    if (buffer->set->heap->properties.opaque) {
        return MEMFILE_WRITE_ONLY;
    }
    return writable ? MEMFILE_READ_WRITE : MEMFILE_READ_ONLY;
}

/* A reference: owners may free the set from within what they are told. */
void buffer_set_hold(struct buffer_set *set);
void buffer_set_let_go(struct buffer_set *set);

/* Gives a live buffer back to its heap: nobody holds it. The caller has a reference. */
void buffer_release(struct buffer *buffer);

/* Tells, once, that no strong handle is left. The caller has a reference. */
void buffer_lost_strong(struct buffer *buffer);

#endif
