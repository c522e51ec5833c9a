/* The solver against the model, seed by seed.
 *
 *   test_model [--seeds N] [--first SEED] [--expect-difference]
 *
 * Says the first seed on which they differ and fails; with --expect-difference it fails when they
 * never do (the solver then has a fault in it that the model must find). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "world.h"

struct options {
    uint64_t first;
    uint64_t seeds;
    bool expect_difference;
};

static const char *compare(const struct solver_outcome *outcome, const struct model_answer *answer)
{
    const struct sysmem_buffer_memory_settings *b = &outcome->settings.buffer_settings;
    size_t heap_count;
    const struct model_heap *heaps = world_model_heaps(&heap_count);
    if ((outcome->error == 0) != answer->ok) {
        return answer->ok ? "success expected" : "failure expected";
    }
    if (!answer->ok) {
        bool named = outcome->error == SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY &&
                     outcome->reason_count > 0;
        return named ? NULL : "a failure has a reason";
    }
    if (outcome->buffer_count != answer->buffer_count) {
        return "buffer_count";
    }
    if (b->size_bytes != answer->size_bytes) {
        return "size_bytes";
    }
    if (b->is_physically_contiguous != answer->contiguous || b->is_secure != answer->secure) {
        return "is_physically_contiguous or is_secure";
    }
    if (b->coherency_domain != answer->domain) {
        return "coherency_domain";
    }
    if (strcmp(b->heap.heap_type, heaps[answer->heap].type) != 0 ||
        b->heap.id != heaps[answer->heap].id) {
        return "heap";
    }
    if (outcome->settings.has.image_format_constraints != answer->has_image) {
        return "image_format_constraints";
    }
    if (answer->has_image && outcome->color_space != answer->color_space) {
        return "color_spaces";
    }
    return answer->has_image
               ? compare_images(&outcome->settings.image_format_constraints, &answer->image)
               : NULL;
}

/* NULL: both agree. */
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
    environment.heaps = world_solver_heaps(&environment.heap_count);
    environment.contiguous_supported = world.contiguous;
    solver_solve(participants, world.count, &environment, &outcome);
    struct model_world model_world = {
        .contiguous = world.contiguous,
        .max_buffers = 128,
        .max_buffer_bytes = UINT64_C(256) << 20,
        .max_collection_bytes = UINT64_C(1) << 30,
    };
    model_world.heaps = world_model_heaps(&model_world.heap_count);
    struct model_answer answer = model_solve(constraints, world.count, &model_world);
    *ret_ok = answer.ok;
    const char *difference = compare(&outcome, &answer);
    if (difference != NULL && outcome.error != 0) {
        printf("the solver says: participant %d, %s: %s\n", outcome.reasons[0].participant,
               outcome.reasons[0].field, outcome.reasons[0].detail);
    }
    return difference;
}

static bool parse(int argc, char **argv, struct options *ret)
{
    *ret = (struct options){.first = 1, .seeds = 20000};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--expect-difference") == 0) {
            ret->expect_difference = true;
        } else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
            ret->seeds = strtoull(argv[++i], NULL, 0);
        } else if (strcmp(argv[i], "--first") == 0 && i + 1 < argc) {
            ret->first = strtoull(argv[++i], NULL, 0);
        } else {
            return false;
        }
    }
    return ret->seeds > 0;
}

int main(int argc, char **argv)
{
    struct options options;
    uint64_t successes = 0;
    if (!parse(argc, argv, &options)) {
        fprintf(stderr, "usage: %s [--seeds N] [--first SEED] [--expect-difference]\n", argv[0]);
        return 2;
    }
    for (uint64_t i = 0; i < options.seeds; i++) {
        bool ok;
        const char *difference = run(options.first + i, &ok);
        successes += ok ? 1 : 0;
        if (difference != NULL) {
            printf("seed %" PRIu64 ": solver and model differ: %s\n", options.first + i,
                   difference);
            return options.expect_difference ? 0 : 1;
        }
    }
    printf("%" PRIu64 " seeds from %" PRIu64 " on, %" PRIu64 " of them solvable: no difference\n",
           options.seeds, options.first, successes);
    if (options.seeds >= 1000 && successes * 20 < options.seeds) {
        printf("too few solvable ones to mean anything\n");
        return 1;
    }
    return options.expect_difference ? 1 : 0;
}
