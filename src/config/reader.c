#include "config/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/text_line.h"
#include "json/json.h"

/* "a list", "a string": what kind of JSON value it is. */
static const char *kind_of(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    default:
        return "null";
    }
}

#define MAX_MISTAKES 20

/* Adds a line to what is said; `where` is the path that it is about, "" for the whole. */
static bool report(struct reader *reader, const char *where, const char *text)
{
    if (reader->mistakes++ >= MAX_MISTAKES) {
        return false;
    }
    if (reader->error.len > 0) {
        strbuf_addf(&reader->error, "\n");
    }
    if (reader->source != NULL) {
        strbuf_addf(&reader->error, "%s:%zu: ", reader->source->name,
                    text_line_of(reader->source->text, where));
    }
    strbuf_addf(&reader->error, "%s", text);
    return false;
}

/* Whether to read on after a mistake, to tell of others. */
static bool goes_on(const struct reader *reader)
{
    return reader->source != NULL && reader->mistakes < MAX_MISTAKES;
}

bool reader_fail(struct reader *reader, const struct model_path *path, const char *format, ...)
{
    char what[256];
    struct strbuf where = {0};
    struct strbuf text = {0};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (path != NULL) {
        model_path_print(path, &where);
        strbuf_addf(&text, "%s: ", strbuf_text(&where));
    }
    strbuf_add_escaped(&text, what);
    (void)report(reader, strbuf_text(&where), strbuf_text(&text));
    strbuf_deinit(&text);
    strbuf_deinit(&where);
    return false;
}

/* The line is that of the key, which the path cannot have. */
static bool unknown_key(struct reader *reader, const struct model_path *path, const char *name)
{
    struct strbuf where = {0};
    struct strbuf text = {0};
    if (path != NULL) {
        model_path_print(path, &where);
        strbuf_addf(&text, "%s: ", strbuf_text(&where));
    }
    strbuf_addf(&where, ".%s", name);
    strbuf_addf(&text, "unknown key '");
    strbuf_add_escaped(&text, name);
    strbuf_addf(&text, "'");
    (void)report(reader, strbuf_text(&where), strbuf_text(&text));
    strbuf_deinit(&text);
    strbuf_deinit(&where);
    return false;
}

static const struct reader_key *find_key(const struct reader_key *keys, size_t key_count,
                                         const char *name)
{
    for (size_t i = 0; i < key_count; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

bool reader_object(struct reader *reader, const struct model_path *path, const json_t *json,
                   const struct reader_key *keys, size_t key_count, void *base)
{
    if (!json_is_object(json)) {
        return reader_fail(reader, path, "wanted an object, got %s", kind_of(json));
    }
    const char *name = NULL;
    json_t *value = NULL;
    bool ok = true;
    json_object_foreach((json_t *)json, name, value)
    {
        if (!ok && !goes_on(reader)) {
            break;
        }
        const struct reader_key *key = find_key(keys, key_count, name);
        if (key == NULL) {
            ok = unknown_key(reader, path, name);
            continue;
        }
        struct model_path inner = {path, key->name, MODEL_NO_INDEX};
        ok &= key->read(reader, &inner, value, (char *)base + key->offset);
    }
    return ok;
}

bool reader_list(struct reader *reader, const struct model_path *path, const json_t *json,
                 reader_fn read, size_t size, void **ret_items, size_t *ret_count)
{
    if (!json_is_array(json)) {
        return reader_fail(reader, path, "wanted a list, got %s", kind_of(json));
    }
    size_t count = json_array_size(json);
    char *items = arena_alloc_array(reader->arena, count, size);
    if (items == NULL) {
        return reader_fail(reader, path, "no memory");
    }
    bool ok = true;
    for (size_t i = 0; i < count && (ok || goes_on(reader)); i++) {
        struct model_path inner = {path->up, path->name, i};
        ok &= read(reader, &inner, json_array_get(json, i), items + i * size);
    }
    if (ok) {
        *ret_items = items;
        *ret_count = count;
    }
    return ok;
}

/* Reads one integer by way of the protocol's JSON form, in which a number may also be a string. */
static bool read_integer(struct reader *reader, const struct model_path *path, const json_t *json,
                         enum model_kind kind, uint64_t *ret)
{
    const struct model_field field = {.name = path->name, .kind = kind};
    struct strbuf error = {0};
    /* jansson counts references of what it reads. */
    bool understood = json_to_value(&field, (json_t *)json, ret, &error);
    if (!understood) {
        /* The error starts with the field's name, which is the last part of the path. */
        const char *what = strstr(strbuf_text(&error), ": ");
        (void)reader_fail(reader, path, "%s", what == NULL ? "no memory" : what + 2);
    }
    strbuf_deinit(&error);
    return understood;
}

bool reader_u32(struct reader *reader, const struct model_path *path, const json_t *json, void *ret)
{
    uint64_t wide = 0;
    if (!read_integer(reader, path, json, MODEL_U32, &wide)) {
        return false;
    }
    *(uint32_t *)ret = (uint32_t)wide;
    return true;
}

bool reader_u64(struct reader *reader, const struct model_path *path, const json_t *json, void *ret)
{
    return read_integer(reader, path, json, MODEL_U64, ret);
}

bool reader_bool(struct reader *reader, const struct model_path *path, const json_t *json,
                 void *ret)
{
    if (!json_is_boolean(json)) {
        return reader_fail(reader, path, "wanted true or false, got %s", kind_of(json));
    }
    *(bool *)ret = json_is_true(json);
    return true;
}

bool reader_string(struct reader *reader, const struct model_path *path, const json_t *json,
                   void *ret)
{
    if (!json_is_string(json)) {
        return reader_fail(reader, path, "wanted a string, got %s", kind_of(json));
    }
    const char *copy =
        arena_strndup(reader->arena, json_string_value(json), json_string_length(json));
    if (copy == NULL) {
        return reader_fail(reader, path, "no memory");
    }
    *(const char **)ret = copy;
    return true;
}

bool reader_table(struct reader *reader, const struct model_path *path, const json_t *json,
                  const struct model_type *type, void *ret)
{
    if (!json_is_object(json)) {
        return reader_fail(reader, path, "wanted an object, got %s", kind_of(json));
    }
    struct strbuf error = {0};
    bool understood = json_to_table(type, (json_t *)json, reader->arena, NULL, ret, &error);
    if (!understood) {
        /* Inside an object, an error starts with the path from there. */
        struct strbuf text = {0};
        struct strbuf where = {0};
        model_path_print(path, &text);
        strbuf_addf(&text, ".%s", strbuf_text(&error));
        strbuf_add(&where, strbuf_text(&text), strcspn(strbuf_text(&text), ":"));
        (void)report(reader, strbuf_text(&where), strbuf_text(&text));
        strbuf_deinit(&where);
        strbuf_deinit(&text);
    }
    strbuf_deinit(&error);
    return understood;
}
