#include "checker.h"

#include <string.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "world.h"

/* Whether an image constraint of the result lies within what a participant's table asks for. */
static bool table_is_met(const struct sysmem_image_format_constraints *t,
                         const struct sysmem_image_format_constraints *r)
{
    bool space = false;
    for (size_t i = 0; i < t->color_spaces_count; i++) {
        space |= t->color_spaces[i] == r->color_spaces[0] ||
                 t->color_spaces[i] == SYSMEM_COLOR_SPACE_DO_NOT_CARE;
    }
    return space &&
           (!t->has.min_size ||
            (r->min_size.width >= t->min_size.width && r->min_size.height >= t->min_size.height)) &&
           (!t->has.max_size ||
            (r->max_size.width <= t->max_size.width && r->max_size.height <= t->max_size.height)) &&
           (!t->has.min_bytes_per_row || r->min_bytes_per_row >= t->min_bytes_per_row) &&
           (!t->has.max_bytes_per_row || r->max_bytes_per_row <= t->max_bytes_per_row) &&
           (!t->has.max_width_times_height ||
            r->max_width_times_height <= t->max_width_times_height) &&
           (!t->has.size_alignment || (r->size_alignment.width % t->size_alignment.width == 0 &&
                                       r->size_alignment.height % t->size_alignment.height == 0)) &&
           (!t->has.bytes_per_row_divisor ||
            r->bytes_per_row_divisor % t->bytes_per_row_divisor == 0) &&
           (!t->has.display_rect_alignment ||
            (r->display_rect_alignment.width % t->display_rect_alignment.width == 0 &&
             r->display_rect_alignment.height % t->display_rect_alignment.height == 0)) &&
           (!t->has.require_bytes_per_row_at_pixel_boundary ||
            !t->require_bytes_per_row_at_pixel_boundary ||
            r->require_bytes_per_row_at_pixel_boundary) &&
           (!t->has.start_offset_divisor ||
            r->start_offset_divisor % t->start_offset_divisor == 0) &&
           (!t->has.required_min_size || (r->min_size.width <= t->required_min_size.width &&
                                          r->min_size.height <= t->required_min_size.height)) &&
           (!t->has.required_max_size || (r->max_size.width >= t->required_max_size.width &&
                                          r->max_size.height >= t->required_max_size.height)) &&
           (!t->has.is_alpha_present || !r->has.is_alpha_present ||
            t->is_alpha_present == r->is_alpha_present);
}

static bool lists_format(const struct sysmem_image_format_constraints *t,
                         const struct sysmem_image_format_constraints *r)
{
    const uint32_t any_format = SYSMEM_PIXEL_FORMAT_DO_NOT_CARE;
    const uint64_t any_modifier = SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE;
    bool listed = t->has.pixel_format &&
                  (t->pixel_format == r->pixel_format || t->pixel_format == any_format) &&
                  (!t->has.pixel_format_modifier || t->pixel_format_modifier == any_modifier ||
                   t->pixel_format_modifier == r->pixel_format_modifier);
    for (size_t i = 0; t->has.pixel_format_and_modifiers && i < t->pixel_format_and_modifiers_count;
         i++) {
        const struct sysmem_pixel_format_and_modifier *p = &t->pixel_format_and_modifiers[i];
        listed |= (p->pixel_format == r->pixel_format || p->pixel_format == any_format) &&
                  (p->pixel_format_modifier == r->pixel_format_modifier ||
                   p->pixel_format_modifier == any_modifier);
    }
    return listed;
}

static bool image_is_met(const struct sysmem_buffer_collection_constraints *c,
                         const struct sysmem_single_buffer_settings *settings)
{
    if (!c->has.image_format_constraints || c->image_format_constraints_count == 0) {
        return true;
    }
    for (size_t i = 0; i < c->image_format_constraints_count; i++) {
        const struct sysmem_image_format_constraints *t = &c->image_format_constraints[i];
        if (lists_format(t, &settings->image_format_constraints) &&
            table_is_met(t, &settings->image_format_constraints)) {
            return settings->has.image_format_constraints;
        }
    }
    return false;
}

/* By name or alias. */
static bool is_heap(const struct sysmem_heap *named, const struct sysmem_heap *got)
{
    size_t count;
    const struct model_heap *heaps = world_model_heaps(&count);
    bool same = strcmp(named->heap_type, got->heap_type) == 0;
    for (size_t i = 0; i < count; i++) {
        same |= strcmp(heaps[i].type, got->heap_type) == 0 && heaps[i].alias != NULL &&
                strcmp(heaps[i].alias, named->heap_type) == 0;
    }
    return same && (named->has.id ? named->id : 0) == got->id;
}

static bool heap_is_met(const struct sysmem_buffer_memory_constraints *m,
                        const struct sysmem_buffer_memory_settings *s)
{
    bool permitted = !m->has.permitted_heaps;
    for (size_t i = 0; !permitted && i < m->permitted_heaps_count; i++) {
        permitted = is_heap(&m->permitted_heaps[i], &s->heap);
    }
    return permitted;
}

/* Who reads or writes with the CPU can reach the domain, also where nothing is said of domains. */
static bool domain_is_met(const struct sysmem_buffer_collection_constraints *c,
                          const struct sysmem_buffer_memory_settings *s)
{
    const struct sysmem_buffer_memory_constraints *m = &c->buffer_memory_constraints;
    bool has = c->has.buffer_memory_constraints;
    bool cpu = c->has.usage && c->usage.has.cpu && c->usage.cpu != 0;
    switch (s->coherency_domain) {
    case SYSMEM_COHERENCY_DOMAIN_CPU:
        return !has || !m->has.cpu_domain_supported || m->cpu_domain_supported;
    case SYSMEM_COHERENCY_DOMAIN_RAM:
        return has && m->has.ram_domain_supported ? m->ram_domain_supported : !cpu;
    default:
        return has && m->has.inaccessible_domain_supported ? m->inaccessible_domain_supported
                                                           : !cpu;
    }
}

static bool memory_is_met(const struct sysmem_buffer_memory_constraints *m,
                          const struct sysmem_buffer_memory_settings *s)
{
    return heap_is_met(m, s) && (!m->has.min_size_bytes || s->size_bytes >= m->min_size_bytes) &&
           (!m->has.max_size_bytes || s->size_bytes <= m->max_size_bytes) &&
           (!m->has.physically_contiguous_required || !m->physically_contiguous_required ||
            s->is_physically_contiguous) &&
           (!m->has.secure_required || !m->secure_required || s->is_secure);
}

bool checker_is_met(const struct sysmem_buffer_collection_constraints *c, uint32_t buffer_count,
                    const struct sysmem_single_buffer_settings *settings)
{
    const struct sysmem_buffer_memory_settings *s = &settings->buffer_settings;
    uint64_t own =
        (uint64_t)(c->has.min_buffer_count_for_camping ? c->min_buffer_count_for_camping : 0) +
        (c->has.min_buffer_count_for_dedicated_slack ? c->min_buffer_count_for_dedicated_slack
                                                     : 0) +
        (c->has.min_buffer_count_for_shared_slack ? c->min_buffer_count_for_shared_slack : 0);
    return image_is_met(c, settings) && domain_is_met(c, s) && buffer_count >= own &&
           (!c->has.buffer_memory_constraints || memory_is_met(&c->buffer_memory_constraints, s)) &&
           (!c->has.max_buffer_count || buffer_count <= c->max_buffer_count) &&
           (!c->has.min_buffer_count || buffer_count >= c->min_buffer_count);
}
