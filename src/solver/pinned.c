#include "solver/pinned.h"

#include <sysmem/format.h>
#include <sysmem/usage.h>

static void pin_memory(const struct sysmem_buffer_memory_settings *have,
                       struct sysmem_buffer_memory_constraints *ret)
{
    SYSMEM_SET(ret, min_size_bytes, have->size_bytes);
    SYSMEM_SET(ret, max_size_bytes, have->size_bytes);
    SYSMEM_SET(ret, physically_contiguous_required, have->is_physically_contiguous);
    SYSMEM_SET(ret, secure_required, have->is_secure);
    SYSMEM_SET(ret, cpu_domain_supported, have->coherency_domain == SYSMEM_COHERENCY_DOMAIN_CPU);
    SYSMEM_SET(ret, ram_domain_supported, have->coherency_domain == SYSMEM_COHERENCY_DOMAIN_RAM);
    SYSMEM_SET(ret, inaccessible_domain_supported,
               have->coherency_domain == SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
    SYSMEM_SET_VECTOR(ret, permitted_heaps, &have->heap, 1);
}

void solver_pin(const struct sysmem_single_buffer_settings *settings, uint32_t count,
                struct sysmem_buffer_collection_constraints *ret)
{
    *ret = (struct sysmem_buffer_collection_constraints){0};
    SYSMEM_SET(&ret->usage, none, SYSMEM_NONE_USAGE);
    ret->has.usage = true;
    SYSMEM_SET(ret, min_buffer_count, count);
    SYSMEM_SET(ret, max_buffer_count, count);
    pin_memory(&settings->buffer_settings, &ret->buffer_memory_constraints);
    ret->has.buffer_memory_constraints = true;
    if (settings->has.image_format_constraints) {
        SYSMEM_SET_VECTOR(ret, image_format_constraints, &settings->image_format_constraints, 1);
    }
}
