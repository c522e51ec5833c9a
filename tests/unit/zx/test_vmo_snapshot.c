/* Snapshots: what a program sees of them. */
#include "vmo_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

static const uint32_t kinds[] = {SNAPSHOT, AT_LEAST, MODIFIED};

static void each_keeps_its_own_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        zx_handle_t vmo = new_vmo(4 * PAGE, 0);
        put_byte(vmo, PAGE, 1);
        put_byte(vmo, 2 * PAGE, 2);
        zx_handle_t child = new_child(vmo, kinds[i], PAGE, 2 * PAGE + 5);
        assert_int_equal(info_of(child).size_bytes, 3 * PAGE);
        assert_int_equal(content_size_of(child), 2 * PAGE + 5);
        assert_int_equal(info_of(child).flags, 0x9 | ZX_INFO_VMO_IS_COW_CLONE);
        assert_int_equal(info_of(child).parent_koid, basic_of(vmo).koid);
        put_byte(vmo, PAGE, 3);
        put_byte(child, PAGE, 4);
        put_byte(child, 2 * PAGE, 5);
        const int parents[] = {0, 3, 2, 0};
        const int childs[] = {1, 4, 5};
        for (uint64_t page = 0; page < 4; page++) {
            assert_int_equal(byte_at(vmo, page * PAGE), parents[page]);
        }
        for (uint64_t page = 0; page < 3; page++) {
            assert_int_equal(byte_at(child, page * PAGE), childs[page]);
        }
        assert_ok(zx_handle_close(vmo));
        assert_ok(zx_handle_close(child));
    }
}

static void z103_either_outlives_the_other(void **state)
{
    (void)state;
    for (int child_first = 0; child_first < 2; child_first++) {
        zx_handle_t both[2];
        both[0] = new_vmo(PAGE, 0);
        put_byte(both[0], 7, 42);
        both[1] = new_child(both[0], SNAPSHOT, 0, PAGE);
        assert_int_equal(signals_of(both[0]), 0);
        assert_ok(zx_handle_close(both[child_first]));
        assert_int_equal(byte_at(both[1 - child_first], 7), 42);
        assert_int_equal(signals_of(both[1 - child_first]), ZX_VMO_ZERO_CHILDREN);
        assert_ok(zx_handle_close(both[1 - child_first]));
    }
}

static void z106_growing_shows_zeros(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    put_byte(vmo, 0, 1);
    put_byte(vmo, PAGE, 2);
    zx_handle_t child = new_child(vmo, SNAPSHOT | CHILD_RESIZABLE, 0, PAGE);
    assert_int_equal(info_of(child).flags & ZX_INFO_VMO_RESIZABLE, ZX_INFO_VMO_RESIZABLE);
    assert_ok(zx_vmo_set_size(child, 2 * PAGE));
    assert_int_equal(byte_at(child, 0), 1);
    assert_int_equal(byte_at(child, PAGE), 0);
    assert_int_equal(info_of(vmo).size_bytes, 2 * PAGE);
    const zx_handle_t all[] = {vmo, child};
    assert_ok(zx_handle_close_many(all, 2));
}

