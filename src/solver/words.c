#include "solver/words.h"

#include <assert.h>
#include <string.h>

#include <sysmem/format.h>

#include "model/field.h"
#include "model/names.h"
#include "model/print.h"
#include "model/tables.h"
#include "solver/heaps.h"
#include "solver/text.h"

/* Lists are told up to so many items. */
#define MAX_ITEMS 4

static void add_separator(struct strbuf *buf, size_t index)
{
    strbuf_addf(buf, "%s", index == 0 ? "" : ", ");
}

static void add_more(struct strbuf *buf, size_t count)
{
    if (count > MAX_ITEMS) {
        strbuf_addf(buf, " and %zu more", count - MAX_ITEMS);
    }
}

/* Values */

static void add_usage(const struct sysmem_buffer_usage *usage, struct strbuf *buf)
{
    const struct model_type *type = &model_type_buffer_usage;
    const char *separator = "";
    for (size_t i = 0; i < type->field_count; i++) {
        const struct model_field *field = &type->fields[i];
        if (!model_field_is_set(field, usage)) {
            continue;
        }
        struct model_items items = model_field_items(field, usage);
        uint64_t bits = model_item_integer(field, items.first);
        if (bits != 0) {
            strbuf_addf(buf, "%s", separator);
            model_print_value(field->names, bits, buf);
            separator = "|";
        }
    }
    strbuf_addf(buf, "%s", *separator == '\0' ? "without a bit" : "");
}

/* What somebody supports who does not say so. Source: spec/fuchsia.sysmem2.txt, TABLES,
 * BufferMemoryConstraints. */
static void add_domains(const struct sysmem_buffer_collection_constraints *constraints,
                        struct strbuf *buf)
{
    const struct sysmem_buffer_memory_constraints *memory = &constraints->buffer_memory_constraints;
    bool has_memory = constraints->has.buffer_memory_constraints;
    bool ram = has_memory && memory->has.ram_domain_supported;
    bool inaccessible = has_memory && memory->has.inaccessible_domain_supported;
    if (!constraints->usage.has.cpu || constraints->usage.cpu == 0 || (ram && inaccessible)) {
        return;
    }
    strbuf_addf(buf, ", which with %s unset excludes %s",
                ram            ? "inaccessible_domain_supported"
                : inaccessible ? "ram_domain_supported"
                               : "ram_domain_supported and inaccessible_domain_supported",
                ram            ? "the INACCESSIBLE domain"
                : inaccessible ? "the RAM domain"
                               : "all domains but CPU");
}

static void add_heap(const struct solver_environment *environment, const struct sysmem_heap *named,
                     struct strbuf *buf)
{
    const struct solver_heap *heap = named->has.heap_type ? heap_find(environment, named->heap_type,
                                                                      named->has.id ? named->id : 0)
                                                          : NULL;
    strbuf_add_escaped(buf, named->has.heap_type ? named->heap_type : "no heap_type");
    if (named->has.id && named->id != 0) {
        strbuf_addf(buf, " id %llu", (unsigned long long)named->id);
    }
    if (heap == NULL) {
        strbuf_addf(buf, " (not there)");
    } else if (heap->absent_reason != NULL) {
        strbuf_addf(buf, " (absent: ");
        strbuf_add_escaped(buf, heap->absent_reason);
        strbuf_addf(buf, ")");
    } else if (!heap->cpu_supported || !heap->ram_supported || !heap->inaccessible_supported) {
        strbuf_addf(buf, " (domains%s%s%s)", heap->cpu_supported ? " CPU" : "",
                    heap->ram_supported ? " RAM" : "",
                    heap->inaccessible_supported ? " INACCESSIBLE" : "");
    }
}

static void add_heaps(const struct solver_environment *environment,
                      const struct sysmem_buffer_memory_constraints *memory, struct strbuf *buf)
{
    size_t count = memory->permitted_heaps_count;
    for (size_t i = 0; i < count && i < MAX_ITEMS; i++) {
        add_separator(buf, i);
        add_heap(environment, &memory->permitted_heaps[i], buf);
    }
    add_more(buf, count);
    strbuf_addf(buf, "%s", count == 0 ? "without any" : "");
}

static void add_color_spaces(const struct sysmem_image_format_constraints *entry,
                             struct strbuf *buf)
{
    size_t count = entry->has.color_spaces ? entry->color_spaces_count : 0;
    for (size_t i = 0; i < count && i < MAX_ITEMS; i++) {
        add_separator(buf, i);
        strbuf_addf(buf, "%s",
                    text_of_value(&model_color_space_names, entry->color_spaces[i]).text);
    }
    add_more(buf, count);
    strbuf_addf(buf, "%s", count == 0 ? "unset" : "");
}

/* A modifier that is left out is told with what that means. */
static void add_pair_of(const struct sysmem_buffer_collection_constraints *constraints,
                        const struct sysmem_image_format_constraints *entry, struct strbuf *buf)
{
    if (entry->has.pixel_format_modifier) {
        strbuf_addf(buf, "%s",
                    text_of_format(entry->pixel_format, entry->pixel_format_modifier).text);
        return;
    }
    bool any = relax_modifier(constraints, entry) == SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE;
    strbuf_addf(buf, "%s (modifier unset: %s)",
                text_of_value(&model_pixel_format_names, entry->pixel_format).text,
                any ? "any" : "LINEAR");
}

