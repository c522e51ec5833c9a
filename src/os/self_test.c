#include "os/self_test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "os/memfile.h"
#include "os/slot_lock.h"
#include "os/socket_name.h"

#define FILE_BYTES       65536 /* a multiple of every page size */
#define PROC_SUPER       0x9FA0
#define REPORT_WAIT_MSEC 1000 /* a report is there at once, or never */

/* How a try went: NULL, or what was seen instead of what was wanted. errno may tell more. */
typedef const char *(*try_fn)(void);

static bool make_pair(int ret_ends[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends) == 0;
}

static bool make_file(bool committed, int *ret_fd)
{
    int r = memfile_new(MEMFILE_NO_DIR, "sysmem-self-test", FILE_BYTES, committed, ret_fd);
    errno = -r;
    return r == 0;
}

static bool reopen(int fd, enum memfile_access access, int *ret_fd)
{
    int r = memfile_reopen(MEMFILE_NO_DIR, fd, access, ret_fd);
    errno = -r;
    return r == 0;
}

static const char *try_proc(void)
{
    struct statfs fs;
    if (statfs("/proc", &fs) < 0) {
        return "no /proc";
    }
    errno = 0;
    return fs.f_type == PROC_SUPER ? NULL : "something else is mounted there";
}

/* --- channels --- */

static const char *try_seqpacket(void)
{
    int ends[2];
    if (!make_pair(ends)) {
        return "no socket pair";
    }
    FD_CLEANUP int left = ends[0];
    FD_CLEANUP int right = ends[1];
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    char text[8] = "ab";
    struct iovec data = {.iov_base = text, .iov_len = 2};
    struct msghdr message = {
        .msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &left, sizeof(int));
    if (sendmsg(left, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != 2 ||
        send(left, "c", 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1) {
        return "a message with a descriptor cannot be sent";
    }
    data.iov_len = sizeof(text);
    if (recvmsg(right, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 2) {
        return "messages lose their bounds";
    }
    header = CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_type != SCM_RIGHTS) {
        return "the descriptor did not arrive";
    }
    FD_CLEANUP int arrived = -1;
    memcpy(&arrived, CMSG_DATA(header), sizeof(int));
    return NULL;
}

static const char *try_socket_cookie(void)
{
    int ends[2];
    if (!make_pair(ends)) {
        return "no socket pair";
    }
    FD_CLEANUP int left = ends[0];
    FD_CLEANUP int right = ends[1];
    uint64_t a = 0;
    uint64_t b = 0;
    int r = socket_koid(left, &a);
    r = r < 0 ? r : socket_koid(right, &b);
    errno = -r;
    return r < 0 || a == b || a == 0 ? "sockets have no numbers of their own" : NULL;
}

static const char *try_socket_name(void)
{
    int ends[2];
    if (!make_pair(ends)) {
        return "no socket pair";
    }
    FD_CLEANUP int client = ends[0];
    FD_CLEANUP int server = ends[1];
    struct socket_name bound;
    struct socket_name seen;
    int r = socket_name_bind(server, &bound);
    if (r != SOCKET_NAME_OK) {
        errno = r < 0 ? -r : 0;
        return "an end of a pair cannot be bound";
    }
    r = socket_name_of_peer(client, &seen);
    errno = r < 0 ? -r : 0;
    if (r != SOCKET_NAME_OK || !socket_name_equal(&bound, &seen)) {
        return "the other end does not tell its name";
    }
    /* The proof: what is sent on the one end comes out of the bound one. */
    char byte = 0;
    if (send(client, "p", 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1 ||
        recv(server, &byte, 1, MSG_DONTWAIT) != 1 || byte != 'p') {
        return "a probe does not come out of the bound end";
    }
    r = socket_name_bind(server, &seen);
    errno = 0;
    return r == SOCKET_NAME_TAKEN ? NULL : "an end can be bound twice";
}

/* --- memory --- */

static const char *try_memfile(void)
{
    FD_CLEANUP int fd = -1;
    if (!make_file(true, &fd)) {
        return "no file";
    }
    struct stat st;
    if (fstat(fd, &st) < 0 || st.st_size != FILE_BYTES || st.st_blocks * 512 < FILE_BYTES) {
        return "its pages are not committed";
    }
    errno = 0;
    return (st.st_mode & 07777) == 0600 ? NULL : "its mode lets others in";
}

static const char *try_seals(void)
{
    FD_CLEANUP int fd = -1;
    if (!make_file(false, &fd)) {
        return "no file";
    }
    if (ftruncate(fd, 0) == 0 || ftruncate(fd, 2L * FILE_BYTES) == 0) {
        return "the size can be changed";
    }
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0) {
        return "further seals can be added";
    }
    int seals = fcntl(fd, F_GET_SEALS);
    int wanted = F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_SHRINK;
    return seals >= 0 && (seals & wanted) == wanted ? NULL : "the seals are not told";
}

static const char *try_reopen(void)
{
    FD_CLEANUP int fd = -1;
    FD_CLEANUP int copy = -1;
    if (!make_file(false, &fd) || !reopen(fd, MEMFILE_READ_WRITE, &copy)) {
        return "cannot be opened again";
    }
    char byte = 0;
    bool same = pwrite(copy, "r", 1, 0) == 1 && pread(fd, &byte, 1, 0) == 1 && byte == 'r';
    return same ? NULL : "another file comes out";
}

static const char *try_read_only(void)
{
    FD_CLEANUP int fd = -1;
    FD_CLEANUP int copy = -1;
    if (!make_file(false, &fd) || !reopen(fd, MEMFILE_READ_ONLY, &copy)) {
        return "cannot be opened again";
    }
    void *bytes = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, copy, 0);
    if (bytes != MAP_FAILED) {
        (void)munmap(bytes, FILE_BYTES);
        errno = 0;
        return "it can be mapped for writing";
    }
    return pwrite(copy, "w", 1, 0) < 0 ? NULL : "it can be written";
}

static const char *try_mark(void)
{
    FD_CLEANUP int fd = -1;
    FD_CLEANUP int marked = -1;
    if (!make_file(false, &fd)) {
        return "no file";
    }
    int r = memfile_reopen_marked(MEMFILE_NO_DIR, fd, MEMFILE_READ_ONLY, &marked);
    errno = -r;
    if (r < 0) {
        return "cannot be opened again";
    }
    if (fcntl(marked, F_SETFL, 0) < 0) {
        return "its flags cannot be set";
    }
    errno = 0;
    return memfile_is_marked(marked) && !memfile_is_marked(fd) ? NULL : "the mark does not stay";
}

/* --- lifetimes --- */

static const char *try_slot_lock(void)
{
    FD_CLEANUP int fd = -1;
    FD_CLEANUP int handle = -1;
    if (!make_file(false, &fd) || !reopen(fd, MEMFILE_READ_ONLY, &handle)) {
        return "no file";
    }
    int r = slot_lock_take(handle, SLOT_STRONG, 5);
    if (r < 0) {
        errno = -r;
        return "no lock is to be had";
    }
    FD_CLEANUP int copy = fd_dup(handle);
    fd_close(&handle);
    errno = 0;
    if (slot_lock_holders(fd) != SLOT_HOLDERS_STRONG) {
        return "the lock goes before its description does";
    }
    fd_close(&copy);
    return slot_lock_holders(fd) == SLOT_HOLDERS_NONE ? NULL : "the lock stays for ever";
}

/* Whether a report about a closed description is there. */
static bool close_reported(int inotify_fd, int patience_msec)
{
    struct pollfd ready = {.fd = inotify_fd, .events = POLLIN};
    return poll(&ready, 1, patience_msec) == 1;
}

static const char *try_close_report(void)
{
    FD_CLEANUP int fd = -1;
    FD_CLEANUP int handle = -1;
    FD_CLEANUP int inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify_fd < 0) {
        return "no inotify instance";
    }
    if (!make_file(false, &fd) || !reopen(fd, MEMFILE_READ_WRITE, &handle)) {
        return "no file";
    }
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (inotify_add_watch(inotify_fd, path, IN_CLOSE) < 0) {
        return "no watch is to be had";
    }
    void *bytes = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, handle, 0);
    if (bytes == MAP_FAILED) {
        return "it cannot be mapped";
    }
    fd_close(&handle);
    bool early = close_reported(inotify_fd, 0);
    (void)munmap(bytes, FILE_BYTES);
    errno = 0;
    if (early) {
        return "reported while a mapping was left";
    }
    return close_reported(inotify_fd, REPORT_WAIT_MSEC) ? NULL : "nothing is reported";
}

