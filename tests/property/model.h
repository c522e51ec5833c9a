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
    bool absent; /* nobody gets it */
};

/* Whether secure memory is there: who requires it and has no luck waits, or fails for good. */
enum model_secure { MODEL_SECURE_THERE, MODEL_SECURE_EXPECTED, MODEL_SECURE_LOST };

struct model_world {
    const struct model_heap *heaps;
    size_t heap_count;
    enum model_secure secure;
    bool contiguous;
    uint32_t max_buffers;
    uint64_t max_buffer_bytes;
    uint64_t max_collection_bytes;
    /* What is nobody's to blame is out of the way (docs/reasons.md): no size, count or usage need
     * be given, DO_NOT_CARE from all will do, limits don't count. */
    bool lenient;
};

/* How far a failure got: one of these, and of MODEL_FOLDING + 1, + 2 ... how many were folded. */
enum model_step {
    MODEL_READING,
    MODEL_FOLDING,
    MODEL_COUNT = 1000,
    MODEL_MEMORY,
    MODEL_FORMAT,
    MODEL_SIZE,
    MODEL_EXISTING,
};

/* The outcome. `image` is meaningful when has_image is set; its color space is in color_space. */
struct model_answer {
    bool ok;
    enum model_secure no_secure; /* of no success: so it is with what is required */
    unsigned reached;            /* of a failure: enum model_step */
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

/* Whether two successes come to the same. */
bool model_is_same_answer(const struct model_answer *a, const struct model_answer *b);

#endif
