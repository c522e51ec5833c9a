/* A table for people: columns as wide as their widest cell. */
#ifndef CLI_TEXT_TABLE_H
#define CLI_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

#define TEXT_TABLE_MAX_COLUMNS 16

struct text_table {
    struct arena arena;
    size_t columns;
    const char ***rows; /* row_count arrays of `columns` strings; the first is the heading */
    size_t row_count;
    size_t row_room;
    bool failed; /* no memory: the table is incomplete */
};

/* An empty table, which the heading is added to first. */
void text_table_init(struct text_table *table, size_t columns);

/* Adds a row of `columns` cells, which are copied. Text from peers must have been escaped. */
void text_table_add(struct text_table *table, const char *const *cells);

/* Prints it. Columns whose bit is set in `right_aligned` are aligned to the right; the last never
 * is. Returns whether all of it was printed. */
bool text_table_print(const struct text_table *table, uint32_t right_aligned, FILE *out);

void text_table_deinit(struct text_table *table);

/* How many columns of a terminal a UTF-8 text takes, counting a character as one. */
size_t text_width(const char *text);

/* 1536 as "1.5 KiB", 12 as "12 B"; buf has at least 16 bytes. */
const char *text_size(uint64_t bytes, char buf[16]);

/* 90500 as "1m 30s", 250 as "250ms"; buf has at least 24 bytes. */
const char *text_age(uint64_t ms, char buf[24]);

#endif
