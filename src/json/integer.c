#include "json/integer.h"

#include <inttypes.h>
#include <string.h>

#include "model/names.h"

#define MAX_QUOTED 64 /* bytes of a peer's or a user's string that a message repeats */

static void describe_string(const char *text, struct strbuf *buf)
{
    char head[MAX_QUOTED + 1] = {0};
    memcpy(head, text, strnlen(text, MAX_QUOTED));
    strbuf_add_quoted(buf, head);
    strbuf_addf(buf, "%s", text[strlen(head)] != '\0' ? "..." : "");
}

static void describe(const json_t *json, struct strbuf *buf)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        strbuf_addf(buf, "an object");
        break;
    case JSON_ARRAY:
        strbuf_addf(buf, "a list of %zu", json_array_size(json));
        break;
    case JSON_STRING:
        describe_string(json_string_value(json), buf);
        break;
    case JSON_INTEGER:
        strbuf_addf(buf, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
        break;
    case JSON_REAL:
        strbuf_addf(buf, "%g", json_real_value(json));
        break;
    case JSON_NULL:
        strbuf_addf(buf, "null");
        break;
    default:
        strbuf_addf(buf, "%s", json_is_true(json) ? "true" : "false");
        break;
    }
}

bool json_refuse(const struct model_path *path, const char *wanted, const json_t *json,
                 struct strbuf *error)
{
    if (path != NULL) {
        model_path_print(path, error);
        strbuf_addf(error, ": ");
    }
    strbuf_addf(error, "wanted %s, got ", wanted);
    describe(json, error);
    return false;
}

/* --- Numbers --- */

struct number {
    bool negative;
    uint64_t magnitude;
};

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

/* Decimal or 0x, with a minus sign at most. False: it is no such number, or needs over 64 bits. */
static bool parse_number(const char *text, struct number *ret)
{
    struct number number = {.negative = *text == '-'};
    unsigned radix = 10;
    text += number.negative ? 1 : 0;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        radix = 16;
        text += 2;
    }
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        unsigned digit = digit_value(*text);
        if (digit >= radix ||
            __builtin_mul_overflow(number.magnitude, (uint64_t)radix, &number.magnitude) ||
            __builtin_add_overflow(number.magnitude, (uint64_t)digit, &number.magnitude)) {
            return false;
        }
    }
    *ret = number;
    return true;
}

static bool number_of(const json_t *json, struct number *ret)
{
    if (json_is_string(json)) {
        return parse_number(json_string_value(json), ret);
    }
    if (!json_is_integer(json)) {
        return false;
    }
    json_int_t value = json_integer_value(json);
    ret->negative = value < 0;
    ret->magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    return true;
}

static bool fits(enum model_kind kind, struct number number, uint64_t *ret_value)
{
    uint64_t most = kind == MODEL_U32 ? UINT32_MAX : UINT64_MAX;
    if (kind == MODEL_I64) {
        most = (uint64_t)INT64_MAX + (number.negative ? 1 : 0);
    } else if (number.negative && number.magnitude != 0) {
        return false;
    }
    if (number.magnitude > most) {
        return false;
    }
    *ret_value = number.negative ? 0 - number.magnitude : number.magnitude;
    return true;
}

/* --- Values with and without names --- */

static const char *wanted_for(const struct model_field *field)
{
    if (field->names != NULL && field->names->bits) {
        return "a mask (an integer, a known name or a list of them)";
    }
    if (field->names != NULL) {
        return "a known name or an integer of the field's width";
    }
    if (field->kind == MODEL_U32) {
        return "an integer from 0 to 4294967295";
    }
    return field->kind == MODEL_U64 ? "an integer from 0 to 18446744073709551615"
                                    : "an integer from -9223372036854775808 to 9223372036854775807";
}

static bool read_one(const struct model_field *field, const json_t *json,
                     const struct model_path *path, uint64_t *ret_value, struct strbuf *error)
{
    struct number number;
    if (field->names != NULL && json_is_string(json) &&
        model_value_of(field->names, json_string_value(json), ret_value)) {
        return true;
    }
    if (number_of(json, &number) && fits(field->kind, number, ret_value)) {
        return true;
    }
    return json_refuse(path, wanted_for(field), json, error);
}

bool json_read_integer(const struct model_field *field, const json_t *json,
                       const struct model_path *path, uint64_t *ret_value, struct strbuf *error)
{
    if (field->names == NULL || !field->names->bits || !json_is_array(json)) {
        return read_one(field, json, path, ret_value, error);
    }
    uint64_t mask = 0;
    for (size_t i = 0; i < json_array_size(json); i++) {
        struct model_path item = {.up = path->up, .name = path->name, .index = i};
        uint64_t bit;
        if (!read_one(field, json_array_get(json, i), &item, &bit, error)) {
            return false;
        }
        mask |= bit;
    }
    *ret_value = mask;
    return true;
}
