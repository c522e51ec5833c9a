#include "memory_order.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <sysmem/format.h>

/* Of a unit of `bits`, read as a little-endian number: which channel begins at which bit. '0' and
 * '1' are the luma of two pixels that share a unit. */
struct channel {
    char name;
    unsigned shift;
    unsigned bits;
};
struct packed {
    uint32_t format;
    unsigned bits;
    unsigned pixels;
    struct channel channels[4];
};

static const struct packed all_packed[] = {
    {SYSMEM_PIXEL_FORMAT_R8G8B8A8,    32, 1, {{'R', 0, 8}, {'G', 8, 8}, {'B', 16, 8}, {'A', 24, 8}}},
    {SYSMEM_PIXEL_FORMAT_B8G8R8A8,    32, 1, {{'B', 0, 8}, {'G', 8, 8}, {'R', 16, 8}, {'A', 24, 8}}},
    {SYSMEM_PIXEL_FORMAT_YUY2,        32, 2, {{'0', 0, 8}, {'U', 8, 8}, {'1', 16, 8}, {'V', 24, 8}}},
    {SYSMEM_PIXEL_FORMAT_B8G8R8,      24, 1, {{'B', 0, 8}, {'G', 8, 8}, {'R', 16, 8}}              },
    {SYSMEM_PIXEL_FORMAT_R5G6B5,      16, 1, {{'B', 0, 5}, {'G', 5, 6}, {'R', 11, 5}}              },
    {SYSMEM_PIXEL_FORMAT_R3G3B2,      8,  1, {{'B', 0, 2}, {'G', 2, 3}, {'R', 5, 3}}               },
    {SYSMEM_PIXEL_FORMAT_L8,          8,  1, {{'Y', 0, 8}}                                         },
    {SYSMEM_PIXEL_FORMAT_R8,          8,  1, {{'R', 0, 8}}                                         },
    {SYSMEM_PIXEL_FORMAT_R8G8,        16, 1, {{'R', 0, 8}, {'G', 8, 8}}                            },
    {SYSMEM_PIXEL_FORMAT_A2R10G10B10,
     32,                                  1,
     {{'B', 0, 10}, {'G', 10, 10}, {'R', 20, 10}, {'A', 30, 2}}                                    },
    {SYSMEM_PIXEL_FORMAT_A2B10G10R10,
     32,                                  1,
     {{'R', 0, 10}, {'G', 10, 10}, {'B', 20, 10}, {'A', 30, 2}}                                    },
    {SYSMEM_PIXEL_FORMAT_R8G8B8,      24, 1, {{'R', 0, 8}, {'G', 8, 8}, {'B', 16, 8}}              },
};

/* 4:2:0 in planes: all luma first. */
static const struct planar {
    uint32_t format;
    char first;           /* of the chroma */
    bool two;             /* chroma takes turns in one plane; else each has a plane */
    unsigned sample_bits; /* the highest of their 8 or 16 */
    const char *drm;
    const char *v4l2;
} all_planar[] = {
    {SYSMEM_PIXEL_FORMAT_I420, 'U', false, 8,  "Cb (1) and Cr (2) planes",        "YUV 4:2:0"   },
    {SYSMEM_PIXEL_FORMAT_YV12, 'V', false, 8,  "Cr (1) and Cb (2) planes",        "YVU 4:2:0"   },
    {SYSMEM_PIXEL_FORMAT_NV12, 'U', true,  8,  "Cr:Cb plane",                     "Y/CbCr 4:2:0"},
    {SYSMEM_PIXEL_FORMAT_P010, 'U', true,  10, "Cr:Cb plane 10 bits per channel",
     "Y/CbCr 4:2:0 10-bit per component"                                                        },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct packed *find_packed(uint32_t format)
{
    for (size_t i = 0; i < COUNT(all_packed); i++) {
        if (all_packed[i].format == format) {
            return &all_packed[i];
        }
    }
    return NULL;
}

static const struct planar *find_planar(uint32_t format)
{
    for (size_t i = 0; i < COUNT(all_planar); i++) {
        if (all_planar[i].format == format) {
            return &all_planar[i];
        }
    }
    return NULL;
}

/* "R", "x", "Cr0", "Y1": one channel of a list, as a letter of ours. Advances. */
static char read_name(const char **text)
{
    static const struct {
        const char *text;
        char name;
    } names[] = {
        {"Cr0", 'V'},
        {"Cb0", 'U'},
        {"Y0",  '0'},
        {"Y1",  '1'},
        {"R",   'R'},
        {"G",   'G'},
        {"B",   'B'},
        {"A",   'A'},
        {"x",   'X'},
        {"X",   'X'},
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        size_t length = strlen(names[i].text);
        if (strncmp(*text, names[i].text, length) == 0) {
            *text += length;
            return names[i].name;
        }
    }
    return 0;
}

/* Channels, from the highest bit down, against the packed format's. */
static bool is_packed(const struct packed *packed, bool x_for_a, const char *names,
                      const unsigned *bits, size_t count)
{
    unsigned top = packed->bits;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        top -= bits[i];
        for (size_t j = 0; j < COUNT(packed->channels); j++) {
            const struct channel *channel = &packed->channels[j];
            bool is_x = x_for_a && channel->name == 'A';
            found += channel->bits != 0 && (is_x ? names[i] == 'X' : names[i] == channel->name) &&
                     channel->shift == top && channel->bits == bits[i];
        }
    }
    return top == 0 && found == count;
}

