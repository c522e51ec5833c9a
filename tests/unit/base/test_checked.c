#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/checked.h"

static void sums_and_products(void **state)
{
    (void)state;
    uint32_t small = 7;
    uint64_t big = 7;
    assert_false(checked_add_u32(UINT32_MAX, 1, &small));
    assert_false(checked_mul_u32(0x10000, 0x10000, &small));
    assert_int_equal(small, 7); /* left alone */
    assert_true(checked_add_u32(UINT32_MAX - 1, 1, &small));
    assert_int_equal(small, UINT32_MAX);
    assert_true(checked_mul_u32(0xFFFF, 0x10001, &small));
    assert_int_equal(small, UINT32_MAX);

    assert_false(checked_add_u64(UINT64_MAX, 1, &big));
    assert_false(checked_mul_u64(1ULL << 32, 1ULL << 32, &big));
    assert_int_equal(big, 7);
    assert_true(checked_add_u64(UINT64_MAX, 0, &big));
    assert_true(big == UINT64_MAX);
    assert_true(checked_mul_u64(1ULL << 32, 1ULL << 31, &big));
    assert_true(big == 1ULL << 63);
}

static void rounding(void **state)
{
    (void)state;
    uint32_t small = 7;
    uint64_t big = 7;
    assert_true(checked_round_up_u32(0, 16, &small));
    assert_int_equal(small, 0);
    assert_true(checked_round_up_u32(17, 16, &small));
    assert_int_equal(small, 32);
    assert_true(checked_round_up_u32(32, 16, &small));
    assert_int_equal(small, 32);
    assert_true(checked_round_up_u32(10, 3, &small));
    assert_int_equal(small, 12);
    assert_false(checked_round_up_u32(UINT32_MAX, 16, &small));
    assert_int_equal(small, 12);
    assert_true(checked_round_up_u64(4097, 4096, &big));
    assert_int_equal(big, 8192);
    assert_false(checked_round_up_u64(UINT64_MAX, 4096, &big));
    assert_int_equal(round_down_u32(31, 16), 16);
    assert_int_equal(round_down_u32(32, 16), 32);
}

static void divisors_and_multiples(void **state)
{
    (void)state;
    uint32_t multiple = 7;
    assert_int_equal(gcd_u32(12, 18), 6);
    assert_int_equal(gcd_u32(5, 0), 5);
    assert_true(checked_lcm_u32(12, 18, &multiple));
    assert_int_equal(multiple, 36);
    assert_true(checked_lcm_u32(UINT32_MAX, UINT32_MAX, &multiple));
    assert_int_equal(multiple, UINT32_MAX);
    assert_false(checked_lcm_u32(UINT32_MAX, UINT32_MAX - 1, &multiple));
    assert_int_equal(multiple, UINT32_MAX);
}

static void powers_of_two(void **state)
{
    (void)state;
    assert_false(is_power_of_two_u64(0));
    assert_true(is_power_of_two_u64(1));
    assert_false(is_power_of_two_u64(3));
    assert_true(is_power_of_two_u64(1ULL << 63));
    assert_false(is_power_of_two_u64(UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_products),
        cmocka_unit_test(rounding),
        cmocka_unit_test(divisors_and_multiples),
        cmocka_unit_test(powers_of_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
