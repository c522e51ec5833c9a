#include "vmar_test.h"

static zx_status_t map_root(zx_vm_option_t options, uint64_t at, zx_handle_t vmo, uint64_t offset,
                            uint64_t len, zx_vaddr_t *ret)
{
    return zx_vmar_map(zx_vmar_root_self(), options, at, vmo, offset, len, ret);
}

static zx_vaddr_t map_ok(zx_vm_option_t options, uint64_t at, zx_handle_t vmo, uint64_t offset,
                         uint64_t len)
{
    zx_vaddr_t address = 0;
    assert_ok(map_root(options, at, vmo, offset, len, &address));
    return address;
}

static void unmap_ok(zx_vaddr_t address, uint64_t len)
{
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), address, len));
}

static void the_root_region(void **state)
{
    (void)state;
    zx_info_vmar_t info = root_info();
    assert_true(info.base != 0 && info.base % (4ULL << 30) == 0);
    assert_true(info.len >= 8ULL << 30);
    zx_info_handle_basic_t basic = basic_of(zx_vmar_root_self());
    assert_int_equal(basic.rights, 0x20801F);
    assert_int_equal(basic.type, ZX_OBJ_TYPE_VMAR);
    assert_false(can_read(info.base)); /* reserved, without access */
    assert_false(can_read(info.base + info.len - 1));
}

static void mappings_share_the_memory(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    zx_vaddr_t a = map_ok(R | W, 0, vmo, 0, 2 * PAGE);
    zx_vaddr_t b = map_ok(R, 0, vmo, PAGE, 1); /* len is rounded up */
    bytes_at(a)[PAGE + 7] = 'x';
    assert_int_equal(bytes_at(b)[7], 'x');
    char byte = 0;
    assert_ok(zx_vmo_read(vmo, &byte, PAGE + 7, 1));
    assert_int_equal(byte, 'x');
    assert_int_equal(mappings_of(vmo), 2);
    assert_ok(zx_handle_close(vmo));
    assert_int_equal(bytes_at(b)[7], 'x'); /* the mapping keeps the memory */
    unmap_ok(a, 2 * PAGE);
    unmap_ok(b, PAGE);
    assert_false(can_read(a));
    assert_false(can_read(b));
}

static void z055_mapping_past_the_end(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    zx_vaddr_t a = map_ok(R | W, 0, vmo, 0, 4 * PAGE);
    zx_vaddr_t b = map_ok(R | W, 0, vmo, PAGE, 4 * PAGE);
    zx_vaddr_t c = map_ok(R | W, 0, vmo, 8 * PAGE, 4 * PAGE);
    bytes_at(a)[PAGE] = 'x';
    assert_int_equal(bytes_at(b)[0], 'x');
    assert_false(can_read(b + 3 * PAGE));
    assert_false(can_read(c));
    unmap_ok(a, 4 * PAGE);
    unmap_ok(b, 4 * PAGE);
    unmap_ok(c, 4 * PAGE);
    assert_ok(zx_handle_close(vmo));
}

