/* zx_vmar_protect(). */
#include "vmar_test.h"

static void z181_arguments(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    struct vmar vmar = new_vmar(0, CR | CW | CS, 0, 8 * PAGE);
    zx_handle_t v = vmar.handle;
    zx_handle_t reader = dup_with(v, ZX_RIGHT_READ);
    const zx_vaddr_t at = map_in(v, R | W | SP, 2 * PAGE, vmo, 2 * PAGE);
    const uint64_t most = UINT64_MAX - PAGE + 3; /* rounds to nothing */
    const struct {
        zx_handle_t handle;
        zx_vm_option_t options;
        zx_vaddr_t at;
        uint64_t len;
        zx_status_t status;
    } rows[] = {
        {0,      W | CW,              at + 1,           0,         ZX_ERR_BAD_HANDLE   },
        {vmo,    W | CW,              at + 1,           0,         ZX_ERR_WRONG_TYPE   },
        {reader, W | CW,              at + 1,           0,         ZX_ERR_ACCESS_DENIED},
        {reader, R | W,               at,               PAGE,      ZX_ERR_ACCESS_DENIED},
        {v,      R | X,               at + 1,           0,         ZX_ERR_ACCESS_DENIED},
        {v,      W,                   at,               PAGE,      ZX_ERR_INVALID_ARGS },
        {v,      R,                   at + 1,           PAGE,      ZX_ERR_INVALID_ARGS },
        {v,      R | CW,              at,               PAGE,      ZX_ERR_INVALID_ARGS },
        {v,      R | SP,              at,               PAGE,      ZX_ERR_INVALID_ARGS },
        {v,      R | ZX_VM_ALIGN_4KB, at,               PAGE,      ZX_ERR_INVALID_ARGS },
        {v,      R | 1U << 31,        at,               PAGE,      ZX_ERR_INVALID_ARGS },
        {v,      R,                   at,               0,         ZX_ERR_INVALID_ARGS },
        {v,      R,                   at - PAGE,        most,      ZX_ERR_INVALID_ARGS },
        {v,      R,                   at,               most,      ZX_ERR_INVALID_ARGS },
        {v,      R,                   at + PAGE,        most,      ZX_ERR_INVALID_ARGS },
        {v,      R,                   at,               LAST_PAGE, ZX_ERR_INVALID_ARGS },
        {v,      R,                   vmar.base - PAGE, 8 * PAGE,  ZX_ERR_INVALID_ARGS },
        {v,      R,                   at,               8 * PAGE,  ZX_ERR_INVALID_ARGS }, /* before the hole */
        {v,      R,                   at - PAGE,        2 * PAGE,  ZX_ERR_NOT_FOUND    },
        {v,      R,                   at + PAGE,        2 * PAGE,  ZX_ERR_NOT_FOUND    },
        {v,      R,                   vmar.base,        PAGE,      ZX_ERR_NOT_FOUND    },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_status(zx_vmar_protect(rows[i].handle, rows[i].options, rows[i].at, rows[i].len),
                      rows[i].status);
        assert_true(can_write(at) && can_write(at + PAGE));
    }
    assert_ok(zx_vmar_protect(reader, R, at, 1)); /* a part of a page is all of it */
    assert_true(can_read(at) && !can_write(at) && can_write(at + PAGE));
    free_vmar(vmar);
    const zx_handle_t all[] = {vmo, reader};
    assert_ok(zx_handle_close_many(all, 2));
}

static void z169_no_access_and_back(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(3 * PAGE, 0);
    struct vmar vmar = new_vmar(0, CR | CW | CS, 0, 3 * PAGE);
    const zx_vaddr_t at = map_in(vmar.handle, R | W, 0, vmo, 3 * PAGE);
    bytes_at(at)[PAGE] = 'x';
    assert_ok(zx_vmar_protect(vmar.handle, 0, at + PAGE, PAGE)); /* the middle */
    assert_true(can_write(at) && !can_read(at + PAGE) && can_write(at + 2 * PAGE));
    assert_ok(zx_vmar_protect(vmar.handle, R, at, 3 * PAGE));
    assert_int_equal(bytes_at(at)[PAGE], 'x');
    for (uint64_t i = 0; i < 3; i++) {
        assert_true(can_read(at + i * PAGE) && !can_write(at + i * PAGE));
    }
    assert_ok(zx_vmar_unmap(vmar.handle, at + PAGE, 1));
    assert_status(zx_vmar_protect(vmar.handle, R, at, 3 * PAGE), ZX_ERR_NOT_FOUND);
    free_vmar(vmar);
    assert_int_equal(mappings_of(vmo), 0);
    assert_ok(zx_handle_close(vmo));
}

