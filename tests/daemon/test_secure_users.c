/* Secure memory and ordinary users: a daemon, a driver and two participants of different uids. What
 * a participant holds is a name; what it names only a secure device can reach. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/daemon.h"
#include "support/participant.h"

#define SECURE      "fuchsia.amlogic.platform.sysmem.heap.HEAP_TYPE.SECURE"
#define DAEMON_UID  1001
#define FIRST_UID   1002
#define SECOND_UID  1003
#define BUFFER_SIZE ((size_t)65536)

static struct daemon daemon_;
static pid_t driver;
static char device_path[64];

/* --- The driver --- */

static pid_t start_driver(void)
{
    int ends[2];
    char line[32] = "";
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        bool is_user = become_user(DAEMON_UID);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (is_user && getppid() == parent && dup2(ends[1], 1) == 1) {
            (void)execl(SECUREMEM_PATH, SECUREMEM_PATH, "--socket", daemon_.socket, "--device",
                        device_path, "--log-level", "warning", (char *)NULL);
        }
        _exit(127);
    }
    assert_true(pid > 0);
    (void)close(ends[1]);
    assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
    assert_string_equal(line, "registered\n");
    (void)close(ends[0]);
    return pid;
}

/* One access of a device; the answer. */
static const char *device(const char *request)
{
    static char answer[256];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, device_path, sizeof(device_path));
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    ssize_t size = recv(fd, answer, sizeof(answer) - 1, 0);
    assert_true(size > 0);
    answer[size] = '\0';
    (void)close(fd);
    return answer;
}

static const char *access_at(const char *verb, uint64_t address, const char *what)
{
    char request[128];
    (void)snprintf(request, sizeof(request), "%s 0x%llx %s", verb, (unsigned long long)address,
                   what);
    return device(request);
}

static int setup(void **state)
{
    (void)state;
    static const struct daemon_options options = {
        .config = "{\"protected\":{\"size\":4194304}}",
        .uid = DAEMON_UID,
    };
    if (geteuid() != 0) {
        return 0;
    }
    assert_int_equal(daemon_start(&daemon_, &options), 0);
    (void)snprintf(device_path, sizeof(device_path), "%s/device", daemon_.dir);
    driver = start_driver();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    int status = -1;
    if (geteuid() != 0) {
        return 0;
    }
    assert_int_equal(kill(driver, SIGTERM), 0);
    assert_int_equal(waitpid(driver, &status, 0), driver);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(daemon_stop(&daemon_));
    return 0;
}

/* --- Participants --- */

static struct sysmem_buffer_collection_constraints secure_constraints(void)
{
    static const struct sysmem_heap heap = {.heap_type = SECURE, .has.heap_type = true};
    struct sysmem_buffer_collection_constraints wanted = {0};
    struct sysmem_buffer_memory_constraints *memory = &wanted.buffer_memory_constraints;
    wanted.has.usage = true;
    SYSMEM_SET(&wanted.usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    SYSMEM_SET(&wanted, min_buffer_count_for_camping, 1);
    wanted.has.buffer_memory_constraints = true;
    SYSMEM_SET(memory, min_size_bytes, BUFFER_SIZE);
    SYSMEM_SET(memory, secure_required, true);
    SYSMEM_SET(memory, physically_contiguous_required, true);
    SYSMEM_SET(memory, cpu_domain_supported, false);
    SYSMEM_SET(memory, ram_domain_supported, false);
    SYSMEM_SET(memory, inaccessible_domain_supported, true);
    SYSMEM_SET_VECTOR(memory, permitted_heaps, &heap, 1);
    return wanted;
}

struct secure_buffer {
    struct sysmem_allocator *allocator;
    struct sysmem_collection *collection;
    struct sysmem_collection_info *info;
    zx_handle_t vmo;
    uint64_t address;
};

static struct secure_buffer allocate(void)
{
    struct secure_buffer buffer = {.allocator = connect_to(&daemon_)};
    const struct sysmem_buffer_collection_constraints wanted = secure_constraints();
    struct sysmem_vmo_info vmo_info;
    zx_handle_t duplicate;
    assert_int_equal(
        sysmem_allocator_allocate_non_shared_collection(buffer.allocator, &buffer.collection), 0);
    assert_int_equal(sysmem_collection_set_constraints(buffer.collection, &wanted), 0);
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated(buffer.collection, soon(), &buffer.info),
        0);
    const struct sysmem_buffer_collection_info *info = sysmem_collection_info_get(buffer.info);
    assert_true(info->settings.buffer_settings.is_secure);
    assert_int_equal(info->settings.buffer_settings.coherency_domain,
                     SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
    buffer.vmo = sysmem_collection_info_take_vmo(buffer.info, 0);
    assert_int_equal(zx_handle_duplicate(buffer.vmo, ZX_RIGHT_SAME_RIGHTS, &duplicate), 0);
    assert_int_equal(sysmem_allocator_get_vmo_info(buffer.allocator, duplicate, soon(), &vmo_info),
                     0);
    buffer.address = vmo_info.physical_address;
    assert_true(buffer.address != 0);
    return buffer;
}

static void let_go(struct secure_buffer *buffer)
{
    (void)zx_handle_close(buffer->vmo);
    sysmem_collection_info_free(buffer->info);
    leave(buffer->collection);
    sysmem_allocator_free(buffer->allocator);
}

/* --- Every way to a file's contents --- */

static bool maps(int fd, int protection, int flags)
{
    void *at = mmap(NULL, BUFFER_SIZE, protection, flags, fd, 0);
    if (at != MAP_FAILED) {
        (void)munmap(at, BUFFER_SIZE);
    }
    return at != MAP_FAILED;
}

static bool reopens(int fd, int flags)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int again = open(path, flags | O_CLOEXEC);
    if (again >= 0) {
        (void)close(again);
    }
    return again >= 0;
}

