#include "heap/pool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "heap/pattern.h"
#include "os/memfile.h"

/* One page in so many of the unused ones is watched: all of them would cost their memory. */
#define WATCHED_EVERY 128u

/* Parts that were given back last, for the question of who may have written after the end. */
#define HISTORY 512u

/* How long a part is fresh: it is looked at in each check. */
#define FRESH_NS UINT64_C(5000000000)

/* Parts whose guards one check looks at; the next one goes on behind them. */
#define GUARDED_PER_CHECK 256u

struct given {
    uint64_t start;
    uint64_t size;
    uint64_t owner;
    uint64_t time_ns;
};

struct pool {
    struct pool_config config;
    struct region_map map; /* what lies between the guards at the pool's ends */
    struct pool_stats stats;
    struct alarms *alarms;
    struct alarm alarm;
    int fd;
    uint32_t page;
    uint64_t next_unused;          /* the address that the next check of unused pages starts at */
    uint64_t next_guarded;         /* and that of guards */
    struct given history[HISTORY]; /* a ring */
    size_t given_count;            /* so far */
};

static uint64_t guard_bytes(const struct pool *pool)
{
    return (uint64_t)pool->config.guard_pages * pool->page;
}

/* Of one side of a part. */
static uint64_t part_guard_bytes(const struct pool *pool)
{
    return pool->config.internal_guards ? guard_bytes(pool) : 0;
}

static uint64_t offset_of(const struct pool *pool, uint64_t address)
{
    return address - pool->config.base;
}

/* --- pages that are watched --- */

static void write_page(struct pool *pool, uint64_t address)
{
    int r = pattern_write(pool->fd, offset_of(pool, address), pool->page);
    if (r < 0) { /* the next check finds a page without its pattern: say why here */
        log_warning("%s: the page at 0x%" PRIx64 " cannot be watched: errno %d", pool->config.name,
                    address, -r);
    }
}

/* Who had the page last; 0: nobody that is remembered. */
static uint64_t last_owner(const struct pool *pool, uint64_t address)
{
    size_t kept = pool->given_count < HISTORY ? pool->given_count : HISTORY;
    for (size_t i = 1; i <= kept; i++) {
        const struct given *given = &pool->history[(pool->given_count - i) % HISTORY];
        if (address >= given->start && address - given->start < given->size) {
            return given->owner;
        }
    }
    return 0;
}

/* Looks at one page; what is damaged is counted, told, and made good. */
static void check_page(struct pool *pool, uint64_t address, const char *kind, uint64_t owner,
                       uint64_t *count)
{
    struct pattern_damage damage;
    int r = pattern_check(pool->fd, offset_of(pool, address), pool->page, &damage);
    if (r != 0) {
        return;
    }
    (*count)++;
    log_error("%s: %s at 0x%" PRIx64 " was overwritten (bytes %" PRIu64 " to %" PRIu64
              " of it; wanted 0x%02x, got 0x%02x): a write of a device outside of its buffer, or "
              "after the buffer's end? %s collection %" PRIu64,
              pool->config.name, kind, address, damage.first - offset_of(pool, address),
              damage.last - offset_of(pool, address), damage.wanted, damage.got,
              owner == 0 ? "no known" : "next to it or last there:", owner);
    write_page(pool, address);
}

static bool watches_unused(const struct pool *pool)
{
    return pool->config.check_seconds > 0;
}

/* The first page from an address on that is watched while it is unused. */
static uint64_t watched_from(const struct pool *pool, uint64_t address)
{
    uint64_t step = (uint64_t)WATCHED_EVERY * pool->page;
    uint64_t offset = offset_of(pool, address);
    return pool->config.base + (offset + step - 1) / step * step;
}

static void write_unused(struct pool *pool, uint64_t start, uint64_t size)
{
    for (uint64_t at = watched_from(pool, start); watches_unused(pool) && at < start + size;
         at += (uint64_t)WATCHED_EVERY * pool->page) {
        write_page(pool, at);
    }
}

static void check_unused(struct pool *pool, uint64_t start, uint64_t size)
{
    for (uint64_t at = watched_from(pool, start); watches_unused(pool) && at < start + size;
         at += (uint64_t)WATCHED_EVERY * pool->page) {
        check_page(pool, at, "an unused page", last_owner(pool, at), &pool->stats.unused_failures);
    }
}

static void write_guards(struct pool *pool, uint64_t start, uint64_t bytes)
{
    for (uint64_t at = start; at < start + bytes; at += pool->page) {
        write_page(pool, at);
    }
}

