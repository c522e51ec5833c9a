/* Companions: the second descriptor of a handle, whose other end hangs up when nobody has any copy
 * of the handle any more. */
#include "channel_test.h"
#include "memory_test.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "zx/transfer.h"

/* A VMO with a companion, and the end that tells. */
struct tracked {
    zx_handle_t vmo;
    int end;
};

static void new_pair(int ret_fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds), 0);
}

/* Of secret memory where there is some, else of a memfd: it is the same to a companion. */
static int new_memory(void)
{
    if (has_secret_memory()) {
        return new_secret_fd(4 * PAGE);
    }
    int fd = memfd_create("tracked", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(fd, 4 * (off_t)PAGE), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK), 0);
    return fd;
}

static struct tracked new_tracked(void)
{
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_VMO,
                                            .rights = ZX_DEFAULT_VMO_RIGHTS};
    struct tracked tracked = {0};
    int pair[2];
    new_pair(pair);
    const struct transfer_fds fds = {.fd = new_memory(), .companion = pair[0]};
    assert_ok(transfer_from_believed_fds(fds, &info, &tracked.vmo));
    tracked.end = pair[1];
    return tracked;
}

static bool is_gone(int end, int timeout)
{
    struct pollfd item = {.fd = end};
    return poll(&item, 1, timeout) == 1 && (item.revents & POLLHUP) != 0;
}

static void assert_held(const struct tracked *tracked)
{
    assert_false(is_gone(tracked->end, 0));
}

static void assert_gone(struct tracked *tracked)
{
    assert_true(is_gone(tracked->end, 60000));
    fd_close(&tracked->end);
}

static void it_lives_as_long_as_a_handle(void **state)
{
    (void)state;
    struct tracked tracked = new_tracked();
    zx_handle_t copy = dup_with(tracked.vmo, ZX_RIGHT_TRANSFER);
    assert_ok(zx_handle_close(tracked.vmo));
    assert_held(&tracked);
    assert_ok(zx_handle_close(copy));
    assert_gone(&tracked);
}

static void it_lives_as_long_as_a_mapping(void **state)
{
    (void)state;
    struct tracked tracked = new_tracked();
    zx_vaddr_t at = 0;
    assert_ok(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, tracked.vmo, 0, 3 * PAGE, &at));
    assert_ok(zx_handle_close(tracked.vmo));
    assert_held(&tracked);
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), at + PAGE, PAGE)); /* two are left */
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), at, PAGE));
    assert_held(&tracked);
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), at + 2 * PAGE, PAGE));
    assert_gone(&tracked);
}

static void it_lives_as_long_as_a_child(void **state)
{
    (void)state;
    struct tracked tracked = new_tracked();
    zx_handle_t slice = new_child(tracked.vmo, SLICE, PAGE, 2 * PAGE);
    zx_handle_t inner = new_child(slice, SLICE, 0, PAGE);
    zx_handle_t reference = new_child(tracked.vmo, REFERENCE, 0, 0);
    const zx_handle_t first[] = {tracked.vmo, slice};
    assert_ok(zx_handle_close_many(first, 2));
    assert_held(&tracked);
    assert_ok(zx_handle_close(inner));
    assert_held(&tracked);
    assert_ok(zx_handle_close(reference));
    assert_gone(&tracked);
}

static void it_lives_in_a_message(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        struct tracked tracked = new_tracked();
        zx_handle_t ends[2];
        zx_handle_t got = 0;
        new_channel(way, ends);
        put_byte(tracked.vmo, PAGE, 'k');
        zx_koid_t koid = basic_of(tracked.vmo).koid;
        assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &tracked.vmo, 1));
        assert_held(&tracked);
        assert_ok(zx_channel_read(ends[1], 0, NULL, &got, 0, 1, NULL, NULL));
        assert_held(&tracked);
        assert_int_equal(basic_of(got).koid, koid);
        assert_int_equal(byte_at(got, PAGE), 'k');

        /* A slice of a part takes it along, and a message that nobody reads lets it go. */
        zx_handle_t slice = new_child(got, SLICE, PAGE, PAGE);
        assert_ok(zx_handle_close(got));
        assert_ok(zx_channel_write(ends[1], 0, NULL, 0, &slice, 1));
        assert_held(&tracked);
        assert_ok(zx_channel_read(ends[0], 0, NULL, &got, 0, 1, NULL, NULL));
        assert_int_equal(byte_at(got, 0), 'k');
        assert_held(&tracked);
        assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &got, 1));
        assert_held(&tracked);
        assert_ok(zx_handle_close_many(ends, 2));
        assert_gone(&tracked);
    }
}

