#include "solver/said.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct sysmem_image_format_constraints image_t;

#define ROW(name) #name, offsetof(image_t, name), sizeof(((image_t *)NULL)->name)

/* What participants say of an image may be rounded or raised, by what they say in other fields and
 * by what the format needs. */
static const struct rounded {
    const char *result;
    size_t offset;
    size_t size;
    const char *by[5];   /* ends with NULL */
    const char *through; /* the field by which the format has a part in it; NULL: this one */
} rounded[] = {
    {ROW(min_size),              {"size_alignment"},                          "size_alignment"},
    {ROW(max_size),              {"size_alignment"},                          "size_alignment"},
    {ROW(min_bytes_per_row),
     {"min_size", "size_alignment", "bytes_per_row_divisor",
      "require_bytes_per_row_at_pixel_boundary"},
     NULL                                                                                     },
    {ROW(max_bytes_per_row),
     {"bytes_per_row_divisor", "require_bytes_per_row_at_pixel_boundary"},
     "bytes_per_row_divisor"                                                                  },
    {ROW(size_alignment),        {NULL},                                      NULL            },
    {ROW(bytes_per_row_divisor), {"require_bytes_per_row_at_pixel_boundary"}, NULL            },
    {ROW(start_offset_divisor),  {NULL},                                      NULL            },
};

#define ROUNDED (sizeof(rounded) / sizeof(rounded[0]))

void said_init(image_t *said)
{
    *said = (image_t){
        .min_size = {1,          1         },
        .max_size = {UINT32_MAX, UINT32_MAX},
        .size_alignment = {1,          1         },
        .max_bytes_per_row = UINT32_MAX,
        .bytes_per_row_divisor = 1,
        .start_offset_divisor = 1,
    };
}

static struct sysmem_size size_of(uint32_t width, uint32_t height)
{
    return (struct sysmem_size){width, height};
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Of what has been aggregated, so it fits. */
static uint32_t lcm_u32(uint32_t a, uint32_t b)
{
    uint32_t x = a;
    for (uint32_t y = b; y != 0;) {
        uint32_t rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

void said_fold(image_t *said, const image_t *entry)
{
    if (entry->has.min_size) {
        said->min_size = size_of(max_u32(said->min_size.width, entry->min_size.width),
                                 max_u32(said->min_size.height, entry->min_size.height));
    }
    if (entry->has.max_size) {
        said->max_size = size_of(min_u32(said->max_size.width, entry->max_size.width),
                                 min_u32(said->max_size.height, entry->max_size.height));
    }
    if (entry->has.size_alignment) {
        said->size_alignment =
            size_of(max_u32(said->size_alignment.width, entry->size_alignment.width),
                    max_u32(said->size_alignment.height, entry->size_alignment.height));
    }
    if (entry->has.min_bytes_per_row) {
        said->min_bytes_per_row = max_u32(said->min_bytes_per_row, entry->min_bytes_per_row);
    }
    if (entry->has.max_bytes_per_row) {
        said->max_bytes_per_row = min_u32(said->max_bytes_per_row, entry->max_bytes_per_row);
    }
    if (entry->has.bytes_per_row_divisor) {
        said->bytes_per_row_divisor =
            lcm_u32(said->bytes_per_row_divisor, entry->bytes_per_row_divisor);
    }
    if (entry->has.start_offset_divisor) {
        said->start_offset_divisor =
            max_u32(said->start_offset_divisor, entry->start_offset_divisor);
    }
}

/* NULL: it is just what was said, or is not in the table. */
static const struct rounded *find(const image_t *said, const image_t *result, const char *name)
{
    for (size_t i = 0; i < ROUNDED; i++) {
        if (strcmp(rounded[i].result, name) == 0) {
            bool same = memcmp((const char *)said + rounded[i].offset,
                               (const char *)result + rounded[i].offset, rounded[i].size) == 0;
            return same ? NULL : &rounded[i];
        }
    }
    return NULL;
}

const char *const *said_rounded_by(const image_t *said, const image_t *result, const char *name)
{
    const struct rounded *row = find(said, result, name);
    return row == NULL ? NULL : row->by;
}

bool said_leaves_to_format(const image_t *said, const image_t *result, const char *name)
{
    const struct rounded *row = find(said, result, name);
    return row != NULL && (row->through == NULL || find(said, result, row->through) != NULL);
}
