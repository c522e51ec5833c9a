#include "zx_test.h"

#include <string.h>

static void z223_topics_and_rights(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t bare = dup_with(vmo, 0);
    zx_handle_t region = dup_with(zx_vmar_root_self(), 0);
    zx_info_vmo_t info = {0};
    zx_info_vmar_t vmar = {0};
    zx_info_handle_count_t count = {0};
    assert_int_equal(basic_of(bare).rights, 0);
    assert_ok(zx_object_get_info(bare, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.handle_rights, 0);
    assert_status(zx_object_get_info(region, ZX_INFO_VMAR, &vmar, sizeof(vmar), NULL, NULL),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_get_info(bare, ZX_INFO_HANDLE_COUNT, &count, sizeof(count), NULL, NULL),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_get_info(bare, ZX_INFO_VMAR, &vmar, sizeof(vmar), NULL, NULL),
                  ZX_ERR_WRONG_TYPE);
    assert_status(zx_object_get_info(region, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL),
                  ZX_ERR_WRONG_TYPE);
    assert_status(zx_object_get_info(0, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL),
                  ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_get_info(vmo, 1000, &info, sizeof(info), NULL, NULL),
                  ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_object_get_info(bare, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL));
    assert_status(zx_object_get_info(0, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL),
                  ZX_ERR_BAD_HANDLE);
    const zx_handle_t all[] = {vmo, bare, region};
    assert_ok(zx_handle_close_many(all, 3));
}

static void small_buffers_say_what_there_is(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_info_vmo_t info;
    memset(&info, 0xAB, sizeof(info));
    size_t actual = 9;
    size_t avail = 9;
    assert_status(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info) - 1, &actual, &avail),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(actual, 0);
    assert_int_equal(avail, 1);
    assert_int_equal(info.koid, 0xABABABABABABABAB);
    assert_status(zx_object_get_info(vmo, ZX_INFO_VMO, NULL, sizeof(info), NULL, NULL),
                  ZX_ERR_INVALID_ARGS);
    assert_ok(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), &actual, &avail));
    assert_int_equal(actual, 1);
    assert_int_equal(avail, 1);
    assert_ok(zx_handle_close(vmo));
}

static void z082_vmo_info(void **state)
{
    (void)state;
    zx_info_vmo_t info = {0};
    zx_handle_t plain = new_vmo(4 * PAGE, 0);
    assert_ok(zx_object_get_info(plain, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.size_bytes, 4 * PAGE);
    assert_int_equal(info.flags, 0x9);
    assert_int_equal(info.cache_policy, ZX_CACHE_POLICY_CACHED);
    assert_int_equal(info.parent_koid, 0);
    assert_int_equal(info.koid, basic_of(plain).koid);
    assert_int_equal(info.populated_bytes, 0);
    assert_ok(zx_vmo_write(plain, "x", PAGE, 1));
    assert_ok(zx_object_get_info(plain, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    assert_true(info.populated_bytes >= PAGE);

    zx_handle_t resizable = new_vmo(8 * PAGE, ZX_VMO_RESIZABLE);
    assert_ok(zx_object_get_info(resizable, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.flags, 0xB);
    assert_int_equal(info.handle_rights, basic_of(resizable).rights);
    assert_ok(zx_handle_close(plain));
    assert_ok(zx_handle_close(resizable));
}

static void koids_are_unique_and_in_range(void **state)
{
    (void)state;
    zx_koid_t seen[64];
    for (size_t i = 0; i < 64; i++) {
        zx_handle_t event = 0;
        assert_ok(zx_event_create(0, &event));
        seen[i] = basic_of(event).koid;
        assert_true(seen[i] >= ZX_KOID_FIRST && seen[i] < 1ULL << 63);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(seen[i], seen[j]);
        }
        assert_ok(zx_handle_close(event));
    }
}

static void names(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t bare = dup_with(vmo, 0);
    zx_handle_t event = 0;
    assert_ok(zx_event_create(0, &event));
    char name[ZX_MAX_NAME_LEN];
    assert_ok(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)));
    assert_string_equal(name, "");
    assert_ok(zx_object_set_property(vmo, ZX_PROP_NAME, "frame", 5));
    assert_ok(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)));
    assert_string_equal(name, "frame");
    const char *longer = "0123456789012345678901234567890123456789";
    assert_ok(zx_object_set_property(vmo, ZX_PROP_NAME, longer, strlen(longer)));
    assert_ok(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)));
    assert_string_equal(name, "0123456789012345678901234567890");
    zx_info_vmo_t info = {0};
    assert_ok(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    assert_string_equal(info.name, name);

    assert_status(zx_object_get_property(vmo, ZX_PROP_NAME, name, 31), ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(zx_object_set_property(0, ZX_PROP_NAME, NULL, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_get_property(0, ZX_PROP_NAME, NULL, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_object_get_property(vmo, 99, name, 0), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_object_get_property(0, ZX_PROP_NAME, name, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_set_property(0, ZX_PROP_NAME, name, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_get_property(bare, ZX_PROP_NAME, name, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_set_property(bare, ZX_PROP_NAME, name, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_get_property(vmo, 99, name, sizeof(name)), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_object_set_property(vmo, 99, name, sizeof(name)), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_object_get_property(event, ZX_PROP_NAME, name, 32), ZX_ERR_ACCESS_DENIED);
    const zx_handle_t all[] = {vmo, bare, event};
    assert_ok(zx_handle_close_many(all, 3));
}

static void z028_z031_content_size(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, ZX_VMO_RESIZABLE);
    zx_handle_t event = 0;
    assert_ok(zx_event_create(0, &event));
    uint64_t size = 4 * PAGE + 15643;
    const uint32_t property = ZX_PROP_VMO_CONTENT_SIZE;
    assert_ok(zx_object_set_property(vmo, property, &size, sizeof(size)));
    uint64_t seen = 0;
    assert_ok(zx_object_get_property(vmo, property, &seen, sizeof(seen)));
    assert_int_equal(seen, size);
    uint64_t bytes = 0;
    assert_ok(zx_vmo_get_size(vmo, &bytes));
    assert_int_equal(bytes, 4 * PAGE);

    zx_handle_t no_set = dup_with(vmo, ZX_RIGHT_WRITE | ZX_RIGHT_GET_PROPERTY);
    zx_handle_t no_write = dup_with(vmo, ZX_RIGHT_SET_PROPERTY);
    assert_status(zx_object_set_property(no_set, property, &size, 4), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_set_property(no_write, property, &size, 4), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_set_property(vmo, property, &size, 4), ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(zx_object_get_property(vmo, property, &size, 7), ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(zx_object_get_property(no_write, property, &size, 8), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_set_property(event, property, &size, 4), ZX_ERR_ACCESS_DENIED);
    const zx_handle_t all[] = {vmo, event, no_set, no_write};
    assert_ok(zx_handle_close_many(all, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z223_topics_and_rights),
        cmocka_unit_test(small_buffers_say_what_there_is),
        cmocka_unit_test(z082_vmo_info),
        cmocka_unit_test(koids_are_unique_and_in_range),
        cmocka_unit_test(names),
        cmocka_unit_test(z028_z031_content_size),
    };
    return RUN_ZX_TESTS(tests);
}
