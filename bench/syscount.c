#include "syscount.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

#define MARK        ((1 << 20) + 1) /* no system call has this number: the kernel answers ENOSYS */
#define MAX_CALLS   8               /* variants of one kind */
#define SYSCALL_BIT 0x80            /* PTRACE_O_TRACESYSGOOD */

/* Variants that this architecture lacks are left out; 0 ends a list, so that number 0 (read) stands
 * first. */
static const struct {
    const char *name;
    int calls[MAX_CALLS];
} kinds[] = {
    {"wait",
     {
         SYS_epoll_pwait,
         SYS_ppoll,
#ifdef SYS_epoll_wait
         SYS_epoll_wait,
         SYS_poll,
#endif
#ifdef SYS_epoll_pwait2
         SYS_epoll_pwait2,
#endif
     }                                                                              },
    {"send",              {SYS_sendmsg, SYS_sendto, SYS_sendmmsg}                   },
    {"receive",           {SYS_recvmsg, SYS_recvfrom, SYS_recvmmsg}                 },
    {"read",              {SYS_read}                                                },
    {"write",             {SYS_write, SYS_writev}                                   },
    {"socketpair",        {SYS_socketpair}                                          },
    {"epoll_ctl",         {SYS_epoll_ctl}                                           },
    {"memfd_create",      {SYS_memfd_create}                                        },
    {"size",              {SYS_fallocate, SYS_ftruncate}                            },
    {"open",
     {
         SYS_openat,
#ifdef SYS_open
         SYS_open,
#endif
     }                                                                              },
    {"close",             {SYS_close, SYS_close_range}                              },
    {"fcntl",             {SYS_fcntl}                                               },
    {"fchmod",            {SYS_fchmod}                                              },
    {"stat",
     {
         SYS_fstat,
         SYS_statx,
#ifdef SYS_newfstatat
         SYS_newfstatat,
#endif
     }                                                                              },
    {"inotify_add_watch", {SYS_inotify_add_watch}                                   },
    {"inotify_rm_watch",  {SYS_inotify_rm_watch}                                    },
    {"bind",              {SYS_bind}                                                },
    {"shutdown",          {SYS_shutdown}                                            },
    {"getsockname",       {SYS_getsockname}                                         },
    {"getpeername",       {SYS_getpeername}                                         },
    {"getsockopt",        {SYS_getsockopt}                                          },
    {"setsockopt",        {SYS_setsockopt}                                          },
    {"getrandom",         {SYS_getrandom}                                           },
    {"clock_gettime",     {SYS_clock_gettime}                                       },
    {"memory",            {SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise, SYS_brk}},
    {"futex",             {SYS_futex}                                               },
    {"other",             {0}                                                       },
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

bool syscount_stop_for_tracer(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 && raise(SIGSTOP) == 0;
}

void syscount_mark(void)
{
    (void)syscall(MARK);
}

/* Takes a stopped child over. */
static int adopt(pid_t *child)
{
    int status;
    pid_t pid = *child;
    const uintptr_t options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    if (waitpid(pid, &status, 0) < 0) {
        return -errno;
    }
    if (!WIFSTOPPED(status)) {
        *child = 0;
        return -EPERM; /* it could not ask to be traced */
    }
    if (ptrace(PTRACE_SETOPTIONS, pid, NULL, options) < 0 ||
        ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0) {
        return -errno;
    }
    return 0;
}

/* At a stop on the way into a system call: which. -1: another stop. */
static int64_t entered_call(pid_t thread)
{
    struct __ptrace_syscall_info info;
    long size = ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info);
    return size > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY ? (int64_t)info.entry.nr : -1;
}

/* The signal that a stopped thread is to get: none where the stop is the tracing's own. */
static uintptr_t signal_to_deliver(int status)
{
    int signal = WSTOPSIG(status);
    bool own = signal == (SIGTRAP | SYSCALL_BIT) || signal == SIGTRAP || signal == SIGSTOP;
    return own ? 0 : (uintptr_t)signal;
}

/* At a stop of one thread: counts. */
static void count_stop(pid_t thread, bool is_client, bool *counting, struct syscount *ret)
{
    int64_t call = entered_call(thread);
    if (call == MARK) {
        *counting = !*counting;
    } else if (*counting && call >= 0 && call < SYSCOUNT_NUMBERS) {
        ret->calls[is_client ? SYSCOUNT_CLIENT : SYSCOUNT_SERVER][call]++;
    }
}

int syscount_run(pid_t *client, pid_t *server, struct syscount *ret)
{
    bool counting = false;
    int result = adopt(client);
    memset(ret, 0, sizeof(*ret));
    if (result == 0) {
        result = adopt(server);
    }
    while (result == 0) {
        int status;
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0) {
            return -errno;
        }
        if (WIFSTOPPED(status)) {
            if (WSTOPSIG(status) == (SIGTRAP | SYSCALL_BIT)) {
                count_stop(thread, thread == *client, &counting, ret);
            }
            (void)ptrace(PTRACE_SYSCALL, thread, NULL, signal_to_deliver(status));
        } else if (thread == *client) {
            *client = 0;
            return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
        } else if (thread == *server) {
            *server = 0;
            result = -ECHILD;
        }
    }
    return result;
}

size_t syscount_kinds(void)
{
    return KIND_COUNT;
}

const char *syscount_kind_name(size_t kind)
{
    assert(kind < KIND_COUNT);
    return kinds[kind].name;
}

/* The calls that a list names. */
static uint64_t sum(const struct syscount *count, enum syscount_side side, const int *calls)
{
    uint64_t total = count->calls[side][calls[0]];
    for (size_t i = 1; i < MAX_CALLS && calls[i] != 0; i++) {
        total += count->calls[side][calls[i]];
    }
    return total;
}

uint64_t syscount_of_kind(const struct syscount *count, enum syscount_side side, size_t kind)
{
    assert(kind < KIND_COUNT);
    if (kind < KIND_COUNT - 1) {
        return sum(count, side, kinds[kind].calls);
    }
    uint64_t others = 0;
    for (size_t i = 0; i < SYSCOUNT_NUMBERS; i++) {
        others += count->calls[side][i];
    }
    for (size_t i = 0; i < KIND_COUNT - 1; i++) {
        others -= sum(count, side, kinds[i].calls);
    }
    return others;
}
