#include "zx_test.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/socket_name.h"
#include "zx/transfer.h"

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

static const struct sysmem_handle_info as_vmo = {
    .type = ZX_OBJ_TYPE_VMO,
    .rights = ZX_DEFAULT_VMO_RIGHTS | ZX_RIGHT_RESIZE,
};

static int new_memfd(off_t size, int seals)
{
    int fd = memfd_create("coll:3", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static int reopen(int fd, int flags)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int again = open(path, flags | O_CLOEXEC);
    assert_true(again >= 0);
    return again;
}

static struct transfer_fds alone(int fd)
{
    return (struct transfer_fds){.fd = fd, .companion = -1};
}

static zx_handle_t from_fd(int fd, const struct sysmem_handle_info *info)
{
    zx_handle_t handle = ZX_HANDLE_INVALID;
    assert_ok(sysmem_handle_from_fd(fd, info, &handle));
    return handle;
}

static void a_vmo_goes_out_and_comes_back(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(3 * PAGE, 0);
    zx_koid_t koid = basic_of(vmo).koid;
    int own_fd = sysmem_handle_fd(vmo);
    assert_ok(zx_vmo_write(vmo, "abc", PAGE, 3));
    struct sysmem_handle_info info = {0};
    int fd = -1;
    assert_ok(sysmem_handle_into_fd(vmo, &info, &fd));
    assert_int_equal(fd, own_fd); /* no duplicate when it was the only handle */
    assert_status(zx_handle_close(vmo), ZX_ERR_BAD_HANDLE);
    assert_int_equal(info.type, ZX_OBJ_TYPE_VMO);
    assert_int_equal(info.rights, 0xD0EF);
    assert_int_equal(info.koid, koid);
    assert_int_equal(info.related_koid, 0);

    int seals = fcntl(fd, F_GET_SEALS);
    assert_int_equal(seals & (F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL),
                     F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    struct stat stat;
    assert_int_equal(fstat(fd, &stat), 0);
    assert_int_equal(stat.st_mode & 07777, 0600);

    vmo = from_fd(fd, &info);
    char bytes[3];
    assert_ok(zx_vmo_read(vmo, bytes, PAGE, 3));
    assert_memory_equal(bytes, "abc", 3);
    assert_int_equal(basic_of(vmo).koid, koid);
    assert_int_equal(basic_of(vmo).rights, 0xD0EF);
    assert_ok(zx_handle_close(vmo));
}

static void what_is_reserved_must_be_0(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct sysmem_handle_info info = {0};
        int fd = -1;
        assert_ok(sysmem_handle_into_fd(new_vmo(PAGE, 0), &info, &fd));
        assert_true(info.reserved[i] == 0);
        info.reserved[i] = 1;
        zx_handle_t handle;
        assert_status(sysmem_handle_from_fd(fd, &info, &handle), ZX_ERR_INVALID_ARGS);
        assert_int_equal(fcntl(fd, F_GETFD), -1); /* taken nevertheless */
    }
}

static void a_handle_without_write_gives_a_read_only_descriptor(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t reader =
        dup_with(vmo, ZX_RIGHT_READ | ZX_RIGHT_MAP | ZX_RIGHT_TRANSFER | ZX_RIGHT_INSPECT);
    struct sysmem_handle_info info = {0};
    int fd = -1;
    assert_ok(sysmem_handle_into_fd(reader, &info, &fd));
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    info.rights = 0xD0EF; /* a sender that says more than its descriptor can do */
    zx_handle_t again = from_fd(fd, &info);
    assert_int_equal(basic_of(again).rights, 0xD0EF & ~ZX_RIGHT_WRITE);
    assert_status(zx_vmo_write(again, "x", 0, 1), ZX_ERR_ACCESS_DENIED);

    /* The other handle still has its own, and two handles share the file's bytes. */
    assert_ok(zx_vmo_write(vmo, "x", 0, 1));
    char byte = 0;
    assert_ok(zx_vmo_read(again, &byte, 0, 1));
    assert_int_equal(byte, 'x');
    assert_ok(zx_handle_close(again));
    assert_ok(zx_handle_close(vmo));
}

static void rights_are_cut_to_what_the_descriptor_can_do(void **state)
{
    (void)state;
    const int size_seals = F_SEAL_GROW | F_SEAL_SHRINK;
    const zx_rights_t all = ZX_DEFAULT_VMO_RIGHTS | ZX_RIGHT_RESIZE;
    const zx_rights_t no_write = all & ~(ZX_RIGHT_WRITE | ZX_RIGHT_RESIZE);
    const struct {
        int seals;
        int access;
        zx_rights_t rights;
    } rows[] = {
        {0,                         O_RDWR,    all                                       },
        {F_SEAL_SHRINK,             O_RDWR,    all                                       },
        {size_seals,                O_RDWR,    all & ~ZX_RIGHT_RESIZE                    },
        {0,                         O_RDONLY,  no_write                                  },
        {F_SEAL_FUTURE_WRITE,       O_RDWR,    no_write                                  },
        {F_SEAL_WRITE,              O_RDWR,    no_write                                  },
        {0,                         O_WRONLY,  all & ~(ZX_RIGHT_READ | ZX_RIGHT_MAP)     },
        {size_seals | F_SEAL_WRITE, O_WRONLY,  all & ~(ZX_RIGHT_MAP | ZX_RIGHT_RESIZE)   },
        {0,                         O_ACCMODE, no_write & ~(ZX_RIGHT_READ | ZX_RIGHT_MAP)}, /* nothing */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int fd = new_memfd((off_t)PAGE, rows[i].seals);
        zx_handle_t vmo = from_fd(reopen(fd, rows[i].access), &as_vmo);
        assert_int_equal(basic_of(vmo).rights, rows[i].rights);
        assert_ok(zx_handle_close(vmo));
        assert_int_equal(close(fd), 0);
    }
}

static void a_believed_sender_is_not_asked_about_rights(void **state)
{
    (void)state;
    int fd = new_memfd((off_t)PAGE, 0);
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    assert_ok(transfer_from_believed_fds(alone(reopen(fd, O_RDONLY)), &as_vmo, &vmo));
    assert_int_equal(basic_of(vmo).rights, as_vmo.rights);
    assert_true(zx_vmo_write(vmo, "x", 0, 1) != ZX_OK); /* the kernel's word is the last one */
    char byte = 'x';
    assert_ok(zx_vmo_read(vmo, &byte, PAGE - 1, 1));
    assert_int_equal(byte, 0);
    assert_ok(zx_handle_close(vmo));
    assert_int_equal(close(fd), 0);
    assert_status(transfer_from_believed_fds(alone(eventfd(0, EFD_CLOEXEC)), &as_vmo, &vmo),
                  ZX_ERR_WRONG_TYPE);
}

static void wrong_descriptors_are_refused_and_closed(void **state)
{
    (void)state;
    struct sysmem_handle_info info = as_vmo;
    zx_handle_t out = 77;
    assert_status(sysmem_handle_from_fd(eventfd(0, EFD_CLOEXEC), &info, &out), ZX_ERR_WRONG_TYPE);
    assert_status(sysmem_handle_from_fd(open("/proc/self/maps", O_RDONLY | O_CLOEXEC), &info, &out),
                  ZX_ERR_WRONG_TYPE);
    assert_status(sysmem_handle_from_fd(-1, &info, &out), ZX_ERR_WRONG_TYPE);
    const zx_obj_type_t sockets[] = {ZX_OBJ_TYPE_CHANNEL, ZX_OBJ_TYPE_EVENTPAIR, ZX_OBJ_TYPE_EVENT};
    for (size_t i = 0; i < 3; i++) {
        info.type = sockets[i];
        assert_status(sysmem_handle_from_fd(new_memfd(0, 0), &info, &out), ZX_ERR_WRONG_TYPE);
        assert_status(
            sysmem_handle_from_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), &info, &out),
            ZX_ERR_WRONG_TYPE);
    }
    info.type = ZX_OBJ_TYPE_VMAR;
    assert_status(sysmem_handle_from_fd(new_memfd(0, 0), &info, &out), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(out, 77);
}

