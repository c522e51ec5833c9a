/* Tables with contents, for tests that treat every type alike. */
#ifndef SUPPORT_FILL_TABLE_H
#define SUPPORT_FILL_TABLE_H

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/field.h"
#include "model/type.h"

struct fill {
    struct arena *arena;
    uint64_t state;       /* of the random numbers; not 0 */
    bool everything;      /* set every field; else about half of them */
    uint32_t next_handle; /* handles are numbered in the order in which fields come */
};

/* Also in builds without assert(). */
static inline void fill_expect(bool condition)
{
    if (!condition) {
        abort();
    }
}

static inline uint64_t fill_random(struct fill *fill)
{
    fill->state ^= fill->state << 13;
    fill->state ^= fill->state >> 7;
    fill->state ^= fill->state << 17;
    return fill->state;
}

static inline void fill_table(struct fill *fill, const struct model_type *type, void *table);

static inline void fill_string(struct fill *fill, const struct model_field *field, void *item)
{
    static const char *const words[] = {"", "a", "sensor 1", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\xa5",
                                        "quote\" \\ tab\t newline\n"};
    const char *word = words[fill_random(fill) % (sizeof(words) / sizeof(words[0]))];
    const char *text = arena_strndup(fill->arena, word, strlen(word));
    fill_expect(text != NULL && (field->max_count == 0 || strlen(text) <= field->max_count));
    memcpy(item, &text, sizeof(text));
}

static inline void fill_item(struct fill *fill, const struct model_field *field, void *item)
{
    uint64_t number = fill_random(fill) >> (fill_random(fill) % 64);
    uint32_t small = (uint32_t)number;
    float real = (float)(number % 1000000) / 8.0F;
    switch (field->kind) {
    case MODEL_BOOL:
        *(bool *)item = number % 2 != 0;
        break;
    case MODEL_U32:
        memcpy(item, &small, sizeof(small));
        break;
    case MODEL_U64:
    case MODEL_I64:
        memcpy(item, &number, sizeof(number));
        break;
    case MODEL_F32:
        memcpy(item, &real, sizeof(real));
        break;
    case MODEL_STRING:
        fill_string(fill, field, item);
        break;
    case MODEL_HANDLE:
        small = ++fill->next_handle;
        memcpy(item, &small, sizeof(small));
        break;
    case MODEL_TABLE:
        fill_table(fill, field->type, item);
        break;
    }
}

static inline void fill_table(struct fill *fill, const struct model_type *type, void *table)
{
    memset(table, 0, type->size);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct model_field *field = &type->fields[i];
        if (field->has_offset != MODEL_ALWAYS && !fill->everything && fill_random(fill) % 2 == 0) {
            continue;
        }
        model_field_mark(field, table);
        unsigned char *item = (unsigned char *)table + field->offset;
        size_t count = 1;
        if (field->vector) {
            count = fill->everything ? 2 : fill_random(fill) % 4;
            item = arena_alloc_array(fill->arena, count, model_item_size(field));
            fill_expect(item != NULL);
            model_field_set_vector(field, table, item, count);
        }
        for (size_t j = 0; j < count; j++) {
            fill_item(fill, field, item + j * model_item_size(field));
        }
    }
}

#endif