/* One row for each rule about the arguments, in the order in which they are judged. */
static void z160_z163_z172_map_arguments(void **state)
{
    (void)state;
    const uint64_t root = root_info().len;
    const uint64_t last = LAST_PAGE;
    const struct {
        zx_vm_option_t options;
        uint64_t at;
        uint64_t offset;
        uint64_t len;
        zx_status_t status;
    } rows[] = {
        {W,                                                                0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {X,                                                                0,           0,    PAGE,        ZX_ERR_INVALID_ARGS }, /* before the missing right */
        {X | ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED,                           0,           0,    PAGE,
         ZX_ERR_INVALID_ARGS                                                                                                   }, /* does not add R */
        {R | X | OVR | ZX_VM_MAP_RANGE,                                    0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | X | ZX_VM_CAN_MAP_READ,                                       0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | ZX_VM_CAN_MAP_WRITE,                                          0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | ZX_VM_CAN_MAP_EXECUTE,                                        0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | X | 1U << 16,                                                 0,           1,    PAGE,        ZX_ERR_ACCESS_DENIED}, /* before unknown bits */
        {R | ZX_VM_FAULT_BEYOND_STREAM_SIZE,                               0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | 1U << 16,                                                     0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | 1U << 23,                                                     0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | 1U << ZX_VM_ALIGN_BASE,                                       0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | 9U << ZX_VM_ALIGN_BASE,                                       0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | 33U << ZX_VM_ALIGN_BASE,                                      0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | 1U << 31,                                                     0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | ZX_VM_FAULT_BEYOND_STREAM_SIZE | ZX_VM_REQUIRE_NON_RESIZABLE, 0,           0,    PAGE,
         ZX_ERR_INVALID_ARGS                                                                                                   },
        {R | 1U << 16 | ZX_VM_REQUIRE_NON_RESIZABLE,                       0,           0,    PAGE,
         ZX_ERR_INVALID_ARGS                                                                                                   }, /* before the VMO */
        {R | ZX_VM_COMPACT | ZX_VM_REQUIRE_NON_RESIZABLE,                  0,           0,    PAGE,        ZX_ERR_NOT_SUPPORTED},
        {R | ZX_VM_COMPACT,                                                0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | ZX_VM_CAN_MAP_SPECIFIC,                                       0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R,                                                                0,           1,    last + 2,    ZX_ERR_INVALID_ARGS }, /* before the overflow */
        {R,                                                                PAGE,        0,    last + 2,    ZX_ERR_OUT_OF_RANGE }, /* before the offset without SPECIFIC */
        {R | ZX_VM_MAP_RANGE,                                              0,           0,    last + 2,    ZX_ERR_OUT_OF_RANGE },
        {R,                                                                0,           last, PAGE,        ZX_ERR_OUT_OF_RANGE }, /* reaches 2^64 */
        {R,                                                                0,           last, 2 * PAGE,    ZX_ERR_OUT_OF_RANGE },
        {R,                                                                0,           0,    0,           ZX_ERR_INVALID_ARGS },
        {R | SP | UL,                                                      PAGE,        0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | OVR | UL,                                                     PAGE,        0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | W,                                                            PAGE,        0,    4 * PAGE,    ZX_ERR_INVALID_ARGS },
        {R | SP,                                                           1,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | UL,                                                           PAGE + 1,    0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | SP,                                                           root,        0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | SP,                                                           root - PAGE, 0,    2 * PAGE,    ZX_ERR_INVALID_ARGS },
        {R | SP,                                                           last,        0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R,                                                                0,           0,    root + PAGE, ZX_ERR_INVALID_ARGS },
        {R | UL,                                                           root + PAGE, 0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | UL,                                                           PAGE,        0,    2 * PAGE,    ZX_ERR_INVALID_ARGS },
        {R | UL,                                                           0,           0,    PAGE,        ZX_ERR_INVALID_ARGS },
        {R | SP | ZX_VM_ALIGN_8KB,                                         PAGE,        0,    PAGE,        ZX_ERR_INVALID_ARGS },
    };
    zx_handle_t vmo = new_vmo(4 * PAGE, ZX_VMO_RESIZABLE);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        zx_vaddr_t address = 77;
        assert_status(
            map_root(rows[i].options, rows[i].at, vmo, rows[i].offset, rows[i].len, &address),
            rows[i].status);
        assert_int_equal(address, 77);
    }
    assert_status(map_root(R, 0, vmo, 0, PAGE, NULL), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_handle_close(vmo));
}

