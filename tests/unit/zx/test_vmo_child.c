#include "vmo_test.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

static void set_content_size(zx_handle_t vmo, uint64_t size)
{
    assert_ok(zx_object_set_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, sizeof(size)));
}

static void z085_a_slice_writes_through(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    put_byte(vmo, 0, 42);
    put_byte(vmo, PAGE, 42);
    zx_handle_t slice = new_child(vmo, SLICE, PAGE, 2 * PAGE);
    assert_int_equal(byte_at(slice, 0), 42);
    put_byte(slice, 0, 84);
    put_byte(slice, PAGE, 84);
    const int expected[] = {42, 84, 84, 0};
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(byte_at(vmo, i * PAGE), expected[i]);
    }
    put_byte(vmo, 2 * PAGE, 7);
    assert_int_equal(byte_at(slice, PAGE), 7);

    char byte = 0; /* its window ends where it says, not where the file does */
    assert_int_equal(info_of(slice).size_bytes, 2 * PAGE);
    assert_status(zx_vmo_read(slice, &byte, 2 * PAGE, 1), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_write(slice, &byte, 2 * PAGE, 1), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_read(slice, &byte, UINT64_MAX - PAGE + 1, 1), ZX_ERR_OUT_OF_RANGE);
    const zx_handle_t all[] = {vmo, slice};
    assert_ok(zx_handle_close_many(all, 2));
}

static void z088_empty_slices(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    for (uint64_t offset = 0; offset <= PAGE; offset += PAGE) {
        char byte = 0;
        zx_handle_t slice = new_child(vmo, SLICE, offset, 0);
        assert_status(zx_vmo_read(slice, &byte, 0, 1), ZX_ERR_OUT_OF_RANGE);
        assert_status(zx_vmo_write(slice, &byte, 0, 1), ZX_ERR_OUT_OF_RANGE);
        assert_ok(zx_vmo_read(slice, &byte, 0, 0));
        assert_ok(zx_handle_close(slice));
    }
    assert_ok(zx_handle_close(vmo));
}

static void z094_a_slice_is_no_copy_and_outlives_its_parent(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    put_byte(vmo, PAGE, 42);
    zx_handle_t slice = new_child(vmo, SLICE, PAGE, PAGE);
    zx_handle_t reference = new_child(vmo, REFERENCE, 0, 0);
    assert_int_equal(info_of(slice).flags, 0x9);
    assert_int_equal(info_of(reference).flags, 0x9);
    assert_int_equal(info_of(slice).populated_bytes, 0);
    assert_int_equal(info_of(reference).populated_bytes, 0);
    assert_true(info_of(vmo).populated_bytes >= PAGE);
    assert_ok(zx_handle_close(vmo));
    assert_int_equal(byte_at(slice, 0), 42);
    assert_int_equal(byte_at(reference, PAGE), 42);
    const zx_handle_t all[] = {slice, reference};
    assert_ok(zx_handle_close_many(all, 2));
}

struct wish {
    uint32_t options;
    uint64_t offset;
    uint64_t size;
    zx_status_t status;
};

static void assert_wishes(zx_handle_t vmo, const struct wish *wishes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct wish *wish = &wishes[i];
        zx_handle_t out = 77;
        zx_status_t status =
            zx_vmo_create_child(vmo, wish->options, wish->offset, wish->size, &out);
        if (status != wish->status) {
            print_error("row %zu\n", i);
        }
        assert_status(status, wish->status);
        assert_int_equal(out, 77);
        assert_int_equal(info_of(vmo).num_children, 0);
    }
}

/* Z100, Z112, and the order of the checks: each row breaks the rule that it names and later ones.
 */
