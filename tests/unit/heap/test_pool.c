#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../log_lines.h"
#include "heap/pool.h"

#define PAGE  UINT64_C(4096)
#define PAGES 1024u
#define BASE  UINT64_C(0x40000000)

static struct pool_config plain(void)
{
    return (struct pool_config){
        .name = "test-pool", .base = BASE, .size = PAGES * PAGE, .cycle_seconds = 600};
}

static struct pool *make(const struct pool_config *config, struct alarms *alarms)
{
    struct pool *pool = NULL;
    assert_int_equal(pool_new(config, alarms, &pool), 0);
    return pool;
}

static void take(struct pool *pool, uint64_t pages, struct pool_part *ret)
{
    assert_int_equal(pool_take(pool, pages * PAGE, 1, 7, ret), 0);
}

static void scribble(const struct pool *pool, uint64_t address)
{
    unsigned char byte;
    off_t at = (off_t)(address - pool_config(pool)->base);
    assert_int_equal(pread(pool_fd(pool), &byte, 1, at), 1);
    byte ^= 0x5a;
    assert_int_equal(pwrite(pool_fd(pool), &byte, 1, at), 1);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void c151_full_pool_and_fragments(void **state)
{
    (void)state;
    static struct pool_part parts[PAGES];
    const struct pool_config config = plain();
    struct pool *pool = make(&config, NULL);
    const struct pool_stats *stats = pool_stats(pool);
    assert_int_equal(stats->free_at_high_water, PAGES * PAGE);
    assert_int_equal(stats->max_free_at_high_water, PAGES * PAGE);
    for (size_t i = 0; i < PAGES; i++) {
        take(pool, 1, &parts[i]);
        if (i + 2 == PAGES) {
            assert_true(stats->free_at_high_water > 0);
        }
    }
    assert_int_equal(stats->last_failure_ns, 0);
    struct pool_part more;
    uint64_t before = now_ns();
    assert_int_equal(pool_take(pool, PAGE, 1, 7, &more), -ENOSPC);
    assert_in_range(stats->last_failure_ns, before, now_ns());
    pool_give(pool, &parts[500]);
    take(pool, 1, &parts[500]);
    for (size_t i = 0; i < PAGES; i += 2) {
        pool_give(pool, &parts[i]);
    }
    assert_int_equal(pool_take(pool, 2 * PAGE, 1, 7, &more), -ENOSPC); /* for the fragments */
    assert_int_equal(pool_take(pool, PAGES * PAGE, 1, 7, &more), -ENOSPC);
    assert_int_equal(stats->failed, 3);
    assert_int_equal(stats->failed_fragmentation, 1);
    assert_int_equal(stats->free_at_high_water, 0);
    assert_int_equal(stats->max_free_at_high_water, 0);
    assert_int_equal(stats->high_water_bytes, PAGES * PAGE);
    pool_free(pool);
}

static void c155_guards_at_the_ends(void **state)
{
    (void)state;
    struct pool_config config = plain();
    config.guard_pages = 1;
    struct pool *pool = make(&config, NULL);
    struct pool_part part;
    take(pool, 4, &part);
    assert_int_equal(part.address, BASE + PAGE);
    pool_check(pool);
    assert_int_equal(pool_stats(pool)->guard_failures, 0);
    log_lines_begin(LOG_LEVEL_ERROR);
    scribble(pool, BASE + 1);
    scribble(pool, BASE + PAGES * PAGE - 1);
    pool_check(pool);
    assert_int_equal(pool_stats(pool)->guard_failures, 2);
    assert_true(0 < log_lines_count("the guard page at 0x40000000 was overwritten (bytes 1 to 1"));
    log_lines_end();
    pool_check(pool); /* made good */
    assert_int_equal(pool_stats(pool)->guard_failures, 2);
    scribble(pool, part.address + part.size); /* next to a buffer: nobody's business */
    pool_give(pool, &part);
    assert_int_equal(pool_stats(pool)->guard_failures, 2);
    pool_free(pool);
}

/* For those who would rather have nothing go on. */
static void fatal_guards_end_the_process(void **state)
{
    (void)state;
    struct pool_config config = plain();
    struct pool_part part;
    int status = 0;
    config.guard_pages = 1;
    config.fatal_guards = true;
    pid_t child = fork();
    if (child == 0) {
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        (void)signal(SIGABRT, SIG_DFL); /* cmocka catches it */
        struct pool *pool = make(&config, NULL);
        take(pool, 1, &part);
        pool_check(pool);
        scribble(pool, part.address + part.size); /* what is unused is not a guard */
        pool_check(pool);
        log_lines_begin(LOG_LEVEL_ERROR);
        scribble(pool, BASE);
        pool_check(pool);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void guards_around_each_part(void **state)
{
    (void)state;
    struct pool_config config = plain();
    config.guard_pages = 1;
    config.internal_guards = true;
    struct pool *pool = make(&config, NULL);
    struct pool_part first;
    struct pool_part second;
    take(pool, 2, &first);
    take(pool, 1, &second);
    assert_int_equal(first.address, BASE + 2 * PAGE);
    assert_int_equal(second.address, BASE + 6 * PAGE);
    assert_int_equal(pool_take(pool, PAGE, 2 * PAGE, 7, &second), -ENOTSUP);
    log_lines_begin(LOG_LEVEL_ERROR);
    scribble(pool, first.address + first.size);
    scribble(pool, second.address - 1);
    pool_check(pool);
    assert_int_equal(pool_stats(pool)->guard_failures, 2);
    scribble(pool, first.address - 1);
    pool_give(pool, &first); /* looks, too */
    assert_int_equal(pool_stats(pool)->guard_failures, 3);
    assert_true(0 < log_lines_count("next to it or last there: collection 7"));
    log_lines_end();
    pool_give(pool, &second);
    pool_free(pool);
}

static void c157_the_ten_largest_free_regions(void **state)
{
    (void)state;
    static struct pool_part parts[PAGES];
    const struct pool_config config = plain();
    struct pool *pool = make(&config, NULL);
    for (size_t i = 0; i < PAGES; i++) {
        take(pool, 1, &parts[i]);
    }
    for (size_t i = 0; i + 5 <= PAGES; i += 5) { /* free, used, free, free, used */
        pool_give(pool, &parts[i]);
        pool_give(pool, &parts[i + 2]);
        pool_give(pool, &parts[i + 3]);
    }
    assert_int_equal(region_map_largest_sum(pool_map(pool), 10), 10 * 2 * PAGE);
    pool_free(pool);
}

static void aligned_parts(void **state)
{
    (void)state;
    const struct pool_config config = plain();
    struct pool *pool = make(&config, NULL);
    struct pool_part part;
    take(pool, 1, &part);
    assert_int_equal(pool_take(pool, PAGE, UINT64_C(1) << 20, 7, &part), 0);
    assert_int_equal(part.address % (UINT64_C(1) << 20), 0);
    assert_int_equal(pool_take(pool, UINT64_C(1) << 62, 1, 7, &part), -ENOSPC);
    assert_int_equal(pool_stats(pool)->failed, 1);
    pool_free(pool);
}

/* What a late device writes into a part that was given back shows at the next check, and who had it
 * is told; and once more when somebody takes it. */
static void unused_pages_are_watched(void **state)
{
    (void)state;
    struct pool_config config = plain();
    config.check_seconds = 5;
    struct pool *pool = make(&config, NULL);
    struct pool_part part;
    take(pool, 256, &part);
    scribble(pool, part.address);
    pool_check(pool); /* in use: its bytes are its own */
    assert_int_equal(pool_stats(pool)->unused_failures, 0);
    uint64_t address = part.address;
    pool_give(pool, &part);
    log_lines_begin(LOG_LEVEL_ERROR);
    scribble(pool, address + 128 * PAGE + 17);
    pool_check(pool);
    assert_int_equal(pool_stats(pool)->unused_failures, 1);
    assert_true(0 <
                log_lines_count("an unused page at 0x40080000 was overwritten (bytes 17 to 17"));
    assert_true(0 < log_lines_count("collection 7"));
    scribble(pool, address);
    take(pool, 1, &part);
    assert_int_equal(pool_stats(pool)->unused_failures, 2);
    log_lines_end();
    pool_free(pool);
}

/* One page in 128, and the guards. */
static void an_idle_pool_takes_little_memory(void **state)
{
    (void)state;
    struct pool_config config = plain();
    config.check_seconds = 5;
    config.guard_pages = 1;
    struct pool *pool = make(&config, NULL);
    struct stat idle;
    assert_int_equal(fstat(pool_fd(pool), &idle), 0);
    assert_int_equal(idle.st_blocks * 512, (PAGES / 128 - 1 + 2) * PAGE);
    struct pool_part part;
    for (size_t i = 0; i < 100; i++) {
        take(pool, 300, &part);
        pool_give(pool, &part);
    }
    struct stat after;
    assert_int_equal(fstat(pool_fd(pool), &after), 0);
    assert_int_equal(after.st_blocks, idle.st_blocks);
    pool_free(pool);
}

/* While somebody has a part, and once more. */
static void checked_by_the_clock(void **state)
{
    (void)state;
    struct pool_config config = plain();
    config.guard_pages = 1;
    config.internal_guards = true;
    config.check_seconds = 5;
    struct alarms alarms;
    alarms_init(&alarms, NULL);
    struct pool *pool = make(&config, &alarms);
    assert_int_equal(alarms_next(&alarms), UINT64_MAX);
    struct pool_part part;
    take(pool, 1, &part);
    assert_in_range(alarms_next(&alarms), now_ns() + 4000000000u, now_ns() + 5000000000u);
    log_lines_begin(LOG_LEVEL_ERROR);
    scribble(pool, part.address - 1);
    assert_true(alarms_ring(&alarms, UINT64_MAX - 1));
    assert_int_equal(pool_stats(pool)->guard_failures, 1);
    pool_give(pool, &part);
    scribble(pool, BASE + 128 * PAGE);
    for (int i = 0; i < 200 && alarms_ring(&alarms, UINT64_MAX - 1); i++) {
        assert_int_equal(i, 0); /* once */
    }
    assert_int_equal(alarms_next(&alarms), UINT64_MAX);
    take(pool, 1, &part);
    for (int i = 0; i < 120; i++) { /* a whole cycle */
        assert_true(alarms_ring(&alarms, UINT64_MAX - 1));
    }
    assert_int_equal(pool_stats(pool)->unused_failures, 1);
    log_lines_end();
    pool_give(pool, &part);
    pool_free(pool);
}

static void sizes_must_fit(void **state)
{
    (void)state;
    struct pool *pool = NULL;
    struct pool_config config = plain();
    config.guard_pages = PAGES / 2;
    assert_int_equal(pool_new(&config, NULL, &pool), -EINVAL);
    config = plain();
    config.base = 0;
    assert_int_equal(pool_new(&config, NULL, &pool), -EINVAL);
    config.base = UINT64_MAX / PAGE * PAGE;
    assert_int_equal(pool_new(&config, NULL, &pool), -EINVAL);
    config = plain();
    config.size += 1;
    assert_int_equal(pool_new(&config, NULL, &pool), -EINVAL);
    assert_null(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c151_full_pool_and_fragments),
        cmocka_unit_test(c155_guards_at_the_ends),
        cmocka_unit_test(fatal_guards_end_the_process),
        cmocka_unit_test(guards_around_each_part),
        cmocka_unit_test(c157_the_ten_largest_free_regions),
        cmocka_unit_test(aligned_parts),
        cmocka_unit_test(unused_pages_are_watched),
        cmocka_unit_test(an_idle_pool_takes_little_memory),
        cmocka_unit_test(checked_by_the_clock),
        cmocka_unit_test(sizes_must_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