static void z178_z184_all_or_nothing(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t reader = dup_with(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
    struct vmar vmar = new_vmar(0, CR | CW | CS, 0, 3 * PAGE);
    zx_handle_t v = vmar.handle;
    zx_handle_t read_region = dup_with(v, ZX_RIGHT_READ);
    for (uint64_t i = 0; i < 3; i++) {
        (void)map_in(v, R | SP, i * PAGE, vmo, PAGE);
    }
    assert_ok(zx_vmar_protect(v, R | W, vmar.base, 3 * PAGE));
    assert_true(can_write(vmar.base) && can_write(vmar.base + 2 * PAGE));
    assert_ok(zx_vmar_protect(v, R, vmar.base, 3 * PAGE));

    /* The one in the middle is from a handle that could not write: of the VMO, then of the region.
     */
    const struct {
        zx_handle_t region;
        zx_handle_t vmo;
    } rows[] = {
        {v,           reader},
        {read_region, vmo   },
    };
    for (size_t i = 0; i < 2; i++) {
        (void)map_in(rows[i].region, R | OVR, PAGE, rows[i].vmo, PAGE);
        assert_status(zx_vmar_protect(v, R | W, vmar.base, 3 * PAGE), ZX_ERR_ACCESS_DENIED);
        assert_false(can_write(vmar.base) || can_write(vmar.base + PAGE));
        assert_ok(zx_vmar_protect(v, R | W, vmar.base, PAGE));
        assert_ok(zx_vmar_protect(v, R, vmar.base, 3 * PAGE));
    }
    /* A refusal before a hole, and a hole before a refusal: the lower one is met first. */
    assert_ok(zx_vmar_unmap(v, vmar.base + 2 * PAGE, PAGE));
    assert_status(zx_vmar_protect(v, R | W, vmar.base, 3 * PAGE), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_vmar_unmap(v, vmar.base, PAGE));
    assert_status(zx_vmar_protect(v, R | W, vmar.base, 3 * PAGE), ZX_ERR_NOT_FOUND);
    free_vmar(vmar);
    const zx_handle_t all[] = {vmo, reader, read_region};
    assert_ok(zx_handle_close_many(all, 3));
}

static void what_handles_allowed_at_first_counts(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    struct vmar vmar = new_vmar(0, CR | CW | CS, 0, PAGE);
    const zx_vaddr_t at = map_in(vmar.handle, 0, 0, vmo, PAGE);
    assert_ok(zx_handle_close(vmo)); /* changes nothing */
    assert_ok(zx_vmar_protect(vmar.handle, R | W, at, PAGE));
    assert_true(can_write(at));
    free_vmar(vmar);
}

static void deeper_regions_only_lose(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t reader = dup_with(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
    struct vmar outer = new_vmar(0, CR | CW | CS, 0, 4 * PAGE);
    struct vmar inner = new_vmar(outer.handle, CR | CW | CS | SP, PAGE, 2 * PAGE);
    zx_handle_t no_children = dup_with(outer.handle, ZX_RIGHT_READ | ZX_RIGHT_WRITE);
    (void)map_in(outer.handle, R | W | SP, 0, vmo, PAGE);
    const zx_vaddr_t at = map_in(inner.handle, R | W | SP, 0, vmo, PAGE);
    assert_status(zx_vmar_protect(no_children, R, outer.base, 2 * PAGE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_protect(no_children, R, outer.base, 3 * PAGE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_protect(no_children, R, at + PAGE, PAGE), ZX_ERR_NOT_FOUND);
    assert_true(can_write(at));
    assert_ok(zx_vmar_protect(outer.handle, R, outer.base, 2 * PAGE));
    assert_true(can_read(at) && !can_write(at) && !can_write(outer.base));
    assert_status(zx_vmar_protect(outer.handle, R | W, outer.base, 2 * PAGE), ZX_ERR_ACCESS_DENIED);
    assert_false(can_write(outer.base)); /* nothing has changed */
    assert_status(zx_vmar_protect(outer.handle, R, outer.base, 3 * PAGE), ZX_ERR_NOT_FOUND);
    /* Who may not go deeper hears that first. */
    assert_status(zx_vmar_protect(no_children, R | W, at, PAGE), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_vmar_protect(inner.handle, R | W, at, PAGE));
    assert_true(can_write(at));
    /* What a mapping may never have is refused before the region is looked at. */
    (void)map_in(inner.handle, R | OVR, 0, reader, PAGE);
    assert_status(zx_vmar_protect(no_children, R | W, at, PAGE), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close(inner.handle));
    free_vmar(outer);
    const zx_handle_t all[] = {vmo, reader, no_children};
    assert_ok(zx_handle_close_many(all, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z181_arguments),
        cmocka_unit_test(z169_no_access_and_back),
        cmocka_unit_test(z178_z184_all_or_nothing),
        cmocka_unit_test(what_handles_allowed_at_first_counts),
        cmocka_unit_test(deeper_regions_only_lose),
    };
    return RUN_ZX_TESTS(tests);
}
