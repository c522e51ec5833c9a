#include "heap/heap.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

static void count_made(struct heap_metrics *metrics, uint64_t bytes)
{
    metrics->allocations++;
    metrics->buffers++;
    metrics->bytes += bytes;
    if (metrics->bytes > metrics->high_water_bytes) {
        metrics->high_water_bytes = metrics->bytes;
    }
}

static void count_failed(struct heap_metrics *metrics)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    metrics->failed_allocations++;
    metrics->last_failure_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void heap_answer(struct heap *heap, struct heap_request *request, int status, const char *why)
{
    assert(status <= 0 && (status < 0) == (request->fd < 0));
    if (status == 0) {
        count_made(&heap->metrics, request->size_bytes);
    } else {
        count_failed(&heap->metrics);
    }
    request->status =
        status == -ENOSPC ? -ENOMEM : status; /* the memory file system's word for it */
    request->why = why;
    request->done(request);
}

void heap_count_released(struct heap *heap, const struct heap_request *request)
{
    heap->metrics.buffers--;
    heap->metrics.bytes -= request->size_bytes;
}

void heap_allocate(struct heap *heap, struct heap_request *request)
{
    if (!heap->ready) {
        heap_answer(heap, request, -EAGAIN, heap->absent_reason);
        return;
    }
    if (request->size_bytes > heap->properties.max_size_bytes) {
        heap_answer(heap, request, -ENOMEM, "a smaller limit on the size of the heap's buffers");
        return;
    }
    heap->ops->allocate(heap, request);
}