/* As many as a message takes, each other one with a companion. */
static void many_travel_in_order(void **state)
{
    (void)state;
    enum { COUNT = ZX_CHANNEL_MAX_MSG_HANDLES };
    struct tracked tracked[COUNT / 2];
    zx_handle_t sent[COUNT];
    zx_handle_t got[COUNT];
    zx_koid_t koids[COUNT];
    zx_handle_t ends[2];
    new_channel(BY_SOCKET, ends);
    for (size_t i = 0; i < COUNT; i++) {
        if (i % 2 == 0) {
            tracked[i / 2] = new_tracked();
        }
        sent[i] = i % 2 == 0 ? tracked[i / 2].vmo : new_vmo(PAGE, 0);
        koids[i] = basic_of(sent[i]).koid;
    }
    assert_ok(zx_channel_write(ends[0], 0, "x", 1, sent, COUNT));
    char byte;
    assert_ok(zx_channel_read(ends[1], 0, &byte, got, 1, COUNT, NULL, NULL));
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(basic_of(got[i]).koid, koids[i]);
        if (i % 2 == 0) {
            assert_held(&tracked[i / 2]);
        }
        assert_ok(zx_handle_close(got[i]));
        if (i % 2 == 0) {
            assert_gone(&tracked[i / 2]);
        }
    }
    assert_ok(zx_handle_close_many(ends, 2));
}

/* It says that the process is gone, also one that cannot say so itself. */
static void it_goes_with_a_process_that_is_killed(void **state)
{
    (void)state;
    struct tracked tracked = new_tracked();
    int ready[2];
    new_pair(ready);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        zx_vaddr_t at;
        zx_status_t status =
            zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, tracked.vmo, 0, PAGE, &at);
        (void)zx_handle_close(tracked.vmo);
        (void)send(ready[1], status == ZX_OK ? "y" : "n", 1, 0);
        for (;;) {
            (void)pause();
        }
    }
    char answer = 0;
    assert_int_equal(recv(ready[0], &answer, 1, 0), 1);
    assert_int_equal(answer, 'y');
    assert_ok(zx_handle_close(tracked.vmo));
    assert_held(&tracked);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_gone(&tracked);
    assert_int_equal(close(ready[0]), 0);
    assert_int_equal(close(ready[1]), 0);
}

static void a_bare_descriptor_leaves_it_behind(void **state)
{
    (void)state;
    struct tracked tracked = new_tracked();
    zx_handle_t copy = dup_with(tracked.vmo, ZX_RIGHT_SAME_RIGHTS);
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    int fd = 77;
    assert_status(sysmem_handle_into_form(copy, form, &fd), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(fd, 77);
    assert_ok(sysmem_handle_into_fd(copy, NULL, &fd));
    assert_held(&tracked); /* by the other handle */
    assert_int_equal(close(fd), 0);
    assert_ok(sysmem_handle_into_fd(tracked.vmo, NULL, &fd));
    assert_gone(&tracked);
    void *at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(at, MAP_FAILED);
    assert_int_equal(munmap(at, PAGE), 0);
    assert_int_equal(close(fd), 0);
}

/* --- Hostile messages --- */

enum sent { MEMORY, SOCKET, OTHER };

/* One message with one handle. */
static void send_form(int socket, const struct form *form, const enum sent *kinds, size_t count)
{
    unsigned char frame[16 + SYSMEM_HANDLE_FORM_BYTES] = {0x5A, 1, 1, 0, 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(4 * sizeof(int))];
    } control = {
        .header = {.cmsg_level = SOL_SOCKET,
                   .cmsg_type = SCM_RIGHTS,
                   .cmsg_len = CMSG_LEN(count * sizeof(int))}
    };
    int fds[4] = {-1, -1, -1, -1};
    for (size_t i = 0; i < count; i++) {
        int pair[2];
        new_pair(pair);
        fds[i] = kinds[i] == MEMORY   ? new_memory()
                 : kinds[i] == SOCKET ? fd_take(&pair[0])
                                      : eventfd(0, EFD_CLOEXEC);
        fd_close(&pair[0]);
        fd_close(&pair[1]);
    }
    form_write(form, frame + 16);
    memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
    struct iovec part = {.iov_base = frame, .iov_len = sizeof(frame)};
    const struct msghdr message = {.msg_iov = &part,
                                   .msg_iovlen = 1,
                                   .msg_control = count == 0 ? NULL : &control,
                                   .msg_controllen =
                                       count == 0 ? 0 : CMSG_SPACE(count * sizeof(int))};
    assert_int_equal(sendmsg(socket, &message, 0), sizeof(frame));
    for (size_t i = 0; i < count; i++) {
        fd_close(&fds[i]);
    }
}

