/* Where buffers come from. A backend is one ops table; all of it runs on the loop's thread, and
 * what may block goes to the executor that the backend was given. */
#ifndef HEAP_HEAP_H
#define HEAP_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>

#include "base/alarm.h"
#include "base/checked.h"
#include "base/executor.h"
#include "base/list.h"
#include "base/strbuf.h"

struct heap;
struct pool;

/* How src/buffer/ finds out who holds a heap's buffers: docs/lifetime.md. */
enum heap_tracking {
    HEAP_TRACKED_BY_LEASE, /* nobody but holders has the file: the kernel tells when all are gone */
    HEAP_TRACKED_BY_LOCKS, /* somebody keeps a description of the file for good, as the process of
                            * an external heap does: what holders have locked tells */
    HEAP_TRACKED_BY_COMPANION, /* the file cannot be opened again (memfd_secret, dma-buf): a pipe's
                                * end that travels with each handle tells */
};

/* Whom the kernel charges for the pages of a heap's buffers, and when they come. */
enum heap_charge {
    HEAP_CHARGES_DAEMON,   /* this process, at allocation */
    HEAP_CHARGES_TOUCHER,  /* whoever touches a page first: as it does, and may die of a shortage */
    HEAP_CHARGES_POOL,     /* nobody: they come at allocation from what the system has set aside */
    HEAP_CHARGES_DRIVER,   /* nobody: they come at allocation from the kernel itself */
    HEAP_CHARGES_PROVIDER, /* the process that serves the heap, as it sees fit */
};

struct heap_properties {
    bool cpu_supported;
    bool ram_supported;
    bool inaccessible_supported;
    bool need_clear;
    bool need_flush;
    bool secure;
    bool opaque; /* handles identify a buffer and reach none of its memory; not by companion */
    enum heap_tracking tracking;
    enum heap_charge charge;
    uint64_t max_size_bytes; /* of one buffer; UINT64_MAX: no limit of its own */
    uint64_t granularity;    /* buffers are multiples of it, and of the page size; 0: of pages */
    uint64_t deadline_ns;    /* what waits for a buffer longer than this fails; 0: waits for good */
};

struct heap_metrics {
    uint64_t buffers; /* live now */
    uint64_t bytes;   /* live now, page-rounded */
    uint64_t high_water_bytes;
    uint64_t allocations; /* that succeeded */
    uint64_t failed_allocations;
    uint64_t last_failure_ns; /* monotonic clock; 0: none failed so far */
    uint64_t late_answers;    /* collections that were not answered within the deadline */
    uint64_t late_releases;   /* buffers that were not free within the deadline */
};

/* One request for one buffer. The caller fills the first part and keeps the struct until `done`,
 * and that of a buffer that was made until it is released; but what `name` and `settings` point to
 * only until allocate() returns: a heap that needs them later copies them. */
struct heap_request {
    uint64_t size_bytes; /* a multiple of the heap's granularity: heap_round_size() */
    uint64_t buffer_collection_id;
    uint32_t buffer_index;
    const char *name; /* what the memory is called in /proc */
    const struct sysmem_single_buffer_settings *settings;
    void (*done)(struct heap_request *request);
    /* Set before `done`: */
    int status;      /* 0, or -errno (-ENOMEM: the system refused) */
    const char *why; /* of a failure, in words, for as long as `done` runs; NULL: what errno says */
    int fd;          /* the buffer's parent description, O_RDWR, owned by the caller */
    uint64_t physical_address; /* the emulated one of memory that is contiguous; 0: it is not */
    void *backend;             /* the heap's own, for release() */
};

struct heap_ops {
    /* Answers by heap_answer(), possibly before it returns. */
    void (*allocate)(struct heap *heap, struct heap_request *request);
    /* Gives a buffer back: no holder is left, as far as its tracking tells. By lease nothing but
     * request->fd refers to it any more; by locks and by companion a holder that cheats may, and by
     * companion a mapping (docs/lifetime.md). Takes the descriptor.
     * `done` (may be NULL) is called when the memory is really free, possibly before release
     * returns; until then the request stays. */
    void (*release)(struct heap *heap, struct heap_request *request, void (*done)(void *arg),
                    void *arg);
    /* When all buffers are released and all answers given; at the daemon's end perhaps before: what
     * is still to be answered is answered from within, requests with an error, and releases too. */
    void (*free)(struct heap *heap);
    /* Brings `ready` and absent_reason up to date, for a heap that nobody tells when they change:
     * asked before heaps are chosen from, before each request, and before heaps are shown. Takes no
     * time, and the words stay where and as they are: others may be reading them. NULL: nothing is
     * to be looked at. */
    void (*look)(struct heap *heap);
};

