/* One pair of pixel format and modifier, and what is asked of images that have it: an
 * ImageFormatConstraints table with every default filled in. */
#ifndef SOLVER_ENTRY_H
#define SOLVER_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/color_space.h"
#include "solver/work.h"

enum alpha {
    ALPHA_UNSET,
    ALPHA_ABSENT,
    ALPHA_PRESENT,
};

struct entry {
    uint64_t modifier;
    uint32_t pixel_format;
    int source; /* index in its participant's image_format_constraints */
    color_space_set color_spaces;
    enum alpha alpha;
    struct sysmem_size min_size;
    struct sysmem_size max_size;
    struct sysmem_size size_alignment;
    struct sysmem_size display_rect_alignment;
    struct sysmem_size required_min_size;
    struct sysmem_size required_max_size;
    uint32_t min_bytes_per_row;
    uint32_t max_bytes_per_row;
    uint32_t bytes_per_row_divisor;
    uint32_t start_offset_divisor;
    uint64_t max_width_times_height;
    bool pixel_boundary; /* rows hold whole pixels */
};

/* Two bounds of an entry that exclude each other: no image satisfies both. */
struct contradiction {
    const char *low_field; /* what must not exceed ... */
    const char *high_field;
    size_t low_offset; /* in struct entry: where the bound comes from */
    size_t high_offset;
    uint64_t low;
    uint64_t high;
};

/* What holds for every pair of one table: defaults, and checks that no pair is needed for. Leaves
 * the pair alone. False: refused. Source: spec/fuchsia.sysmem2.txt, TABLES, ImageFormatConstraints.
 */
bool entry_read(struct work *work, const struct sysmem_image_format_constraints *table,
                struct entry *ret);

/* Whether both pixel format and modifier are given. */
bool entry_is_specific(const struct entry *entry);

/* Whether nothing is left open: specific, and with color spaces. */
bool entry_is_complete(const struct entry *entry);

/* Adds what a specific pair demands by itself (alignments, shortest rows), and rounds bounds to the
 * alignments. May be repeated. False: an alignment doesn't fit in 32 bits any more. */
bool entry_settle(struct entry *entry);

/* The number at an offset that a contradiction names. */
uint64_t entry_number(const struct entry *entry, size_t offset);

/* Whether the bounds of a settled entry leave room. */
bool entry_check(const struct entry *entry, struct contradiction *ret);

/* Keeps what satisfies both entries; their pair is the one of `entry` already. Returns NULL, or the
 * name of the field that makes this impossible. */
const char *entry_fold(struct entry *entry, const struct entry *other);

#endif