static void z109_offsets_add_up(void **state)
{
    (void)state;
    zx_handle_t out = 77;
    zx_handle_t vmo = new_vmo(0, 0);
    zx_handle_t far = new_child(vmo, SNAPSHOT, 0xFFFFFFFFFFFF8000, 0);
    assert_status(zx_vmo_create_child(far, SNAPSHOT, 0x8000, 0, &out), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
    zx_handle_t child = new_child(far, SNAPSHOT | CHILD_RESIZABLE, 0x4000, 0);
    assert_status(zx_vmo_set_size(child, 0x8000), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_set_size(child, LARGEST_VMO + PAGE), ZX_ERR_OUT_OF_RANGE);
    assert_ok(zx_vmo_set_size(child, 0x3000));
    const zx_handle_t all[] = {vmo, far, child};
    assert_ok(zx_handle_close_many(all, 3));
}

static void what_lies_beyond_the_parent_is_zero(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(2 * PAGE, ZX_VMO_RESIZABLE);
    put_byte(vmo, 2 * PAGE - 1, 1);
    zx_handle_t over = new_child(vmo, SNAPSHOT, PAGE, 4 * PAGE);
    zx_handle_t beyond = new_child(vmo, SNAPSHOT, 16 * PAGE, PAGE);
    assert_ok(zx_vmo_set_size(vmo, 32 * PAGE)); /* nothing of it reaches the children */
    put_byte(vmo, 2 * PAGE, 2);
    put_byte(vmo, 16 * PAGE, 3);
    assert_int_equal(byte_at(over, PAGE - 1), 1);
    assert_int_equal(byte_at(over, PAGE), 0);
    assert_int_equal(byte_at(over, 4 * PAGE - 1), 0);
    assert_int_equal(byte_at(beyond, 0), 0);
    const zx_handle_t all[] = {vmo, over, beyond};
    assert_ok(zx_handle_close_many(all, 3));
}

static void nobody_writes_an_immutable_one(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t child = new_child(vmo, SNAPSHOT | NO_WRITE, 0, PAGE);
    assert_int_equal(info_of(child).flags, 0x9 | ZX_INFO_VMO_IS_COW_CLONE | ZX_INFO_VMO_IMMUTABLE);
    assert_status(zx_vmo_write(child, "x", 0, 1), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(info_of(vmo).flags, 0x9);
    const zx_handle_t all[] = {vmo, child};
    assert_ok(zx_handle_close_many(all, 2));
}

/* Holes stay holes: a copy of a huge VMO takes what was written and no more. */
static void copies_are_sparse(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(LARGEST_VMO, 0);
    const uint64_t places[] = {5 * PAGE, 1ULL << 62, (1ULL << 63) - 0x10000 - 1, 1ULL << 63,
                               LARGEST_VMO - 1};
    for (size_t i = 0; i < 5; i++) {
        put_byte(vmo, places[i], (int)i + 1);
    }
    zx_handle_t all_of_it = new_child(vmo, SNAPSHOT, 0, LARGEST_VMO);
    zx_handle_t middle = new_child(vmo, SNAPSHOT, 1ULL << 61, 1ULL << 63);
    for (size_t i = 0; i < 5; i++) {
        put_byte(vmo, places[i], 99);
        assert_int_equal(byte_at(all_of_it, places[i]), i + 1);
    }
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(byte_at(middle, places[i] - (1ULL << 61)), i + 1);
    }
    assert_true(info_of(all_of_it).populated_bytes >= 5 * PAGE);
    assert_true(info_of(all_of_it).populated_bytes <= 5 * (2ULL << 20)); /* or huge pages */
    const zx_handle_t all[] = {vmo, all_of_it, middle};
    assert_ok(zx_handle_close_many(all, 3));
}

static void of_slices_and_references(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    zx_handle_t slice = new_child(vmo, SLICE, PAGE, 2 * PAGE);
    zx_handle_t reference = new_child(vmo, REFERENCE, 0, 0);
    put_byte(vmo, 2 * PAGE, 42);
    put_byte(vmo, 3 * PAGE, 43); /* outside the slice: zeros to its copy */
    zx_handle_t of_slice = new_child(slice, SNAPSHOT, 0, 4 * PAGE);
    zx_handle_t of_reference = new_child(reference, SNAPSHOT, 0, 4 * PAGE);
    assert_int_equal(byte_at(of_slice, PAGE), 42);
    assert_int_equal(byte_at(of_slice, 2 * PAGE), 0);
    assert_int_equal(byte_at(of_reference, 3 * PAGE), 43);
    assert_int_equal(info_of(of_slice).parent_koid, basic_of(slice).koid);
    zx_handle_t slice_of_copy = new_child(of_reference, SLICE, 2 * PAGE, PAGE);
    put_byte(slice_of_copy, 0, 7);
    assert_int_equal(byte_at(of_reference, 2 * PAGE), 7);
    assert_int_equal(byte_at(vmo, 2 * PAGE), 42);
    zx_handle_t reference_of_copy = new_child(of_slice, REFERENCE, 0, 0);
    assert_int_equal(byte_at(reference_of_copy, PAGE), 42);
    const zx_handle_t all[] = {vmo,          slice,         reference,        of_slice,
                               of_reference, slice_of_copy, reference_of_copy};
    assert_ok(zx_handle_close_many(all, 7));
}

/* Decommitting is for those that have no snapshot in the family, however they are related. */
static void decommit_and_snapshots(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t slice = new_child(vmo, SLICE, 0, PAGE);
    zx_handle_t child = new_child(vmo, SNAPSHOT, 0, PAGE);
    zx_handle_t grandchild = new_child(child, SNAPSHOT, 0, PAGE);
    const zx_handle_t related[] = {vmo, slice, child, grandchild};
    for (size_t i = 0; i < 4; i++) {
        assert_status(op(related[i], ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
        assert_status(op(related[i], ZX_VMO_OP_DECOMMIT, 1, 8 * PAGE), ZX_ERR_NOT_SUPPORTED);
        assert_ok(op(related[i], ZX_VMO_OP_ZERO, 0, PAGE));
        assert_ok(op(related[i], ZX_VMO_OP_COMMIT, 0, PAGE));
    }
    assert_ok(zx_handle_close(child));
    assert_status(op(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_handle_close(grandchild));
    put_byte(vmo, 0, 9);
    assert_ok(op(slice, ZX_VMO_OP_DECOMMIT, 0, PAGE));
    assert_int_equal(byte_at(vmo, 0), 0);
    const zx_handle_t all[] = {vmo, slice};
    assert_ok(zx_handle_close_many(all, 2));
}

struct writer {
    zx_handle_t vmo;
    atomic_bool is_done;
};

enum { WRITER_PAGES = 64 };

static void *write_upwards_and_again(void *arg)
{
    struct writer *writer = arg;
    unsigned char value = 0;
    while (!atomic_load(&writer->is_done)) {
        value++;
        for (uint64_t page = 0; page < WRITER_PAGES; page++) {
            put_byte(writer->vmo, page * PAGE, value);
        }
    }
    return NULL;
}

/* Pages are written in order with the same value each time round: at any one moment there are pages
 * with the new value first, then ones with the old. A copy that is not of one moment has more. */
static void a_copy_is_of_one_moment(void **state)
{
    (void)state;
    struct writer writer = {.vmo = new_vmo(WRITER_PAGES * PAGE, 0)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_upwards_and_again, &writer), 0);
    for (int i = 0; i < 300; i++) {
        zx_handle_t copy = new_child(writer.vmo, SNAPSHOT, 0, WRITER_PAGES * PAGE);
        int changes = 0;
        for (uint64_t page = 1; page < WRITER_PAGES; page++) {
            changes += byte_at(copy, page * PAGE) != byte_at(copy, (page - 1) * PAGE) ? 1 : 0;
        }
        assert_in_range(changes, 0, 1);
        assert_ok(zx_handle_close(copy));
    }
    atomic_store(&writer.is_done, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_ok(zx_handle_close(writer.vmo));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_keeps_its_own_bytes),
        cmocka_unit_test(z103_either_outlives_the_other),
        cmocka_unit_test(z106_growing_shows_zeros),
        cmocka_unit_test(z109_offsets_add_up),
        cmocka_unit_test(what_lies_beyond_the_parent_is_zero),
        cmocka_unit_test(nobody_writes_an_immutable_one),
        cmocka_unit_test(copies_are_sparse),
        cmocka_unit_test(of_slices_and_references),
        cmocka_unit_test(decommit_and_snapshots),
        cmocka_unit_test(a_copy_is_of_one_moment),
    };
    return RUN_ZX_TESTS(tests);
}
