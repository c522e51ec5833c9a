#include "picture.h"

#include <sysmem/format.h>

static uint32_t round_up(uint32_t value, uint32_t to)
{
    return (value + to - 1) / to * to;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

bool picture_layout_init(struct picture_layout *layout,
                         const struct sysmem_single_buffer_settings *settings,
                         struct sysmem_size size)
{
    const struct sysmem_image_format_constraints *image = &settings->image_format_constraints;
    if (!settings->has.image_format_constraints ||
        image->pixel_format_modifier != SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR ||
        (image->pixel_format != SYSMEM_PIXEL_FORMAT_I420 &&
         image->pixel_format != SYSMEM_PIXEL_FORMAT_NV12 &&
         image->pixel_format != SYSMEM_PIXEL_FORMAT_YV12)) {
        return false;
    }
    uint32_t width =
        round_up(larger(size.width, image->min_size.width), image->size_alignment.width);
    struct picture_layout result = {
        .pixel_format = image->pixel_format,
        .size = size,
        .rows = round_up(larger(size.height, image->min_size.height), image->size_alignment.height),
        .bytes_per_row =
            round_up(larger(width, image->min_bytes_per_row), image->bytes_per_row_divisor),
    };
    result.bytes = (uint64_t)result.rows * result.bytes_per_row * 3 / 2;
    if (result.bytes > settings->buffer_settings.size_bytes) {
        return false;
    }
    *layout = result;
    return true;
}

struct picture_layout picture_layout_packed(struct sysmem_size size)
{
    struct picture_layout layout = {
        .pixel_format = SYSMEM_PIXEL_FORMAT_I420,
        .size = size,
        .rows = round_up(size.height, 2),
        .bytes_per_row = round_up(size.width, 2),
    };
    layout.bytes = (uint64_t)layout.rows * layout.bytes_per_row * 3 / 2;
    return layout;
}

struct picture picture_at(const struct picture_layout *layout, void *base)
{
    bool interleaved = layout->pixel_format == SYSMEM_PIXEL_FORMAT_NV12;
    size_t luma_bytes = (size_t)layout->rows * layout->bytes_per_row;
    unsigned char *luma = base;
    struct plane chroma = {
        .samples = luma + luma_bytes,
        .width = (layout->size.width + 1) / 2,
        .height = (layout->size.height + 1) / 2,
        .stride = interleaved ? layout->bytes_per_row : layout->bytes_per_row / 2,
        .step = interleaved ? 2 : 1,
    };
    struct plane second = chroma;
    second.samples += interleaved ? 1 : luma_bytes / 4;
    bool v_first = layout->pixel_format == SYSMEM_PIXEL_FORMAT_YV12;
    return (struct picture){
        .planes = {{.samples = luma,
                    .width = layout->size.width,
                    .height = layout->size.height,
                    .stride = layout->bytes_per_row,
                    .step = 1},
                   v_first ? second : chroma,
                   v_first ? chroma : second}
    };
}

void picture_filter(const struct picture *picture, uint64_t frame)
{
    const struct plane *luma = &picture->planes[0];
    uint32_t band = (luma->height + 3) / 4;
    uint32_t top = (uint32_t)(frame * 3 % luma->height);
    for (uint32_t i = 0; i < band; i++) {
        uint32_t y = (top + i) % luma->height;
        unsigned char *row = luma->samples + y * luma->stride;
        for (uint32_t x = 0; x < luma->width; x++) {
            row[x] = (unsigned char)(255 - row[x]);
        }
    }
}

const char *picture_format_name(uint32_t pixel_format)
{
    switch (pixel_format) {
    case SYSMEM_PIXEL_FORMAT_I420:
        return "I420";
    case SYSMEM_PIXEL_FORMAT_NV12:
        return "NV12";
    case SYSMEM_PIXEL_FORMAT_YV12:
        return "YV12";
    default:
        return "?";
    }
}
