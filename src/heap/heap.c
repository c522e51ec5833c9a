#include "heap/heap.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/log.h"

static void count_made(struct heap_metrics *metrics, uint64_t bytes)
{
    metrics->allocations++;
    metrics->buffers++;
    metrics->bytes += bytes;
    if (metrics->bytes > metrics->high_water_bytes) {
        metrics->high_water_bytes = metrics->bytes;
    }
}

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void count_failed(struct heap_metrics *metrics)
{
    metrics->failed_allocations++;
    metrics->last_failure_ns = now_ns();
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

void heap_look(struct heap *heap)
{
    if (heap->ops->look != NULL && !heap->closed) {
        heap->ops->look(heap);
    }
}

void heap_allocate(struct heap *heap, struct heap_request *request)
{
    if (heap->gone != NULL) {
        heap_answer(heap, request, -EPIPE, heap->gone);
        return;
    }
    heap_look(heap);
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

void heap_hold(struct heap *heap)
{
    heap->users++;
}

void heap_let_go(struct heap *heap)
{
    assert(heap->users > 0);
    heap->users--;
}

void heap_count_late_answer(struct heap *heap)
{
    heap->metrics.late_answers++;
}

void heap_add_name(const struct heap *heap, struct strbuf *text)
{
    strbuf_addf(text, "heap ");
    strbuf_add_escaped(text, heap->id.heap_type);
    strbuf_addf(text, " %" PRIu64, heap->id.id);
}

/* --- giving back, and how long that takes --- */

static struct heap_request *first_releasing(const struct heap *heap)
{
    return container_of(heap->releasing.next, struct heap_request, releasing);
}

/* They are still waited for: the memory is not back. */
static void on_release_is_late(struct alarm *alarm)
{
    struct heap *heap = container_of(alarm, struct heap, release_due);
    const struct heap_request *first = first_releasing(heap);
    uint64_t due = alarm->due_ns;
    uint64_t late = 0;
    for (; !list_is_empty(&heap->releasing) && first_releasing(heap)->release_due_ns <= due;
         late++) {
        list_remove(heap->releasing.next);
    }
    heap->metrics.late_releases += late;
    struct strbuf name = {0};
    heap_add_name(heap, &name);
    log_warning("%s: wanted the memory of %" PRIu64
                " buffers back within the deadline, got no answer; the first is buffer %" PRIu32
                " of collection %" PRIu64,
                strbuf_text(&name), late, first->buffer_index, first->buffer_collection_id);
    strbuf_deinit(&name);
    if (!list_is_empty(&heap->releasing)) {
        alarm_set(heap->alarms, alarm, first_releasing(heap)->release_due_ns);
    }
}

void heap_watch_releases(struct heap *heap, struct alarms *alarms)
{
    list_init(&heap->releasing);
    alarm_init(&heap->release_due, on_release_is_late);
    heap->alarms = alarms;
}

static void on_released(void *arg)
{
    struct heap_request *request = arg;
    struct heap *heap = request->heap;
    list_remove(&request->releasing);
    if (heap->alarms != NULL && list_is_empty(&heap->releasing)) {
        alarm_cancel(&heap->release_due);
    }
    if (request->released != NULL) {
        request->released(request->released_arg);
    }
}

void heap_release(struct heap *heap, struct heap_request *request, void (*done)(void *arg),
                  void *arg)
{
    request->heap = heap;
    request->released = done;
    request->released_arg = arg;
    list_init(&request->releasing);
    if (heap->alarms != NULL && heap->properties.deadline_ns > 0) {
        request->release_due_ns = now_ns() + heap->properties.deadline_ns;
        list_append(&heap->releasing, &request->releasing);
        if (first_releasing(heap) == request) {
            alarm_set(heap->alarms, &heap->release_due, request->release_due_ns);
        }
    }
    heap->ops->release(heap, request, on_released, request);
}
