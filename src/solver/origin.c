#include "solver/origin.h"

#include <errno.h>
#include <string.h>

#include <sysmem/format.h>

#include "base/strbuf.h"
#include "model/field.h"
#include "model/print.h"
#include "model/tables.h"
#include "solver/pair.h"
#include "solver/relax.h"
#include "solver/said.h"
#include "solver/words.h"

/* What a field of the constraints goes into. Fields of images go into the result's fields of the
 * same name, and some into the size too. */
static const struct {
    const char *field;
    const char *results[3];
} uses[] = {
    {"usage",                                {"buffer_settings.coherency_domain", NULL}        },
    {"min_buffer_count_for_camping",         {"buffer_count", NULL}                            },
    {"min_buffer_count_for_dedicated_slack", {"buffer_count", NULL}                            },
    {"min_buffer_count_for_shared_slack",    {"buffer_count", NULL}                            },
    {"min_buffer_count",                     {"buffer_count", NULL}                            },
    {"max_buffer_count",                     {"buffer_count", NULL}                            },
    {"min_size_bytes",                       {"buffer_settings.size_bytes", NULL}              },
    {"max_size_bytes",                       {"buffer_settings.size_bytes", NULL}              },
    {"physically_contiguous_required",       {"buffer_settings.is_physically_contiguous", NULL}},
    {"secure_required",
     {"buffer_settings.is_secure", "buffer_settings.heap", "buffer_settings.coherency_domain"} },
    {"cpu_domain_supported",                 {"buffer_settings.coherency_domain", NULL}        },
    {"ram_domain_supported",                 {"buffer_settings.coherency_domain", NULL}        },
    {"inaccessible_domain_supported",        {"buffer_settings.coherency_domain", NULL}        },
    {"permitted_heaps",                      {"buffer_settings.heap", NULL}                    },
};

#define IMAGE "image_format_constraints."

/* What is being worked out. */
struct telling {
    const struct solver_problem *problem;
    const uint32_t *selected;
    const struct solver_outcome *outcome;
    struct relax_list *lists; /* the set fields of each participant that takes part */
    struct sysmem_image_format_constraints said; /* of images of the chosen format */
    struct arena *arena;
    struct solver_origin *list;
    size_t count;
    bool no_memory;
};

static bool takes_part(const struct telling *t, size_t index)
{
    const struct solver_participant *participant = &t->problem->participants[index];
    return participant->constraints != NULL &&
           (participant->group == 0 || t->selected[participant->group - 1] == participant->child);
}

static bool read_lists(struct telling *t)
{
    size_t count = t->problem->participant_count;
    t->lists = arena_alloc_array(t->arena, count, sizeof(*t->lists));
    for (size_t i = 0; t->lists != NULL && i < count; i++) {
        if (takes_part(t, i) &&
            !relax_list_read(t->arena, t->problem->participants[i].constraints, &t->lists[i])) {
            return false;
        }
    }
    return t->lists != NULL;
}

static bool is_result_pair(const struct telling *t, uint32_t pixel_format, uint64_t modifier)
{
    const struct sysmem_image_format_constraints *result =
        &t->outcome->settings.image_format_constraints;
    const struct pair wanted = {.pixel_format = result->pixel_format,
                                .modifier = result->pixel_format_modifier};
    const struct pair pair = {.pixel_format = pixel_format, .modifier = modifier};
    struct pair both;
    return pair_combine(&wanted, &pair, &both);
}

/* Whether the result was made of this entry. */
static bool is_in_result(const struct telling *t,
                         const struct sysmem_buffer_collection_constraints *constraints,
                         size_t index)
{
    const struct sysmem_image_format_constraints *entry =
        &constraints->image_format_constraints[index];
    size_t pairs =
        entry->has.pixel_format_and_modifiers ? entry->pixel_format_and_modifiers_count : 0;
    for (size_t i = 0; i < pairs; i++) {
        if (is_result_pair(t, entry->pixel_format_and_modifiers[i].pixel_format,
                           entry->pixel_format_and_modifiers[i].pixel_format_modifier)) {
            return true;
        }
    }
    return entry->has.pixel_format &&
           is_result_pair(t, entry->pixel_format, relax_modifier(constraints, entry));
}

