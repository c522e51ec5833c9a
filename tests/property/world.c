#include "world.h"

#include <string.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "dice.h"

#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))
#define GPU              "test.HEAP_TYPE.GPU"
#define GPU_ALIAS        "test.HEAP_TYPE.GPU_OLD_NAME"
#define SECURE           "test.HEAP_TYPE.SECURE"
#define UNKNOWN          "test.HEAP_TYPE.UNKNOWN"
#define PICK(rng, array) ((array)[below(rng, COUNT(array))])
#define MAYBE(rng, table, percent, field, ...)                                                     \
    do {                                                                                           \
        if (chance(rng, percent)) {                                                                \
            SYSMEM_SET(table, field, __VA_ARGS__);                                                 \
        }                                                                                          \
    } while (0)

/* Most worlds are tame: nothing in them is odd, and one format is liked by all, so that they can
 * often be solved. */
struct dice {
    uint64_t state;
    bool tame;
    size_t favorite;
};

static uint32_t below(struct dice *rng, size_t n)
{
    return dice_below(&rng->state, n);
}

/* What is rarer than one in twenty is odd. */
static bool chance(struct dice *rng, uint32_t percent)
{
    return below(rng, 100) < percent && !(rng->tame && percent < 5);
}

static void make_usage(struct dice *rng, struct sysmem_buffer_collection_constraints *c)
{
    static const uint32_t nones[] = {0, 1, 1, 1, 1, 2, 3};
    c->has.usage = rng->tame || chance(rng, 97);
    if (chance(rng, 10)) {
        SYSMEM_SET(&c->usage, none, rng->tame ? SYSMEM_NONE_USAGE : PICK(rng, nones));
        MAYBE(rng, &c->usage, 5, cpu, SYSMEM_CPU_USAGE_READ);
        return;
    }
    MAYBE(rng, &c->usage, rng->tame ? 70 : 50, cpu, (rng->tame ? 1 : 0) + below(rng, 15));
    MAYBE(rng, &c->usage, 20, display, below(rng, 3));
    MAYBE(rng, &c->usage, rng->tame && !c->usage.has.cpu ? 100 : 20, video, 1u << below(rng, 6));
    MAYBE(rng, &c->usage, 5, none, 0);
}

static void make_counts(struct dice *rng, struct sysmem_buffer_collection_constraints *c)
{
    static const uint32_t odd[] = {0, 1, 127, 128, 129, UINT32_MAX};
    MAYBE(rng, c, 80, min_buffer_count_for_camping, below(rng, 4));
    MAYBE(rng, c, 20, min_buffer_count_for_dedicated_slack, below(rng, 3));
    MAYBE(rng, c, 20, min_buffer_count_for_shared_slack, below(rng, 3));
    MAYBE(rng, c, 20, min_buffer_count, 1 + below(rng, 6));
    MAYBE(rng, c, 20, max_buffer_count, 6 + below(rng, 10));
    MAYBE(rng, c, 2, max_buffer_count, PICK(rng, odd));
    MAYBE(rng, c, 2, min_buffer_count, PICK(rng, odd));
    MAYBE(rng, c, 1, min_buffer_count_for_camping, PICK(rng, odd));
}

static void make_heaps(struct dice *rng, struct world_participant *p)
{
    static const char *const types[] = {
        SYSMEM_HEAP_TYPE_SYSTEM_RAM, SYSMEM_HEAP_TYPE_SYSTEM_RAM, GPU, GPU_ALIAS, SECURE, UNKNOWN};
    struct sysmem_buffer_memory_constraints *m = &p->constraints.buffer_memory_constraints;
    size_t count = chance(rng, 95) ? 1 + below(rng, WORLD_HEAPS) : 0;
    for (size_t i = 0; i < count; i++) {
        SYSMEM_SET(&p->heaps[i], heap_type, PICK(rng, types));
        bool gpu = strncmp(p->heaps[i].heap_type, GPU, strlen(GPU)) == 0;
        MAYBE(rng, &p->heaps[i], gpu ? 95 : 10, id, gpu ? 7 : 0);
    }
    SYSMEM_SET_VECTOR(m, permitted_heaps, p->heaps, count);
}