static bool goes_through_a_pipe(int fd)
{
    int ends[2];
    if (pipe(ends) < 0) {
        return false;
    }
    loff_t from = 0;
    off_t start = 0;
    bool moved = splice(fd, &from, ends[1], NULL, 16, SPLICE_F_NONBLOCK) >= 0 ||
                 sendfile(ends[1], fd, &start, 16) >= 0;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return moved;
}

static bool is_copied(int fd)
{
    int other = memfd_create("copy", MFD_CLOEXEC);
    loff_t from = 0;
    bool copied = copy_file_range(fd, &from, other, NULL, 16, 0) >= 0;
    (void)close(other);
    return copied;
}

static bool reads_at_once(int fd)
{
    char bytes[16];
    struct iovec parts = {bytes, sizeof(bytes)};
    return read(fd, bytes, sizeof(bytes)) >= 0 || pread(fd, bytes, sizeof(bytes), 0) >= 0 ||
           readv(fd, &parts, 1) >= 0 || preadv2(fd, &parts, 1, 0, RWF_NOWAIT) >= 0;
}

static bool writes_at_once(int fd)
{
    static const char bytes[16] = "x";
    return write(fd, bytes, sizeof(bytes)) >= 0 || pwrite(fd, bytes, sizeof(bytes), 0) >= 0 ||
           ftruncate(fd, 0) == 0 ||
           fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0;
}

static bool opens_it_up(int fd)
{
    return fcntl(fd, F_SETFL, O_RDWR) == 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY;
}

/* How many of them work. The first is named on standard error. */
static int ways_in(int fd)
{
    const struct {
        const char *name;
        bool works;
    } ways[] = {
        {"read",                   reads_at_once(fd)          },
        {"write",                  writes_at_once(fd)         },
        {"mapping for reading",    maps(fd,                     PROT_READ, MAP_SHARED)},
        {"private mapping",             maps(fd,                                        PROT_READ | PROT_WRITE, MAP_PRIVATE)},
        {"mapping for writing",     maps(fd,PROT_WRITE, MAP_SHARED)},
        {"mapping for nothing",                        maps(fd,                               PROT_NONE, MAP_SHARED)},
        {"opening for reading",              reopens(fd,                                                            O_RDONLY)},
        {"opening for writing",    reopens(fd, O_WRONLY)},
        {"opening for both",             reopens(fd,                                        O_RDWR)},
        {"splice or sendfile", goes_through_a_pipe(fd)},
        {"copy_file_range",    is_copied(fd)                 },
        {"changing its mode",                        fchmod(fd,                                  0666) == 0},
        {"changing its seals",                 fcntl(fd,     F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0},
        {"changing access flags", opens_it_up(fd)                                                                    },
    };
    int found = 0;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (ways[i].works) {
            (void)fprintf(stderr, "uid %u gets in by %s\n", (unsigned)getuid(), ways[i].name);
            found++;
        }
    }
    return found;
}

/* The library's ways. */
static int handle_ways_in(zx_handle_t vmo)
{
    char bytes[16] = "";
    zx_vaddr_t at = 0;
    int found = 0;
    found += zx_vmo_read(vmo, bytes, 0, sizeof(bytes)) == ZX_OK ? 1 : 0;
    found += zx_vmo_write(vmo, bytes, 0, sizeof(bytes)) == ZX_OK ? 1 : 0;
    found += zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, BUFFER_SIZE, &at) == ZX_OK
                 ? 1
                 : 0;
    return found;
}

