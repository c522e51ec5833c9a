#include "heap/secure.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "heap/opaque_file.h"
#include "os/memfile.h"

/* One step this long after a change; after failures twice as long each time, up to the longest. */
#define STEP_NS         UINT64_C(1000000000)
#define LONGEST_STEP_NS (60 * STEP_NS)

struct secure {
    struct heap heap;
    char *type;
    struct pool *pool;
    struct alarms *alarms;
    struct executor *executor;
    struct alarm step;
    bool step_is_set;
    struct list buffers;             /* struct secure_buffer: all that lie in the pool */
    struct protected_ranges *ranges; /* NULL: no hardware */
    struct heap_secure_attached attached;
    size_t restoring; /* buffers whose protection is not answered yet, and 1 while they are asked */
    int restore_status; /* the first failure of those */
};

/* A part of the pool, from when it is taken until it is given back. */
struct secure_buffer {
    struct list link;
    struct secure *secure;
    struct pool_part part;
    struct protected_request request;
    struct heap_request *outer; /* NULL: who had the buffer is done with it */
    int fd;                     /* until the buffer is given out */
    bool is_unprotected;        /* its hardware went, and the new one does not have it yet */
    bool is_released;
    void (*released)(void *arg);
    void *released_arg;
};

static struct secure_buffer *buffer_of(struct list *link)
{
    return container_of(link, struct secure_buffer, link);
}

/* --- allocating --- */

static void buffer_free(struct secure_buffer *buffer)
{
    list_remove(&buffer->link);
    pool_give(buffer->secure->pool, &buffer->part);
    fd_close(&buffer->fd);
    free(buffer);
}

static const char *refusal(const struct secure *secure, uint64_t size, int status)
{
    if (status != -ENOSPC) {
        return NULL;
    }
    const struct region_map *map = pool_map(secure->pool);
    log_warning(
        "%s: wanted %" PRIu64 " bytes, got %" PRIu64 " free in all and %" PRIu64 " in one piece",
        pool_config(secure->pool)->name, size, map->free_bytes, region_map_largest_free(map));
    return size <= map->free_bytes ? "no free piece of the protected pool that is large enough"
                                   : "not enough left of the protected pool";
}

static const char *protection_refusal(int status)
{
    return status == -ENOMEM  ? NULL
           : status == -EPIPE ? "the driver of secure memory is gone"
                              : "the driver of secure memory could not protect it";
}

static void on_added(struct protected_request *request, int status)
{
    struct secure_buffer *buffer = container_of(request, struct secure_buffer, request);
    struct heap *heap = &buffer->secure->heap;
    struct heap_request *outer = buffer->outer;
    if (status < 0) {
        buffer_free(buffer);
        heap_answer(heap, outer, status, protection_refusal(status));
        return;
    }
    outer->fd = fd_take(&buffer->fd);
    outer->physical_address = buffer->part.address;
    outer->backend = buffer;
    heap_answer(heap, outer, 0, NULL);
}

/* A buffer with its part of the pool and its file. 0, or -errno with *ret_why or NULL. */
static int buffer_new(struct secure *secure, struct heap_request *request,
                      struct secure_buffer **ret, const char **ret_why)
{
    struct secure_buffer *buffer = calloc(1, sizeof(*buffer));
    if (buffer == NULL) {
        return -ENOMEM;
    }
    *buffer = (struct secure_buffer){.secure = secure, .outer = request, .fd = -1};
    uint64_t granularity = secure->heap.properties.granularity;
    uint64_t size = 0;
    int r = memfile_new_opaque(MEMFILE_NO_DIR, request->name, request->size_bytes, &buffer->fd);
    if (r == 0) {
        r = checked_round_up_u64(request->size_bytes, granularity, &size)
                ? pool_take(secure->pool, size, granularity, request->buffer_collection_id,
                            &buffer->part)
                : -ENOSPC;
        *ret_why = refusal(secure, request->size_bytes, r);
    }
    if (r < 0) {
        fd_close(&buffer->fd);
        free(buffer);
        return r;
    }
    buffer->request.range = (struct range){
        .start = buffer->part.address,
        .end = buffer->part.address + buffer->part.size,
    };
    list_append(&secure->buffers, &buffer->link);
    *ret = buffer;
    return 0;
}

