#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../support/huge_pages.h"
#include "base/fd.h"
#include "heap/hugetlb.h"
#include "thread_executor.h"

#define PAGE HUGE_PAGE_BYTES

static char why[256]; /* of the last answer */

static void on_done(struct heap_request *request)
{
    (void)snprintf(why, sizeof(why), "%s", request->why == NULL ? "" : request->why);
}

static struct heap_request ask(struct heap *heap, struct thread_executor *threads, uint64_t pages)
{
    struct heap_request request = {
        .size_bytes = pages * PAGE, .name = "test", .done = on_done, .fd = -1};
    heap_allocate(heap, &request);
    thread_executor_finish(threads);
    return request;
}

/* A pool that becomes there is found without anybody's word, and so is its end. */
static void ready_when_there_are_pages(void **state)
{
    (void)state;
    static struct huge_pages pages;
    huge_pages_begin(&pages);
    struct thread_executor threads = THREAD_EXECUTOR;
    struct heap *heap = heap_hugetlb_new(&threads.executor, PAGE);
    assert_false(heap->ready);
    assert_string_equal(heap->absent_reason,
                        "wanted huge pages of 2MiB, got a system that has set none aside "
                        "(hugepages-2048kB/nr_hugepages is 0)");
    struct heap_request request = ask(heap, &threads, 1);
    assert_int_equal(request.status, -EAGAIN);
    assert_string_equal(why, heap->absent_reason);
    assert_true(huge_pages_set(2));
    request = ask(heap, &threads, 2);
    assert_int_equal(request.status, 0);
    assert_true(heap->ready);
    assert_null(heap->absent_reason);
    struct stat st;
    assert_int_equal(fstat(request.fd, &st), 0);
    assert_int_equal(st.st_blocks * 512, 2 * PAGE);
    assert_int_equal(heap->metrics.bytes, 2 * PAGE);
    heap->ops->release(heap, &request, NULL, NULL);
    thread_executor_finish(&threads);
    assert_int_equal(huge_pages_read("free_hugepages"), 2);
    assert_true(huge_pages_set(0));
    heap_look(heap);
    assert_false(heap->ready);
    heap->ops->free(heap);
    huge_pages_end(&pages);
}

static void too_few_pages_are_counted_out(void **state)
{
    (void)state;
    static struct huge_pages pages;
    huge_pages_begin(&pages);
    assert_true(huge_pages_set(4));
    struct thread_executor threads = THREAD_EXECUTOR;
    struct heap *heap = heap_hugetlb_new(&threads.executor, PAGE);
    struct heap_request first = ask(heap, &threads, 3);
    assert_int_equal(first.status, 0);
    struct heap_request second = ask(heap, &threads, 2);
    assert_int_equal(second.status, -ENOMEM);
    assert_int_equal(second.fd, -1);
    assert_string_equal(why, "wanted 2 huge pages of 2MiB, got 1 free of 4");
    assert_true(heap->ready); /* others may want less */
    assert_int_equal(heap->metrics.failed_allocations, 1);
    heap->ops->release(heap, &first, NULL, NULL);
    thread_executor_finish(&threads);
    heap->ops->free(heap);
    huge_pages_end(&pages);
}

static void pages_that_no_kernel_has(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    struct heap *heap = heap_hugetlb_new(&threads.executor, UINT64_C(1) << 60);
    assert_false(heap->ready);
    assert_non_null(strstr(heap->absent_reason, "this kernel has no huge pages of 1073741824GiB"));
    if (huge_pages_read("nr_hugepages") >= 0) {
        assert_non_null(strstr(heap->absent_reason, "(it has 2MiB"));
    }
    heap->ops->free(heap);
}

static void sizes_are_whole_pages(void **state)
{
    (void)state;
    struct heap *heap = heap_hugetlb_new(NULL, PAGE);
    uint64_t size = 0;
    assert_true(heap_round_size(heap, PAGE + 1, 4096, &size));
    assert_int_equal(size, 2 * PAGE);
    assert_int_equal(heap->properties.tracking, HEAP_TRACKED_BY_LEASE);
    assert_int_equal(heap->properties.charge, HEAP_CHARGES_POOL);
    assert_false(heap->properties.need_clear || heap->properties.opaque);
    heap->ops->free(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ready_when_there_are_pages),
        cmocka_unit_test(too_few_pages_are_counted_out),
        cmocka_unit_test(pages_that_no_kernel_has),
        cmocka_unit_test(sizes_are_whole_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
