#include "model/check.h"

#include <string.h>

#include "base/utf8.h"
#include "model/field.h"
#include "model/path.h"

static enum model_check check_table(const struct model_type *type, const void *table,
                                    const struct model_path *up, struct strbuf *ret_reason);

static enum model_check refuse(const struct model_path *path, size_t got, uint32_t most,
                               const char *unit, struct strbuf *ret_reason)
{
    if (ret_reason != NULL) {
        model_path_print(path, ret_reason);
        strbuf_addf(ret_reason, " has %zu %s, at most %u are allowed", got, unit, most);
    }
    return MODEL_CHECK_TOO_LONG;
}

static enum model_check check_string(const struct model_field *field, const char *text,
                                     const struct model_path *path, struct strbuf *ret_reason)
{
    size_t len = strlen(text);
    if (field->max_count != 0 && len > field->max_count) {
        return refuse(path, len, field->max_count, "bytes", ret_reason);
    }
    if (!utf8_is_valid(text, len)) {
        if (ret_reason != NULL) {
            model_path_print(path, ret_reason);
            strbuf_addf(ret_reason, " is not UTF-8");
        }
        return MODEL_CHECK_NOT_UTF8;
    }
    return MODEL_CHECK_OK;
}

static enum model_check check_field(const struct model_field *field, const void *table,
                                    struct model_path *path, struct strbuf *ret_reason)
{
    struct model_items items = model_field_items(field, table);
    if (field->vector && field->max_count != 0 && items.count > field->max_count) {
        return refuse(path, items.count, field->max_count, "items", ret_reason);
    }
    if (field->kind != MODEL_TABLE && field->kind != MODEL_STRING) {
        return MODEL_CHECK_OK;
    }
    for (size_t i = 0; i < items.count; i++) {
        const void *item = items.first + i * items.size;
        path->index = field->vector ? i : MODEL_NO_INDEX;
        enum model_check result =
            field->kind == MODEL_TABLE
                ? check_table(field->type, item, path, ret_reason)
                : check_string(field, model_item_string(item), path, ret_reason);
        if (result != MODEL_CHECK_OK) {
            return result;
        }
    }
    return MODEL_CHECK_OK;
}

static enum model_check check_table(const struct model_type *type, const void *table,
                                    const struct model_path *up, struct strbuf *ret_reason)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct model_field *field = &type->fields[i];
        if (model_field_is_set(field, table)) {
            struct model_path path = {.up = up, .name = field->name, .index = MODEL_NO_INDEX};
            enum model_check result = check_field(field, table, &path, ret_reason);
            if (result != MODEL_CHECK_OK) {
                return result;
            }
        }
    }
    return MODEL_CHECK_OK;
}

enum model_check model_check(const struct model_type *type, const void *table,
                             struct strbuf *ret_reason)
{
    return check_table(type, table, NULL, ret_reason);
}
