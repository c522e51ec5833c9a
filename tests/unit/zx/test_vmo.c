#include "zx_test.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#define LARGEST (UINT64_MAX - 0xFFFF)

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
        {UINT64_MAX,            0,                                   ZX_ERR_OUT_OF_RANGE},
        {PAGE,                  bad,                                 ZX_ERR_INVALID_ARGS},
        {PAGE,                  0x1,                                 ZX_ERR_INVALID_ARGS},
        {PAGE,                  1U << 31,                            ZX_ERR_INVALID_ARGS},
        {UINT64_MAX,            ZX_VMO_UNBOUNDED | ZX_VMO_RESIZABLE, ZX_ERR_INVALID_ARGS},
        {0,                     ZX_VMO_UNBOUNDED | ZX_VMO_RESIZABLE, ZX_ERR_INVALID_ARGS},
        {42,                    ZX_VMO_UNBOUNDED,                    ZX_ERR_INVALID_ARGS},
        {UINT64_MAX,            ZX_VMO_UNBOUNDED,                    ZX_ERR_INVALID_ARGS}, /* that is not rounded */
        {UINT64_MAX,            bad,                                 ZX_ERR_OUT_OF_RANGE}, /* rounding before unknown bits */
        {UINT64_MAX - 2 * PAGE, bad,                                 ZX_ERR_INVALID_ARGS}, /* unknown bits before the maximum */
        {UINT64_MAX - PAGE + 1, 0,                                   ZX_ERR_OUT_OF_RANGE},
        {UINT64_MAX,            ZX_VMO_DISCARDABLE,                  ZX_ERR_OUT_OF_RANGE},
        {PAGE,                  ZX_VMO_DISCARDABLE | bad,            ZX_ERR_INVALID_ARGS},
        {UINT64_MAX - 2 * PAGE, 0,                                   ZX_ERR_OUT_OF_RANGE},
        {LARGEST + 1,           0,                                   ZX_ERR_OUT_OF_RANGE},
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

static void z019_every_combination_of_options(void **state)
{
    (void)state;
    const uint32_t rows[] = {0,
                             ZX_VMO_RESIZABLE,
                             ZX_VMO_DISCARDABLE,
                             ZX_VMO_UNBOUNDED,
                             ZX_VMO_DISCARDABLE | ZX_VMO_RESIZABLE,
                             ZX_VMO_DISCARDABLE | ZX_VMO_UNBOUNDED};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool is_unbounded = (rows[i] & ZX_VMO_UNBOUNDED) != 0;
        bool is_resizable = (rows[i] & ZX_VMO_RESIZABLE) != 0;
        uint64_t size = is_unbounded ? 0 : PAGE;
        zx_handle_t vmo = new_vmo(size, rows[i]);
        assert_int_equal(size_of(vmo), is_unbounded ? LARGEST : PAGE);
        assert_int_equal(content_size_of(vmo), size);
        assert_int_equal(basic_of(vmo).rights, is_resizable ? 0x40D0EF : 0xD0EF);
        assert_int_equal(signals_of(vmo), ZX_VMO_ZERO_CHILDREN);
        assert_ok(zx_handle_close(vmo));
    }
}

/* Z015 and what follows from it. */
static void z016_unbounded(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(0, ZX_VMO_UNBOUNDED);
    char byte = 7;
    assert_int_equal(basic_of(vmo).rights & ZX_RIGHT_RESIZE, 0);
    assert_status(zx_vmo_set_size(vmo, PAGE), ZX_ERR_UNAVAILABLE);
    assert_ok(zx_vmo_write(vmo, &byte, LARGEST - 1, 1));
    byte = 0;
    assert_ok(zx_vmo_read(vmo, &byte, LARGEST - 1, 1));
    assert_int_equal(byte, 7);
    assert_status(zx_vmo_read(vmo, &byte, LARGEST, 1), ZX_ERR_OUT_OF_RANGE);
    assert_ok(zx_handle_close(vmo));
}

/* Z028 without the resizing: the content size is a number beside the VMO. */
static void z028_z031_content_size_property(void **state)
{
    (void)state;
    const uint64_t size = 4 * PAGE + 15643;
    zx_handle_t vmo = new_vmo(4 * PAGE, ZX_VMO_RESIZABLE);
    assert_ok(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, sizeof(size)));
    assert_int_equal(content_size_of(vmo), size);
    assert_int_equal(size_of(vmo), 4 * PAGE);
    assert_ok(zx_vmo_set_size(vmo, 5 * PAGE));
    assert_int_equal(content_size_of(vmo), 5 * PAGE);
    zx_handle_t fixed = dup_with(vmo, 0xD0EF & ~ZX_RIGHT_SET_PROPERTY);
    assert_status(zx_object_set_property(fixed, ZX_PROP_VMO_CONTENT_SIZE, &size, 4),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, 4),
                  ZX_ERR_BUFFER_TOO_SMALL);
    const zx_handle_t all[] = {vmo, fixed};
    assert_ok(zx_handle_close_many(all, 2));
}

