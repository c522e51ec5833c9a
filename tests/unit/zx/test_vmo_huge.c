/* VMOs in huge pages: written through mappings, and mapped, cut and given back in whole pages. */
#include "memory_test.h"
#include "vmar_test.h"

#include "../../support/huge_pages.h"

#define HUGE              HUGE_PAGE_BYTES
#define MFD_HUGE_2MB_ONES (21U << 26) /* MFD_HUGE_2MB of <linux/memfd.h> */

/* `pages` huge ones, of which the machine has as many more as are `spare`. */
static zx_handle_t begin(struct huge_pages *taken, uint64_t pages, long spare)
{
    huge_pages_begin(taken);
    assert_true(huge_pages_set((long)pages + spare));
    int fd =
        memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB_ONES | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)(pages * HUGE)), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL), 0);
    return vmo_of_fd(fd);
}

static void end(struct huge_pages *taken, zx_handle_t vmo)
{
    assert_ok(zx_handle_close(vmo));
    assert_int_equal(huge_pages_read("free_hugepages"), huge_pages_read("nr_hugepages"));
    huge_pages_end(taken);
}

static void bytes_are_read_and_written(void **state)
{
    (void)state;
    struct huge_pages taken;
    zx_handle_t vmo = begin(&taken, 3, 0);
    uint64_t size = 0;
    assert_ok(zx_vmo_get_size(vmo, &size));
    assert_int_equal(size, 3 * HUGE);
    assert_int_equal(info_of(vmo).committed_bytes, 0);
    assert_int_equal(byte_at(vmo, 3 * HUGE - 1), 0);

    /* Across two borders. */
    unsigned char *bytes = malloc(2 * HUGE);
    unsigned char *again = malloc(2 * HUGE);
    assert_non_null(bytes);
    assert_non_null(again);
    for (size_t i = 0; i < 2 * HUGE; i++) {
        bytes[i] = (unsigned char)(i * 31 + i / HUGE);
    }
    assert_ok(zx_vmo_write(vmo, bytes, HUGE - 5, HUGE + 10));
    assert_ok(zx_vmo_read(vmo, again, HUGE - 5, HUGE + 10));
    assert_memory_equal(again, bytes, HUGE + 10);
    assert_int_equal(byte_at(vmo, HUGE - 6), 0);
    assert_int_equal(byte_at(vmo, 2 * HUGE + 5), 0);
    free(bytes);
    free(again);

    assert_status(zx_vmo_write(vmo, NULL, 0, 1), ZX_ERR_NOT_FOUND);
    assert_status(zx_vmo_read(vmo, NULL, 0, 1), ZX_ERR_NOT_FOUND);
    assert_status(zx_vmo_write(vmo, "x", 3 * HUGE, 1), ZX_ERR_OUT_OF_RANGE);
    end(&taken, vmo);
}

static void ranges_are_in_huge_pages(void **state)
{
    (void)state;
    struct huge_pages taken;
    zx_handle_t vmo = begin(&taken, 2, 0);
    assert_ok(op(vmo, ZX_VMO_OP_COMMIT, HUGE + PAGE, 1));
    assert_int_equal(info_of(vmo).committed_bytes, HUGE);
    put_byte(vmo, HUGE, 7);
    put_byte(vmo, HUGE + 1, 8);
    assert_ok(op(vmo, ZX_VMO_OP_ZERO, HUGE, 1)); /* a part of a page stays */
    assert_int_equal(byte_at(vmo, HUGE), 0);
    assert_int_equal(byte_at(vmo, HUGE + 1), 8);
    assert_status(op(vmo, ZX_VMO_OP_DECOMMIT, HUGE, PAGE), ZX_ERR_INVALID_ARGS);
    assert_status(op(vmo, ZX_VMO_OP_DECOMMIT, PAGE, HUGE), ZX_ERR_INVALID_ARGS);
    assert_ok(op(vmo, ZX_VMO_OP_DECOMMIT, HUGE, HUGE));
    assert_int_equal(info_of(vmo).committed_bytes, 0);
    assert_int_equal(byte_at(vmo, HUGE + 1), 0);
    assert_ok(op(vmo, ZX_VMO_OP_PREFETCH, 0, 2 * HUGE));
    assert_status(zx_vmo_set_size(vmo, HUGE), ZX_ERR_UNAVAILABLE);
    end(&taken, vmo);
}

