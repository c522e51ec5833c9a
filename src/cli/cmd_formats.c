/* sysmemctl formats: the pixel formats and modifiers, and what other systems call them. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sysmem/format.h>

#include "cli/command.h"
#include "cli/text_table.h"
#include "image/counterpart.h"
#include "image/modifier.h"
#include "image/pixel_format.h"
#include "model/names.h"

/* A pixel format, with its counterparts by what the channel A or X is; NULL: none. */
struct format_row {
    uint32_t value;
    const struct pixel_format *facts; /* NULL: images cannot be laid out in it */
    const struct counterpart *plain;  /* with an A, or without such a channel */
    const struct counterpart *with_x;
};

#define MAX_FORMATS 64

/* All pixel formats, in the order of their values. Returns how many. */
static size_t collect_formats(struct format_row rows[MAX_FORMATS])
{
    static const uint32_t deprecated[] = {SYSMEM_PIXEL_FORMAT_R8G8B8X8,
                                          SYSMEM_PIXEL_FORMAT_B8G8R8X8};
    size_t total = 0;
    size_t count = 0;
    const struct counterpart *all = counterparts(&total);
    for (size_t i = 0; i < total; i++) {
        if (all[i].alpha == COUNTERPART_X && count > 0) {
            rows[count - 1].with_x = &all[i];
        } else {
            uint32_t value = all[i].pixel_format;
            rows[count++] = (struct format_row){value, pixel_format_find(value), &all[i], NULL};
        }
    }
    for (size_t i = 0; i < sizeof(deprecated) / sizeof(deprecated[0]); i++) {
        struct format_row row = {deprecated[i], pixel_format_find(deprecated[i]), NULL, NULL};
        for (size_t j = 0; j < count; j++) {
            if (rows[j].value == counterpart_plain_format(deprecated[i])) {
                row.with_x = rows[j].with_x;
            }
        }
        rows[count++] = row;
    }
    return count;
}

static const char *name_of(const struct format_row *row)
{
    const char *name = model_name_of(&model_pixel_format_names, row->value);
    return name == NULL ? "?" : name;
}

static bool is_name(const char *name, const char *wanted)
{
    return name != NULL && strcmp(name, wanted) == 0;
}

/* Four characters, of which the last may be left out where they are blanks. */
static bool is_fourcc(const char *fourcc, const char *wanted)
{
    size_t length = strlen(wanted);
    return fourcc != NULL && length > 0 && length <= 4 && strncmp(fourcc, wanted, length) == 0 &&
           strspn(fourcc + length, " ") == 4 - length;
}

/* Whether that is a number, in any notation of C's. */
static bool read_number(const char *text, uint64_t *ret)
{
    char *end;
    *ret = strtoull(text, &end, 0);
    return text[0] >= '0' && text[0] <= '9' && *end == 0;
}

static bool is_counterpart(const struct counterpart *row, const char *wanted)
{
    uint64_t number;
    if (row == NULL) {
        return false;
    }
    if (read_number(wanted, &number)) {
        return (row->drm != NULL &&
                (counterpart_code(row->drm) == number || counterpart_wl_shm(row) == number)) ||
               (row->v4l2 != NULL && counterpart_code(row->v4l2) == number);
    }
    if (strncmp(wanted, "DRM_FORMAT_", 11) == 0 && is_name(row->drm_name, wanted + 11)) {
        return true;
    }
    return is_fourcc(row->drm, wanted) || is_name(row->drm_name, wanted) ||
           is_fourcc(row->v4l2, wanted) || is_name(row->gstreamer, wanted) ||
           is_name(row->ffmpeg, wanted);
}

static bool format_is(const struct format_row *row, const char *wanted)
{
    uint64_t number;
    return wanted == NULL || is_name(name_of(row), wanted) || is_counterpart(row->plain, wanted) ||
           is_counterpart(row->with_x, wanted) ||
           (read_number(wanted, &number) && number == row->value);
}

