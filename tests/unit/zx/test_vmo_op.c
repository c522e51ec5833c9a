/* zx_vmo_op_range() and zx_vmo_set_cache_policy(), but for locks. */
#include "vmo_test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COMMIT           ZX_VMO_OP_COMMIT
#define DECOMMIT         ZX_VMO_OP_DECOMMIT
#define ZERO             ZX_VMO_OP_ZERO
#define PREFETCH         ZX_VMO_OP_PREFETCH
#define SYNC             ZX_VMO_OP_CACHE_SYNC
#define INVALIDATE       ZX_VMO_OP_CACHE_INVALIDATE
#define CLEAN            ZX_VMO_OP_CACHE_CLEAN
#define CLEAN_INVALIDATE ZX_VMO_OP_CACHE_CLEAN_INVALIDATE

#define WRAPPING         (UINT64_MAX - PAGE + 1)

struct range {
    uint32_t op;
    uint64_t offset;
    uint64_t size;
    zx_status_t status;
};

static void assert_ranges(zx_handle_t vmo, const struct range *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zx_status_t status = op(vmo, rows[i].op, rows[i].offset, rows[i].size);
        if (status != rows[i].status) {
            print_error("row %zu\n", i);
        }
        assert_status(status, rows[i].status);
    }
}

static void z058_cache_ops(void **state)
{
    (void)state;
    const uint32_t ops[] = {SYNC, INVALIDATE, CLEAN, CLEAN_INVALIDATE};
    zx_handle_t vmo = new_vmo(0x8000, 0);
    put_byte(vmo, 1, 42);
    for (size_t i = 0; i < 4; i++) {
        const struct range rows[] = {
            {ops[i], 0,          1,          ZX_OK              },
            {ops[i], 1,          1,          ZX_OK              },
            {ops[i], 1,          0x7FFF,     ZX_OK              },
            {ops[i], 0,          0x8000,     ZX_OK              },
            {ops[i], 0x5200,     0x1200,     ZX_OK              },
            {ops[i], 0,          0,          ZX_ERR_INVALID_ARGS},
            {ops[i], UINT64_MAX, 0,          ZX_ERR_INVALID_ARGS},
            {ops[i], 1,          0x8000,     ZX_ERR_OUT_OF_RANGE},
            {ops[i], 0x8000,     1,          ZX_ERR_OUT_OF_RANGE},
            {ops[i], UINT64_MAX, 1,          ZX_ERR_OUT_OF_RANGE},
            {ops[i], UINT64_MAX, UINT64_MAX, ZX_ERR_OUT_OF_RANGE},
        };
        assert_ranges(vmo, rows, sizeof(rows) / sizeof(rows[0]));
    }
    assert_int_equal(byte_at(vmo, 1), 42);
    assert_ok(zx_handle_close(vmo));
}

