/* sysmemctl formats: the pixel formats that images can be laid out in. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/text_table.h"
#include "image/pixel_format.h"
#include "model/names.h"

static const char *name_of(const struct pixel_format *format)
{
    const char *name = model_name_of(&model_pixel_format_names, format->value);
    return name == NULL ? "?" : name;
}

static const char *planes_of(const struct pixel_format *format)
{
    switch (format->planes) {
    case PIXEL_PLANES_INTERLEAVED:
        return "interleaved";
    case PIXEL_PLANES_TWO:
        return "2";
    case PIXEL_PLANES_THREE:
        return "3";
    default:
        return "1";
    }
}

static const char *colors_of(const struct pixel_format *format)
{
    switch (format->color_models) {
    case COLOR_MODEL_RGB:
        return "RGB";
    case COLOR_MODEL_YUV:
        return "YUV";
    default:
        return "RGB,YUV";
    }
}

static bool print_json(const struct pixel_format *formats, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct pixel_format *format = &formats[i];
        json_t *object = json_pack(
            "{s:s, s:I, s:i, s:s, s:i, s:i, s:i, s:s, s:b}", "pixel_format", name_of(format),
            "value", (json_int_t)format->value, "bytes_per_pixel_of_row", format->stride_bytes,
            "planes", planes_of(format), "size_alignment", format->size_divisor, "row_alignment",
            format->sample_alignment, "sample_bits", format->sample_bits, "color_models",
            colors_of(format), "has_alpha", format->has_alpha);
        (void)json_array_append_new(list, object);
    }
    char *text = json_dumps(list, JSON_INDENT(2));
    bool printed = text != NULL && puts(text) >= 0;
    free(text);
    json_decref(list);
    return printed;
}

static bool print_table(const struct pixel_format *formats, size_t count)
{
    static const char *const heading[] = {"FORMAT",     "VALUE", "ROW BYTES/PIXEL", "PLANES",
                                          "SIZE ALIGN", "BITS",  "COLORS",          "ALPHA"};
    enum { VALUE = 1, ROW_BYTES, SIZE_ALIGN = 4, BITS };
    struct text_table table;
    text_table_init(&table, sizeof(heading) / sizeof(heading[0]));
    text_table_add(&table, heading);
    for (size_t i = 0; i < count; i++) {
        const struct pixel_format *format = &formats[i];
        char value[16];
        char row_bytes[16];
        char size_align[16];
        char bits[16];
        (void)snprintf(value, sizeof(value), "%u", format->value);
        (void)snprintf(row_bytes, sizeof(row_bytes), "%u", format->stride_bytes);
        (void)snprintf(size_align, sizeof(size_align), "%u", format->size_divisor);
        (void)snprintf(bits, sizeof(bits), "%u", format->sample_bits);
        const char *const cells[] = {
            name_of(format), value, row_bytes,         planes_of(format),
            size_align,      bits,  colors_of(format), format->has_alpha ? "yes" : "no"};
        text_table_add(&table, cells);
    }
    bool printed = text_table_print(
        &table, 1U << VALUE | 1U << ROW_BYTES | 1U << SIZE_ALIGN | 1U << BITS, stdout);
    text_table_deinit(&table);
    return printed;
}

int command_formats(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .has_json = true,
        .doc = "Show the pixel formats that images can be laid out in. Needs no daemon."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    size_t count = 0;
    const struct pixel_format *formats = pixel_formats(&count);
    bool printed = options.json ? print_json(formats, count) : print_table(formats, count);
    return printed ? EXIT_DONE : EXIT_REFUSED;
}
