#include "config/text_line.h"

#include <stdlib.h>
#include <string.h>

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* From an opening quote to behind the closing one. */
static const char *skip_string(const char *at)
{
    at++;
    while (*at != '\0' && *at != '"') {
        at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    }
    return *at == '"' ? at + 1 : at;
}

/* To behind a value, however deep it nests. */
static const char *skip_value(const char *at)
{
    size_t depth = 0;
    do {
        at = skip_space(at);
        if (*at == '"') {
            at = skip_string(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (depth > 0 && strchr("}],:", *at) != NULL && *at != '\0') {
            depth -= *at == '}' || *at == ']' ? 1 : 0;
            at++;
        } else {
            at += strcspn(at, "{}[],:\" \t\r\n");
        }
    } while (depth > 0 && *at != '\0');
    return at;
}

/* To the next member or item, or to the closing bracket. */
static const char *skip_comma(const char *at)
{
    at = skip_space(at);
    return *at == ',' ? skip_space(at + 1) : at;
}

/* From a key to its value. */
static const char *value_of(const char *key)
{
    const char *at = skip_space(skip_string(key));
    return *at == ':' ? skip_space(at + 1) : at;
}

/* The key of a member of the object at `at`, or NULL. */
static const char *find_key(const char *at, const char *name, size_t len)
{
    at = *at == '{' ? skip_space(at + 1) : "";
    while (*at == '"') {
        if (skip_string(at) == at + len + 2 && strncmp(at + 1, name, len) == 0) {
            return at;
        }
        at = skip_comma(skip_value(value_of(at)));
    }
    return NULL;
}

/* An item of the list at `at`, or NULL. */
static const char *find_item(const char *at, unsigned long index)
{
    at = *at == '[' ? skip_space(at + 1) : "";
    while (index > 0 && *at != '\0' && *at != ']') {
        at = skip_comma(skip_value(at));
        index--;
    }
    return *at == '\0' || *at == ']' ? NULL : at;
}

/* The byte that the path leads to, as far as it goes. */
static const char *follow(const char *text, const char *path)
{
    const char *value = skip_space(text);
    const char *place = value;
    while (*path != '\0') {
        const char *found = NULL;
        if (*path == '[') {
            char *end = NULL;
            found = find_item(value, strtoul(path + 1, &end, 10));
            path = *end == ']' ? end + 1 : end;
            value = found;
        } else {
            path += *path == '.' ? 1 : 0;
            size_t len = strcspn(path, ".[");
            found = find_key(value, path, len);
            path += len;
            value = found == NULL ? NULL : value_of(found);
        }
        if (found == NULL) {
            break;
        }
        place = found;
    }
    return place;
}

size_t text_line_of(const char *text, const char *path)
{
    const char *place = follow(text, path);
    size_t line = 1;
    for (const char *at = text; at < place; at++) {
        line += *at == '\n' ? 1 : 0;
    }
    return line;
}
