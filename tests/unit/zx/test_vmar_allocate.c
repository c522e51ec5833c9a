/* zx_vmar_allocate(): every row of its error table in the order in which they are judged, and where
 * regions go. */
#include "vmar_test.h"

static zx_status_t allocate(zx_handle_t parent, zx_vm_option_t options, uint64_t offset,
                            uint64_t size)
{
    zx_handle_t child = 77;
    zx_vaddr_t address = 78;
    zx_status_t status = zx_vmar_allocate(parent, options, offset, size, &child, &address);
    if (status == ZX_OK) {
        free_vmar((struct vmar){child, address});
    } else {
        assert_true(child == 77 && address == 78); /* written on success only */
    }
    return status;
}

static void z127_regions_lie_within_their_parents(void **state)
{
    (void)state;
    struct vmar outer = new_vmar(0, CR | CW, 0, 10 * PAGE);
    struct vmar inner = new_vmar(outer.handle, CR | CW, 0, PAGE);
    assert_true(outer.base != 0 && outer.base % PAGE == 0);
    assert_true(inner.base >= outer.base && inner.base + PAGE <= outer.base + 10 * PAGE);
    zx_info_vmar_t info = vmar_info(inner.handle);
    assert_true(info.base == inner.base && info.len == PAGE);
    assert_int_equal(basic_of(inner.handle).type, ZX_OBJ_TYPE_VMAR);
    assert_int_equal(basic_of(inner.handle).related_koid, 0);
    assert_false(can_read(inner.base)); /* reserved, without access */
    free_vmar(inner);
    free_vmar(outer);
}

/* Each row has one more thing wrong than the errors that come after it could explain. */
static void z130_z133_z136_z142_z145_arguments(void **state)
{
    (void)state;
    const uint64_t size = 8 * PAGE;
    const zx_vm_option_t bit31 = (zx_vm_option_t)1 << 31;
    const struct {
        bool has_specific; /* the parent has ZX_VM_CAN_MAP_SPECIFIC */
        zx_vm_option_t options;
        uint64_t offset;
        uint64_t size;
        zx_status_t status;
    } rows[] = {
        {true,  CR | bit31,                              0,            4 * PAGE,    ZX_ERR_INVALID_ARGS  },
        {true,  CR | (1U << 16),                         0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | (1U << 23),                         0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | ZX_VM_MAP_RANGE,                    0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | 1U << ZX_VM_ALIGN_BASE,             0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | 9U << ZX_VM_ALIGN_BASE,             0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | 33U << ZX_VM_ALIGN_BASE,            0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | R,                                  0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CW | W,                                  0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CX | X,                                  0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR,                                      0,            PAGE + 1,    ZX_ERR_INVALID_ARGS  },
        {true,  CR | OVR,                                0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | ZX_VM_REQUIRE_NON_RESIZABLE,        0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | ZX_VM_ALLOW_FAULTS,                 0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | ZX_VM_FAULT_BEYOND_STREAM_SIZE,     0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR,                                      0,            0,           ZX_ERR_INVALID_ARGS  },
        {false, CR | SP | UL,                            PAGE,         PAGE,        ZX_ERR_INVALID_ARGS  }, /* before the permission */
        {false, CR,                                      PAGE,         PAGE,        ZX_ERR_INVALID_ARGS  },
        {false, CR | SP,                                 1,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {false, CR | UL,                                 2 * PAGE + 1, PAGE,        ZX_ERR_INVALID_ARGS  },
        {false, CR | SP,                                 size,         PAGE,        ZX_ERR_ACCESS_DENIED }, /* before the bounds */
        {false, CR | UL,                                 2 * size,     PAGE,        ZX_ERR_ACCESS_DENIED },
        {false, CR | SP,                                 0,            PAGE,        ZX_ERR_ACCESS_DENIED },
        {false, CR | UL,                                 size,         PAGE,        ZX_ERR_ACCESS_DENIED },
        {true,  CR | SP,                                 size,         PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | SP,                                 size - PAGE,  2 * PAGE,    ZX_ERR_INVALID_ARGS  },
        {true,  CR | SP,                                 LAST_PAGE,    PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | SP,                                 PAGE,         LAST_PAGE,   ZX_ERR_INVALID_ARGS  },
        {false, CR,                                      0,            size + PAGE, ZX_ERR_INVALID_ARGS  },
        {true,  CR | UL,                                 size + PAGE,  PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | UL,                                 PAGE,         2 * PAGE,    ZX_ERR_INVALID_ARGS  },
        {true,  CR | UL,                                 0,            PAGE,        ZX_ERR_INVALID_ARGS  },
        {true,  CR | SP | ZX_VM_ALIGN_4GB,               2 * PAGE,     PAGE,
         ZX_ERR_INVALID_ARGS                                                                             }, /* before the overlap */
        {true,  CR | SP,                                 2 * PAGE,     PAGE,        ZX_ERR_ALREADY_EXISTS},
        {true,  CR | SP,                                 PAGE,         2 * PAGE,    ZX_ERR_ALREADY_EXISTS},
        {true,  CR | SP,                                 5 * PAGE,     PAGE,        ZX_ERR_ALREADY_EXISTS}, /* a mapping */
        {true,  CR,                                      0,            4 * PAGE,    ZX_ERR_NO_MEMORY     },
        {true,  CR | UL,                                 3 * PAGE,     3 * PAGE,    ZX_ERR_NO_MEMORY     },
        {true,  CR | ZX_VM_ALIGN_4GB,                    0,            3 * PAGE,    ZX_ERR_NO_MEMORY     },
        {true,  CR,                                      0,            2 * PAGE,    ZX_OK                },
        {true,  CR | SP,                                 PAGE,         PAGE,        ZX_OK                },
        {false, CR | CS | ZX_VM_COMPACT,                 0,            size,        ZX_OK                },
        {true,  CR | ZX_VM_PERM_READ_IF_XOM_UNSUPPORTED, 0,            PAGE,        ZX_OK                }, /* passed over */
        {true,  CR | ZX_VM_ALIGN_1KB,                    0,            PAGE,        ZX_OK                },
    };
    zx_handle_t vmo = new_vmo(PAGE, 0);
    struct vmar with = new_vmar(0, CR | CW | CX | CS | ZX_VM_ALIGN_4GB, 0, size);
    struct vmar without = new_vmar(0, CR | CW | CX, 0, size);
    struct vmar taken = new_vmar(with.handle, CR | SP, 2 * PAGE, PAGE);
    (void)map_in(with.handle, R | SP, 5 * PAGE, vmo, PAGE);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_status(allocate(rows[i].has_specific ? with.handle : without.handle, rows[i].options,
                               rows[i].offset, rows[i].size),
                      rows[i].status);
    }
    assert_ok(zx_handle_close(taken.handle));
    free_vmar(with);
    free_vmar(without);
    assert_ok(zx_handle_close(vmo));
}

