#include "model.h"

#include <string.h>

#include <sysmem/usage.h>

#include "model_image.h"

#define NONE UINT32_MAX

typedef struct sysmem_buffer_collection_constraints participant_t;
typedef struct sysmem_image_format_constraints table_t;
typedef struct sysmem_buffer_memory_constraints memory_t;

static uint32_t none_bits(const participant_t *p)
{
    static const participant_t empty;
    if (memcmp(&p->has, &empty.has, sizeof(p->has)) == 0) {
        return SYSMEM_NONE_USAGE;
    }
    return p->has.usage && p->usage.has.none ? p->usage.none : 0;
}

static bool uses_cpu(const participant_t *p)
{
    return p->has.usage && p->usage.has.cpu && p->usage.cpu != 0;
}

static memory_t memory_of(const participant_t *p)
{
    memory_t m = {0};
    if (p->has.buffer_memory_constraints) {
        m = p->buffer_memory_constraints;
    }
    bool secure = m.has.secure_required && m.secure_required;
    m.secure_required = secure;
    m.physically_contiguous_required =
        m.has.physically_contiguous_required && m.physically_contiguous_required;
    m.min_size_bytes = m.has.min_size_bytes ? m.min_size_bytes : 0;
    m.max_size_bytes = m.has.max_size_bytes ? m.max_size_bytes : UINT64_MAX;
    m.cpu_domain_supported = m.has.cpu_domain_supported ? m.cpu_domain_supported : !secure;
    m.ram_domain_supported =
        m.has.ram_domain_supported ? m.ram_domain_supported : !secure && !uses_cpu(p);
    m.inaccessible_domain_supported =
        m.has.inaccessible_domain_supported ? m.inaccessible_domain_supported : !uses_cpu(p);
    return m;
}

/* Which heap of the world a reference means; heap_count for none. */
static size_t heap_of(const struct sysmem_heap *ref, const struct model_world *world)
{
    size_t i = 0;
    for (; i < world->heap_count; i++) {
        const struct model_heap *h = &world->heaps[i];
        bool called = strcmp(h->type, ref->heap_type) == 0 ||
                      (h->alias != NULL && strcmp(h->alias, ref->heap_type) == 0);
        if (called && h->id == (ref->has.id ? ref->id : 0)) {
            break;
        }
    }
    return i;
}

static bool permits(const memory_t *m, const struct model_world *world, size_t heap)
{
    for (size_t i = 0; i < m->permitted_heaps_count && m->has.permitted_heaps; i++) {
        if (heap_of(&m->permitted_heaps[i], world) == heap) {
            return true;
        }
    }
    return !m->has.permitted_heaps;
}

static bool memory_is_sound(const participant_t *p, const struct model_world *world)
{
    memory_t m = memory_of(p);
    bool secure_heap = false;
    for (size_t i = 0; i < world->heap_count; i++) {
        secure_heap |= world->heaps[i].secure && !world->heaps[i].absent && permits(&m, world, i);
    }
    if (m.has.permitted_heaps && m.permitted_heaps_count == 0) {
        return false;
    }
    if (m.min_size_bytes > m.max_size_bytes) {
        return false;
    }
    if (m.secure_required && (uses_cpu(p) || m.cpu_domain_supported || m.ram_domain_supported ||
                              !m.inaccessible_domain_supported || !secure_heap)) {
        return false;
    }
    return !uses_cpu(p) || m.cpu_domain_supported || m.ram_domain_supported;
}

static bool participant_is_sound(const participant_t *p, const struct model_world *world)
{
    uint32_t none = none_bits(p);
    if ((none == 0) == !model_is_real(p) || (none & 3) == 2) {
        return false;
    }
    uint32_t most = p->has.max_buffer_count ? p->max_buffer_count : NONE;
    if (most == 0 || (p->has.min_buffer_count && p->min_buffer_count > most)) {
        return false;
    }
    return memory_is_sound(p, world) && model_images_are_sound(p);
}

static bool is_same_heap(const struct sysmem_heap *a, const struct sysmem_heap *b,
                         const struct model_world *world)
{
    size_t heap = heap_of(a, world);
    bool known = heap < world->heap_count;
    return heap == heap_of(b, world) &&
           (known || (strcmp(a->heap_type, b->heap_type) == 0 &&
                      (a->has.id ? a->id : 0) == (b->has.id ? b->id : 0)));
}

/* Whether a participant with a list has the heap in it, which need not be one of the world's. */
static bool lists(const memory_t *m, const struct model_world *world,
                  const struct sysmem_heap *heap)
{
    bool any = false;
    for (size_t i = 0; i < m->permitted_heaps_count; i++) {
        any |= is_same_heap(&m->permitted_heaps[i], heap, world);
    }
    return any;
}

/* Heaps that all permit. */
struct heap_order {
    const struct sysmem_heap *at[64];
    size_t count;
    bool limited; /* somebody gave a list; if nobody did, the heaps are all of the world's */
};

