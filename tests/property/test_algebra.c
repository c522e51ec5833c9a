/* Laws that aggregation obeys whatever the participants say, tried on random ones. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "compare.h"
#include "world.h"

#define SEEDS        20000
#define FIRST_SEED   UINT64_C(1000000)
#define PARTICIPANTS (WORLD_PARTICIPANTS + 1)

static struct world world;

struct trial {
    uint64_t seed;
    struct solver_environment environment;
    struct solver_participant participants[PARTICIPANTS];
    size_t count;
    struct solver_outcome outcome;
};

static void trial_init(struct trial *t, uint64_t seed)
{
    world_make(&world, seed);
    memset(t, 0, sizeof(*t));
    t->seed = seed;
    t->count = world.count;
    for (size_t i = 0; i < world.count; i++) {
        const struct world_participant *p = &world.participants[i];
        t->participants[i].constraints = p->silent ? NULL : &p->constraints;
    }
    solver_environment_init(&t->environment);
    t->environment.heaps = world_solver_heaps(&t->environment.heap_count);
    t->environment.contiguous_supported = world.contiguous;
    solver_solve(t->participants, t->count, &t->environment, &t->outcome);
}

static void law_is_broken(const struct trial *t, const char *law)
{
    fail_msg("seed %" PRIu64 ": %s", t->seed, law);
}

static bool same_outcome(const struct solver_outcome *a, const struct solver_outcome *b)
{
    const struct sysmem_buffer_memory_settings *m = &a->settings.buffer_settings;
    const struct sysmem_buffer_memory_settings *n = &b->settings.buffer_settings;
    if (a->error != b->error || a->error != 0) {
        return a->error == b->error;
    }
    return a->buffer_count == b->buffer_count && m->size_bytes == n->size_bytes &&
           m->is_physically_contiguous == n->is_physically_contiguous &&
           m->is_secure == n->is_secure && m->coherency_domain == n->coherency_domain &&
           m->heap.heap_type == n->heap.heap_type && m->heap.id == n->heap.id &&
           a->settings.has.image_format_constraints == b->settings.has.image_format_constraints &&
           (!a->settings.has.image_format_constraints ||
            (a->color_space == b->color_space &&
             compare_images(&a->settings.image_format_constraints,
                            &b->settings.image_format_constraints) == NULL));
}

static void solve_again(struct trial *t, const char *law)
{
    static struct solver_outcome again;
    solver_solve(t->participants, t->count, &t->environment, &again);
    if (!same_outcome(&t->outcome, &again)) {
        law_is_broken(t, law);
    }
}

/* The order of the first list of heaps decides between heaps: it is kept by leaving lists out. */
static void the_order_of_participants_does_not_matter(void **state)
{
    static struct trial t;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        trial_init(&t, FIRST_SEED + i);
        for (size_t k = 0; k < world.count; k++) {
            world.participants[k].constraints.buffer_memory_constraints.has.permitted_heaps = false;
        }
        solver_solve(t.participants, t.count, &t.environment, &t.outcome);
        for (size_t turn = 1; turn < t.count; turn++) {
            struct solver_participant first = t.participants[0];
            memmove(&t.participants[0], &t.participants[1], (t.count - 1) * sizeof(first));
            t.participants[t.count - 1] = first;
            solve_again(&t, "another order gives another outcome");
        }
    }
}

static void unconstrained_participants_change_nothing(void **state)
{
    static const struct sysmem_buffer_collection_constraints empty;
    static struct trial t;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        trial_init(&t, FIRST_SEED + i);
        t.participants[t.count++].constraints = i % 2 == 0 ? &empty : NULL;
        solve_again(&t, "a participant without constraints changes the outcome");
    }
}

/* The same participant twice: only the sums of its counts may differ. */
static void asking_twice_changes_nothing(void **state)
{
    static struct trial t;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        trial_init(&t, FIRST_SEED + i);
        for (size_t k = 0; k < world.count; k++) {
            struct sysmem_buffer_collection_constraints *c = &world.participants[k].constraints;
            c->has.min_buffer_count_for_camping = false;
            c->has.min_buffer_count_for_dedicated_slack = false;
        }
        solver_solve(t.participants, t.count, &t.environment, &t.outcome);
        t.participants[t.count] = t.participants[i % t.count];
        t.count++;
        solve_again(&t, "asking for the same again changes the outcome");
    }
}