/* Among the modifiers with names, those that images may have. */
static bool modifier_is(const struct model_name *modifier, const char *wanted)
{
    uint64_t number;
    uint64_t drm;
    if (!modifier_is_usable(modifier->value)) {
        return false;
    }
    return wanted == NULL || is_name(modifier->name, wanted) ||
           (read_number(wanted, &number) &&
            (number == modifier->value ||
             (counterpart_drm_modifier(modifier->value, &drm) && number == drm)));
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

static void hex(uint64_t value, char ret[24])
{
    (void)snprintf(ret, 24, "0x%016" PRIx64, value);
}

static json_t *counterpart_json(const struct counterpart *row)
{
    json_t *object = json_object();
    if (row->alpha != COUNTERPART_OPAQUE) {
        (void)json_object_set_new(object, "is_alpha_present",
                                  json_boolean(row->alpha == COUNTERPART_A));
    }
    if (row->drm != NULL) {
        (void)json_object_set_new(object, "drm", json_string(row->drm));
        (void)json_object_set_new(object, "drm_name", json_string(row->drm_name));
        (void)json_object_set_new(object, "wl_shm", json_integer(counterpart_wl_shm(row)));
    }
    if (row->v4l2 != NULL) {
        (void)json_object_set_new(object, "v4l2", json_string(row->v4l2));
    }
    if (row->gstreamer != NULL) {
        (void)json_object_set_new(object, "gstreamer", json_string(row->gstreamer));
    }
    if (row->ffmpeg != NULL) {
        (void)json_object_set_new(object, "ffmpeg", json_string(row->ffmpeg));
    }
    return object;
}

static json_t *format_json(const struct format_row *row)
{
    const struct pixel_format *facts = row->facts;
    json_t *names = json_array();
    json_t *object =
        json_pack("{s:s, s:I}", "pixel_format", name_of(row), "value", (json_int_t)row->value);
    if (facts != NULL) {
        json_t *more =
            json_pack("{s:i, s:i, s:s, s:i, s:i, s:i, s:s, s:b}", "bits_per_pixel",
                      facts->bits_per_pixel, "bytes_per_pixel_of_row", facts->stride_bytes,
                      "planes", planes_of(facts), "size_alignment", facts->size_divisor,
                      "row_alignment", facts->sample_alignment, "sample_bits", facts->sample_bits,
                      "color_models", colors_of(facts), "has_alpha", facts->has_alpha);
        (void)json_object_update(object, more);
        json_decref(more);
    }
    if (row->plain != NULL) {
        (void)json_array_append_new(names, counterpart_json(row->plain));
    }
    if (row->with_x != NULL) {
        (void)json_array_append_new(names, counterpart_json(row->with_x));
    }
    (void)json_object_set_new(object, "counterparts", names);
    return object;
}

static json_t *modifier_json(const struct model_name *modifier)
{
    char value[24];
    uint64_t drm;
    hex(modifier->value, value);
    json_t *object =
        json_pack("{s:s, s:s, s:b}", "pixel_format_modifier", modifier->name, "value", value,
                  "protected", modifier_is_protected_compatible(modifier->value));
    if (counterpart_drm_modifier(modifier->value, &drm)) {
        hex(drm, value);
        (void)json_object_set_new(object, "drm", json_string(value));
    }
    return object;
}

static json_t *all_json(const struct format_row *rows, size_t count, const char *wanted)
{
    const struct model_names *names = &model_pixel_format_modifier_names;
    json_t *formats = json_array();
    json_t *modifiers = json_array();
    for (size_t i = 0; i < count; i++) {
        if (format_is(&rows[i], wanted)) {
            (void)json_array_append_new(formats, format_json(&rows[i]));
        }
    }
    for (size_t i = 0; i < names->count; i++) {
        if (modifier_is(&names->names[i], wanted)) {
            (void)json_array_append_new(modifiers, modifier_json(&names->names[i]));
        }
    }
    return json_pack("{s:o, s:o}", "pixel_formats", formats, "pixel_format_modifiers", modifiers);
}

/* "AB24 XB24": the names with an A and with an X, or the one that there is. */
static void pair_text(const struct format_row *row, const char *plain, const char *with_x,
                      char ret[32])
{
    plain = plain == NULL ? "-" : plain;
    with_x = with_x == NULL ? "-" : with_x;
    if (row->plain != NULL && row->with_x != NULL) {
        (void)snprintf(ret, 32, "%s %s", plain, with_x);
    } else {
        (void)snprintf(ret, 32, "%s", row->plain == NULL ? with_x : plain);
    }
}

static void add_format(struct text_table *table, const struct format_row *row)
{
    static const struct counterpart none = {0};
    const struct counterpart *a = row->plain == NULL ? &none : row->plain;
    const struct counterpart *x = row->with_x == NULL ? &none : row->with_x;
    const struct pixel_format *facts = row->facts;
    char value[16];
    char row_bytes[16] = "-";
    char size_align[16] = "-";
    char bits[16] = "-";
    char names[4][32];
    (void)snprintf(value, sizeof(value), "%u", row->value);
    if (facts != NULL) {
        (void)snprintf(row_bytes, sizeof(row_bytes), "%u", facts->stride_bytes);
        (void)snprintf(size_align, sizeof(size_align), "%u", facts->size_divisor);
        (void)snprintf(bits, sizeof(bits), "%u", facts->sample_bits);
    }
    pair_text(row, a->drm, x->drm, names[0]);
    pair_text(row, a->v4l2, x->v4l2, names[1]);
    pair_text(row, a->gstreamer, x->gstreamer, names[2]);
    pair_text(row, a->ffmpeg, x->ffmpeg, names[3]);
    const char *const cells[] = {name_of(row),
                                 value,
                                 row_bytes,
                                 facts == NULL ? "-" : planes_of(facts),
                                 size_align,
                                 bits,
                                 facts == NULL ? "-" : colors_of(facts),
                                 facts != NULL && facts->has_alpha ? "yes" : "no",
                                 names[0],
                                 names[1],
                                 names[2],
                                 names[3]};
    text_table_add(table, cells);
}

/* Prints the table, if it has more than its heading, and frees it. */
static bool finish(struct text_table *table, uint32_t right_aligned)
{
    bool printed = table->row_count < 2 || text_table_print(table, right_aligned, stdout);
    text_table_deinit(table);
    return printed;
}

static bool print_formats(const struct format_row *rows, size_t count, const char *wanted)
{
    static const char *const heading[] = {"FORMAT",     "VALUE", "ROW BYTES/PIXEL", "PLANES",
                                          "SIZE ALIGN", "BITS",  "COLORS",          "ALPHA",
                                          "DRM",        "V4L2",  "GSTREAMER",       "FFMPEG"};
    enum { VALUE = 1, ROW_BYTES, SIZE_ALIGN = 4, BITS };
    struct text_table table;
    text_table_init(&table, sizeof(heading) / sizeof(heading[0]));
    text_table_add(&table, heading);
    for (size_t i = 0; i < count; i++) {
        if (format_is(&rows[i], wanted)) {
            add_format(&table, &rows[i]);
        }
    }
    return finish(&table, 1U << VALUE | 1U << ROW_BYTES | 1U << SIZE_ALIGN | 1U << BITS);
}

static bool print_modifiers(const char *wanted)
{
    static const char *const heading[] = {"MODIFIER", "VALUE", "DRM", "PROTECTED"};
    const struct model_names *names = &model_pixel_format_modifier_names;
    struct text_table table;
    text_table_init(&table, sizeof(heading) / sizeof(heading[0]));
    text_table_add(&table, heading);
    for (size_t i = 0; i < names->count; i++) {
        const struct model_name *modifier = &names->names[i];
        char value[24];
        char drm_value[24] = "-";
        uint64_t drm;
        if (!modifier_is(modifier, wanted)) {
            continue;
        }
        hex(modifier->value, value);
        if (counterpart_drm_modifier(modifier->value, &drm)) {
            hex(drm, drm_value);
        }
        const char *const cells[] = {modifier->name, value, drm_value,
                                     modifier_is_protected_compatible(modifier->value) ? "yes"
                                                                                       : "no"};
        text_table_add(&table, cells);
    }
    return finish(&table, 0);
}

int command_formats(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .argument = "[NAME]",
        .has_json = true,
        .doc = "Show the pixel formats and modifiers, and what DRM, wl_shm, V4L2, GStreamer and "
               "FFmpeg call them; with NAME, those that any of them calls so: a name, a fourcc or "
               "a number. Two names are with alpha and without. Needs no daemon."};
    struct options options = {.socket_path = socket_path};
    struct format_row rows[MAX_FORMATS];
    options_parse(argc, argv, &spec, &options);
    size_t count = collect_formats(rows);
    json_t *json = all_json(rows, count, options.argument);
    size_t found = json_array_size(json_object_get(json, "pixel_formats")) +
                   json_array_size(json_object_get(json, "pixel_format_modifiers"));
    if (json != NULL && found == 0) {
        (void)fprintf(stderr, "sysmemctl: nobody calls a pixel format or modifier '%s'\n",
                      options.argument);
        json_decref(json);
        return EXIT_REFUSED;
    }
    if (options.json) {
        return command_print_json(json);
    }
    json_decref(json);
    return print_formats(rows, count, options.argument) &&
                   (options.argument != NULL || puts("") >= 0) && print_modifiers(options.argument)
               ? EXIT_DONE
               : EXIT_REFUSED;
}