static void ranges_of_every_operation(void **state)
{
    (void)state;
    const struct range rows[] = {
        {COMMIT,                0,        4 * PAGE,     ZX_OK              },
        {COMMIT,                PAGE + 1, 1,            ZX_OK              },
        {COMMIT,                1,        4 * PAGE - 1, ZX_OK              },
        {COMMIT,                4 * PAGE, 0,            ZX_OK              },
        {COMMIT,                1,        4 * PAGE,     ZX_ERR_OUT_OF_RANGE},
        {COMMIT,                5 * PAGE, 0,            ZX_ERR_OUT_OF_RANGE},
        {COMMIT,                WRAPPING, PAGE - 1,     ZX_ERR_OUT_OF_RANGE}, /* rounding wraps */
        {COMMIT,                WRAPPING, 2 * PAGE,     ZX_ERR_OUT_OF_RANGE},
        {DECOMMIT,              0,        4 * PAGE,     ZX_OK              },
        {DECOMMIT,              4 * PAGE, 0,            ZX_OK              },
        {DECOMMIT,              PAGE,     0,            ZX_OK              },
        {DECOMMIT,              1,        PAGE,         ZX_ERR_INVALID_ARGS},
        {DECOMMIT,              0,        1,            ZX_ERR_INVALID_ARGS},
        {DECOMMIT,              0,        5 * PAGE,     ZX_ERR_OUT_OF_RANGE},
        {DECOMMIT,              1,        5 * PAGE,     ZX_ERR_OUT_OF_RANGE},
        {DECOMMIT,              WRAPPING, 2 * PAGE,     ZX_ERR_OUT_OF_RANGE},
        {ZERO,                  3,        PAGE,         ZX_OK              },
        {ZERO,                  4 * PAGE, 0,            ZX_OK              },
        {ZERO,                  0,        4 * PAGE + 1, ZX_ERR_OUT_OF_RANGE},
        {ZERO,                  5 * PAGE, 0,            ZX_ERR_OUT_OF_RANGE},
        {ZERO,                  WRAPPING, 2 * PAGE,     ZX_ERR_OUT_OF_RANGE},
        {PREFETCH,              3,        PAGE,         ZX_OK              },
        {PREFETCH,              4 * PAGE, 0,            ZX_OK              },
        {PREFETCH,              4 * PAGE, 1,            ZX_ERR_OUT_OF_RANGE},
        {PREFETCH,              WRAPPING, 2 * PAGE,     ZX_ERR_OUT_OF_RANGE},
        {ZX_VMO_OP_DONT_NEED,   0,        PAGE,         ZX_OK              },
        {ZX_VMO_OP_DONT_NEED,   WRAPPING, UINT64_MAX,   ZX_OK              }, /* ignored */
        {ZX_VMO_OP_ALWAYS_NEED, WRAPPING, UINT64_MAX,   ZX_OK              },
        {0,                     0,        PAGE,         ZX_ERR_INVALID_ARGS}, /* Z064 */
        {5,                     0,        PAGE,         ZX_ERR_INVALID_ARGS},
        {15,                    0,        PAGE,         ZX_ERR_INVALID_ARGS},
        {UINT32_MAX,            0,        PAGE,         ZX_ERR_INVALID_ARGS},
    };
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    assert_ranges(vmo, rows, sizeof(rows) / sizeof(rows[0]));
    assert_ok(zx_handle_close(vmo));
}

/* Each operation with every right but the ones that it needs, and with those alone; and what is no
 * VMO. The range is wrong: rights come first. */
static void z064_rights_of_every_operation(void **state)
{
    (void)state;
    const zx_rights_t read = ZX_RIGHT_READ;
    const zx_rights_t write = ZX_RIGHT_WRITE;
    const struct {
        uint32_t op;
        zx_rights_t rights; /* one of them is needed */
        zx_status_t status; /* with it */
    } rows[] = {
        {COMMIT,                write,        ZX_ERR_OUT_OF_RANGE },
        {DECOMMIT,              write,        ZX_ERR_OUT_OF_RANGE },
        {ZERO,                  write,        ZX_ERR_OUT_OF_RANGE },
        {INVALIDATE,            write,        ZX_ERR_OUT_OF_RANGE },
        {SYNC,                  read,         ZX_ERR_OUT_OF_RANGE },
        {CLEAN,                 read,         ZX_ERR_OUT_OF_RANGE },
        {CLEAN_INVALIDATE,      read,         ZX_ERR_OUT_OF_RANGE },
        {PREFETCH,              read,         ZX_ERR_OUT_OF_RANGE },
        {ZX_VMO_OP_LOCK,        read | write, ZX_ERR_NOT_SUPPORTED},
        {ZX_VMO_OP_TRY_LOCK,    read | write, ZX_ERR_NOT_SUPPORTED},
        {ZX_VMO_OP_UNLOCK,      read | write, ZX_ERR_NOT_SUPPORTED},
        {ZX_VMO_OP_DONT_NEED,   0,            ZX_OK               },
        {ZX_VMO_OP_ALWAYS_NEED, 0,            ZX_OK               },
        {5,                     0,            ZX_ERR_INVALID_ARGS },
    };
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t event = ZX_HANDLE_INVALID;
    assert_ok(zx_event_create(0, &event));
    zx_handle_t bare_event = dup_with(event, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        zx_handle_t without = dup_with(vmo, 0xD0EF & ~rows[i].rights);
        assert_status(op(without, rows[i].op, 0, 9 * PAGE),
                      rows[i].rights == 0 ? rows[i].status : ZX_ERR_ACCESS_DENIED);
        for (zx_rights_t right = read; right <= write; right <<= 1) {
            if ((rows[i].rights & right) != 0) {
                zx_handle_t with = dup_with(vmo, right);
                assert_status(op(with, rows[i].op, 0, 9 * PAGE), rows[i].status);
                assert_ok(zx_handle_close(with));
            }
        }
        assert_status(op(bare_event, rows[i].op, 0, PAGE), ZX_ERR_WRONG_TYPE);
        assert_status(op(ZX_HANDLE_INVALID, rows[i].op, 0, PAGE), ZX_ERR_BAD_HANDLE);
        assert_ok(zx_handle_close(without));
    }
    const zx_handle_t all[] = {vmo, event, bare_event};
    assert_ok(zx_handle_close_many(all, 3));
}

