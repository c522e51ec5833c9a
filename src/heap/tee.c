#include "heap/tee.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/fd.h"
#include "base/list.h"
#include "heap/opaque_file.h"
#include "heap/region_map.h"
#include "os/memfile.h"

struct tee_range {
    struct range range;
    struct region_map map;
};

struct tee {
    struct heap heap;
    char *type;
    struct list zeroing; /* struct tee_buffer, whose requests are not answered yet */
    struct executor *executor;
    struct secure_mem *hardware; /* NULL: there is none */
    size_t range_count;
    struct tee_range ranges[];
};

struct tee_buffer {
    struct list link; /* in zeroing, until it is answered */
    struct tee *tee;  /* NULL: it was answered before the hardware was done with it */
    struct region_map *map;
    struct region *region;
    struct heap_request *outer;
    struct secure_mem_call call;
    int fd; /* until the buffer is given out */
};

/* --- allocating --- */

static void answer(struct tee_buffer *buffer, int status, const char *why)
{
    struct heap *heap = &buffer->tee->heap;
    struct heap_request *outer = buffer->outer;
    list_remove(&buffer->link);
    if (status < 0) {
        region_map_give(buffer->map, buffer->region);
        fd_close(&buffer->fd);
        heap_answer(heap, outer, status, why);
        return;
    }
    outer->fd = fd_take(&buffer->fd);
    outer->physical_address = buffer->region->start;
    outer->backend = buffer;
    heap_answer(heap, outer, 0, NULL);
}

static void on_zeroed(struct secure_mem_call *call, int status)
{
    struct tee_buffer *buffer = container_of(call, struct tee_buffer, call);
    bool is_given_out = buffer->tee != NULL && status == 0; /* its holder may free it at once */
    if (buffer->tee != NULL) {
        answer(buffer, status, "the driver of secure memory could not zero it");
    }
    if (!is_given_out) {
        free(buffer);
    }
}

/* 0, -ENOSPC or -ENOMEM. */
static int take(struct tee *tee, struct heap_request *request, struct tee_buffer *buffer)
{
    uint64_t granularity = tee->heap.properties.granularity;
    uint64_t size = 0;
    int r = -ENOSPC;
    for (size_t i = 0; i < tee->range_count && r == -ENOSPC &&
                       checked_round_up_u64(request->size_bytes, granularity, &size);
         i++) {
        buffer->map = &tee->ranges[i].map;
        r = region_map_take(buffer->map, size, granularity, request->buffer_collection_id,
                            &buffer->region);
    }
    return r;
}

/* A buffer with its place and its file. 0, or -errno with *ret_why or NULL. */
static int buffer_new(struct tee *tee, struct heap_request *request, struct tee_buffer **ret,
                      const char **ret_why)
{
    struct tee_buffer *buffer = calloc(1, sizeof(*buffer));
    if (buffer == NULL) {
        return -ENOMEM;
    }
    *buffer = (struct tee_buffer){.tee = tee, .outer = request, .fd = -1, .call.done = on_zeroed};
    int r = memfile_new_opaque(MEMFILE_NO_DIR, request->name, request->size_bytes, &buffer->fd);
    if (r == 0) {
        r = take(tee, request, buffer);
        *ret_why = r == -ENOSPC ? "no free piece of the heap that is large enough" : NULL;
    }
    if (r < 0) {
        fd_close(&buffer->fd);
        free(buffer);
        return r;
    }
    list_append(&tee->zeroing, &buffer->link);
    *ret = buffer;
    return 0;
}

static void tee_allocate(struct heap *heap, struct heap_request *request)
{
    struct tee *tee = container_of(heap, struct tee, heap);
    struct secure_mem *hardware = tee->hardware;
    struct tee_buffer *buffer = NULL;
    const char *why = NULL;
    int r = hardware == NULL ? -EPIPE : buffer_new(tee, request, &buffer, &why);
    if (r < 0) {
        heap_answer(heap, request, r, why);
        return;
    }
    if (heap->properties.need_clear) { /* the hardware cannot do it */
        answer(buffer, 0, NULL);
        return;
    }
    uint64_t start = buffer->region->start;
    hardware->ops->zero(hardware, &heap->id, (struct range){start, start + buffer->region->size},
                        false, &buffer->call);
}

