#include "y4m.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "YUV4MPEG2"

/* The 4:2:0 layouts differ only in where chroma is sampled, which changes no byte. */
static const char *const chroma_420[] = {"420", "420jpeg", "420paldv", "420mpeg2"};

static bool refuse(char *error, size_t size, const char *format, const char *got)
{
    (void)snprintf(error, size, format, got);
    return false;
}

/* A whole decimal number from 1 to max, ended by `end`. Moves *text behind that end, or onto the
 * NUL. */
static bool parse_number(const char **text, char end, uint32_t max, uint32_t *ret)
{
    char *after;
    if (**text < '0' || **text > '9') {
        return false;
    }
    errno = 0;
    unsigned long value = strtoul(*text, &after, 10);
    if (errno != 0 || value < 1 || value > max || *after != end) {
        return false;
    }
    *ret = (uint32_t)value;
    *text = end == '\0' ? after : after + 1;
    return true;
}

static bool is_420(const char *chroma)
{
    for (size_t i = 0; i < sizeof(chroma_420) / sizeof(chroma_420[0]); i++) {
        if (strcmp(chroma, chroma_420[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool parse_parameter(const char *word, struct y4m_header *header, char *error, size_t size)
{
    const char *value = word + 1;
    switch (*word) {
    case 'W':
        return parse_number(&value, '\0', Y4M_MAX_SIDE, &header->width) ||
               refuse(error, size, "bad width '%.40s': wanted 1 to 16384", word);
    case 'H':
        return parse_number(&value, '\0', Y4M_MAX_SIDE, &header->height) ||
               refuse(error, size, "bad height '%.40s': wanted 1 to 16384", word);
    case 'F':
        return (parse_number(&value, ':', UINT32_MAX, &header->rate_num) &&
                parse_number(&value, '\0', UINT32_MAX, &header->rate_den)) ||
               refuse(error, size, "bad frame rate '%.40s': wanted F<frames>:<seconds>", word);
    case 'C':
        return is_420(value) ||
               refuse(error, size,
                      "chroma is C%.40s: wanted 4:2:0 (C420, C420jpeg, C420paldv, C420mpeg2)",
                      value);
    case 'X':
        if (strcmp(value, "COLORRANGE=FULL") == 0) {
            header->full_range = true;
        }
        return true;
    default:
        return true; /* interlacing, aspect and what is still to come change no byte of a frame */
    }
}

bool y4m_header_parse(const char *line, struct y4m_header *ret, char *error, size_t size)
{
    struct y4m_header header = {.rate_num = 25, .rate_den = 1};
    char words[Y4M_MAX_LINE];
    size_t len = strlen(line);
    if (strncmp(line, MAGIC, strlen(MAGIC)) != 0 ||
        (line[strlen(MAGIC)] != ' ' && line[strlen(MAGIC)] != '\0')) {
        return refuse(error, size, "not a Y4M stream: it begins with '%.12s', not " MAGIC, line);
    }
    if (len >= sizeof(words)) {
        return refuse(error, size, "header line longer than 255 bytes: '%.20s...'", line);
    }
    memcpy(header.line, line, len + 1);
    memcpy(words, line, len + 1);
    char *rest = NULL;
    (void)strtok_r(words, " ", &rest);
    for (char *word = strtok_r(NULL, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (!parse_parameter(word, &header, error, size)) {
            return false;
        }
    }
    if (header.width == 0 || header.height == 0) {
        return refuse(error, size, "the header has no %s", header.width == 0 ? "width" : "height");
    }
    *ret = header;
    return true;
}

/* Reads a line without its newline. Returns its length, -1 at the end of the stream before any
 * byte, -2 when the stream ends within the line, -3 when the line is too long. */
static int read_line(FILE *file, char line[Y4M_MAX_LINE])
{
    int len = 0;
    for (;;) {
        int c = getc(file);
        if (c == EOF) {
            line[len] = '\0';
            return len == 0 ? -1 : -2;
        }
        if (c == '\n') {
            line[len] = '\0';
            return len;
        }
        if (len == Y4M_MAX_LINE - 1) {
            line[len] = '\0';
            return -3;
        }
        line[len++] = (char)c;
    }
}

static enum y4m_result bad(struct y4m_reader *reader, const char *problem)
{
    (void)snprintf(reader->error, sizeof(reader->error), "%s", problem);
    return Y4M_BAD;
}

enum y4m_result y4m_reader_init(struct y4m_reader *reader, FILE *file)
{
    char line[Y4M_MAX_LINE];
    *reader = (struct y4m_reader){.file = file};
    int len = read_line(file, line);
    if (len == -1) {
        return bad(reader, "the stream is empty: wanted a Y4M header");
    }
    bool is_y4m = strncmp(line, MAGIC, strlen(MAGIC)) == 0;
    if (len == -2 && (is_y4m || strncmp(line, MAGIC, strlen(line)) == 0)) {
        return bad(reader, "the stream ends within the header line");
    }
    if (len == -3 && is_y4m) {
        return bad(reader, "header line longer than 255 bytes");
    }
    return y4m_header_parse(line, &reader->header, reader->error, sizeof(reader->error)) ? Y4M_OK
                                                                                         : Y4M_BAD;
}

static enum y4m_result bad_frame(struct y4m_reader *reader, const char *problem)
{
    (void)snprintf(reader->error, sizeof(reader->error), "frame %llu: %s",
                   (unsigned long long)reader->frames, problem);
    return Y4M_BAD;
}

/* Rows of one plane; a plane whose samples lie `step` bytes apart goes through a row of its own. */
static bool read_plane(FILE *file, const struct plane *plane)
{
    unsigned char row[Y4M_MAX_SIDE];
    for (uint32_t y = 0; y < plane->height; y++) {
        unsigned char *to = plane->samples + (size_t)y * plane->stride;
        if (plane->step == 1) {
            if (fread(to, 1, plane->width, file) != plane->width) {
                return false;
            }
            continue;
        }
        if (fread(row, 1, plane->width, file) != plane->width) {
            return false;
        }
        for (uint32_t x = 0; x < plane->width; x++) {
            to[(size_t)x * plane->step] = row[x];
        }
    }
    return true;
}

enum y4m_result y4m_read_frame(struct y4m_reader *reader, const struct picture *picture)
{
    char line[Y4M_MAX_LINE] = "";
    int len = read_line(reader->file, line);
    if (len == -1) {
        return ferror(reader->file) ? bad_frame(reader, strerror(errno)) : Y4M_END;
    }
    if (strncmp(line, "FRAME", 5) != 0 || (line[5] != '\0' && line[5] != ' ')) {
        return bad_frame(reader, len == -2 ? "the stream ends within the frame's header"
                                           : "wanted a line that begins with FRAME");
    }
    if (len < 0) {
        return bad_frame(reader, len == -2 ? "the stream ends within the frame's header"
                                           : "header line longer than 255 bytes");
    }
    for (int i = 0; i < PICTURE_PLANES; i++) {
        if (!read_plane(reader->file, &picture->planes[i])) {
            return bad_frame(reader, ferror(reader->file) ? strerror(errno)
                                                          : "the stream ends within the picture");
        }
    }
    reader->frames++;
    return Y4M_OK;
}

bool y4m_write_header(FILE *file, const struct y4m_header *header)
{
    return fprintf(file, "%s\n", header->line) > 0;
}

static bool write_plane(FILE *file, const struct plane *plane)
{
    unsigned char row[Y4M_MAX_SIDE];
    for (uint32_t y = 0; y < plane->height; y++) {
        const unsigned char *from = plane->samples + (size_t)y * plane->stride;
        if (plane->step != 1) {
            for (uint32_t x = 0; x < plane->width; x++) {
                row[x] = from[(size_t)x * plane->step];
            }
            from = row;
        }
        if (fwrite(from, 1, plane->width, file) != plane->width) {
            return false;
        }
    }
    return true;
}

bool y4m_write_frame(FILE *file, const struct picture *picture)
{
    if (fputs("FRAME\n", file) < 0) {
        return false;
    }
    for (int i = 0; i < PICTURE_PLANES; i++) {
        if (!write_plane(file, &picture->planes[i])) {
            return false;
        }
    }
    return true;
}
