#include "server/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "wire/packet.h"

#define AGAIN_MS 10 /* when the kernel has no room for descriptors: nothing tells when it has */

static int send_descriptor(int control, int fd)
{
    const struct envelope envelope = {.attachment_count = 1};
    return packet_send(control, &envelope, NULL, &fd, false);
}

int helper_new(int mother, int end)
{
    return send_descriptor(mother, end);
}

int helper_ask(int control, int fd)
{
    return send_descriptor(control, fd);
}

/* Sleeps until the daemon has sent a descriptor; ends the process when it is gone. */
static int wait_for_descriptor(int control)
{
    static struct packet packet;
    int result = packet_receive(control, true, &packet);
    if (result != 1 || packet.fd_count != 1) {
        _exit(EXIT_SUCCESS);
    }
    return packet.fds[0];
}

/* Room for descriptors may come when others receive theirs. */
static void forward(int control, int result, const struct packet *packet)
{
    int sent = packet_forward(control, result, packet);
    while (sent == -ETOOMANYREFS || sent == -ENOBUFS) {
        struct pollfd gone = {.fd = control};
        (void)poll(&gone, 1, AGAIN_MS);
        sent = packet_forward(control, result, packet);
    }
    if (sent < 0) { /* the kernel does not let these descriptors pass */
        const struct packet nothing = {0};
        (void)packet_forward(control, sent, &nothing);
    }
}

static _Noreturn void serve(int control)
{
    static struct packet packet;
    packet_grow(control);
    for (;;) {
        int fd = wait_for_descriptor(control);
        packet_grow(fd);
        int result = packet_receive(fd, false, &packet);
        forward(control, result, &packet);
        for (size_t i = 0; i < packet.fd_count; i++) {
            fd_close(&packet.fds[i]);
        }
        fd_close(&fd);
    }
}

/* Leaves everything of the daemon's but `control`: what is open here does not end with the daemon.
 * Whoever signals the daemon's group does not mean us: we end when it does. */
static void leave_daemon(int control)
{
    (void)prctl(PR_SET_NAME, "sysmem-receive");
    (void)signal(SIGCHLD, SIG_IGN); /* nobody waits for a helper */
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++) {
        if (null < 0 || dup2(null, standard) < 0) {
            _exit(EXIT_FAILURE);
        }
    }
    if (control > STDERR_FILENO + 1) {
        (void)close_range(STDERR_FILENO + 1, (unsigned)control - 1, 0);
    }
    (void)close_range((unsigned)control + 1, ~0U, 0);
}

static _Noreturn void bear(int control)
{
    leave_daemon(control);
    for (;;) {
        int end = wait_for_descriptor(control);
        if (fork() == 0) {
            fd_close(&control);
            serve(end);
        }
        fd_close(&end); /* without a process, the daemon reads the end of the file */
    }
}

int helper_start(void)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return -errno;
    }
    pid_t pid = fork();
    if (pid == 0) {
        bear(fcntl(ends[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    }
    int error = pid < 0 ? errno : 0;
    fd_close(&ends[1]);
    if (error != 0) {
        fd_close(&ends[0]);
        return -error;
    }
    return ends[0];
}