static void into_fd_errors_leave_the_handle(void **state)
{
    (void)state;
    int fd = 77;
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t bound = dup_with(vmo, ZX_RIGHT_READ);
    assert_status(sysmem_handle_into_fd(0, NULL, &fd), ZX_ERR_BAD_HANDLE);
    assert_status(sysmem_handle_into_fd(bound, NULL, &fd), ZX_ERR_ACCESS_DENIED);
    assert_status(sysmem_handle_into_fd(zx_vmar_root_self(), NULL, &fd), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(fd, 77);
    assert_int_equal(sysmem_handle_fd(0), -1);
    const zx_handle_t all[] = {vmo, bound};
    assert_ok(zx_handle_close_many(all, 2));
}

static void an_event_travels_as_the_same_socket(void **state)
{
    (void)state;
    zx_handle_t event = 0;
    assert_ok(zx_event_create(0, &event));
    assert_int_equal(sysmem_handle_fd(event), -1);
    struct sysmem_handle_info infos[2];
    int fds[2] = {-1, -1};
    uint64_t cookies[2];
    for (size_t i = 0; i < 2; i++) { /* also through two handles */
        zx_handle_t again = dup_with(event, ZX_RIGHT_TRANSFER);
        assert_ok(sysmem_handle_into_fd(again, &infos[i], &fds[i]));
        assert_int_equal(socket_koid(fds[i], &cookies[i]), 0);
        assert_int_equal(infos[i].type, ZX_OBJ_TYPE_EVENT);
        assert_int_equal(infos[i].rights, ZX_RIGHT_TRANSFER);
        assert_int_equal(infos[i].koid, basic_of(event).koid);
        assert_int_equal(infos[i].related_koid, 0);
    }
    assert_int_equal(cookies[0], cookies[1]);
    close(fds[1]);
    infos[0].rights = ZX_RIGHT_SAME_RIGHTS - 1;
    zx_handle_t received = from_fd(fds[0], &infos[0]);
    assert_int_equal(basic_of(received).koid, basic_of(event).koid);
    assert_int_equal(basic_of(received).rights,
                     ZX_DEFAULT_EVENT_RIGHTS & (ZX_RIGHT_SAME_RIGHTS - 1));
    const zx_handle_t all[] = {event, received};
    assert_ok(zx_handle_close_many(all, 2));
}

static void an_event_does_not_heed_its_socket(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    uint64_t cookie = 0;
    assert_int_equal(socket_koid(pair[0], &cookie), 0);
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_EVENT,
                                            .rights = ZX_DEFAULT_EVENT_RIGHTS};
    zx_handle_t event = from_fd(pair[0], &info);
    assert_int_equal(basic_of(event).koid, cookie);
    assert_int_equal(send(pair[1], "x", 1, 0), 1);
    close(pair[1]);
    assert_int_equal(signals_of(event), 0);
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    assert_int_equal(signals_of(event), ZX_EVENT_SIGNALED);
    assert_ok(zx_handle_close(event)); /* the group's end tells that its socket is closed, too */
}

