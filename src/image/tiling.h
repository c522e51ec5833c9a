/* The layouts that are not linear: Intel's tiles and ARM's frame buffer compression. For layout.c,
 * with its contract. */
#ifndef IMAGE_TILING_H
#define IMAGE_TILING_H

#include <stdbool.h>
#include <stdint.h>

struct image;

static inline uint64_t div_round_up_u64(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

/* The bytes of one of a tile's rows. */
uint32_t intel_tile_row_bytes(uint64_t modifier);

bool intel_size(const struct image *image, uint64_t *ret);
bool intel_plane_offset(const struct image *image, uint32_t plane, uint64_t *ret);
bool intel_plane_bytes_per_row(const struct image *image, uint32_t plane, uint32_t *ret);

bool afbc_size(const struct image *image, uint64_t *ret);
bool afbc_min_row(uint64_t modifier, uint32_t width, uint32_t *ret);

#endif