static void z034_resizing(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, ZX_VMO_RESIZABLE);
    assert_ok(zx_vmo_set_size(vmo, 5 * PAGE));
    assert_int_equal(size_of(vmo), 5 * PAGE);
    assert_status(zx_vmo_set_size(vmo, UINT64_MAX), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_set_size(vmo, LARGEST + 1), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(size_of(vmo), 5 * PAGE);
    assert_ok(zx_vmo_set_size(vmo, 5 * PAGE + 1));
    assert_int_equal(size_of(vmo), 6 * PAGE);
    assert_int_equal(content_size_of(vmo), 5 * PAGE + 1);
    assert_ok(zx_vmo_set_size(vmo, LARGEST));
    assert_int_equal(size_of(vmo), LARGEST);
    assert_ok(zx_vmo_set_size(vmo, 0));
    assert_int_equal(size_of(vmo), 0);
    assert_ok(zx_handle_close(vmo));
}

/* Z037, and every row of set_size's table: handle, WRITE, RESIZE, rounding, resizability. */
static void z037_resizing_refused(void **state)
{
    (void)state;
    zx_handle_t event = ZX_HANDLE_INVALID;
    assert_ok(zx_event_create(0, &event));
    zx_handle_t fixed = new_vmo(4 * PAGE, 0);
    zx_handle_t resizable = new_vmo(4 * PAGE, ZX_VMO_RESIZABLE);
    zx_handle_t reader = dup_with(resizable, 0x40D0EF & ~ZX_RIGHT_WRITE);
    zx_handle_t writer = dup_with(resizable, ZX_RIGHT_WRITE);
    zx_handle_t fixed_reader = dup_with(fixed, ZX_RIGHT_READ);
    zx_handle_t fixed_writer = dup_with(fixed, ZX_RIGHT_WRITE);
    const struct {
        zx_handle_t handle;
        uint64_t size;
        zx_status_t status;
    } rows[] = {
        {0,            PAGE,        ZX_ERR_BAD_HANDLE   },
        {event,        UINT64_MAX,  ZX_ERR_WRONG_TYPE   },
        {reader,       UINT64_MAX,  ZX_ERR_ACCESS_DENIED},
        {writer,       UINT64_MAX,  ZX_ERR_ACCESS_DENIED}, /* without RESIZE, before the range */
        {fixed_reader, PAGE,        ZX_ERR_ACCESS_DENIED},
        {fixed,        UINT64_MAX,  ZX_ERR_OUT_OF_RANGE }, /* the rounding comes first */
        {fixed,        4 * PAGE,    ZX_ERR_UNAVAILABLE  },
        {fixed,        LARGEST + 1, ZX_ERR_UNAVAILABLE  }, /* before the maximum */
        {fixed_writer, PAGE,        ZX_ERR_UNAVAILABLE  }, /* RESIZE is not asked for */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_status(zx_vmo_set_size(rows[i].handle, rows[i].size), rows[i].status);
    }
    assert_int_equal(size_of(resizable), 4 * PAGE);
    const zx_handle_t all[] = {event, fixed, resizable, reader, writer, fixed_reader, fixed_writer};
    assert_ok(zx_handle_close_many(all, 7));
}

static void z040_what_was_cut_off_is_zero(void **state)
{
    (void)state;
    static unsigned char bytes[4 * PAGE];
    zx_handle_t vmo = new_vmo(4 * PAGE, ZX_VMO_RESIZABLE);
    memset(bytes, 0xFF, sizeof(bytes));
    assert_ok(zx_vmo_write(vmo, bytes, 0, sizeof(bytes)));
    assert_ok(zx_vmo_set_size(vmo, PAGE + 10)); /* the rest of the second page goes too */
    assert_ok(zx_vmo_set_size(vmo, 4 * PAGE));
    assert_ok(zx_vmo_read(vmo, bytes, 0, sizeof(bytes)));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        assert_int_equal(bytes[i], i < PAGE + 10 ? 0xFF : 0);
    }
    assert_ok(zx_handle_close(vmo));
}

