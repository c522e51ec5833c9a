/* The clock, and the numbers and layouts of <zircon/...>. */
#include "zx_test.h"

#include <unistd.h>

static void clock_and_deadlines(void **state)
{
    (void)state;
    zx_time_t before = zx_clock_get_monotonic();
    zx_time_t deadline = zx_deadline_after(ZX_SEC(5));
    zx_time_t after = zx_clock_get_monotonic();
    assert_true(before > 0 && before + ZX_SEC(5) <= deadline && deadline <= after + ZX_SEC(5));
    assert_int_equal(zx_deadline_after(ZX_TIME_INFINITE), ZX_TIME_INFINITE);
    assert_true(zx_deadline_after(ZX_TIME_INFINITE_PAST) < 0);
    assert_true(zx_deadline_after(-ZX_SEC(1)) < after);
    assert_int_equal(zx_system_get_page_size(), (uint32_t)sysconf(_SC_PAGESIZE));
}

static void layouts(void **state)
{
    (void)state;
    assert_int_equal(sizeof(zx_info_handle_basic_t), 32);
    assert_int_equal(sizeof(zx_info_handle_count_t), 4);
    assert_int_equal(sizeof(zx_info_vmar_t), 16);
    assert_int_equal(sizeof(zx_vmo_lock_state_t), 32);
    assert_int_equal(sizeof(zx_port_packet_t), 48);
    assert_int_equal(offsetof(zx_info_handle_basic_t, related_koid), 16);
    assert_int_equal(offsetof(zx_info_vmo_t, flags), 80);
    assert_int_equal(offsetof(zx_info_vmo_t, handle_rights), 96);
    assert_int_equal(offsetof(zx_info_vmo_t, populated_bytes), 120);
    assert_int_equal(sizeof((zx_info_vmo_t){0}.name), ZX_MAX_NAME_LEN);
}

static void default_rights(void **state)
{
    (void)state;
    assert_int_equal(ZX_RIGHTS_BASIC, 0xC003);
    assert_int_equal(ZX_DEFAULT_VMO_RIGHTS, 0xD0EF);
    assert_int_equal(ZX_DEFAULT_VMAR_RIGHTS, 0x208003);
    assert_int_equal(ZX_DEFAULT_CHANNEL_RIGHTS, 0xF00E);
    assert_int_equal(ZX_DEFAULT_EVENT_RIGHTS, 0xD003);
    assert_int_equal(ZX_DEFAULT_EVENTPAIR_RIGHTS, 0xF003);
    assert_int_equal(ZX_DEFAULT_PORT_RIGHTS, 0x800F);
    assert_int_equal(ZX_RIGHT_RESIZE, 0x400000);
    assert_int_equal(ZX_RIGHT_SAME_RIGHTS, 0x80000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_and_deadlines),
        cmocka_unit_test(layouts),
        cmocka_unit_test(default_rights),
    };
    return RUN_ZX_TESTS(tests);
}
