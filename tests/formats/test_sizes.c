/* The library's sizes against the model's, over all formats and modifiers and many sizes, up to the
 * largest numbers. Ends with 1 and a line when they differ. --expect-difference: the other way. */
#include <stdio.h>
#include <string.h>

#include <sysmem/image_format.h>

#include "size_model.h"

static unsigned long compared;

/* A small generator of its own, so that every run tries the same sizes. */
static uint32_t dice(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

/* Numbers around the borders of blocks, tiles and types, and anything between. */
static uint32_t number(uint64_t *seed)
{
    static const uint32_t borders[] = {
        0,          1,          2,          15,         16,        17,    31,       32,
        33,         64,         127,        128,        129,       511,   512,      513,
        1080,       1920,       4096,       8191,       65535,     65536, 1U << 24, 1U << 30,
        0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff};
    uint32_t roll = dice(seed);
    switch (roll % 4) {
    case 0:
        return borders[roll / 4 % (sizeof(borders) / sizeof(borders[0]))];
    case 1:
        return dice(seed) % 300;
    case 2:
        return dice(seed) % 10000;
    default:
        return dice(seed) * 2 + roll / 4 % 2;
    }
}

static bool differs(const char *what, const struct model_image *image, unsigned plane, bool got,
                    uint64_t got_value, bool wanted, uint64_t wanted_value)
{
    compared++;
    if (got == wanted && (!got || got_value == wanted_value)) {
        return false;
    }
    printf(
        "%s of format %u, modifier 0x%016llx, %ux%u, row %u, plane %u: got %s%llu, wanted %s%llu\n",
        what, image->format, (unsigned long long)image->modifier, image->width, image->height,
        image->row, plane, got ? "" : "no ", (unsigned long long)got_value, wanted ? "" : "no ",
        (unsigned long long)wanted_value);
    return true;
}

static bool image_differs(const struct model_image *image)
{
    const struct sysmem_image_format format = {
        .pixel_format = image->format,
        .pixel_format_modifier = image->modifier,
        .size = {image->width, image->height},
        .bytes_per_row = image->row,
    };
    uint64_t got = 0;
    uint64_t wanted = 0;
    bool ok = sysmem_image_format_size_bytes(&format, &got) == 0;
    bool want = model_size(image, &wanted);
    if (differs("size", image, 0, ok, got, want, wanted)) {
        return true;
    }
    for (unsigned plane = 0; plane < 5; plane++) {
        uint32_t got_row = 0;
        uint32_t wanted_row = 0;
        got = 0;
        wanted = 0;
        ok = sysmem_image_format_plane_offset(&format, plane, &got) == 0;
        want = plane < 4 && model_offset(image, plane, &wanted);
        if (differs("offset", image, plane, ok, got, want, wanted)) {
            return true;
        }
        ok = sysmem_image_format_plane_bytes_per_row(&format, plane, &got_row) == 0;
        want = plane < 4 && model_row(image, plane, &wanted_row);
        if (differs("row", image, plane, ok, got_row, want, wanted_row)) {
            return true;
        }
    }
    return false;
}

static bool min_row_differs(const struct model_image *image, uint64_t *seed)
{
    struct model_bounds bounds = {
        .min_width = dice(seed) % 2 == 0 ? 0 : number(seed),
        .max_width = dice(seed) % 2 == 0 ? UINT32_MAX : number(seed),
        .width_alignment = 1U << dice(seed) % 32,
        .min_row = dice(seed) % 2 == 0 ? 0 : number(seed),
        .max_row = dice(seed) % 2 == 0 ? UINT32_MAX : number(seed),
        .row_divisor = dice(seed) % 2 == 0 ? 1 : number(seed) + 1,
    };
    struct sysmem_image_format_constraints constraints = {0};
    uint32_t got = 0;
    uint32_t wanted = 0;
    bounds.width_alignment = dice(seed) % 2 == 0 ? 1 : bounds.width_alignment;
    bounds.row_divisor += bounds.row_divisor == 0;
    SYSMEM_SET(&constraints, pixel_format, image->format);
    SYSMEM_SET(&constraints, pixel_format_modifier, image->modifier);
    SYSMEM_SET(&constraints, min_size, (struct sysmem_size){bounds.min_width, 1});
    SYSMEM_SET(&constraints, max_size, (struct sysmem_size){bounds.max_width, UINT32_MAX});
    SYSMEM_SET(&constraints, size_alignment, (struct sysmem_size){bounds.width_alignment, 1});
    SYSMEM_SET(&constraints, min_bytes_per_row, bounds.min_row);
    SYSMEM_SET(&constraints, max_bytes_per_row, bounds.max_row);
    SYSMEM_SET(&constraints, bytes_per_row_divisor, bounds.row_divisor);
    bool ok = sysmem_image_format_min_bytes_per_row(&constraints, image->width, &got) == 0;
    bool want = model_min_row(image->format, image->modifier, &bounds, image->width, &wanted);
    if (differs("minimum row", image, 0, ok, got, want, wanted)) {
        printf("  width %u to %u by %u, row %u to %u by %u\n", bounds.min_width, bounds.max_width,
               bounds.width_alignment, bounds.min_row, bounds.max_row, bounds.row_divisor);
        return true;
    }
    return false;
}

static bool facts_differ(uint32_t format, uint64_t modifier)
{
    const struct model_image image = {format, modifier, 0, 0, 0};
    bool supported = sysmem_pixel_format_supports_modifier(format, modifier);
    bool shielded = sysmem_pixel_format_modifier_is_protected_compatible(modifier);
    if (differs("support", &image, 0, supported, 0, model_supported(format, modifier), 0) ||
        differs("protection", &image, 0, shielded, 0, model_protected(modifier), 0)) {
        return true;
    }
    for (uint32_t space = 0; space <= 10; space++) {
        bool got = sysmem_pixel_format_supports_color_space(format, space);
        bool want = space >= 1 && space <= 9 && model_color_space(format, space);
        if (differs("color space", &image, space, got, 0, want, 0)) {
            return true;
        }
    }
    return false;
}

static bool pair_differs(uint32_t format, uint64_t modifier, unsigned sizes)
{
    uint64_t seed = format * UINT64_C(31) + modifier;
    if (facts_differ(format, modifier)) {
        return true;
    }
    for (unsigned i = 0; i < sizes && model_supported(format, modifier); i++) {
        const struct model_image image = {format, modifier, number(&seed), number(&seed),
                                          number(&seed)};
        if (image_differs(&image) || min_row_differs(&image, &seed)) {
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    bool expected = argc == 2 && strcmp(argv[1], "--expect-difference") == 0;
    bool different = false;
    for (size_t f = 0; f < model_format_count() && !different; f++) {
        for (size_t m = 0; m < model_modifier_count() && !different; m++) {
            different = pair_differs(model_format(f), model_modifier(m), 500);
        }
    }
    printf("%lu numbers compared\n", compared);
    return different == expected ? 0 : 1;
}
