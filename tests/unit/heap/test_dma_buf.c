/* With a fake in the place of the kernel's devices. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../support/fake_dma_device.h"
#include "base/fd.h"
#include "heap/dma_buf.h"
#include "thread_executor.h"

#define BYTES 65536

static char why[256]; /* of the last answer */

static void on_done(struct heap_request *request)
{
    (void)snprintf(why, sizeof(why), "%s", request->why == NULL ? "" : request->why);
}

static int set_up(void **state)
{
    (void)state;
    memset(&fake_dma, 0, sizeof(fake_dma));
    return 0;
}

static struct heap_request ask(struct heap *heap, struct thread_executor *threads, uint64_t bytes)
{
    struct heap_request request = {.size_bytes = bytes, .name = "test", .done = on_done, .fd = -1};
    heap_allocate(heap, &request);
    thread_executor_finish(threads);
    return request;
}

static void give_back(struct heap *heap, struct thread_executor *threads,
                      struct heap_request *request)
{
    heap->ops->release(heap, request, NULL, NULL);
    thread_executor_finish(threads);
    assert_int_equal(heap->metrics.bytes, 0);
}

/* Absent for one reason, then for another, then there. */
static void the_device_is_looked_for_until_it_is_there(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    fake_dma.absent = ENOENT;
    struct heap *heap = heap_dma_heap_new(&threads.executor, &fake_dma_devices, "camera");
    assert_string_equal(fake_dma.path, "/dev/dma_heap/camera");
    assert_false(heap->ready);
    const char *first = heap->absent_reason;
    assert_string_equal(first, "/dev/dma_heap/camera: No such file or directory");
    fake_dma.absent = EACCES;
    struct heap_request request = ask(heap, &threads, BYTES);
    assert_int_equal(request.status, -EAGAIN);
    assert_string_equal(why, "/dev/dma_heap/camera: Permission denied");
    assert_string_equal(first, "/dev/dma_heap/camera: No such file or directory"); /* borrowed */
    fake_dma.absent = ENOENT;
    heap_look(heap);
    assert_ptr_equal(heap->absent_reason, first);
    fake_dma.absent = 0;
    request = ask(heap, &threads, BYTES);
    assert_int_equal(request.status, 0);
    assert_true(heap->ready);
    assert_null(heap->absent_reason);
    give_back(heap, &threads, &request);
    fake_dma.absent = ENOENT;
    heap_look(heap); /* it is open already */
    assert_true(heap->ready);
    assert_int_equal(fake_dma.opened, 1);
    heap->ops->free(heap);
}

static void reasons_without_end(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    fake_dma.absent = ENOENT;
    struct heap *heap = heap_dma_heap_new(&threads.executor, &fake_dma_devices, "camera");
    for (int error = 1; error < 40; error++) {
        fake_dma.absent = error;
        heap_look(heap);
        assert_false(heap->ready);
        assert_non_null(strstr(heap->absent_reason, "/dev/dma_heap/camera: "));
    }
    heap->ops->free(heap);
}

static void a_heap_of_the_kernel(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    struct heap *heap = heap_dma_heap_new(&threads.executor, &fake_dma_devices, "system");
    assert_true(heap->ready);
    assert_int_equal(heap->properties.tracking, HEAP_TRACKED_BY_COMPANION);
    assert_int_equal(heap->properties.charge, HEAP_CHARGES_DRIVER);
    assert_false(heap->properties.need_clear || heap->properties.need_flush);
    struct heap_request request = ask(heap, &threads, BYTES);
    assert_int_equal(request.status, 0);
    struct stat st;
    assert_int_equal(fstat(request.fd, &st), 0);
    assert_int_equal(st.st_size, BYTES);
    give_back(heap, &threads, &request);
    fake_dma.refusal = ENOMEM;
    request = ask(heap, &threads, BYTES);
    assert_int_equal(request.status, -ENOMEM);
    assert_int_equal(request.fd, -1);
    assert_string_equal(why,
                        "/dev/dma_heap/system: wanted 65536 bytes, got Cannot allocate memory");
    assert_int_equal(heap->metrics.failed_allocations, 1);
    heap->ops->free(heap);
}

static void memory_as_a_dma_buf(void **state)
{
    (void)state;
    struct thread_executor threads = THREAD_EXECUTOR;
    struct heap *heap = heap_udmabuf_new(&threads.executor, &fake_dma_devices);
    assert_string_equal(fake_dma.path, "/dev/udmabuf");
    assert_int_equal(heap->properties.charge, HEAP_CHARGES_DAEMON);
    struct heap_request request = ask(heap, &threads, BYTES);
    assert_int_equal(request.status, 0);
    struct stat st;
    assert_int_equal(fstat(request.fd, &st), 0);
    assert_int_equal(st.st_blocks * 512, BYTES); /* committed */
    give_back(heap, &threads, &request);
    fake_dma.refusal = EINVAL;
    request = ask(heap, &threads, BYTES);
    assert_int_equal(request.status, -EINVAL);
    assert_non_null(strstr(why, "size_limit_mb"));
    heap->ops->free(heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_device_is_looked_for_until_it_is_there, set_up),
        cmocka_unit_test_setup(reasons_without_end, set_up),
        cmocka_unit_test_setup(a_heap_of_the_kernel, set_up),
        cmocka_unit_test_setup(memory_as_a_dma_buf, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
