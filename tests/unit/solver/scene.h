/* Participants, their constraints and a heap or two, in few lines. For the solver's tests. */
#ifndef TESTS_UNIT_SOLVER_SCENE_H
#define TESTS_UNIT_SOLVER_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "solver/solver.h"

#define SCENE_MAX  8
#define LINEAR     SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR
#define X_TILED    SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED
#define Y_TILED    SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED
#define ANY_MOD    SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE
#define ANY_FORMAT SYSMEM_PIXEL_FORMAT_DO_NOT_CARE
#define ANY_SPACE  SYSMEM_COLOR_SPACE_DO_NOT_CARE
#define RGBA       SYSMEM_PIXEL_FORMAT_R8G8B8A8
#define BGRA       SYSMEM_PIXEL_FORMAT_B8G8R8A8
#define NV12       SYSMEM_PIXEL_FORMAT_NV12
#define SRGB       SYSMEM_COLOR_SPACE_SRGB
#define REC709     SYSMEM_COLOR_SPACE_REC709
#define CPU_RW     (SYSMEM_CPU_USAGE_READ_OFTEN | SYSMEM_CPU_USAGE_WRITE_OFTEN)
#define SIZE(w, h) ((struct sysmem_size){(w), (h)})

typedef struct sysmem_buffer_collection_constraints constraints_t;
typedef struct sysmem_image_format_constraints image_t;

struct scene {
    struct solver_environment environment;
    struct solver_participant participants[SCENE_MAX];
    constraints_t constraints[SCENE_MAX];
    image_t images[SCENE_MAX][SCENE_MAX];
    uint32_t spaces[SCENE_MAX][SCENE_MAX];
    struct sysmem_pixel_format_and_modifier pairs[SCENE_MAX][SCENE_MAX];
    size_t count;
    struct solver_outcome outcome;
};

static inline void scene_init(struct scene *s)
{
    memset(s, 0, sizeof(*s));
    solver_environment_init(&s->environment);
}

/* A participant that has set an empty table. */
static inline constraints_t *scene_empty(struct scene *s)
{
    constraints_t *c = &s->constraints[s->count];
    s->participants[s->count++].constraints = c;
    return c;
}

/* One that uses the CPU and has set nothing else. */
static inline constraints_t *scene_cpu(struct scene *s)
{
    constraints_t *c = scene_empty(s);
    c->has.usage = true;
    SYSMEM_SET(&c->usage, cpu, CPU_RW);
    return c;
}

static inline struct sysmem_buffer_memory_constraints *scene_memory(constraints_t *c)
{
    c->has.buffer_memory_constraints = true;
    return &c->buffer_memory_constraints;
}

static inline void scene_sizes(constraints_t *c, uint64_t min, uint64_t max)
{
    SYSMEM_SET(scene_memory(c), min_size_bytes, min);
    SYSMEM_SET(scene_memory(c), max_size_bytes, max);
}

static inline void scene_domains(constraints_t *c, bool cpu, bool ram, bool inaccessible)
{
    SYSMEM_SET(scene_memory(c), cpu_domain_supported, cpu);
    SYSMEM_SET(scene_memory(c), ram_domain_supported, ram);
    SYSMEM_SET(scene_memory(c), inaccessible_domain_supported, inaccessible);
}

/* The usual participant of the conformance cases: works with the CPU, camps on some buffers. */
static inline constraints_t *scene_p_cpu(struct scene *s, uint32_t camping, uint64_t min,
                                         uint64_t max)
{
    constraints_t *c = scene_cpu(s);
    SYSMEM_SET(c, min_buffer_count_for_camping, camping);
    scene_sizes(c, min, max);
    scene_domains(c, true, false, false);
    SYSMEM_SET(scene_memory(c), physically_contiguous_required, false);
    SYSMEM_SET(scene_memory(c), secure_required, false);
    return c;
}

/* A further image entry of a participant, with one color space. */
static inline image_t *scene_entry(struct scene *s, constraints_t *c, uint32_t color_space)
{
    size_t who = (size_t)(c - s->constraints);
    size_t i = c->image_format_constraints_count++;
    image_t *image = &s->images[who][i];
    c->image_format_constraints = s->images[who];
    c->has.image_format_constraints = true;
    s->spaces[who][i] = color_space;
    SYSMEM_SET_VECTOR(image, color_spaces, &s->spaces[who][i], 1);
    return image;
}

static inline image_t *scene_image(struct scene *s, constraints_t *c, uint32_t pixel_format,
                                   uint64_t modifier, uint32_t color_space)
{
    image_t *image = scene_entry(s, c, color_space);
    SYSMEM_SET(image, pixel_format, pixel_format);
    SYSMEM_SET(image, pixel_format_modifier, modifier);
    return image;
}

/* A CPU participant with one buffer and one image entry of at least 64x64. */
static inline image_t *scene_simple(struct scene *s, uint32_t pixel_format, uint64_t modifier,
                                    uint32_t color_space)
{
    constraints_t *c = scene_cpu(s);
    SYSMEM_SET(c, min_buffer_count_for_camping, 1);
    image_t *image = scene_image(s, c, pixel_format, modifier, color_space);
    SYSMEM_SET(image, min_size, SIZE(64, 64));
    return image;
}

/* Adds to an entry's pixel_format_and_modifiers; one entry of a participant may have them. */
static inline void scene_pair(struct scene *s, size_t who, image_t *image, uint32_t pixel_format,
                              uint64_t modifier)
{
    size_t i = image->pixel_format_and_modifiers_count++;
    s->pairs[who][i] = (struct sysmem_pixel_format_and_modifier){pixel_format, modifier};
    image->pixel_format_and_modifiers = s->pairs[who];
    image->has.pixel_format_and_modifiers = true;
}

/* Solves; returns the error. */
static inline uint32_t scene_solve(struct scene *s)
{
    solver_solve(s->participants, s->count, &s->environment, &s->outcome);
    return s->outcome.error;
}

static inline void scene_succeeds(struct scene *s)
{
    if (scene_solve(s) != 0) {
        fail_msg("participant %d, %s: %s", s->outcome.reasons[0].participant,
                 s->outcome.reasons[0].field, s->outcome.reasons[0].detail);
    }
}

/* Expects a conflict, with a reason against the participant and field; NULL: against nobody. */
static inline void scene_fails(struct scene *s, int participant, const char *field)
{
    assert_int_equal(scene_solve(s), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_true(s->outcome.reason_count > 0);
    assert_true(s->outcome.reasons[0].detail[0] != '\0');
    assert_string_equal(s->outcome.reasons[0].field, field == NULL ? "" : field);
    assert_int_equal(s->outcome.reasons[0].participant, field == NULL ? -1 : participant);
}

static inline const struct sysmem_buffer_memory_settings *scene_settings(const struct scene *s)
{
    return &s->outcome.settings.buffer_settings;
}

static inline const image_t *scene_result(const struct scene *s)
{
    assert_true(s->outcome.settings.has.image_format_constraints);
    return &s->outcome.settings.image_format_constraints;
}

#endif
