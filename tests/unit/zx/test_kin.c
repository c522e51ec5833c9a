/* Families of VMOs as a program sees them: parents, counts, ZX_VMO_ZERO_CHILDREN. */
#include "zx_test.h"

#include <pthread.h>

static zx_handle_t slice_of(zx_handle_t vmo)
{
    zx_handle_t child = ZX_HANDLE_INVALID;
    assert_ok(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 0, PAGE, &child));
    return child;
}

static zx_handle_t reference_of(zx_handle_t vmo)
{
    zx_handle_t child = ZX_HANDLE_INVALID;
    assert_ok(zx_vmo_create_child(vmo, ZX_VMO_CHILD_REFERENCE, 0, 0, &child));
    return child;
}

static void assert_family(zx_handle_t vmo, zx_koid_t parent, size_t children)
{
    zx_info_vmo_t info = {0};
    assert_ok(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.parent_koid, parent);
    assert_int_equal(info.num_children, children);
    assert_int_equal(signals_of(vmo), children == 0 ? ZX_VMO_ZERO_CHILDREN : 0);
}

/* Z121, with children of which no copy is made. */
static void z121_many_children(void **state)
{
    (void)state;
    enum { COUNT = 5 };
    for (int backwards = 0; backwards < 2; backwards++) {
        zx_handle_t vmo = new_vmo(PAGE, 0);
        zx_handle_t children[COUNT];
        assert_family(vmo, 0, 0);
        for (size_t i = 0; i < COUNT; i++) {
            children[i] = i % 2 == 0 ? slice_of(vmo) : reference_of(vmo);
            assert_family(vmo, 0, i + 1);
            assert_family(children[i], basic_of(vmo).koid, 0);
        }
        for (size_t i = 0; i < COUNT; i++) {
            assert_ok(zx_handle_close(children[backwards ? COUNT - 1 - i : i]));
            assert_family(vmo, 0, COUNT - 1 - i);
        }
        assert_ok(zx_handle_close(vmo));
    }
}

static void grandchildren_go_to_the_grandparent(void **state)
{
    (void)state;
    zx_handle_t root = new_vmo(PAGE, 0);
    zx_handle_t middle = slice_of(root);
    zx_handle_t left = slice_of(middle);
    zx_handle_t right = slice_of(middle);
    zx_handle_t leaf = slice_of(left);
    zx_koid_t root_koid = basic_of(root).koid;
    zx_koid_t left_koid = basic_of(left).koid;
    assert_family(root, 0, 1); /* direct ones only */
    assert_family(middle, root_koid, 2);
    assert_family(left, basic_of(middle).koid, 1);

    assert_ok(zx_handle_close(middle));
    assert_family(root, 0, 2);
    assert_family(left, root_koid, 1);
    assert_family(right, root_koid, 0);
    assert_family(leaf, left_koid, 0);

    assert_ok(zx_handle_close(root)); /* orphans have no parent, and keep their memory */
    assert_family(left, 0, 1);
    assert_family(right, 0, 0);
    assert_ok(zx_vmo_write(right, "x", 0, 1));
    char byte = 0;
    assert_ok(zx_vmo_read(leaf, &byte, 0, 1));
    assert_int_equal(byte, 'x');
    assert_ok(zx_handle_close(left));
    assert_family(leaf, 0, 0);
    assert_ok(zx_handle_close(leaf));
    assert_ok(zx_handle_close(right));
}

/* One child after the other goes from the middle: the parent never sees none. */
static void a_dying_child_with_a_child_is_no_zero(void **state)
{
    (void)state;
    zx_handle_t root = new_vmo(PAGE, 0);
    zx_handle_t child = reference_of(root);
    for (int i = 0; i < 10; i++) {
        zx_handle_t next = reference_of(child);
        assert_ok(zx_handle_close(child));
        assert_family(root, 0, 1);
        child = next;
    }
    assert_ok(zx_handle_close(child));
    assert_family(root, 0, 0);
    assert_ok(zx_handle_close(root));
}

static void duplicates_and_mappings_keep_a_child(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    zx_handle_t child = slice_of(vmo);
    zx_handle_t copy = dup_with(child, ZX_RIGHT_SAME_RIGHTS);
    zx_vaddr_t address = 0;
    assert_ok(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, child, 0, PAGE, &address));
    assert_ok(zx_handle_close(child));
    assert_family(vmo, 0, 1);
    assert_ok(zx_handle_close(copy));
    assert_family(vmo, 0, 1);
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), address, PAGE));
    assert_family(vmo, 0, 0);

    /* A mapping of the parent is none of the child's. */
    child = slice_of(vmo);
    assert_ok(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &address));
    assert_ok(zx_handle_close(child));
    assert_family(vmo, 0, 0);
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), address, PAGE));
    assert_ok(zx_handle_close(vmo));
}

/* The mapping is the last that holds the middle one: unmapping re-homes its children. */
static void unmapping_can_end_a_parent(void **state)
{
    (void)state;
    zx_handle_t root = new_vmo(PAGE, 0);
    zx_handle_t middle = slice_of(root);
    zx_handle_t leaf = slice_of(middle);
    zx_koid_t middle_koid = basic_of(middle).koid;
    zx_vaddr_t address = 0;
    assert_ok(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, middle, 0, PAGE, &address));
    assert_ok(zx_handle_close(middle));
    assert_family(leaf, middle_koid, 0);
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), address, PAGE));
    assert_family(leaf, basic_of(root).koid, 0);
    assert_ok(zx_handle_close(leaf));
    assert_ok(zx_handle_close(root));
}

static void *wait_for_zero(void *arg)
{
    zx_signals_t observed = 0;
    zx_status_t status =
        zx_object_wait_one(*(zx_handle_t *)arg, ZX_VMO_ZERO_CHILDREN, ZX_TIME_INFINITE, &observed);
    return status == ZX_OK && observed == ZX_VMO_ZERO_CHILDREN ? arg : NULL;
}

static void the_last_child_wakes_who_waits(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t children[] = {slice_of(vmo), reference_of(vmo)};
    zx_signals_t observed = 77;
    assert_status(zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, 0, &observed), ZX_ERR_TIMED_OUT);
    assert_int_equal(observed, 0);
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_zero, &vmo), 0);
    assert_ok(zx_handle_close_many(children, 2));
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &vmo);
    assert_ok(zx_handle_close(vmo));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z121_many_children),
        cmocka_unit_test(grandchildren_go_to_the_grandparent),
        cmocka_unit_test(a_dying_child_with_a_child_is_no_zero),
        cmocka_unit_test(duplicates_and_mappings_keep_a_child),
        cmocka_unit_test(unmapping_can_end_a_parent),
        cmocka_unit_test(the_last_child_wakes_who_waits),
    };
    return RUN_ZX_TESTS(tests);
}
