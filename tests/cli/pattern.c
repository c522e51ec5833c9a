#include "pattern.h"

#include <string.h>

static bool string_matches(const char *text, const json_t *got, json_t *names)
{
    if (strcmp(text, "*") == 0) {
        return got != NULL;
    }
    if (text[0] != '$') {
        return json_is_string(got) && strcmp(text, json_string_value(got)) == 0;
    }
    if (strcmp(text, "$absent") == 0) {
        return got == NULL;
    }
    if (text[1] == '!') {
        const json_t *other = json_object_get(names, text + 2);
        return got != NULL && other != NULL && json_equal(other, got) == 0;
    }
    const json_t *known = json_object_get(names, text + 1);
    if (known != NULL) {
        return json_equal(known, got) != 0;
    }
    return got != NULL && json_object_set(names, text + 1, (json_t *)got) == 0;
}

static bool object_matches(const json_t *pattern, const json_t *got, json_t *names)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)pattern, key, value)
    {
        if (!pattern_matches(value, json_object_get(got, key), names)) {
            return false;
        }
    }
    return json_is_object(got);
}

static bool list_matches(const json_t *pattern, const json_t *got, json_t *names)
{
    if (!json_is_array(got) || json_array_size(got) != json_array_size(pattern)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(pattern); i++) {
        if (!pattern_matches(json_array_get(pattern, i), json_array_get(got, i), names)) {
            return false;
        }
    }
    return true;
}

bool pattern_matches(const json_t *pattern, const json_t *got, json_t *names)
{
    switch (json_typeof(pattern)) {
    case JSON_OBJECT:
        return object_matches(pattern, got, names);
    case JSON_ARRAY:
        return list_matches(pattern, got, names);
    case JSON_STRING:
        return string_matches(json_string_value(pattern), got, names);
    default:
        return json_equal((json_t *)pattern, (json_t *)got) != 0;
    }
}