static void z148_z151_handles_and_rights(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t closed = dup_with(root, ZX_RIGHT_SAME_RIGHTS);
    assert_ok(zx_handle_close(closed));
    const zx_vm_option_t bad = CR | CW | CX | R | (1U << 16);
    assert_status(allocate(ZX_HANDLE_INVALID, bad, 1, 1), ZX_ERR_BAD_HANDLE);
    assert_status(allocate(closed, bad, 1, 1), ZX_ERR_BAD_HANDLE);
    assert_status(allocate(vmo, bad, 1, 1), ZX_ERR_WRONG_TYPE);
    assert_ok(zx_handle_close(vmo));

    const zx_rights_t rights[] = {ZX_RIGHT_READ, ZX_RIGHT_READ | ZX_RIGHT_WRITE,
                                  ZX_RIGHT_READ | ZX_RIGHT_EXECUTE};
    for (size_t i = 0; i < 3; i++) {
        zx_handle_t less = dup_with(root, rights[i]);
        assert_status(allocate(less, bad, 1, 1), ZX_ERR_ACCESS_DENIED);
        assert_ok(allocate(less, CR, 0, PAGE));
        assert_ok(zx_handle_close(less));
    }
    struct vmar none = new_vmar(0, 0, 0, PAGE);
    assert_int_equal(basic_of(none.handle).rights, 0x208003);
    free_vmar(none);
    struct vmar all = new_vmar(0, CR | CW | CX | CS, 0, PAGE);
    assert_int_equal(basic_of(all.handle).rights, 0x20801F);
    free_vmar(all);
}

/* What a parent cannot map, nothing below it can. ZX_VM_CAN_MAP_SPECIFIC needs nothing. */
static void can_map_is_inherited(void **state)
{
    (void)state;
    const zx_vm_option_t bits[] = {CR, CW, CX};
    for (unsigned have = 0; have < 8; have++) {
        zx_vm_option_t options = 0;
        for (unsigned i = 0; i < 3; i++) {
            options |= (have >> i & 1) != 0 ? bits[i] : 0;
        }
        struct vmar parent = new_vmar(0, options, 0, 4 * PAGE);
        for (unsigned i = 0; i < 3; i++) {
            assert_status(allocate(parent.handle, bits[i] | CS, 0, PAGE),
                          (have >> i & 1) != 0 ? ZX_OK : ZX_ERR_ACCESS_DENIED);
        }
        assert_ok(allocate(parent.handle, CS, 0, PAGE));
        assert_ok(allocate(parent.handle, options, 0, PAGE));
        free_vmar(parent);
    }
}

static void a_missing_output_is_judged_last(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    zx_handle_t child = 77;
    zx_vaddr_t address = 78;
    assert_status(zx_vmar_allocate(root, CR, 0, PAGE, NULL, &address), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_allocate(root, CR, 0, PAGE, &child, NULL), ZX_ERR_INVALID_ARGS);
    assert_true(child == 77 && address == 78);
    struct vmar full = new_vmar(0, CR | CS, 0, PAGE);
    struct vmar inner = new_vmar(full.handle, CR, 0, PAGE);
    assert_status(zx_vmar_allocate(full.handle, CR | SP, 0, PAGE, NULL, NULL),
                  ZX_ERR_ALREADY_EXISTS);
    assert_status(zx_vmar_allocate(full.handle, CR, 0, PAGE, NULL, NULL), ZX_ERR_NO_MEMORY);
    assert_ok(zx_handle_close(inner.handle));
    free_vmar(full);
}