static void make_memory(struct dice *rng, struct world_participant *p)
{
    static const uint64_t mins[] = {0, 1, 4096, 4096, 65535, 65536, 1 << 20, 64 << 20};
    static const uint64_t maxs[] = {65536, 16 << 20, UINT64_C(256) << 20, UINT64_MAX};
    static const uint64_t odd[] = {UINT64_C(256) << 20, (UINT64_C(256) << 20) + 1, UINT64_MAX};
    struct sysmem_buffer_memory_constraints *m = &p->constraints.buffer_memory_constraints;
    p->constraints.has.buffer_memory_constraints = chance(rng, 70);
    MAYBE(rng, m, 50, min_size_bytes, PICK(rng, mins));
    MAYBE(rng, m, 25, max_size_bytes, PICK(rng, maxs));
    MAYBE(rng, m, 2, min_size_bytes, PICK(rng, odd));
    MAYBE(rng, m, 15, physically_contiguous_required, chance(rng, 50));
    MAYBE(rng, m, 15, secure_required, chance(rng, 40));
    MAYBE(rng, m, 20, cpu_domain_supported, chance(rng, 70));
    MAYBE(rng, m, 40, ram_domain_supported, chance(rng, 80));
    MAYBE(rng, m, 40, inaccessible_domain_supported, chance(rng, 80));
    if (chance(rng, 20)) {
        make_heaps(rng, p);
    }
}

static struct sysmem_size make_size(struct dice *rng, const uint32_t *from, size_t count)
{
    return (struct sysmem_size){from[below(rng, count)], from[below(rng, count)]};
}

static void make_bounds(struct dice *rng, struct sysmem_image_format_constraints *t)
{
    static const uint32_t mins[] = {1, 2, 16, 63, 64, 64, 100, 300};
    static const uint32_t maxs[] = {100, 200, 641, 1920, 4096, UINT32_MAX};
    static const uint32_t odd[] = {0, 1, 2, 65535, 65536, UINT32_MAX - 1, UINT32_MAX};
    MAYBE(rng, t, 80, min_size, make_size(rng, mins, COUNT(mins)));
    MAYBE(rng, t, 40, max_size, make_size(rng, maxs, COUNT(maxs)));
    MAYBE(rng, t, 20, required_min_size, make_size(rng, maxs, COUNT(maxs)));
    MAYBE(rng, t, 20, required_max_size, make_size(rng, mins, COUNT(mins)));
    MAYBE(rng, t, 10, max_width_times_height, 10000 + 10000 * (uint64_t)below(rng, 50));
    MAYBE(rng, t, 2, min_size, make_size(rng, odd, COUNT(odd)));
    MAYBE(rng, t, 2, max_size, make_size(rng, odd, COUNT(odd)));
    MAYBE(rng, t, 2, required_min_size, make_size(rng, odd, COUNT(odd)));
    MAYBE(rng, t, 2, required_max_size, make_size(rng, odd, COUNT(odd)));
}

