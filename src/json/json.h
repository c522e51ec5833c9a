/* The JSON form of the protocol's types, both ways, from their description.
 *
 * Unset fields are absent keys. Integers may be JSON integers or strings with a decimal or 0x
 * integer; 64-bit ones come out as decimal strings. Enumerations are names, or numbers where a
 * value has none. Masks may be integers, one name or a list of names; usage comes out as an
 * integer, rights and the Debug protocol's flags as a list. Handles are strings, which the caller
 * translates. Any thread may call; nothing is kept. */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include <jansson.h>

#include <zircon/types.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "model/type.h"

/* How handle fields get their values. A NULL struct: none may be set, and they print as numbers. */
struct json_handles {
    void *arg;
    /* False: refused, with the reason appended to *error (without the path, which is known). */
    bool (*from_name)(void *arg, const struct model_field *field, const char *name,
                      zx_handle_t *ret_handle, struct strbuf *error);
    /* Appends the name. */
    void (*to_name)(void *arg, const struct model_field *field, zx_handle_t handle,
                    struct strbuf *ret_name);
};

/* Parses UTF-8 text (at most 2048 levels deep). An object with a key twice is an error. Integers
 * beyond 18 digits become strings, which every integer field takes as well. The caller owns the
 * result. NULL: the reason has been appended to *error. */
json_t *json_from_text(const char *text, size_t len, struct strbuf *error);

/* Fills *ret_table (type->size bytes); what it points to is in the arena. False: the reason, which
 * names the path, what was wanted and what was got, has been appended to *error; *ret_table is not
 * written. from_name may have been called for some fields by then. */
bool json_to_table(const struct model_type *type, json_t *json, struct arena *arena,
                   const struct json_handles *handles, void *ret_table, struct strbuf *error);

/* A new object, which the caller owns. NULL: no memory, or a string that is not UTF-8. */
json_t *table_to_json(const struct model_type *type, const void *table,
                      const struct json_handles *handles);

/* The same for one integer, which needs no table: of `field` only name, kind and names count. */
bool json_to_value(const struct model_field *field, json_t *json, uint64_t *ret_value,
                   struct strbuf *error);
json_t *value_to_json(const struct model_field *field, uint64_t value);

#endif