static void mappings_lie_on_huge_pages(void **state)
{
    (void)state;
    struct huge_pages taken;
    zx_handle_t vmo = begin(&taken, 2, 0);
    struct vmar region = new_vmar(0, CR | CW | CS, 0, 16 * HUGE);
    uint64_t skew = (HUGE - region.base % HUGE) % HUGE; /* to the first huge page in it */
    zx_handle_t small = new_vmo(PAGE, 0);
    zx_vaddr_t address = 0;
    (void)map_in(region.handle, R, 0, small, PAGE); /* the lowest hole is not aligned any more */

    zx_vaddr_t at = map_in(region.handle, R | W, 0, vmo, 2 * HUGE);
    assert_int_equal(at % HUGE, 0);
    bytes_at(at)[HUGE - 1] = 'a';
    bytes_at(at)[HUGE] = 'b';
    assert_int_equal(byte_at(vmo, HUGE), 'b');
    assert_status(zx_vmar_map(region.handle, R, 0, vmo, PAGE, PAGE, &address), ZX_ERR_INVALID_ARGS);
    assert_status(
        zx_vmar_map(region.handle, R | SP, skew + 8 * HUGE + PAGE, vmo, 0, HUGE, &address),
        ZX_ERR_INVALID_ARGS);
    assert_ok(zx_vmar_map(region.handle, R | SP, skew + 8 * HUGE, vmo, HUGE, HUGE, &address));
    assert_int_equal(address, region.base + skew + 8 * HUGE);
    assert_int_equal(bytes_at(address)[0], 'b');

    /* Cut between huge pages only; what is shorter at its end is rounded up. */
    assert_status(zx_vmar_unmap(region.handle, at + PAGE, HUGE), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmar_protect(region.handle, R, at + PAGE, HUGE), ZX_ERR_INVALID_ARGS);
    assert_status(
        zx_vmar_map(region.handle, R | OVR, at - region.base + PAGE, small, 0, PAGE, &address),
        ZX_ERR_INVALID_ARGS);
    assert_ok(zx_vmar_protect(region.handle, R, at, PAGE));
    assert_false(can_write(at + HUGE - 1));
    assert_true(can_write(at + HUGE));
    assert_ok(zx_vmar_unmap(region.handle, at, PAGE));
    assert_false(can_read(at + HUGE - 1));
    assert_true(can_read(at + HUGE));
    assert_ok(zx_vmar_op_range(region.handle, ZX_VMAR_OP_ZERO, at + HUGE, HUGE, NULL, 0));
    assert_int_equal(byte_at(vmo, HUGE), 0);
    free_vmar(region);
    assert_int_equal(mappings_of(vmo), 0);
    assert_ok(zx_handle_close(small));
    end(&taken, vmo);
}

/* A length is rounded up to whole pages, as for memory in small ones. */
static void lengths_are_rounded_up(void **state)
{
    (void)state;
    struct huge_pages taken;
    zx_handle_t vmo = begin(&taken, 1, 0);
    struct vmar region = new_vmar(0, CR | CW, 0, 16 * HUGE);
    zx_vaddr_t at = map_in(region.handle, R | W, 0, vmo, 5);
    assert_true(can_write(at + HUGE - 1));
    assert_ok(zx_vmar_unmap(region.handle, at, 5));
    assert_false(can_read(at));
    assert_int_equal(mappings_of(vmo), 0);

    /* Beyond the end there is nothing to map, and the file does not grow. */
    at = map_in(region.handle, R | W, 0, vmo, 3 * HUGE);
    assert_true(can_write(at + HUGE - 1));
    assert_false(can_read(at + HUGE));
    assert_ok(zx_vmar_unmap(region.handle, at, 3 * HUGE));
    assert_int_equal(info_of(vmo).size_bytes, HUGE);
    free_vmar(region);
    end(&taken, vmo);
}

