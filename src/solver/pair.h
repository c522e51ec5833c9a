/* Pairs of pixel format and modifier, in which DO_NOT_CARE stands for any value. */
#ifndef SOLVER_PAIR_H
#define SOLVER_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pair {
    uint64_t modifier;
    uint32_t pixel_format;
    int source; /* index of the table that lists it */
};

/* Whether either half is DO_NOT_CARE. */
bool pair_is_wild(uint32_t pixel_format, uint64_t modifier);

/* The order of sorted lists: specific pairs before wild ones, then by format, then by modifier.
 * Negative, 0 or positive. */
int pair_compare(uint32_t format_a, uint64_t modifier_a, uint32_t format_b, uint64_t modifier_b);

/* The pair that both stand for; `source` comes from `a`. False: the two exclude each other, or no
 * image has that format and modifier. */
bool pair_combine(const struct pair *a, const struct pair *b, struct pair *ret);

/* Sorts in place, in n log n steps whatever the input. (qsort() may ask the system how much memory
 * there is.) */
void pairs_sort(struct pair *pairs, size_t count);

/* Looks for two pairs of a sorted list that are equal, or that combine. Specific pairs must be
 * supported ones. */
bool pairs_find_overlap(const struct pair *pairs, size_t count, const struct pair **ret_first,
                        const struct pair **ret_second);

#endif
