#include "zx_test.h"

#include <unistd.h>

#include "zx/store.h"

static struct store *new_store(uint64_t size)
{
    struct store *store = NULL;
    assert_ok(store_new(size, &store));
    return store;
}

/* What crosses from one file into the next, of each pair. */
static void bytes_cross_from_file_to_file(void **state)
{
    (void)state;
    static const char text[] = "from file to file";
    struct store *store = new_store(STORE_SIZE_MAX);
    for (uint64_t file = 1; file < STORE_FILES; file++) {
        char bytes[sizeof(text)] = "";
        uint64_t offset = file * STORE_FILE_MAX - 5;
        assert_ok(store_write(store, text, offset, sizeof(text)));
        assert_ok(store_read(store, bytes, offset, sizeof(text)));
        assert_string_equal(bytes, text);
        assert_ok(store_zero(store, offset + 4, 2));
        assert_ok(store_read(store, bytes, offset, sizeof(text)));
        assert_memory_equal(bytes, "from\0\0ile", 9);
        assert_ok(store_commit(store, file * STORE_FILE_MAX - PAGE, 2 * PAGE));
    }
    store_prefetch(store, 0, STORE_SIZE_MAX);
    assert_int_equal(store_bytes(store), 4 * PAGE);
    assert_ok(store_zero(store, 0, STORE_SIZE_MAX));
    assert_int_equal(store_bytes(store), 0);
    store_unref(store);
}

static void files_are_made_when_they_are_needed(void **state)
{
    (void)state;
    int before = count_fds();
    struct store *store = new_store(STORE_SIZE_MAX);
    assert_int_equal(count_fds(), before + 1);
    assert_ok(store_zero(store, 0, STORE_SIZE_MAX));
    assert_int_equal(count_fds(), before + 1);
    assert_ok(store_write(store, "x", STORE_FILE_MAX, 1));
    assert_int_equal(count_fds(), before + 2);
    store_unref(store);
    assert_int_equal(count_fds(), before);
}

static void holders_share_it(void **state)
{
    (void)state;
    struct store *store = new_store(PAGE);
    assert_true(store_is_sole(store));
    struct store *second = store_ref(store);
    assert_false(store_is_sole(store));
    assert_ok(store_write(store, "x", 5, 1));
    store_unref(store);
    char byte = 0;
    assert_ok(store_read(second, &byte, 5, 1));
    assert_int_equal(byte, 'x');
    store_unref(second);
}

static void copies_are_of_one_lineage(void **state)
{
    (void)state;
    struct store *first = new_store(PAGE);
    struct store *second = NULL;
    struct store *third = NULL;
    assert_true(store_is_alone(first));
    assert_ok(store_snapshot(first, 0, PAGE, PAGE, &second));
    assert_ok(store_snapshot(second, 0, PAGE, 3 * PAGE, &third));
    assert_false(store_is_alone(first));
    assert_false(store_is_alone(third));
    store_unref(second);
    assert_false(store_is_alone(first));
    store_unref(first);
    assert_true(store_is_alone(third));
    store_unref(third);
}

static void a_file_that_was_cut_is_out_of_range(void **state)
{
    (void)state;
    char byte = 0;
    struct store *store = new_store(2 * PAGE);
    assert_int_equal(ftruncate(store->file, 10), 0); /* as another process might */
    assert_status(store_read(store, &byte, PAGE, 1), ZX_ERR_OUT_OF_RANGE);
    assert_status(store_read(store, NULL, 0, 1), ZX_ERR_NOT_FOUND);
    struct store *copy = NULL;
    assert_ok(store_snapshot(store, 0, 2 * PAGE, 2 * PAGE, &copy));
    assert_ok(store_read(copy, &byte, 2 * PAGE - 1, 1));
    store_unref(copy);
    store_unref(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_cross_from_file_to_file),
        cmocka_unit_test(files_are_made_when_they_are_needed),
        cmocka_unit_test(holders_share_it),
        cmocka_unit_test(copies_are_of_one_lineage),
        cmocka_unit_test(a_file_that_was_cut_is_out_of_range),
    };
    return RUN_ZX_TESTS(tests);
}