/* What comes of reading it. */
static zx_status_t receive_form(const struct form *form, const enum sent *kinds, size_t count)
{
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_CHANNEL,
                                            .rights = ZX_DEFAULT_CHANNEL_RIGHTS};
    int pair[2];
    zx_handle_t end = 0;
    zx_handle_t got = 0;
    new_pair(pair);
    assert_ok(sysmem_handle_from_fd(pair[0], &info, &end));
    send_form(pair[1], form, kinds, count);
    zx_status_t status = zx_channel_read(end, 0, NULL, &got, 0, 1, NULL, NULL);
    if (status == ZX_OK) {
        assert_ok(zx_handle_close(got));
    }
    assert_ok(zx_handle_close(end));
    assert_int_equal(close(pair[1]), 0);
    return status;
}

static void hostile_forms_are_refused(void **state)
{
    (void)state;
    const uint32_t flag = FORM_COMPANION;
    const struct {
        zx_obj_type_t type;
        uint32_t flags;
        enum sent fds[3];
        size_t count;
        zx_status_t status;
    } rows[] = {
        {ZX_OBJ_TYPE_VMO,       flag,      {MEMORY, SOCKET},         2, ZX_OK             },
        {ZX_OBJ_TYPE_VMO,       0,         {MEMORY},                 1, ZX_OK             },
        {ZX_OBJ_TYPE_VMO,       flag,      {MEMORY},                 1, ZX_ERR_PEER_CLOSED},
        {ZX_OBJ_TYPE_VMO,       flag,      {MEMORY},                 0, ZX_ERR_PEER_CLOSED},
        {ZX_OBJ_TYPE_VMO,       0,         {MEMORY, SOCKET},         2, ZX_ERR_PEER_CLOSED},
        {ZX_OBJ_TYPE_VMO,       flag,      {MEMORY, SOCKET, SOCKET}, 3, ZX_ERR_PEER_CLOSED},
        {ZX_OBJ_TYPE_VMO,       flag,      {SOCKET, MEMORY},         2, ZX_ERR_PEER_CLOSED},
        {ZX_OBJ_TYPE_VMO,       flag,      {MEMORY, OTHER},          2, ZX_ERR_PEER_CLOSED},
        {ZX_OBJ_TYPE_VMO,       flag,      {MEMORY, MEMORY},         2, ZX_ERR_PEER_CLOSED},
        {ZX_OBJ_TYPE_VMO,       flag,      {OTHER, SOCKET},          2, ZX_ERR_PEER_CLOSED},
        {ZX_OBJ_TYPE_CHANNEL,   flag,      {SOCKET, SOCKET},         2, ZX_ERR_PEER_CLOSED},
        {ZX_OBJ_TYPE_EVENTPAIR, flag,      {SOCKET, SOCKET},         2, ZX_ERR_PEER_CLOSED},
        {ZX_OBJ_TYPE_EVENT,     flag,      {SOCKET, SOCKET},         2, ZX_ERR_PEER_CLOSED},
        {ZX_OBJ_TYPE_VMO,       flag << 1, {MEMORY, SOCKET},         2, ZX_ERR_PEER_CLOSED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct form form = {
            .type = rows[i].type, .flags = rows[i].flags, .rights = ZX_DEFAULT_VMO_RIGHTS};
        assert_status(receive_form(&form, rows[i].fds, rows[i].count), rows[i].status);
    }
}

/* A form that comes with one descriptor cannot speak of two. */
static void a_form_alone_has_none(void **state)
{
    (void)state;
    const struct form form = {.type = ZX_OBJ_TYPE_VMO, .flags = FORM_COMPANION};
    unsigned char bytes[SYSMEM_HANDLE_FORM_BYTES];
    zx_handle_t handle = 0;
    form_write(&form, bytes);
    assert_status(sysmem_handle_from_form(new_memory(), bytes, &handle), ZX_ERR_INVALID_ARGS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_lives_as_long_as_a_handle),
        cmocka_unit_test(it_lives_as_long_as_a_mapping),
        cmocka_unit_test(it_lives_as_long_as_a_child),
        cmocka_unit_test(it_lives_in_a_message),
        cmocka_unit_test(many_travel_in_order),
        cmocka_unit_test(it_goes_with_a_process_that_is_killed),
        cmocka_unit_test(a_bare_descriptor_leaves_it_behind),
        cmocka_unit_test(hostile_forms_are_refused),
        cmocka_unit_test(a_form_alone_has_none),
    };
    return RUN_ZX_TESTS(tests);
}
