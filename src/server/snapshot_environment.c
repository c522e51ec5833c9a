/* Debug.GetEnvironment: what has to be known to replay an aggregation elsewhere. */
#include "server/internal.h"
#include "server/snapshot.h"

/* Encoded, one takes less than 100 bytes. */
#define MAX_COSTS (SNAPSHOT_MAX_BYTES / 128)

void snapshot_environment(const struct server *server, uint32_t first,
                          struct model_debug_get_environment_response *ret)
{
    const struct solver_environment *environment = &server->environment;
    const struct solver_limits *limits = &environment->limits;
    size_t begin = first < environment->format_cost_count ? first : environment->format_cost_count;
    size_t left = environment->format_cost_count - begin;
    SYSMEM_SET(ret, page_size, environment->page_size);
    SYSMEM_SET(ret, force_zero_slack, environment->force_zero_slack);
    SYSMEM_SET(&ret->limits, max_allocation_size, limits->max_allocation_size);
    SYSMEM_SET(&ret->limits, max_buffer_bytes, limits->max_buffer_bytes);
    SYSMEM_SET(&ret->limits, max_collection_bytes, limits->max_collection_bytes);
    SYSMEM_SET(&ret->limits, max_buffers, limits->max_buffers);
    SYSMEM_SET(&ret->limits, max_group_combinations, limits->max_group_combinations);
    ret->has.limits = true;
    if (left > 0) {
        SYSMEM_SET_VECTOR(ret, format_costs, environment->format_costs + begin,
                          left < MAX_COSTS ? left : MAX_COSTS);
    }
    SYSMEM_SET(ret, more, left > MAX_COSTS);
}
