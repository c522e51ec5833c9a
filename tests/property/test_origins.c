/* Where a result comes from, for random participants: every value has an origin, and whoever is
 * named as one did say something of the kind. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "solver/origin.h"
#include "trial.h"

#define SEEDS      20000
#define FIRST_SEED UINT64_C(2000000)
#define IMAGE      "image_format_constraints."

typedef struct sysmem_buffer_collection_constraints constraints_t;
typedef struct sysmem_image_format_constraints table_t;

#define ROW(name)                                                                                  \
    {                                                                                              \
        IMAGE #name, offsetof(table_t, has.name)                                                   \
    }

/* Fields of images: those of the result come from the participants' of the same name. */
static const struct {
    const char *field;
    size_t has;
} rows[] = {
    ROW(pixel_format),
    ROW(pixel_format_modifier),
    ROW(color_spaces),
    ROW(min_size),
    ROW(max_size),
    ROW(min_bytes_per_row),
    ROW(max_bytes_per_row),
    ROW(max_width_times_height),
    ROW(size_alignment),
    ROW(display_rect_alignment),
    ROW(required_min_size),
    ROW(required_max_size),
    ROW(bytes_per_row_divisor),
    ROW(start_offset_divisor),
    ROW(require_bytes_per_row_at_pixel_boundary),
    ROW(is_alpha_present),
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool some_table_has(const constraints_t *c, size_t has)
{
    bool any = false;
    for (size_t i = 0; c->has.image_format_constraints && i < c->image_format_constraints_count;
         i++) {
        any |= *(const bool *)((const char *)&c->image_format_constraints[i] + has);
    }
    return any;
}

/* Whether a participant says anything that can go into an image's field of the result. A format may
 * be one of a list, and a modifier may follow from a format. */
static bool says_of_image(const constraints_t *c, const char *field)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (is(rows[i].field, field)) {
            bool formats =
                is(field, IMAGE "pixel_format") || is(field, IMAGE "pixel_format_modifier");
            return some_table_has(c, rows[i].has) ||
                   (formats &&
                    (some_table_has(c, offsetof(table_t, has.pixel_format)) ||
                     some_table_has(c, offsetof(table_t, has.pixel_format_and_modifiers))));
        }
    }
    return false;
}

static bool says(const constraints_t *c, const char *field)
{
    const struct sysmem_buffer_memory_constraints *m = &c->buffer_memory_constraints;
    bool memory = c->has.buffer_memory_constraints;
    if (is(field, "buffer_count")) {
        return c->has.min_buffer_count_for_camping || c->has.min_buffer_count_for_dedicated_slack ||
               c->has.min_buffer_count_for_shared_slack || c->has.min_buffer_count ||
               c->has.max_buffer_count;
    }
    if (is(field, "buffer_settings.size_bytes")) {
        return (memory && (m->has.min_size_bytes || m->has.max_size_bytes)) ||
               c->has.image_format_constraints;
    }
    if (is(field, "buffer_settings.is_physically_contiguous")) {
        return memory && m->has.physically_contiguous_required;
    }
    if (is(field, "buffer_settings.is_secure")) {
        return memory && m->has.secure_required;
    }
    if (is(field, "buffer_settings.heap")) {
        return memory && (m->has.permitted_heaps || m->has.secure_required);
    }
    if (is(field, "buffer_settings.coherency_domain")) {
        return c->has.usage ||
               (memory && (m->has.cpu_domain_supported || m->has.ram_domain_supported ||
                           m->has.inaccessible_domain_supported || m->has.secure_required));
    }
    return says_of_image(c, field);
}

/* Whether a participant says what rounds an image's field of the result. */
static bool rounds(const constraints_t *c, const char *field)
{
    bool least_row = is(field, IMAGE "min_bytes_per_row");
    bool row_bounds = least_row || is(field, IMAGE "max_bytes_per_row");
    bool sizes = least_row || is(field, IMAGE "min_size") || is(field, IMAGE "max_size");
    return (least_row && some_table_has(c, offsetof(table_t, has.min_size))) ||
           (sizes && some_table_has(c, offsetof(table_t, has.size_alignment))) ||
           (row_bounds && some_table_has(c, offsetof(table_t, has.bytes_per_row_divisor))) ||
           ((row_bounds || is(field, IMAGE "bytes_per_row_divisor")) &&
            some_table_has(c, offsetof(table_t, has.require_bytes_per_row_at_pixel_boundary)));
}