static void secure_allocate(struct heap *heap, struct heap_request *request)
{
    struct secure *secure = container_of(heap, struct secure, heap);
    struct secure_buffer *buffer = NULL;
    const char *why = protection_refusal(-EPIPE);
    int r = secure->ranges == NULL ? -EPIPE : buffer_new(secure, request, &buffer, &why);
    if (r < 0) {
        heap_answer(heap, request, r, why);
        return;
    }
    buffer->request.done = on_added;
    protected_ranges_add(secure->ranges, &buffer->request);
}

/* --- releasing --- */

/* For who had the buffer it is over; its part of the pool may still have to wait. */
static void tell_released(struct secure_buffer *buffer)
{
    struct heap_request *outer = buffer->outer;
    if (outer == NULL) {
        return;
    }
    buffer->outer = NULL;
    heap_count_released(&buffer->secure->heap, outer);
    if (buffer->released != NULL) {
        buffer->released(buffer->released_arg);
    }
}

static void on_deleted(struct protected_request *request, int status)
{
    struct secure_buffer *buffer = container_of(request, struct secure_buffer, request);
    if (status < 0) { /* the hardware is gone, and the next one must wipe it */
        buffer->is_unprotected = true;
        tell_released(buffer);
        return;
    }
    struct secure_buffer kept = *buffer; /* the part is free when its holder hears of it */
    buffer_free(buffer);
    tell_released(&kept);
}

static void secure_release(struct heap *heap, struct heap_request *request, void (*done)(void *arg),
                           void *arg)
{
    struct secure *secure = container_of(heap, struct secure, heap);
    struct secure_buffer *buffer = request->backend;
    opaque_file_close(&request->fd, secure->executor);
    buffer->is_released = true;
    buffer->released = done;
    buffer->released_arg = arg;
    if (secure->ranges == NULL) {
        tell_released(buffer);
    } else if (!buffer->is_unprotected) {
        buffer->request.done = on_deleted;
        protected_ranges_delete(secure->ranges, &buffer->request);
    } /* else when it is protected again: on_restored() */
}

/* --- steps --- */

static void on_step(struct alarm *alarm)
{
    struct secure *secure = container_of(alarm, struct secure, step);
    secure->step_is_set = false;
    if (secure->ranges != NULL) {
        (void)protected_ranges_step(secure->ranges);
    }
}

static void on_changed(void *arg)
{
    struct secure *secure = arg;
    if (secure->step_is_set || secure->ranges == NULL) {
        return;
    }
    struct protected_ranges_stats stats;
    protected_ranges_stats(secure->ranges, &stats);
    uint64_t wait = STEP_NS << (stats.failed_in_a_row < 6 ? stats.failed_in_a_row : 6);
    secure->step_is_set = true;
    alarm_set(secure->alarms, &secure->step,
              clock_now_ns() + (wait < LONGEST_STEP_NS ? wait : LONGEST_STEP_NS));
}

/* --- hardware that comes and goes --- */

static void end_restoring(struct secure *secure)
{
    secure->restoring--;
    if (secure->restoring == 0) {
        secure->attached.done(secure->attached.arg, secure->restore_status);
    }
}

static void on_restored(struct protected_request *request, int status)
{
    struct secure_buffer *buffer = container_of(request, struct secure_buffer, request);
    struct secure *secure = buffer->secure;
    if (secure->ranges == NULL) { /* gone again */
        return;
    }
    buffer->is_unprotected = status < 0;
    secure->restore_status = secure->restore_status < 0 ? secure->restore_status : status;
    if (status == 0 && buffer->is_released) {
        request->done = on_deleted;
        protected_ranges_delete(secure->ranges, request);
    }
    end_restoring(secure);
}

static void restore(struct secure *secure)
{
    secure->restoring = 1;
    secure->restore_status = 0;
    list_for_each (link, &secure->buffers) {
        assert(buffer_of(link)->is_unprotected);
        buffer_of(link)->request.keeps_content = true;
        buffer_of(link)->request.done = on_restored;
        secure->restoring++;
    }
    struct list todo; /* what is protected, and given back, changes the list */
    list_init(&todo);
    list_move_all(&todo, &secure->buffers);
    while (!list_is_empty(&todo)) {
        struct secure_buffer *buffer = buffer_of(todo.next);
        list_remove(&buffer->link);
        list_append(&secure->buffers, &buffer->link);
        protected_ranges_add(secure->ranges, &buffer->request);
    }
    end_restoring(secure);
}

