/* A pool of emulated physical memory: a range of addresses of which heaps take parts, and a memory
 * file in which those bytes of the range are that no buffer stands for. What lies there between
 * buffers is known to the byte (guard pages, and a sample of the unused ones), so that it shows
 * when a device that was given the file writes where it should not. The loop's thread only. */
#ifndef HEAP_POOL_H
#define HEAP_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/alarm.h"
#include "heap/region_map.h"

struct pool_config {
    const char *name;       /* for the log and /proc; outlives the pool */
    uint64_t base;          /* the first address; a multiple of the page size, not 0 */
    uint64_t size;          /* bytes, a multiple of the page size; more than both guards */
    uint32_t guard_pages;   /* at either end of the pool */
    bool internal_guards;   /* as many at either end of each part that is taken, too */
    bool fatal_guards;      /* a guard page that was overwritten ends the process: abort() */
    uint32_t check_seconds; /* between two checks; 0: never, and no unused page is watched */
    uint32_t cycle_seconds; /* until all unused pages were looked at, but for fresh ones */
};

struct pool_stats {
    uint64_t high_water_bytes;
    uint64_t free_at_high_water;     /* bytes free when most was taken */
    uint64_t max_free_at_high_water; /* in the largest region then */
    uint64_t failed;                 /* parts that could not be taken */
    uint64_t failed_fragmentation;   /* of them, those for which there was enough in all */
    uint64_t last_failure_ns;        /* monotonic clock; 0: none */
    uint64_t guard_failures;         /* guard pages found overwritten */
    uint64_t unused_failures;        /* unused pages found overwritten */
};

struct pool;

/* A part that was taken. */
struct pool_part {
    struct region *region; /* with its guards */
    uint64_t address;      /* without */
    uint64_t size;
};

/* `alarms` (may be NULL: checks only where a part comes or goes, and pool_check()) outlives the
 * pool. -EINVAL: the sizes do not fit together; -ENOMEM; another -errno. */
int pool_new(const struct pool_config *config, struct alarms *alarms, struct pool **ret);

/* When nobody has a part any more. */
void pool_free(struct pool *pool);

/* Takes `size` bytes (a multiple of the page size) whose address is a multiple of `alignment` (a
 * power of two), for `owner`. 0; -ENOSPC, which is counted; -ENOTSUP: no alignment beyond a page
 * where each part has guards; -ENOMEM: no memory for the books. */
int pool_take(struct pool *pool, uint64_t size, uint64_t alignment, uint64_t owner,
              struct pool_part *ret);

/* Gives a part back: it can be taken again at once. */
void pool_give(struct pool *pool, struct pool_part *part);

/* Looks at all guards and at all unused pages that are watched. */
void pool_check(struct pool *pool);

/* The bytes between buffers, from the pool's base on. The pool's own descriptor, for whoever
 * emulates a device. */
int pool_fd(const struct pool *pool);

const struct pool_config *pool_config(const struct pool *pool);
const struct pool_stats *pool_stats(const struct pool *pool);
const struct region_map *pool_map(const struct pool *pool);

#endif
