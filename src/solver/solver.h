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
    struct solver_limits limits;
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
    char detail[192]; /* wanted and got, in names */
};

#define SOLVER_MAX_REASONS 16

struct solver_outcome {
    uint32_t error;                                /* 0, or an enum sysmem_error */
    uint32_t buffer_count;                         /* on success */
    struct sysmem_single_buffer_settings settings; /* points into this struct and into the input */
    uint32_t color_space;                          /* what settings' color_spaces points at */
    size_t reason_count;
    struct solver_reason reasons[SOLVER_MAX_REASONS];
};

/* Aggregates. *ret is filled in every case. The settings are valid while *ret, the participants'
 * constraints and the environment are. */
void solver_solve(const struct solver_participant *participants, size_t count,
                  const struct solver_environment *environment, struct solver_outcome *ret);

#endif