static void z100_z112_refused_arguments(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    const struct wish wishes[] = {
        {SLICE | NO_WRITE | CHILD_RESIZABLE, 1,            UINT64_MAX,            ZX_ERR_OUT_OF_RANGE }, /* rounding */
        {0,                                  0,            UINT64_MAX - PAGE + 2, ZX_ERR_OUT_OF_RANGE },
        {SLICE | NO_WRITE | CHILD_RESIZABLE, 0,            PAGE,                  ZX_ERR_INVALID_ARGS },
        {0,                                  0,            PAGE,                  ZX_ERR_INVALID_ARGS }, /* Z100 */
        {SNAPSHOT | SLICE,                   0,            PAGE,                  ZX_ERR_INVALID_ARGS },
        {SNAPSHOT | AT_LEAST,                0,            PAGE,                  ZX_ERR_INVALID_ARGS },
        {0x100,                              0,            PAGE,                  ZX_ERR_INVALID_ARGS },
        {NO_WRITE,                           0,            PAGE,                  ZX_ERR_INVALID_ARGS },
        {SLICE | CHILD_RESIZABLE,            0,            LARGEST_VMO + PAGE,    ZX_ERR_INVALID_ARGS }, /* slices */
        {SLICE | REFERENCE,                  0,            0,                     ZX_ERR_INVALID_ARGS },
        {SLICE | 0x100,                      0,            PAGE,                  ZX_ERR_INVALID_ARGS },
        {SLICE,                              1,            LARGEST_VMO + PAGE,    ZX_ERR_INVALID_ARGS },
        {SLICE,                              8 * PAGE,     LARGEST_VMO + PAGE,    ZX_ERR_OUT_OF_RANGE },
        {SLICE,                              0,            LARGEST_VMO,           ZX_ERR_INVALID_ARGS },
        {SLICE,                              0,            4 * PAGE + 1,          ZX_ERR_INVALID_ARGS },
        {SLICE,                              PAGE,         4 * PAGE,              ZX_ERR_INVALID_ARGS },
        {SLICE,                              5 * PAGE,     0,                     ZX_ERR_INVALID_ARGS },
        {SLICE,                              0 - 2 * PAGE, 4 * PAGE,              ZX_ERR_INVALID_ARGS }, /* wraps */
        {REFERENCE,                          PAGE,         0,                     ZX_ERR_INVALID_ARGS }, /* Z112 */
        {REFERENCE,                          0,            PAGE,                  ZX_ERR_INVALID_ARGS },
        {REFERENCE,                          0,            1,                     ZX_ERR_INVALID_ARGS },
        {REFERENCE | SNAPSHOT,               0,            0,                     ZX_ERR_INVALID_ARGS },
        {REFERENCE | CHILD_RESIZABLE,        PAGE,         0,                     ZX_ERR_INVALID_ARGS },
        {REFERENCE | CHILD_RESIZABLE,        0,            0,                     ZX_ERR_NOT_SUPPORTED}, /* Z115 */
        {SNAPSHOT | 0x100,                   0,            PAGE,                  ZX_ERR_INVALID_ARGS },
        {SNAPSHOT,                           1,            LARGEST_VMO + PAGE,    ZX_ERR_INVALID_ARGS },
        {MODIFIED,                           0,            LARGEST_VMO + PAGE,    ZX_ERR_OUT_OF_RANGE },
        {AT_LEAST,                           0 - PAGE,     PAGE,                  ZX_ERR_OUT_OF_RANGE },
        {SNAPSHOT,                           0 - PAGE,     PAGE + 1,              ZX_ERR_OUT_OF_RANGE },
    };
    assert_wishes(vmo, wishes, sizeof(wishes) / sizeof(wishes[0]));
    assert_status(zx_vmo_create_child(vmo, SLICE, 0, PAGE, NULL), ZX_ERR_INVALID_ARGS);
    assert_status(zx_vmo_create_child(vmo, SNAPSHOT, 0, PAGE, NULL), ZX_ERR_INVALID_ARGS);
    assert_int_equal(signals_of(vmo), ZX_VMO_ZERO_CHILDREN);
    assert_ok(zx_handle_close(vmo));
}

static void slices_of_what_can_be_resized(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, ZX_VMO_RESIZABLE);
    const struct wish wishes[] = {
        {SLICE, 0, 5 * PAGE, ZX_ERR_INVALID_ARGS }, /* containment first */
        {SLICE, 0, PAGE,     ZX_ERR_NOT_SUPPORTED},
    };
    assert_wishes(vmo, wishes, 2);
    zx_handle_t fixed = new_child(vmo, REFERENCE, 0, 0);
    assert_wishes(fixed, wishes, 2); /* its size is its parent's to change */
    assert_ok(zx_handle_close(fixed));
    assert_ok(zx_handle_close(vmo));
}

