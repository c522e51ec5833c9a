#include "cli/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void line_reader_init(struct line_reader *reader, int fd)
{
    *reader = (struct line_reader){.fd = fd};
}

void line_reader_deinit(struct line_reader *reader)
{
    free(reader->buffer);
}

static const char *find_newline(const struct line_reader *reader)
{
    return reader->end == reader->start
               ? NULL
               : memchr(reader->buffer + reader->start, '\n', reader->end - reader->start);
}

bool line_reader_is_empty(const struct line_reader *reader)
{
    return find_newline(reader) == NULL && !reader->at_end;
}

/* Makes room behind the bytes that are there. */
static bool make_room(struct line_reader *reader)
{
    if (reader->start > 0) {
        memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
        reader->end -= reader->start;
        reader->start = 0;
    }
    if (reader->end < reader->size) {
        return true;
    }
    size_t size = reader->size == 0 ? 65536 : reader->size * 2;
    char *buffer = realloc(reader->buffer, size);
    if (buffer == NULL) {
        errno = ENOMEM;
        return false;
    }
    reader->buffer = buffer;
    reader->size = size;
    return true;
}

static bool read_more(struct line_reader *reader)
{
    if (!make_room(reader)) {
        return false;
    }
    ssize_t n;
    do {
        n = read(reader->fd, reader->buffer + reader->end, reader->size - reader->end);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return false;
    }
    reader->at_end = n == 0;
    reader->end += (size_t)n;
    return true;
}

/* Hands out `len` bytes; the newline behind them, if there is one, goes too. */
static enum line_status hand_out(struct line_reader *reader, size_t len, const char **ret_line,
                                 size_t *ret_len)
{
    bool was_skipping = reader->skipping;
    *ret_line = reader->buffer + reader->start;
    *ret_len = len;
    reader->start += len < reader->end - reader->start ? len + 1 : len;
    reader->skipping = false;
    return was_skipping || len > LINE_READER_MAX ? LINE_TOO_LONG : LINE_OK;
}

enum line_status line_reader_next(struct line_reader *reader, const char **ret_line,
                                  size_t *ret_len)
{
    for (;;) {
        const char *newline = find_newline(reader);
        if (newline != NULL) {
            return hand_out(reader, (size_t)(newline - reader->buffer) - reader->start, ret_line,
                            ret_len);
        }
        if (reader->at_end) {
            return reader->end == reader->start && !reader->skipping
                       ? LINE_END
                       : hand_out(reader, reader->end - reader->start, ret_line, ret_len);
        }
        if (reader->end - reader->start > LINE_READER_MAX) {
            reader->skipping = true;
            reader->start = reader->end;
        }
        if (!read_more(reader)) {
            return LINE_ERROR;
        }
    }
}
