#include "size_model.h"

__extension__ typedef unsigned __int128 wide;

/* layout: '1' one plane; 'm' 4:2:0 in one plane; '2' luma and chroma; '3' luma and two of chroma.
 * colors: 'r' RGB; 'y' YUV of 8 bits; 't' YUV of 10 bits; 'b' RGB and YUV of 8 bits. */
static const struct {
    uint32_t value;
    uint32_t bytes; /* of a row, for each pixel of the width */
    char layout;
    char colors;
} formats[] = {
    {1,   4, '1', 'r'},
    {101, 4, '1', 'r'},
    {102, 1, '3', 'y'},
    {103, 1, 'm', 'y'},
    {104, 1, '2', 'y'},
    {105, 2, '1', 'y'},
    {107, 1, '3', 'y'},
    {108, 3, '1', 'r'},
    {109, 2, '1', 'r'},
    {110, 1, '1', 'r'},
    {111, 1, '1', 'r'},
    {112, 1, '1', 'b'},
    {113, 1, '1', 'b'},
    {114, 2, '1', 'r'},
    {115, 4, '1', 'r'},
    {116, 4, '1', 'r'},
    {117, 2, '2', 't'},
    {118, 3, '1', 'r'},
    {119, 4, '1', 'r'},
    {120, 4, '1', 'r'},
};
#define FORMATS    (sizeof(formats) / sizeof(formats[0]))

#define X_TILES    0x0100000000000001ULL
#define Y_TILES    0x0100000000000002ULL
#define YF_TILES   0x0100000000000003ULL
#define Y_CCS      0x0100000001000002ULL
#define YF_CCS     0x0100000001000003ULL
#define AFBC_16X16 0x0800000000000001ULL
#define AFBC_32X8  0x0800000000000002ULL
#define LINEAR_TE  0x0800000000001000ULL
#define GOLDFISH   0x6700000000000001ULL
static const uint64_t plain_modifiers[] = {0,     X_TILES, Y_TILES,   YF_TILES,
                                           Y_CCS, YF_CCS,  LINEAR_TE, GOLDFISH};
#define PLAIN (sizeof(plain_modifiers) / sizeof(plain_modifiers[0]))
static const uint64_t flags[] = {0x10, 0x20, 0x40, 0x800, 0x1000, 0x2000};

size_t model_format_count(void)
{
    return FORMATS;
}

uint32_t model_format(size_t index)
{
    return formats[index].value;
}

size_t model_modifier_count(void)
{
    return PLAIN + 2 * 64;
}

uint64_t model_modifier(size_t index)
{
    if (index < PLAIN) {
        return plain_modifiers[index];
    }
    index -= PLAIN;
    uint64_t modifier = index < 64 ? AFBC_16X16 : AFBC_32X8;
    for (size_t bit = 0; bit < 6; bit++) {
        modifier += (index >> bit & 1) != 0 ? flags[bit] : 0;
    }
    return modifier;
}

static bool is_intel(uint64_t m)
{
    return m >> 56 == 1;
}

static bool is_afbc(uint64_t m)
{
    return m >> 56 == 8 && m != LINEAR_TE;
}

static bool has_te(uint64_t m)
{
    return m >> 56 == 8 && (m & 0x1000) != 0;
}

static bool has_ccs(uint64_t m)
{
    return m == Y_CCS || m == YF_CCS;
}

bool model_protected(uint64_t modifier)
{
    return !has_te(modifier);
}

static size_t find(uint32_t format)
{
    size_t i = 0;
    while (i < FORMATS && formats[i].value != format) {
        i++;
    }
    return i;
}

bool model_supported(uint32_t format, uint64_t modifier)
{
    bool four_bytes = format == 1 || format == 101 || format == 119 || format == 120;
    if (is_afbc(modifier)) {
        return four_bytes;
    }
    if (is_intel(modifier)) {
        return four_bytes || format == 104;
    }
    return find(format) < FORMATS;
}

bool model_color_space(uint32_t format, uint32_t color_space)
{
    switch (formats[find(format)].colors) {
    case 'r':
        return color_space == 1 || color_space == 9;
    case 'y':
        return (color_space >= 2 && color_space <= 6) || color_space == 9;
    case 't':
        return color_space >= 2 && color_space <= 9;
    default:
        return (color_space >= 1 && color_space <= 6) || color_space == 9;
    }
}

/* How many pieces of `size` it takes. */
static wide pieces(wide of, wide size)
{
    wide count = of / size;
    return count * size < of ? count + 1 : count;
}

static wide up(wide v, wide to)
{
    return pieces(v, to) * to;
}

static wide te_row(const struct model_image *image)
{
    return up(pieces(image->width, 32) * 16, 64);
}

static wide tile_width(uint64_t m)
{
    return m == X_TILES ? 512 : 128;
}

static wide tiles(const struct model_image *image, wide rows)
{
    wide tile_height = 4096 / tile_width(image->modifier);
    return pieces(image->row, tile_width(image->modifier)) * pieces(rows, tile_height);
}

