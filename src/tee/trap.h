/* What is to go wrong at which call of the daemon's: so that tests, and people, see what comes of
 * it. Not thread-safe. */
#ifndef TEE_TRAP_H
#define TEE_TRAP_H

#include <stdbool.h>
#include <stddef.h>

#define TRAP_MAX 16

enum trap_kind {
    TRAP_NONE,
    TRAP_FAIL,       /* the call is refused: UNSPECIFIED */
    TRAP_EXIT,       /* the process ends before it does anything */
    TRAP_EXIT_AFTER, /* it ends when it has done it, without an answer */
    TRAP_STOP,       /* it is stopped (SIGSTOP) before it does anything */
};

struct trap {
    const char *call; /* "add" */
    unsigned at;      /* the how manieth such call, from 1; 0: each */
    unsigned seen;
    enum trap_kind kind;
};

struct traps {
    struct trap traps[TRAP_MAX];
    size_t count;
};

/* Adds "CALL:N=KIND" (fail, exit, exit-after, stop), or "CALL=KIND" for each; the text must stay
 * and is changed. CALL is one of dynamic, physical, properties, memory, add, delete, modify, zero.
 * False: it is not of that form, or too many. */
bool traps_add(struct traps *traps, char *text);

/* What goes wrong at this call. */
enum trap_kind traps_spring(struct traps *traps, const char *call);

#endif
