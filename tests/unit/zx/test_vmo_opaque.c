/* VMOs that identify memory which no process reaches: all that is about the object works, and what
 * needs the bytes is refused. */
#include "memory_test.h"

#include <sys/stat.h>

#define SIZE (3 * PAGE)
#define KEPT (ZX_DEFAULT_VMO_RIGHTS & ~ZX_RIGHT_MAP)

static zx_handle_t new_opaque(void)
{
    return vmo_of_fd(new_opaque_fd(SIZE));
}

static void it_is_an_object_like_others(void **state)
{
    (void)state;
    zx_handle_t vmo = new_opaque();
    uint64_t size = 0;
    assert_ok(zx_vmo_get_size(vmo, &size));
    assert_int_equal(size, SIZE);
    assert_int_equal(content_size_of(vmo), SIZE);
    assert_int_equal(basic_of(vmo).rights, KEPT);
    zx_info_vmo_t info = info_of(vmo);
    assert_int_equal(info.flags, ZX_INFO_VMO_VIA_HANDLE); /* not of pages */
    assert_int_equal(info.size_bytes, SIZE);
    assert_int_equal(info.committed_bytes, 0);
    assert_string_equal(info.name, "opaque");
    assert_ok(zx_object_set_property(vmo, ZX_PROP_NAME, "frame", 5));
    assert_string_equal(info_of(vmo).name, "frame");
    assert_int_equal(signals_of(vmo), ZX_VMO_ZERO_CHILDREN);

    zx_handle_t copy = dup_with(vmo, ZX_RIGHT_SAME_RIGHTS);
    assert_int_equal(basic_of(copy).koid, basic_of(vmo).koid);
    const zx_handle_t all[] = {vmo, copy};
    assert_ok(zx_handle_close_many(all, 2));
}

