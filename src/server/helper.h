/* Processes that receive for the daemon what clients can make the kernel wait for. Whoever has a
 * descriptor of a socket can receive from it into memory that never comes, and everybody else who
 * receives from it then sleeps in the kernel, where nothing wakes him, not even SIGKILL. A thread
 * that sleeps so keeps its whole process from ending: so it is a process that does it, one with
 * nothing to lose. */
#ifndef SERVER_HELPER_H
#define SERVER_HELPER_H

/* Starts the process that makes the others: a small copy of this one, so call it before there are
 * threads, and before anything is open that should end with the daemon. It and its children end
 * when what this returns is closed. A descriptor for helper_new(), or -errno. */
int helper_start(void);

/* A new helper, which serves the other end of a socket pair for as long as this side is open.
 * `end` stays the caller's, to be closed. 0, or -errno: -EAGAIN, -ETOOMANYREFS and -ENOBUFS mean
 * later. */
int helper_new(int mother, int end);

/* Asks a helper to receive one packet from `fd`, and to answer by packet_forward(). 0, or -errno as
 * above. One question at a time. */
int helper_ask(int control, int fd);

#endif