/* Whether an image constraint of the result lies within what a participant's table asks for. */
static bool table_is_met(const struct sysmem_image_format_constraints *t,
                         const struct sysmem_image_format_constraints *r)
{
    bool space = false;
    for (size_t i = 0; i < t->color_spaces_count; i++) {
        space |= t->color_spaces[i] == r->color_spaces[0] ||
                 t->color_spaces[i] == SYSMEM_COLOR_SPACE_DO_NOT_CARE;
    }
    return space &&
           (!t->has.min_size ||
            (r->min_size.width >= t->min_size.width && r->min_size.height >= t->min_size.height)) &&
           (!t->has.max_size ||
            (r->max_size.width <= t->max_size.width && r->max_size.height <= t->max_size.height)) &&
           (!t->has.min_bytes_per_row || r->min_bytes_per_row >= t->min_bytes_per_row) &&
           (!t->has.max_bytes_per_row || r->max_bytes_per_row <= t->max_bytes_per_row) &&
           (!t->has.max_width_times_height ||
            r->max_width_times_height <= t->max_width_times_height) &&
           (!t->has.size_alignment || (r->size_alignment.width % t->size_alignment.width == 0 &&
                                       r->size_alignment.height % t->size_alignment.height == 0)) &&
           (!t->has.bytes_per_row_divisor ||
            r->bytes_per_row_divisor % t->bytes_per_row_divisor == 0) &&
           (!t->has.start_offset_divisor ||
            r->start_offset_divisor % t->start_offset_divisor == 0) &&
           (!t->has.required_min_size || (r->min_size.width <= t->required_min_size.width &&
                                          r->min_size.height <= t->required_min_size.height)) &&
           (!t->has.required_max_size || (r->max_size.width >= t->required_max_size.width &&
                                          r->max_size.height >= t->required_max_size.height)) &&
           (!t->has.is_alpha_present || !r->has.is_alpha_present ||
            t->is_alpha_present == r->is_alpha_present);
}

static bool lists_format(const struct sysmem_image_format_constraints *t,
                         const struct sysmem_image_format_constraints *r)
{
    const uint32_t any_format = SYSMEM_PIXEL_FORMAT_DO_NOT_CARE;
    const uint64_t any_modifier = SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE;
    bool listed = t->has.pixel_format &&
                  (t->pixel_format == r->pixel_format || t->pixel_format == any_format) &&
                  (!t->has.pixel_format_modifier || t->pixel_format_modifier == any_modifier ||
                   t->pixel_format_modifier == r->pixel_format_modifier);
    for (size_t i = 0; t->has.pixel_format_and_modifiers && i < t->pixel_format_and_modifiers_count;
         i++) {
        const struct sysmem_pixel_format_and_modifier *p = &t->pixel_format_and_modifiers[i];
        listed |= (p->pixel_format == r->pixel_format || p->pixel_format == any_format) &&
                  (p->pixel_format_modifier == r->pixel_format_modifier ||
                   p->pixel_format_modifier == any_modifier);
    }
    return listed;
}

static bool image_is_met(const struct sysmem_buffer_collection_constraints *c,
                         const struct sysmem_single_buffer_settings *settings)
{
    if (!c->has.image_format_constraints || c->image_format_constraints_count == 0) {
        return true;
    }
    for (size_t i = 0; i < c->image_format_constraints_count; i++) {
        const struct sysmem_image_format_constraints *t = &c->image_format_constraints[i];
        if (lists_format(t, &settings->image_format_constraints) &&
            table_is_met(t, &settings->image_format_constraints)) {
            return settings->has.image_format_constraints;
        }
    }
    return false;
}

static bool memory_is_met(const struct sysmem_buffer_memory_constraints *m,
                          const struct sysmem_buffer_memory_settings *s)
{
    bool domain = s->coherency_domain == SYSMEM_COHERENCY_DOMAIN_CPU
                      ? !m->has.cpu_domain_supported || m->cpu_domain_supported
                  : s->coherency_domain == SYSMEM_COHERENCY_DOMAIN_RAM
                      ? !m->has.ram_domain_supported || m->ram_domain_supported
                      : !m->has.inaccessible_domain_supported || m->inaccessible_domain_supported;
    return domain && (!m->has.min_size_bytes || s->size_bytes >= m->min_size_bytes) &&
           (!m->has.max_size_bytes || s->size_bytes <= m->max_size_bytes) &&
           (!m->has.physically_contiguous_required || !m->physically_contiguous_required ||
            s->is_physically_contiguous) &&
           (!m->has.secure_required || !m->secure_required || s->is_secure);
}

static void the_result_satisfies_everyone(void **state)
{
    static struct trial t;
    size_t solved = 0;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        trial_init(&t, FIRST_SEED + i);
        uint64_t camping = 0;
        for (size_t k = 0; t.outcome.error == 0 && k < t.count; k++) {
            const struct sysmem_buffer_collection_constraints *c = t.participants[k].constraints;
            if (c == NULL) {
                continue;
            }
            camping += c->has.min_buffer_count_for_camping ? c->min_buffer_count_for_camping : 0;
            if (!image_is_met(c, &t.outcome.settings) ||
                (c->has.buffer_memory_constraints &&
                 !memory_is_met(&c->buffer_memory_constraints,
                                &t.outcome.settings.buffer_settings)) ||
                (c->has.max_buffer_count && t.outcome.buffer_count > c->max_buffer_count) ||
                (c->has.min_buffer_count && t.outcome.buffer_count < c->min_buffer_count)) {
                law_is_broken(&t, "the result is not what a participant asked for");
            }
        }
        if (t.outcome.error == 0 && t.outcome.buffer_count < camping) {
            law_is_broken(&t, "fewer buffers than participants camp on");
        }
        solved += t.outcome.error == 0 ? 1 : 0;
    }
    assert_true(solved > SEEDS / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_participants_does_not_matter),
        cmocka_unit_test(unconstrained_participants_change_nothing),
        cmocka_unit_test(asking_twice_changes_nothing),
        cmocka_unit_test(the_result_satisfies_everyone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
