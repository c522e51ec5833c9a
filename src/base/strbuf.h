/* A string that grows. After a failed allocation it stays as it was and remembers the failure. */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf {
    char *text; /* NUL-terminated, or NULL while empty */
    size_t len;
    size_t size;
    bool failed;
};

/* A zeroed strbuf is an empty one. */

__attribute__((format(printf, 2, 3))) void strbuf_addf(struct strbuf *buf, const char *format, ...);
void strbuf_add(struct strbuf *buf, const char *text, size_t len);

/* Appends text from a peer so that it cannot forge log lines or move a terminal's cursor: control
 * bytes and bytes above 0x7e that are not part of valid UTF-8 come out as \xNN, a backslash as \\.
 */
void strbuf_add_escaped(struct strbuf *buf, const char *text);

/* The same between quotes, which the text cannot end, also where it is escaped once more: a quote
 * of its own comes out as \x22. */
void strbuf_add_quoted(struct strbuf *buf, const char *text);

/* The text so far ("" while empty); stays with the buffer. */
const char *strbuf_text(const struct strbuf *buf);

/* Hands the text out (caller frees; NULL if an allocation failed) and empties the buffer. */
char *strbuf_take(struct strbuf *buf);

void strbuf_deinit(struct strbuf *buf);

#endif