/* The order is the first participant's list, in which the last heap takes the place of each one
 * that goes. */
static struct heap_order common_heaps(const participant_t *const *all, size_t count,
                                      const struct model_world *world)
{
    struct heap_order order = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        const memory_t *m = all[i] == NULL ? NULL : &all[i]->buffer_memory_constraints;
        if (m == NULL || !all[i]->has.buffer_memory_constraints || !m->has.permitted_heaps) {
            continue;
        }
        for (size_t k = 0; !order.limited && k < m->permitted_heaps_count; k++) {
            order.at[order.count++] = &m->permitted_heaps[k];
        }
        order.limited = true;
        for (size_t k = 0; k < order.count;) {
            if (lists(m, world, order.at[k])) {
                k++;
            } else {
                order.at[k] = order.at[--order.count];
            }
        }
    }
    return order;
}

static size_t choose_heap(const struct heap_order *order, const struct model_world *world,
                          const memory_t *total)
{
    size_t best = world->heap_count;
    for (size_t i = order->limited ? order->count : world->heap_count; i > 0; i--) {
        size_t h = order->limited ? heap_of(order->at[i - 1], world) : i - 1;
        if (h == world->heap_count || world->heaps[h].absent) {
            continue;
        }
        const struct model_heap *heap = &world->heaps[h];
        if (total->secure_required) {
            if (heap->secure &&
                (best == world->heap_count || strcmp(heap->type, world->heaps[best].type) < 0)) {
                best = h;
            }
        } else if (h == 0 ||
                   (best != 0 && ((heap->cpu && total->cpu_domain_supported) ||
                                  (heap->ram && total->ram_domain_supported) ||
                                  (heap->inaccessible && total->inaccessible_domain_supported)))) {
            best = h; /* heap 0 is system RAM */
        }
    }
    return best;
}

/* Whether all have heaps and formats in common; *reached says how many of the first have. */
static bool are_folded(const participant_t *const *all, size_t count,
                       const struct model_world *world, unsigned *reached)
{
    *reached = MODEL_FOLDING;
    for (size_t i = 0; i < count; i++) {
        struct heap_order order = common_heaps(all, i + 1, world);
        if ((order.limited && order.count == 0) || !model_formats_meet(all, i + 1)) {
            return false;
        }
        *reached += all[i] != NULL ? 1 : 0;
    }
    return true;
}

static bool choose_domain(const struct model_heap *h, const memory_t *m, bool display,
                          uint32_t *ret)
{
    if ((display && m->ram_domain_supported) ||
        (!(h->cpu && m->cpu_domain_supported) && h->ram && m->ram_domain_supported)) {
        *ret = 1;
    } else if (h->cpu && m->cpu_domain_supported) {
        *ret = 0;
    } else if (h->inaccessible && m->inaccessible_domain_supported) {
        *ret = 2;
    } else {
        return false;
    }
    return true;
}

/* Everything but images. */
struct sums {
    bool any_size;
    bool any_image;
    bool real;
    bool permit;
    bool display;
    uint64_t camping, dedicated, shared, min, max;
    memory_t memory;
};

static void add_up(const participant_t *p, struct sums *s)
{
    memory_t m = memory_of(p);
    s->any_size |= m.min_size_bytes > 0;
    for (size_t i = 0; p->has.image_format_constraints && i < p->image_format_constraints_count;
         i++) {
        const table_t *t = &p->image_format_constraints[i];
        s->any_image = true;
        s->any_size |= t->has.min_size && t->min_size.width > 0 && t->min_size.height > 0;
        s->any_size |= t->has.required_max_size && t->required_max_size.width > 0 &&
                       t->required_max_size.height > 0;
    }
    s->real |= model_is_real(p);
    s->permit |= (none_bits(p) & SYSMEM_NONE_USAGE_PERMIT_ALLOCATION) != 0;
    s->display |= p->has.usage && p->usage.has.display && p->usage.display != 0;
    s->camping += p->has.min_buffer_count_for_camping ? p->min_buffer_count_for_camping : 0;
    s->dedicated +=
        p->has.min_buffer_count_for_dedicated_slack ? p->min_buffer_count_for_dedicated_slack : 0;
    uint64_t shared =
        p->has.min_buffer_count_for_shared_slack ? p->min_buffer_count_for_shared_slack : 0;
    uint64_t min = p->has.min_buffer_count ? p->min_buffer_count : 0;
    uint64_t max = p->has.max_buffer_count ? p->max_buffer_count : NONE;
    s->shared = shared > s->shared ? shared : s->shared;
    s->min = min > s->min ? min : s->min;
    s->max = max < s->max ? max : s->max;
    memory_t *t = &s->memory;
    t->min_size_bytes = m.min_size_bytes > t->min_size_bytes ? m.min_size_bytes : t->min_size_bytes;
    t->max_size_bytes = m.max_size_bytes < t->max_size_bytes ? m.max_size_bytes : t->max_size_bytes;
    t->physically_contiguous_required |= m.physically_contiguous_required;
    t->secure_required |= m.secure_required;
    t->cpu_domain_supported &= m.cpu_domain_supported;
    t->ram_domain_supported &= m.ram_domain_supported;
    t->inaccessible_domain_supported &= m.inaccessible_domain_supported;
}