/* A device writes where it should not: some would rather have nothing go on then. */
static void end_process(const struct pool *pool)
{
    log_error("%s: this ends here, as contiguous.fatal_guards wants: what else was overwritten is "
              "not known",
              pool->config.name);
    abort();
}

static void check_guards(struct pool *pool, uint64_t start, uint64_t bytes, uint64_t owner)
{
    uint64_t before = pool->stats.guard_failures;
    for (uint64_t at = start; at < start + bytes; at += pool->page) {
        check_page(pool, at, "the guard page", owner, &pool->stats.guard_failures);
    }
    if (pool->config.fatal_guards && pool->stats.guard_failures > before) {
        end_process(pool);
    }
}

static void check_ends(struct pool *pool)
{
    uint64_t bytes = guard_bytes(pool);
    check_guards(pool, pool->config.base, bytes, 0);
    check_guards(pool, pool->config.base + pool->config.size - bytes, bytes, 0);
}

static void check_part_guards(struct pool *pool, const struct region *region)
{
    uint64_t bytes = part_guard_bytes(pool);
    check_guards(pool, region->start, bytes, region->owner);
    check_guards(pool, region->start + region->size - bytes, bytes, region->owner);
}

/* What nobody stands for any more, or not yet, takes no memory. */
static void drop_bytes(struct pool *pool, uint64_t start, uint64_t size)
{
    (void)fallocate(pool->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    (off_t)offset_of(pool, start), (off_t)size);
}

/* --- checks by the clock --- */

/* The free parts of [start, end). */
static void check_unused_between(struct pool *pool, uint64_t start, uint64_t end)
{
    list_for_each (link, &pool->map.regions) {
        const struct region *region = region_of(link);
        uint64_t from = region->start > start ? region->start : start;
        uint64_t limit = region->start + region->size;
        uint64_t to = limit < end ? limit : end;
        if (!region->taken && from < to) {
            check_unused(pool, from, to - from);
        }
    }
}

/* What was given back last is looked at again and again: devices that are late write there. */
static void check_fresh(struct pool *pool, uint64_t now)
{
    size_t kept = pool->given_count < HISTORY ? pool->given_count : HISTORY;
    uint64_t start = UINT64_MAX;
    uint64_t end = 0;
    for (size_t i = 1; i <= kept; i++) {
        const struct given *given = &pool->history[(pool->given_count - i) % HISTORY];
        if (now - given->time_ns > FRESH_NS) {
            break;
        }
        start = given->start < start ? given->start : start;
        end = given->start + given->size > end ? given->start + given->size : end;
    }
    check_unused_between(pool, start, end);
}

static void check_some_unused(struct pool *pool)
{
    uint64_t end = pool->config.base + pool->config.size;
    uint64_t turns = pool->config.cycle_seconds / pool->config.check_seconds;
    uint64_t slice = pool->config.size / (turns == 0 ? 1 : turns) + pool->page;
    uint64_t start = pool->next_unused;
    uint64_t to = end - start < slice ? end : start + slice;
    check_unused_between(pool, start, to);
    pool->next_unused = to == end ? pool->config.base : to;
}

static void check_some_guards(struct pool *pool)
{
    uint32_t looked = 0;
    uint64_t next = 0;
    list_for_each (link, &pool->map.regions) {
        const struct region *region = region_of(link);
        if (!region->taken || region->start < pool->next_guarded) {
            continue;
        }
        if (looked++ == GUARDED_PER_CHECK) {
            next = region->start;
            break;
        }
        check_part_guards(pool, region);
    }
    pool->next_guarded = next;
}

static void set_alarm(struct pool *pool)
{
    uint64_t due = clock_now_ns() + (uint64_t)pool->config.check_seconds * 1000000000u;
    alarm_set(pool->alarms, &pool->alarm, due);
}

/* Rings while somebody has a part, and once more: an idle daemon is not woken. */
static void on_alarm(struct alarm *alarm)
{
    struct pool *pool = container_of(alarm, struct pool, alarm);
    check_ends(pool);
    check_fresh(pool, clock_now_ns());
    check_some_unused(pool);
    if (pool->config.internal_guards) {
        check_some_guards(pool);
    }
    if (pool->map.taken_count > 0) {
        set_alarm(pool);
    }
}

void pool_check(struct pool *pool)
{
    check_ends(pool);
    check_unused_between(pool, pool->config.base, pool->config.base + pool->config.size);
    list_for_each (link, &pool->map.regions) {
        if (region_of(link)->taken) {
            check_part_guards(pool, region_of(link));
        }
    }
}

/* --- parts --- */

