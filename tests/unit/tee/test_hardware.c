#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <zircon/syscalls.h>

#include "tee/hardware.h"

#define G     ((uint64_t)0x10000)
#define BASE  ((uint64_t)0x80000000)
#define FIXED ((uint64_t)0xA0000000)

static const struct sysmem_heap dynamic = {.heap_type = "D", .has.heap_type = true};
static const struct sysmem_heap fixed = {.heap_type = "F", .has.heap_type = true};
static const struct sysmem_heap other = {.heap_type = "X", .has.heap_type = true};

static struct hardware_config config; /* of the next rig() */
static struct hardware *hardware;
static zx_handle_t pool;
static const char *why;

static struct sysmem_secure_heap_range range(uint64_t start, uint64_t blocks)
{
    return (struct sysmem_secure_heap_range){start, blocks * G};
}

static void rig(void)
{
    zx_handle_t given;
    struct sysmem_secure_heap_range all = range(BASE, 16);
    hardware_free(hardware);
    (void)zx_handle_close(pool);
    hardware = hardware_new(&config);
    assert_non_null(hardware);
    assert_int_equal(zx_vmo_create(all.size_bytes, 0, &pool), 0);
    assert_int_equal(zx_handle_duplicate(pool, ZX_RIGHT_SAME_RIGHTS, &given), 0);
    assert_int_equal(hardware_set_memory(hardware, &dynamic, &all, given, &why), 0);
}

static int setup(void **state)
{
    (void)state;
    config = (struct hardware_config){
        .heap_type = "D",
        .properties = {true, (uint32_t)G, 3, true},
        .fixed = {{"F", {FIXED, 4096}}  },
        .fixed_count = 1,
    };
    rig();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hardware_free(hardware);
    (void)zx_handle_close(pool);
    hardware = NULL;
    pool = ZX_HANDLE_INVALID;
    return 0;
}

static uint32_t add(uint64_t start, uint64_t blocks)
{
    struct sysmem_secure_heap_range at = range(start, blocks);
    return hardware_add(hardware, &dynamic, &at, &why);
}

static uint32_t modify(uint64_t start, uint64_t blocks, uint64_t new_start, uint64_t new_blocks)
{
    struct sysmem_secure_heap_range from = range(start, blocks);
    struct sysmem_secure_heap_range to = range(new_start, new_blocks);
    return hardware_modify(hardware, &dynamic, &from, &to, &why);
}

static uint32_t zero(const struct sysmem_heap *heap, uint64_t start, uint64_t size,
                     bool is_explicit)
{
    struct sysmem_secure_heap_range at = {start, size};
    return hardware_zero(hardware, heap, &at, is_explicit, &why);
}

static void deviates(uint32_t err)
{
    assert_int_equal(err, SYSMEM_ERROR_PROTOCOL_DEVIATION);
    assert_non_null(why);
}

static void ranges_that_may_not_be_added(void **state)
{
    (void)state;
    struct sysmem_secure_heap_range at = range(BASE, 1);
    deviates(hardware_add(hardware, &other, &at, &why));
    deviates(hardware_add(hardware, &fixed, &at, &why));
    at.physical_address += 4096;
    deviates(hardware_add(hardware, &dynamic, &at, &why));
    at = (struct sysmem_secure_heap_range){BASE, G / 2};
    deviates(hardware_add(hardware, &dynamic, &at, &why));
    deviates(add(BASE, 0));
    deviates(add(BASE - G, 1));
    deviates(add(BASE, 17));
    deviates(add(UINT64_MAX - G + 1, 1));
    assert_int_equal(add(BASE, 2), 0);
    deviates(add(BASE, 2));
    assert_int_equal(add(BASE + G, 2), 0); /* overlapping is allowed */
    assert_int_equal(add(BASE + 8 * G, 1), 0);
    deviates(add(BASE + 10 * G, 1)); /* of three */
}

static void ranges_are_deleted_and_modified(void **state)
{
    (void)state;
    size_t count = 0;
    struct sysmem_secure_heap_range at = range(BASE, 2);
    assert_int_equal(add(BASE, 2), 0);
    assert_int_equal(add(BASE + 4 * G, 2), 0);
    deviates(modify(BASE, 2, BASE + G, 2)); /* both ends */
    deviates(modify(BASE + 4 * G, 2, BASE + 4 * G, 13));
    assert_int_equal(modify(BASE + 4 * G, 1, BASE + 4 * G, 2), SYSMEM_ERROR_PROTOCOL_DEVIATION);
    assert_int_equal(modify(BASE + 8 * G, 1, BASE + 8 * G, 2), SYSMEM_ERROR_NOT_FOUND);
    assert_int_equal(modify(BASE, 2, BASE, 4), 0);
    assert_int_equal(hardware_delete(hardware, &dynamic, &at, &why), SYSMEM_ERROR_NOT_FOUND);
    assert_int_equal(modify(BASE, 4, BASE, 0), 0); /* that deletes it */
    (void)hardware_ranges(hardware, &count);
    assert_int_equal(count, 1);
    at = range(BASE + 4 * G, 2);
    assert_int_equal(hardware_delete(hardware, &dynamic, &at, &why), 0);
}

static void what_the_properties_exclude(void **state)
{
    (void)state;
    struct sysmem_secure_heap_range at = range(BASE, 1);
    config.properties.is_mod_protected_range_available = false;
    rig();
    assert_int_equal(add(BASE, 1), 0);
    deviates(modify(BASE, 1, BASE, 2));
    assert_int_equal(hardware_delete(hardware, &dynamic, &at, &why), 0);
    config.properties = (struct sysmem_secure_heap_properties){false, (uint32_t)G, 3, true};
    rig();
    assert_int_equal(add(BASE, 1), 0);
    deviates(add(BASE + 4 * G, 1));
    deviates(modify(BASE, 1, BASE, 2));
    deviates(hardware_delete(hardware, &dynamic, &at, &why));
    deviates(zero(&dynamic, BASE, G, true));
}

