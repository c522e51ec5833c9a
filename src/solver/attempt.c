#include "solver/attempt.h"

#include <inttypes.h>

#include <sysmem/format.h>

#include "base/strbuf.h"

#include "image/color_space.h"
#include "image/pixel_format.h"
#include "model/names.h"
#include "model/print.h"
#include "model/tables.h"
#include "model/walk.h"
#include "solver/aggregate.h"
#include "solver/choose.h"
#include "solver/memory.h"
#include "solver/text.h"
#include "solver/trace.h"

/* Everything that was decided. */
struct choice {
    uint32_t buffer_count;
    const struct solver_heap *heap;
    uint32_t domain;
    const struct entry *format; /* NULL: no image */
    uint64_t size;
};

static void write_memory(const struct aggregate *aggregate, const struct choice *choice,
                         struct sysmem_buffer_memory_settings *ret)
{
    SYSMEM_SET(ret, size_bytes, choice->size);
    SYSMEM_SET(ret, is_physically_contiguous, aggregate->total.memory.contiguous);
    SYSMEM_SET(ret, is_secure, aggregate->total.memory.secure);
    SYSMEM_SET(ret, coherency_domain, choice->domain);
    SYSMEM_SET(ret, heap, choice->heap->heap);
    if (!ret->heap.has.id) {
        SYSMEM_SET(&ret->heap, id, 0);
    }
}

/* Every field is set, except is_alpha_present where nobody gave it or the format has no such
 * channel, and the list of pairs. */
static void write_image(const struct entry *entry, const uint32_t *color_space,
                        struct sysmem_image_format_constraints *ret)
{
    SYSMEM_SET(ret, pixel_format, entry->pixel_format);
    SYSMEM_SET(ret, pixel_format_modifier, entry->modifier);
    SYSMEM_SET_VECTOR(ret, color_spaces, color_space, 1);
    SYSMEM_SET(ret, min_size, entry->min_size);
    SYSMEM_SET(ret, max_size, entry->max_size);
    SYSMEM_SET(ret, min_bytes_per_row, entry->min_bytes_per_row);
    SYSMEM_SET(ret, max_bytes_per_row, entry->max_bytes_per_row);
    SYSMEM_SET(ret, max_width_times_height, entry->max_width_times_height);
    SYSMEM_SET(ret, size_alignment, entry->size_alignment);
    SYSMEM_SET(ret, display_rect_alignment, entry->display_rect_alignment);
    SYSMEM_SET(ret, required_min_size, entry->required_min_size);
    SYSMEM_SET(ret, required_max_size, entry->required_max_size);
    SYSMEM_SET(ret, bytes_per_row_divisor, entry->bytes_per_row_divisor);
    SYSMEM_SET(ret, start_offset_divisor, entry->start_offset_divisor);
    SYSMEM_SET(ret, require_bytes_per_row_at_pixel_boundary, entry->pixel_boundary);
    if (entry->alpha != ALPHA_UNSET && pixel_format_find(entry->pixel_format)->has_alpha) {
        SYSMEM_SET(ret, is_alpha_present, entry->alpha == ALPHA_PRESENT);
    }
}

static void write_outcome(const struct aggregate *aggregate, const struct choice *choice,
                          struct solver_outcome *ret)
{
    ret->buffer_count = choice->buffer_count;
    write_memory(aggregate, choice, &ret->settings.buffer_settings);
    ret->settings.has.buffer_settings = true;
    if (choice->format != NULL && entry_is_complete(choice->format)) {
        ret->color_space = color_space_best(choice->format->color_spaces);
        write_image(choice->format, &ret->color_space, &ret->settings.image_format_constraints);
        ret->settings.has.image_format_constraints = true;
    }
}

static void trace_choice(struct work *work, const struct choice *choice)
{
    struct strbuf domain = {0};
    if (work->tracer == NULL) {
        return;
    }
    model_print_value(&model_coherency_domain_names, choice->domain, &domain);
    trace(work, SOLVER_STEP_CHOSEN, "buffer_count %u", choice->buffer_count);
    trace(work, SOLVER_STEP_CHOSEN, "heap %s, coherency_domain %s", choice->heap->heap.heap_type,
          strbuf_text(&domain));
    if (choice->format != NULL) {
        trace(work, SOLVER_STEP_CHOSEN, "%s, color space %s",
              text_of_format(choice->format->pixel_format, choice->format->modifier).text,
              text_of_color_spaces(choice->format->color_spaces).text);
    }
    trace(work, SOLVER_STEP_CHOSEN, "size_bytes %" PRIu64, choice->size);
    strbuf_deinit(&domain);
}

/* Steps are further than any number of participants that were folded. */
enum step {
    STEP_COUNT = 1,
    STEP_MEMORY,
    STEP_FORMAT,
    STEP_SIZE,
    STEP_EXISTING,
};

static bool reached(struct work *work, enum step step)
{
    work->progress = (uint64_t)step << 32;
    return true;
}