/* The pairs of all entries. */
static void add_formats(const struct sysmem_buffer_collection_constraints *constraints,
                        struct strbuf *buf)
{
    size_t told = 0;
    for (size_t i = 0; i < constraints->image_format_constraints_count; i++) {
        const struct sysmem_image_format_constraints *entry =
            &constraints->image_format_constraints[i];
        size_t pairs =
            entry->has.pixel_format_and_modifiers ? entry->pixel_format_and_modifiers_count : 0;
        for (size_t j = 0; j < pairs; j++) {
            const struct sysmem_pixel_format_and_modifier *pair =
                &entry->pixel_format_and_modifiers[j];
            if (told < MAX_ITEMS) {
                add_separator(buf, told);
                strbuf_addf(buf, "%s",
                            text_of_format(pair->pixel_format, pair->pixel_format_modifier).text);
            }
            told++;
        }
        if (entry->has.pixel_format) {
            if (told < MAX_ITEMS) {
                add_separator(buf, told);
                add_pair_of(constraints, entry, buf);
            }
            told++;
        }
    }
    add_more(buf, told);
    strbuf_addf(buf, "%s", told == 0 ? "unset" : "");
}

void words_value(const struct model_field *field, const void *table, struct strbuf *buf)
{
    if (field->type == &model_type_size) {
        struct sysmem_size size;
        memcpy(&size, model_field_items(field, table).first, sizeof(size));
        strbuf_addf(buf, "%ux%u", size.width, size.height);
    } else {
        model_print_field(field, table, buf);
    }
}

static void add_collection_field(const struct sysmem_buffer_collection_constraints *constraints,
                                 const struct model_field *field, bool with_domains,
                                 struct strbuf *buf)
{
    if (field->type != &model_type_buffer_usage) {
        words_value(field, constraints, buf);
    } else if (!constraints->has.usage) {
        strbuf_addf(buf, "unset");
    } else {
        add_usage(&constraints->usage, buf);
        if (with_domains) {
            add_domains(constraints, buf);
        }
    }
}

void words_field(const struct solver_environment *environment,
                 const struct sysmem_buffer_collection_constraints *constraints,
                 const struct relax_field *field, bool with_domains, struct strbuf *buf)
{
    strbuf_addf(buf, "%s ", field->field->name);
    words_field_value(environment, constraints, field, with_domains, buf);
}

void words_field_value(const struct solver_environment *environment,
                       const struct sysmem_buffer_collection_constraints *constraints,
                       const struct relax_field *field, bool with_domains, struct strbuf *buf)
{
    switch (field->part) {
    case RELAX_COLLECTION:
        add_collection_field(constraints, field->field, with_domains, buf);
        break;
    case RELAX_MEMORY:
        if (field->field->type == &model_type_heap) {
            add_heaps(environment, &constraints->buffer_memory_constraints, buf);
        } else {
            words_value(field->field, &constraints->buffer_memory_constraints, buf);
        }
        break;
    case RELAX_IMAGE: {
        const struct sysmem_image_format_constraints *entry =
            &constraints->image_format_constraints[field->entry];
        if (field->field->names == &model_color_space_names) {
            add_color_spaces(entry, buf);
        } else {
            words_value(field->field, entry, buf);
        }
        break;
    }
    case RELAX_FORMATS:
        add_formats(constraints, buf);
        break;
    }
}

/* The other members of the conflict */

struct others {
    const struct probe *probe;
    const struct relax_field *self;
    bool with_domains;
    size_t told; /* up to MAX_ITEMS: there may be very many, each of which is told of the others */
};

static bool has_memory(const struct probe *probe)
{
    for (size_t i = 0; i < probe->problem->participant_count; i++) {
        const struct relax_list *list = &probe->members[i].list;
        for (size_t j = 0; j < list->count; j++) {
            if (!list->fields[j].dropped && list->fields[j].part == RELAX_MEMORY) {
                return true;
            }
        }
    }
    return false;
}

static void add_others_of(struct others *others, size_t participant, struct strbuf *buf)
{
    const struct solver_problem *problem = others->probe->problem;
    const struct relax_list *list = &others->probe->members[participant].list;
    for (size_t i = 0; i < list->count && others->told < MAX_ITEMS; i++) {
        if (list->fields[i].dropped || &list->fields[i] == others->self) {
            continue;
        }
        strbuf_addf(buf, "%s", others->told == 0 ? "" : "; ");
        words_field(problem->environment, problem->participants[participant].constraints,
                    &list->fields[i], others->with_domains, buf);
        others->told++;
    }
}

/* For a single member: what the solver has against it. */
static void add_refusal(const struct probe *probe, size_t participant,
                        const struct relax_field *field, struct strbuf *buf)
{
    const struct solver_reason *refusal = &probe->outcome.reasons[0];
    assert(probe->outcome.reason_count > 0);
    if (refusal->participant < 0) { /* it does not say what of */
        words_field(probe->problem->environment,
                    probe->problem->participants[participant].constraints, field, true, buf);
        strbuf_addf(buf, ": ");
    }
    strbuf_addf(buf, "%s", refusal->detail);
}

void words_detail(const struct probe *probe, size_t participant, const struct relax_field *field,
                  struct strbuf *buf)
{
    struct strbuf got = {0};
    struct others others = {.probe = probe, .self = field, .with_domains = has_memory(probe)};
    for (size_t i = 0; i < probe->problem->participant_count && others.told < MAX_ITEMS; i++) {
        add_others_of(&others, i, &got);
    }
    add_more(&got, probe_kept(probe) - 1);
    if (others.told == 0) {
        add_refusal(probe, participant, field, buf);
    } else {
        strbuf_addf(buf, "wanted ");
        words_field(probe->problem->environment,
                    probe->problem->participants[participant].constraints, field,
                    others.with_domains, buf);
        strbuf_addf(buf, ", got %s", strbuf_text(&got));
    }
    buf->failed |= got.failed;
    strbuf_deinit(&got);
}