static void zeroing_wants_one_covering_range(void **state)
{
    (void)state;
    char text[8] = "secret";
    assert_int_equal(add(BASE, 4), 0);
    assert_int_equal(add(BASE + 2 * G, 4), 0);
    assert_int_equal(zx_vmo_write(pool, text, 4096, sizeof(text)), 0);
    deviates(zero(&dynamic, BASE, 4 * G, true));            /* another one touches */
    deviates(zero(&dynamic, BASE + 5 * G, G + 4096, true)); /* not covered to the end */
    deviates(zero(&dynamic, BASE, G, false));
    deviates(zero(&dynamic, BASE + 8 * G, G, true));
    deviates(zero(&fixed, FIXED, 4096, true));
    deviates(zero(&fixed, FIXED, 8192, false));
    assert_int_equal(zero(&fixed, FIXED, 4096, false), 0);
    assert_int_equal(zero(&dynamic, BASE, 2 * G, true), 0);
    assert_int_equal(zx_vmo_read(pool, text, 4096, sizeof(text)), 0);
    assert_int_equal(text[0], 0);
}

static void devices_reach_what_they_may(void **state)
{
    (void)state;
    char text[8] = "";
    uint64_t at = 0;
    assert_int_equal(add(BASE + G, 1), 0);
    assert_null(hardware_write(hardware, HARDWARE_SECURE, BASE + G, "movie", 6, &at));
    assert_null(hardware_read(hardware, HARDWARE_SECURE, BASE + G, text, 6, &at));
    assert_string_equal(text, "movie");
    assert_non_null(hardware_read(hardware, HARDWARE_OPEN, BASE + G, text, 6, &at));
    assert_non_null(hardware_read(hardware, HARDWARE_OPEN, BASE + G - 2, text, 6, &at));
    assert_true(at == BASE + G);
    assert_non_null(hardware_write(hardware, HARDWARE_SECURE, BASE + 2 * G - 2, "over", 4, &at));
    assert_true(at == BASE + 2 * G);
    assert_null(hardware_write(hardware, HARDWARE_OPEN, BASE, "plain", 6, &at));
    assert_non_null(hardware_read(hardware, HARDWARE_SECURE, BASE, text, 6, &at));
    assert_non_null(hardware_read(hardware, HARDWARE_OPEN, BASE - 1, text, 1, &at));
    assert_non_null(hardware_read(hardware, HARDWARE_OPEN, FIXED, text, 1, &at));
    assert_null(hardware_read(hardware, HARDWARE_SECURE, FIXED, text, 1, &at));
    assert_non_null(hardware_read(hardware, HARDWARE_SECURE, FIXED + 4095, text, 2, &at));
    /* Once the range is gone, so is what kept others out: its memory is the open world's. */
    struct sysmem_secure_heap_range gone = range(BASE + G, 1);
    assert_int_equal(hardware_delete(hardware, &dynamic, &gone, &why), 0);
    assert_null(hardware_read(hardware, HARDWARE_OPEN, BASE + G, text, 6, &at));
}

static void questions_are_asked_once(void **state)
{
    (void)state;
    struct sysmem_secure_heap heaps[SYSMEM_MAX_SECURE_HEAPS];
    struct sysmem_secure_heap_properties properties;
    struct sysmem_secure_heap_range all = range(BASE, 16);
    size_t count = 0;
    assert_int_equal(hardware_get_dynamic(hardware, heaps, &count, &why), 0);
    assert_int_equal(count, 1);
    deviates(hardware_get_dynamic(hardware, heaps, &count, &why));
    assert_int_equal(hardware_get_physical(hardware, heaps, &count, &why), 0);
    assert_string_equal(heaps[0].heap_type, "F");
    deviates(hardware_get_physical(hardware, heaps, &count, &why));
    assert_int_equal(hardware_get_properties(hardware, &dynamic, &all, &properties, &why), 0);
    assert_int_equal(properties.max_protected_range_count, 3);
    deviates(hardware_get_properties(hardware, &other, &all, &properties, &why));
    deviates(hardware_get_properties(hardware, &fixed, &all, &properties, &why));
}

static void memory_that_does_not_fit(void **state)
{
    (void)state;
    zx_handle_t vmo;
    struct sysmem_secure_heap_range all = range(BASE, 16);
    hardware_free(hardware);
    hardware = hardware_new(&config);
    assert_int_equal(zx_vmo_create(4096, 0, &vmo), 0);
    deviates(hardware_set_memory(hardware, &dynamic, &all, vmo, &why));
    assert_int_equal(zx_vmo_create(all.size_bytes, 0, &vmo), 0);
    deviates(hardware_set_memory(hardware, &fixed, &all, vmo, &why));
    all.physical_address = FIXED - G;
    assert_int_equal(zx_vmo_create(all.size_bytes, 0, &vmo), 0);
    deviates(hardware_set_memory(hardware, &dynamic, &all, vmo, &why));
    deviates(add(BASE, 1)); /* there is none */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ranges_that_may_not_be_added, setup, teardown),
        cmocka_unit_test_setup_teardown(ranges_are_deleted_and_modified, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_properties_exclude, setup, teardown),
        cmocka_unit_test_setup_teardown(zeroing_wants_one_covering_range, setup, teardown),
        cmocka_unit_test_setup_teardown(devices_reach_what_they_may, setup, teardown),
        cmocka_unit_test_setup_teardown(questions_are_asked_once, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_that_does_not_fit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
