/* Why an allocation failed, for those who waited for it, for the log, and for who asks later. It is
 * shared by reference and does not change once it was told. Source: docs/reasons.md. */
#ifndef COLLECTION_FAILURE_H
#define COLLECTION_FAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/list.h"
#include "collection/failed_tree.h"
#include "node/node.h"
#include "solver/explain.h"

/* What is kept of one; the rest is counted. All of it takes at most FAILURE_MAX_BYTES. */
#define FAILURE_MAX_BYTES      ((size_t)192 << 10)
#define FAILURE_MAX_PARTIES    256
#define FAILURE_MAX_REASONS    256 /* of one conflict */
#define FAILURE_MAX_NAME_BYTES 256

#define FAILURE_NOBODY         UINT32_MAX

/* A participant, as it was then. */
struct failure_party {
    uint64_t node;    /* koid */
    const char *name; /* "": none */
    uint64_t client_id;
    pid_t pid;
    uid_t uid;
};

struct failure_reason {
    uint32_t party;     /* index, or FAILURE_NOBODY */
    const char *field;  /* at most 128 bytes; "" for nobody */
    const char *detail; /* at most 1024 bytes */
};

struct failure_conflict {
    const uint32_t *selected; /* a child of each group, or SOLVER_HIDDEN */
    size_t selected_count;
    const struct failure_reason *reasons;
    size_t reason_count;
    size_t omitted; /* further reasons */
    bool minimal;
};

struct failure {
    uint32_t references;
    struct list link; /* in a failure_log, which has a reference then */
    uint64_t number;  /* in that log, from 1 */
    struct arena arena;

    uint64_t time_ns; /* CLOCK_REALTIME */
    uint64_t collection_id;
    const char *collection_name; /* "": none */
    uint64_t part; /* koid of the topmost node of an attached part; 0: the whole collection */
    uid_t owner;
    uint32_t error;    /* enum sysmem_error */
    const uid_t *uids; /* of all nodes of the tree, once each */
    size_t uid_count;

    const struct failure_party *parties;
    size_t party_count;
    size_t parties_omitted;
    struct failure_conflict conflict;            /* of the attempt that got furthest */
    const struct failure_conflict *combinations; /* all of them; none: they were not worked out */
    size_t combination_count;
    struct failed_tree tree; /* only of one that is remembered */
};

/* Of the part below `top`, with one reference and without reasons so far. NULL: no memory. */
struct failure *failure_new(const struct node *top, uint32_t error);

struct failure *failure_ref(struct failure *failure);

/* The last reference frees it. NULL is fine. */
void failure_unref(struct failure *failure);

/* Nobody is to blame: one reason, what was wanted and what was got. */
__attribute__((format(printf, 2, 3))) void failure_blame_nobody(struct failure *failure,
                                                                const char *format, ...);

/* What the solver found out. */
struct failure_findings {
    struct node *const *nodes; /* of the solver's participants; NULL: not one of the tree */
    size_t node_count;
    size_t group_count;
    const struct solver_explanation *furthest;
    const struct solver_explanation *every; /* NULL: not asked for */
};

/* Takes over who took part, and the conflicts; of these as much as there is room for, and of those
 * who took part first whom the conflict names. */
void failure_explain(struct failure *failure, const struct failure_findings *findings);

/* Writes it to the log as a block of lines, the first of which begins with `who`. */
void failure_log_lines(const struct failure *failure, const char *who);

#endif