static void make_rows(struct dice *rng, struct sysmem_image_format_constraints *t)
{
    static const uint32_t alignments[] = {1, 1, 2, 4, 16, 64};
    static const uint32_t divisors[] = {1, 2, 3, 4, 12, 16, 64, 100, 256};
    static const uint32_t odd[] = {0, 3, 4096, 8192, UINT32_MAX, 0x80000000, 0x7FFFFFFF};
    static const uint32_t powers[] = {0, 3, 4096, 8192, 0x80000000};
    MAYBE(rng, t, 20, min_bytes_per_row, 64 * below(rng, 60));
    MAYBE(rng, t, 10, max_bytes_per_row, 1000 + 100 * below(rng, 100));
    MAYBE(rng, t, 30, size_alignment, make_size(rng, alignments, COUNT(alignments)));
    MAYBE(rng, t, 15, display_rect_alignment, make_size(rng, alignments, COUNT(alignments)));
    MAYBE(rng, t, 40, bytes_per_row_divisor, PICK(rng, divisors));
    MAYBE(rng, t, 20, start_offset_divisor, PICK(rng, alignments));
    MAYBE(rng, t, 20, require_bytes_per_row_at_pixel_boundary, chance(rng, 70));
    MAYBE(rng, t, 20, is_alpha_present, chance(rng, 50));
    MAYBE(rng, t, 1, bytes_per_row_divisor, PICK(rng, odd));
    MAYBE(rng, t, 1, start_offset_divisor, PICK(rng, powers));
    MAYBE(rng, t, 1, size_alignment, make_size(rng, powers, COUNT(powers)));
    MAYBE(rng, t, 1, max_bytes_per_row, PICK(rng, odd));
}

/* The first pair of a tame participant is often the favorite; two of its pairs seldom meet. */
static void make_pair(struct dice *rng, size_t nth, uint32_t *format, uint64_t *modifier)
{
    static const uint32_t formats[] = {1, 104, 101, 105, 112, 118, 117};
    static const uint64_t modifiers[] = {
        SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR, SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR,
        SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR, SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16};
    size_t at = rng->tame ? rng->favorite + nth : below(rng, COUNT(formats));
    *format = formats[at % COUNT(formats)];
    *modifier = *format <= 101 ? PICK(rng, modifiers) : SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR;
    if (chance(rng, rng->tame && nth > 0 ? 2 : 15)) {
        *format = SYSMEM_PIXEL_FORMAT_DO_NOT_CARE;
        *modifier = PICK(rng, modifiers);
    }
    if (chance(rng, 15)) {
        *modifier = SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE;
    }
    if (chance(rng, 1)) {
        *format = chance(rng, 50) ? SYSMEM_PIXEL_FORMAT_MJPEG : SYSMEM_PIXEL_FORMAT_INVALID;
    }
}

static void make_color_spaces(struct dice *rng, struct world_participant *p, size_t at)
{
    struct sysmem_image_format_constraints *t = &p->tables[at];
    static const uint32_t any[] = {SYSMEM_COLOR_SPACE_DO_NOT_CARE, SYSMEM_COLOR_SPACE_PASSTHROUGH,
                                   SYSMEM_COLOR_SPACE_PASSTHROUGH};
    static const uint32_t odd[] = {0, 1, 6, 7, 9, 77, SYSMEM_COLOR_SPACE_DO_NOT_CARE};
    size_t count = 1;
    p->spaces[at][0] = PICK(rng, any);
    if (chance(rng, 40)) {
        uint32_t of_format = t->pixel_format <= 101 || t->pixel_format == 118
                                 ? SYSMEM_COLOR_SPACE_SRGB
                                 : 2 + below(rng, t->pixel_format == 117 ? 7 : 5);
        p->spaces[at][0] = SYSMEM_COLOR_SPACE_PASSTHROUGH;
        p->spaces[at][count++] = of_format;
    }
    if (chance(rng, 4)) {
        p->spaces[at][below(rng, WORLD_SPACES)] = PICK(rng, odd);
        count = below(rng, WORLD_SPACES + 1);
    }
    SYSMEM_SET_VECTOR(t, color_spaces, p->spaces[at], count);
}