static void z160_options_that_are_taken(void **state)
{
    (void)state;
    zx_handle_t fixed = new_vmo(4 * PAGE, 0);
    unmap_ok(map_ok(R | ZX_VM_REQUIRE_NON_RESIZABLE, 0, fixed, 0, PAGE), PAGE);
    unmap_ok(map_ok(R | ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED, 0, fixed, 0, PAGE), PAGE);
    /* A reference that cannot be resized has the memory of one that can. */
    zx_handle_t reference = ZX_HANDLE_INVALID;
    zx_handle_t resizable = new_vmo(PAGE, ZX_VMO_RESIZABLE);
    zx_vaddr_t none = 0;
    assert_ok(zx_vmo_create_child(resizable, ZX_VMO_CHILD_REFERENCE, 0, 0, &reference));
    assert_status(zx_vmar_map(zx_vmar_root_self(), R | ZX_VM_REQUIRE_NON_RESIZABLE, 0, reference, 0,
                              PAGE, &none),
                  ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_handle_close(reference));
    assert_ok(zx_handle_close(resizable));
    unmap_ok(map_ok(R | W | ZX_VM_MAP_RANGE | ZX_VM_ALLOW_FAULTS, 0, fixed, 0, PAGE), PAGE);
    assert_ok(zx_handle_close(fixed));
}

