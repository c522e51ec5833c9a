/* Contiguous memory: buffers of another heap, each of which stands for a part of a pool of emulated
 * physical addresses. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "heap/heap.h"
#include "heap/pool.h"

struct contiguous {
    struct heap heap;
    struct heap *ram;
    struct pool *pool;
};

/* What stands for a part, from the request to the end. */
struct contiguous_buffer {
    struct heap_request inner; /* to the other heap */
    struct heap_request *outer;
    struct contiguous *heap;
    struct pool_part part;
    void (*done)(void *arg);
    void *arg;
};

static void on_made(struct heap_request *inner)
{
    struct contiguous_buffer *buffer = container_of(inner, struct contiguous_buffer, inner);
    struct contiguous *contiguous = buffer->heap;
    struct heap_request *outer = buffer->outer;
    if (inner->status < 0) {
        pool_give(contiguous->pool, &buffer->part);
        heap_answer(&contiguous->heap, outer, inner->status, inner->why);
        free(buffer);
        return;
    }
    outer->fd = fd_take(&inner->fd);
    outer->physical_address = buffer->part.address;
    outer->backend = buffer;
    heap_answer(&contiguous->heap, outer, 0, NULL);
}

static const char *refusal(const struct contiguous *contiguous, uint64_t size, int status)
{
    const struct pool_config *config = pool_config(contiguous->pool);
    const struct region_map *map = pool_map(contiguous->pool);
    if (status != -ENOSPC) {
        return NULL;
    }
    log_warning("%s: wanted %" PRIu64 " bytes, got %" PRIu64 " free of %" PRIu64
                " in all and %" PRIu64 " in one piece",
                config->name, size, map->free_bytes, config->size, region_map_largest_free(map));
    return size <= map->free_bytes ? "no free piece of the contiguous pool that is large enough"
                                   : "not enough left of the contiguous pool";
}

static void contiguous_allocate(struct heap *heap, struct heap_request *request)
{
    struct contiguous *contiguous = container_of(heap, struct contiguous, heap);
    struct contiguous_buffer *buffer = calloc(1, sizeof(*buffer));
    int r = buffer == NULL ? -ENOMEM
                           : pool_take(contiguous->pool, request->size_bytes, 1,
                                       request->buffer_collection_id, &buffer->part);
    if (r < 0) {
        free(buffer);
        heap_answer(heap, request, r, refusal(contiguous, request->size_bytes, r));
        return;
    }
    buffer->heap = contiguous;
    buffer->outer = request;
    buffer->inner = *request;
    buffer->inner.done = on_made;
    heap_allocate(contiguous->ram, &buffer->inner);
}

static void on_released(void *arg)
{
    struct contiguous_buffer *buffer = arg;
    if (buffer->done != NULL) {
        buffer->done(buffer->arg);
    }
    free(buffer);
}

/* The part is free at once: only the memory that stood for it may take its time. */
static void contiguous_release(struct heap *heap, struct heap_request *request,
                               void (*done)(void *arg), void *arg)
{
    struct contiguous *contiguous = container_of(heap, struct contiguous, heap);
    struct contiguous_buffer *buffer = request->backend;
    pool_give(contiguous->pool, &buffer->part);
    heap_count_released(heap, request);
    buffer->inner.fd = fd_take(&request->fd);
    buffer->done = done;
    buffer->arg = arg;
    heap_release(contiguous->ram, &buffer->inner, on_released, buffer);
}

static void contiguous_free(struct heap *heap)
{
    struct contiguous *contiguous = container_of(heap, struct contiguous, heap);
    contiguous->ram->ops->free(contiguous->ram);
    pool_free(contiguous->pool);
    free(contiguous);
}

static const struct heap_ops contiguous_ops = {
    .allocate = contiguous_allocate,
    .release = contiguous_release,
    .free = contiguous_free,
};

struct heap *heap_contiguous_new(struct heap *ram, struct pool *pool)
{
    struct contiguous *contiguous = calloc(1, sizeof(*contiguous));
    if (contiguous == NULL) {
        return NULL;
    }
    contiguous->ram = ram;
    contiguous->pool = pool;
    contiguous->heap = (struct heap){
        .ops = &contiguous_ops,
        .backend = "contiguous",
        .id = ram->id,
        .properties = ram->properties,
        .ready = true,
        .pool = pool,
    };
    return &contiguous->heap;
}