static bool has_origin(const struct solver_origins *origins, const char *field)
{
    size_t found = 0;
    for (size_t i = 0; i < origins->count; i++) {
        found += is(origins->list[i].field, field) ? 1 : 0;
    }
    return found == 1;
}

static const char *check_every_field(const struct trial *t, const struct solver_origins *origins)
{
    static const char *const always[] = {"buffer_count",
                                         "buffer_settings.size_bytes",
                                         "buffer_settings.is_physically_contiguous",
                                         "buffer_settings.is_secure",
                                         "buffer_settings.coherency_domain",
                                         "buffer_settings.heap"};
    const struct sysmem_single_buffer_settings *settings = &t->outcome.settings;
    size_t count = sizeof(always) / sizeof(always[0]);
    for (size_t i = 0; i < count; i++) {
        if (!has_origin(origins, always[i])) {
            return always[i];
        }
    }
    for (size_t i = 0; settings->has.image_format_constraints && i < ROWS; i++) {
        const char *image = (const char *)&settings->image_format_constraints;
        if (*(const bool *)(image + rows[i].has)) {
            count++;
            if (!has_origin(origins, rows[i].field)) {
                return rows[i].field;
            }
        }
    }
    return origins->count == count ? NULL : "origins of other fields";
}

static const char *check_sources(const struct trial *t, const struct solver_origin *origin)
{
    if (origin->source_count == 0 || origin->value[0] == '\0') {
        return "an origin has a value and a source";
    }
    for (size_t i = 0; i < origin->source_count; i++) {
        const struct solver_source *source = &origin->sources[i];
        const constraints_t *c =
            source->participant < 0 ? NULL : t->participants[source->participant].constraints;
        if (source->text[0] == '\0' || source->participant >= (int)t->count) {
            return "a source is told";
        }
        if (source->participant >= 0 &&
            (c == NULL || !(says(c, origin->field) || rounds(c, origin->field)))) {
            return "a source said something of the kind";
        }
    }
    return NULL;
}

/* Who camps on buffers, or bounds an image of the only entry there is, is named. */
static const char *check_named(const struct trial *t, const struct solver_origin *origin)
{
    bool of_count = is(origin->field, "buffer_count");
    for (size_t i = 0; i < t->count; i++) {
        const constraints_t *c = t->participants[i].constraints;
        bool expected = c != NULL && says(c, origin->field) &&
                        (of_count || c->image_format_constraints_count == 1);
        if (!expected || (!of_count && strncmp(origin->field, IMAGE, strlen(IMAGE)) != 0)) {
            continue;
        }
        bool named = false;
        for (size_t j = 0; j < origin->source_count; j++) {
            named |= origin->sources[j].participant == (int)i;
        }
        if (!named) {
            return "who said something of the kind is a source";
        }
    }
    return NULL;
}

static const char *check(const struct trial *t)
{
    struct solver_origins origins;
    const struct solver_problem problem = {
        .participants = t->participants,
        .participant_count = t->count,
        .environment = &t->environment,
    };
    assert_int_equal(solver_origins(&problem, NULL, &t->outcome, &origins), 0);
    const char *wrong = check_every_field(t, &origins);
    for (size_t i = 0; i < origins.count && wrong == NULL; i++) {
        wrong = check_sources(t, &origins.list[i]);
        wrong = wrong == NULL ? check_named(t, &origins.list[i]) : wrong;
    }
    solver_origins_deinit(&origins);
    return wrong;
}

static void every_value_has_an_origin(void **state)
{
    static struct trial t;
    size_t solved = 0;
    (void)state;
    for (uint64_t i = 0; i < SEEDS; i++) {
        trial_init(&t, FIRST_SEED + i);
        const char *wrong = t.outcome.error == 0 ? check(&t) : NULL;
        if (wrong != NULL) {
            fail_msg("seed %" PRIu64 ": %s", t.seed, wrong);
        }
        solved += t.outcome.error == 0 ? 1 : 0;
    }
    assert_true(solved > SEEDS / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_has_an_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
