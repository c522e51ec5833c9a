#include "image/tiling.h"

#include <sysmem/format.h>

#include "base/checked.h"
#include "image/layout.h"
#include "image/modifier.h"

#define INTEL_TILE_BYTES 4096

/* One tile of the compression control surface serves 32 by 16 tiles of the image. */
#define CCS_TILES_WIDE     32
#define CCS_TILES_HIGH     16
#define CCS_TILE_ROW_BYTES 128

static bool is_x_tiled(uint64_t modifier)
{
    return modifier == SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED;
}

uint32_t intel_tile_row_bytes(uint64_t modifier)
{
    return is_x_tiled(modifier) ? 512 : 128;
}

static uint32_t intel_plane_count(const struct image *image)
{
    return image->pixel_format == SYSMEM_PIXEL_FORMAT_NV12 ? 2 : 1;
}

static uint64_t intel_tiles_wide(const struct image *image)
{
    return div_round_up_u64(image->bytes_per_row, intel_tile_row_bytes(image->modifier));
}

static uint64_t intel_tiles_high(const struct image *image, uint32_t plane)
{
    uint64_t rows = plane == 0 ? image->height : div_round_up_u64(image->height, 2);
    return div_round_up_u64(rows, is_x_tiled(image->modifier) ? 8 : 32);
}

/* The bytes of the first `planes` planes. */
static bool intel_planes_size(const struct image *image, uint32_t planes, uint64_t *ret)
{
    uint64_t tiles = 0;
    for (uint32_t i = 0; i < planes; i++) {
        tiles += intel_tiles_wide(image) * intel_tiles_high(image, i); /* below 2^55 */
    }
    return checked_mul_u64(tiles, INTEL_TILE_BYTES, ret);
}

static bool has_ccs(const struct image *image)
{
    return (image->modifier & MODIFIER_INTEL_CCS) != 0;
}

bool intel_size(const struct image *image, uint64_t *ret)
{
    uint32_t planes = intel_plane_count(image);
    uint64_t size;
    if (!intel_planes_size(image, planes, &size)) {
        return false;
    }
    if (has_ccs(image)) {
        /* Counted from the last plane's tiles, as drivers that rely on sysmem expect. */
        uint64_t tiles = div_round_up_u64(intel_tiles_wide(image), CCS_TILES_WIDE) *
                         div_round_up_u64(intel_tiles_high(image, planes - 1), CCS_TILES_HIGH);
        if (!checked_mul_u64(tiles, INTEL_TILE_BYTES, &tiles) ||
            !checked_add_u64(size, tiles, &size)) {
            return false;
        }
    }
    *ret = size;
    return true;
}

bool intel_plane_offset(const struct image *image, uint32_t plane, uint64_t *ret)
{
    uint32_t planes = intel_plane_count(image);
    if (plane == IMAGE_PLANE_AUXILIARY && has_ccs(image)) {
        return intel_planes_size(image, planes, ret);
    }
    return plane < planes && intel_planes_size(image, plane, ret);
}

bool intel_plane_bytes_per_row(const struct image *image, uint32_t plane, uint32_t *ret)
{
    uint64_t bytes;
    if (plane == IMAGE_PLANE_AUXILIARY && has_ccs(image)) {
        bytes = div_round_up_u64(intel_tiles_wide(image), CCS_TILES_WIDE) * CCS_TILE_ROW_BYTES;
    } else if (plane < intel_plane_count(image)) {
        bytes = intel_tiles_wide(image) * intel_tile_row_bytes(image->modifier);
    } else {
        return false;
    }
    if (bytes > UINT32_MAX) {
        return false;
    }
    *ret = (uint32_t)bytes;
    return true;
}

#define AFBC_PIXEL_BYTES  4 /* only formats of 32 bits are compressed */
#define AFBC_HEADER_BYTES 16

struct afbc {
    uint32_t block_width;
    uint32_t block_height;
    uint32_t align_width;
    uint32_t align_height;
    uint32_t body_alignment;
};

static struct afbc afbc_of(uint64_t modifier)
{
    bool tiled_header = (modifier & MODIFIER_AFBC_TILED_HEADER) != 0;
    bool wide = (modifier & 0xf) == 2;
    struct afbc afbc = {
        .block_width = wide ? 32 : 16,
        .block_height = wide ? 8 : 16,
        .body_alignment = tiled_header ? 4096 : 1024,
    };
    afbc.align_width = afbc.block_width * (tiled_header ? 8 : 1);
    afbc.align_height = afbc.block_height * (tiled_header ? 8 : 1);
    return afbc;
}

bool afbc_size(const struct image *image, uint64_t *ret)
{
    struct afbc afbc = afbc_of(image->modifier);
    uint64_t wide = div_round_up_u64(image->width, afbc.align_width) * afbc.align_width;
    uint64_t high = div_round_up_u64(image->height, afbc.align_height) * afbc.align_height;
    uint64_t blocks = wide / afbc.block_width * (high / afbc.block_height); /* below 2^58 */
    uint64_t header = blocks * AFBC_HEADER_BYTES;
    uint64_t body;
    return checked_mul_u64(
               blocks, (uint64_t)afbc.block_width * afbc.block_height * AFBC_PIXEL_BYTES, &body) &&
           checked_round_up_u64(header, afbc.body_alignment, &header) &&
           checked_add_u64(header, body, ret);
}

bool afbc_min_row(uint64_t modifier, uint32_t width, uint32_t *ret)
{
    struct afbc afbc = afbc_of(modifier);
    uint64_t bytes =
        div_round_up_u64(width, afbc.align_width) * afbc.block_width * AFBC_PIXEL_BYTES;
    if (bytes > UINT32_MAX) {
        return false;
    }
    *ret = (uint32_t)bytes;
    return true;
}