/* --- Two users --- */

static void send_fd(int socket, int fd)
{
    char byte = 0;
    struct iovec part = {&byte, 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    assert_int_equal(sendmsg(socket, &message, 0), 1);
}

static int receive_fd(int socket)
{
    char byte;
    struct iovec part = {&byte, 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    int fd = -1;
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message) != NULL) {
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
    }
    return fd;
}

/* Has the buffer allocated, tries what there is, and hands it on, raw. */
static int first_user(int socket, int tell)
{
    struct secure_buffer buffer = allocate();
    int found = handle_ways_in(buffer.vmo) + ways_in(sysmem_handle_fd(buffer.vmo));
    (void)!write(tell, &buffer.address, sizeof(buffer.address));
    send_fd(socket, sysmem_handle_fd(buffer.vmo));
    char byte;
    (void)!read(socket, &byte, 1); /* until the other one is done */
    let_go(&buffer);
    return found;
}

static int second_user(int socket)
{
    int fd = receive_fd(socket);
    if (fd < 0) {
        return 100;
    }
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_VMO,
                                            .rights = ZX_DEFAULT_VMO_RIGHTS};
    zx_handle_t vmo;
    int found = ways_in(fd);
    if (sysmem_handle_from_fd(fd, &info, &vmo) == ZX_OK) {
        found += handle_ways_in(vmo);
        (void)zx_handle_close(vmo);
    }
    return found;
}

static pid_t run_as(uid_t uid, int socket, int tell)
{
    pid_t pid = fork();
    if (pid == 0) {
        int found = become_user(uid) ? 0 : 100;
        if (found == 0) {
            found = uid == FIRST_UID ? first_user(socket, tell) : second_user(socket);
        }
        _exit(found);
    }
    assert_true(pid > 0);
    return pid;
}

static int exit_status(pid_t pid)
{
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void need_root(void)
{
    if (geteuid() != 0) {
        print_message("skipped: wanted root, to be several users\n");
        skip();
    }
}

static void no_user_gets_in_and_devices_do(void **state)
{
    (void)state;
    need_root();
    int ends[2];
    int tell[2];
    uint64_t address = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
    pid_t first = run_as(FIRST_UID, ends[0], tell[1]);
    assert_int_equal(read(tell[0], &address, sizeof(address)), sizeof(address));
    assert_string_equal(access_at("write secure", address, "5ec4e7"), "ok");
    assert_string_equal(access_at("read secure", address, "4"), "ok 5ec4e700");
    assert_non_null(strstr(access_at("read open", address, "4"), "fault"));
    assert_non_null(strstr(access_at("write open", address, "00"), "fault"));
    pid_t second = run_as(SECOND_UID, ends[1], -1);
    assert_int_equal(exit_status(second), 0);
    assert_string_equal(access_at("read secure", address, "4"), "ok 5ec4e700"); /* still there */
    assert_int_equal(send(ends[1], "", 1, 0), 1);
    assert_int_equal(exit_status(first), 0);
    for (int i = 0; i < 2; i++) {
        (void)close(ends[i]);
        (void)close(tell[i]);
    }
}

/* Whoever gets a part of the pool after somebody else finds nothing of his. */
static void nothing_is_left_for_the_next(void **state)
{
    (void)state;
    need_root();
    for (int i = 0; i < 20; i++) {
        struct secure_buffer buffer = allocate();
        assert_string_equal(access_at("read secure", buffer.address, "4"), "ok 00000000");
        assert_string_equal(access_at("write secure", buffer.address, "deadbeef"), "ok");
        let_go(&buffer);
    }
}

/* The daemon's own uid can open the file again: there is nothing in it. */
static void who_opens_it_again_reads_zeros(void **state)
{
    (void)state;
    need_root();
    char path[64];
    char bytes[4096] = "x";
    struct secure_buffer buffer = allocate();
    assert_string_equal(access_at("write secure", buffer.address, "deadbeef"), "ok");
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", sysmem_handle_fd(buffer.vmo));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0); /* root */
    struct stat stat;
    assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        assert_int_equal(bytes[i], 0);
    }
    assert_int_equal(fstat(fd, &stat), 0);
    assert_int_equal(stat.st_size, BUFFER_SIZE);
    (void)close(fd);
    let_go(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_user_gets_in_and_devices_do),
        cmocka_unit_test(nothing_is_left_for_the_next),
        cmocka_unit_test(who_opens_it_again_reads_zeros),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
