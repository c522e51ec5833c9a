/* Y4M: what is read, what is refused and with which words, and that a copy equals its original. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>

#include "y4m.h"

/* A stream that holds `text` and then `extra` bytes counting up from 0. */
static FILE *stream(const char *text, size_t extra)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    for (size_t i = 0; i < extra; i++) {
        assert_int_not_equal(fputc((int)(i % 251), file), EOF);
    }
    rewind(file);
    return file;
}

static void assert_header_refused(const char *text, const char *words)
{
    struct y4m_reader reader;
    FILE *file = stream(text, 0);
    assert_int_equal(y4m_reader_init(&reader, file), Y4M_BAD);
    if (!strstr(reader.error, words)) {
        fail_msg("wanted an error with '%s', got '%s'", words, reader.error);
    }
    (void)fclose(file);
}

static void header_gives_size_and_rate(void **state)
{
    (void)state;
    struct y4m_reader reader;
    FILE *file = stream(
        "YUV4MPEG2 W320 H240 F30000:1001 Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=FULL\n", 0);
    assert_int_equal(y4m_reader_init(&reader, file), Y4M_OK);
    assert_int_equal(reader.header.width, 320);
    assert_int_equal(reader.header.height, 240);
    assert_int_equal(reader.header.rate_num, 30000);
    assert_int_equal(reader.header.rate_den, 1001);
    assert_true(reader.header.full_range);
    (void)fclose(file);
}

static void all_420_layouts_are_read(void **state)
{
    (void)state;
    static const char *const chroma[] = {"", " C420", " C420jpeg", " C420paldv", " C420mpeg2"};
    for (size_t i = 0; i < sizeof(chroma) / sizeof(chroma[0]); i++) {
        char line[64];
        char error[160] = "";
        struct y4m_header header;
        (void)snprintf(line, sizeof(line), "YUV4MPEG2 W16 H8 F25:1%s", chroma[i]);
        assert_true(y4m_header_parse(line, &header, error, sizeof(error)));
        assert_false(header.full_range);
    }
}

static void bad_headers_are_refused(void **state)
{
    (void)state;
    char long_line[400];
    (void)snprintf(long_line, sizeof(long_line), "YUV4MPEG2 W16 H16 X%0300d\n", 0);
    assert_header_refused("", "empty");
    assert_header_refused("YUV4MP", "ends within the header");
    assert_header_refused("YUV4MPEG2 W16 H16", "ends within the header");
    assert_header_refused(long_line, "longer than 255 bytes");
    assert_header_refused("RIFF1234AVI LIST\n", "not a Y4M stream");
    assert_header_refused("YUV4MPEG3 W16 H16\n", "not a Y4M stream");
    assert_header_refused("YUV4MPEG2 H16 F25:1\n", "no width");
    assert_header_refused("YUV4MPEG2 W16 F25:1\n", "no height");
    assert_header_refused("YUV4MPEG2 W0 H16\n", "bad width 'W0'");
    assert_header_refused("YUV4MPEG2 W16x H16\n", "bad width 'W16x'");
    assert_header_refused("YUV4MPEG2 W16 H-1\n", "bad height 'H-1'");
    assert_header_refused("YUV4MPEG2 W16 H99999999999999999999\n", "bad height");
    assert_header_refused("YUV4MPEG2 W16 H16 F25\n", "bad frame rate 'F25'");
    assert_header_refused("YUV4MPEG2 W16 H16 F25:0\n", "bad frame rate 'F25:0'");
    assert_header_refused("YUV4MPEG2 W16 H16 C444\n", "chroma is C444: wanted 4:2:0");
    assert_header_refused("YUV4MPEG2 W16 H16 Cmono\n", "chroma is Cmono");
    assert_header_refused("YUV4MPEG2 W16 H16 C420p10\n", "chroma is C420p10");
}