static const char *try_lease(void)
{
    FD_CLEANUP int fd = -1;
    FD_CLEANUP int handle = -1;
    if (!make_file(false, &fd) || !reopen(fd, MEMFILE_READ_ONLY, &handle)) {
        return "no file";
    }
    int r = memfile_is_alone(fd);
    if (r != 0) {
        errno = r < 0 ? -r : 0;
        return r < 0 ? "no lease is to be had" : "granted although another description exists";
    }
    fd_close(&handle);
    r = memfile_is_alone(fd);
    errno = r < 0 ? -r : 0;
    return r == 1 ? NULL : "refused although no other description exists";
}

static const char *try_noexec_seal(void)
{
    errno = 0;
    return memfile_can_forbid_execution() ? NULL : "the kernel does not know MFD_NOEXEC_SEAL";
}

static const struct {
    const char *name;
    const char *wants;
    bool required;
    try_fn try;
} tries[] = {
    {"proc",          "/proc is mounted",                                         true,  try_proc         },
    {"seqpacket",     "SEQPACKET pairs keep messages apart and pass descriptors", true,  try_seqpacket    },
    {"socket-cookie", "each socket has a number of its own",                      true,  try_socket_cookie},
    {"socket-name",   "the end of a pair can be named, and its peer recognised",  true,
     try_socket_name                                                                                      },
    {"memfd",         "memory files are committed and private",                   true,  try_memfile      },
    {"memfd-seals",   "the size of a memory file can be fixed for everybody",     true,  try_seals        },
    {"reopen",        "a memory file can be opened again",                        true,  try_reopen       },
    {"read-only",     "a read-only handle refuses writing",                       true,  try_read_only    },
    {"mark",          "a handle can be marked for good",                          true,  try_mark         },
    {"slot-lock",     "locks live as long as their description",                  true,  try_slot_lock    },
    {"close-report",  "the last close is reported, mappings included",            true,  try_close_report },
    {"lease",         "a lease tells whether anybody has the file",               true,  try_lease        },
    {"noexec-seal",   "execution of a memory file can be forbidden for good",     false, try_noexec_seal  },
};

bool self_test_run(self_test_report_fn report, void *arg)
{
    bool all = true;
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        errno = 0;
        const char *got = tries[i].try();
        const struct self_test_result result = {
            .name = tries[i].name,
            .wants = tries[i].wants,
            .required = tries[i].required,
            .ok = got == NULL,
            .got = got,
            .error = got == NULL ? 0 : errno,
        };
        all = all && (result.ok || !result.required);
        report(arg, &result);
    }
    return all;
}
