/* The solver against the model, seed by seed. */
#include <stdio.h>

#include "compare.h"
#include "driver.h"
#include "world.h"

static const char *run(uint64_t seed, bool *ret_ok)
{
    static struct world world;
    static struct solver_outcome outcome;
    struct solver_participant participants[WORLD_PARTICIPANTS] = {0};
    const struct sysmem_buffer_collection_constraints *constraints[WORLD_PARTICIPANTS] = {0};
    struct solver_environment environment;
    world_make(&world, seed);
    for (size_t i = 0; i < world.count; i++) {
        constraints[i] = world.participants[i].silent ? NULL : &world.participants[i].constraints;
        participants[i].constraints = constraints[i];
    }
    solver_environment_init(&environment);
    environment.heaps = world.solver_heaps;
    environment.heap_count = WORLD_HEAPS;
    environment.secure = world_solver_secure(&world);
    environment.contiguous_supported = world.contiguous;
    solver_solve(participants, world.count, &environment, &outcome);
    struct model_world model_world = {
        .heaps = world.model_heaps,
        .heap_count = WORLD_HEAPS,
        .secure = world.secure,
        .contiguous = world.contiguous,
        .max_buffers = 128,
        .max_buffer_bytes = UINT64_C(256) << 20,
        .max_collection_bytes = UINT64_C(1) << 30,
    };
    struct model_answer answer = model_solve(constraints, world.count, &model_world);
    *ret_ok = answer.ok;
    const char *difference = compare_outcome(&outcome, &answer);
    if (difference != NULL && outcome.error != 0) {
        printf("the solver says: participant %d, %s: %s\n", outcome.reasons[0].participant,
               outcome.reasons[0].field, outcome.reasons[0].detail);
    }
    return difference;
}

int main(int argc, char **argv)
{
    return driver_main(argc, argv, "solvable", run);
}
