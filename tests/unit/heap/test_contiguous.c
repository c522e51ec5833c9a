#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/list.h"
#include "heap/heap.h"
#include "heap/pool.h"

#define PAGE  UINT64_C(4096)
#define PAGES 64u
#define BASE  UINT64_C(0x40000000)

/* Does each job at once. */
static void submit(struct executor *executor, struct executor_job *job)
{
    (void)executor;
    job->work(job);
    job->done(job);
}

static struct executor executor = {.submit = submit};

static int setup(void **state)
{
    const struct pool_config config = {.name = "test-pool",
                                       .base = BASE,
                                       .size = PAGES * PAGE,
                                       .check_seconds = 5,
                                       .cycle_seconds = 600};
    struct pool *pool = NULL;
    assert_int_equal(pool_new(&config, NULL, &pool), 0);
    *state = heap_contiguous_new(heap_system_ram_new(&executor, HEAP_COMMIT_EAGER), pool);
    assert_non_null(*state);
    return 0;
}

static int teardown(void **state)
{
    struct heap *heap = *state;
    assert_int_equal(heap->metrics.buffers, 0);
    assert_int_equal(heap->metrics.bytes, 0);
    heap->ops->free(heap);
    return 0;
}

static void count(void *arg)
{
    ++*(unsigned *)arg;
}

static unsigned answers;
static char why[128];

static void on_done(struct heap_request *request)
{
    answers++;
    (void)snprintf(why, sizeof(why), "%s", request->why == NULL ? "" : request->why);
}

static void ask(struct heap *heap, uint64_t pages, struct heap_request *ret)
{
    *ret = (struct heap_request){.size_bytes = pages * PAGE,
                                 .buffer_collection_id = 7,
                                 .name = "test",
                                 .done = on_done,
                                 .fd = -1};
    answers = 0;
    heap_allocate(heap, ret);
    assert_int_equal(answers, 1);
}

static void release(struct heap *heap, struct heap_request *request)
{
    unsigned released = 0;
    heap->ops->release(heap, request, count, &released);
    assert_int_equal(released, 1);
    assert_int_equal(request->fd, -1);
}

static void c153_not_ready_until_it_is(void **state)
{
    struct heap *heap = *state;
    struct heap_request request;
    heap->ready = false;
    heap->absent_reason = "still asleep";
    ask(heap, 1, &request);
    assert_int_equal(request.status, -EAGAIN);
    assert_string_equal(why, "still asleep");
    heap->ready = true;
    ask(heap, 1, &request);
    assert_int_equal(request.status, 0);
    release(heap, &request);
}

static void buffers_have_addresses_and_memory_of_their_own(void **state)
{
    struct heap *heap = *state;
    struct heap_request first;
    struct heap_request second;
    ask(heap, 3, &first);
    ask(heap, 1, &second);
    assert_int_equal(first.physical_address, BASE);
    assert_int_equal(second.physical_address, BASE + 3 * PAGE);
    struct stat a;
    struct stat b;
    struct stat pool;
    assert_int_equal(fstat(first.fd, &a), 0);
    assert_int_equal(fstat(second.fd, &b), 0);
    assert_int_equal(fstat(pool_fd(heap->pool), &pool), 0);
    assert_int_equal(a.st_size, 3 * PAGE);
    assert_int_equal(a.st_blocks * 512, 3 * PAGE); /* committed */
    assert_true(a.st_ino != b.st_ino && a.st_ino != pool.st_ino && b.st_ino != pool.st_ino);
    release(heap, &first);
    release(heap, &second);
}

