#include "image/pixel_format.h"

#include <sysmem/format.h>

#define RGB     COLOR_MODEL_RGB
#define YUV     COLOR_MODEL_YUV
#define RGB_YUV (COLOR_MODEL_RGB | COLOR_MODEL_YUV)

/* The formats with 10 bits a channel in 32 bits count as 8-bit formats: sysmem gives them the color
 * spaces of other RGB formats. */
static const struct pixel_format table[] = {
    {SYSMEM_PIXEL_FORMAT_R8G8B8A8,    32, 4, 1, 4, 8,  RGB,     true,  PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_B8G8R8A8,    32, 4, 1, 4, 8,  RGB,     true,  PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_I420,        12, 1, 2, 2, 8,  YUV,     false, PIXEL_PLANES_THREE      },
    {SYSMEM_PIXEL_FORMAT_M420,        12, 1, 2, 2, 8,  YUV,     false, PIXEL_PLANES_INTERLEAVED},
    {SYSMEM_PIXEL_FORMAT_NV12,        12, 1, 2, 2, 8,  YUV,     false, PIXEL_PLANES_TWO        },
    {SYSMEM_PIXEL_FORMAT_YUY2,        16, 2, 2, 2, 8,  YUV,     false, PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_YV12,        12, 1, 2, 2, 8,  YUV,     false, PIXEL_PLANES_THREE      },
    {SYSMEM_PIXEL_FORMAT_B8G8R8,      24, 3, 1, 1, 8,  RGB,     false, PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_R5G6B5,      16, 2, 1, 2, 8,  RGB,     false, PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_R3G3B2,      8,  1, 1, 1, 8,  RGB,     false, PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_R2G2B2X2,    8,  1, 1, 1, 8,  RGB,     true,  PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_L8,          8,  1, 1, 1, 8,  RGB_YUV, false, PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_R8,          8,  1, 1, 1, 8,  RGB_YUV, false, PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_R8G8,        16, 2, 1, 2, 8,  RGB,     false, PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_A2R10G10B10, 32, 4, 1, 4, 8,  RGB,     true,  PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_A2B10G10R10, 32, 4, 1, 4, 8,  RGB,     true,  PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_P010,        15, 2, 2, 4, 10, YUV,     false, PIXEL_PLANES_TWO        },
    {SYSMEM_PIXEL_FORMAT_R8G8B8,      24, 3, 1, 1, 8,  RGB,     false, PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_R8G8B8X8,    32, 4, 1, 4, 8,  RGB,     true,  PIXEL_PLANES_ONE        },
    {SYSMEM_PIXEL_FORMAT_B8G8R8X8,    32, 4, 1, 4, 8,  RGB,     true,  PIXEL_PLANES_ONE        },
};

const struct pixel_format *pixel_format_find(uint32_t value)
{
    size_t low = 0;
    size_t high = sizeof(table) / sizeof(table[0]);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (table[middle].value == value) {
            return &table[middle];
        }
        if (table[middle].value < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct pixel_format *pixel_formats(size_t *ret_count)
{
    *ret_count = sizeof(table) / sizeof(table[0]);
    return table;
}
