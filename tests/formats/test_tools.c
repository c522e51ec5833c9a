/* The library's names of formats given to the tools that use them: FFmpeg and GStreamer write an
 * image of one color in each format, and its bytes must be those of the pixel format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sysmem/ffmpeg_format.h>
#include <sysmem/gstreamer_format.h>
#include <sysmem/image_format.h>

#include "cli/program.h"
#include "memory_order.h"

typedef struct sysmem_image_format_constraints constraints_t;

#define WIDTH  16
#define HEIGHT 8

/* Colors at the ends of the channels' ranges, so that no rounding shows. */
static const struct color {
    uint8_t red;
    uint8_t green;
    uint8_t blue;
    uint8_t alpha;
} colors[] = {
    {255, 0,   0,   255},
    {0,   0,   255, 255},
    {255, 255, 0,   0  },
};

static char directory[] = "/tmp/sysmem-formats-XXXXXX";
static char input[64];
static char output[64];

/* What a channel of a color is, from 0 to 1; YUV by BT.601, narrow range. */
static double expected(const struct color *color, char channel)
{
    double red = color->red / 255.0;
    double green = color->green / 255.0;
    double blue = color->blue / 255.0;
    switch (channel) {
    case 'R':
        return red;
    case 'G':
        return green;
    case 'B':
        return blue;
    case 'A':
        return color->alpha / 255.0;
    case 'Y':
        return (16 + 65.5 * red + 128.6 * green + 25.0 * blue) / 255;
    case 'U':
        return (128 - 37.8 * red - 74.2 * green + 112 * blue) / 255;
    default:
        return (128 + 112 * red - 93.8 * green - 18.2 * blue) / 255;
    }
}

static void check_image(const constraints_t *constraints, const char *name,
                        const struct color *color)
{
    static uint8_t bytes[WIDTH * HEIGHT * 4 + 1];
    const struct sysmem_size size = {WIDTH, HEIGHT};
    struct sysmem_image_format format;
    uint64_t wanted = 0;
    unsigned channels = 0;
    FILE *file = fopen(output, "r");
    assert_non_null(file);
    size_t got = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    assert_int_equal(sysmem_image_format_from_constraints(constraints, size, &format), ZX_OK);
    assert_int_equal(sysmem_image_format_size_bytes(&format, &wanted), ZX_OK);
    assert_int_equal(got, wanted);
    for (const char *channel = "RGBAYUV"; *channel != 0; channel++) {
        double value = memory_order_read(constraints->pixel_format, bytes, WIDTH, HEIGHT, *channel);
        double difference = value - expected(color, *channel);
        if (value < 0 || (*channel == 'A' && !constraints->is_alpha_present)) {
            continue;
        }
        if (difference > 0.1 || difference < -0.1) {
            print_error("%s as %s, color %d,%d,%d,%d: %c is %.2f\n",
                        sysmem_pixel_format_name(constraints->pixel_format), name, color->red,
                        color->green, color->blue, color->alpha, *channel, value);
        }
        assert_true(difference <= 0.1 && difference >= -0.1);
        channels++;
    }
    assert_true(channels > 0);
}

static bool is_installed(const char *tool)
{
    const char *const argv[] = {tool, tool[0] == 'f' ? "-version" : "--version", NULL};
    struct program_result result = program_run(argv, "");
    bool found = result.status == 0;
    program_result_deinit(&result);
    return found;
}

static void run(const char *const *argv)
{
    struct program_result result = program_run(argv, "");
    (void)unlink(input);
    if (result.status != 0) {
        print_error("%s ended with %d: %s%s\n", argv[0], result.status, result.output,
                    result.errors);
    }
    assert_int_equal(result.status, 0);
    program_result_deinit(&result);
}

static void write_with_ffmpeg(const char *name, const struct color *color)
{
    const char *const argv[] = {"ffmpeg", "-v",       "error", "-y", "-f",       "pam_pipe", "-i",
                                input,    "-pix_fmt", name,    "-f", "rawvideo", output,     NULL};
    FILE *file = fopen(input, "w");
    assert_non_null(file);
    (void)fprintf(file,
                  "P7\nWIDTH %d\nHEIGHT %d\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n",
                  WIDTH, HEIGHT);
    for (unsigned i = 0; i < WIDTH * HEIGHT; i++) {
        (void)fprintf(file, "%c%c%c%c", color->red, color->green, color->blue, color->alpha);
    }
    assert_int_equal(fclose(file), 0);
    run(argv);
}

static void write_with_gstreamer(const char *name, const struct color *color)
{
    char foreground[64];
    char caps[96];
    char location[96];
    const char *const argv[] = {"gst-launch-1.0",
                                "-q",
                                "videotestsrc",
                                "num-buffers=1",
                                "pattern=solid-color",
                                foreground,
                                "!",
                                "videoconvert",
                                "!",
                                caps,
                                "!",
                                "filesink",
                                location,
                                NULL};
    (void)snprintf(foreground, sizeof(foreground), "foreground-color=0x%02x%02x%02x%02x",
                   color->alpha, color->red, color->green, color->blue);
    (void)snprintf(caps, sizeof(caps), "video/x-raw,format=%s,width=%d,height=%d", name, WIDTH,
                   HEIGHT);
    (void)snprintf(location, sizeof(location), "location=%s", output);
    run(argv);
}

typedef sysmem_status_t name_fn(const constraints_t *constraints, const char **ret_name,
                                char *ret_why);

/* Every format that the tool has, with and without alpha. Returns how many. */
static unsigned write_all(name_fn *name_of,
                          void (*write)(const char *name, const struct color *color))
{
    unsigned count = 0;
    for (uint32_t i = 0; i < 2 * 130; i++) {
        constraints_t constraints = {0};
        const struct sysmem_pixel_format_info *info = sysmem_pixel_format_info(i / 2);
        const char *name;
        SYSMEM_SET(&constraints, pixel_format, i / 2);
        SYSMEM_SET(&constraints, is_alpha_present, i % 2 == 0);
        if (info == NULL || (i % 2 == 0 && !info->has_alpha) ||
            i / 2 == SYSMEM_PIXEL_FORMAT_R8G8B8X8 || i / 2 == SYSMEM_PIXEL_FORMAT_B8G8R8X8 ||
            name_of(&constraints, &name, NULL) != ZX_OK) {
            continue;
        }
        for (size_t c = 0; c < sizeof(colors) / sizeof(colors[0]); c++) {
            write(name, &colors[c]);
            check_image(&constraints, name, &colors[c]);
        }
        count++;
    }
    return count;
}

static void ffmpeg_formats(void **state)
{
    (void)state;
    if (!is_installed("ffmpeg")) {
        print_message("skipped: ffmpeg is not installed\n");
        skip();
    }
    assert_int_equal(write_all(sysmem_ffmpeg_format_from_constraints, write_with_ffmpeg), 15);
}

static void gstreamer_formats(void **state)
{
    (void)state;
    if (!is_installed("gst-launch-1.0")) {
        print_message("skipped: gst-launch-1.0 is not installed\n");
        skip();
    }
    assert_int_equal(write_all(sysmem_gstreamer_format_from_constraints, write_with_gstreamer), 15);
}

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    (void)snprintf(input, sizeof(input), "%s/in.pam", directory);
    (void)snprintf(output, sizeof(output), "%s/out.raw", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    (void)unlink(input);
    (void)unlink(output);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ffmpeg_formats),
        cmocka_unit_test(gstreamer_formats),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