static void count_failure(struct pool *pool, uint64_t bytes)
{
    pool->stats.failed++;
    pool->stats.failed_fragmentation += bytes <= pool->map.free_bytes;
    pool->stats.last_failure_ns = clock_now_ns();
}

static void count_high_water(struct pool *pool)
{
    struct pool_stats *stats = &pool->stats;
    uint64_t taken = pool->config.size - 2 * guard_bytes(pool) - pool->map.free_bytes;
    if (taken > stats->high_water_bytes) {
        stats->high_water_bytes = taken;
        stats->free_at_high_water = pool->map.free_bytes;
        stats->max_free_at_high_water = region_map_largest_free(&pool->map);
    }
}

int pool_take(struct pool *pool, uint64_t size, uint64_t alignment, uint64_t owner,
              struct pool_part *ret)
{
    assert(size > 0 && size % pool->page == 0);
    uint64_t guard = part_guard_bytes(pool);
    if (guard > 0 && alignment > pool->page) {
        return -ENOTSUP;
    }
    uint64_t align = alignment > pool->page ? alignment : pool->page;
    struct region *region = NULL;
    int r = size > pool->config.size
                ? -ENOSPC
                : region_map_take(&pool->map, size + 2 * guard, align, owner, &region);
    if (r < 0) {
        if (r == -ENOSPC) {
            count_failure(pool, size);
        }
        return r;
    }
    count_high_water(pool);
    check_unused(pool, region->start, region->size);
    drop_bytes(pool, region->start, region->size);
    write_guards(pool, region->start, guard);
    write_guards(pool, region->start + guard + size, guard);
    if (pool->alarms != NULL && watches_unused(pool) && pool->map.taken_count == 1) {
        set_alarm(pool);
    }
    *ret = (struct pool_part){.region = region, .address = region->start + guard, .size = size};
    return 0;
}

void pool_give(struct pool *pool, struct pool_part *part)
{
    struct region *region = part->region;
    check_part_guards(pool, region);
    pool->history[pool->given_count++ % HISTORY] = (struct given){
        .start = region->start,
        .size = region->size,
        .owner = region->owner,
        .time_ns = clock_now_ns(),
    };
    drop_bytes(pool, region->start, region->size);
    write_unused(pool, region->start, region->size);
    region_map_give(&pool->map, region);
    *part = (struct pool_part){0};
}

/* --- the pool itself --- */

static bool sizes_fit(const struct pool_config *config, uint32_t page)
{
    return config->base > 0 && config->base % page == 0 && config->size % page == 0 &&
           config->size <= INT64_MAX && config->base <= UINT64_MAX - config->size &&
           config->size / page > 2 * (uint64_t)config->guard_pages;
}

int pool_new(const struct pool_config *config, struct alarms *alarms, struct pool **ret)
{
    uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);
    if (!sizes_fit(config, page)) {
        return -EINVAL;
    }
    struct pool *pool = calloc(1, sizeof(*pool));
    if (pool == NULL) {
        return -ENOMEM;
    }
    *pool = (struct pool){.config = *config, .alarms = alarms, .fd = -1, .page = page};
    alarm_init(&pool->alarm, on_alarm);
    pool->next_unused = config->base;
    int r = region_map_init(&pool->map, config->base + guard_bytes(pool),
                            config->size - 2 * guard_bytes(pool));
    if (r < 0) {
        free(pool);
        return r;
    }
    pool->stats.free_at_high_water = pool->map.free_bytes;
    pool->stats.max_free_at_high_water = region_map_largest_free(&pool->map);
    r = memfile_new(MEMFILE_NO_DIR, config->name, config->size, false, &pool->fd);
    if (r < 0) {
        pool_free(pool);
        return r;
    }
    pool->stats.free_at_high_water = pool->map.free_bytes; /* of nothing that was ever taken */
    pool->stats.max_free_at_high_water = pool->map.free_bytes;
    write_guards(pool, config->base, guard_bytes(pool));
    write_guards(pool, config->base + config->size - guard_bytes(pool), guard_bytes(pool));
    write_unused(pool, config->base + guard_bytes(pool), config->size - 2 * guard_bytes(pool));
    *ret = pool;
    return 0;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL) {
        return;
    }
    alarm_cancel(&pool->alarm);
    region_map_deinit(&pool->map);
    fd_close(&pool->fd);
    free(pool);
}

int pool_fd(const struct pool *pool)
{
    return pool->fd;
}

const struct pool_config *pool_config(const struct pool *pool)
{
    return &pool->config;
}

const struct pool_stats *pool_stats(const struct pool *pool)
{
    return &pool->stats;
}

const struct region_map *pool_map(const struct pool *pool)
{
    return &pool->map;
}
