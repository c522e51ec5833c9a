/* Mappings of which a part has no file behind it. */
#include "vmar_test.h"

static const zx_vm_option_t BOUNDED = R | W | ZX_VM_ALLOW_FAULTS | ZX_VM_FAULT_BEYOND_STREAM_SIZE;

static void set_stream(zx_handle_t vmo, uint64_t size)
{
    assert_ok(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, sizeof(size)));
}

/* Of `count` pages exactly the first ones, as many as `wanted`, can be used. */
static void assert_usable(zx_vaddr_t at, uint64_t count, uint64_t wanted)
{
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(can_read(at + i * PAGE), i < wanted);
    }
}

static void faults_follow_the_stream_size(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(8 * PAGE, 0);
    zx_handle_t vmar = zx_vmar_root_self();
    set_stream(vmo, 2 * PAGE + 1); /* the page with the last byte is all there */
    zx_vaddr_t at = map_in(vmar, BOUNDED, 0, vmo, 8 * PAGE);
    zx_vaddr_t all = map_in(vmar, R | W, 0, vmo, 8 * PAGE);
    assert_usable(at, 8, 3);
    assert_usable(all, 8, 8);
    set_stream(vmo, 6 * PAGE);
    bytes_at(all)[5 * PAGE] = 'x';
    assert_int_equal(bytes_at(at)[5 * PAGE], 'x');
    assert_usable(at, 8, 6);
    set_stream(vmo, PAGE);
    assert_usable(at, 8, 1);
    set_stream(vmo, 0);
    assert_usable(at, 8, 0);
    set_stream(vmo, UINT64_MAX); /* more than there is */
    assert_usable(at, 8, 8);
    assert_int_equal(bytes_at(at)[5 * PAGE], 'x');
    assert_ok(zx_vmar_unmap(vmar, at, 8 * PAGE));
    set_stream(vmo, PAGE); /* nobody follows any more */
    assert_usable(all, 8, 8);
    assert_ok(zx_vmar_unmap(vmar, all, 8 * PAGE));
    assert_ok(zx_handle_close(vmo));
}

static void cut_mappings_follow_too(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(8 * PAGE, 0);
    zx_handle_t vmar = zx_vmar_root_self();
    zx_vaddr_t at = 0;
    assert_ok(
        zx_vmar_map(vmar, BOUNDED, 0, vmo, PAGE, 7 * PAGE, &at)); /* from the second page on */
    assert_usable(at, 7, 7);
    assert_ok(zx_vmar_unmap(vmar, at + 2 * PAGE, PAGE));
    assert_ok(zx_vmar_protect(vmar, R, at + 4 * PAGE, PAGE));
    assert_int_equal(mappings_of(vmo), 4);
    set_stream(vmo, 6 * PAGE);
    assert_true(can_write(at + PAGE) && !can_read(at + 2 * PAGE) && can_write(at + 3 * PAGE));
    assert_true(can_read(at + 4 * PAGE) && !can_write(at + 4 * PAGE));
    assert_false(can_read(at + 5 * PAGE) || can_read(at + 6 * PAGE));
    /* What has no memory can be protected all the same, and has the permissions when it has some.
     */
    assert_ok(zx_vmar_protect(vmar, 0, at + 5 * PAGE, PAGE));
    assert_ok(zx_vmar_protect(vmar, R, at + 6 * PAGE, PAGE));
    assert_false(can_read(at + 6 * PAGE));
    set_stream(vmo, 8 * PAGE);
    assert_true(!can_read(at + 5 * PAGE) && can_read(at + 6 * PAGE) && !can_write(at + 6 * PAGE));
    assert_ok(zx_vmar_unmap(vmar, at, 7 * PAGE));
    assert_int_equal(mappings_of(vmo), 0);
    assert_ok(zx_handle_close(vmo));
}

