#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../support/without_secret_memory.h"
#include "base/fd.h"
#include "heap/confidential.h"
#include "os/memory_kind.h"
#include "thread_executor.h"

#define SMALL (64ULL * 1024)
#define LARGE (4ULL * 1024 * 1024)

static unsigned answers;

static void on_done(struct heap_request *request)
{
    (void)request;
    answers++;
}

static void its_properties(void **state)
{
    (void)state;
    struct heap *heap = heap_confidential_new(NULL);
    assert_string_equal(heap->id.heap_type, "sysmem.heap.CONFIDENTIAL");
    const struct heap_properties *p = &heap->properties;
    assert_true(p->cpu_supported);
    assert_false(p->ram_supported || p->inaccessible_supported);
    assert_false(p->need_clear || p->need_flush || p->secure || p->opaque);
    assert_int_equal(p->tracking, HEAP_TRACKED_BY_COMPANION);
    assert_int_equal(p->charge, HEAP_CHARGES_TOUCHER);
    assert_int_equal(p->deadline_ns, 0);
    heap->ops->free(heap);
}

/* Whatever their size: no page is there before somebody touches it. */
static void buffers_are_made_at_once(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    struct heap *heap = heap_confidential_new(&threads.executor);
    if (!heap->ready) {
        heap->ops->free(heap);
        print_message("skipped: no memfd_secret here\n");
        skip();
    }
    for (uint64_t size = SMALL; size <= LARGE; size *= LARGE / SMALL) {
        struct heap_request request = {
            .size_bytes = size, .name = "test", .done = on_done, .fd = -1};
        answers = 0;
        heap_allocate(heap, &request);
        assert_int_equal(answers, 1);
        assert_int_equal(request.status, 0);
        assert_int_equal(memory_kind_of(request.fd), MEMORY_SECRET);
        struct stat st;
        assert_int_equal(fstat(request.fd, &st), 0);
        assert_int_equal(st.st_size, size);
        heap->ops->release(heap, &request, NULL, NULL);
        thread_executor_finish(&threads);
        assert_int_equal(heap->metrics.bytes, 0);
    }
    heap->ops->free(heap);
}

static bool says_that_there_is_none(void)
{
    struct heap *heap = heap_confidential_new(NULL);
    struct heap_request request = {.size_bytes = SMALL, .name = "test", .done = on_done, .fd = -1};
    heap_allocate(heap, &request);
    bool said = !heap->ready && strstr(heap->absent_reason, "this kernel has no memfd_secret") &&
                request.status == -EAGAIN && request.why == heap->absent_reason;
    heap->ops->free(heap);
    return said;
}

static void a_kernel_without_it(void **state)
{
    (void)state;
    assert_true(without_secret_memory(ENOSYS, says_that_there_is_none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_properties),
        cmocka_unit_test(buffers_are_made_at_once),
        cmocka_unit_test(a_kernel_without_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
