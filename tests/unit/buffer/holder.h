/* Other processes that hold handles, for the tests of lifetimes. */
#ifndef TESTS_BUFFER_HOLDER_H
#define TESTS_BUFFER_HOLDER_H

#include "fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define PAGE 4096

static inline void send_descriptor(int socket, int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec data = {.iov_base = "x", .iov_len = 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(int));
    assert_int_equal(sendmsg(socket, &message, MSG_DONTWAIT), 1);
}

struct holder {
    pid_t pid;
    int to_child;   /* closing it lets the child go on */
    int from_child; /* a byte: the child is ready */
};

/* What a child does with its handle before it says that it is ready; it then waits to be killed or
 * let go. Returns whether that went well. */
typedef bool (*holder_fn)(int handle);

static inline void child_main(int handle, int from_parent, int to_parent, holder_fn act)
{
    /* Only the handle: the parent's own descriptors must not live on here. */
    for (int fd = 3; fd < 1024; fd++) {
        if (fd != handle && fd != from_parent && fd != to_parent) {
            (void)close(fd);
        }
    }
    char byte = act(handle) ? 'y' : 'n';
    if (write(to_parent, &byte, 1) != 1) {
        _exit(1);
    }
    _exit(read(from_parent, &byte, 1) == 0 ? 0 : 1);
}

/* Hands a handle over to a child. */
static inline struct holder start_holder(int handle, holder_fn act)
{
    int down[2];
    int up[2];
    assert_int_equal(pipe(down), 0);
    assert_int_equal(pipe(up), 0);
    struct holder holder = {.pid = fork(), .to_child = down[1], .from_child = up[0]};
    assert_true(holder.pid >= 0);
    if (holder.pid == 0) {
        child_main(handle, down[0], up[1], act);
    }
    close(down[0]);
    close(up[1]);
    close(handle);
    char byte = 0;
    assert_int_equal(read(holder.from_child, &byte, 1), 1);
    assert_int_equal(byte, 'y');
    return holder;
}

static inline void end_holder(struct holder *holder, int signal)
{
    if (signal != 0) {
        assert_int_equal(kill(holder->pid, signal), 0);
    }
    fd_close(&holder->to_child);
    fd_close(&holder->from_child);
}

static inline void reap_holder(const struct holder *holder)
{
    assert_int_equal(waitpid(holder->pid, NULL, 0), holder->pid);
}

static inline bool keep_handle(int handle)
{
    return handle >= 0;
}

static inline bool keep_mapping(int handle)
{
    char *bytes = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    (void)close(handle);
    if (bytes == MAP_FAILED) {
        return false;
    }
    bytes[0] = 'm';
    return true;
}

/* The grandchild keeps the handle; it waits for the test as its parent does. */
static inline bool keep_in_grandchild(int handle)
{
    pid_t pid = fork();
    if (pid != 0) {
        (void)close(handle);
    }
    return pid >= 0;
}

/* Behind the backs of both. */
static inline bool keep_duplicate(int handle)
{
    bool kept = fd_dup(handle) >= 0;
    (void)close(handle);
    return kept;
}

/* Sent to somebody who never receives it. */
static inline bool keep_in_flight(int handle)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return false;
    }
    send_descriptor(ends[0], handle);
    (void)close(handle);
    return close(ends[0]) == 0;
}

#endif