static void z097_handle_and_rights(void **state)
{
    (void)state;
    zx_handle_t event = ZX_HANDLE_INVALID;
    zx_handle_t out = 77;
    assert_ok(zx_event_create(0, &event));
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t no_read = dup_with(vmo, 0xD0EF & ~ZX_RIGHT_READ);
    zx_handle_t no_duplicate = dup_with(vmo, 0xD0EF & ~ZX_RIGHT_DUPLICATE);
    zx_handle_t least = dup_with(vmo, ZX_RIGHT_READ | ZX_RIGHT_DUPLICATE);
    assert_status(zx_vmo_create_child(0, SLICE, 1, PAGE, &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_vmo_create_child(event, SLICE, 1, PAGE, &out), ZX_ERR_WRONG_TYPE);
    assert_status(zx_vmo_create_child(no_read, SLICE, 1, PAGE, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmo_create_child(no_duplicate, 0, 1, PAGE, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_vmo_create_child(0, SLICE, 0, UINT64_MAX, &out), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_vmo_create_child(0, SLICE | NO_WRITE | CHILD_RESIZABLE, 0, PAGE, &out),
                  ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
    zx_handle_t child = new_child(least, SLICE, 0, PAGE);
    const zx_handle_t all[] = {event, vmo, no_read, no_duplicate, least, child};
    assert_ok(zx_handle_close_many(all, 6));
}

static void rights_of_children(void **state)
{
    (void)state;
    const zx_rights_t bare = ZX_RIGHT_READ | ZX_RIGHT_DUPLICATE;
    const zx_rights_t properties = ZX_RIGHT_GET_PROPERTY | ZX_RIGHT_SET_PROPERTY;
    zx_handle_t fixed = new_vmo(PAGE, 0);
    zx_handle_t resizable = new_vmo(PAGE, ZX_VMO_RESIZABLE);
    zx_handle_t code = ZX_HANDLE_INVALID;
    assert_ok(zx_vmo_replace_as_executable(new_vmo(PAGE, 0), ZX_HANDLE_INVALID, &code));
    const struct {
        zx_handle_t parent;
        zx_rights_t parent_rights;
        uint32_t options;
        zx_rights_t rights;
    } rows[] = {
        {fixed,     ZX_RIGHT_SAME_RIGHTS,  SLICE,                       0xD0EF                             },
        {fixed,     ZX_RIGHT_SAME_RIGHTS,  SLICE | NO_WRITE,            0xD0EF & ~ZX_RIGHT_WRITE           },
        {fixed,     ZX_RIGHT_SAME_RIGHTS,  REFERENCE | NO_WRITE,        0xD0EF & ~ZX_RIGHT_WRITE           },
        {fixed,     bare,                  SLICE,                       bare | properties                  },
        {fixed,     bare | ZX_RIGHT_WRITE, SLICE | NO_WRITE,            bare | properties                  },
        {fixed,     bare,                  REFERENCE,                   bare | properties                  },
        {resizable, ZX_RIGHT_SAME_RIGHTS,  REFERENCE,                   0xD0EF                             },
        {fixed,     ZX_RIGHT_SAME_RIGHTS,  SNAPSHOT,                    0xD0EF                             },
        {fixed,     ZX_RIGHT_SAME_RIGHTS,  SNAPSHOT | CHILD_RESIZABLE,  0x40D0EF                           },
        {resizable, ZX_RIGHT_SAME_RIGHTS,  AT_LEAST,                    0xD0EF                             },
        {fixed,     ZX_RIGHT_SAME_RIGHTS,  MODIFIED | NO_WRITE,         0xD0EF & ~ZX_RIGHT_WRITE           },
        {fixed,     bare,                  SNAPSHOT,                    bare | properties | ZX_RIGHT_WRITE },
        {code,      ZX_RIGHT_SAME_RIGHTS,  SLICE,                       0xD0EF | ZX_RIGHT_EXECUTE          },
        {code,      ZX_RIGHT_SAME_RIGHTS,  SNAPSHOT,                    0xD0EF                             },
        {code,      ZX_RIGHT_SAME_RIGHTS,  SNAPSHOT | NO_WRITE,         0xD0FF & ~ZX_RIGHT_WRITE           },
        {resizable, ZX_RIGHT_SAME_RIGHTS,  REFERENCE | CHILD_RESIZABLE, 0x40D0EF                           },
        {resizable, bare,                  REFERENCE | CHILD_RESIZABLE, bare | properties | ZX_RIGHT_RESIZE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        zx_handle_t parent = dup_with(rows[i].parent, rows[i].parent_rights);
        uint64_t size = (rows[i].options & REFERENCE) != 0 ? 0 : PAGE;
        zx_handle_t child = new_child(parent, rows[i].options, 0, size);
        assert_int_equal(basic_of(child).rights, rows[i].rights);
        assert_int_equal(info_of(child).flags & ZX_INFO_VMO_RESIZABLE,
                         (rows[i].options & CHILD_RESIZABLE) != 0 ? ZX_INFO_VMO_RESIZABLE : 0);
        assert_ok(zx_handle_close(child));
        assert_ok(zx_handle_close(parent));
    }
    const zx_handle_t all[] = {fixed, resizable, code};
    assert_ok(zx_handle_close_many(all, 3));
}

static void z115_references(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    zx_handle_t reference = new_child(vmo, REFERENCE, 0, 0);
    zx_handle_t second = new_child(reference, REFERENCE, 0, 0);
    assert_int_not_equal(basic_of(reference).koid, basic_of(vmo).koid);
    assert_int_equal(info_of(second).parent_koid, basic_of(reference).koid);
    assert_int_equal(info_of(second).size_bytes, 4 * PAGE);
    put_byte(second, 3 * PAGE, 42);
    assert_int_equal(byte_at(vmo, 3 * PAGE), 42);

    zx_handle_t slice = new_child(reference, SLICE, 3 * PAGE, PAGE);
    assert_int_equal(byte_at(slice, 0), 42);
    zx_handle_t whole = new_child(vmo, SLICE, 0, 4 * PAGE);
    const struct wish wish = {REFERENCE, 0, 0, ZX_ERR_NOT_SUPPORTED};
    assert_wishes(slice, &wish, 1);
    assert_wishes(whole, &wish, 1);
    const zx_handle_t all[] = {vmo, reference, second, slice, whole};
    assert_ok(zx_handle_close_many(all, 5));
}

static void z118_content_sizes(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    zx_handle_t slice = new_child(vmo, SLICE, 0, 3 * PAGE);
    zx_handle_t odd = new_child(vmo, SLICE, PAGE, PAGE + 5);
    zx_handle_t reference = new_child(vmo, REFERENCE, 0, 0);
    assert_int_equal(content_size_of(slice), 3 * PAGE);
    assert_int_equal(content_size_of(odd), PAGE + 5);
    assert_int_equal(info_of(odd).size_bytes, 2 * PAGE);
    assert_int_equal(content_size_of(reference), 4 * PAGE);
    set_content_size(slice, 100);
    assert_int_equal(content_size_of(vmo), 4 * PAGE);
    set_content_size(vmo, 200);
    assert_int_equal(content_size_of(reference), 200);
    set_content_size(reference, 300);
    assert_int_equal(content_size_of(vmo), 300);
    assert_int_equal(content_size_of(slice), 100);
    assert_ok(zx_handle_close(vmo));
    assert_int_equal(content_size_of(reference), 300);
    const zx_handle_t all[] = {slice, odd, reference};
    assert_ok(zx_handle_close_many(all, 3));
}

static void windows_in_windows_add_up(void **state)
{
    (void)state;
    const uint64_t pages = 8;
    zx_handle_t vmo = new_vmo(pages * PAGE, 0);
    for (uint64_t i = 0; i < pages; i++) {
        put_byte(vmo, i * PAGE, (int)i);
    }
    zx_handle_t slice = vmo;
    for (uint64_t i = 1; i < pages; i++) {
        uint64_t size = (pages - i) * PAGE;
        zx_handle_t next = new_child(slice, SLICE, PAGE, size);
        assert_ok(zx_handle_close(slice));
        slice = next;
        assert_int_equal(byte_at(slice, 0), i);
        /* Inside the file, not inside the window. */
        assert_status(zx_vmo_create_child(slice, SLICE, 0, size + PAGE, &next),
                      ZX_ERR_INVALID_ARGS);
    }
    assert_ok(zx_handle_close(slice));
}

/* Whether the memory at an address can be read: asked of the kernel, not by touching it. */
static bool is_readable(zx_vaddr_t address)
{
    char byte;
    struct iovec to = {.iov_base = &byte, .iov_len = 1};
    struct iovec from = {.iov_base = (void *)address,
                         .iov_len = 1}; // NOLINT(performance-no-int-to-ptr)
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1;
}

static void mapping_a_slice_shows_its_window_only(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    zx_handle_t vmo = new_vmo(8 * PAGE, 0);
    zx_handle_t outer = new_child(vmo, SLICE, 2 * PAGE, 4 * PAGE);
    zx_handle_t inner = new_child(outer, SLICE, PAGE, 2 * PAGE); /* pages 3 and 4 */
    zx_vaddr_t address = 0;
    put_byte(vmo, 4 * PAGE, 42);
    assert_ok(zx_vmar_map(root, RW, 0, inner, PAGE, 3 * PAGE, &address));
    volatile char *bytes = (volatile char *)address; // NOLINT(performance-no-int-to-ptr)
    assert_int_equal(bytes[0], 42);
    bytes[1] = 43;
    assert_int_equal(byte_at(vmo, 4 * PAGE + 1), 43);
    assert_true(is_readable(address + PAGE - 1));
    assert_false(is_readable(address + PAGE)); /* page 5 of the file is not the slice's */
    assert_false(is_readable(address + 2 * PAGE));
    assert_int_equal(info_of(inner).num_mappings, 1);
    assert_int_equal(info_of(vmo).num_mappings, 0);

    zx_vaddr_t beyond = 0; /* wholly past the end: a place without memory */
    assert_ok(zx_vmar_map(root, RW, 0, inner, 7 * PAGE, PAGE, &beyond));
    assert_int_equal(beyond, address + 3 * PAGE);
    assert_false(is_readable(beyond));
    assert_ok(zx_vmar_unmap(root, address, 4 * PAGE));
    const zx_handle_t all[] = {vmo, outer, inner};
    assert_ok(zx_handle_close_many(all, 3));
}

static void a_slice_over_another_mapping_hides_all_of_it(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    zx_info_vmar_t region = {0};
    assert_ok(zx_object_get_info(root, ZX_INFO_VMAR, &region, sizeof(region), NULL, NULL));
    zx_handle_t vmo = new_vmo(8 * PAGE, 0);
    zx_handle_t slice = new_child(vmo, SLICE, 2 * PAGE, PAGE);
    zx_vaddr_t address = 0;
    assert_ok(zx_vmar_map(root, RW, 0, vmo, 0, 8 * PAGE, &address));
    zx_vaddr_t over = 0;
    assert_ok(zx_vmar_map(root, RW | ZX_VM_SPECIFIC_OVERWRITE, address - region.base + 3 * PAGE,
                          slice, 0, 2 * PAGE, &over));
    const bool readable[] = {true, true, true, true, false, true, true, true};
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(is_readable(address + i * PAGE), readable[i]);
    }
    put_byte(slice, 0, 9);
    assert_int_equal(*(volatile char *)over, 9);    // NOLINT(performance-no-int-to-ptr)
    assert_int_equal(info_of(vmo).num_mappings, 2); /* on both sides */
    assert_int_equal(info_of(slice).num_mappings, 1);
    assert_status(zx_vmar_map(root, RW | ZX_VM_SPECIFIC, address - region.base + 4 * PAGE, vmo, 0,
                              PAGE, &over),
                  ZX_ERR_ALREADY_EXISTS);
    assert_ok(zx_vmar_unmap(root, address, 8 * PAGE));
    const zx_handle_t all[] = {vmo, slice};
    assert_ok(zx_handle_close_many(all, 2));
}

static void names_need_get_property(void **state)
{
    (void)state;
    char name[ZX_MAX_NAME_LEN];
    zx_handle_t vmo = new_vmo(PAGE, 0);
    assert_ok(zx_object_set_property(vmo, ZX_PROP_NAME, "mother", 6));
    zx_handle_t bare = dup_with(vmo, ZX_RIGHT_READ | ZX_RIGHT_DUPLICATE);
    zx_handle_t named = new_child(vmo, SLICE, 0, PAGE);
    zx_handle_t unnamed = new_child(bare, SLICE, 0, PAGE);
    assert_ok(zx_object_get_property(named, ZX_PROP_NAME, name, sizeof(name)));
    assert_string_equal(name, "mother");
    assert_ok(zx_object_get_property(unnamed, ZX_PROP_NAME, name, sizeof(name)));
    assert_string_equal(name, "");
    const zx_handle_t all[] = {vmo, bare, named, unnamed};
    assert_ok(zx_handle_close_many(all, 4));
}

/* A file of PAGE + 100 bytes, as some other program may send it. */
static zx_handle_t receive_odd_file(void)
{
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_VMO, .rights = 0xD0EF};
    int fd = memfd_create("theirs", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)(PAGE + 100)), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK), 0);
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    assert_ok(sysmem_handle_from_fd(fd, &info, &vmo));
    return vmo;
}

