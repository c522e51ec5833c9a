#include "zx_test.h"

#include <string.h>
#include <sys/mman.h>

static uint64_t size_of(zx_handle_t vmo)
{
    uint64_t size = UINT64_MAX;
    assert_ok(zx_vmo_get_size(vmo, &size));
    return size;
}

static uint64_t content_size_of(zx_handle_t vmo)
{
    uint64_t size = UINT64_MAX;
    assert_ok(zx_object_get_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, sizeof(size)));
    return size;
}

static void z001_create_sizes(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 16; i++) {
        zx_handle_t vmo = new_vmo(i * PAGE, 0);
        assert_int_equal(size_of(vmo), i * PAGE);
        assert_ok(zx_handle_close(vmo));
    }
    zx_handle_t odd = new_vmo(2 * PAGE + 1, 0);
    assert_int_equal(size_of(odd), 3 * PAGE);
    assert_int_equal(content_size_of(odd), 2 * PAGE + 1);
    assert_ok(zx_handle_close(odd));
}

/* Z004, Z010, Z013 and the order of the checks between them. */
static void z004_z010_z013_create_errors(void **state)
{
    (void)state;
    const uint32_t bad = 0x8;
    const struct {
        uint64_t size;
        uint32_t options;
        zx_status_t status;
    } rows[] = {
        {UINT64_MAX,            0,                                     ZX_ERR_OUT_OF_RANGE },
        {PAGE,                  bad,                                   ZX_ERR_INVALID_ARGS },
        {PAGE,                  0x1,                                   ZX_ERR_INVALID_ARGS },
        {PAGE,                  1U << 31,                              ZX_ERR_INVALID_ARGS },
        {UINT64_MAX,            ZX_VMO_UNBOUNDED | ZX_VMO_RESIZABLE,   ZX_ERR_INVALID_ARGS },
        {0,                     ZX_VMO_UNBOUNDED | ZX_VMO_RESIZABLE,   ZX_ERR_INVALID_ARGS },
        {42,                    ZX_VMO_UNBOUNDED,                      ZX_ERR_INVALID_ARGS },
        {UINT64_MAX,            bad,                                   ZX_ERR_OUT_OF_RANGE }, /* rounding before unknown bits */
        {UINT64_MAX - 2 * PAGE, bad,                                   ZX_ERR_INVALID_ARGS }, /* unknown bits before the maximum */
        {UINT64_MAX - PAGE + 1, 0,                                     ZX_ERR_OUT_OF_RANGE },
        {UINT64_MAX,            ZX_VMO_DISCARDABLE,                    ZX_ERR_OUT_OF_RANGE },
        {PAGE,                  ZX_VMO_DISCARDABLE | bad,              ZX_ERR_INVALID_ARGS },
        {PAGE,                  ZX_VMO_DISCARDABLE,                    ZX_ERR_NOT_SUPPORTED},
        {PAGE,                  ZX_VMO_DISCARDABLE | ZX_VMO_RESIZABLE, ZX_ERR_NOT_SUPPORTED},
        {0,                     ZX_VMO_UNBOUNDED,                      ZX_ERR_NOT_SUPPORTED},
        {1ULL << 63,            0,                                     ZX_ERR_OUT_OF_RANGE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        zx_handle_t out = 77;
        assert_status(zx_vmo_create(rows[i].size, rows[i].options, &out), rows[i].status);
        assert_int_equal(out, 77);
    }
    assert_status(zx_vmo_create(PAGE, 0, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create(UINT64_MAX, 0, NULL), ZX_ERR_OUT_OF_RANGE);
}

static void z022_rights(void **state)
{
    (void)state;
    zx_handle_t plain = new_vmo(PAGE, 0);
    zx_handle_t resizable = new_vmo(PAGE, ZX_VMO_RESIZABLE);
    assert_int_equal(basic_of(plain).rights, 0xD0EF);
    assert_int_equal(basic_of(resizable).rights, 0x40D0EF);
    assert_int_equal(signals_of(plain), ZX_VMO_ZERO_CHILDREN);
    assert_ok(zx_handle_close(plain));
    assert_ok(zx_handle_close(resizable));
}

static void z025_fresh_memory_reads_zero(void **state)
{
    (void)state;
    static char bytes[4 * PAGE];
    static const char zeros[4 * PAGE];
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    memset(bytes, 0xFF, sizeof(bytes));
    assert_ok(zx_vmo_read(vmo, bytes, 0, sizeof(bytes)));
    assert_memory_equal(bytes, zeros, sizeof(bytes));
    assert_ok(zx_vmo_write(vmo, "abc", 2 * PAGE - 1, 3));
    assert_ok(zx_vmo_read(vmo, bytes, 2 * PAGE - 2, 5));
    assert_memory_equal(bytes, "\0abc\0", 5);
    assert_ok(zx_handle_close(vmo));
}

static void a_large_sparse_vmo_can_be_written_anywhere(void **state)
{
    (void)state;
    const uint64_t size = 1ULL << 62;
    zx_handle_t vmo = new_vmo(size, 0);
    assert_int_equal(size_of(vmo), size);
    for (uint64_t i = 0; i < 64; i++) {
        uint64_t value = 0;
        assert_ok(zx_vmo_write(vmo, &i, size / 64 * i, sizeof(i)));
        assert_ok(zx_vmo_read(vmo, &value, size / 64 * i, sizeof(value)));
        assert_int_equal(value, i);
    }
    assert_ok(zx_handle_close(vmo));
}

static void z043_copy_ranges(void **state)
{
    (void)state;
    char byte = 1;
    static char bytes[4 * PAGE];
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    const struct {
        uint64_t offset;
        size_t size;
        zx_status_t status;
    } rows[] = {
        {0,            SIZE_MAX - PAGE,     ZX_ERR_OUT_OF_RANGE},
        {0,            SIZE_MAX - PAGE / 2, ZX_ERR_OUT_OF_RANGE},
        {4 * PAGE,     1,                   ZX_ERR_OUT_OF_RANGE},
        {4 * PAGE - 1, 2,                   ZX_ERR_OUT_OF_RANGE},
        {UINT64_MAX,   2,                   ZX_ERR_OUT_OF_RANGE}, /* wraps */
        {4 * PAGE + 1, 0,                   ZX_ERR_OUT_OF_RANGE},
        {4 * PAGE,     0,                   ZX_OK              },
        {0,            0,                   ZX_OK              },
        {4 * PAGE - 1, 1,                   ZX_OK              },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_status(zx_vmo_read(vmo, &byte, rows[i].offset, rows[i].size), rows[i].status);
        assert_status(zx_vmo_write(vmo, &byte, rows[i].offset, rows[i].size), rows[i].status);
    }
    assert_ok(zx_vmo_write(vmo, bytes, 0, sizeof(bytes)));
    assert_ok(zx_vmo_read(vmo, bytes, 0, sizeof(bytes)));
    assert_ok(zx_handle_close(vmo));
}

static void z046_bad_buffers(void **state)
{
    (void)state;
    char *memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(mprotect(memory + PAGE, 2 * PAGE, PROT_NONE), 0);
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    assert_status(zx_vmo_read(vmo, memory, 0, PAGE + 1), ZX_ERR_NOT_FOUND);
    assert_status(zx_vmo_write(vmo, memory, 0, PAGE + 1), ZX_ERR_NOT_FOUND);
    assert_status(zx_vmo_read(vmo, memory, 0, 2 * PAGE + 1), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_write(vmo, memory, 0, 2 * PAGE + 1), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_read(vmo, NULL, 0, 1), ZX_ERR_NOT_FOUND);
    assert_ok(zx_handle_close(vmo));
    assert_int_equal(munmap(memory, 3 * PAGE), 0);
}

static void z049_copy_rights(void **state)
{
    (void)state;
    char byte = 0;
    zx_handle_t event = 0;
    assert_ok(zx_event_create(0, &event));
    zx_handle_t bare_event = dup_with(event, 0);
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t reader = dup_with(vmo, ZX_RIGHT_READ);
    zx_handle_t writer = dup_with(vmo, ZX_RIGHT_WRITE);
    zx_handle_t bare = dup_with(vmo, 0);
    assert_status(zx_vmo_read(bare_event, &byte, 0, 1), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmo_write(bare_event, &byte, 0, 1), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmo_read(0, &byte, 0, 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_write(0, &byte, 0, 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_read(writer, &byte, PAGE, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmo_write(reader, &byte, PAGE, 1), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_vmo_read(reader, &byte, 0, 1));
    assert_ok(zx_vmo_write(writer, &byte, 0, 1));
    uint64_t size = 0;
    assert_status(zx_vmo_get_size(0, &size), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_get_size(event, &size), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmo_get_size(bare, NULL), ZX_ERR_INVALID_ARGS);
    assert_int_equal(size_of(bare), PAGE); /* needs no right */
    const zx_handle_t all[] = {event, bare_event, vmo, reader, writer, bare};
    assert_ok(zx_handle_close_many(all, 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z001_create_sizes),
        cmocka_unit_test(z004_z010_z013_create_errors),
        cmocka_unit_test(z022_rights),
        cmocka_unit_test(z025_fresh_memory_reads_zero),
        cmocka_unit_test(a_large_sparse_vmo_can_be_written_anywhere),
        cmocka_unit_test(z043_copy_ranges),
        cmocka_unit_test(z046_bad_buffers),
        cmocka_unit_test(z049_copy_rights),
    };
    return RUN_ZX_TESTS(tests);
}
