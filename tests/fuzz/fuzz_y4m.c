/* Video files of the example pipeline. Input: the file. Each frame is read into planes of exactly
 * the size that the header says, first one after the other, then with U and V side by side. */
#include "fuzz.h"

#include <stdbool.h>

#include "y4m.h"

#define MAX_PIXELS ((uint64_t)1 << 16) /* larger pictures only cost time */

static struct picture picture_of(const struct y4m_header *header, unsigned char *luma,
                                 unsigned char *chroma, bool side_by_side)
{
    uint32_t width = (header->width + 1) / 2;
    uint32_t height = (header->height + 1) / 2;
    size_t step = side_by_side ? 2 : 1;
    struct plane u = {
        .samples = chroma, .width = width, .height = height, .stride = width * step, .step = step};
    struct plane v = u;
    v.samples += side_by_side ? 1 : (size_t)width * height;
    return (struct picture){
        .planes = {
                   {.samples = luma,
             .width = header->width,
             .height = header->height,
             .stride = header->width,
             .step = 1},
                   u, v,
                   }
    };
}

static void read_frames(struct y4m_reader *reader, bool side_by_side)
{
    const struct y4m_header *header = &reader->header;
    size_t luma_bytes = (size_t)header->width * header->height;
    size_t chroma_bytes =
        2 * ((size_t)(header->width + 1) / 2) * ((size_t)(header->height + 1) / 2);
    unsigned char *luma = malloc(luma_bytes);
    unsigned char *chroma = malloc(chroma_bytes);
    EXPECT(luma != NULL && chroma != NULL);
    struct picture picture = picture_of(header, luma, chroma, side_by_side);
    enum y4m_result result = Y4M_OK;
    uint64_t frames = 0;
    while (result == Y4M_OK) {
        result = y4m_read_frame(reader, &picture);
        frames += result == Y4M_OK;
    }
    EXPECT(reader->frames == frames);
    EXPECT((result == Y4M_BAD) == (reader->error[0] != '\0'));
    free(luma);
    free(chroma);
}

static void check_header(const struct y4m_header *header)
{
    EXPECT(header->width >= 1 && header->width <= Y4M_MAX_SIDE);
    EXPECT(header->height >= 1 && header->height <= Y4M_MAX_SIDE);
    EXPECT(header->rate_num >= 1 && header->rate_den >= 1);
    struct y4m_header again;
    char error[160];
    EXPECT(y4m_header_parse(header->line, &again, error, sizeof(error)));
    EXPECT(again.width == header->width && again.height == header->height);
    EXPECT(strcmp(again.line, header->line) == 0);
}

static void read_file(const uint8_t *data, size_t size, bool side_by_side)
{
    FILE *file = fmemopen((void *)(uintptr_t)data, size, "r");
    EXPECT(file != NULL);
    struct y4m_reader reader;
    if (y4m_reader_init(&reader, file) == Y4M_OK) {
        check_header(&reader.header);
        if ((uint64_t)reader.header.width * reader.header.height <= MAX_PIXELS) {
            read_frames(&reader, side_by_side);
        }
    } else {
        EXPECT(reader.error[0] != '\0');
    }
    (void)fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) { /* fmemopen() may refuse an empty one */
        read_file(data, size, false);
        read_file(data, size, true);
    }
    return 0;
}