static void received_files_keep_their_size_and_name(void **state)
{
    (void)state;
    zx_handle_t vmo = from_fd(new_memfd((off_t)PAGE + 100, 0), &as_vmo);
    uint64_t size = 0;
    char name[ZX_MAX_NAME_LEN];
    static char bytes[2 * PAGE];
    assert_ok(zx_vmo_get_size(vmo, &size));
    assert_int_equal(size, 2 * PAGE);
    assert_ok(zx_object_get_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, sizeof(size)));
    assert_int_equal(size, PAGE + 100);
    assert_ok(zx_vmo_read(vmo, bytes, 0, PAGE + 100));
    assert_status(zx_vmo_read(vmo, bytes, 0, PAGE + 101), ZX_ERR_OUT_OF_RANGE);
    assert_ok(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)));
    assert_string_equal(name, "coll:3");
    assert_ok(zx_object_set_property(vmo, ZX_PROP_NAME, "mine", 4));
    assert_ok(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)));
    assert_string_equal(name, "mine");
    assert_ok(zx_handle_close(vmo));
}

static void a_file_that_shrinks_is_an_error_not_a_fault(void **state)
{
    (void)state;
    static char bytes[2 * PAGE];
    int fd = new_memfd((off_t)(2 * PAGE), 0);
    zx_handle_t vmo = from_fd(reopen(fd, O_RDWR), &as_vmo);
    assert_int_equal(ftruncate(fd, (off_t)PAGE), 0);
    assert_status(zx_vmo_read(vmo, bytes, 0, sizeof(bytes)), ZX_ERR_OUT_OF_RANGE);
    assert_ok(zx_vmo_read(vmo, bytes, 0, PAGE));
    assert_ok(zx_handle_close(vmo));
    assert_int_equal(close(fd), 0);
}