static void z055_decommit_is_seen_in_every_mapping(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    const uint64_t offsets[] = {0, PAGE, 8 * PAGE};
    zx_vaddr_t at[3];
    for (size_t i = 0; i < 3; i++) {
        assert_ok(zx_vmar_map(root, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, offsets[i],
                              4 * PAGE, &at[i]));
    }
    volatile char *first = (volatile char *)at[0];  // NOLINT(performance-no-int-to-ptr)
    volatile char *second = (volatile char *)at[1]; // NOLINT(performance-no-int-to-ptr)
    first[PAGE] = 42;
    assert_int_equal(second[0], 42);
    assert_ok(op(vmo, DECOMMIT, 0, PAGE));
    assert_int_equal(second[0], 42);
    assert_ok(op(vmo, DECOMMIT, PAGE, PAGE));
    assert_int_equal(first[PAGE], 0);
    assert_int_equal(second[0], 0);
    for (size_t i = 0; i < 3; i++) {
        assert_ok(zx_vmar_unmap(root, at[i], 4 * PAGE));
    }
    assert_ok(zx_handle_close(vmo));
}

static void z061_zeroing_gives_memory_back(void **state)
{
    (void)state;
    static unsigned char bytes[3 * PAGE];
    zx_handle_t vmo = new_vmo(3 * PAGE, 0);
    assert_ok(op(vmo, ZERO, 1, 3 * PAGE - 2));
    assert_int_equal(info_of(vmo).populated_bytes, 0);
    memset(bytes, 0xFF, sizeof(bytes));
    assert_ok(zx_vmo_write(vmo, bytes, 0, sizeof(bytes)));
    assert_int_equal(info_of(vmo).populated_bytes, 3 * PAGE);
    assert_ok(op(vmo, ZERO, PAGE / 2, 2 * PAGE));
    assert_int_equal(info_of(vmo).populated_bytes, 2 * PAGE);
    assert_ok(zx_vmo_read(vmo, bytes, 0, sizeof(bytes)));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        assert_int_equal(bytes[i], i < PAGE / 2 || i >= PAGE / 2 + 2 * PAGE ? 0xFF : 0);
    }
    assert_ok(op(vmo, DECOMMIT, 0, 3 * PAGE));
    assert_int_equal(info_of(vmo).populated_bytes, 0);
    assert_ok(op(vmo, COMMIT, PAGE + 5, 1));
    assert_int_equal(info_of(vmo).populated_bytes, PAGE);
    assert_ok(op(vmo, COMMIT, 0, 3 * PAGE));
    assert_int_equal(info_of(vmo).populated_bytes, 3 * PAGE);
    assert_ok(zx_handle_close(vmo));
}