static void slices_and_references_follow_their_own_stream(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(8 * PAGE, 0);
    zx_handle_t vmar = zx_vmar_root_self();
    zx_handle_t slice = 0;
    zx_handle_t reference = 0;
    assert_ok(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 2 * PAGE, 4 * PAGE, &slice));
    assert_ok(zx_vmo_create_child(vmo, ZX_VMO_CHILD_REFERENCE, 0, 0, &reference));
    zx_vaddr_t of_slice = map_in(vmar, BOUNDED, 0, slice, 6 * PAGE);
    zx_vaddr_t of_reference = map_in(vmar, BOUNDED, 0, reference, 8 * PAGE);
    assert_usable(of_slice, 6, 4); /* no more than the slice */
    set_stream(vmo, 3 * PAGE);
    assert_usable(of_slice, 6, 4);
    assert_usable(of_reference, 8, 3);
    set_stream(slice, PAGE);
    assert_usable(of_slice, 6, 1);
    assert_usable(of_reference, 8, 3);
    set_stream(slice, 8 * PAGE);
    assert_usable(of_slice, 6, 4);
    assert_ok(zx_vmar_unmap(vmar, of_slice, 6 * PAGE));
    assert_ok(zx_vmar_unmap(vmar, of_reference, 8 * PAGE));
    const zx_handle_t all[] = {vmo, slice, reference};
    assert_ok(zx_handle_close_many(all, 3));
}

/* Where no file reaches there is a mapping without memory. */
static void offsets_beyond_the_longest_file(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t vmar = zx_vmar_root_self();
    const uint64_t offsets[] = {(1ULL << 63) - 2 * PAGE, (1ULL << 63) - PAGE, 1ULL << 63,
                                LAST_PAGE - 4 * PAGE};
    for (size_t i = 0; i < 4; i++) {
        zx_vaddr_t at = 0;
        zx_vaddr_t same = 0;
        assert_ok(zx_vmar_map(vmar, R | W, 0, vmo, offsets[i], 4 * PAGE, &at));
        assert_usable(at, 4, 0);
        assert_status(zx_vmar_map(vmar, R | SP, at - root_info().base, vmo, 0, PAGE, &same),
                      ZX_ERR_ALREADY_EXISTS);
        assert_ok(zx_vmar_protect(vmar, R, at, 4 * PAGE));
        assert_usable(at, 4, 0);
        assert_int_equal(mappings_of(vmo), 1);
        assert_ok(zx_vmar_unmap(vmar, at, 4 * PAGE));
    }
    assert_ok(zx_handle_close(vmo));
}

/* ZX_VM_SPECIFIC_OVERWRITE with a part of a mapping that has nothing behind it. */
static void overwriting_with_nothing_takes_away(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    zx_handle_t slice = 0;
    assert_ok(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 0, PAGE, &slice));
    struct vmar vmar = new_vmar(0, CR | CW | CS, 0, 4 * PAGE);
    zx_vaddr_t at = map_in(vmar.handle, R | W, 0, vmo, 4 * PAGE);
    assert_int_equal(map_in(vmar.handle, R | OVR, PAGE, slice, 2 * PAGE), at + PAGE);
    assert_true(can_write(at) && can_read(at + PAGE) && !can_write(at + PAGE));
    assert_true(!can_read(at + 2 * PAGE) && can_write(at + 3 * PAGE));
    assert_int_equal(mappings_of(vmo), 2);
    assert_int_equal(mappings_of(slice), 1);
    free_vmar(vmar);
    const zx_handle_t all[] = {vmo, slice};
    assert_ok(zx_handle_close_many(all, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_follow_the_stream_size),
        cmocka_unit_test(cut_mappings_follow_too),
        cmocka_unit_test(slices_and_references_follow_their_own_stream),
        cmocka_unit_test(offsets_beyond_the_longest_file),
        cmocka_unit_test(overwriting_with_nothing_takes_away),
    };
    return RUN_ZX_TESTS(tests);
}
