#include "solver/relax.h"

#include <assert.h>
#include <string.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "model/field.h"
#include "model/tables.h"
#include "solver/formats.h"

static bool is(const struct model_field *field, const char *name)
{
    return strcmp(field->name, name) == 0;
}

static const struct model_field *row(const struct model_type *type, const char *name)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (is(&type->fields[i], name)) {
            return &type->fields[i];
        }
    }
    assert(false && "no such field");
    return NULL;
}

static bool any_is_set(const struct model_type *type, const void *table)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (model_field_is_set(&type->fields[i], table)) {
            return true;
        }
    }
    return false;
}

static bool has_images(const struct sysmem_buffer_collection_constraints *constraints)
{
    return constraints->has.image_format_constraints &&
           constraints->image_format_constraints_count > 0;
}

/* Listing the candidates */

static void add(struct relax_list *list, enum relax_part part, const struct model_field *field,
                size_t entry)
{
    list->fields[list->count++] = (struct relax_field){part, field, entry, false};
}

static void add_collection(struct relax_list *list,
                           const struct sysmem_buffer_collection_constraints *constraints)
{
    const struct model_type *type = &model_type_buffer_collection_constraints;
    bool wants_usage = any_is_set(type, constraints); /* then it may not be left out */
    for (size_t i = 0; i < type->field_count; i++) {
        const struct model_field *field = &type->fields[i];
        bool wanted = is(field, "usage") ? wants_usage : model_field_is_set(field, constraints);
        if (wanted && (is(field, "usage") || field->kind != MODEL_TABLE)) {
            add(list, RELAX_COLLECTION, field, 0);
        }
    }
}

static void add_memory(struct relax_list *list,
                       const struct sysmem_buffer_collection_constraints *constraints)
{
    const struct model_type *type = &model_type_buffer_memory_constraints;
    for (size_t i = 0; constraints->has.buffer_memory_constraints && i < type->field_count; i++) {
        if (model_field_is_set(&type->fields[i], &constraints->buffer_memory_constraints)) {
            add(list, RELAX_MEMORY, &type->fields[i], 0);
        }
    }
}

static bool is_of_formats(const struct model_field *field)
{
    return is(field, "pixel_format") || is(field, "pixel_format_modifier") ||
           is(field, "pixel_format_and_modifiers");
}

static void add_entry(struct relax_list *list, const struct sysmem_image_format_constraints *entry,
                      size_t index)
{
    const struct model_type *type = &model_type_image_format_constraints;
    for (size_t i = 0; i < type->field_count; i++) {
        const struct model_field *field = &type->fields[i];
        bool wanted = model_field_is_set(field, entry) || is(field, "color_spaces");
        if (wanted && !is_of_formats(field)) {
            add(list, RELAX_IMAGE, field, index);
        }
    }
}

static void add_formats(struct relax_list *list,
                        const struct sysmem_buffer_collection_constraints *constraints)
{
    const struct sysmem_image_format_constraints *first = constraints->image_format_constraints;
    bool has_field = first->has.pixel_format || first->has.pixel_format_modifier;
    if (constraints->image_format_constraints_count > 1) {
        add(list, RELAX_FORMATS,
            row(&model_type_buffer_collection_constraints, "image_format_constraints"), 0);
    } else if (first->has.pixel_format_and_modifiers && !has_field) {
        add(list, RELAX_FORMATS,
            row(&model_type_image_format_constraints, "pixel_format_and_modifiers"), 0);
    } else {
        add(list, RELAX_FORMATS, row(&model_type_image_format_constraints, "pixel_format"), 0);
    }
}

bool relax_list_read(struct arena *arena,
                     const struct sysmem_buffer_collection_constraints *constraints,
                     struct relax_list *ret)
{
    size_t entries = has_images(constraints) ? constraints->image_format_constraints_count : 0;
    size_t most = model_type_buffer_collection_constraints.field_count +
                  model_type_buffer_memory_constraints.field_count + 1 +
                  entries * model_type_image_format_constraints.field_count;
    *ret = (struct relax_list){.fields = arena_alloc_array(arena, most, sizeof(*ret->fields))};
    if (ret->fields == NULL) {
        return false;
    }
    add_collection(ret, constraints);
    add_memory(ret, constraints);
    for (size_t i = 0; i < entries; i++) {
        add_entry(ret, &constraints->image_format_constraints[i], i);
    }
    if (entries > 0) {
        add_formats(ret, constraints);
    }
    return true;
}

/* Dropping */

static void unset(const struct model_field *field, void *table)
{
    *(bool *)((unsigned char *)table + field->has_offset) = false;
}

bool relax_uses_buffers(const struct sysmem_buffer_collection_constraints *constraints)
{
    const struct sysmem_buffer_usage *usage = &constraints->usage;
    return constraints->has.usage &&
           ((usage->has.cpu && usage->cpu != 0) || (usage->has.vulkan && usage->vulkan != 0) ||
            (usage->has.display && usage->display != 0) || (usage->has.video && usage->video != 0));
}

