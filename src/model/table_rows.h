/* One row a field, for the tables_*.c files only. T is defined as the struct that is described.
 * Rows are in schema order: number, field, and what else its kind needs. */
#ifndef MODEL_TABLE_ROWS_H
#define MODEL_TABLE_ROWS_H

#include <stddef.h>

#include "model/type.h"

#define ROW(...)                                                                                   \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

#define FIELD(n, f, k)    .name = #f, .number = (n), .kind = (k), .offset = (uint16_t)offsetof(T, f)
#define OPTIONAL(n, f, k) FIELD(n, f, k), .has_offset = (uint16_t)offsetof(T, has.f)
#define VECTOR(n, f, k, max)                                                                       \
    OPTIONAL(n, f, k), .vector = true, .count_offset = (uint16_t)offsetof(T, f##_count),           \
                       .max_count = (max)

#define BOOL(n, f)             ROW(OPTIONAL(n, f, MODEL_BOOL))
#define U32(n, f)              ROW(OPTIONAL(n, f, MODEL_U32))
#define U64(n, f)              ROW(OPTIONAL(n, f, MODEL_U64))
#define I64(n, f)              ROW(OPTIONAL(n, f, MODEL_I64))
#define F32(n, f)              ROW(OPTIONAL(n, f, MODEL_F32))
#define U32_NAMED(n, f, table) ROW(OPTIONAL(n, f, MODEL_U32), .names = &(table))
#define U64_NAMED(n, f, table) ROW(OPTIONAL(n, f, MODEL_U64), .names = &(table))
#define STRING(n, f, max)      ROW(OPTIONAL(n, f, MODEL_STRING), .max_count = (max))
#define TABLE(n, f, t)         ROW(OPTIONAL(n, f, MODEL_TABLE), .type = &(t))
#define HANDLE(n, f, what)     ROW(OPTIONAL(n, f, MODEL_HANDLE), .handle = (what))
#define CHANNEL_END(n, f, what, which)                                                             \
    ROW(OPTIONAL(n, f, MODEL_HANDLE), .handle = (what), .protocol = (uint8_t)(which))

#define U32S(n, f, max)              ROW(VECTOR(n, f, MODEL_U32, max))
#define U32S_NAMED(n, f, max, table) ROW(VECTOR(n, f, MODEL_U32, max), .names = &(table))
#define TABLES(n, f, max, t)         ROW(VECTOR(n, f, MODEL_TABLE, max), .type = &(t))
#define CHANNEL_ENDS(n, f, max, what, which)                                                       \
    ROW(VECTOR(n, f, MODEL_HANDLE, max), .handle = (what), .protocol = (uint8_t)(which))

/* Fields of FIDL structs, which cannot be unset. */
#define ALWAYS(n, f, k)               FIELD(n, f, k), .has_offset = MODEL_ALWAYS
#define ALWAYS_U32(n, f)              ROW(ALWAYS(n, f, MODEL_U32))
#define ALWAYS_U32_NAMED(n, f, table) ROW(ALWAYS(n, f, MODEL_U32), .names = &(table))
#define ALWAYS_U64_NAMED(n, f, table) ROW(ALWAYS(n, f, MODEL_U64), .names = &(table))

#define TYPE(fidl_name, rows)                                                                      \
    ROW(.name = (fidl_name), .size = sizeof(T), .fields = (rows),                                  \
        .field_count = sizeof(rows) / sizeof((rows)[0]))

#endif