static wide ccs_tiles(const struct model_image *image, wide rows)
{
    return pieces(pieces(image->row, 128), 32) * pieces(pieces(rows, 32), 16);
}

static wide afbc_bytes(const struct model_image *image)
{
    bool big_header = (image->modifier & 0x2000) != 0;
    wide block_w = (image->modifier & 3) == 2 ? 32 : 16;
    wide block_h = (image->modifier & 3) == 2 ? 8 : 16;
    wide blocks_w = pieces(image->width, block_w);
    wide blocks_h = pieces(image->height, block_h);
    if (big_header) { /* headers come in tiles of eight by eight */
        blocks_w = up(blocks_w, 8);
        blocks_h = up(blocks_h, 8);
    }
    return up(blocks_w * blocks_h * 16, big_header ? 4096 : 1024) + blocks_w * blocks_h * 1024;
}

/* Everything in front of plane 3. */
static wide own_bytes(const struct model_image *image)
{
    char layout = formats[find(image->format)].layout;
    wide luma = (wide)image->row * image->height;
    if (is_afbc(image->modifier)) {
        return afbc_bytes(image);
    }
    if (is_intel(image->modifier)) {
        wide count = tiles(image, image->height);
        if (layout == '2') {
            count += tiles(image, pieces(image->height, 2));
        }
        return count * 4096;
    }
    return layout == '1' ? luma : luma * 3 / 2;
}

static bool fits(wide v, uint64_t *ret)
{
    if (v > UINT64_MAX) {
        return false;
    }
    *ret = (uint64_t)v;
    return true;
}

bool model_size(const struct model_image *image, uint64_t *ret)
{
    wide size = own_bytes(image);
    if (has_te(image->modifier)) {
        size = up(size, 64) + 64 + 2 * te_row(image) * pieces(image->height, 32);
    }
    if (has_ccs(image->modifier)) {
        /* By the rows of the plane that comes last. */
        bool two = formats[find(image->format)].layout == '2';
        size += ccs_tiles(image, two ? pieces(image->height, 2) : image->height) * 4096;
    }
    return fits(size, ret);
}

/* Of planes 1 and 2. */
static bool has_plane(const struct model_image *image, unsigned plane)
{
    char layout = formats[find(image->format)].layout;
    if (is_afbc(image->modifier) || image->modifier == GOLDFISH) {
        return false;
    }
    return plane == 1 ? layout == '2' || layout == '3' : layout == '3';
}

bool model_offset(const struct model_image *image, unsigned plane, uint64_t *ret)
{
    wide luma = (wide)image->row * image->height;
    if (plane == 0) {
        return fits(0, ret);
    }
    if (plane == 3) {
        return (has_te(image->modifier) || has_ccs(image->modifier)) &&
               fits(has_te(image->modifier) ? up(own_bytes(image), 64) : own_bytes(image), ret);
    }
    if (!has_plane(image, plane)) {
        return false;
    }
    if (is_intel(image->modifier)) {
        return fits(tiles(image, image->height) * 4096, ret);
    }
    return fits(plane == 1 ? luma : luma + (wide)(image->height / 2) * (image->row / 2), ret);
}

bool model_row(const struct model_image *image, unsigned plane, uint32_t *ret)
{
    char layout = formats[find(image->format)].layout;
    wide row = image->row;
    if (plane == 3) {
        row = has_te(image->modifier) ? te_row(image) : pieces(pieces(row, 128), 32) * 128;
        if (!has_te(image->modifier) && !has_ccs(image->modifier)) {
            return false;
        }
    } else if (plane > 0 && !has_plane(image, plane)) {
        return false;
    } else if (is_intel(image->modifier)) {
        row = up(row, tile_width(image->modifier));
    } else if (is_afbc(image->modifier)) {
        row = 0;
    } else if (plane > 0 && layout == '3') {
        row = row / 2;
    }
    *ret = (uint32_t)row;
    return row <= UINT32_MAX;
}

bool model_min_row(uint32_t format, uint64_t modifier, const struct model_bounds *bounds,
                   uint32_t width, uint32_t *ret)
{
    wide bytes = formats[find(format)].bytes;
    wide divisor = bounds->row_divisor;
    wide rounded = up(width, bounds->width_alignment);
    wide compared = width;
    wide row;
    if (modifier == GOLDFISH) {
        return false;
    }
    if (is_afbc(modifier)) {
        wide block = (modifier & 3) == 2 ? 32 : 16;
        row = pieces(width, (modifier & 0x2000) != 0 ? block * 8 : block) * block * 4;
    } else {
        if (is_intel(modifier)) {
            compared = rounded;
            divisor = up(divisor, tile_width(modifier));
        }
        row = rounded * bytes;
        row = up(row > bounds->min_row ? row : bounds->min_row, divisor);
        if (compared < bounds->min_width || compared > bounds->max_width || rounded > UINT32_MAX ||
            divisor > UINT32_MAX || row > bounds->max_row) {
            return false;
        }
    }
    *ret = (uint32_t)row;
    return row <= UINT32_MAX;
}