/* One attempt, with the participants that are selected. */
static bool solve(struct work *work, struct crowd *crowd, const uint32_t *selected)
{
    struct aggregate aggregate;
    struct entry format;
    struct choice choice = {0};
    if (!crowd_gather(work, crowd, selected) ||
        !aggregate_build(work, crowd->present, crowd->present_count, &aggregate) ||
        !reached(work, STEP_COUNT) || !choose_count(work, &aggregate, &choice.buffer_count) ||
        !reached(work, STEP_MEMORY) ||
        !choose_memory(work, &aggregate, &choice.heap, &choice.domain)) {
        return false;
    }
    if (aggregate.total.formats.constrained) {
        if (!reached(work, STEP_FORMAT) || !choose_format(work, &aggregate, &format)) {
            return false;
        }
        choice.format = &format;
    }
    if (!reached(work, STEP_SIZE) ||
        !choose_size(work, &aggregate, choice.format, choice.buffer_count, &choice.size)) {
        return false;
    }
    (void)reached(work, STEP_EXISTING);
    trace_choice(work, &choice);
    write_outcome(&aggregate, &choice, work->outcome);
    return true;
}

/* Secure memory that is to come, or is gone, is not looked for: 0, or what that comes to for those
 * who require it. Buffers that exist are what they are. */
static uint32_t check_secure(struct work *work, const struct solver_problem *problem,
                             const uint32_t *selected)
{
    enum solver_secure secure = problem->environment->secure;
    uint32_t error = secure == SOLVER_SECURE_EXPECTED ? SYSMEM_ERROR_PENDING
                     : secure == SOLVER_SECURE_LOST   ? SYSMEM_ERROR_UNSPECIFIED
                                                      : 0;
    bool required = false;
    for (size_t i = 0; error != 0 && problem->existing == NULL && i < problem->participant_count;
         i++) {
        const struct solver_participant *participant = &problem->participants[i];
        if (crowd_counts(participant, selected) && memory_is_secure(participant->constraints)) {
            required = true;
            work->participant = (int)i;
            refuse(work, "buffer_memory_constraints.secure_required",
                   "wanted secure memory, got %s",
                   secure == SOLVER_SECURE_EXPECTED ? "none so far: its driver is still to come"
                                                    : "none any more: its driver is gone");
        }
    }
    blame_nobody(work);
    return required ? error : 0;
}

/* Whether the outcome is what exists already, if anything does. */
static bool is_existing(struct work *work, const struct solver_problem *problem)
{
    const struct solver_outcome *outcome = work->outcome;
    const struct sysmem_single_buffer_settings *existing = problem->existing;
    if (existing == NULL) {
        return true;
    }
    if (outcome->buffer_count != problem->existing_count) {
        return refuse_nobody(work, "buffer_count: wanted %u, got the %u buffers that exist",
                             outcome->buffer_count, problem->existing_count);
    }
    if (!model_equal(&model_type_buffer_memory_settings, &outcome->settings.buffer_settings,
                     &existing->buffer_settings)) {
        return refuse_nobody(work,
                             "buffer_settings: wanted those of the buffers that exist, got others");
    }
    return model_equal(&model_type_single_buffer_settings, &outcome->settings, existing) ||
           refuse_nobody(
               work,
               "image_format_constraints: wanted those of the buffers that exist, got others");
}

static void trace_attempt(struct work *work, const struct solver_problem *problem,
                          const uint32_t *selected)
{
    struct strbuf text = {0};
    const char *separator = "";
    if (work->tracer == NULL) {
        return;
    }
    for (size_t i = 0; i < problem->group_count; i++) {
        if (selected[i] != SOLVER_HIDDEN) {
            strbuf_addf(&text, "%s%u", separator, selected[i]);
            separator = ", ";
        }
    }
    trace(work, SOLVER_STEP_ATTEMPT, "%s%s",
          problem->group_count == 0 ? "everybody takes part" : "selected children ",
          strbuf_text(&text));
    strbuf_deinit(&text);
}

static void trace_refusal(struct work *work)
{
    const struct solver_reason *reason = &work->outcome->reasons[0];
    if (work->tracer == NULL || work->outcome->reason_count == 0) {
        return;
    }
    work->participant = reason->participant;
    trace(work, SOLVER_STEP_REFUSED, "%s%s%s", reason->field, reason->field[0] == '\0' ? "" : ": ",
          reason->detail);
    blame_nobody(work);
}

uint32_t attempt(struct work *work, const struct solver_problem *problem, struct crowd *crowd,
                 const uint32_t *selected)
{
    struct arena arena;
    work->progress = 0;
    work->outcome->reason_count = 0;
    blame_nobody(work);
    trace_attempt(work, problem, selected);
    uint32_t insecure = check_secure(work, problem, selected);
    if (insecure != 0) {
        trace_refusal(work);
        return insecure;
    }
    arena_init(&arena, SIZE_MAX);
    work->arena = &arena;
    bool solved = solve(work, crowd, selected) && is_existing(work, problem);
    work->arena = crowd->arena;
    arena_clear(&arena);
    if (solved) {
        return 0;
    }
    trace_refusal(work);
    return work->no_memory ? SYSMEM_ERROR_NO_MEMORY : SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY;
}