static void z139_z157_ranges_stay_taken(void **state)
{
    (void)state;
    struct vmar outer = new_vmar(0, CR | CS, 0, 4 * PAGE);
    struct vmar first = new_vmar(outer.handle, CR | SP, 0, PAGE);
    assert_int_equal(first.base, outer.base);
    assert_ok(zx_handle_close(first.handle)); /* does not give the range back */
    assert_status(allocate(outer.handle, CR | SP, 0, PAGE), ZX_ERR_ALREADY_EXISTS);
    assert_status(allocate(outer.handle, CR, 0, 4 * PAGE), ZX_ERR_NO_MEMORY);
    struct vmar rest = new_vmar(outer.handle, CR, 0, 3 * PAGE); /* only one place fits */
    assert_int_equal(rest.base, outer.base + PAGE);
    free_vmar(rest);
    assert_ok(allocate(outer.handle, CR, 0, 3 * PAGE));
    free_vmar(outer);
}

static void upper_limits(void **state)
{
    (void)state;
    struct vmar outer = new_vmar(0, CR | CS, 0, 8 * PAGE);
    struct vmar low = new_vmar(outer.handle, CR | UL, 2 * PAGE, 2 * PAGE);
    assert_int_equal(low.base, outer.base);
    assert_status(allocate(outer.handle, CR | UL, 2 * PAGE, PAGE), ZX_ERR_NO_MEMORY);
    struct vmar next = new_vmar(outer.handle, CR | UL, 3 * PAGE, PAGE);
    assert_int_equal(next.base, outer.base + 2 * PAGE);
    struct vmar whole = new_vmar(outer.handle, CR | UL, 8 * PAGE, 5 * PAGE);
    assert_int_equal(whole.base, outer.base + 3 * PAGE);
    free_vmar(whole);
    free_vmar(next);
    free_vmar(low);
    free_vmar(outer);
}

static void every_alignment(void **state)
{
    (void)state;
    struct vmar outer = new_vmar(0, CR | CS, 0, 6ULL << 30);
    struct vmar first = new_vmar(outer.handle, CR | SP, 0, PAGE);
    for (uint32_t power = 10; power <= 32; power++) {
        const zx_vm_option_t align = power << ZX_VM_ALIGN_BASE;
        const uint64_t unit = power < 12 ? PAGE : 1ULL << power;
        struct vmar any = new_vmar(outer.handle, CR | align, 0, PAGE);
        assert_int_equal(any.base % unit, 0);
        free_vmar(any);
        /* The same at a place of one's own choice; it counts from zero, not from the parent. */
        const uint64_t right = (outer.base + 2 * PAGE + unit - 1) / unit * unit - outer.base;
        assert_ok(allocate(outer.handle, CR | SP | align, right, PAGE));
        assert_status(allocate(outer.handle, CR | SP | align, right + PAGE, PAGE),
                      unit == PAGE ? ZX_OK : ZX_ERR_INVALID_ARGS);
    }
    free_vmar(first);
    free_vmar(outer);
}

static void regions_nest_to_any_depth(void **state)
{
    (void)state;
    enum { DEPTH = 20000 };
    struct vmar top = new_vmar(0, CR | CS, 0, PAGE);
    struct vmar vmar = top;
    for (int i = 0; i < DEPTH; i++) {
        struct vmar inner = new_vmar(vmar.handle, CR | CS, 0, PAGE);
        assert_int_equal(inner.base, top.base);
        if (i > 0) {
            assert_ok(zx_handle_close(vmar.handle));
        }
        vmar = inner;
    }
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_vaddr_t address = map_in(vmar.handle, R, 0, vmo, PAGE);
    assert_true(can_read(address));
    assert_ok(zx_vmar_protect(top.handle, 0, address, PAGE));
    assert_false(can_read(address));
    free_vmar(top);
    zx_handle_t child;
    assert_status(zx_vmar_allocate(vmar.handle, CR, 0, PAGE, &child, &address), ZX_ERR_BAD_STATE);
    assert_ok(zx_handle_close(vmar.handle));
    assert_int_equal(mappings_of(vmo), 0);
    assert_ok(zx_handle_close(vmo));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z127_regions_lie_within_their_parents),
        cmocka_unit_test(z130_z133_z136_z142_z145_arguments),
        cmocka_unit_test(z148_z151_handles_and_rights),
        cmocka_unit_test(can_map_is_inherited),
        cmocka_unit_test(a_missing_output_is_judged_last),
        cmocka_unit_test(z139_z157_ranges_stay_taken),
        cmocka_unit_test(upper_limits),
        cmocka_unit_test(every_alignment),
        cmocka_unit_test(regions_nest_to_any_depth),
    };
    return RUN_ZX_TESTS(tests);
}
