/* Reading and writing one field of a table by its description: what every walk is made of. */
#ifndef MODEL_FIELD_H
#define MODEL_FIELD_H

#include <string.h>

#include "model/type.h"

/* The values of a field: a vector's items, or the one value of a field that is no vector. */
struct model_items {
    const unsigned char *first;
    size_t count;
    size_t size; /* of one, in bytes */
};

static inline bool model_field_is_set(const struct model_field *field, const void *table)
{
    return field->has_offset == MODEL_ALWAYS ||
           *(const bool *)((const unsigned char *)table + field->has_offset);
}

static inline void model_field_mark(const struct model_field *field, void *table)
{
    if (field->has_offset != MODEL_ALWAYS) {
        *(bool *)((unsigned char *)table + field->has_offset) = true;
    }
}

/* The size of one value in the plain struct, in bytes. */
size_t model_item_size(const struct model_field *field);

/* The values of a field that is set. They are the table's. */
static inline struct model_items model_field_items(const struct model_field *field,
                                                   const void *table)
{
    const unsigned char *at = (const unsigned char *)table + field->offset;
    struct model_items items = {.first = at, .count = 1, .size = model_item_size(field)};
    if (field->vector) {
        memcpy(&items.first, at, sizeof(items.first));
        memcpy(&items.count, (const unsigned char *)table + field->count_offset,
               sizeof(items.count));
    }
    return items;
}

/* Points a vector field at its items. */
static inline void model_field_set_vector(const struct model_field *field, void *table,
                                          const void *items, size_t count)
{
    memcpy((unsigned char *)table + field->offset, &items, sizeof(items));
    memcpy((unsigned char *)table + field->count_offset, &count, sizeof(count));
}

/* The value of an integer or bool field's item, widened. An I64 comes as two's complement. */
uint64_t model_item_integer(const struct model_field *field, const void *item);

/* A string field's item; never NULL. */
static inline const char *model_item_string(const void *item)
{
    const char *text;
    memcpy(&text, item, sizeof(text));
    return text == NULL ? "" : text;
}

#endif
