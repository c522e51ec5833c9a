/* Constraints aggregation once more, as plainly as possible and with no file of src/ in it: tries
 * every pixel format and modifier of a small world and asks each participant. The solver must agree
 * with it.
 *
 * The small world: a handful of pixel formats, of which one is unknown to all (MJPEG); linear,
 * X-tiled and one AFBC modifier; permitted heaps and color spaces as in sysmem. */
#ifndef TESTS_PROPERTY_MODEL_H
#define TESTS_PROPERTY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>

struct model_heap {
    const char *type;
    const char *alias; /* or NULL */
    uint64_t id;
    bool cpu;
    bool ram;
    bool inaccessible;
    bool secure;
};

struct model_world {
    const struct model_heap *heaps;
    size_t heap_count;
    bool contiguous;
    uint32_t max_buffers;
    uint64_t max_buffer_bytes;
    uint64_t max_collection_bytes;
};

/* The outcome. `image` is meaningful when has_image is set; its color space is in color_space. */
struct model_answer {
    bool ok;
    uint32_t buffer_count;
    uint64_t size_bytes;
    bool contiguous;
    bool secure;
    uint32_t domain;
    size_t heap; /* index in the world */
    bool has_image;
    uint32_t color_space;
    struct sysmem_image_format_constraints image;
};

struct model_answer model_solve(const struct sysmem_buffer_collection_constraints *const *all,
                                size_t count, const struct model_world *world);

#endif