/* Z040 beyond the first file. */
static void what_was_cut_off_far_out_is_zero(void **state)
{
    (void)state;
    char byte = 7;
    zx_handle_t vmo = new_vmo(LARGEST, ZX_VMO_RESIZABLE);
    const uint64_t places[] = {PAGE, 1ULL << 63, LARGEST - PAGE};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(zx_vmo_write(vmo, &byte, places[i], 1));
    }
    assert_ok(zx_vmo_set_size(vmo, (1ULL << 63) + 1));
    assert_ok(zx_vmo_set_size(vmo, LARGEST));
    const int expected[] = {7, 7, 0};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(zx_vmo_read(vmo, &byte, places[i], 1));
        assert_int_equal(byte, expected[i]);
    }
    assert_ok(zx_vmo_set_size(vmo, 0));
    assert_ok(zx_vmo_set_size(vmo, LARGEST));
    for (size_t i = 0; i < 3; i++) {
        assert_ok(zx_vmo_read(vmo, &byte, places[i], 1));
        assert_int_equal(byte, 0);
    }
    assert_ok(zx_handle_close(vmo));
}

static void z052_resizing_what_is_mapped(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    zx_vaddr_t address = 0;
    char byte = 1;
    zx_handle_t vmo = new_vmo(2 * PAGE, ZX_VMO_RESIZABLE);
    assert_ok(zx_vmar_map(root, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, 2 * PAGE, &address));
    assert_ok(zx_vmo_set_size(vmo, 0));
    zx_handle_t other = new_vmo(PAGE, 0);     /* a look at memory that is none: by the kernel */
    const void *gone = (const void *)address; // NOLINT(performance-no-int-to-ptr)
    assert_status(zx_vmo_write(other, gone, 0, 1), ZX_ERR_NOT_FOUND);
    assert_ok(zx_vmo_set_size(vmo, PAGE));
    assert_ok(zx_vmo_write(other, gone, 0, 1));
    assert_ok(zx_vmo_read(other, &byte, 0, 1));
    assert_int_equal(byte, 0);
    assert_ok(zx_vmar_unmap(root, address, 2 * PAGE));
    const zx_handle_t all[] = {vmo, other};
    assert_ok(zx_handle_close_many(all, 2));
}

static void replace_as_executable(void **state)
{
    (void)state;
    zx_handle_t event = ZX_HANDLE_INVALID;
    zx_handle_t out = 77;
    assert_ok(zx_event_create(0, &event));
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_koid_t koid = basic_of(vmo).koid;
    zx_handle_t bare = dup_with(vmo, ZX_RIGHT_READ);
    assert_ok(zx_vmo_replace_as_executable(bare, ZX_HANDLE_INVALID, &out));
    assert_status(zx_object_get_info(bare, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL),
                  ZX_ERR_BAD_HANDLE);
    assert_int_equal(basic_of(out).koid, koid);
    assert_int_equal(basic_of(out).rights, ZX_RIGHT_READ | ZX_RIGHT_EXECUTE);
    assert_ok(zx_handle_close(out));

    /* What fails takes the handle with it, but what is none. */
    zx_handle_t victims[] = {dup_with(vmo, ZX_RIGHT_READ), dup_with(vmo, ZX_RIGHT_READ),
                             dup_with(event, 0), vmo};
    out = 77;
    assert_status(zx_vmo_replace_as_executable(victims[0], event, &out), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmo_replace_as_executable(victims[1], victims[0], &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_replace_as_executable(victims[2], ZX_HANDLE_INVALID, &out),
                  ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_replace_as_executable(victims[3], ZX_HANDLE_INVALID, NULL),
                  ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
    for (size_t i = 0; i < 4; i++) {
        assert_status(zx_vmo_replace_as_executable(victims[i], ZX_HANDLE_INVALID, &out),
                      ZX_ERR_BAD_HANDLE);
    }
    assert_ok(zx_handle_close(event));
}

/* Z007: also beyond 2^63, where no single file reaches. */
static void z007_a_huge_vmo_can_be_written_anywhere(void **state)
{
    (void)state;
    const uint64_t size = 0 - 64 * PAGE;
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
        cmocka_unit_test(z019_every_combination_of_options),
        cmocka_unit_test(z016_unbounded),
        cmocka_unit_test(z028_z031_content_size_property),
        cmocka_unit_test(z034_resizing),
        cmocka_unit_test(z037_resizing_refused),
        cmocka_unit_test(z040_what_was_cut_off_is_zero),
        cmocka_unit_test(what_was_cut_off_far_out_is_zero),
        cmocka_unit_test(z052_resizing_what_is_mapped),
        cmocka_unit_test(replace_as_executable),
        cmocka_unit_test(z007_a_huge_vmo_can_be_written_anywhere),
        cmocka_unit_test(z043_copy_ranges),
        cmocka_unit_test(z046_bad_buffers),
        cmocka_unit_test(z049_copy_rights),
    };
    return RUN_ZX_TESTS(tests);
}
