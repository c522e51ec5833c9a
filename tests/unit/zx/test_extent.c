#include "zx_test.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zx/extent.h"

static void known_sizes_need_no_file(void **state)
{
    (void)state;
    struct extent *extent = extent_new(2 * PAGE, 100);
    assert_non_null(extent);
    assert_int_equal(extent_size(extent, NULL), 2 * PAGE);
    assert_int_equal(extent_content_size(extent, NULL), 100);
    extent_set_content_size(extent, NULL, 3 * PAGE);
    assert_int_equal(extent_content_size(extent, NULL), 3 * PAGE);
    assert_int_equal(extent_size(extent, NULL), 2 * PAGE);
    extent_unref(extent);
}

static void a_file_is_measured_once(void **state)
{
    (void)state;
    int fd = memfd_create("extent", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 5000), 0);
    struct store *store = store_of_file(fd, NULL);
    assert_non_null(store);
    struct extent *extent = extent_new_unmeasured();
    assert_non_null(extent);
    assert_int_equal(extent_content_size(extent, store), 5000);
    assert_int_equal(ftruncate(fd, 1), 0);
    assert_int_equal(extent_size(extent, store), 5000);
    extent_unref(extent);

    extent = extent_new_unmeasured();
    assert_non_null(extent);
    extent_set_content_size(extent, store, 7); /* stands for no size that nobody asked for */
    assert_int_equal(extent_size(extent, store), 1);
    assert_int_equal(extent_content_size(extent, store), 7);
    extent_unref(extent);
    store_unref(store);

    extent = extent_new_unmeasured();
    store = store_of_file(-1, NULL);
    assert_non_null(extent);
    assert_non_null(store);
    assert_int_equal(extent_size(extent, store), 0);
    extent_unref(extent);
    store_unref(store);
}

static void holders_share_it(void **state)
{
    (void)state;
    struct extent *extent = extent_new(PAGE, PAGE);
    assert_non_null(extent);
    struct extent *second = extent_ref(extent);
    extent_set_content_size(extent, NULL, 5);
    extent_unref(extent);
    assert_int_equal(extent_content_size(second, NULL), 5);
    extent_unref(second);
}

static void resizing_zeroes_what_has_no_content(void **state)
{
    (void)state;
    static char bytes[2 * PAGE];
    struct store *store = NULL;
    assert_ok(store_new(2 * PAGE, &store));
    struct extent *extent = extent_new(2 * PAGE, 2 * PAGE);
    assert_non_null(extent);
    memset(bytes, 7, sizeof(bytes));
    assert_ok(store_write(store, bytes, 0, sizeof(bytes)));
    assert_ok(extent_resize(extent, store, PAGE, 100));
    assert_int_equal(extent_size(extent, NULL), PAGE);
    assert_int_equal(extent_content_size(extent, NULL), 100);
    assert_ok(extent_resize(extent, store, 2 * PAGE, 2 * PAGE));
    assert_ok(store_read(store, bytes, 0, sizeof(bytes)));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        assert_int_equal(bytes[i], i < 100 ? 7 : 0);
    }
    assert_int_equal(fcntl(store->file, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    assert_status(extent_resize(extent, store, PAGE, PAGE), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(extent_size(extent, NULL), 2 * PAGE); /* as it was */
    extent_unref(extent);
    store_unref(store);
}

/* Somebody else who has the file may seal it at any time. */
static void what_cannot_be_zeroed_is_not_resized(void **state)
{
    (void)state;
    struct stat stat;
    struct store *store = NULL;
    assert_ok(store_new(2 * PAGE, &store));
    struct extent *extent = extent_new(2 * PAGE, 2 * PAGE);
    assert_non_null(extent);
    assert_int_equal(fcntl(store->file, F_ADD_SEALS, F_SEAL_WRITE), 0);
    assert_status(extent_resize(extent, store, PAGE, 100), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(extent_size(extent, NULL), 2 * PAGE);
    assert_int_equal(extent_content_size(extent, NULL), 2 * PAGE);
    assert_int_equal(fstat(store->file, &stat), 0);
    assert_int_equal(stat.st_size, 2 * PAGE);
    extent_unref(extent);
    store_unref(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_sizes_need_no_file),
        cmocka_unit_test(a_file_is_measured_once),
        cmocka_unit_test(holders_share_it),
        cmocka_unit_test(resizing_zeroes_what_has_no_content),
        cmocka_unit_test(what_cannot_be_zeroed_is_not_resized),
    };
    return RUN_ZX_TESTS(tests);
}
