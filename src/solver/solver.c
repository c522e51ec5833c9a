#include "solver/solver.h"

#include <string.h>

#include "solver/search.h"
#include "solver/work.h"

static const struct solver_heap system_ram = {
    .heap = {.heap_type = SYSMEM_HEAP_TYPE_SYSTEM_RAM, .id = 0, .has = {true, true}},
    .cpu_supported = true,
    .ram_supported = true,
    .inaccessible_supported = true,
};

void solver_environment_init(struct solver_environment *environment)
{
    *environment = (struct solver_environment){
        .heaps = &system_ram,
        .heap_count = 1,
        .limits =
            {
                     .max_allocation_size = UINT64_MAX,
                     .max_buffer_bytes = UINT64_C(256) << 20,
                     .max_collection_bytes = UINT64_C(1) << 30,
                     .max_buffers = 128,
                     .max_group_combinations = 64,
                     },
        .page_size = 4096,
    };
}

void solver_choose(const struct solver_problem *problem, uint32_t *ret_selected,
                   struct solver_outcome *ret)
{
    struct arena arena;
    struct work work;
    arena_init(&arena, SIZE_MAX);
    work_init(&work, problem->environment, &arena, ret);
    work.tracer = problem->tracer;
    uint32_t *selected = work_alloc(&work, problem->group_count, sizeof(*selected));
    ret->error = selected == NULL ? SYSMEM_ERROR_NO_MEMORY : search(&work, problem, selected, NULL);
    if (ret->error == 0 && ret_selected != NULL) {
        memcpy(ret_selected, selected, problem->group_count * sizeof(*selected));
    }
    arena_clear(&arena);
}

void solver_solve(const struct solver_participant *participants, size_t count,
                  const struct solver_environment *environment, struct solver_outcome *ret)
{
    const struct solver_problem problem = {
        .participants = participants,
        .participant_count = count,
        .environment = environment,
    };
    solver_choose(&problem, NULL, ret);
}