static void read_said(struct telling *t)
{
    said_init(&t->said);
    for (size_t i = 0; i < t->problem->participant_count; i++) {
        const struct sysmem_buffer_collection_constraints *constraints =
            t->problem->participants[i].constraints;
        size_t count = takes_part(t, i) && constraints->has.image_format_constraints
                           ? constraints->image_format_constraints_count
                           : 0;
        for (size_t j = 0; j < count; j++) {
            if (is_in_result(t, constraints, j)) {
                said_fold(&t->said, &constraints->image_format_constraints[j]);
            }
        }
    }
}

/* NULL: not rounded. */
static const char *const *rounded_by(const struct telling *t, const char *name)
{
    return said_rounded_by(&t->said, &t->outcome->settings.image_format_constraints, name);
}

/* Whether an entry's field is what rounded a field of the result. */
static bool rounds(const struct telling *t, const struct sysmem_image_format_constraints *entry,
                   const char *field, const char *name)
{
    const char *const *by = rounded_by(t, name);
    bool idle = strcmp(field, "require_bytes_per_row_at_pixel_boundary") == 0 &&
                !entry->require_bytes_per_row_at_pixel_boundary;
    for (; by != NULL && !idle && *by != NULL; by++) {
        if (strcmp(*by, field) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_of_size(const char *field)
{
    static const char *const names[] = {"min_size", "required_max_size", "min_bytes_per_row",
                                        "size_alignment", "bytes_per_row_divisor"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(field, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_of_formats(const char *name)
{
    return strcmp(name, "pixel_format") == 0 || strcmp(name, "pixel_format_modifier") == 0;
}

/* Whether a field of a participant plays a part in a field of the result. */
static bool goes_into(const struct telling *t, size_t participant, const struct relax_field *field,
                      const char *result)
{
    bool of_image = strncmp(result, IMAGE, strlen(IMAGE)) == 0;
    const char *name = of_image ? result + strlen(IMAGE) : result;
    if (field->part == RELAX_FORMATS) {
        return of_image && is_of_formats(name);
    }
    if (field->part == RELAX_IMAGE) {
        const struct sysmem_buffer_collection_constraints *constraints =
            t->problem->participants[participant].constraints;
        const char *own = field->field->name;
        bool goes = of_image ? strcmp(own, name) == 0 ||
                                   rounds(t, &constraints->image_format_constraints[field->entry],
                                          own, name)
                             : strcmp(result, "buffer_settings.size_bytes") == 0 && is_of_size(own);
        return goes && is_in_result(t, constraints, field->entry);
    }
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        if (strcmp(uses[i].field, field->field->name) == 0) {
            bool used = false;
            for (size_t j = 0; j < 3 && uses[i].results[j] != NULL; j++) {
                used |= strcmp(uses[i].results[j], result) == 0;
            }
            return used;
        }
    }
    return false;
}

static char *keep(struct telling *t, struct strbuf *buf)
{
    const char *text = strbuf_text(buf);
    char *kept = buf->failed ? NULL : arena_strndup(t->arena, text, strlen(text));
    t->no_memory |= kept == NULL;
    strbuf_deinit(buf);
    return kept;
}

static size_t count_sources(const struct telling *t, const char *result)
{
    size_t count = 0;
    for (size_t i = 0; i < t->problem->participant_count; i++) {
        for (size_t j = 0; j < t->lists[i].count; j++) {
            count += goes_into(t, i, &t->lists[i].fields[j], result) ? 1 : 0;
        }
    }
    return count;
}

/* What no participant asked for comes from the format, or is a default. */
static const char *own_demand(const struct telling *t, const char *result)
{
    if (strncmp(result, IMAGE, strlen(IMAGE)) == 0 &&
        said_leaves_to_format(&t->said, &t->outcome->settings.image_format_constraints,
                              result + strlen(IMAGE))) {
        return "what the pixel format needs by itself";
    }
    bool image = t->outcome->settings.has.image_format_constraints;
    return image && strcmp(result, "buffer_settings.size_bytes") == 0
               ? "what an image of this format and size needs"
               : NULL;
}

/* A source that is called as the result is told by its value alone. */
static char *source_text(struct telling *t, size_t participant, const struct relax_field *field,
                         const char *result)
{
    const struct solver_environment *environment = t->problem->environment;
    const struct sysmem_buffer_collection_constraints *constraints =
        t->problem->participants[participant].constraints;
    const char *dot = strrchr(result, '.');
    struct strbuf buf = {0};
    if (field->part == RELAX_FORMATS ||
        strcmp(field->field->name, dot == NULL ? result : dot + 1) == 0) {
        words_field_value(environment, constraints, field, true, &buf);
    } else {
        words_field(environment, constraints, field, true, &buf);
    }
    return keep(t, &buf);
}

static void add_sources(struct telling *t, struct solver_origin *origin)
{
    size_t most = count_sources(t, origin->field) + 1;
    struct solver_source *sources = arena_alloc_array(t->arena, most, sizeof(*sources));
    origin->sources = sources;
    if (sources == NULL) {
        t->no_memory = true;
        return;
    }
    for (size_t i = 0; i < t->problem->participant_count; i++) {
        for (size_t j = 0; j < t->lists[i].count; j++) {
            const struct relax_field *field = &t->lists[i].fields[j];
            if (goes_into(t, i, field, origin->field)) {
                sources[origin->source_count++] =
                    (struct solver_source){(int)i, source_text(t, i, field, origin->field)};
            }
        }
    }
    const char *own = own_demand(t, origin->field);
    if (own == NULL && origin->source_count == 0) {
        own = "nobody asked: the default";
    }
    if (own != NULL) {
        sources[origin->source_count++] = (struct solver_source){-1, own};
    }
}

static void add_origin(struct telling *t, const char *prefix, const char *name,
                       struct strbuf *value)
{
    struct strbuf path = {0};
    struct solver_origin *origin = &t->list[t->count++];
    strbuf_addf(&path, "%s%s", prefix, name);
    *origin = (struct solver_origin){.field = keep(t, &path), .value = keep(t, value)};
    if (!t->no_memory) {
        add_sources(t, origin);
    }
}

static void add_value(const struct model_field *field, const void *table, struct strbuf *buf)
{
    if (field->type == &model_type_heap) {
        struct sysmem_heap heap;
        memcpy(&heap, model_field_items(field, table).first, sizeof(heap));
        strbuf_add_escaped(buf, heap.heap_type);
    } else {
        words_value(field, table, buf);
    }
}

static void add_table(struct telling *t, const char *prefix, const struct model_type *type,
                      const void *table)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (model_field_is_set(&type->fields[i], table)) {
            struct strbuf value = {0};
            add_value(&type->fields[i], table, &value);
            add_origin(t, prefix, type->fields[i].name, &value);
        }
    }
}

static void tell(struct telling *t)
{
    const struct sysmem_single_buffer_settings *settings = &t->outcome->settings;
    struct strbuf count = {0};
    strbuf_addf(&count, "%u", t->outcome->buffer_count);
    add_origin(t, "", "buffer_count", &count);
    add_table(t, "buffer_settings.", &model_type_buffer_memory_settings,
              &settings->buffer_settings);
    if (settings->has.image_format_constraints) {
        add_table(t, IMAGE, &model_type_image_format_constraints,
                  &settings->image_format_constraints);
    }
}

int solver_origins(const struct solver_problem *problem, const uint32_t *selected,
                   const struct solver_outcome *outcome, struct solver_origins *ret)
{
    size_t most = 1 + model_type_buffer_memory_settings.field_count +
                  model_type_image_format_constraints.field_count;
    *ret = (struct solver_origins){0};
    arena_init(&ret->arena, SIZE_MAX);
    struct telling t = {
        .problem = problem,
        .selected = selected,
        .outcome = outcome,
        .arena = &ret->arena,
        .list = arena_alloc_array(&ret->arena, most, sizeof(*t.list)),
    };
    t.no_memory = t.list == NULL || !read_lists(&t);
    if (!t.no_memory) {
        read_said(&t);
        tell(&t);
    }
    if (t.no_memory) {
        solver_origins_deinit(ret);
        return -ENOMEM;
    }
    ret->list = t.list;
    ret->count = t.count;
    return 0;
}

void solver_origins_deinit(struct solver_origins *origins)
{
    arena_clear(&origins->arena);
    *origins = (struct solver_origins){0};
}