static void freed_ranges_are_reusable_at_once_and_zeroed(void **state)
{
    struct heap *heap = *state;
    for (unsigned i = 0; i < 3; i++) {
        struct heap_request request;
        ask(heap, PAGES, &request);
        assert_int_equal(request.status, 0);
        assert_int_equal(request.physical_address, BASE);
        char text[8];
        assert_int_equal(pread(request.fd, text, sizeof(text), 0), sizeof(text));
        assert_memory_equal(text, "\0\0\0\0\0\0\0", sizeof(text));
        assert_int_equal(pwrite(request.fd, "secrets", 8, 0), 8);
        release(heap, &request);
    }
    assert_int_equal(heap->metrics.allocations, 3);
    assert_int_equal(heap->metrics.high_water_bytes, PAGES * PAGE);
}

static void a_full_pool_says_so(void **state)
{
    struct heap *heap = *state;
    struct heap_request parts[3];
    struct heap_request request;
    for (size_t i = 0; i < 3; i++) {
        ask(heap, 20, &parts[i]);
    }
    ask(heap, 5, &request);
    assert_int_equal(request.status, -ENOMEM);
    assert_int_equal(request.fd, -1);
    assert_string_equal(why, "not enough left of the contiguous pool");
    release(heap, &parts[0]);
    ask(heap, 21, &request);
    assert_string_equal(why, "no free piece of the contiguous pool that is large enough");
    assert_int_equal(heap->metrics.failed_allocations, 2);
    assert_int_equal(pool_stats(heap->pool)->failed_fragmentation, 1);
    release(heap, &parts[1]);
    release(heap, &parts[2]);
}

/* The range goes back when the memory cannot be had. */
static void no_memory_for_a_part(void **state)
{
    struct heap *heap = *state;
    struct rlimit full;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &full), 0);
    struct rlimit none = {.rlim_cur = 3, .rlim_max = full.rlim_max};
    struct heap_request request;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    ask(heap, 1, &request);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
    assert_int_equal(request.status, -EMFILE);
    assert_int_equal(pool_map(heap->pool)->free_bytes, PAGES * PAGE);
}

static void larger_than_the_heap_allows(void **state)
{
    struct heap *heap = *state;
    struct heap_request request;
    heap->properties.max_size_bytes = 2 * PAGE;
    char limit[80];
    (void)snprintf(limit, sizeof(limit), "a limit of %d bytes on the size of its buffers",
                   (int)(2 * PAGE));
    ask(heap, 3, &request);
    assert_int_equal(request.status, -ENOMEM);
    assert_string_equal(why, limit);
    assert_int_equal(pool_stats(heap->pool)->failed, 0); /* was not asked */
    ask(heap, 2, &request);
    assert_int_equal(request.status, 0);
    release(heap, &request);
}

static int64_t resident_blocks(const struct heap *heap)
{
    struct stat st;
    assert_int_equal(fstat(pool_fd(heap->pool), &st), 0);
    return st.st_blocks;
}

static void ten_thousand_buffers_leave_nothing(void **state)
{
    struct heap *heap = *state;
    int64_t blocks = resident_blocks(heap);
    int first_free = dup(0);
    close(first_free);
    struct heap_request held[8];
    for (size_t i = 0; i < 10000; i++) {
        if (i >= 8) {
            release(heap, &held[i % 8]);
        }
        ask(heap, 1 + i % 7, &held[i % 8]);
        assert_int_equal(held[i % 8].status, 0);
    }
    for (size_t i = 0; i < 8; i++) {
        release(heap, &held[i]);
    }
    int fd = dup(0);
    close(fd);
    assert_int_equal(fd, first_free);
    assert_int_equal(resident_blocks(heap), blocks);
    assert_int_equal(region_map_largest_free(pool_map(heap->pool)), PAGES * PAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(c153_not_ready_until_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(buffers_have_addresses_and_memory_of_their_own, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(freed_ranges_are_reusable_at_once_and_zeroed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_full_pool_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(no_memory_for_a_part, setup, teardown),
        cmocka_unit_test_setup_teardown(larger_than_the_heap_allows, setup, teardown),
        cmocka_unit_test_setup_teardown(ten_thousand_buffers_leave_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