static void tee_release(struct heap *heap, struct heap_request *request, void (*done)(void *arg),
                        void *arg)
{
    struct tee_buffer *buffer = request->backend;
    opaque_file_close(&request->fd, container_of(heap, struct tee, heap)->executor);
    region_map_give(buffer->map, buffer->region);
    free(buffer);
    heap_count_released(heap, request);
    if (done != NULL) {
        done(arg);
    }
}

/* --- hardware that comes and goes --- */

const char *heap_tee_attach(struct heap *heap, struct secure_mem *hardware,
                            const struct secure_mem_properties *properties)
{
    struct tee *tee = container_of(heap, struct tee, heap);
    assert(tee->hardware == NULL);
    for (size_t i = 0; i < tee->range_count; i++) {
        struct range range = tee->ranges[i].range;
        if (range.start % properties->granularity != 0 ||
            range.end % properties->granularity != 0) {
            return "its granularity is larger than that of the heap's ranges";
        }
    }
    tee->hardware = hardware;
    heap->properties.granularity = properties->granularity;
    heap->properties.need_clear = !properties->dynamic;
    return NULL;
}

void heap_tee_detach(struct heap *heap)
{
    struct tee *tee = container_of(heap, struct tee, heap);
    tee->hardware = NULL;
    while (!list_is_empty(&tee->zeroing)) {
        struct tee_buffer *buffer = container_of(tee->zeroing.next, struct tee_buffer, link);
        answer(buffer, -EPIPE, "the driver of secure memory is gone");
        buffer->tee = NULL; /* the late answer frees it */
    }
}

/* --- the heap itself --- */

bool heap_tee_has_ranges(const struct heap *heap, const struct range *ranges, size_t count)
{
    const struct tee *tee = container_of(heap, struct tee, heap);
    bool same = count == tee->range_count;
    for (size_t i = 0; i < count && same; i++) {
        same = range_equals(ranges[i], tee->ranges[i].range);
    }
    return same;
}

bool heap_tee_overlaps(const struct heap *heap, struct range range)
{
    const struct tee *tee = container_of(heap, struct tee, heap);
    bool overlaps = false;
    for (size_t i = 0; i < tee->range_count && !overlaps; i++) {
        overlaps = range_overlaps(range, tee->ranges[i].range);
    }
    return overlaps;
}

static void tee_free(struct heap *heap)
{
    struct tee *tee = container_of(heap, struct tee, heap);
    heap_tee_detach(heap);
    for (size_t i = 0; i < tee->range_count; i++) {
        region_map_deinit(&tee->ranges[i].map);
    }
    free(tee->type);
    free(tee);
}

static bool init_ranges(struct tee *tee, const struct heap_tee_config *config)
{
    for (; tee->range_count < config->range_count; tee->range_count++) {
        struct tee_range *range = &tee->ranges[tee->range_count];
        range->range = config->ranges[tee->range_count];
        if (region_map_init(&range->map, range->range.start, range_size(range->range)) < 0) {
            return false;
        }
    }
    return true;
}

struct heap *heap_tee_new(const struct heap_tee_config *config)
{
    static const struct heap_ops ops = {
        .allocate = tee_allocate,
        .release = tee_release,
        .free = tee_free,
    };
    struct tee *tee = calloc(1, sizeof(*tee) + config->range_count * sizeof(tee->ranges[0]));
    if (tee == NULL) {
        return NULL;
    }
    list_init(&tee->zeroing);
    tee->executor = config->executor;
    tee->type = strdup(config->id.heap_type);
    tee->heap = (struct heap){
        .ops = &ops,
        .backend = "tee",
        .id = {.heap_type = tee->type,          .id = config->id.id, .has = {true, true}},
        .properties = { .inaccessible_supported = true,
               .secure = true,
               .opaque = true,
               .charge = HEAP_CHARGES_PROVIDER,
               .max_size_bytes = UINT64_MAX,
               .deadline_ns = config->deadline_ns},
        .absent_reason = "the driver of secure memory has not come",
    };
    if (tee->type == NULL || !init_ranges(tee, config)) {
        tee_free(&tee->heap);
        return NULL;
    }
    return &tee->heap;
}
