/* Tables and values in words, for logs and people. Any thread may call. */
#ifndef MODEL_PRINT_H
#define MODEL_PRINT_H

#include "base/strbuf.h"
#include "model/type.h"

/* Appends the set fields in one line: `usage.cpu=CPU_USAGE_READ|CPU_USAGE_WRITE
 * min_buffer_count=3`. Text from peers is escaped. */
void model_print(const struct model_type *type, const void *table, struct strbuf *buf);

/* Appends one value of an integer field in the way model_print() does. */
void model_print_value(const struct model_names *names, uint64_t value, struct strbuf *buf);

/* Appends the value of a field that is set and no table, or a vector of such values: `3`,
 * `[SRGB,REC709]`. */
void model_print_field(const struct model_field *field, const void *table, struct strbuf *buf);

#endif
