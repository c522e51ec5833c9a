/* Where in a JSON text a value stands. */
#ifndef CONFIG_TEXT_LINE_H
#define CONFIG_TEXT_LINE_H

#include <stddef.h>

/* The line, from 1 on, of what a path such as `format_costs[2].key.pixel_format` leads to: of the
 * key of a member, of the first byte of an item. Where the path leads to nothing, of what it leads
 * to as far as it goes: of "", the first value. The text must be understood as JSON, or lines are
 * arbitrary. Keys with escapes, dots or brackets are not found. */
size_t text_line_of(const char *text, const char *path);

#endif