/* Whoever shares the description can set it so. */
static void writing_goes_where_it_is_to_though_the_file_appends(void **state)
{
    (void)state;
    char byte = 'x';
    const struct iovec part = {.iov_base = &byte, .iov_len = 1};
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    int fd = -1;
    assert_ok(sysmem_handle_into_fd(dup_with(vmo, ZX_RIGHT_SAME_RIGHTS), NULL, &fd));
    bool is_known = pwritev2(fd, &part, 1, 0, RWF_NOAPPEND) == 1;
    assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
    assert_int_equal(close(fd), 0);
    if (is_known) {
        assert_ok(zx_vmo_write(vmo, "y", PAGE, 1));
        assert_ok(zx_vmo_read(vmo, &byte, PAGE, 1));
        assert_int_equal(byte, 'y');
    }
    assert_ok(zx_handle_close(vmo));
    if (!is_known) {
        print_message("RWF_NOAPPEND needs Linux 6.9\n");
        skip();
    }
}

/* Lifetime is told by locks on open file descriptions: a mapping must hold the one that was
 * received. */
static void a_mapping_keeps_the_very_description(void **state)
{
    (void)state;
    int fd = new_memfd((off_t)PAGE, 0);
    int given = reopen(fd, O_RDWR);
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 7, .l_len = 1};
    assert_int_equal(fcntl(given, F_OFD_SETLK, &lock), 0);
    zx_handle_t vmo = from_fd(given, &as_vmo);
    zx_handle_t copy = dup_with(vmo, ZX_RIGHT_SAME_RIGHTS);
    zx_vaddr_t address = 0;
    assert_ok(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &address));
    int out = -1;
    assert_ok(sysmem_handle_into_fd(copy, NULL, &out)); /* the same description, not a new one */
    assert_ok(zx_handle_close(vmo));
    assert_int_equal(close(out), 0);

    struct flock probe = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 7, .l_len = 1};
    assert_int_equal(fcntl(fd, F_OFD_GETLK, &probe), 0);
    assert_int_equal(probe.l_type, F_RDLCK);
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), address, PAGE));
    probe = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 7, .l_len = 1};
    assert_int_equal(fcntl(fd, F_OFD_GETLK, &probe), 0);
    assert_int_equal(probe.l_type, F_UNLCK);
    assert_int_equal(close(fd), 0);
}

static void ends_travel_with_their_koids(void **state)
{
    (void)state;
    zx_handle_t pair[2];
    assert_ok(zx_channel_create(0, &pair[0], &pair[1]));
    zx_info_handle_basic_t before = basic_of(pair[1]);
    struct sysmem_handle_info info = {0};
    int fd = -1;
    assert_ok(sysmem_handle_into_fd(pair[1], &info, &fd));
    assert_int_equal(info.koid, before.koid);
    assert_int_equal(info.related_koid, before.related_koid);
    assert_int_equal(signals_of(pair[0]), ZX_CHANNEL_WRITABLE);

    /* Without koids from the sender the kernel says them: the other one's once it is bound to its
     * name. */
    info.koid = 0;
    info.related_koid = 0;
    zx_handle_t again = from_fd(fd, &info);
    assert_int_equal(basic_of(again).koid, before.koid);
    assert_int_equal(basic_of(again).related_koid, 0);
    struct socket_name name;
    assert_int_equal(socket_name_bind(sysmem_handle_fd(pair[0]), &name), SOCKET_NAME_OK);
    assert_int_equal(basic_of(again).related_koid, before.related_koid);
    assert_ok(zx_handle_close(again));
    assert_int_equal(signals_of(pair[0]), ZX_CHANNEL_PEER_CLOSED);
    assert_ok(zx_handle_close(pair[0]));
}

static zx_handle_t new_child(zx_handle_t vmo, uint32_t options, uint64_t offset, uint64_t size)
{
    zx_handle_t child = ZX_HANDLE_INVALID;
    assert_ok(zx_vmo_create_child(vmo, options, offset, size, &child));
    return child;
}

