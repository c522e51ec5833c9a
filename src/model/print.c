#include "model/print.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "model/field.h"
#include "model/names.h"
#include "model/path.h"

static void print_table(const struct model_type *type, const void *table,
                        const struct model_path *up, struct strbuf *buf);

static void print_bits(const struct model_names *names, uint64_t value, struct strbuf *buf)
{
    const char *separator = "";
    for (size_t i = 0; i < names->count; i++) {
        if ((value & names->names[i].value) != 0) {
            strbuf_addf(buf, "%s%s", separator, names->names[i].name);
            separator = "|";
            value &= ~names->names[i].value;
        }
    }
    if (value != 0 || *separator == '\0') {
        strbuf_addf(buf, "%s0x%" PRIx64, separator, value);
    }
}

void model_print_value(const struct model_names *names, uint64_t value, struct strbuf *buf)
{
    const char *name;
    if (names != NULL && names->bits) {
        print_bits(names, value, buf);
    } else if (names != NULL && (name = model_name_of(names, value)) != NULL) {
        strbuf_addf(buf, "%s", name);
    } else {
        strbuf_addf(buf, "%" PRIu64, value);
    }
}

static void print_leaf(const struct model_field *field, const void *item, struct strbuf *buf)
{
    uint32_t handle;
    float number;
    switch (field->kind) {
    case MODEL_BOOL:
        strbuf_addf(buf, "%s", model_item_integer(field, item) != 0 ? "true" : "false");
        break;
    case MODEL_I64:
        strbuf_addf(buf, "%" PRId64, (int64_t)model_item_integer(field, item));
        break;
    case MODEL_F32:
        memcpy(&number, item, sizeof(number));
        strbuf_addf(buf, "%g", (double)number);
        break;
    case MODEL_STRING:
        strbuf_add_quoted(buf, model_item_string(item));
        break;
    case MODEL_HANDLE:
        memcpy(&handle, item, sizeof(handle));
        strbuf_addf(buf, "#%" PRIu32, handle);
        break;
    default:
        model_print_value(field->names, model_item_integer(field, item), buf);
        break;
    }
}

/* Starts `path=` after what has been printed before. */
static void print_key(const struct model_path *path, struct strbuf *buf)
{
    if (buf->len > 0 && buf->text[buf->len - 1] != ' ') {
        strbuf_addf(buf, " ");
    }
    model_path_print(path, buf);
    strbuf_addf(buf, "=");
}

static void print_tables(const struct model_field *field, struct model_items items,
                         const struct model_path *up, struct strbuf *buf)
{
    for (size_t i = 0; i < items.count; i++) {
        struct model_path path = *up;
        path.index = field->vector ? i : MODEL_NO_INDEX;
        size_t before = buf->len;
        print_table(field->type, items.first + i * items.size, &path, buf);
        if (buf->len == before) {
            print_key(&path, buf);
            strbuf_addf(buf, "{}");
        }
    }
}

static void print_leaves(const struct model_field *field, struct model_items items,
                         struct strbuf *buf)
{
    strbuf_addf(buf, "%s", field->vector ? "[" : "");
    for (size_t i = 0; i < items.count; i++) {
        strbuf_addf(buf, "%s", i > 0 ? "," : "");
        print_leaf(field, items.first + i * items.size, buf);
    }
    strbuf_addf(buf, "%s", field->vector ? "]" : "");
}

static void print_table(const struct model_type *type, const void *table,
                        const struct model_path *up, struct strbuf *buf)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct model_field *field = &type->fields[i];
        if (!model_field_is_set(field, table)) {
            continue;
        }
        struct model_items items = model_field_items(field, table);
        struct model_path path = {.up = up, .name = field->name, .index = MODEL_NO_INDEX};
        if (field->kind == MODEL_TABLE && items.count > 0) {
            print_tables(field, items, &path, buf);
        } else {
            print_key(&path, buf);
            print_leaves(field, items, buf);
        }
    }
}

void model_print(const struct model_type *type, const void *table, struct strbuf *buf)
{
    print_table(type, table, NULL, buf);
}

void model_print_field(const struct model_field *field, const void *table, struct strbuf *buf)
{
    assert(model_field_is_set(field, table));
    print_leaves(field, model_field_items(field, table), buf);
}
