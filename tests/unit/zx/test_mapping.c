/* Mappings of which a part has no file behind it. */
#include "vmar_test.h"

#include <sys/resource.h>

#include "zx/store.h"

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

/* Where one of the files behind a VMO ends and the next one begins. */
static const uint64_t seams[] = {STORE_FILE_MAX, 2 * STORE_FILE_MAX};

#define LARGEST STORE_SIZE_MAX

/* Puts one byte into each of `count` pages of a mapping, and finds it in the VMO. */
static void assert_maps(zx_vaddr_t at, zx_handle_t vmo, uint64_t offset, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        char byte = 0;
        bytes_at(at)[i * PAGE + 5] = (char)('a' + i);
        assert_ok(zx_vmo_read(vmo, &byte, offset + i * PAGE + 5, 1));
        assert_int_equal(byte, 'a' + i);
    }
}

static void mapping_the_top_of_huge_memory(void **state)
{
    (void)state;
    const uint64_t sizes[] = {UINT64_MAX - 64 * PAGE + 1, LARGEST};
    zx_handle_t vmar = zx_vmar_root_self();
    for (size_t i = 0; i < 2; i++) {
        zx_handle_t vmo = new_vmo(sizes[i], 0);
        zx_vaddr_t at = 0;
        assert_ok(zx_vmar_map(vmar, R | W, 0, vmo, sizes[i] - 4 * PAGE, 8 * PAGE, &at));
        assert_maps(at, vmo, sizes[i] - 4 * PAGE, 4);
        assert_usable(at, 8, 4); /* the rest is beyond the end */
        assert_ok(zx_vmar_unmap(vmar, at, 8 * PAGE));
        assert_ok(zx_handle_close(vmo));
    }
}

static void a_mapping_goes_from_file_to_file(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(LARGEST, 0);
    zx_handle_t vmar = zx_vmar_root_self();
    for (size_t i = 0; i < 2; i++) {
        zx_vaddr_t at = 0;
        uint64_t offset = seams[i] - 3 * PAGE;
        assert_ok(zx_vmar_map(vmar, R | W | ZX_VM_MAP_RANGE, 0, vmo, offset, 6 * PAGE, &at));
        assert_int_equal(mappings_of(vmo), 1);
        assert_maps(at, vmo, offset, 6);
        assert_ok(zx_vmar_protect(vmar, R, at + 2 * PAGE, 2 * PAGE));
        for (uint64_t j = 0; j < 6; j++) {
            assert_true(can_read(at + j * PAGE));
            assert_int_equal(can_write(at + j * PAGE), j < 2 || j > 3);
        }
        assert_ok(zx_vmar_op_range(vmar, ZX_VMAR_OP_ZERO, at, 6 * PAGE, NULL, 0));
        assert_int_equal(bytes_at(at)[2 * PAGE + 5] | bytes_at(at)[3 * PAGE + 5], 0);
        assert_ok(zx_vmar_unmap(vmar, at + PAGE, 4 * PAGE));
        assert_true(can_write(at) && !can_read(at + 2 * PAGE) && can_write(at + 5 * PAGE));
        assert_ok(zx_vmar_unmap(vmar, at, 6 * PAGE));
        assert_int_equal(mappings_of(vmo), 0);
    }
    assert_ok(zx_handle_close(vmo));
}

static void one_that_crosses_replaces_others(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(LARGEST, 0);
    zx_handle_t other = new_vmo(8 * PAGE, 0);
    struct vmar vmar = new_vmar(0, CR | CW | CS, 0, 8 * PAGE);
    zx_vaddr_t at = map_in(vmar.handle, R | W, 0, other, 8 * PAGE);
    zx_vaddr_t inner = 0;
    assert_ok(zx_vmar_map(vmar.handle, R | W | OVR, 2 * PAGE, vmo, seams[0] - 2 * PAGE, 4 * PAGE,
                          &inner));
    assert_int_equal(inner, at + 2 * PAGE);
    assert_maps(inner, vmo, seams[0] - 2 * PAGE, 4);
    assert_maps(at, other, 0, 2);
    assert_maps(at + 6 * PAGE, other, 6 * PAGE, 2);
    assert_int_equal(mappings_of(other), 2);
    assert_int_equal(mappings_of(vmo), 1);
    free_vmar(vmar);
    const zx_handle_t all[] = {vmo, other};
    assert_ok(zx_handle_close_many(all, 2));
}