static void z091_slices_and_their_parent_have_the_same_pages(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    zx_handle_t slice = new_child(vmo, SLICE, PAGE, 2 * PAGE);
    for (uint64_t page = 0; page < 4; page++) {
        put_byte(vmo, page * PAGE, 1);
    }
    assert_ok(op(vmo, DECOMMIT, PAGE, PAGE));
    assert_int_equal(byte_at(slice, 0), 0);
    assert_ok(op(slice, DECOMMIT, PAGE, PAGE));
    const int expected[] = {1, 0, 0, 1};
    for (uint64_t page = 0; page < 4; page++) {
        assert_int_equal(byte_at(vmo, page * PAGE), expected[page]);
    }
    assert_status(op(slice, DECOMMIT, 2 * PAGE, PAGE), ZX_ERR_OUT_OF_RANGE);
    assert_ok(op(slice, COMMIT, 0, 2 * PAGE));
    assert_int_equal(info_of(vmo).populated_bytes, 4 * PAGE);
    const zx_handle_t all[] = {vmo, slice};
    assert_ok(zx_handle_close_many(all, 2));
}

/* Z007: what is done to huge ranges takes no time. */
static void z007_huge_ranges(void **state)
{
    (void)state;
    const uint64_t size = 0 - 64 * PAGE;
    zx_handle_t vmo = new_vmo(size, 0);
    put_byte(vmo, 5, 1);
    put_byte(vmo, size - 1, 2);
    assert_ok(op(vmo, CLEAN, 0, size));
    assert_ok(op(vmo, PREFETCH, 0, size));
    assert_ok(op(vmo, COMMIT, size - PAGE, PAGE));
    assert_status(op(vmo, COMMIT, 0, 1ULL << 60), ZX_ERR_NO_MEMORY);
    assert_ok(op(vmo, ZERO, 6, size - 7));
    assert_int_equal(byte_at(vmo, 5), 1);
    assert_int_equal(byte_at(vmo, size - 1), 2);
    assert_ok(op(vmo, DECOMMIT, 0, size));
    assert_int_equal(byte_at(vmo, 5), 0);
    assert_int_equal(byte_at(vmo, size - 1), 0);
    assert_ok(zx_handle_close(vmo));
}

/* A received file of PAGE + 100 bytes: operations see pages and keep the file's length. */
static void odd_files(void **state)
{
    (void)state;
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_VMO, .rights = 0xD0EF};
    int fd = memfd_create("theirs", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)(PAGE + 100)), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK), 0);
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    assert_ok(sysmem_handle_from_fd(fd, &info, &vmo));
    const uint32_t ops[] = {COMMIT, ZERO, DECOMMIT, PREFETCH, CLEAN};
    for (size_t i = 0; i < 5; i++) {
        assert_ok(op(vmo, ops[i], 0, 2 * PAGE));
        assert_ok(op(vmo, ops[i], PAGE, PAGE));
        assert_status(op(vmo, ops[i], 0, 3 * PAGE), ZX_ERR_OUT_OF_RANGE);
    }
    assert_int_equal(lseek(sysmem_handle_fd(vmo), 0, SEEK_END), PAGE + 100);
    zx_handle_t copy = new_child(vmo, SNAPSHOT, PAGE, PAGE); /* zeros behind the end */
    assert_int_equal(byte_at(copy, PAGE - 1), 0);
    const zx_handle_t all[] = {vmo, copy};
    assert_ok(zx_handle_close_many(all, 2));
}