/* Reads all frames of a 3x3 video (9 + 4 + 4 bytes each) and returns what came last. */
static enum y4m_result read_all(const char *text, size_t extra, uint64_t *ret_frames,
                                char error[160])
{
    struct y4m_reader reader;
    struct picture_layout layout = picture_layout_packed((struct sysmem_size){3, 3});
    unsigned char *bytes = calloc(1, layout.bytes);
    assert_non_null(bytes);
    struct picture picture = picture_at(&layout, bytes);
    FILE *file = stream(text, extra);
    assert_int_equal(y4m_reader_init(&reader, file), Y4M_OK);
    enum y4m_result result;
    do {
        result = y4m_read_frame(&reader, &picture);
    } while (result == Y4M_OK);
    *ret_frames = reader.frames;
    memcpy(error, reader.error, sizeof(reader.error));
    (void)fclose(file);
    free(bytes);
    return result;
}

static void odd_sizes_round_chroma_up(void **state)
{
    (void)state;
    uint64_t frames;
    char error[160];
    assert_int_equal(read_all("YUV4MPEG2 W3 H3\nFRAME\n", 9 + 4 + 4, &frames, error), Y4M_END);
    assert_int_equal(frames, 1);
}

static void bad_frames_are_refused(void **state)
{
    (void)state;
    uint64_t frames;
    char error[160];
    assert_int_equal(read_all("YUV4MPEG2 W3 H3\nFRAME\n", 16, &frames, error), Y4M_BAD);
    assert_string_equal(error, "frame 0: the stream ends within the picture");
    assert_int_equal(read_all("YUV4MPEG2 W3 H3\nFRAME Ip\n01234567890123456FRA", 0, &frames, error),
                     Y4M_BAD);
    assert_int_equal(frames, 1);
    assert_string_equal(error, "frame 1: the stream ends within the frame's header");
    assert_int_equal(read_all("YUV4MPEG2 W3 H3\nFRAME\n", 17 + 1, &frames, error), Y4M_BAD);
    assert_int_equal(frames, 1);
    assert_int_equal(read_all("YUV4MPEG2 W3 H3\nFRAMES\n", 17, &frames, error), Y4M_BAD);
    assert_string_equal(error, "frame 0: wanted a line that begins with FRAME");
}

/* Reads a 5x3 video into the pixel format and compares what is written from there with the
 * original. */
static void assert_copy_equals(uint32_t pixel_format)
{
    enum { BYTES = 5 * 3 + 3 * 2 * 2 };
    struct picture_layout layout = picture_layout_packed((struct sysmem_size){5, 3});
    layout.pixel_format = pixel_format;
    layout.bytes_per_row = 16; /* padded rows */
    unsigned char buffer[16 * 4 * 3 / 2];
    unsigned char original[256];
    unsigned char copy[256];
    struct picture picture = picture_at(&layout, buffer);
    struct y4m_reader reader;
    FILE *in = stream("YUV4MPEG2 W5 H3 F25:1 C420paldv\nFRAME\n", BYTES);
    FILE *out = tmpfile();
    assert_non_null(out);
    assert_int_equal(y4m_reader_init(&reader, in), Y4M_OK);
    assert_int_equal(y4m_read_frame(&reader, &picture), Y4M_OK);
    assert_true(y4m_write_header(out, &reader.header));
    assert_true(y4m_write_frame(out, &picture));
    rewind(in);
    rewind(out);
    size_t size = fread(original, 1, sizeof(original), in);
    assert_int_equal(fread(copy, 1, sizeof(copy), out), size);
    assert_memory_equal(copy, original, size);
    (void)fclose(in);
    (void)fclose(out);
}

static void copies_equal_their_original_in_every_format(void **state)
{
    (void)state;
    assert_copy_equals(SYSMEM_PIXEL_FORMAT_I420);
    assert_copy_equals(SYSMEM_PIXEL_FORMAT_YV12);
    assert_copy_equals(SYSMEM_PIXEL_FORMAT_NV12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_gives_size_and_rate),
        cmocka_unit_test(all_420_layouts_are_read),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(odd_sizes_round_chroma_up),
        cmocka_unit_test(bad_frames_are_refused),
        cmocka_unit_test(copies_equal_their_original_in_every_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
