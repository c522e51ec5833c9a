/* Random participants of the model's small world. */
#ifndef TESTS_PROPERTY_WORLD_H
#define TESTS_PROPERTY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "solver/solver.h"

#define WORLD_PARTICIPANTS 4
#define WORLD_TABLES       3
#define WORLD_PAIRS        3
#define WORLD_SPACES       3
#define WORLD_HEAPS        3

/* One participant with room for all that it points to. Not to be copied. */
struct world_participant {
    struct sysmem_buffer_collection_constraints constraints;
    struct sysmem_heap heaps[WORLD_HEAPS];
    struct sysmem_image_format_constraints tables[WORLD_TABLES];
    struct sysmem_pixel_format_and_modifier pairs[WORLD_TABLES][WORLD_PAIRS];
    uint32_t spaces[WORLD_TABLES][WORLD_SPACES];
    bool silent; /* has set no constraints */
};

struct world {
    struct world_participant participants[WORLD_PARTICIPANTS];
    size_t count;
    bool contiguous;
    enum model_secure secure;
    /* The heaps, as either side sees them; some are absent. The first one is system RAM. */
    struct model_heap model_heaps[WORLD_HEAPS];
    struct solver_heap solver_heaps[WORLD_HEAPS];
};

/* The same world for the same seed. */
void world_make(struct world *world, uint64_t seed);

/* The solver's word for it. */
enum solver_secure world_solver_secure(const struct world *world);

/* The same heaps, none of which is absent. */
const struct model_heap *world_model_heaps(size_t *ret_count);
const struct solver_heap *world_solver_heaps(size_t *ret_count);

#endif
