#include "image/color_space.h"

#include <assert.h>
#include <stddef.h>

#include <sysmem/format.h>

#define BITS(n) (UINT32_C(1) << (n))

/* Best first. A color space goes with a format when they share a color model and a sample width. */
static const struct {
    uint32_t value;
    uint8_t models;
    uint32_t sample_bits; /* a set */
} table[] = {
    {SYSMEM_COLOR_SPACE_SRGB,                   COLOR_MODEL_RGB,                   BITS(8) | BITS(10) | BITS(12) | BITS(16)},
    {SYSMEM_COLOR_SPACE_REC2100,                COLOR_MODEL_YUV,                   BITS(10) | BITS(12)                     },
    {SYSMEM_COLOR_SPACE_REC2020,                COLOR_MODEL_YUV,                   BITS(10) | BITS(12)                     },
    {SYSMEM_COLOR_SPACE_REC709,                 COLOR_MODEL_YUV,                   BITS(8) | BITS(10)                      },
    {SYSMEM_COLOR_SPACE_REC601_PAL_FULL_RANGE,  COLOR_MODEL_YUV,                   BITS(8) | BITS(10)                      },
    {SYSMEM_COLOR_SPACE_REC601_PAL,             COLOR_MODEL_YUV,                   BITS(8) | BITS(10)                      },
    {SYSMEM_COLOR_SPACE_REC601_NTSC_FULL_RANGE, COLOR_MODEL_YUV,                   BITS(8) | BITS(10)                      },
    {SYSMEM_COLOR_SPACE_REC601_NTSC,            COLOR_MODEL_YUV,                   BITS(8) | BITS(10)                      },
    {SYSMEM_COLOR_SPACE_PASSTHROUGH,            COLOR_MODEL_RGB | COLOR_MODEL_YUV, UINT32_MAX                              },
};

#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

color_space_set color_space_set_of(uint32_t color_space)
{
    if (color_space == SYSMEM_COLOR_SPACE_DO_NOT_CARE) {
        return COLOR_SPACE_SET_ANY;
    }
    if (color_space == SYSMEM_COLOR_SPACE_INVALID || color_space > SYSMEM_COLOR_SPACE_PASSTHROUGH) {
        return COLOR_SPACE_SET_UNKNOWN;
    }
    return BITS(color_space);
}

color_space_set color_spaces_of(const struct pixel_format *format)
{
    color_space_set set = 0;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if ((table[i].models & format->color_models) != 0 &&
            (table[i].sample_bits & BITS(format->sample_bits)) != 0) {
            set |= BITS(table[i].value);
        }
    }
    return set;
}

uint32_t color_space_best(color_space_set set)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if ((set & BITS(table[i].value)) != 0) {
            return table[i].value;
        }
    }
    assert(false && "a set without a known color space");
    return SYSMEM_COLOR_SPACE_INVALID;
}
