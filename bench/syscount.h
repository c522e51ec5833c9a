/* Counts the system calls of a client and a server, by kind, with ptrace(2). */
#ifndef BENCH_SYSCOUNT_H
#define BENCH_SYSCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SYSCOUNT_NUMBERS 512 /* system call numbers that are told apart */

enum syscount_side { SYSCOUNT_CLIENT, SYSCOUNT_SERVER, SYSCOUNT_SIDES };

struct syscount {
    uint64_t calls[SYSCOUNT_SIDES][SYSCOUNT_NUMBERS];
};

/* In a process that is to be traced, before it does anything: stops for its parent to take over.
 * False: this machine does not permit tracing. */
bool syscount_stop_for_tracer(void);

/* In the client: begins, and then ends, what is counted. */
void syscount_mark(void);

/* Lets the client and the server run, both stopped as above, until the client has exited, and
 * counts what either calls, in all its threads, between the client's two marks. Whichever of the
 * two has ended then has been waited for, and its id is 0. 0; -EPERM: tracing is not permitted;
 * -ECHILD: the client or the server failed; -errno. */
int syscount_run(pid_t *client, pid_t *server, struct syscount *ret);

/* Kinds: what a system call does, whichever of its variants is called ("wait": epoll_wait, poll,
 * ...; "send": sendmsg, sendto). Number of kinds that are known by name; the rest is "other". */
size_t syscount_kinds(void);
const char *syscount_kind_name(size_t kind);

/* The calls of one kind on one side. */
uint64_t syscount_of_kind(const struct syscount *count, enum syscount_side side, size_t kind);

#endif