static void children_of_received_files(void **state)
{
    (void)state;
    char bytes[101];
    char name[ZX_MAX_NAME_LEN];
    zx_handle_t vmo = receive_odd_file();
    zx_handle_t bare = dup_with(vmo, ZX_RIGHT_READ | ZX_RIGHT_DUPLICATE);
    zx_handle_t slice = new_child(vmo, SLICE, PAGE, PAGE);
    zx_handle_t reference = new_child(bare, REFERENCE, 0, 0);
    assert_int_equal(info_of(slice).size_bytes, PAGE);
    assert_ok(zx_vmo_read(slice, bytes, 0, 100));
    assert_status(zx_vmo_read(slice, bytes, 0, 101), ZX_ERR_OUT_OF_RANGE);
    zx_handle_t end = new_child(vmo, SLICE, 2 * PAGE, 0);
    assert_int_equal(info_of(end).size_bytes, 0);
    assert_int_equal(info_of(reference).size_bytes, 2 * PAGE);
    assert_int_equal(content_size_of(reference), PAGE + 100);
    assert_ok(zx_object_get_property(slice, ZX_PROP_NAME, name, sizeof(name)));
    assert_string_equal(name, "theirs");
    assert_ok(zx_object_get_property(reference, ZX_PROP_NAME, name, sizeof(name)));
    assert_string_equal(name, "");
    const zx_handle_t all[] = {vmo, bare, slice, reference, end};
    assert_ok(zx_handle_close_many(all, 5));
}

