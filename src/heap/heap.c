#include "heap/heap.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
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

static void count_failed(struct heap_metrics *metrics)
{
    metrics->failed_allocations++;
    metrics->last_failure_ns = clock_now_ns();
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
        char why[80];
        (void)snprintf(why, sizeof(why), "a limit of %" PRIu64 " bytes on the size of its buffers",
                       heap->properties.max_size_bytes);
        heap_answer(heap, request, -ENOMEM, why);
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

/* A buffer on its way back to a heap that has a deadline. */
struct release {
    struct list link; /* in the heap's, while its time runs */
    struct heap *heap;
    const struct heap_request *request;
    uint64_t due_ns; /* monotonic clock */
    void (*done)(void *arg);
    void *arg;
};

static struct release *first_release(const struct heap *heap)
{
    return container_of(heap->releasing.next, struct release, link);
}

/* They are still waited for: the memory is not back. */
static void on_release_is_late(struct alarm *alarm)
{
    struct heap *heap = container_of(alarm, struct heap, release_due);
    const struct heap_request *first = first_release(heap)->request;
    uint64_t due = alarm->due_ns;
    uint64_t late = 0;
    for (; !list_is_empty(&heap->releasing) && first_release(heap)->due_ns <= due; late++) {
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
        alarm_set(heap->alarms, alarm, first_release(heap)->due_ns);
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
    const struct release release = *(struct release *)arg;
    list_remove(&((struct release *)arg)->link);
    free(arg);
    if (list_is_empty(&release.heap->releasing)) {
        alarm_cancel(&release.heap->release_due);
    }
    if (release.done != NULL) {
        release.done(release.arg);
    }
}

void heap_release(struct heap *heap, struct heap_request *request, void (*done)(void *arg),
                  void *arg)
{
    bool is_timed = heap->alarms != NULL && heap->properties.deadline_ns > 0;
    struct release *release = is_timed ? malloc(sizeof(*release)) : NULL;
    if (release == NULL) {
        heap->ops->release(heap, request, done, arg);
        return;
    }
    *release = (struct release){
        .heap = heap,
        .request = request,
        .due_ns = clock_now_ns() + heap->properties.deadline_ns,
        .done = done,
        .arg = arg,
    };
    list_append(&heap->releasing, &release->link);
    if (first_release(heap) == release) {
        alarm_set(heap->alarms, &heap->release_due, release->due_ns);
    }
    heap->ops->release(heap, request, on_released, release);
}
