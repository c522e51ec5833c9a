#include "trial.h"

#include <string.h>

#include "compare.h"

void trial_init(struct trial *t, uint64_t seed)
{
    memset(t, 0, sizeof(*t));
    world_make(&t->world, seed);
    t->seed = seed;
    t->count = t->world.count;
    for (size_t i = 0; i < t->count; i++) {
        const struct world_participant *p = &t->world.participants[i];
        t->participants[i].constraints = p->silent ? NULL : &p->constraints;
    }
    solver_environment_init(&t->environment);
    t->environment.heaps = world_solver_heaps(&t->environment.heap_count);
    t->environment.contiguous_supported = t->world.contiguous;
    solver_solve(t->participants, t->count, &t->environment, &t->outcome);
}

bool trial_same_but_heap(const struct solver_outcome *a, const struct solver_outcome *b)
{
    const struct sysmem_buffer_memory_settings *m = &a->settings.buffer_settings;
    const struct sysmem_buffer_memory_settings *n = &b->settings.buffer_settings;
    if (a->error != b->error || a->error != 0) {
        return a->error == b->error;
    }
    return a->buffer_count == b->buffer_count && m->size_bytes == n->size_bytes &&
           m->is_physically_contiguous == n->is_physically_contiguous &&
           m->is_secure == n->is_secure &&
           a->settings.has.image_format_constraints == b->settings.has.image_format_constraints &&
           (!a->settings.has.image_format_constraints ||
            (a->color_space == b->color_space &&
             compare_images(&a->settings.image_format_constraints,
                            &b->settings.image_format_constraints) == NULL));
}

bool trial_same_outcome(const struct solver_outcome *a, const struct solver_outcome *b)
{
    const struct sysmem_buffer_memory_settings *m = &a->settings.buffer_settings;
    const struct sysmem_buffer_memory_settings *n = &b->settings.buffer_settings;
    return trial_same_but_heap(a, b) &&
           (a->error != 0 || (m->coherency_domain == n->coherency_domain &&
                              m->heap.heap_type == n->heap.heap_type && m->heap.id == n->heap.id));
}
