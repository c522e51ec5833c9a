/* Random numbers: splitmix64, for which every seed is as good as any other. */
#ifndef TESTS_PROPERTY_DICE_H
#define TESTS_PROPERTY_DICE_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t dice_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* From 0 to n - 1. */
static inline uint32_t dice_below(uint64_t *state, size_t n)
{
    return (uint32_t)(dice_next(state) % n);
}

#endif
