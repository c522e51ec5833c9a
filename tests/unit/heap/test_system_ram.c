#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "heap/heap.h"
#include "thread_executor.h"

#define SMALL (64ULL * 1024)
#define LARGE (4ULL * 1024 * 1024)

static unsigned answers;

static void on_done(struct heap_request *request)
{
    (void)request;
    answers++;
}

static void on_released(void *arg)
{
    (*(unsigned *)arg)++;
}

static struct heap_request ask(struct heap *heap, uint64_t size)
{
    struct heap_request request = {.size_bytes = size, .name = "test", .done = on_done, .fd = -1};
    answers = 0;
    heap->ops->allocate(heap, &request);
    return request;
}

static int64_t committed_bytes(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return st.st_blocks * 512;
}

static void is_the_system_ram_heap(void **state)
{
    (void)state;
    struct heap *heap = heap_system_ram_new(NULL, HEAP_COMMIT_EAGER);
    assert_string_equal(heap->id.heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM);
    assert_int_equal(heap->id.id, 0);
    assert_true(heap->ready);
    const struct heap_properties *p = &heap->properties;
    assert_true(p->cpu_supported && p->ram_supported && p->inaccessible_supported);
    assert_false(p->need_clear || p->need_flush || p->secure);
    heap->ops->free(heap);
}

static void small_buffer_is_made_at_once(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    struct heap *heap = heap_system_ram_new(&threads.executor, HEAP_COMMIT_EAGER);
    struct heap_request request = ask(heap, SMALL);
    assert_int_equal(answers, 1);
    assert_int_equal(threads.count, 0);
    assert_int_equal(request.status, 0);
    assert_int_equal(committed_bytes(request.fd), SMALL);
    assert_int_equal(heap->metrics.buffers, 1);
    unsigned released = 0;
    heap->ops->release(heap, &request, on_released, &released);
    assert_int_equal(released, 1);
    assert_int_equal(heap->metrics.buffers, 0);
    assert_int_equal(heap->metrics.high_water_bytes, SMALL);
    heap->ops->free(heap);
}

static void large_buffer_is_made_elsewhere(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    struct heap *heap = heap_system_ram_new(&threads.executor, HEAP_COMMIT_EAGER);
    struct heap_request request = {.size_bytes = LARGE, .name = "test", .done = on_done, .fd = -1};
    answers = 0;
    heap->ops->allocate(heap, &request);
    assert_int_equal(answers, 0);
    thread_executor_finish(&threads);
    assert_int_equal(answers, 1);
    assert_int_equal(request.status, 0);
    assert_int_equal(committed_bytes(request.fd), LARGE);

    int fd = request.fd;
    unsigned released = 0;
    heap->ops->release(heap, &request, on_released, &released);
    assert_int_equal(released, 0);
    thread_executor_finish(&threads);
    assert_int_equal(released, 1);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    heap->ops->free(heap);
}

static void lazy_buffer_is_made_at_once_and_empty(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    struct heap *heap = heap_system_ram_new(&threads.executor, HEAP_COMMIT_LAZY);
    struct heap_request request = ask(heap, LARGE);
    assert_int_equal(answers, 1);
    assert_int_equal(request.status, 0);
    assert_int_equal(committed_bytes(request.fd), 0);
    heap->ops->release(heap, &request, NULL, NULL);
    thread_executor_finish(&threads);
    heap->ops->free(heap);
}

static void huge_buffer_is_committed(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    struct heap *heap = heap_system_ram_new(&threads.executor, HEAP_COMMIT_HUGE);
    struct heap_request request = {.size_bytes = LARGE, .name = "test", .done = on_done, .fd = -1};
    heap->ops->allocate(heap, &request);
    thread_executor_finish(&threads);
    assert_int_equal(request.status, 0);
    assert_int_equal(committed_bytes(request.fd), LARGE);
    heap->ops->release(heap, &request, NULL, NULL);
    thread_executor_finish(&threads);
    heap->ops->free(heap);
}

static void refusals_are_counted(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    struct heap *heap = heap_system_ram_new(&threads.executor, HEAP_COMMIT_EAGER);
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    struct rlimit none = {.rlim_cur = 3, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct heap_request request = ask(heap, SMALL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(request.status, -EMFILE);
    assert_int_equal(request.fd, -1);
    assert_int_equal(heap->metrics.failed_allocations, 1);
    assert_true(heap->metrics.last_failure_ns > 0);
    assert_int_equal(heap->metrics.buffers, 0);
    heap->ops->free(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_system_ram_heap),
        cmocka_unit_test(small_buffer_is_made_at_once),
        cmocka_unit_test(large_buffer_is_made_elsewhere),
        cmocka_unit_test(lazy_buffer_is_made_at_once_and_empty),
        cmocka_unit_test(huge_buffer_is_committed),
        cmocka_unit_test(refusals_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