static void children_travel_under_their_own_koids(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    zx_koid_t koid = basic_of(vmo).koid;
    assert_ok(zx_vmo_write(vmo, "x", PAGE, 1));
    const uint32_t kinds[] = {ZX_VMO_CHILD_SLICE, ZX_VMO_CHILD_REFERENCE,
                              ZX_VMO_CHILD_SLICE | ZX_VMO_CHILD_NO_WRITE};
    for (size_t i = 0; i < 3; i++) {
        zx_handle_t child = new_child(vmo, kinds[i], 0, i == 1 ? 0 : 2 * PAGE);
        zx_koid_t child_koid = basic_of(child).koid;
        struct sysmem_handle_info info = {0};
        int fd = -1;
        assert_int_not_equal(child_koid, koid);
        assert_ok(sysmem_handle_into_fd(child, &info, &fd));
        assert_int_equal(info.koid, child_koid);
        assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE,
                         (kinds[i] & ZX_VMO_CHILD_NO_WRITE) != 0 ? O_RDONLY : O_RDWR);
        assert_int_not_equal(fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK, 0);
        assert_ok(sysmem_handle_from_fd(fd, &info, &child));
        assert_int_equal(basic_of(child).koid, child_koid);
        char byte = 0;
        assert_ok(zx_vmo_read(child, &byte, PAGE, 1));
        assert_int_equal(byte, 'x');
        assert_ok(zx_handle_close(child));
    }
    assert_ok(zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, ZX_TIME_INFINITE, NULL));
    assert_ok(zx_handle_close(vmo));
}

static void a_part_does_not_travel_as_the_whole(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(2 * PAGE, 0);
    const uint64_t windows[][2] = {
        {0,    PAGE},
        {PAGE, PAGE},
        {0,    0   },
    };
    for (size_t i = 0; i < 3; i++) {
        int fd = 77;
        zx_handle_t slice = new_child(vmo, ZX_VMO_CHILD_SLICE, windows[i][0], windows[i][1]);
        assert_status(sysmem_handle_into_fd(slice, NULL, &fd), ZX_ERR_NOT_SUPPORTED);
        assert_int_equal(fd, 77);
        assert_ok(zx_handle_close(slice)); /* it is still there */
    }
    assert_ok(zx_handle_close(vmo));
}

static void a_reference_leaves_a_resizable_file_open_to_resizing(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(PAGE, ZX_VMO_RESIZABLE);
    int fd = -1;
    assert_ok(sysmem_handle_into_fd(new_child(vmo, ZX_VMO_CHILD_REFERENCE, 0, 0), NULL, &fd));
    assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL); /* nobody can lock the others out */
    assert_int_equal(close(fd), 0);
    assert_ok(zx_object_wait_one(vmo, ZX_VMO_ZERO_CHILDREN, ZX_TIME_INFINITE, NULL));
    assert_ok(zx_handle_close(vmo));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vmo_goes_out_and_comes_back),
        cmocka_unit_test(what_is_reserved_must_be_0),
        cmocka_unit_test(a_handle_without_write_gives_a_read_only_descriptor),
        cmocka_unit_test(rights_are_cut_to_what_the_descriptor_can_do),
        cmocka_unit_test(a_believed_sender_is_not_asked_about_rights),
        cmocka_unit_test(wrong_descriptors_are_refused_and_closed),
        cmocka_unit_test(into_fd_errors_leave_the_handle),
        cmocka_unit_test(an_event_travels_as_the_same_socket),
        cmocka_unit_test(an_event_does_not_heed_its_socket),
        cmocka_unit_test(received_files_keep_their_size_and_name),
        cmocka_unit_test(a_file_that_shrinks_is_an_error_not_a_fault),
        cmocka_unit_test(writing_goes_where_it_is_to_though_the_file_appends),
        cmocka_unit_test(a_mapping_keeps_the_very_description),
        cmocka_unit_test(ends_travel_with_their_koids),
        cmocka_unit_test(children_travel_under_their_own_koids),
        cmocka_unit_test(a_part_does_not_travel_as_the_whole),
        cmocka_unit_test(a_reference_leaves_a_resizable_file_open_to_resizing),
    };
    return RUN_ZX_TESTS(tests);
}
