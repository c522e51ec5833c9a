/* Integers, enumerations and masks in JSON. */
#ifndef JSON_INTEGER_H
#define JSON_INTEGER_H

#include <jansson.h>

#include "base/strbuf.h"
#include "model/path.h"
#include "model/type.h"

/* Reads the value of a U32, U64 or I64 field (an I64 as two's complement). False: json_refuse(). */
bool json_read_integer(const struct model_field *field, const json_t *json,
                       const struct model_path *path, uint64_t *ret_value, struct strbuf *error);

/* Appends `path: wanted <wanted>, got <what json is>`; path NULL: the outermost value. Always
 * false. */
bool json_refuse(const struct model_path *path, const char *wanted, const json_t *json,
                 struct strbuf *error);

#endif
