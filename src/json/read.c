#include <float.h>
#include <math.h>
#include <string.h>

#include "model/field.h"
#include "model/tables.h"
#include "json/integer.h"
#include "json/json.h"

struct reader {
    struct arena *arena;
    const struct json_handles *handles;
    struct strbuf *error;
};

static bool read_table(struct reader *reader, const struct model_type *type, json_t *json,
                       const struct model_path *up, void *table);

static bool no_memory(struct reader *reader, const struct model_path *path)
{
    model_path_print(path, reader->error);
    strbuf_addf(reader->error, ": no memory");
    return false;
}

static bool too_long(struct reader *reader, const struct model_path *path, uint32_t most,
                     size_t got, const char *unit)
{
    model_path_print(path, reader->error);
    strbuf_addf(reader->error, ": wanted at most %u %s, got %zu", most, unit, got);
    return false;
}

static bool read_float(struct reader *reader, const json_t *json, const struct model_path *path,
                       void *item)
{
    double wide = json_number_value(json);
    if (!json_is_number(json) || fabs(wide) > (double)FLT_MAX) {
        return json_refuse(path, "a number that a 32-bit float can hold", json, reader->error);
    }
    float value = (float)wide;
    memcpy(item, &value, sizeof(value));
    return true;
}

static bool read_string(struct reader *reader, const struct model_field *field, const json_t *json,
                        const struct model_path *path, void *item)
{
    if (!json_is_string(json)) {
        return json_refuse(path, "a string", json, reader->error);
    }
    size_t len = json_string_length(json);
    if (field->max_count != 0 && len > field->max_count) {
        return too_long(reader, path, field->max_count, len, "bytes");
    }
    const char *text = arena_strndup(reader->arena, json_string_value(json), len);
    memcpy(item, &text, sizeof(text));
    return text != NULL || no_memory(reader, path);
}

static bool read_handle(struct reader *reader, const struct model_field *field, const json_t *json,
                        const struct model_path *path, void *item)
{
    if (reader->handles == NULL) {
        return json_refuse(path, "no handle here", json, reader->error);
    }
    if (!json_is_string(json)) {
        return json_refuse(path, "the name of a handle", json, reader->error);
    }
    struct strbuf why = {0};
    zx_handle_t handle = 0;
    bool known = reader->handles->from_name(reader->handles->arg, field, json_string_value(json),
                                            &handle, &why);
    if (known) {
        memcpy(item, &handle, sizeof(handle));
    } else {
        model_path_print(path, reader->error);
        strbuf_addf(reader->error, ": %s", strbuf_text(&why));
    }
    strbuf_deinit(&why);
    return known;
}

static bool read_integer(struct reader *reader, const struct model_field *field, const json_t *json,
                         const struct model_path *path, void *item)
{
    uint64_t wide = 0;
    if (!json_read_integer(field, json, path, &wide, reader->error)) {
        return false;
    }
    uint32_t narrow = (uint32_t)wide;
    if (field->kind == MODEL_U32) {
        memcpy(item, &narrow, sizeof(narrow));
    } else {
        memcpy(item, &wide, sizeof(wide));
    }
    return true;
}

static bool read_item(struct reader *reader, const struct model_field *field, json_t *json,
                      const struct model_path *path, void *item)
{
    switch (field->kind) {
    case MODEL_BOOL:
        *(bool *)item = json_is_true(json);
        return json_is_boolean(json) || json_refuse(path, "true or false", json, reader->error);
    case MODEL_F32:
        return read_float(reader, json, path, item);
    case MODEL_STRING:
        return read_string(reader, field, json, path, item);
    case MODEL_HANDLE:
        return read_handle(reader, field, json, path, item);
    case MODEL_TABLE:
        return read_table(reader, field->type, json, path, item);
    default:
        return read_integer(reader, field, json, path, item);
    }
}