/* Sizes, and the format that they depend on. */
static bool choose_size(const participant_t *const *all, size_t count,
                        const struct model_world *world, const struct sums *s,
                        struct model_answer *a)
{
    uint64_t bytes = 0;
    a->reached = MODEL_FORMAT;
    if (s->any_image && !model_first_format(all, count, world->lenient, a)) {
        return false;
    }
    a->reached = MODEL_SIZE;
    if (s->any_image && !model_image_bytes(&a->image, &bytes)) {
        return false;
    }
    a->size_bytes = bytes > s->memory.min_size_bytes ? bytes : s->memory.min_size_bytes;
    return a->size_bytes <= s->memory.max_size_bytes &&
           (world->lenient || (a->size_bytes <= world->max_buffer_bytes &&
                               a->size_bytes * a->buffer_count <= world->max_collection_bytes));
}

static bool choose_memory(const participant_t *const *all, size_t count,
                          const struct model_world *world, const struct sums *s,
                          struct model_answer *a)
{
    struct heap_order order = common_heaps(all, count, world);
    a->reached = MODEL_MEMORY;
    a->heap = choose_heap(&order, world, &s->memory);
    a->contiguous = s->memory.physically_contiguous_required;
    a->secure = s->memory.secure_required;
    return a->heap != world->heap_count && !(a->heap == 0 && a->contiguous && !world->contiguous) &&
           !(a->secure && !s->memory.inaccessible_domain_supported) &&
           choose_domain(&world->heaps[a->heap], &s->memory, s->display, &a->domain);
}

static bool choose_count(const struct model_world *world, const struct sums *s,
                         struct model_answer *a)
{
    uint64_t needed = s->camping + s->dedicated + s->shared;
    needed = needed > s->min ? needed : s->min;
    needed = needed == 0 && world->lenient ? 1 : needed;
    a->reached = MODEL_COUNT;
    a->buffer_count = needed < NONE ? (uint32_t)needed : NONE;
    return needed > 0 && (needed <= s->max || s->max == NONE) &&
           (world->lenient || needed <= world->max_buffers);
}

struct model_answer model_solve(const participant_t *const *all, size_t count,
                                const struct model_world *world)
{
    struct model_answer a = {.reached = MODEL_READING};
    struct sums s = {
        .max = NONE,
        .memory = {.min_size_bytes = 1,
                   .max_size_bytes = UINT64_MAX,
                   .cpu_domain_supported = true,
                   .ram_domain_supported = true,
                   .inaccessible_domain_supported = true}
    };
    for (size_t i = 0; i < count && world->secure != MODEL_SECURE_THERE; i++) {
        if (all[i] != NULL && memory_of(all[i]).secure_required) {
            a.no_secure = world->secure;
            return a;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (all[i] != NULL && !participant_is_sound(all[i], world)) {
            return a;
        }
        if (all[i] != NULL) {
            add_up(all[i], &s);
        }
    }
    if (!world->lenient && (!s.any_size || !are_folded(all, count, world, &a.reached))) {
        return a;
    }
    a.ok = (s.real || s.permit || world->lenient) && choose_count(world, &s, &a) &&
           choose_memory(all, count, world, &s, &a) && choose_size(all, count, world, &s, &a);
    return a;
}

#define SAME(field) (memcmp(&a->image.field, &b->image.field, sizeof(a->image.field)) == 0)

static bool same_image(const struct model_answer *a, const struct model_answer *b)
{
    return a->color_space == b->color_space && SAME(pixel_format) && SAME(pixel_format_modifier) &&
           SAME(min_size) && SAME(max_size) && SAME(min_bytes_per_row) && SAME(max_bytes_per_row) &&
           SAME(max_width_times_height) && SAME(size_alignment) && SAME(display_rect_alignment) &&
           SAME(required_min_size) && SAME(required_max_size) && SAME(bytes_per_row_divisor) &&
           SAME(start_offset_divisor) && SAME(require_bytes_per_row_at_pixel_boundary) &&
           SAME(has.is_alpha_present) && (!a->image.has.is_alpha_present || SAME(is_alpha_present));
}

bool model_is_same_answer(const struct model_answer *a, const struct model_answer *b)
{
    return a->buffer_count == b->buffer_count && a->size_bytes == b->size_bytes &&
           a->contiguous == b->contiguous && a->secure == b->secure && a->domain == b->domain &&
           a->heap == b->heap && a->has_image == b->has_image &&
           (!a->has_image || same_image(a, b));
}