/* NULL, or what does not fit. */
static const char *check(const struct secure *secure,
                         const struct secure_mem_properties *properties)
{
    uint64_t granularity = properties->granularity;
    const struct pool_config *config = pool_config(secure->pool);
    if (config->base % granularity != 0 || config->size % granularity != 0) {
        return "its granularity is larger than that of the configured pool";
    }
    list_for_each (link, &secure->buffers) {
        struct range range = buffer_of(link)->request.range;
        if (range.start % granularity != 0 || range.end % granularity != 0) {
            return "its granularity is larger than that of buffers which there are";
        }
    }
    return NULL;
}

const char *heap_secure_attach(struct heap *heap, struct secure_mem *hardware,
                               const struct secure_mem_properties *properties,
                               const struct heap_secure_attached *attached)
{
    struct secure *secure = container_of(heap, struct secure, heap);
    assert(secure->ranges == NULL);
    const char *why = check(secure, properties);
    if (why != NULL) {
        return why;
    }
    const struct pool_config *pool = pool_config(secure->pool);
    const struct protected_ranges_config config = {
        .hardware = hardware,
        .heap = heap->id,
        .properties = *properties,
        .whole = {pool->base, pool->base + pool->size},
        .changed = on_changed,
        .arg = secure,
    };
    if (protected_ranges_new(&config, &secure->ranges) < 0) {
        return "no memory";
    }
    heap->properties.granularity = properties->granularity;
    heap->properties.need_clear = !properties->dynamic;
    secure->attached = *attached;
    restore(secure);
    return NULL;
}

void heap_secure_detach(struct heap *heap)
{
    struct secure *secure = container_of(heap, struct secure, heap);
    struct protected_ranges *ranges = secure->ranges;
    if (ranges == NULL) {
        return;
    }
    secure->ranges = NULL;
    alarm_cancel(&secure->step);
    secure->step_is_set = false;
    protected_ranges_free(ranges); /* answers all requests */
    struct list todo;              /* who hears that a buffer is gone may release others */
    list_init(&todo);
    list_move_all(&todo, &secure->buffers);
    while (!list_is_empty(&todo)) {
        struct secure_buffer *buffer = buffer_of(todo.next);
        list_remove(&buffer->link);
        list_append(&secure->buffers, &buffer->link);
        buffer->is_unprotected = true;
        if (buffer->is_released) {
            tell_released(buffer);
        }
    }
}

bool heap_secure_stats(const struct heap *heap, struct protected_ranges_stats *ret)
{
    const struct protected_ranges *ranges = container_of(heap, struct secure, heap)->ranges;
    if (ranges != NULL) {
        protected_ranges_stats(ranges, ret);
    }
    return ranges != NULL;
}

/* --- the heap itself --- */

static void secure_free(struct heap *heap)
{
    struct secure *secure = container_of(heap, struct secure, heap);
    heap_secure_detach(heap);
    while (!list_is_empty(&secure->buffers)) {
        buffer_free(buffer_of(secure->buffers.next));
    }
    free(secure->type);
    free(secure);
}

struct heap *heap_secure_new(const struct heap_secure_config *config)
{
    static const struct heap_ops ops = {
        .allocate = secure_allocate,
        .release = secure_release,
        .free = secure_free,
    };
    struct secure *secure = calloc(1, sizeof(*secure));
    char *type = secure == NULL ? NULL : strdup(config->id.heap_type);
    if (type == NULL) {
        free(secure);
        return NULL;
    }
    *secure = (struct secure){
        .type = type, .pool = config->pool, .alarms = config->alarms, .executor = config->executor};
    list_init(&secure->buffers);
    alarm_init(&secure->step, on_step);
    secure->heap = (struct heap){
        .ops = &ops,
        .backend = "protected",
        .id = {.heap_type = type,              .id = config->id.id, .has = {true, true}},
        .properties = { .inaccessible_supported = true,
               .secure = true,
               .opaque = true,
               .charge = HEAP_CHARGES_TOUCHER,
               .max_size_bytes = UINT64_MAX,
               .deadline_ns = config->deadline_ns},
        .absent_reason = "the driver of secure memory has not come",
        .pool = config->pool,
    };
    return &secure->heap;
}
