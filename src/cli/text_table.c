#include "cli/text_table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* More than any daemon can have to tell. */
#define MAX_BYTES ((size_t)1 << 30)

void text_table_init(struct text_table *table, size_t columns)
{
    assert(columns > 0 && columns <= TEXT_TABLE_MAX_COLUMNS);
    *table = (struct text_table){.columns = columns};
    arena_init(&table->arena, MAX_BYTES);
}

static bool make_room(struct text_table *table)
{
    if (table->row_count < table->row_room) {
        return true;
    }
    size_t room = table->row_room == 0 ? 16 : table->row_room * 2;
    const char ***rows = realloc(table->rows, room * sizeof(*rows));
    if (rows == NULL) {
        return false;
    }
    table->rows = rows;
    table->row_room = room;
    return true;
}

void text_table_add(struct text_table *table, const char *const *cells)
{
    const char **row = arena_alloc_array(&table->arena, table->columns, sizeof(*row));
    if (row == NULL || !make_room(table)) {
        table->failed = true;
        return;
    }
    for (size_t i = 0; i < table->columns; i++) {
        row[i] = arena_strndup(&table->arena, cells[i], strlen(cells[i]));
        if (row[i] == NULL) {
            table->failed = true;
            return;
        }
    }
    table->rows[table->row_count++] = row;
}

size_t text_width(const char *text)
{
    size_t width = 0;
    size_t len = strlen(text);
    while (len > 0) {
        size_t n = utf8_sequence(text, len);
        n = n == 0 ? 1 : n;
        text += n;
        len -= n;
        width++;
    }
    return width;
}

static size_t column_width(const struct text_table *table, size_t column)
{
    size_t widest = 0;
    for (size_t i = 0; i < table->row_count; i++) {
        size_t width = text_width(table->rows[i][column]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void print_cell(const char *text, size_t width, bool right, FILE *out)
{
    int fill = (int)(width - text_width(text));
    (void)fprintf(out, "%*s%s%*s  ", right ? fill : 0, "", text, right ? 0 : fill, "");
}

bool text_table_print(const struct text_table *table, uint32_t right_aligned, FILE *out)
{
    size_t widths[TEXT_TABLE_MAX_COLUMNS];
    size_t last = table->columns - 1;
    for (size_t column = 0; column < last; column++) {
        widths[column] = column_width(table, column);
    }
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t column = 0; column < last; column++) {
            bool right = (right_aligned >> column & 1U) != 0;
            print_cell(table->rows[row][column], widths[column], right, out);
        }
        (void)fprintf(out, "%s\n", table->rows[row][last]);
    }
    return !table->failed && ferror(out) == 0;
}

void text_table_deinit(struct text_table *table)
{
    free(table->rows);
    arena_clear(&table->arena);
}

const char *text_size(uint64_t bytes, char buf[16])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        (void)snprintf(buf, 16, "%" PRIu64 " B", bytes);
        return buf;
    }
    size_t unit = 0;
    double value = (double)bytes;
    /* 1023.95 would be printed as 1024.0. */
    while (value >= 1023.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1024;
        unit++;
    }
    (void)snprintf(buf, 16, "%.1f %s", value, units[unit]);
    return buf;
}

const char *text_age(uint64_t ms, char buf[24])
{
    uint64_t seconds = ms / 1000;
    if (ms < 1000) {
        (void)snprintf(buf, 24, "%" PRIu64 "ms", ms);
    } else if (seconds < 60) {
        (void)snprintf(buf, 24, "%" PRIu64 ".%" PRIu64 "s", seconds, ms % 1000 / 100);
    } else if (seconds < 3600) {
        (void)snprintf(buf, 24, "%" PRIu64 "m %" PRIu64 "s", seconds / 60, seconds % 60);
    } else if (seconds < 86400) {
        (void)snprintf(buf, 24, "%" PRIu64 "h %" PRIu64 "m", seconds / 3600, seconds / 60 % 60);
    } else {
        (void)snprintf(buf, 24, "%" PRIu64 "d %" PRIu64 "h", seconds / 86400, seconds / 3600 % 24);
    }
    return buf;
}