/* The next file cannot be made: then nothing of what was there goes. */
static void a_seam_without_a_descriptor_left(void **state)
{
    (void)state;
    struct rlimit before;
    zx_handle_t vmo = new_vmo(LARGEST, 0);
    zx_handle_t other = new_vmo(8 * PAGE, 0);
    struct vmar vmar = new_vmar(0, CR | CW | CS, 0, 8 * PAGE);
    zx_vaddr_t at = map_in(vmar.handle, R | W, 0, other, 8 * PAGE);
    zx_vaddr_t inner = 77;
    const uint64_t offset = seams[0] - 2 * PAGE;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    zx_status_t status =
        zx_vmar_map(vmar.handle, R | W | OVR, 2 * PAGE, vmo, offset, 4 * PAGE, &inner);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_status(status, ZX_ERR_NO_RESOURCES);
    assert_int_equal(inner, 77);
    assert_int_equal(mappings_of(vmo), 0);
    assert_maps(at, other, 0, 8);
    assert_ok(zx_vmar_map(vmar.handle, R | W | OVR, 2 * PAGE, vmo, offset, 4 * PAGE, &inner));
    assert_maps(inner, vmo, offset, 4);
    free_vmar(vmar);
    const zx_handle_t all[] = {vmo, other};
    assert_ok(zx_handle_close_many(all, 2));
}

/* Faults follow the size, and the stream size, across a seam, too. */
static void far_faults_follow_the_sizes(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, ZX_VMO_RESIZABLE);
    zx_handle_t vmar = zx_vmar_root_self();
    for (size_t i = 0; i < 2; i++) {
        uint64_t offset = seams[i] - 2 * PAGE;
        const uint64_t pages[] = {4, 1, 3, 2, 0, 4};
        zx_vaddr_t all = 0;
        zx_vaddr_t bounded = 0;
        assert_ok(zx_vmar_map(vmar, R | W, 0, vmo, offset, 4 * PAGE, &all));
        assert_ok(zx_vmar_map(vmar, BOUNDED, 0, vmo, offset, 4 * PAGE, &bounded));
        assert_usable(all, 4, 0);
        for (size_t j = 0; j < 6; j++) {
            assert_ok(zx_vmo_set_size(vmo, offset + pages[j] * PAGE));
            assert_usable(all, 4, pages[j]);
            assert_usable(bounded, 4, pages[j]);
            assert_maps(all, vmo, offset, pages[j]);
        }
        set_stream(vmo, offset + 3 * PAGE);
        assert_usable(bounded, 4, 3);
        set_stream(vmo, 0);
        assert_usable(bounded, 4, 0);
        set_stream(vmo, offset + 4 * PAGE);
        assert_maps(bounded, vmo, offset, 4);
        assert_ok(zx_vmo_set_size(vmo, PAGE));
        assert_usable(all, 4, 0);
        assert_ok(zx_vmar_unmap(vmar, all, 4 * PAGE));
        assert_ok(zx_vmar_unmap(vmar, bounded, 4 * PAGE));
    }
    assert_ok(zx_handle_close(vmo));
}

/* A part of a slice in one file, and of one in two. */
static void slices_far_out(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(LARGEST, 0);
    zx_handle_t vmar = zx_vmar_root_self();
    const uint64_t offsets[] = {seams[0] - PAGE, seams[0] + PAGE, seams[1] - PAGE};
    for (size_t i = 0; i < 3; i++) {
        zx_handle_t slice = 0;
        zx_vaddr_t at = 0;
        assert_ok(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, offsets[i], 3 * PAGE, &slice));
        assert_ok(zx_vmar_map(vmar, R | W, 0, slice, 0, 4 * PAGE, &at));
        assert_maps(at, vmo, offsets[i], 3);
        assert_maps(at, slice, 0, 3);
        assert_usable(at, 4, 3);
        assert_ok(zx_vmar_unmap(vmar, at, 4 * PAGE));
        assert_ok(zx_handle_close(slice));
    }
    assert_ok(zx_handle_close(vmo));
}

/* Beyond the end of a small VMO there is a mapping without memory. */
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
        cmocka_unit_test(mapping_the_top_of_huge_memory),
        cmocka_unit_test(a_mapping_goes_from_file_to_file),
        cmocka_unit_test(one_that_crosses_replaces_others),
        cmocka_unit_test(a_seam_without_a_descriptor_left),
        cmocka_unit_test(far_faults_follow_the_sizes),
        cmocka_unit_test(slices_far_out),
        cmocka_unit_test(offsets_beyond_the_longest_file),
        cmocka_unit_test(overwriting_with_nothing_takes_away),
    };
    return RUN_ZX_TESTS(tests);
}
