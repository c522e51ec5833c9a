#include "image/counterpart.h"

#include <sysmem/format.h>

#include "image/modifier.h"

static const struct counterpart table[] = {
    {SYSMEM_PIXEL_FORMAT_R8G8B8A8,    COUNTERPART_A,      "AB24", "ABGR8888",    "AB24", "RGBA",       "rgba"    },
    {SYSMEM_PIXEL_FORMAT_R8G8B8A8,    COUNTERPART_X,      "XB24", "XBGR8888",    "XB24", "RGBx",       "rgb0"    },
    {SYSMEM_PIXEL_FORMAT_B8G8R8A8,    COUNTERPART_A,      "AR24", "ARGB8888",    "AR24", "BGRA",       "bgra"    },
    {SYSMEM_PIXEL_FORMAT_B8G8R8A8,    COUNTERPART_X,      "XR24", "XRGB8888",    "XR24", "BGRx",       "bgr0"    },
    {SYSMEM_PIXEL_FORMAT_I420,        COUNTERPART_OPAQUE, "YU12", "YUV420",      "YU12", "I420",       "yuv420p" },
    {SYSMEM_PIXEL_FORMAT_M420,        COUNTERPART_OPAQUE, NULL,   NULL,          "M420", NULL,         NULL      },
    {SYSMEM_PIXEL_FORMAT_NV12,        COUNTERPART_OPAQUE, "NV12", "NV12",        "NV12", "NV12",       "nv12"    },
    {SYSMEM_PIXEL_FORMAT_YUY2,        COUNTERPART_OPAQUE, "YUYV", "YUYV",        "YUYV", "YUY2",       "yuyv422" },
    {SYSMEM_PIXEL_FORMAT_MJPEG,       COUNTERPART_OPAQUE, NULL,   NULL,          "MJPG", NULL,         NULL      },
    {SYSMEM_PIXEL_FORMAT_YV12,        COUNTERPART_OPAQUE, "YV12", "YVU420",      "YV12", "YV12",       NULL      },
    {SYSMEM_PIXEL_FORMAT_B8G8R8,      COUNTERPART_OPAQUE, "RG24", "RGB888",      "BGR3", "BGR",        "bgr24"   },
    {SYSMEM_PIXEL_FORMAT_R5G6B5,      COUNTERPART_OPAQUE, "RG16", "RGB565",      "RGBP", "RGB16",      "rgb565le"},
    {SYSMEM_PIXEL_FORMAT_R3G3B2,      COUNTERPART_OPAQUE, "RGB8", "RGB332",      "RGB1", NULL,         "rgb8"    },
    {SYSMEM_PIXEL_FORMAT_R2G2B2X2,    COUNTERPART_OPAQUE, NULL,   NULL,          NULL,   NULL,         NULL      },
    {SYSMEM_PIXEL_FORMAT_L8,          COUNTERPART_OPAQUE, NULL,   NULL,          "GREY", "GRAY8",      "gray"    },
    {SYSMEM_PIXEL_FORMAT_R8,          COUNTERPART_OPAQUE, "R8  ", "R8",          NULL,   NULL,         NULL      },
    {SYSMEM_PIXEL_FORMAT_R8G8,        COUNTERPART_OPAQUE, "GR88", "GR88",        NULL,   NULL,         NULL      },
    {SYSMEM_PIXEL_FORMAT_A2R10G10B10, COUNTERPART_A,      "AR30", "ARGB2101010", "AR30", "BGR10A2_LE",
     NULL                                                                                                        },
    {SYSMEM_PIXEL_FORMAT_A2R10G10B10, COUNTERPART_X,      "XR30", "XRGB2101010", NULL,   NULL,
     "x2rgb10le"                                                                                                 },
    {SYSMEM_PIXEL_FORMAT_A2B10G10R10, COUNTERPART_A,      "AB30", "ABGR2101010", NULL,   "RGB10A2_LE",
     NULL                                                                                                        },
    {SYSMEM_PIXEL_FORMAT_A2B10G10R10, COUNTERPART_X,      "XB30", "XBGR2101010", NULL,   NULL,
     "x2bgr10le"                                                                                                 },
    {SYSMEM_PIXEL_FORMAT_P010,        COUNTERPART_OPAQUE, "P010", "P010",        "P010", "P010_10LE",  "p010le"  },
    {SYSMEM_PIXEL_FORMAT_R8G8B8,      COUNTERPART_OPAQUE, "BG24", "BGR888",      "RGB3", "RGB",        "rgb24"   },
};

