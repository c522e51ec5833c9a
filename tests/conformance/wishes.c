#include "wishes.h"

const uint32_t srgb[1] = {SYSMEM_COLOR_SPACE_SRGB};
const uint32_t rec709[1] = {SYSMEM_COLOR_SPACE_REC709};
const uint32_t rec2100[1] = {SYSMEM_COLOR_SPACE_REC2100};
const uint32_t passthrough[1] = {SYSMEM_COLOR_SPACE_PASSTHROUGH};
const uint32_t any_color_space[1] = {SYSMEM_COLOR_SPACE_DO_NOT_CARE};

struct sysmem_image_format_constraints image_of_any_size(uint32_t format,
                                                         const uint32_t *color_space)
{
    struct sysmem_image_format_constraints image = {0};
    SYSMEM_SET(&image, pixel_format, format);
    SYSMEM_SET_VECTOR(&image, color_spaces, color_space, 1);
    return image;
}

struct sysmem_image_format_constraints image_of(uint32_t format, const uint32_t *color_space,
                                                uint32_t width, uint32_t height)
{
    struct sysmem_image_format_constraints image = image_of_any_size(format, color_space);
    SYSMEM_SET(&image, min_size, (struct sysmem_size){width, height});
    return image;
}

struct sysmem_buffer_collection_constraints image_wish(
    const struct sysmem_image_format_constraints *images, size_t count)
{
    struct sysmem_buffer_collection_constraints wish = {.has.usage = true};
    SYSMEM_SET(&wish.usage, cpu, SYSMEM_CPU_USAGE_READ_OFTEN | SYSMEM_CPU_USAGE_WRITE_OFTEN);
    SYSMEM_SET(&wish, min_buffer_count_for_camping, 1);
    SYSMEM_SET_VECTOR(&wish, image_format_constraints, images, count);
    return wish;
}

void wish_for_no_use(struct sysmem_buffer_collection_constraints *wish)
{
    wish->usage = (struct sysmem_buffer_usage){0};
    SYSMEM_SET(&wish->usage, none, SYSMEM_NONE_USAGE);
}
