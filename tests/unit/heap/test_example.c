/* A heap of its own, whole: buffers of ordinary memory, of which there is only so much. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/list.h"
#include "heap/heap.h"
#include "heap/registry.h"
#include "os/memfile.h"

struct bounded {
    struct heap heap; /* what the registry knows */
    uint64_t left;    /* bytes that may still be given out */
};

/* Lazily made memory takes no time, so that this can answer at once. What takes longer goes to an
 * executor, whose job answers. */
static void bounded_allocate(struct heap *heap, struct heap_request *request)
{
    struct bounded *bounded = container_of(heap, struct bounded, heap);
    if (request->size_bytes > bounded->left) {
        heap_answer(heap, request, -ENOMEM, "all that the bounded heap may give is given");
        return;
    }
    int r = memfile_new(MEMFILE_NO_DIR, request->name, request->size_bytes, false, &request->fd);
    bounded->left -= r == 0 ? request->size_bytes : 0;
    heap_answer(heap, request, r, NULL);
}

/* Nobody else has the memory any more: closing it is what frees it. */
static void bounded_release(struct heap *heap, struct heap_request *request,
                            void (*done)(void *arg), void *arg)
{
    container_of(heap, struct bounded, heap)->left += request->size_bytes;
    heap_count_released(heap, request);
    fd_close(&request->fd);
    if (done != NULL) {
        done(arg);
    }
}

static void bounded_free(struct heap *heap)
{
    free(container_of(heap, struct bounded, heap));
}

static struct heap *heap_bounded_new(uint64_t bytes)
{
    static const struct heap_ops ops = {
        .allocate = bounded_allocate,
        .release = bounded_release,
        .free = bounded_free,
    };
    struct bounded *bounded = calloc(1, sizeof(*bounded));
    if (bounded == NULL) {
        return NULL;
    }
    bounded->left = bytes;
    bounded->heap = (struct heap){
        .ops = &ops,
        .backend = "bounded",
        .id = {"example.BOUNDED", 0,    {true, true}},
        .properties = {.cpu_supported = true,                 .max_size_bytes = bytes},
        .ready = true,
    };
    return &bounded->heap;
}

/* --- and its test --- */

static int answer; /* of the last request */

static void on_done(struct heap_request *request)
{
    answer = request->status;
}

static void a_bounded_heap_gives_what_it_may(void **state)
{
    (void)state;
    struct heap_registry registry = {0};
    assert_int_equal(heap_registry_add(&registry, heap_bounded_new(65536)), 0);
    struct heap *heap = heap_registry_find(&registry, "example.BOUNDED", 0);
    struct heap_request first = {.size_bytes = 65536, .name = "a", .done = on_done, .fd = -1};
    struct heap_request second = {.size_bytes = 4096, .name = "b", .done = on_done, .fd = -1};
    heap_allocate(heap, &first);
    assert_int_equal(answer, 0);
    heap_allocate(heap, &second);
    assert_int_equal(answer, -ENOMEM);
    heap_release(heap, &first, NULL, NULL);
    heap_allocate(heap, &second);
    assert_int_equal(answer, 0);
    heap_release(heap, &second, NULL, NULL);
    assert_int_equal(heap->metrics.high_water_bytes, 65536);
    heap_registry_deinit(&registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_bounded_heap_gives_what_it_may)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