const struct counterpart *counterparts(size_t *ret_count)
{
    *ret_count = sizeof(table) / sizeof(table[0]);
    return table;
}

uint32_t counterpart_plain_format(uint32_t pixel_format)
{
    switch (pixel_format) {
    case SYSMEM_PIXEL_FORMAT_R8G8B8X8:
        return SYSMEM_PIXEL_FORMAT_R8G8B8A8;
    case SYSMEM_PIXEL_FORMAT_B8G8R8X8:
        return SYSMEM_PIXEL_FORMAT_B8G8R8A8;
    default:
        return pixel_format;
    }
}

uint32_t counterpart_code(const char *fourcc)
{
    uint32_t code = 0;
    for (size_t i = 0; i < 4; i++) {
        code |= (uint32_t)(unsigned char)fourcc[i] << 8 * i;
    }
    return code;
}

uint32_t counterpart_wl_shm(const struct counterpart *row)
{
    if (row->pixel_format == SYSMEM_PIXEL_FORMAT_B8G8R8A8) {
        return row->alpha == COUNTERPART_A ? 0 : 1;
    }
    return counterpart_code(row->drm);
}

struct modifier_pair {
    uint64_t ours;
    uint64_t drm;
};

/* DRM counts Intel's layouts, where the interface has a bit for compression. */
static const struct modifier_pair whole[] = {
    {SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR,                  0                           },
    {SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED,      UINT64_C(0x0100000000000001)},
    {SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED,      UINT64_C(0x0100000000000002)},
    {SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED,     UINT64_C(0x0100000000000003)},
    {SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED_CCS,  UINT64_C(0x0100000000000004)},
    {SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED_CCS, UINT64_C(0x0100000000000005)},
};

/* AFBC is a block size, the same in both, and flags. MODIFIER_AFBC_TE is not among them: its bit is
 * DRM's uncompressed storage mode. */
static const struct modifier_pair afbc_flags[] = {
    {MODIFIER_AFBC_YUV,          UINT64_C(0x10) },
    {MODIFIER_AFBC_SPLIT_BLOCK,  UINT64_C(0x20) },
    {MODIFIER_AFBC_SPARSE,       UINT64_C(0x40) },
    {MODIFIER_AFBC_TILED_HEADER, UINT64_C(0x100)},
    {MODIFIER_AFBC_BCH,          UINT64_C(0x800)},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_block(uint64_t modifier)
{
    return modifier == SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16 ||
           modifier == SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8;
}

bool counterpart_drm_modifier(uint64_t modifier, uint64_t *ret)
{
    for (size_t i = 0; i < COUNT(whole); i++) {
        if (whole[i].ours == modifier) {
            *ret = whole[i].drm;
            return true;
        }
    }
    uint64_t flags = 0;
    for (size_t i = 0; i < COUNT(afbc_flags); i++) {
        flags |= (modifier & afbc_flags[i].ours) != 0 ? afbc_flags[i].drm : 0;
        modifier &= ~afbc_flags[i].ours;
    }
    if (!is_block(modifier)) {
        return false;
    }
    *ret = modifier | flags;
    return true;
}

bool counterpart_of_drm_modifier(uint64_t drm_modifier, uint64_t *ret)
{
    for (size_t i = 0; i < COUNT(whole); i++) {
        if (whole[i].drm == drm_modifier) {
            *ret = whole[i].ours;
            return true;
        }
    }
    uint64_t flags = 0;
    for (size_t i = 0; i < COUNT(afbc_flags); i++) {
        flags |= (drm_modifier & afbc_flags[i].drm) != 0 ? afbc_flags[i].ours : 0;
        drm_modifier &= ~afbc_flags[i].drm;
    }
    if (!is_block(drm_modifier)) {
        return false;
    }
    *ret = drm_modifier | flags;
    return true;
}
