#include <sysmem/pixel_format.h>

#include <assert.h>
#include <pthread.h>

#include "image/color_space.h"
#include "image/modifier.h"
#include "image/pixel_format.h"
#include "model/names.h"

#define MAX_FORMATS 32

/* One for each row of pixel_formats(). */
static struct sysmem_pixel_format_info infos[MAX_FORMATS];
static pthread_once_t infos_made = PTHREAD_ONCE_INIT;

static void make_infos(void)
{
    size_t count;
    const struct pixel_format *formats = pixel_formats(&count);
    assert(count <= MAX_FORMATS);
    for (size_t i = 0; i < count; i++) {
        infos[i] = (struct sysmem_pixel_format_info){
            .bits_per_pixel = formats[i].bits_per_pixel,
            .bits_per_sample = formats[i].sample_bits,
            .bytes_per_width_pixel = formats[i].stride_bytes,
            .width_divisor = formats[i].size_divisor,
            .height_divisor = formats[i].size_divisor,
            .sample_alignment = formats[i].sample_alignment,
            .has_alpha = formats[i].has_alpha,
        };
    }
}

const struct sysmem_pixel_format_info *sysmem_pixel_format_info(uint32_t pixel_format)
{
    size_t count;
    const struct pixel_format *format = pixel_format_find(pixel_format);
    if (format == NULL) {
        return NULL;
    }
    (void)pthread_once(&infos_made, make_infos);
    return &infos[format - pixel_formats(&count)];
}

bool sysmem_pixel_format_supports_modifier(uint32_t pixel_format, uint64_t modifier)
{
    return image_format_is_supported(pixel_format, modifier);
}

bool sysmem_pixel_format_supports_color_space(uint32_t pixel_format, uint32_t color_space)
{
    const struct pixel_format *format = pixel_format_find(pixel_format);
    return format != NULL && (color_spaces_of(format) & color_space_set_of(color_space)) != 0;
}

bool sysmem_pixel_format_modifier_is_protected_compatible(uint64_t modifier)
{
    return modifier_is_usable(modifier) && modifier_is_protected_compatible(modifier);
}

const char *sysmem_pixel_format_name(uint32_t pixel_format)
{
    return model_name_of(&model_pixel_format_names, pixel_format);
}

const char *sysmem_pixel_format_modifier_name(uint64_t modifier)
{
    return model_name_of(&model_pixel_format_modifier_names, modifier);
}

const char *sysmem_color_space_name(uint32_t color_space)
{
    return model_name_of(&model_color_space_names, color_space);
}

static sysmem_status_t narrow_value_of(const struct model_names *names, const char *name,
                                       uint32_t *ret)
{
    uint64_t value;
    if (!model_value_of(names, name, &value)) {
        return ZX_ERR_NOT_FOUND;
    }
    *ret = (uint32_t)value; /* formats and color spaces are of 32 bits */
    return ZX_OK;
}

sysmem_status_t sysmem_pixel_format_from_name(const char *name, uint32_t *ret_pixel_format)
{
    return narrow_value_of(&model_pixel_format_names, name, ret_pixel_format);
}

sysmem_status_t sysmem_pixel_format_modifier_from_name(const char *name, uint64_t *ret_modifier)
{
    return model_value_of(&model_pixel_format_modifier_names, name, ret_modifier)
               ? ZX_OK
               : ZX_ERR_NOT_FOUND;
}

sysmem_status_t sysmem_color_space_from_name(const char *name, uint32_t *ret_color_space)
{
    return narrow_value_of(&model_color_space_names, name, ret_color_space);
}
