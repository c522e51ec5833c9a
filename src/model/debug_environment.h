/* The part of the Debug protocol that tells what the solver knows besides participants, so that an
 * aggregation can be replayed elsewhere. The rest is in model/debug.h. */
#ifndef MODEL_DEBUG_ENVIRONMENT_H
#define MODEL_DEBUG_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/types.h>

/* The limits that an aggregation heeds, under their names in the configuration. */
struct model_debug_limits {
    uint64_t max_allocation_size;
    uint64_t max_buffer_bytes;
    uint64_t max_collection_bytes;
    uint32_t max_buffers;
    uint32_t max_group_combinations;
    struct {
        bool max_allocation_size;
        bool max_buffer_bytes;
        bool max_collection_bytes;
        bool max_buffers;
        bool max_group_combinations;
    } has;
};

/* Debug.GetEnvironment: what the solver knows besides participants and heaps (which are what
 * GetHeaps tells, in the same order). The format costs come from position `first_format_cost` on (0
 * when unset), as many as one message holds; `more`: ask again, from behind these. */
struct model_debug_get_environment_request {
    uint32_t first_format_cost;
    struct {
        bool first_format_cost;
    } has;
};

struct model_debug_get_environment_response {
    uint32_t page_size;
    bool force_zero_slack;
    struct model_debug_limits limits;
    const struct sysmem_format_cost_entry *format_costs; /* in the solver's order */
    size_t format_costs_count;
    bool more;
    struct {
        bool page_size;
        bool force_zero_slack;
        bool limits;
        bool format_costs;
        bool more;
    } has;
};

#endif
