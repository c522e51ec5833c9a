#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/exec_entry.h"

static int open_descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count;
}

/* No more are open than there were. A thread of the library may close one a moment later. */
static void assert_open(int before)
{
    for (int i = 0; i < 10000 && open_descriptors() > before; i++) {
        (void)poll(NULL, 0, 1);
    }
    assert_true(open_descriptors() <= before);
}

static struct entry *add_event(struct entry_table *table, const char *name)
{
    struct entry value = {.kind = ENTRY_HANDLE};
    assert_int_equal(zx_event_create(0, &value.handle), ZX_OK);
    return entry_add(table, name, &value);
}

static void names_to_choose(void **state)
{
    (void)state;
    struct entry_table table;
    entry_table_init(&table);
    assert_false(entry_name_is_free(&table, ""));
    assert_false(entry_name_is_free(&table, "h1"));
    assert_false(entry_name_is_free(&table, "h0099"));
    assert_true(entry_name_is_free(&table, "h"));
    assert_true(entry_name_is_free(&table, "h1x"));
    assert_true(entry_name_is_free(&table, "H1"));
    assert_non_null(add_event(&table, "V"));
    assert_false(entry_name_is_free(&table, "V"));
    entry_table_deinit(&table);
}

static void fresh_names_count_up(void **state)
{
    (void)state;
    struct entry_table table;
    entry_table_init(&table);
    assert_string_equal(add_event(&table, NULL)->name, "h1");
    struct entry *second = add_event(&table, NULL);
    entry_remove(&table, second);
    assert_null(entry_find(&table, "h2"));
    assert_string_equal(add_event(&table, NULL)->name, "h3");
    entry_table_deinit(&table);
}

static void many_come_and_go(void **state)
{
    (void)state;
    enum { MANY = 200 };
    struct entry_table table;
    char name[16];
    int before = open_descriptors();
    entry_table_init(&table);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "n%d", i);
        assert_non_null(add_event(&table, name));
    }
    for (int i = 0; i < MANY; i += 2) {
        (void)snprintf(name, sizeof(name), "n%d", i);
        entry_remove(&table, entry_find(&table, name));
    }
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "n%d", i);
        assert_int_equal(entry_find(&table, name) != NULL, i % 2);
    }
    entry_table_deinit(&table);
    assert_open(before);
}

static zx_koid_t koid_of(const struct entry *entry)
{
    zx_handle_t handle = ZX_HANDLE_INVALID;
    zx_info_handle_basic_t info;
    assert_int_equal(entry_borrow_handle(entry, &handle), ZX_OK);
    assert_int_equal(
        zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL), ZX_OK);
    entry_return_handle(entry, handle);
    return info.koid;
}

static void a_channel_stays_the_same_object(void **state)
{
    (void)state;
    struct entry_table table;
    zx_handle_t ends[2];
    int before = open_descriptors();
    entry_table_init(&table);
    assert_int_equal(zx_channel_create(0, &ends[0], &ends[1]), ZX_OK);
    struct entry *entry =
        entry_add(&table, "X", &(struct entry){.kind = ENTRY_HANDLE, .handle = ends[0]});
    zx_koid_t koid = koid_of(entry);
    assert_int_equal(entry_open_channel(&table, entry, MODEL_PROTOCOL_TOKEN), ZX_OK);
    assert_int_equal(entry->kind, ENTRY_CHANNEL);
    assert_int_equal(koid_of(entry), koid);
    assert_int_equal(entry_open_channel(&table, entry, MODEL_PROTOCOL_COLLECTION), ZX_OK);
    assert_int_equal(koid_of(entry), koid);
    assert_int_equal(entry_take_handle(&table, entry, &ends[0]), ZX_OK);
    assert_null(entry_find(&table, "X"));
    zx_info_handle_basic_t info;
    assert_int_equal(
        zx_object_get_info(ends[0], ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL), ZX_OK);
    assert_int_equal(info.koid, koid);
    assert_int_equal(zx_handle_close(ends[0]), ZX_OK);
    assert_int_equal(zx_handle_close(ends[1]), ZX_OK);
    entry_table_deinit(&table);
    assert_open(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_to_choose),
        cmocka_unit_test(fresh_names_count_up),
        cmocka_unit_test(many_come_and_go),
        cmocka_unit_test(a_channel_stays_the_same_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