struct heap {
    const struct heap_ops *ops;
    struct sysmem_heap id; /* heap_type and id, both set */
    const char *backend;   /* what makes its buffers, in a word */
    const char *const *aliases;
    size_t alias_count;
    struct heap_properties properties;
    struct heap_metrics metrics;
    bool ready;                /* in a registry: heap_registry_set_ready() */
    const char *absent_reason; /* why it is not ready, in words; NULL when it is */
    bool closed;               /* its owner keeps it from being ready, whatever it finds */
    const struct pool *pool;   /* whose addresses its buffers have; NULL: none */
    bool external;             /* another process's: the next one of its type and id replaces it */
    /* The registry's and heap.c's own: */
    const char *gone;         /* why it has left the registry, in words; NULL: it has not */
    struct heap *next_gone;   /* of those that have left */
    bool told_ready;          /* as its observers know it */
    uint32_t users;           /* heap_hold() */
    struct alarms *alarms;    /* NULL: nobody minds when a release takes long */
    struct list releasing;    /* those that are not late yet, the first is due first */
    struct alarm release_due; /* set while there are any */
};

/* The size of a buffer's memory, which is at least `size`. False: too large for a number. */
static inline bool heap_round_size(const struct heap *heap, uint64_t size, uint32_t page_size,
                                   uint64_t *ret)
{
    uint64_t granularity = heap->properties.granularity;
    return checked_round_up_u64(size, granularity > page_size ? granularity : page_size, ret);
}

/* Brings `ready` and absent_reason up to date. */
void heap_look(struct heap *heap);

/* Asks a heap for a buffer, after a look; one that is not ready refuses (-EAGAIN, with its
 * absent_reason), and so do one that has left the registry (-EPIPE) and one whose buffers are
 * smaller (-ENOMEM). The answer may come before this returns. */
void heap_allocate(struct heap *heap, struct heap_request *request);

/* Gives a buffer back: see release() above. Where that takes longer than the heap's deadline it is
 * logged and counted, and waited for all the same. (With no memory to note the time, it is only
 * waited for.) */
void heap_release(struct heap *heap, struct heap_request *request, void (*done)(void *arg),
                  void *arg);

/* For whoever has buffers of a heap, or waits for its answers: one that has left the registry stays
 * until everybody has let go. */
void heap_hold(struct heap *heap);
void heap_let_go(struct heap *heap);

/* Somebody has waited for it longer than its deadline, and waits no more. */
void heap_count_late_answer(struct heap *heap);

/* Appends `heap example.TYPE 0`. */
void heap_add_name(const struct heap *heap, struct strbuf *text);

/* For the registry: the time of releases runs from now on. */
void heap_watch_releases(struct heap *heap, struct alarms *alarms);

/* For backends: their metrics, and the answer. `status` is 0 with the request's `fd` set, or -errno
 * with `why` or NULL. */
void heap_answer(struct heap *heap, struct heap_request *request, int status, const char *why);
void heap_count_released(struct heap *heap, const struct heap_request *request);

/* How system RAM gets its pages. */
enum heap_commit {
    HEAP_COMMIT_EAGER, /* at allocation */
    HEAP_COMMIT_HUGE,  /* so, too, and buffers of 2 MiB and more in huge pages if possible */
    HEAP_COMMIT_LAZY,  /* at first touch */
};

/* System RAM on sealed memfds. It is called
 * SYSMEM_HEAP_TYPE_SYSTEM_RAM, id 0, without aliases, and supports all domains; before it is
 * registered, its owner may change its id, aliases and domains. NULL: no memory, or no descriptor.
 */
struct heap *heap_system_ram_new(struct executor *executor, enum heap_commit commit);

/* What system RAM is asked for when it is to be contiguous: each buffer is one of `ram`, which it
 * takes over, and stands for a part of `pool`, which it takes over, too. The holder of one sees its
 * own memory and nothing else of the pool. The properties are those of `ram`. NULL: no memory, and
 * both stay the caller's. */
struct heap *heap_contiguous_new(struct heap *ram, struct pool *pool);

#endif
