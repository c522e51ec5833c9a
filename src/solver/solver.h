/* Constraints aggregation: participants and an environment in; settings and a count, or an error
 * with reasons, out. A value function: no descriptors, no clock, no log, no globals
 * (docs/solver.md). */
#ifndef SOLVER_SOLVER_H
#define SOLVER_SOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/error.h>
#include <sysmem/types.h>

struct solver_participant {
    const char *name;                                               /* for reasons; may be NULL */
    const struct sysmem_buffer_collection_constraints *constraints; /* NULL: has set none */
    int group;      /* 1 + the index of the innermost group that it is under; 0: under none */
    uint32_t child; /* and under which child of it */
    bool settled;   /* has the buffers that exist: not to be blamed */
};

/* A token group: one of its children is selected, and only the participants under that one count.
 * Source: spec/fuchsia.sysmem2.txt, BufferCollectionTokenGroup. */
struct solver_group {
    int parent;            /* 1 + the index of the innermost enclosing group; 0: none */
    uint32_t parent_child; /* and under which child of it */
    uint32_t child_count;  /* at least 1 */
};

/* A heap as the solver sees it. */
struct solver_heap {
    struct sysmem_heap heap;
    bool cpu_supported;
    bool ram_supported;
    bool inaccessible_supported;
    bool secure;
    const char *const *aliases; /* further heap types of the same heap */
    size_t alias_count;
    const char *absent_reason; /* why nobody gets it now, in words; NULL: it is ready */
};

/* Whether there is secure memory. Source: spec/fuchsia.sysmem2.txt, SecureMem. */
enum solver_secure {
    SOLVER_SECURE_AS_LISTED, /* in the heaps that are listed, and nowhere else */
    SOLVER_SECURE_EXPECTED,  /* it is still to come: who requires it waits */
    SOLVER_SECURE_LOST,      /* it was there, and is gone: who requires it fails */
};

struct solver_limits {
    uint64_t max_allocation_size;    /* bytes of one buffer; UINT64_MAX: none */
    uint64_t max_buffer_bytes;       /* 256 MiB */
    uint64_t max_collection_bytes;   /* 1 GiB */
    uint32_t max_buffers;            /* 128 */
    uint32_t max_group_combinations; /* 64 */
};

struct solver_environment {
    const struct solver_heap *heaps;
    size_t heap_count;
    enum solver_secure secure;
    struct solver_limits limits;
    /* In the order of format_cost_compare() (solver/cost.h), keys with a pixel format; among those
     * for one format a later entry wins over an earlier one of as many usage bits. */
    const struct sysmem_format_cost_entry *format_costs;
    size_t format_cost_count;
    uint32_t page_size;
    bool contiguous_supported; /* a contiguous system RAM heap exists */
    bool force_zero_slack;     /* for tests of participants: slack counts are taken as 0 */
};

/* The built-in environment: system RAM alone, the limits above, 4 KiB pages. */
void solver_environment_init(struct solver_environment *environment);

/* Why an aggregation failed. */
struct solver_reason {
    int participant;  /* index, or -1: nobody in particular */
    char field[96];   /* "image_format_constraints[2].color_spaces"; "" when nobody is to blame */
    char detail[256]; /* wanted and got, in names */
};

#define SOLVER_MAX_REASONS 16

struct solver_outcome {
    uint32_t error;        /* 0, or an enum sysmem_error; PENDING: solver_waits() */
    uint32_t buffer_count; /* on success */
    struct sysmem_single_buffer_settings settings; /* points into this struct and into the input */
    uint32_t color_space;                          /* what settings' color_spaces points at */
    size_t reason_count;
    struct solver_reason reasons[SOLVER_MAX_REASONS];
};

/* Neither a success nor a failure: secure memory is required, and still to come. The reasons say
 * who requires it. To be asked again when it is there. */
static inline bool solver_waits(const struct solver_outcome *outcome)
{
    return outcome->error == SYSMEM_ERROR_PENDING;
}

/* One step of an aggregation, for who wants to see how it went. */
enum solver_step_kind {
    SOLVER_STEP_ATTEMPT,        /* starts: which child of each group is selected */
    SOLVER_STEP_READ,           /* a participant was read */
    SOLVER_STEP_FORMAT_KEPT,    /* as a participant's formats were folded in */
    SOLVER_STEP_FORMAT_DROPPED, /* by that participant, or nobody: as it cannot be used */
    SOLVER_STEP_FORMAT_COST,    /* of one that can be used: the lowest is chosen */
    SOLVER_STEP_CHOSEN,         /* count, heap, domain, format, size */
    SOLVER_STEP_REFUSED,        /* the attempt ends */
};

struct solver_step {
    enum solver_step_kind kind;
    int participant;  /* index, or -1: nobody in particular */
    const char *text; /* for the time of the call */
};

/* Called for each step, in order, from within the solver. */
struct solver_tracer {
    void (*step)(void *arg, const struct solver_step *step);
    void *arg;
};

/* Participants and groups. */
struct solver_problem {
    const struct solver_participant *participants; /* breadth-first */
    size_t participant_count;
    const struct solver_group *groups; /* in depth-first pre-order: the most significant first */
    size_t group_count;
    const struct solver_environment *environment;
    /* Buffers that exist already: a combination counts as aggregated only if it comes to exactly
     * these settings and this count. NULL: there are none. */
    const struct sysmem_single_buffer_settings *existing;
    uint32_t existing_count;
    const struct solver_tracer *tracer; /* NULL: nobody watches */
};

/* Selected of a group that is under a child that is not selected itself. */
#define SOLVER_HIDDEN UINT32_MAX

/* A search that has compared more formats and heaps with each other than this goes on to no further
 * combination: some 20 ms. Hundreds of formats from tens of participants come near it. */
#define SOLVER_MAX_EFFORT (1u << 20)

/* Aggregates. *ret is filled in every case. The settings are valid while *ret, the participants'
 * constraints and the environment are. */
void solver_solve(const struct solver_participant *participants, size_t count,
                  const struct solver_environment *environment, struct solver_outcome *ret);

/* About what solver_choose() takes at most, in the unit of SOLVER_MAX_EFFORT; itself it looks only
 * at how long the participants' lists are. */
uint64_t solver_effort(const struct solver_problem *problem);

/* Finds the first combination of group children whose participants can be aggregated. All groups
 * start at child 0; the least significant one that is not hidden moves on first. At most
 * limits.max_group_combinations are tried, and fewer when SOLVER_MAX_EFFORT is reached: wanting
 * more is TOO_MANY_GROUP_CHILD_COMBINATIONS, with one reason against nobody. Only
 * CONSTRAINTS_INTERSECTION_EMPTY goes on to the next combination, any other error ends the search:
 * so a combination that waits for secure memory is waited for, whatever comes after it.
 *
 * *ret is filled in every case, as by solver_solve(); reasons' indexes are those of the whole list
 * of participants. When no combination will do, they are the reasons of the last one tried.
 * ret_selected (group_count entries) is written on success only: the child of each group, or
 * SOLVER_HIDDEN. */
void solver_choose(const struct solver_problem *problem, uint32_t *ret_selected,
                   struct solver_outcome *ret);

#endif
