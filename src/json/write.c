#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model/field.h"
#include "model/names.h"
#include "json/json.h"

/* A list of names, sorted by bit; bits without a name come out as hexadecimal strings. */
static json_t *mask_to_list(const struct model_names *names, uint64_t mask)
{
    json_t *list = json_array();
    int failed = list == NULL ? -1 : 0;
    for (unsigned i = 0; i < 64 && failed == 0; i++) {
        uint64_t bit = (uint64_t)1 << i;
        if ((mask & bit) == 0) {
            continue;
        }
        char hex[24];
        const char *name = model_name_of(names, bit);
        snprintf(hex, sizeof(hex), "0x%" PRIx64, bit);
        failed = json_array_append_new(list, json_string(name != NULL ? name : hex));
    }
    if (failed != 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *wide_to_json(const struct model_field *field, uint64_t value)
{
    char text[24];
    if (field->kind == MODEL_I64) {
        snprintf(text, sizeof(text), "%" PRId64, (int64_t)value);
    } else {
        snprintf(text, sizeof(text), "%" PRIu64, value);
    }
    return json_string(text);
}

json_t *value_to_json(const struct model_field *field, uint64_t value)
{
    if (field->names == &model_rights_names || field->names == &model_debug_node_flag_names) {
        return mask_to_list(field->names, value);
    }
    if (field->names != NULL && !field->names->bits) {
        const char *name = model_name_of(field->names, value);
        if (name != NULL) {
            return json_string(name);
        }
    }
    return field->kind == MODEL_U32 ? json_integer((json_int_t)value) : wide_to_json(field, value);
}

static json_t *handle_to_json(const struct model_field *field, const void *item,
                              const struct json_handles *handles)
{
    zx_handle_t handle;
    struct strbuf name = {0};
    memcpy(&handle, item, sizeof(handle));
    if (handles != NULL) {
        handles->to_name(handles->arg, field, handle, &name);
    } else {
        strbuf_addf(&name, "%" PRIu32, handle);
    }
    json_t *json = name.failed ? NULL : json_string(strbuf_text(&name));
    strbuf_deinit(&name);
    return json;
}

static json_t *item_to_json(const struct model_field *field, const void *item,
                            const struct json_handles *handles)
{
    float real;
    switch (field->kind) {
    case MODEL_BOOL:
        return json_boolean(model_item_integer(field, item) != 0);
    case MODEL_F32:
        memcpy(&real, item, sizeof(real));
        return json_real((double)real);
    case MODEL_STRING:
        return json_string(model_item_string(item));
    case MODEL_HANDLE:
        return handle_to_json(field, item, handles);
    case MODEL_TABLE:
        return table_to_json(field->type, item, handles);
    default:
        return value_to_json(field, model_item_integer(field, item));
    }
}

static json_t *field_to_json(const struct model_field *field, const void *table,
                             const struct json_handles *handles)
{
    struct model_items items = model_field_items(field, table);
    if (!field->vector) {
        return item_to_json(field, items.first, handles);
    }
    json_t *list = json_array();
    for (size_t i = 0; i < items.count && list != NULL; i++) {
        json_t *item = item_to_json(field, items.first + i * items.size, handles);
        if (json_array_append_new(list, item) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

json_t *table_to_json(const struct model_type *type, const void *table,
                      const struct json_handles *handles)
{
    json_t *object = json_object();
    for (size_t i = 0; i < type->field_count && object != NULL; i++) {
        const struct model_field *field = &type->fields[i];
        if (!model_field_is_set(field, table)) {
            continue;
        }
        if (json_object_set_new(object, field->name, field_to_json(field, table, handles)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}
