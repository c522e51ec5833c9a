#include "wish.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

static bool is_set(struct sysmem_size size)
{
    return size.width > 0 && size.height > 0;
}

void wish_fill(const struct wish *wish, struct wish_tables *ret)
{
    struct sysmem_image_format_constraints *image = &ret->image;
    *ret = (struct wish_tables){0};
    for (size_t i = 0; i < wish->format_count; i++) {
        ret->formats[i] = (struct sysmem_pixel_format_and_modifier){
            wish->formats[i], SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR};
    }
    SYSMEM_SET_VECTOR(image, pixel_format_and_modifiers, ret->formats, wish->format_count);
    SYSMEM_SET_VECTOR(image, color_spaces, wish->color_spaces, wish->color_space_count);
    SYSMEM_SET(image, bytes_per_row_divisor, wish->bytes_per_row_divisor);
    if (is_set(wish->size_alignment)) {
        SYSMEM_SET(image, size_alignment, wish->size_alignment);
    }
    if (is_set(wish->min_size)) {
        SYSMEM_SET(image, min_size, wish->min_size);
    }
    if (is_set(wish->max_size)) {
        SYSMEM_SET(image, max_size, wish->max_size);
    }
    if (is_set(wish->required_max_size)) {
        SYSMEM_SET(image, required_max_size, wish->required_max_size);
    }
    struct sysmem_buffer_usage usage = {0};
    SYSMEM_SET(&usage, cpu, wish->cpu_usage);
    SYSMEM_SET(&ret->constraints, usage, usage);
    SYSMEM_SET(&ret->constraints, min_buffer_count_for_camping, wish->camping);
    SYSMEM_SET_VECTOR(&ret->constraints, image_format_constraints, image, 1);
}

static const char *color_space_name(uint32_t color_space)
{
    switch (color_space) {
    case SYSMEM_COLOR_SPACE_REC601_NTSC:
        return "REC601_NTSC";
    case SYSMEM_COLOR_SPACE_REC601_NTSC_FULL_RANGE:
        return "REC601_NTSC_FULL_RANGE";
    case SYSMEM_COLOR_SPACE_REC601_PAL:
        return "REC601_PAL";
    case SYSMEM_COLOR_SPACE_REC709:
        return "REC709";
    default:
        return "?";
    }
}

static void report_names(struct report *report, const char *key, const char *(*name)(uint32_t),
                         const uint32_t *values, size_t count)
{
    char text[WISH_MAX_ITEMS * 32] = "";
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? "," : "",
                                name(values[i]));
    }
    report_line(report, key, "%s", text);
}

static void report_size(struct report *report, const char *key, struct sysmem_size size)
{
    if (is_set(size)) {
        report_line(report, key, "%" PRIu32 "x%" PRIu32, size.width, size.height);
    } else {
        report_line(report, key, "any");
    }
}

void wish_report(const struct wish *wish, struct report *report)
{
    bool reads = (wish->cpu_usage & (SYSMEM_CPU_USAGE_READ | SYSMEM_CPU_USAGE_READ_OFTEN)) != 0;
    bool writes = (wish->cpu_usage & (SYSMEM_CPU_USAGE_WRITE | SYSMEM_CPU_USAGE_WRITE_OFTEN)) != 0;
    report_names(report, "asked.formats", picture_format_name, wish->formats, wish->format_count);
    report_names(report, "asked.color_spaces", color_space_name, wish->color_spaces,
                 wish->color_space_count);
    report_line(report, "asked.cpu", "%s",
                reads && writes ? "read,write"
                : writes        ? "write"
                                : "read");
    report_line(report, "asked.camping", "%" PRIu32, wish->camping);
    report_line(report, "asked.row_divisor", "%" PRIu32, wish->bytes_per_row_divisor);
    report_size(report, "asked.size_alignment", wish->size_alignment);
    report_size(report, "asked.min_size", wish->min_size);
    report_size(report, "asked.max_size", wish->max_size);
    report_size(report, "asked.room_for", wish->required_max_size);
}

void wish_report_outcome(const struct sysmem_buffer_collection_info *info,
                         const struct picture_layout *layout, struct report *report)
{
    const struct sysmem_image_format_constraints *image = &info->settings.image_format_constraints;
    report_line(report, "got.collection", "%" PRIu64, info->buffer_collection_id);
    report_line(report, "got.buffers", "%zu", info->buffers_count);
    report_line(report, "got.format", "%s", picture_format_name(layout->pixel_format));
    report_names(report, "got.color_space", color_space_name, image->color_spaces,
                 image->color_spaces_count > 0 ? 1 : 0);
    report_line(report, "got.row_divisor", "%" PRIu32, image->bytes_per_row_divisor);
    report_line(report, "got.bytes_per_row", "%" PRIu32, layout->bytes_per_row);
    report_size(report, "got.size_alignment", image->size_alignment);
    report_size(report, "got.min_size", image->min_size);
    report_size(report, "got.max_size", image->max_size);
    report_line(report, "got.buffer_bytes", "%" PRIu64, info->settings.buffer_settings.size_bytes);
    report_line(report, "got.heap", "%s", info->settings.buffer_settings.heap.heap_type);
}
