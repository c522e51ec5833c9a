/* Arithmetic that says when it does not fit. Each returns false on overflow and leaves *ret alone.
 */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool checked_add_u32(uint32_t a, uint32_t b, uint32_t *ret)
{
    uint32_t r;
    if (__builtin_add_overflow(a, b, &r)) {
        return false;
    }
    *ret = r;
    return true;
}

static inline bool checked_mul_u32(uint32_t a, uint32_t b, uint32_t *ret)
{
    uint32_t r;
    if (__builtin_mul_overflow(a, b, &r)) {
        return false;
    }
    *ret = r;
    return true;
}

static inline bool checked_add_u64(uint64_t a, uint64_t b, uint64_t *ret)
{
    uint64_t r;
    if (__builtin_add_overflow(a, b, &r)) {
        return false;
    }
    *ret = r;
    return true;
}

static inline bool checked_mul_u64(uint64_t a, uint64_t b, uint64_t *ret)
{
    uint64_t r;
    if (__builtin_mul_overflow(a, b, &r)) {
        return false;
    }
    *ret = r;
    return true;
}

static inline bool is_power_of_two_u64(uint64_t v)
{
    return v != 0 && (v & (v - 1)) == 0;
}

/* Rounds v up to a multiple of m (m > 0). */
static inline bool checked_round_up_u32(uint32_t v, uint32_t m, uint32_t *ret)
{
    uint32_t rest = v % m;
    return checked_add_u32(v, rest == 0 ? 0 : m - rest, ret);
}

static inline bool checked_round_up_u64(uint64_t v, uint64_t m, uint64_t *ret)
{
    uint64_t rest = v % m;
    return checked_add_u64(v, rest == 0 ? 0 : m - rest, ret);
}

static inline uint32_t round_down_u32(uint32_t v, uint32_t m)
{
    return v - v % m;
}

static inline uint32_t gcd_u32(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Least common multiple of two positive numbers. */
static inline bool checked_lcm_u32(uint32_t a, uint32_t b, uint32_t *ret)
{
    return checked_mul_u32(a / gcd_u32(a, b), b, ret);
}

#endif
