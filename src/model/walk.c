#include "model/walk.h"

#include <string.h>

#include "model/field.h"

static bool copy_item(const struct model_field *field, const unsigned char *src, unsigned char *dst,
                      struct arena *arena)
{
    if (field->kind == MODEL_TABLE) {
        return model_copy(field->type, src, dst, arena);
    }
    if (field->kind == MODEL_STRING) {
        const char *text = model_item_string(src);
        const char *copy = arena_strndup(arena, text, strlen(text));
        memcpy(dst, &copy, sizeof(copy));
        return copy != NULL;
    }
    memcpy(dst, src, model_item_size(field));
    return true;
}

static bool copy_field(const struct model_field *field, const void *src, void *dst,
                       struct arena *arena)
{
    struct model_items items = model_field_items(field, src);
    unsigned char *to = (unsigned char *)dst + field->offset;
    if (field->vector) {
        to = arena_alloc_array(arena, items.count, items.size);
        if (to == NULL) {
            return false;
        }
        model_field_set_vector(field, dst, to, items.count);
    }
    for (size_t i = 0; i < items.count; i++) {
        if (!copy_item(field, items.first + i * items.size, to + i * items.size, arena)) {
            return false;
        }
    }
    model_field_mark(field, dst);
    return true;
}

bool model_copy(const struct model_type *type, const void *src, void *dst, struct arena *arena)
{
    memset(dst, 0, type->size);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct model_field *field = &type->fields[i];
        if (model_field_is_set(field, src) && !copy_field(field, src, dst, arena)) {
            return false;
        }
    }
    return true;
}

static bool equal_items(const struct model_field *field, const unsigned char *a,
                        const unsigned char *b)
{
    switch (field->kind) {
    case MODEL_TABLE:
        return model_equal(field->type, a, b);
    case MODEL_STRING:
        return strcmp(model_item_string(a), model_item_string(b)) == 0;
    default:
        return memcmp(a, b, model_item_size(field)) == 0;
    }
}

static bool equal_field(const struct model_field *field, const void *a, const void *b)
{
    struct model_items in_a = model_field_items(field, a);
    struct model_items in_b = model_field_items(field, b);
    if (in_a.count != in_b.count) {
        return false;
    }
    for (size_t i = 0; i < in_a.count; i++) {
        if (!equal_items(field, in_a.first + i * in_a.size, in_b.first + i * in_b.size)) {
            return false;
        }
    }
    return true;
}

bool model_equal(const struct model_type *type, const void *a, const void *b)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct model_field *field = &type->fields[i];
        bool is_set = model_field_is_set(field, a);
        if (is_set != model_field_is_set(field, b) || (is_set && !equal_field(field, a, b))) {
            return false;
        }
    }
    return true;
}

void model_visit_handles(const struct model_type *type, void *table, model_handle_fn fn, void *arg)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct model_field *field = &type->fields[i];
        if ((field->kind != MODEL_TABLE && field->kind != MODEL_HANDLE) ||
            !model_field_is_set(field, table)) {
            continue;
        }
        struct model_items items = model_field_items(field, table);
        for (size_t j = 0; j < items.count; j++) {
            void *item = (void *)(uintptr_t)(items.first + j * items.size);
            if (field->kind == MODEL_TABLE) {
                model_visit_handles(field->type, item, fn, arg);
            } else {
                fn(arg, field, item);
            }
        }
    }
}
