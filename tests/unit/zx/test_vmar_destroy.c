/* zx_vmar_destroy(), and zx_vmar_unmap() where regions are in the range. */
#include "vmar_test.h"

static void z196_statuses_of_destroy(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t less = dup_with(root, ZX_RIGHT_READ | ZX_RIGHT_DUPLICATE);
    struct vmar vmar = new_vmar(0, CR, 0, PAGE);
    zx_handle_t bare = dup_with(vmar.handle, ZX_RIGHT_NONE);
    assert_status(zx_vmar_destroy(ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmar_destroy(vmo), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmar_destroy(less), ZX_ERR_ACCESS_DENIED); /* before: it is the root */
    assert_status(zx_vmar_destroy(root), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_vmar_destroy(bare), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_vmar_destroy(vmar.handle));
    assert_status(zx_vmar_destroy(vmar.handle), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_destroy(bare), ZX_ERR_ACCESS_DENIED); /* before: it is destroyed */
    const zx_handle_t all[] = {vmo, less, bare, vmar.handle};
    assert_ok(zx_handle_close_many(all, 4));
}

static void z154_destroyed_regions_refuse_everything(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    struct vmar vmar = new_vmar(0, CR | CW | CS, 0, 4 * PAGE);
    zx_info_vmar_t info = vmar_info(vmar.handle);
    assert_ok(zx_vmar_destroy(vmar.handle));
    zx_handle_t v = vmar.handle;
    zx_handle_t child = 77;
    zx_vaddr_t at = 78;
    assert_status(zx_vmar_allocate(v, CR, 0, PAGE, &child, &at), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_allocate(v, CR, 0, PAGE + 1, &child, &at), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_allocate(v, CR, 0, 0, &child, &at), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_allocate(v, CR | CX, 0, 0, &child, &at), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmar_allocate(v, CR | SP | UL, 1, PAGE, NULL, NULL), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_map(v, R, 0, vmo, 0, PAGE, &at), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_map(v, R, 0, vmo, 0, 0, NULL), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_map(v, R, 0, vmo, 1, PAGE, &at), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_map(v, R, 0, vmo, LAST_PAGE, PAGE, &at), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmar_unmap(v, vmar.base, PAGE), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_unmap(v, 0, PAGE), ZX_ERR_BAD_STATE); /* before the bounds */
    assert_status(zx_vmar_unmap(v, vmar.base, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_protect(v, R, vmar.base, PAGE), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_protect(v, R, 0, PAGE), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_protect(v, R, vmar.base, 0), ZX_ERR_INVALID_ARGS);
    assert_true(child == 77 && at == 78);
    zx_info_vmar_t after = vmar_info(v); /* which works still */
    assert_true(after.base == info.base && after.len == info.len);
    zx_handle_t bare = dup_with(v, ZX_RIGHT_NONE);
    assert_status(zx_object_get_info(bare, ZX_INFO_VMAR, &after, sizeof(after), NULL, NULL),
                  ZX_ERR_ACCESS_DENIED);
    const zx_handle_t all[] = {vmo, v, bare};
    assert_ok(zx_handle_close_many(all, 3));
}

/* outer > middle > inner, with a mapping in each. */
struct tree {
    zx_handle_t vmo;
    struct vmar outer;
    struct vmar middle;
    struct vmar inner;
    zx_vaddr_t at[3];
};

static struct tree new_tree(void)
{
    struct tree t = {.vmo = new_vmo(4 * PAGE, 0)};
    t.outer = new_vmar(0, CR | CW | CS, 0, 12 * PAGE);
    t.middle = new_vmar(t.outer.handle, CR | CW | CS | SP, 2 * PAGE, 8 * PAGE);
    t.inner = new_vmar(t.middle.handle, CR | CW | CS | SP, 2 * PAGE, 4 * PAGE);
    t.at[0] = map_in(t.outer.handle, R | SP, 0, t.vmo, PAGE);
    t.at[1] = map_in(t.middle.handle, R | SP, 0, t.vmo, PAGE);
    t.at[2] = map_in(t.inner.handle, R | SP, 0, t.vmo, PAGE);
    return t;
}

static void free_tree(struct tree *t)
{
    const zx_handle_t all[] = {t->middle.handle, t->inner.handle, t->vmo};
    free_vmar(t->outer);
    assert_int_equal(mappings_of(t->vmo), 0);
    assert_ok(zx_handle_close_many(all, 3));
}

static void destroying_takes_all_below_it(void **state)
{
    (void)state;
    struct tree t = new_tree();
    assert_int_equal(mappings_of(t.vmo), 3);
    assert_ok(zx_vmar_destroy(t.middle.handle));
    assert_int_equal(mappings_of(t.vmo), 1);
    assert_true(can_read(t.at[0]) && !can_read(t.at[1]) && !can_read(t.at[2]));
    assert_status(zx_vmar_destroy(t.inner.handle), ZX_ERR_BAD_STATE);
    /* The range is the parent's again. */
    struct vmar again = new_vmar(t.outer.handle, CR | SP, 2 * PAGE, 8 * PAGE);
    assert_int_equal(again.base, t.middle.base);
    assert_status(zx_vmar_destroy(t.middle.handle), ZX_ERR_BAD_STATE);
    assert_ok(zx_handle_close(again.handle));
    free_tree(&t);
}

static void unmapping_destroys_whole_regions(void **state)
{
    (void)state;
    struct tree t = new_tree();
    zx_handle_t v = t.outer.handle;
    const zx_vaddr_t base = t.outer.base;
    zx_handle_t bare = dup_with(v, ZX_RIGHT_NONE);
    /* Some of a region, at each of its ends and inside. */
    assert_status(zx_vmar_unmap(v, base, 3 * PAGE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_unmap(v, base + 9 * PAGE, 2 * PAGE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_unmap(v, base + 4 * PAGE, PAGE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_unmap(bare, base, 12 * PAGE), ZX_ERR_INVALID_ARGS);
    assert_true(can_read(t.at[0]) && can_read(t.at[1]) && can_read(t.at[2]));
    assert_ok(zx_vmar_unmap(bare, base, 2 * PAGE)); /* no region in that */
    assert_true(!can_read(t.at[0]) && can_read(t.at[1]) && can_read(t.at[2]));
    assert_ok(zx_vmar_unmap(v, base + PAGE, 10 * PAGE));
    assert_true(!can_read(t.at[1]) && !can_read(t.at[2]));
    assert_status(zx_vmar_destroy(t.middle.handle), ZX_ERR_BAD_STATE);
    assert_status(zx_vmar_destroy(t.inner.handle), ZX_ERR_BAD_STATE);
    assert_ok(zx_handle_close(bare));
    free_tree(&t);
}

/* A range that is just that of a region, as one that is just that of a mapping. */
static void unmapping_the_range_of_a_region(void **state)
{
    (void)state;
    struct tree t = new_tree();
    zx_handle_t bare = dup_with(t.outer.handle, ZX_RIGHT_NONE);
    const zx_vaddr_t base = t.middle.base;
    assert_status(zx_vmar_unmap(bare, base, 8 * PAGE), ZX_ERR_INVALID_ARGS);
    assert_true(can_read(t.at[1]) && can_read(t.at[2]));
    assert_ok(zx_vmar_unmap(t.outer.handle, base, 8 * PAGE));
    assert_true(can_read(t.at[0]) && !can_read(t.at[1]) && !can_read(t.at[2]));
    assert_status(zx_vmar_destroy(t.middle.handle), ZX_ERR_BAD_STATE);
    assert_ok(zx_handle_close(bare));
    free_tree(&t);
}

static void unmapping_all_of_a_region_leaves_it(void **state)
{
    (void)state;
    struct tree t = new_tree();
    assert_ok(zx_vmar_unmap(t.inner.handle, t.inner.base, 4 * PAGE));
    assert_false(can_read(t.at[2]));
    assert_int_equal(map_in(t.inner.handle, R | SP, 0, t.vmo, PAGE), t.at[2]);
    /* Through a region only its own range. */
    assert_status(zx_vmar_unmap(t.inner.handle, t.inner.base, 5 * PAGE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_unmap(t.inner.handle, t.inner.base - PAGE, PAGE), ZX_ERR_INVALID_ARGS);
    free_tree(&t);
}

static void z193_unmapped_pages_stay_reserved(void **state)
{
    (void)state;
    struct tree t = new_tree();
    assert_ok(zx_vmar_unmap(t.inner.handle, t.at[2], PAGE));
    assert_false(can_read(t.at[2]));
    zx_vaddr_t at = 77;
    assert_status(zx_vmar_map(t.outer.handle, R | SP, t.at[2] - t.outer.base, t.vmo, 0, PAGE, &at),
                  ZX_ERR_ALREADY_EXISTS);
    zx_handle_t child = 78;
    assert_status(
        zx_vmar_allocate(t.outer.handle, CR | SP, t.at[2] - t.outer.base, PAGE, &child, &at),
        ZX_ERR_ALREADY_EXISTS);
    assert_status(zx_vmar_map(t.outer.handle, R | OVR, t.at[2] - t.outer.base, t.vmo, 0, PAGE, &at),
                  ZX_ERR_INVALID_ARGS); /* which replaces mappings, but no region */
    assert_status(zx_vmar_map(t.outer.handle, R | OVR, 0, t.vmo, 0, 12 * PAGE, &at),
                  ZX_ERR_INVALID_ARGS);
    assert_true(at == 77 && child == 78 && can_read(t.at[0]));
    free_tree(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z196_statuses_of_destroy),
        cmocka_unit_test(z154_destroyed_regions_refuse_everything),
        cmocka_unit_test(destroying_takes_all_below_it),
        cmocka_unit_test(unmapping_destroys_whole_regions),
        cmocka_unit_test(unmapping_the_range_of_a_region),
        cmocka_unit_test(unmapping_all_of_a_region_leaves_it),
        cmocka_unit_test(z193_unmapped_pages_stay_reserved),
    };
    return RUN_ZX_TESTS(tests);
}