static void what_needs_the_bytes_is_refused(void **state)
{
    (void)state;
    zx_handle_t vmo = new_opaque();
    char byte = 'x';
    assert_status(zx_vmo_read(vmo, &byte, 0, 1), ZX_ERR_BAD_STATE);
    assert_status(zx_vmo_write(vmo, &byte, SIZE - 1, 1), ZX_ERR_BAD_STATE);
    assert_int_equal(byte, 'x');
    assert_ok(zx_vmo_read(vmo, &byte, SIZE, 0));
    assert_ok(zx_vmo_write(vmo, &byte, 0, 0));
    assert_status(zx_vmo_read(vmo, &byte, SIZE, 1), ZX_ERR_OUT_OF_RANGE);
    assert_status(op(vmo, ZX_VMO_OP_ZERO, 0, 1), ZX_ERR_BAD_STATE);
    assert_ok(op(vmo, ZX_VMO_OP_ZERO, 0, 0));
    assert_status(op(vmo, ZX_VMO_OP_COMMIT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
    assert_status(op(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
    assert_status(op(vmo, ZX_VMO_OP_COMMIT, SIZE, PAGE), ZX_ERR_OUT_OF_RANGE);
    assert_ok(op(vmo, ZX_VMO_OP_PREFETCH, 0, SIZE));
    assert_ok(op(vmo, ZX_VMO_OP_CACHE_CLEAN, 0, SIZE));
    assert_status(zx_vmo_set_size(vmo, PAGE), ZX_ERR_UNAVAILABLE);
    assert_int_equal(info_of(vmo).committed_bytes, 0);

    zx_handle_t child = 0;
    const uint32_t snapshots[] = {SNAPSHOT, AT_LEAST, MODIFIED};
    for (size_t i = 0; i < 3; i++) {
        assert_status(zx_vmo_create_child(vmo, snapshots[i], 0, PAGE, &child),
                      ZX_ERR_NOT_SUPPORTED);
    }
    zx_vaddr_t address = 0;
    const zx_vm_option_t perms[] = {0, ZX_VM_PERM_READ, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE};
    for (size_t i = 0; i < 3; i++) {
        assert_status(zx_vmar_map(zx_vmar_root_self(), perms[i], 0, vmo, 0, PAGE, &address),
                      ZX_ERR_ACCESS_DENIED);
    }
    assert_status(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close(vmo));
}

static void slices_and_references_count_as_children(void **state)
{
    (void)state;
    zx_handle_t vmo = new_opaque();
    zx_handle_t slice = new_child(vmo, SLICE, PAGE, PAGE);
    zx_handle_t reference = new_child(vmo, REFERENCE, 0, 0);
    assert_int_equal(basic_of(slice).rights, KEPT);
    assert_int_equal(info_of(slice).size_bytes, PAGE);
    assert_int_equal(info_of(slice).flags, ZX_INFO_VMO_VIA_HANDLE);
    assert_int_equal(info_of(reference).size_bytes, SIZE);
    assert_int_equal(info_of(vmo).num_children, 2);
    char byte = 0;
    assert_status(zx_vmo_read(slice, &byte, 0, 1), ZX_ERR_BAD_STATE);
    assert_int_equal(signals_of(vmo), 0);
    assert_ok(zx_handle_close(slice));
    assert_int_equal(signals_of(vmo), 0);
    assert_ok(zx_handle_close(reference));
    assert_int_equal(signals_of(vmo), ZX_VMO_ZERO_CHILDREN);
    assert_ok(zx_handle_close(vmo));
}

/* The same file by inode, with the same way to it. */
static void assert_same_identity(int fd, int original)
{
    struct stat one;
    struct stat other;
    assert_int_equal(fstat(fd, &one), 0);
    assert_int_equal(fstat(original, &other), 0);
    assert_int_equal(one.st_ino, other.st_ino);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
}

static void it_leaves_and_comes_back(void **state)
{
    (void)state;
    int original = new_opaque_fd(SIZE);
    zx_handle_t vmo = vmo_of_fd(dup(original));
    zx_koid_t koid = basic_of(vmo).koid;
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    int fd = -1;
    assert_ok(sysmem_handle_into_form(vmo, form, &fd));
    assert_same_identity(fd, original);
    assert_ok(sysmem_handle_from_form(fd, form, &vmo));
    assert_int_equal(basic_of(vmo).koid, koid);
    assert_int_equal(basic_of(vmo).rights, KEPT);

    /* A part: the form says which. A reader's is the same descriptor: there is nothing to read. */
    zx_handle_t slice = new_child(vmo, SLICE | NO_WRITE, PAGE, PAGE);
    assert_ok(sysmem_handle_into_form(slice, form, &fd));
    assert_same_identity(fd, original);
    assert_ok(sysmem_handle_from_form(fd, form, &slice));
    assert_int_equal(info_of(slice).size_bytes, PAGE);
    assert_int_equal(basic_of(slice).rights, KEPT & ~ZX_RIGHT_WRITE);
    const zx_handle_t all[] = {vmo, slice};
    assert_ok(zx_handle_close_many(all, 2));
    assert_int_equal(close(original), 0);
}

/* The kernel says so, whatever the library thinks of the handle's rights. */
static void its_descriptor_does_no_more(void **state)
{
    (void)state;
    int fd = new_opaque_fd(SIZE);
    char byte = 0;
    assert_int_equal(pread(fd, &byte, 1, 0), -1);
    assert_int_equal(pwrite(fd, &byte, 1, 0), -1);
    assert_ptr_equal(mmap(NULL, PAGE, PROT_NONE, MAP_SHARED, fd, 0), MAP_FAILED);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_an_object_like_others),
        cmocka_unit_test(what_needs_the_bytes_is_refused),
        cmocka_unit_test(slices_and_references_count_as_children),
        cmocka_unit_test(it_leaves_and_comes_back),
        cmocka_unit_test(its_descriptor_does_no_more),
    };
    return RUN_ZX_TESTS(tests);
}
