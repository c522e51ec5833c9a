#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/map.h"

static int values[8];

static void empty_map_answers(void **state)
{
    (void)state;
    struct map map = {0};
    size_t cursor = 0;
    uint64_t key;
    void *value;
    assert_null(map_get(&map, 1));
    assert_null(map_take(&map, 1));
    assert_false(map_next(&map, &cursor, &key, &value));
    map_deinit(&map);
}

static void put_get_replace_take(void **state)
{
    (void)state;
    struct map map = {0};
    assert_true(map_put(&map, 0, &values[0]));
    assert_true(map_put(&map, UINT64_MAX, &values[1]));
    assert_ptr_equal(map_get(&map, 0), &values[0]);
    assert_ptr_equal(map_get(&map, UINT64_MAX), &values[1]);
    assert_null(map_get(&map, 1));
    assert_true(map_put(&map, 0, &values[2]));
    assert_int_equal(map.count, 2);
    assert_ptr_equal(map_take(&map, 0), &values[2]);
    assert_null(map_take(&map, 0));
    assert_int_equal(map.count, 1);
    map_deinit(&map);
    assert_int_equal(map.count, 0);
}

/* Against a plain array, with keys that are close together so that runs form and are taken apart.
 */
static void behaves_like_an_array(void **state)
{
    (void)state;
    enum { KEYS = 300 };
    void *model[KEYS] = {NULL};
    size_t count = 0;
    struct map map = {0};
    uint32_t random = 12345;
    for (int step = 0; step < 100000; step++) {
        random = random * 1664525 + 1013904223;
        uint32_t key = (random >> 8) % KEYS;
        if ((random >> 28) % 2 == 0) {
            count += model[key] == NULL ? 1 : 0;
            model[key] = &values[step % 8];
            assert_true(map_put(&map, key, model[key]));
        } else {
            count -= model[key] != NULL ? 1 : 0;
            assert_ptr_equal(map_take(&map, key), model[key]);
            model[key] = NULL;
        }
        assert_int_equal(map.count, count);
        random = random * 1664525 + 1013904223;
        key = (random >> 8) % KEYS;
        assert_ptr_equal(map_get(&map, key), model[key]);
    }
    size_t cursor = 0;
    size_t walked = 0;
    uint64_t key;
    void *value;
    while (map_next(&map, &cursor, &key, &value)) {
        assert_ptr_equal(value, model[key]);
        model[key] = NULL; /* each comes once */
        walked++;
    }
    assert_int_equal(walked, count);
    map_deinit(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_map_answers),
        cmocka_unit_test(put_get_replace_take),
        cmocka_unit_test(behaves_like_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
