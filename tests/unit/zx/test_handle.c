#include "zx_test.h"

#include <stdlib.h>

static void values_have_both_low_bits_and_zero_is_fine_to_close(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    assert_int_equal(vmo & ZX_HANDLE_FIXED_BITS_MASK, ZX_HANDLE_FIXED_BITS_MASK);
    assert_ok(zx_handle_close(ZX_HANDLE_INVALID));
    assert_status(zx_handle_close(vmo & ~ZX_HANDLE_FIXED_BITS_MASK), ZX_ERR_BAD_HANDLE);
    assert_status(zx_handle_close(vmo ^ 1U << 21), ZX_ERR_BAD_HANDLE);
    assert_status(zx_handle_close(UINT32_MAX), ZX_ERR_BAD_HANDLE);
    assert_ok(zx_handle_close(vmo));
    assert_status(zx_handle_close(vmo), ZX_ERR_BAD_HANDLE);
}

static void a_stale_value_stays_bad_when_its_slot_is_used_again(void **state)
{
    (void)state;
    zx_handle_t stale = 0;
    assert_ok(zx_event_create(0, &stale));
    assert_ok(zx_handle_close(stale));
    for (int i = 0; i < 100000; i++) {
        zx_handle_t event = 0;
        assert_ok(zx_event_create(0, &event));
        assert_int_not_equal(event, stale);
        assert_status(zx_object_signal(stale, 0, 0), ZX_ERR_BAD_HANDLE);
        assert_ok(zx_handle_close(event));
    }
}