static bool read_vector(struct reader *reader, const struct model_field *field, json_t *json,
                        struct model_path *path, void *table)
{
    if (!json_is_array(json)) {
        return json_refuse(path, "a list", json, reader->error);
    }
    size_t count = json_array_size(json);
    if (field->max_count != 0 && count > field->max_count) {
        return too_long(reader, path, field->max_count, count, "items");
    }
    size_t size = model_item_size(field);
    unsigned char *items = arena_alloc_array(reader->arena, count, size);
    if (items == NULL) {
        return no_memory(reader, path);
    }
    model_field_set_vector(field, table, items, count);
    for (size_t i = 0; i < count; i++) {
        path->index = i;
        if (!read_item(reader, field, json_array_get(json, i), path, items + i * size)) {
            return false;
        }
    }
    return true;
}

/* The field that a key means. The interface's documents spell one field of AttachToken two ways. */
static const struct model_field *field_of_key(const struct model_type *type, const char *key)
{
    if (type == &model_type_collection_attach_token_request &&
        strcmp(key, "rights_attentuation_mask") == 0) {
        key = "rights_attenuation_mask";
    }
    return model_field_find(type, key);
}

static bool unknown_key(struct reader *reader, const struct model_type *type,
                        const struct model_path *up, const char *key)
{
    if (up != NULL) {
        model_path_print(up, reader->error);
        strbuf_addf(reader->error, ".");
    }
    strbuf_add_escaped(reader->error, key);
    strbuf_addf(reader->error, ": %s has no field of this name", type->name);
    return false;
}

static bool read_key(struct reader *reader, const struct model_type *type, const char *key,
                     json_t *json, const struct model_path *up, void *table)
{
    const struct model_field *field = field_of_key(type, key);
    if (field == NULL) {
        return unknown_key(reader, type, up, key);
    }
    struct model_path path = {.up = up, .name = field->name, .index = MODEL_NO_INDEX};
    if (field->has_offset != MODEL_ALWAYS && model_field_is_set(field, table)) {
        return json_refuse(&path, "one spelling of the key", json, reader->error);
    }
    model_field_mark(field, table);
    if (field->vector) {
        return read_vector(reader, field, json, &path, table);
    }
    return read_item(reader, field, json, &path, (unsigned char *)table + field->offset);
}

static bool check_nothing_missing(struct reader *reader, const struct model_type *type,
                                  const json_t *json, const struct model_path *up)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct model_field *field = &type->fields[i];
        if (field->has_offset == MODEL_ALWAYS && json_object_get(json, field->name) == NULL) {
            struct model_path path = {.up = up, .name = field->name, .index = MODEL_NO_INDEX};
            model_path_print(&path, reader->error);
            strbuf_addf(reader->error, ": missing, every %s has it", type->name);
            return false;
        }
    }
    return true;
}

static bool read_table(struct reader *reader, const struct model_type *type, json_t *json,
                       const struct model_path *up, void *table)
{
    const char *key;
    json_t *value;
    if (!json_is_object(json)) {
        return json_refuse(up, "an object", json, reader->error);
    }
    json_object_foreach(json, key, value)
    {
        if (!read_key(reader, type, key, value, up, table)) {
            return false;
        }
    }
    return check_nothing_missing(reader, type, json, up);
}

bool json_to_table(const struct model_type *type, json_t *json, struct arena *arena,
                   const struct json_handles *handles, void *ret_table, struct strbuf *error)
{
    struct reader reader = {.arena = arena, .handles = handles, .error = error};
    void *table = arena_alloc(arena, type->size);
    if (table == NULL) {
        strbuf_addf(error, "no memory");
        return false;
    }
    if (!read_table(&reader, type, json, NULL, table)) {
        return false;
    }
    memcpy(ret_table, table, type->size);
    return true;
}

bool json_to_value(const struct model_field *field, json_t *json, uint64_t *ret_value,
                   struct strbuf *error)
{
    struct model_path path = {.name = field->name, .index = MODEL_NO_INDEX};
    return json_read_integer(field, json, &path, ret_value, error);
}