/* The daemon's lifetime rests on locks of the description that it handed out. */
static void a_child_keeps_the_description_of_its_parent(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 7, .l_len = 1};
    assert_int_equal(fcntl(sysmem_handle_fd(vmo), F_OFD_SETLK, &lock), 0);
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", sysmem_handle_fd(vmo));
    int watch = open(path, O_RDWR | O_CLOEXEC);
    assert_true(watch >= 0);
    zx_handle_t slice = new_child(vmo, SLICE, PAGE, PAGE);
    assert_ok(zx_handle_close(vmo));
    const short types[] = {F_RDLCK, F_UNLCK};
    for (size_t i = 0; i < 2; i++) {
        struct flock probe = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 7, .l_len = 1};
        assert_int_equal(fcntl(watch, F_OFD_GETLK, &probe), 0);
        assert_int_equal(probe.l_type, types[i]);
        if (i == 0) {
            assert_ok(zx_handle_close(slice));
        }
    }
    assert_int_equal(close(watch), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z085_a_slice_writes_through),
        cmocka_unit_test(z088_empty_slices),
        cmocka_unit_test(z094_a_slice_is_no_copy_and_outlives_its_parent),
        cmocka_unit_test(z097_handle_and_rights),
        cmocka_unit_test(z100_z112_refused_arguments),
        cmocka_unit_test(slices_of_what_can_be_resized),
        cmocka_unit_test(rights_of_children),
        cmocka_unit_test(z115_references),
        cmocka_unit_test(z118_content_sizes),
        cmocka_unit_test(windows_in_windows_add_up),
        cmocka_unit_test(mapping_a_slice_shows_its_window_only),
        cmocka_unit_test(a_slice_over_another_mapping_hides_all_of_it),
        cmocka_unit_test(names_need_get_property),
        cmocka_unit_test(children_of_received_files),
        cmocka_unit_test(a_child_keeps_the_description_of_its_parent),
    };
    return RUN_ZX_TESTS(tests);
}