static void many_handles_live_at_once(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static zx_handle_t handles[COUNT];
    zx_handle_t event = 0;
    assert_ok(zx_event_create(0, &event));
    for (int i = 0; i < COUNT; i++) {
        handles[i] = dup_with(event, ZX_RIGHT_SAME_RIGHTS);
    }
    zx_info_handle_count_t info = {0};
    assert_ok(zx_object_get_info(event, ZX_INFO_HANDLE_COUNT, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.handle_count, COUNT + 1);
    assert_ok(zx_handle_close_many(handles, COUNT));
    assert_ok(zx_object_get_info(event, ZX_INFO_HANDLE_COUNT, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.handle_count, 1);
    assert_ok(zx_handle_close(event));
}

static void close_many_closes_the_good_ones(void **state)
{
    (void)state;
    zx_handle_t a = new_vmo(0, 0);
    zx_handle_t b = new_vmo(0, 0);
    const zx_handle_t with_bad[] = {a, ZX_HANDLE_INVALID, 0x7FFFFFFF, b};
    assert_status(zx_handle_close_many(with_bad, 4), ZX_ERR_BAD_HANDLE);
    assert_status(zx_handle_close(a), ZX_ERR_BAD_HANDLE);
    assert_status(zx_handle_close(b), ZX_ERR_BAD_HANDLE);
    a = new_vmo(0, 0);
    const zx_handle_t repeated[] = {a, a};
    assert_status(zx_handle_close_many(repeated, 2), ZX_ERR_BAD_HANDLE);
    const zx_handle_t empty[] = {0, 0};
    assert_ok(zx_handle_close_many(empty, 2));
    assert_ok(zx_handle_close_many(NULL, 0));
    assert_status(zx_handle_close_many(NULL, 1), ZX_ERR_INVALID_ARGS);
}

static void duplicate_judges_handle_then_right_then_subset(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t out = 77;
    assert_status(zx_handle_duplicate(0, ZX_RIGHT_SAME_RIGHTS, &out), ZX_ERR_BAD_HANDLE);
    zx_handle_t bare = dup_with(vmo, ZX_RIGHT_READ);
    assert_status(zx_handle_duplicate(bare, ZX_RIGHT_EXECUTE, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_handle_duplicate(vmo, ZX_RIGHT_EXECUTE, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS | ZX_RIGHT_READ, &out),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, NULL), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
    zx_handle_t same = dup_with(vmo, ZX_RIGHT_SAME_RIGHTS);
    assert_int_equal(basic_of(same).rights, basic_of(vmo).rights);
    assert_int_equal(basic_of(same).koid, basic_of(vmo).koid);
    assert_int_equal(basic_of(bare).rights, ZX_RIGHT_READ);
    const zx_handle_t all[] = {vmo, bare, same};
    assert_ok(zx_handle_close_many(all, 3));
}

static void z205_replace_closes_the_old_handle_in_every_case(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t reader = 0;
    assert_ok(zx_handle_replace(vmo, ZX_RIGHT_READ, &reader));
    assert_status(zx_handle_close(vmo), ZX_ERR_BAD_HANDLE);
    assert_int_equal(basic_of(reader).rights, ZX_RIGHT_READ);

    zx_handle_t again = 0; /* without ZX_RIGHT_DUPLICATE */
    assert_ok(zx_handle_replace(reader, ZX_RIGHT_SAME_RIGHTS, &again));
    assert_int_equal(basic_of(again).rights, ZX_RIGHT_READ);

    zx_handle_t none = 77;
    assert_status(zx_handle_replace(again, ZX_RIGHT_WRITE, &none), ZX_ERR_INVALID_ARGS);
    assert_status(zx_handle_close(again), ZX_ERR_BAD_HANDLE);
    assert_status(zx_handle_replace(again, ZX_RIGHT_READ, &none), ZX_ERR_BAD_HANDLE);
    zx_handle_t lost = new_vmo(PAGE, 0);
    assert_status(zx_handle_replace(lost, ZX_RIGHT_SAME_RIGHTS, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(zx_handle_close(lost), ZX_ERR_BAD_HANDLE);
    assert_int_equal(none, 77);
}

/* What is no number of a handle, though it looks much like one. */
static void both_low_bits_are_set(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    assert_int_equal(vmo & 3, 3);
    for (uint32_t bits = 1; bits <= 3; bits++) {
        assert_status(zx_handle_close(vmo ^ bits), ZX_ERR_BAD_HANDLE);
    }
    assert_status(zx_handle_close(vmo + (1U << 20)), ZX_ERR_BAD_HANDLE); /* a generation later */
    assert_ok(zx_handle_close(vmo));
}

static void there_are_so_many_numbers(void **state)
{
    (void)state;
    enum { MOST = 262144 };
    zx_handle_t *all = malloc((MOST + 1) * sizeof(*all));
    size_t count = 0;
    zx_status_t status;
    assert_non_null(all);
    all[count++] = new_vmo(PAGE, 0);
    while (count <= MOST && (status = zx_handle_duplicate(all[0], 0, &all[count])) == ZX_OK) {
        count++;
    }
    assert_status(status, ZX_ERR_NO_RESOURCES);
    assert_in_range(count, MOST - 16, MOST); /* the root region's is one of them */
    zx_handle_t out = 77;
    int fds = count_fds();
    assert_status(zx_event_create(0, &out), ZX_ERR_NO_RESOURCES);
    assert_status(zx_vmo_create(PAGE, 0, &out), ZX_ERR_NO_RESOURCES);
    assert_status(zx_channel_create(0, &out, &out), ZX_ERR_NO_RESOURCES);
    assert_int_equal(out, 77);
    assert_int_equal(count_fds(), fds);
    assert_ok(zx_handle_close(all[--count]));
    assert_status(zx_eventpair_create(0, &out, &all[count]), ZX_ERR_NO_RESOURCES); /* one is left */
    assert_int_equal(out, 77);
    assert_ok(zx_event_create(0, &out));
    assert_ok(zx_handle_close(out));
    assert_ok(zx_handle_close_many(all, count));
    free(all);
}

/* However few numbers are free when it is closed. */
static void a_stale_value_stays_bad_among_many_live_ones(void **state)
{
    (void)state;
    enum { LIVE = 2100, LATER = 100000 };
    static zx_handle_t live[LIVE];
    zx_handle_t vmo = new_vmo(PAGE, 0);
    for (size_t i = 0; i < LIVE; i++) {
        live[i] = dup_with(vmo, ZX_RIGHT_READ);
        zx_handle_t stale = dup_with(vmo, ZX_RIGHT_READ);
        assert_ok(zx_handle_close(stale));
        for (size_t j = 0; i % 256 == 250 && j < LATER; j++) { /* tables grow by powers of two */
            zx_handle_t later = dup_with(vmo, ZX_RIGHT_READ);
            assert_int_not_equal(later, stale);
            assert_ok(zx_handle_close(later));
        }
    }
    assert_ok(zx_handle_close_many(live, LIVE));
    assert_ok(zx_handle_close(vmo));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_both_low_bits_and_zero_is_fine_to_close),
        cmocka_unit_test(both_low_bits_are_set),
        cmocka_unit_test(there_are_so_many_numbers),
        cmocka_unit_test(a_stale_value_stays_bad_among_many_live_ones),
        cmocka_unit_test(a_stale_value_stays_bad_when_its_slot_is_used_again),
        cmocka_unit_test(many_handles_live_at_once),
        cmocka_unit_test(close_many_closes_the_good_ones),
        cmocka_unit_test(duplicate_judges_handle_then_right_then_subset),
        cmocka_unit_test(z205_replace_closes_the_old_handle_in_every_case),
    };
    return RUN_ZX_TESTS(tests);
}
