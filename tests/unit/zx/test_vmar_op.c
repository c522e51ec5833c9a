/* zx_vmar_op_range(). */
#include "vmar_test.h"

#define COMMIT    ZX_VMAR_OP_COMMIT
#define DECOMMIT  ZX_VMAR_OP_DECOMMIT
#define ZERO      ZX_VMAR_OP_ZERO
#define MAP_RANGE ZX_VMAR_OP_MAP_RANGE

static const uint32_t all_ops[] = {COMMIT,
                                   DECOMMIT,
                                   ZX_VMAR_OP_PREFETCH,
                                   ZERO,
                                   MAP_RANGE,
                                   ZX_VMAR_OP_DONT_NEED,
                                   ZX_VMAR_OP_ALWAYS_NEED};

enum { OPS = 7, DIRECT_OPS = 3 /* the first ones: they enter no region */ };

static zx_status_t op(zx_handle_t vmar, uint32_t number, zx_vaddr_t at, uint64_t len)
{
    return zx_vmar_op_range(vmar, number, at, len, NULL, 0);
}

static uint64_t committed(zx_handle_t vmo)
{
    zx_info_vmo_t info = {0};
    assert_ok(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    return info.committed_bytes;
}

static void statuses_in_their_order(void **state)
{
    (void)state;
    char byte = 0;
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    struct vmar vmar = new_vmar(0, CR | CW | CS, 0, 4 * PAGE);
    zx_handle_t v = vmar.handle;
    const zx_vaddr_t at = map_in(v, R | W | SP, PAGE, vmo, 2 * PAGE);
    const uint64_t most = UINT64_MAX - PAGE + 3; /* rounds to nothing */
    struct vmar dead = new_vmar(0, CR, 0, PAGE);
    assert_ok(zx_vmar_destroy(dead.handle));
    assert_status(zx_vmar_op_range(0, 0, 1, 0, &byte, 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmar_op_range(vmo, 0, 1, 0, &byte, 1), ZX_ERR_WRONG_TYPE);
    const uint32_t bad[] = {0, 4, 5, 9, 11, 15, UINT32_MAX};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_status(op(v, bad[i], at, PAGE), ZX_ERR_INVALID_ARGS);
        assert_status(op(v, bad[i], 0, PAGE), ZX_ERR_INVALID_ARGS);
    }
    for (int i = 0; i < OPS; i++) {
        const uint32_t n = all_ops[i];
        assert_status(zx_vmar_op_range(v, n, 0, PAGE, &byte, 0), ZX_ERR_INVALID_ARGS);
        assert_status(zx_vmar_op_range(v, n, 0, PAGE, NULL, 1), ZX_ERR_INVALID_ARGS);
        assert_status(op(v, n, 0, 0), ZX_ERR_INVALID_ARGS);
        assert_status(op(v, n, at + 1, PAGE), ZX_ERR_INVALID_ARGS);
        assert_status(op(v, n, at, most), ZX_ERR_INVALID_ARGS);
        assert_status(op(v, n, vmar.base - PAGE, 2 * PAGE), ZX_ERR_OUT_OF_RANGE);
        assert_status(op(v, n, at, 4 * PAGE), ZX_ERR_OUT_OF_RANGE);
        assert_status(op(v, n, at, LAST_PAGE), ZX_ERR_OUT_OF_RANGE);
        assert_status(op(dead.handle, n, dead.base + PAGE, PAGE), ZX_ERR_OUT_OF_RANGE);
        assert_status(op(dead.handle, n, dead.base, PAGE), ZX_ERR_BAD_STATE);
        assert_status(op(v, n, vmar.base, PAGE), ZX_ERR_BAD_STATE);
        assert_status(op(v, n, vmar.base, 2 * PAGE), ZX_ERR_BAD_STATE);
        assert_status(op(v, n, at, 3 * PAGE), ZX_ERR_BAD_STATE);
        assert_ok(op(v, n, at, 2 * PAGE));
        assert_ok(op(v, n, at, PAGE + 1)); /* rounded up */
    }
    free_vmar(vmar);
    const zx_handle_t all[] = {vmo, dead.handle};
    assert_ok(zx_handle_close_many(all, 2));
}

/* What may ever be written counts, not what can be written now. */
static void changing_memory_needs_write(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t reader = dup_with(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP);
    struct vmar vmar = new_vmar(0, CR | CW | CS, 0, 2 * PAGE);
    zx_handle_t bare = dup_with(vmar.handle, ZX_RIGHT_NONE);
    const zx_vaddr_t may = map_in(vmar.handle, 0, 0, vmo, PAGE);
    const zx_vaddr_t never = map_in(vmar.handle, R, 0, reader, PAGE);
    for (int i = 0; i < OPS; i++) {
        const uint32_t n = all_ops[i];
        const bool changes = n == COMMIT || n == DECOMMIT || n == ZERO;
        assert_ok(op(bare, n, may, PAGE)); /* needs no right */
        assert_status(op(bare, n, never, PAGE), changes ? ZX_ERR_ACCESS_DENIED : ZX_OK);
    }
    free_vmar(vmar);
    const zx_handle_t all[] = {vmo, reader, bare};
    assert_ok(zx_handle_close_many(all, 3));
}

static void z199_memory_changes_in_every_mapping(void **state)
{
    (void)state;
    zx_handle_t first = new_vmo(2 * PAGE, 0);
    zx_handle_t second = new_vmo(2 * PAGE, 0);
    struct vmar vmar = new_vmar(0, CR | CW | CS, 0, 8 * PAGE);
    zx_handle_t v = vmar.handle;
    const zx_vaddr_t at = map_in(v, R | W | SP, 0, first, 2 * PAGE);
    (void)map_in(v, R | W | SP, 2 * PAGE, second, 2 * PAGE);
    const zx_vaddr_t other = map_in(v, R | W | SP, 4 * PAGE, first, 2 * PAGE);
    const uint32_t wipes[] = {DECOMMIT, ZERO};
    for (int i = 0; i < 2; i++) {
        for (uint64_t page = 0; page < 4; page++) {
            bytes_at(at)[page * PAGE] = 'x';
        }
        /* The second page of the first and the first page of the second. */
        assert_ok(op(v, wipes[i], at + PAGE, 2 * PAGE));
        assert_true(bytes_at(at)[0] == 'x' && bytes_at(at)[PAGE] == 0);
        assert_true(bytes_at(at)[2 * PAGE] == 0 && bytes_at(at)[3 * PAGE] == 'x');
        assert_true(bytes_at(other)[0] == 'x' && bytes_at(other)[PAGE] == 0);
    }
    assert_ok(zx_vmar_unmap(v, at + PAGE, PAGE));
    assert_status(op(v, DECOMMIT, at, 2 * PAGE), ZX_ERR_BAD_STATE);
    assert_ok(op(v, COMMIT, at + 2 * PAGE, 2 * PAGE));
    assert_int_equal(committed(second), 2 * PAGE);
    assert_ok(op(v, DECOMMIT, at + 2 * PAGE, 2 * PAGE));
    assert_int_equal(committed(second), 0);
    free_vmar(vmar);
    const zx_handle_t all[] = {first, second};
    assert_ok(zx_handle_close_many(all, 2));
}

static void beyond_the_vmo(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    struct vmar vmar = new_vmar(0, CR | CW, 0, 4 * PAGE);
    const zx_vaddr_t at = map_in(vmar.handle, R | W, 0, vmo, 4 * PAGE);
    for (int i = 0; i < OPS; i++) {
        const bool is_hint = all_ops[i] == MAP_RANGE || all_ops[i] == ZX_VMAR_OP_DONT_NEED ||
                             all_ops[i] == ZX_VMAR_OP_ALWAYS_NEED;
        assert_ok(op(vmar.handle, all_ops[i], at, 2 * PAGE));
        assert_status(op(vmar.handle, all_ops[i], at, 4 * PAGE),
                      is_hint ? ZX_OK : ZX_ERR_OUT_OF_RANGE);
    }
    free_vmar(vmar);
    assert_ok(zx_handle_close(vmo));
}

static void z202_deeper_regions(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    struct vmar outer = new_vmar(0, CR | CW | CS, 0, 4 * PAGE);
    struct vmar inner = new_vmar(outer.handle, CR | CW | CS | SP, PAGE, 2 * PAGE);
    zx_handle_t no_children = dup_with(outer.handle, ZX_RIGHT_READ | ZX_RIGHT_WRITE);
    (void)map_in(outer.handle, R | W | SP, 0, vmo, PAGE);
    const zx_vaddr_t at = map_in(inner.handle, R | W | SP, 0, vmo, PAGE);
    for (int i = 0; i < OPS; i++) {
        const zx_status_t through = i < DIRECT_OPS ? ZX_ERR_INVALID_ARGS : ZX_OK;
        assert_ok(op(inner.handle, all_ops[i], at, PAGE));
        assert_ok(op(no_children, all_ops[i], outer.base, PAGE));
        assert_status(op(outer.handle, all_ops[i], outer.base, 2 * PAGE), through);
        assert_status(op(no_children, all_ops[i], outer.base, 2 * PAGE), ZX_ERR_INVALID_ARGS);
        assert_status(op(outer.handle, all_ops[i], at, 2 * PAGE), /* the second one is a hole */
                      i < DIRECT_OPS ? ZX_ERR_INVALID_ARGS : ZX_ERR_BAD_STATE);
    }
    bytes_at(at)[0] = 'x';
    assert_ok(op(outer.handle, ZERO, outer.base, 2 * PAGE));
    assert_int_equal(bytes_at(at)[0], 0);
    assert_ok(zx_handle_close(inner.handle));
    free_vmar(outer);
    const zx_handle_t all[] = {vmo, no_children};
    assert_ok(zx_handle_close_many(all, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_in_their_order),
        cmocka_unit_test(changing_memory_needs_write),
        cmocka_unit_test(z199_memory_changes_in_every_mapping),
        cmocka_unit_test(beyond_the_vmo),
        cmocka_unit_test(z202_deeper_regions),
    };
    return RUN_ZX_TESTS(tests);
}
