/* A process that has no memfd_secret, whatever the kernel has: a seccomp filter answers for it.
 * Included after cmocka.h. */
#ifndef SUPPORT_WITHOUT_SECRET_MEMORY_H
#define SUPPORT_WITHOUT_SECRET_MEMORY_H

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

static inline bool forbid_secret_memory(int error)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_secret, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof(rules) / sizeof(rules[0]), rules};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/* Runs `try` in a child whose calls of memfd_secret() fail with `error`: whether it said yes. Skips
 * the calling test where the system has no filters. */
static inline bool without_secret_memory(int error, bool (*try)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(!forbid_secret_memory(error) ? 2 : try() ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2) {
        print_message("skipped: no seccomp filters here\n");
        skip();
    }
    return WEXITSTATUS(status) == 0;
}

#endif
