/* A daemon of a test's own: started in a directory of its own, watched, and ended with the test. */
#ifndef SUPPORT_DAEMON_H
#define SUPPORT_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How long these calls wait for what must come, in milliseconds. Generous: sanitizers on a busy
 * machine. */
#define DAEMON_PATIENCE_MS 20000

struct daemon_options {
    /* Arguments after `--socket PATH`, ended by NULL; may be NULL. */
    const char *const *args;
    /* Contents of a configuration file that is handed over by --config; NULL for none. */
    const char *config;
    /* The program; NULL is the built sysmemd, or $SYSMEMD. */
    const char *program;
    /* Whom it runs as, with a group of the same number and no other: for root. 0: as this process.
     * Its socket is for all users then. */
    uid_t uid;
};

struct daemon {
    pid_t pid;       /* 0 when none runs */
    int pidfd;       /* readable when it has ended; -1 when none runs */
    int events;      /* inotify on the directory */
    char dir[32];    /* made for this daemon, removed by daemon_stop() */
    char socket[48]; /* where it listens */
    char log[48];    /* the file that has its standard output and error */
    char config[48]; /* empty when there is none */
};

/* The program that daemon_start() takes by itself. */
const char *daemon_program(void);

/* Starts a daemon and returns when it serves: a connection was taken and, having ended, was given
 * up again, so that daemon_descriptor_count() is that of a daemon at rest. `options` may be NULL.
 * 0, or a negative errno with the reason and the daemon's log on standard error; then there is
 * nothing to stop. The daemon dies with the thread that called this. */
int daemon_start(struct daemon *daemon, const struct daemon_options *options);

/* SIGTERM, and waits. True when it exited with 0 in time; otherwise the way it ended and its log
 * are printed. The directory is removed. Nothing happens when none runs (true). */
bool daemon_stop(struct daemon *daemon);

/* SIGKILL, and waits; keeps the directory, for a look at what is left: daemon_stop() removes it. */
void daemon_kill(struct daemon *daemon);

/* Waits for a daemon that ends by itself: its wait status, or -ETIMEDOUT. Keeps the directory. */
int daemon_wait_exit(struct daemon *daemon);

/* A connected SEQPACKET socket to the daemon, close-on-exec and blocking, or -errno. */
int daemon_connect(const struct daemon *daemon);

/* Descriptors that the daemon has open now, or -errno. */
int daemon_descriptor_count(const struct daemon *daemon);

/* Waits until the daemon has at most `count` descriptors open: what a client's end leaves behind
 * goes a moment later than the client. The last count seen. */
int daemon_descriptor_settle(const struct daemon *daemon, int count);

/* Waits until the daemon's log has `text`, from byte `from` on: the offset behind it, or
 * -ETIMEDOUT, or -ESRCH when the daemon ended without writing it. */
ssize_t daemon_log_wait_for(const struct daemon *daemon, const char *text, size_t from);

/* True when the daemon's log has `text` now. */
bool daemon_log_contains(const struct daemon *daemon, const char *text);

/* Makes this process that of an ordinary user, for good. False: the system refuses. */
bool become_user(uid_t uid);

/* Descriptors that this process has open now. */
int own_descriptor_count(void);

#endif
