/* Y4M (YUV4MPEG2) with 4:2:0 chroma: what mjpegtools and ffmpeg write for raw video.
 *
 * A file is one header line ("YUV4MPEG2 W320 H240 F30:1 ... C420jpeg") and then, for each frame, a
 * line that begins with "FRAME" and the three planes, unpadded. Odd sizes have their chroma rounded
 * up. */
#ifndef PIPELINE_Y4M_H
#define PIPELINE_Y4M_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "picture.h"

#define Y4M_MAX_LINE 256   /* of the header, with its newline; a longer one is refused */
#define Y4M_MAX_SIDE 16384 /* pixels */

struct y4m_header {
    uint32_t width; /* pixels */
    uint32_t height;
    uint32_t rate_num; /* frames each second, as a fraction */
    uint32_t rate_den;
    bool full_range;         /* XCOLORRANGE=FULL */
    char line[Y4M_MAX_LINE]; /* the header as it was read, without newline: what a copy begins with
                              */
};

/* Reads the text of a header line (no newline). False: `error` (size bytes) says what is wrong. */
bool y4m_header_parse(const char *line, struct y4m_header *ret, char *error, size_t size);

enum y4m_result {
    Y4M_OK,
    Y4M_END, /* the stream ends after a whole frame */
    Y4M_BAD, /* reader->error says how */
};

struct y4m_reader {
    FILE *file; /* borrowed; a pipe will do */
    struct y4m_header header;
    uint64_t frames; /* read so far */
    char error[160];
};

/* Reads the header. Y4M_OK or Y4M_BAD. */
enum y4m_result y4m_reader_init(struct y4m_reader *reader, FILE *file);

/* Reads the next frame straight into the planes of `picture`, which has the header's size. */
enum y4m_result y4m_read_frame(struct y4m_reader *reader, const struct picture *picture);

/* Write a header line, and a frame. False: the file refused, errno says why. */
bool y4m_write_header(FILE *file, const struct y4m_header *header);
bool y4m_write_frame(FILE *file, const struct picture *picture);

#endif