uint64_t relax_modifier(const struct sysmem_buffer_collection_constraints *constraints,
                        const struct sysmem_image_format_constraints *entry)
{
    return format_modifier_of(entry, relax_uses_buffers(constraints));
}

/* The modifier that somebody means who names none follows from the usage, and is to stay when the
 * usage goes. */
static void keep_modifiers(const struct sysmem_buffer_collection_constraints *left,
                           struct sysmem_image_format_constraints *entries)
{
    size_t count = has_images(left) ? left->image_format_constraints_count : 0;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].has.pixel_format) {
            uint64_t modifier = relax_modifier(left, &entries[i]);
            SYSMEM_SET(&entries[i], pixel_format_modifier, modifier);
        }
    }
}

static void drop_usage(struct sysmem_buffer_collection_constraints *left,
                       struct sysmem_image_format_constraints *entries)
{
    keep_modifiers(left, entries);
    left->usage = (struct sysmem_buffer_usage){0};
    SYSMEM_SET(&left->usage, none, SYSMEM_NONE_USAGE);
    left->has.usage = true;
}

/* A domain that is not asked about is supported, but not against secure memory. */
static void drop_memory(const struct model_field *field,
                        struct sysmem_buffer_memory_constraints *left)
{
    bool secure = left->has.secure_required && left->secure_required;
    if (is(field, "inaccessible_domain_supported")) {
        left->inaccessible_domain_supported = true;
    } else if (is(field, "cpu_domain_supported") && !secure) {
        left->cpu_domain_supported = true;
    } else if (is(field, "ram_domain_supported") && !secure) {
        left->ram_domain_supported = true;
    } else {
        unset(field, left);
    }
}

static void drop_image(const struct model_field *field,
                       struct sysmem_image_format_constraints *left)
{
    static const uint32_t any[] = {SYSMEM_COLOR_SPACE_DO_NOT_CARE};
    if (is(field, "color_spaces")) {
        SYSMEM_SET_VECTOR(left, color_spaces, any, 1);
    } else {
        unset(field, left);
    }
}

static void drop_formats(struct sysmem_buffer_collection_constraints *left,
                         struct sysmem_image_format_constraints *entries)
{
    if (left->image_format_constraints_count > 1) {
        left->has.image_format_constraints = false;
        return;
    }
    SYSMEM_SET(entries, pixel_format, SYSMEM_PIXEL_FORMAT_DO_NOT_CARE);
    SYSMEM_SET(entries, pixel_format_modifier, SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE);
    entries->has.pixel_format_and_modifiers = false;
}

static void drop(const struct relax_field *field, struct sysmem_buffer_collection_constraints *left,
                 struct sysmem_image_format_constraints *entries)
{
    switch (field->part) {
    case RELAX_COLLECTION:
        if (is(field->field, "usage")) {
            drop_usage(left, entries);
        } else {
            unset(field->field, left);
        }
        break;
    case RELAX_MEMORY:
        drop_memory(field->field, &left->buffer_memory_constraints);
        break;
    case RELAX_IMAGE:
        drop_image(field->field, &entries[field->entry]);
        break;
    case RELAX_FORMATS:
        drop_formats(left, entries);
        break;
    }
}

const struct sysmem_buffer_collection_constraints *relax_constraints(
    struct arena *arena, const struct sysmem_buffer_collection_constraints *constraints,
    const struct relax_list *list)
{
    size_t count = has_images(constraints) ? constraints->image_format_constraints_count : 0;
    struct sysmem_buffer_collection_constraints *left = arena_alloc(arena, sizeof(*left));
    struct sysmem_image_format_constraints *entries =
        arena_alloc_array(arena, count, sizeof(*entries));
    if (left == NULL || entries == NULL) {
        return NULL;
    }
    *left = *constraints;
    if (count > 0) {
        memcpy(entries, constraints->image_format_constraints, count * sizeof(*entries));
        left->image_format_constraints = entries;
    }
    if (list->count > 0 && !left->has.buffer_memory_constraints) {
        /* A table that becomes empty would mean NONE_USAGE, also where usage was left out. */
        SYSMEM_SET(left, buffer_memory_constraints, (struct sysmem_buffer_memory_constraints){0});
    }
    for (size_t i = 0; i < list->count; i++) {
        if (list->fields[i].dropped) {
            drop(&list->fields[i], left, entries);
        }
    }
    return left;
}

void relax_field_path(const struct relax_field *field,
                      const struct sysmem_buffer_collection_constraints *constraints,
                      struct strbuf *buf)
{
    bool in_entry =
        field->part == RELAX_IMAGE ||
        (field->part == RELAX_FORMATS && constraints->image_format_constraints_count == 1);
    if (field->part == RELAX_MEMORY) {
        strbuf_addf(buf, "buffer_memory_constraints.");
    } else if (in_entry) {
        strbuf_addf(buf, "image_format_constraints[%zu].", field->entry);
    }
    strbuf_addf(buf, "%s", field->field->name);
}