static void z079_policies(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_vaddr_t at = 0;
    assert_ok(zx_vmar_map(root, ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &at));
    assert_status(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_ERR_BAD_STATE);
    assert_ok(zx_vmar_unmap(root, at, PAGE));
    for (uint32_t policy = 4; policy-- > 0;) {
        assert_ok(zx_vmo_set_cache_policy(vmo, policy));
        assert_int_equal(info_of(vmo).cache_policy, policy);
    }
    const uint32_t kinds[] = {SNAPSHOT, SLICE, REFERENCE};
    for (size_t i = 0; i < 3; i++) {
        zx_handle_t child = new_child(vmo, kinds[i], 0, kinds[i] == REFERENCE ? 0 : PAGE);
        assert_status(zx_vmo_set_cache_policy(vmo, 1), ZX_ERR_BAD_STATE);
        assert_status(zx_vmo_set_cache_policy(child, 1), ZX_ERR_BAD_STATE);
        assert_ok(zx_handle_close(child));
        assert_ok(zx_vmo_set_cache_policy(vmo, 1));
        assert_ok(zx_vmo_set_cache_policy(vmo, 0));
    }
    zx_handle_t no_map = dup_with(vmo, 0xD0EF & ~ZX_RIGHT_MAP);
    zx_handle_t event = ZX_HANDLE_INVALID;
    assert_ok(zx_event_create(0, &event));
    assert_status(zx_vmo_set_cache_policy(0, 4), ZX_ERR_INVALID_ARGS); /* before the handle */
    assert_status(zx_vmo_set_cache_policy(0, 3), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_set_cache_policy(event, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmo_set_cache_policy(no_map, 0), ZX_ERR_ACCESS_DENIED);
    const zx_handle_t all[] = {vmo, no_map, event};
    assert_ok(zx_handle_close_many(all, 3));
}

static void what_is_not_cached_refuses(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    zx_handle_t out = 77;
    char byte = 0;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    assert_ok(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_WRITE_COMBINING));
    assert_status(zx_vmo_read(vmo, &byte, PAGE, 1), ZX_ERR_BAD_STATE);
    assert_status(zx_vmo_write(vmo, &byte, PAGE, 1), ZX_ERR_BAD_STATE);
    assert_status(zx_vmo_read(vmo, &byte, UINT64_MAX, 2), ZX_ERR_OUT_OF_RANGE); /* wraps */
    assert_status(zx_vmo_write(vmo, &byte, UINT64_MAX, 2), ZX_ERR_OUT_OF_RANGE);
    assert_status(op(vmo, ZERO, 0, 2 * PAGE), ZX_ERR_BAD_STATE); /* before the range */
    assert_status(op(vmo, ZERO, WRAPPING, 2 * PAGE), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_create_child(vmo, SNAPSHOT, 0, PAGE, &out), ZX_ERR_BAD_STATE);
    assert_status(zx_vmo_create_child(vmo, SNAPSHOT, 0, LARGEST_VMO + PAGE, &out),
                  ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_create_child(vmo, SNAPSHOT, 1, PAGE, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_child(vmo, REFERENCE, PAGE, 0, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_child(vmo, SLICE, 0, PAGE, &out), ZX_ERR_BAD_STATE);
    assert_status(zx_vmo_create_child(vmo, SLICE, 0, 2 * PAGE, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_child(vmo, REFERENCE, 0, 0, &out), ZX_ERR_BAD_STATE);
    assert_ok(op(vmo, COMMIT, 0, PAGE));
    assert_ok(op(vmo, DECOMMIT, 0, PAGE));
    zx_vaddr_t at = 0;
    assert_ok(zx_vmar_map(root, ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &at));
    assert_ok(zx_vmar_unmap(root, at, PAGE));
    assert_ok(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_CACHED));
    assert_ok(zx_vmo_read(vmo, &byte, 0, 1));
    assert_ok(zx_handle_close(vmo));

    zx_handle_t uncached = new_vmo(8 * PAGE, ZX_VMO_RESIZABLE); /* Z082 */
    assert_ok(zx_vmo_set_cache_policy(uncached, ZX_CACHE_POLICY_UNCACHED));
    assert_int_equal(info_of(uncached).flags, 0xB);
    assert_int_equal(info_of(uncached).cache_policy, 1);
    assert_status(zx_vmo_create_child(uncached, SLICE, 0, PAGE, &out), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(out, 77);
    assert_ok(zx_handle_close(uncached));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z058_cache_ops),
        cmocka_unit_test(ranges_of_every_operation),
        cmocka_unit_test(z064_rights_of_every_operation),
        cmocka_unit_test(z055_decommit_is_seen_in_every_mapping),
        cmocka_unit_test(z061_zeroing_gives_memory_back),
        cmocka_unit_test(z091_slices_and_their_parent_have_the_same_pages),
        cmocka_unit_test(z007_huge_ranges),
        cmocka_unit_test(odd_files),
        cmocka_unit_test(z079_policies),
        cmocka_unit_test(what_is_not_cached_refuses),
    };
    return RUN_ZX_TESTS(tests);
}
