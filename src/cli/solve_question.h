/* What a document asks of the solver, besides what is in its configuration. */
#ifndef CLI_SOLVE_QUESTION_H
#define CLI_SOLVE_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "solver/solver.h"

/* As the solver wants it: participants breadth-first, groups in depth-first pre-order. */
struct solve_question {
    struct solver_participant *participants; /* each has a name */
    size_t participant_count;
    struct solver_group *groups;
    size_t group_count;
    const struct sysmem_single_buffer_settings
        *existing;           /* buffers that are to be joined; NULL: none */
    uint32_t existing_count; /* how many */
    uint32_t page_size;      /* 0: the built-in one */
    enum solver_secure secure;
};

#endif
