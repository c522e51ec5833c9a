/* Lines of any sane length from a descriptor. */
#ifndef CLI_LINE_READER_H
#define CLI_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_READER_MAX ((size_t)64 << 20) /* bytes of a line */

enum line_status {
    LINE_OK,
    LINE_TOO_LONG, /* its rest was skipped */
    LINE_END,
    LINE_ERROR, /* errno */
};

struct line_reader {
    int fd; /* borrowed */
    char *buffer;
    size_t size;
    size_t start; /* of what is not handed out yet */
    size_t end;
    bool skipping; /* the rest of a line that is too long */
    bool at_end;
};

void line_reader_init(struct line_reader *reader, int fd);
void line_reader_deinit(struct line_reader *reader);

/* The next line, without its newline; valid until the next call. The last one may lack a newline.
 */
enum line_status line_reader_next(struct line_reader *reader, const char **ret_line,
                                  size_t *ret_len);

/* Whether line_reader_next() would have to read. */
bool line_reader_is_empty(const struct line_reader *reader);

#endif
