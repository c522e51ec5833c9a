#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static bool strbuf_reserve(struct strbuf *buf, size_t extra)
{
    if (buf->failed || extra > (size_t)-1 / 2 - buf->len) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->len + extra + 1;
    if (need <= buf->size) {
        return true;
    }
    size_t size = buf->size * 2 > need ? buf->size * 2 : need;
    char *text = realloc(buf->text, size);
    if (text == NULL) {
        buf->failed = true;
        return false;
    }
    buf->text = text;
    buf->size = size;
    return true;
}

void strbuf_add(struct strbuf *buf, const char *text, size_t len)
{
    if (strbuf_reserve(buf, len)) {
        memcpy(buf->text + buf->len, text, len);
        buf->len += len;
        buf->text[buf->len] = '\0';
    }
}

void strbuf_addf(struct strbuf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len >= 0 && strbuf_reserve(buf, (size_t)len)) {
        (void)vsnprintf(buf->text + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

static void add_escaped(struct strbuf *buf, const char *text, bool in_quotes)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        unsigned char byte = (unsigned char)text[i];
        size_t n = utf8_sequence(text + i, len - i);
        /* U+0080 to U+009F are control characters that some terminals obey. */
        bool control = byte < 0x20 || byte == 0x7F || n == 0 ||
                       (byte == 0xC2 && (unsigned char)text[i + 1] < 0xA0);
        if (control || (in_quotes && byte == '"')) {
            strbuf_addf(buf, "\\x%02x", byte);
            i++;
        } else if (byte == '\\') {
            strbuf_add(buf, "\\\\", 2);
            i++;
        } else {
            strbuf_add(buf, text + i, n);
            i += n;
        }
    }
}

void strbuf_add_escaped(struct strbuf *buf, const char *text)
{
    add_escaped(buf, text, false);
}

void strbuf_add_quoted(struct strbuf *buf, const char *text)
{
    strbuf_add(buf, "\"", 1);
    add_escaped(buf, text, true);
    strbuf_add(buf, "\"", 1);
}

const char *strbuf_text(const struct strbuf *buf)
{
    return buf->text == NULL ? "" : buf->text;
}

char *strbuf_take(struct strbuf *buf)
{
    char *text = NULL;
    if (!buf->failed) {
        strbuf_add(buf, "", 0);
        text = buf->failed ? NULL : buf->text;
    }
    if (text == NULL) {
        free(buf->text);
    }
    *buf = (struct strbuf){0};
    return text;
}

void strbuf_deinit(struct strbuf *buf)
{
    free(buf->text);
    *buf = (struct strbuf){0};
}