static void make_table(struct dice *rng, struct world_participant *p, size_t at)
{
    struct sysmem_image_format_constraints *t = &p->tables[at];
    make_pair(rng, at, &t->pixel_format, &t->pixel_format_modifier);
    t->has.pixel_format = chance(rng, 90);
    t->has.pixel_format_modifier = chance(rng, t->has.pixel_format ? 70 : 4);
    make_color_spaces(rng, p, at);
    make_bounds(rng, t);
    make_rows(rng, t);
    if (chance(rng, t->has.pixel_format ? 15 : rng->tame ? 100 : 95)) {
        size_t count = 1 + below(rng, WORLD_PAIRS);
        for (size_t i = 0; i < count; i++) {
            make_pair(rng, WORLD_TABLES + at + i, &p->pairs[at][i].pixel_format,
                      &p->pairs[at][i].pixel_format_modifier);
        }
        SYSMEM_SET_VECTOR(t, pixel_format_and_modifiers, p->pairs[at], count);
    }
}

static void make_heaps_absent(struct dice *rng, struct world *world)
{
    size_t count;
    memcpy(world->model_heaps, world_model_heaps(&count), sizeof(world->model_heaps));
    memcpy(world->solver_heaps, world_solver_heaps(&count), sizeof(world->solver_heaps));
    for (size_t i = 0; i < count; i++) {
        if (chance(rng, 6)) {
            world->model_heaps[i].absent = true;
            world->solver_heaps[i].absent_reason = "it is away";
        }
    }
}

static enum model_secure make_secure(struct dice *rng)
{
    return chance(rng, 6)   ? MODEL_SECURE_EXPECTED
           : chance(rng, 6) ? MODEL_SECURE_LOST
                            : MODEL_SECURE_THERE;
}

enum solver_secure world_solver_secure(const struct world *world)
{
    static const enum solver_secure words[] = {
        [MODEL_SECURE_THERE] = SOLVER_SECURE_AS_LISTED,
        [MODEL_SECURE_EXPECTED] = SOLVER_SECURE_EXPECTED,
        [MODEL_SECURE_LOST] = SOLVER_SECURE_LOST,
    };
    return words[world->secure];
}

void world_make(struct world *world, uint64_t seed)
{
    struct dice rng = {.state = seed};
    rng.tame = chance(&rng, 75);
    rng.favorite = below(&rng, 7);
    memset(world, 0, sizeof(*world));
    world->count = 1 + below(&rng, WORLD_PARTICIPANTS);
    world->contiguous = chance(&rng, 50);
    for (size_t i = 0; i < world->count; i++) {
        struct world_participant *p = &world->participants[i];
        p->silent = chance(&rng, 3);
        if (chance(&rng, 4)) {
            continue; /* an empty table */
        }
        make_usage(&rng, &p->constraints);
        make_counts(&rng, &p->constraints);
        make_memory(&rng, p);
        if (chance(&rng, 70)) {
            size_t count = rng.tame ? 2 : below(&rng, WORLD_TABLES + 1);
            for (size_t t = 0; t < count; t++) {
                make_table(&rng, p, t);
            }
            SYSMEM_SET_VECTOR(&p->constraints, image_format_constraints, p->tables, count);
        }
    }
    make_heaps_absent(&rng, world);
    world->secure = make_secure(&rng);
}

const struct model_heap *world_model_heaps(size_t *ret_count)
{
    static const struct model_heap heaps[] = {
        {SYSMEM_HEAP_TYPE_SYSTEM_RAM, NULL,      0, true,  true,  true, false, false},
        {GPU,                         GPU_ALIAS, 7, false, false, true, false, false},
        {SECURE,                      NULL,      0, false, false, true, true,  false},
    };
    *ret_count = COUNT(heaps);
    return heaps;
}

const struct solver_heap *world_solver_heaps(size_t *ret_count)
{
    static const char *const aliases[] = {GPU_ALIAS};
    static const struct solver_heap heaps[] = {
        {{SYSMEM_HEAP_TYPE_SYSTEM_RAM, 0, {true, true}}, true,  true,  true, false, NULL,    0, NULL},
        {{GPU, 7, {true, true}},                         false, false, true, false, aliases, 1, NULL},
        {{SECURE, 0, {true, false}},                     false, false, true, true,  NULL,    0, NULL},
    };
    *ret_count = COUNT(heaps);
    return heaps;
}
