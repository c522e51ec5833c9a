/* UTF-8, as the interface demands of strings. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length of the well-formed sequence at the start of text[0..len), 0 if there is none. */
size_t utf8_sequence(const char *text, size_t len);

/* How many bytes of text[0..max), NUL-terminated if shorter, are whole well-formed sequences: where
 * to cut it. */
size_t utf8_cut(const char *text, size_t max);

/* Whether all of it is well-formed UTF-8. */
bool utf8_is_valid(const char *text, size_t len);

#endif
