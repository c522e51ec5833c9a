/* A process that serves a heap, and dies, stops or talks nonsense at a step of its choice. It is
 * the test's own program, started anew. */
#ifndef DAEMON_HEAP_PROCESS_H
#define DAEMON_HEAP_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "support/daemon.h"

#define HEAP_PROCESS_TYPE "test.TILES"

/* At which step it does something. A collection has two buffers. */
enum heap_step {
    HEAP_STEP_REGISTERED,
    HEAP_STEP_FIRST_ASKED,  /* the first AllocateVmo has come */
    HEAP_STEP_SECOND_ASKED, /* and the first one is answered */
    HEAP_STEP_BOTH_ANSWERED,
    HEAP_STEP_FIRST_BACK, /* the first DeleteVmo has come */
    HEAP_STEP_FIRST_DELETED,
    HEAP_STEP_SECOND_BACK,
    HEAP_STEP_NONE,
};

enum heap_act {
    HEAP_ACT_DIE,
    HEAP_ACT_STOP, /* by SIGSTOP */
    HEAP_ACT_NONSENSE,
    HEAP_ACT_NONE,
};

struct heap_process_config {
    const struct daemon *daemon;
    enum heap_step step;
    enum heap_act act;
    uid_t uid;   /* 0: the test's own */
    bool opaque; /* its buffers are in the INACCESSIBLE domain only */
};

struct heap_process {
    pid_t pid;
    int said; /* what it says: a pipe */
};

/* What it says. */
#define HEAP_SAYS_REGISTERED 'r'
#define HEAP_SAYS_REFUSED    'x' /* it may not register */
#define HEAP_SAYS_DELETED    'd' /* DeleteVmo */
#define HEAP_SAYS_FREE       'z' /* ZERO_CHILDREN of a buffer */
#define HEAP_SAYS_CLOSED     'c' /* its channel */

/* Starts it. Asserts. */
void heap_process_start(const struct heap_process_config *config, struct heap_process *ret);

/* Waits until it has said each letter of `what`, in any order; it says nothing else meanwhile.
 * Asserts. */
void heap_process_expect(struct heap_process *process, const char *what);

/* Whether it has said nothing that was not waited for. */
bool heap_process_is_silent(const struct heap_process *process);

/* Waits until it has said `letter`, whatever else it says before. Asserts. */
void heap_process_wait_for(struct heap_process *process, char letter);

/* Waits until it has stopped or ended. Asserts. */
void heap_process_wait_acted(struct heap_process *process);

/* Ends it, stopped or not, dead or not. */
void heap_process_end(struct heap_process *process);

/* The other side: for main(), first of all. Does not return if this is such a process. */
void heap_process_main(int argc, char **argv);

#endif