static void z166_z178_map_rights(void **state)
{
    (void)state;
    zx_vaddr_t address = 77;
    zx_handle_t root = zx_vmar_root_self();
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t no_map = dup_with(vmo, ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_DUPLICATE);
    zx_handle_t reader = dup_with(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
    zx_handle_t read_region = dup_with(root, ZX_RIGHT_READ);
    assert_status(zx_vmar_map(0, R, 0, vmo, 0, PAGE, &address), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmar_map(vmo, R, 0, 0, 0, PAGE, &address), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmar_map(root, R, 0, 0, 0, PAGE, &address), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmar_map(root, W, 0, root, 0, PAGE, &address), ZX_ERR_WRONG_TYPE);
    const zx_vm_option_t perms[] = {0, R, W, R | W};
    for (size_t i = 0; i < 4; i++) {
        assert_status(zx_vmar_map(root, perms[i], 0, no_map, 0, PAGE, &address),
                      ZX_ERR_ACCESS_DENIED);
    }
    assert_status(zx_vmar_map(root, R | W, 0, reader, 0, PAGE, &address), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmar_map(root, R | X, 0, vmo, 0, PAGE, &address), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmar_map(read_region, R | W, 0, vmo, 0, PAGE, &address), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(address, 77);
    assert_ok(zx_vmar_map(read_region, R, 0, vmo, 0, PAGE, &address));
    assert_ok(zx_vmar_unmap(read_region, address, PAGE));
    const zx_handle_t all[] = {vmo, no_map, reader, read_region};
    assert_ok(zx_handle_close_many(all, 4));
}

static void z169_permissions_are_the_kernels(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_vaddr_t none = map_ok(0, 0, vmo, 0, PAGE);
    zx_vaddr_t reads = map_ok(R, 0, vmo, 0, PAGE);
    zx_vaddr_t both = map_ok(R | W, 0, vmo, 0, PAGE);
    assert_true(!can_read(none) && !can_write(none));
    assert_true(can_read(reads) && !can_write(reads));
    assert_true(can_read(both) && can_write(both));
    unmap_ok(none, PAGE);
    unmap_ok(reads, PAGE);
    unmap_ok(both, PAGE);
    assert_ok(zx_handle_close(vmo));
}

static void z187_z190_unmap_arguments(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    zx_info_vmar_t info = root_info();
    const uint64_t end = info.base + info.len;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_vaddr_t address = map_ok(R, 0, vmo, 0, PAGE);
    assert_status(zx_vmar_unmap(0, address + 1, PAGE), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmar_unmap(vmo, address + 1, PAGE), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmar_unmap(root, address + 1, PAGE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_unmap(root, address, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_unmap(root, address, UINT64_MAX - PAGE + 3), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_unmap(root, info.base - PAGE, 2 * PAGE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_unmap(root, end - PAGE, 2 * PAGE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_unmap(root, end, PAGE), ZX_ERR_INVALID_ARGS);
    assert_true(can_read(address));
    unmap_ok(end - PAGE, PAGE);                       /* nothing is there */
    zx_handle_t bare = dup_with(root, ZX_RIGHT_NONE); /* needs no right */
    assert_ok(zx_vmar_unmap(bare, address, 1));
    assert_false(can_read(address));
    assert_ok(zx_handle_close(bare));
    assert_ok(zx_handle_close(vmo));
}

static void placement(void **state)
{
    (void)state;
    const zx_info_vmar_t info = root_info();
    zx_vaddr_t address = 77;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    assert_int_equal(map_ok(R | ZX_VM_SPECIFIC, 2 * PAGE, vmo, 0, PAGE), info.base + 2 * PAGE);
    assert_status(map_root(R | ZX_VM_SPECIFIC, 2 * PAGE, vmo, 0, PAGE, &address),
                  ZX_ERR_ALREADY_EXISTS);
    assert_status(map_root(R | ZX_VM_SPECIFIC, PAGE, vmo, 0, 2 * PAGE, &address),
                  ZX_ERR_ALREADY_EXISTS);
    /* Below 5 pages there are two holes of two. */
    assert_status(map_root(R | UL, 5 * PAGE, vmo, 0, 3 * PAGE, &address), ZX_ERR_NO_MEMORY);
    zx_vaddr_t a = map_ok(R | UL, 5 * PAGE, vmo, 0, 2 * PAGE);
    zx_vaddr_t b = map_ok(R | UL, 5 * PAGE, vmo, 0, 2 * PAGE);
    assert_true(a != b && a < info.base + 4 * PAGE && b < info.base + 4 * PAGE);
    assert_status(map_root(R | UL, 5 * PAGE, vmo, 0, PAGE, &address), ZX_ERR_NO_MEMORY);
    assert_status(map_root(R, 0, vmo, 0, info.len, &address), ZX_ERR_NO_MEMORY);
    assert_int_equal(address, 77);
    unmap_ok(info.base, 5 * PAGE); /* all three at once */
    assert_ok(zx_handle_close(vmo));
}

/* A place in a region is for those whom the region lets choose; judged after the offset's own
 * faults, before the region's bounds. */
static void z175_places_in_a_region_without_specific(void **state)
{
    (void)state;
    static const struct {
        zx_vm_option_t options;
        uint64_t at;
        zx_status_t want;
    } cases[] = {
        {R | SP,      0,          ZX_ERR_ACCESS_DENIED},
        {R | OVR,     0,          ZX_ERR_ACCESS_DENIED},
        {R | UL,      PAGE,       ZX_ERR_ACCESS_DENIED},
        {R | SP,      1,          ZX_ERR_INVALID_ARGS },
        {R | SP,      100 * PAGE, ZX_ERR_ACCESS_DENIED},
        {R | SP | UL, 0,          ZX_ERR_INVALID_ARGS },
    };
    zx_handle_t vmo = new_vmo(PAGE, 0);
    struct vmar vmar = new_vmar(0, CR, 0, 4 * PAGE);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        zx_vaddr_t address = 77;
        zx_status_t got =
            zx_vmar_map(vmar.handle, cases[i].options, cases[i].at, vmo, 0, PAGE, &address);
        assert_status(got, cases[i].want);
        assert_int_equal(address, 77);
    }
    assert_int_equal(mappings_of(vmo), 0);
    (void)map_in(vmar.handle, R, 0, vmo, PAGE); /* where the region likes */
    free_vmar(vmar);
    assert_ok(zx_handle_close(vmo));
}

static void alignment(void **state)
{
    (void)state;
    const zx_info_vmar_t info = root_info();
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_vaddr_t first = map_ok(R | ZX_VM_SPECIFIC, 0, vmo, 0, PAGE);
    for (uint32_t power = 10; power <= 32; power++) {
        zx_vaddr_t address = map_ok(R | power << ZX_VM_ALIGN_BASE, 0, vmo, 0, PAGE);
        assert_int_equal(address % (1ULL << power), 0);
        unmap_ok(address, PAGE);
    }
    /* The only place that is aligned, in a hole without room to spare. */
    const zx_vm_option_t tight = R | ZX_VM_ALIGN_16KB | ZX_VM_OFFSET_IS_UPPER_LIMIT;
    zx_vaddr_t only = map_ok(tight, 5 * PAGE, vmo, 0, PAGE);
    assert_int_equal(only, info.base + 4 * PAGE);
    zx_vaddr_t address = 0;
    assert_status(map_root(tight, 5 * PAGE, vmo, 0, PAGE, &address), ZX_ERR_NO_MEMORY);
    unmap_ok(only, PAGE);
    unmap_ok(first, PAGE);
    assert_ok(zx_handle_close(vmo));
}

static void overwrite_replaces_parts(void **state)
{
    (void)state;
    zx_handle_t old = new_vmo(4 * PAGE, 0);
    zx_handle_t new = new_vmo(PAGE, 0);
    zx_vaddr_t address = map_ok(R | W, 0, old, 0, 4 * PAGE);
    const uint64_t offset = address - root_info().base;
    for (uint64_t i = 0; i < 4; i++) {
        bytes_at(address)[i * PAGE] = 'o';
    }
    assert_ok(zx_vmo_write(new, "n", 0, 1));
    assert_int_equal(map_ok(R | ZX_VM_SPECIFIC_OVERWRITE, offset + PAGE, new, 0, PAGE),
                     address + PAGE);
    assert_int_equal(bytes_at(address)[0], 'o');
    assert_int_equal(bytes_at(address)[PAGE], 'n');
    assert_int_equal(bytes_at(address)[2 * PAGE], 'o');
    unmap_ok(address, 2 * PAGE);
    assert_false(can_read(address + PAGE));
    assert_int_equal(bytes_at(address)[3 * PAGE], 'o');
    unmap_ok(address, 4 * PAGE);
    assert_int_equal(mappings_of(old), 0);
    assert_ok(zx_handle_close(old));
    assert_ok(zx_handle_close(new));
}

static void thirty_thousand_mappings(void **state)
{
    (void)state;
    const uint64_t count = 30000;
    const zx_info_vmar_t info = root_info();
    zx_handle_t vmo = new_vmo(PAGE, 0);
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(map_ok(R, 0, vmo, 0, PAGE), info.base + i * PAGE);
    }
    zx_vaddr_t address = 0;
    assert_status(map_root(R | ZX_VM_OFFSET_IS_UPPER_LIMIT, count * PAGE, vmo, 0, PAGE, &address),
                  ZX_ERR_NO_MEMORY);
    for (uint64_t i = 1; i < count; i += 2) {
        unmap_ok(info.base + i * PAGE, PAGE);
    }
    for (uint64_t i = 1; i < count; i += 2) { /* the holes are found, the lowest first */
        assert_int_equal(map_ok(R, 0, vmo, 0, PAGE), info.base + i * PAGE);
    }
    unmap_ok(info.base, count * PAGE);
    assert_ok(zx_handle_close(vmo));
}

static void a_closed_root_handle_is_a_bad_handle(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    assert_ok(zx_handle_close(root));
    assert_int_equal(zx_vmar_root_self(), root);
    assert_status(zx_vmar_unmap(root, 0, PAGE), ZX_ERR_BAD_HANDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_root_region),
        cmocka_unit_test(mappings_share_the_memory),
        cmocka_unit_test(z055_mapping_past_the_end),
        cmocka_unit_test(z160_z163_z172_map_arguments),
        cmocka_unit_test(z160_options_that_are_taken),
        cmocka_unit_test(z166_z178_map_rights),
        cmocka_unit_test(z169_permissions_are_the_kernels),
        cmocka_unit_test(z187_z190_unmap_arguments),
        cmocka_unit_test(placement),
        cmocka_unit_test(z175_places_in_a_region_without_specific),
        cmocka_unit_test(alignment),
        cmocka_unit_test(overwrite_replaces_parts),
        cmocka_unit_test(thirty_thousand_mappings),
        cmocka_unit_test(a_closed_root_handle_is_a_bad_handle), /* the last: no root after it */
    };
    return RUN_ZX_TESTS(tests);
}