static void a_pool_that_is_empty_is_no_memory(void **state)
{
    (void)state;
    struct huge_pages taken;
    zx_handle_t vmo = begin(&taken, 2, -1);
    zx_vaddr_t address = 0;
    assert_status(zx_vmar_map(zx_vmar_root_self(), R | W, 0, vmo, 0, 2 * HUGE, &address),
                  ZX_ERR_NO_MEMORY);
    assert_status(op(vmo, ZX_VMO_OP_COMMIT, 0, 2 * HUGE), ZX_ERR_NO_MEMORY);
    assert_int_equal(mappings_of(vmo), 0);
    assert_ok(op(vmo, ZX_VMO_OP_DECOMMIT, 0, 2 * HUGE));
    put_byte(vmo, 0, 1);
    assert_status(zx_vmo_write(vmo, "x", HUGE, 1), ZX_ERR_NO_MEMORY);
    assert_int_equal(byte_at(vmo, HUGE), 0); /* what there is not can be read */
    end(&taken, vmo);
}

static void children_are_whole_huge_pages(void **state)
{
    (void)state;
    struct huge_pages taken;
    zx_handle_t vmo = begin(&taken, 2, 0);
    zx_handle_t child = 0;
    assert_status(zx_vmo_create_child(vmo, SLICE, PAGE, PAGE, &child), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_child(vmo, SLICE, HUGE, HUGE + 1, &child), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_child(vmo, SNAPSHOT, 0, HUGE, &child), ZX_ERR_NOT_SUPPORTED);
    zx_handle_t slice = new_child(vmo, SLICE, HUGE, 5);
    assert_int_equal(info_of(slice).size_bytes, HUGE);
    assert_int_equal(content_size_of(slice), 5);
    put_byte(slice, 3, 9);
    assert_int_equal(byte_at(vmo, HUGE + 3), 9);
    zx_vaddr_t at = map_in(zx_vmar_root_self(), R, 0, slice, 1);
    assert_int_equal(bytes_at(at)[3], 9);
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), at, 1));

    /* A part that a form claims is of whole pages, too. */
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    int fd = -1;
    assert_ok(sysmem_handle_into_form(slice, form, &fd));
    int copy = dup(fd);
    assert_ok(sysmem_handle_from_form(fd, form, &slice));
    assert_int_equal(byte_at(slice, 3), 9);
    form[33] = 0x10; /* the window begins at 4096 */
    form[34] = 0;
    assert_status(sysmem_handle_from_form(copy, form, &child), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_handle_close(slice));
    end(&taken, vmo);
}

static void a_reader_is_the_kernels(void **state)
{
    (void)state;
    struct huge_pages taken;
    zx_handle_t vmo = begin(&taken, 1, 0);
    put_byte(vmo, 1, 4);
    int fd = -1;
    struct sysmem_handle_info info = {0};
    assert_ok(
        sysmem_handle_into_fd(dup_with(vmo, ZX_DEFAULT_VMO_RIGHTS & ~ZX_RIGHT_WRITE), &info, &fd));
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    zx_handle_t reader = vmo_of_fd(fd);
    assert_int_equal(basic_of(reader).rights & (ZX_RIGHT_WRITE | ZX_RIGHT_RESIZE), 0);
    assert_int_equal(byte_at(reader, 1), 4);
    zx_vaddr_t at = map_in(zx_vmar_root_self(), R, 0, reader, HUGE);
    assert_int_equal(bytes_at(at)[1], 4);
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), at, HUGE));
    assert_ok(zx_handle_close(reader));
    end(&taken, vmo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_read_and_written),
        cmocka_unit_test(ranges_are_in_huge_pages),
        cmocka_unit_test(mappings_lie_on_huge_pages),
        cmocka_unit_test(lengths_are_rounded_up),
        cmocka_unit_test(a_pool_that_is_empty_is_no_memory),
        cmocka_unit_test(children_are_whole_huge_pages),
        cmocka_unit_test(a_reader_is_the_kernels),
    };
    return RUN_ZX_TESTS(tests);
}