bool memory_order_is_drm(uint32_t format, bool x_for_a, const char *text)
{
    const struct packed *packed = find_packed(format);
    const struct planar *planar = find_planar(format);
    const char *at = strstr(text, "] ");
    char names[4] = {0};
    unsigned bits[4] = {8, 8, 8, 8};
    size_t count = 0;
    if (planar != NULL) {
        return strstr(text, "2x2 subsampled") != NULL && strstr(text, planar->drm) != NULL;
    }
    if (packed == NULL || at == NULL || strchr(text, '[') == NULL) {
        return false;
    }
    if (strtoul(strchr(text, '[') + 1, NULL, 10) + 1 != packed->bits) {
        return false;
    }
    at += 2;
    do {
        names[count] = read_name(&at);
    } while (++count < 4 && *at++ == ':');
    while (*at == ' ') {
        at++;
    }
    for (size_t i = 0; i < count && *at >= '0' && *at <= '9'; i++) {
        char *end;
        bits[i] = (unsigned)strtoul(at, &end, 10);
        at = *end == ':' ? end + 1 : end;
    }
    return is_packed(packed, x_for_a, names, bits, count);
}

bool memory_order_is_v4l2(uint32_t format, bool x_for_a, const char *text)
{
    const struct packed *packed = find_packed(format);
    const struct planar *planar = find_planar(format);
    char *at;
    char names[4] = {0};
    unsigned bits[4] = {0};
    size_t count = 0;
    if (planar != NULL) {
        const char *found = strstr(text, planar->v4l2);
        return found != NULL &&
               found[strlen(planar->v4l2) + strspn(found + strlen(planar->v4l2), " ")] == 0;
    }
    if (packed == NULL || strtoul(text, &at, 10) * packed->pixels != packed->bits) {
        return false;
    }
    if (packed->pixels == 2) {
        return strstr(text, "YUV 4:2:2 ") != NULL;
    }
    if (packed->channels[0].name == 'Y') {
        return strstr(text, "Greyscale") != NULL;
    }
    at += strspn(at, " ");
    while (count < 4 && (names[count] = read_name((const char **)&at)) != 0) {
        count++;
    }
    bool whole_bytes = true;
    for (size_t i = 0; i < count && *at == '-'; i++) {
        bits[i] = (unsigned)strtoul(at + 1, &at, 10);
        whole_bytes = whole_bytes && bits[i] == 8;
    }
    for (size_t i = 0; whole_bytes && i < count / 2; i++) { /* those are in the order of memory */
        char name = names[i];
        names[i] = names[count - 1 - i];
        names[count - 1 - i] = name;
    }
    return is_packed(packed, x_for_a, names, bits, count);
}

static double read_packed(const struct packed *packed, const uint8_t *image, size_t pixel,
                          char name)
{
    const uint8_t *unit = image + pixel / packed->pixels * (packed->bits / 8);
    uint64_t value = 0;
    for (unsigned i = 0; i < packed->bits / 8; i++) {
        value |= (uint64_t)unit[i] << 8 * i;
    }
    for (size_t i = 0; i < COUNT(packed->channels); i++) {
        const struct channel *channel = &packed->channels[i];
        if (channel->name == name || (name == 'Y' && channel->name == '0')) {
            uint64_t most = (UINT64_C(1) << channel->bits) - 1;
            return (double)(value >> channel->shift & most) / (double)most;
        }
    }
    return -1;
}

static double read_planar(const struct planar *planar, const uint8_t *image, uint32_t width,
                          uint32_t height, char name)
{
    size_t luma = (size_t)width * height;
    size_t chroma = height / 4 * (width / 2) + width / 4; /* samples, of one plane */
    size_t sample = height / 2 * width + width / 2;
    if (name != 'Y' && name != 'U' && name != 'V') {
        return -1;
    }
    if (name != 'Y' && planar->two) {
        sample = luma + 2 * chroma + (name == planar->first ? 0 : 1);
    } else if (name != 'Y') {
        sample = luma + chroma + (name == planar->first ? 0 : luma / 4);
    }
    if (planar->sample_bits == 8) {
        return image[sample] / 255.0;
    }
    return (image[2 * sample] | image[2 * sample + 1] << 8) / 65535.0;
}

double memory_order_read(uint32_t format, const uint8_t *image, uint32_t width, uint32_t height,
                         char channel)
{
    const struct packed *packed = find_packed(format);
    const struct planar *planar = find_planar(format);
    if (packed != NULL) {
        return read_packed(packed, image, (size_t)height / 2 * width + width / 2, channel);
    }
    return planar == NULL ? -1 : read_planar(planar, image, width, height, channel);
}
