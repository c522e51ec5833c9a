#include "sheet.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TILE_WIDTH 160 /* pixels */
#define GAP            4   /* pixels around each tile */

static size_t tile_bytes(const struct sheet *sheet)
{
    return (size_t)sheet->tile.width * sheet->tile.height * 3;
}

bool sheet_init(struct sheet *sheet, struct sysmem_size size, bool full_range)
{
    uint32_t scale = (size.width + MAX_TILE_WIDTH - 1) / MAX_TILE_WIDTH;
    *sheet = (struct sheet){
        .tile = {(size.width + scale - 1) / scale, (size.height + scale - 1) / scale},
        .scale = scale,
        .full_range = full_range,
        .interval = 1
    };
    sheet->tiles = calloc(SHEET_TILES, tile_bytes(sheet));
    return sheet->tiles != NULL;
}

/* A thousandth of the value, as a sample. */
static unsigned char clamp(int thousandths)
{
    int value = (thousandths + 500) / 1000;
    return (unsigned char)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* ITU-R BT.601, for luma from 16 to 235 or from 0 to 255; factors in thousandths. */
static void to_rgb(bool full_range, const unsigned char yuv[3], unsigned char rgb[3])
{
    int y = full_range ? yuv[0] * 1000 : (yuv[0] - 16) * 1164;
    int u = yuv[1] - 128;
    int v = yuv[2] - 128;
    rgb[0] = clamp(y + (full_range ? 1402 : 1596) * v);
    rgb[1] = clamp(y - (full_range ? 344 : 392) * u - (full_range ? 714 : 813) * v);
    rgb[2] = clamp(y + (full_range ? 1772 : 2017) * u);
}

static unsigned char sample(const struct plane *plane, uint32_t x, uint32_t y)
{
    return plane->samples[y * plane->stride + x * plane->step];
}

/* Every scale-th pixel of the picture. */
static void shrink(const struct sheet *sheet, const struct picture *picture, unsigned char *rgb)
{
    for (uint32_t row = 0; row < sheet->tile.height; row++) {
        for (uint32_t column = 0; column < sheet->tile.width; column++, rgb += 3) {
            uint32_t x = column * sheet->scale;
            uint32_t y = row * sheet->scale;
            unsigned char yuv[PICTURE_PLANES] = {sample(&picture->planes[0], x, y),
                                                 sample(&picture->planes[1], x / 2, y / 2),
                                                 sample(&picture->planes[2], x / 2, y / 2)};
            to_rgb(sheet->full_range, yuv, rgb);
        }
    }
}

/* A full sheet gives up every second tile, so that the tiles stay evenly spaced however long the
 * video is. */
static void thin_out(struct sheet *sheet)
{
    size_t bytes = tile_bytes(sheet);
    for (uint32_t i = 1; i < SHEET_TILES / 2; i++) {
        memcpy(sheet->tiles + i * bytes, sheet->tiles + (size_t)2 * i * bytes, bytes);
    }
    sheet->count = SHEET_TILES / 2;
    sheet->interval *= 2;
}

void sheet_add(struct sheet *sheet, const struct picture *picture, uint64_t frame)
{
    if (frame % sheet->interval == 0 && sheet->count == SHEET_TILES) {
        thin_out(sheet);
    }
    if (frame % sheet->interval == 0) {
        shrink(sheet, picture, sheet->tiles + sheet->count * tile_bytes(sheet));
        sheet->count++;
    }
}

bool sheet_write(const struct sheet *sheet, const char *path, char *error, size_t size)
{
    uint32_t rows = (sheet->count + SHEET_COLUMNS - 1) / SHEET_COLUMNS;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .format = PNG_FORMAT_RGB,
                       .width = SHEET_COLUMNS * (sheet->tile.width + GAP) + GAP,
                       .height = (rows > 0 ? rows : 1) * (sheet->tile.height + GAP) + GAP};
    unsigned char *pixels = calloc(image.height, (size_t)image.width * 3);
    if (!pixels) {
        (void)snprintf(error, size, "no memory");
        return false;
    }
    for (uint32_t i = 0; i < sheet->count; i++) {
        size_t left = GAP + (size_t)(i % SHEET_COLUMNS) * (sheet->tile.width + GAP);
        size_t top = GAP + (size_t)(i / SHEET_COLUMNS) * (sheet->tile.height + GAP);
        for (uint32_t row = 0; row < sheet->tile.height; row++) {
            memcpy(pixels + ((top + row) * image.width + left) * 3,
                   sheet->tiles + i * tile_bytes(sheet) + (size_t)row * sheet->tile.width * 3,
                   (size_t)sheet->tile.width * 3);
        }
    }
    bool written = png_image_write_to_file(&image, path, 0, pixels, 0, NULL) != 0;
    if (!written) {
        (void)snprintf(error, size, "%s", image.message);
    }
    free(pixels);
    return written;
}

void sheet_deinit(struct sheet *sheet)
{
    free(sheet->tiles);
    sheet->tiles = NULL;
}
