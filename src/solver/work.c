#include "solver/work.h"

#include <stdarg.h>
#include <stdio.h>

#include <sysmem/format.h>

void work_init(struct work *work, const struct solver_environment *environment, struct arena *arena,
               struct solver_outcome *outcome)
{
    *work = (struct work){
        .environment = environment,
        .arena = arena,
        .outcome = outcome,
        .participant = WORK_NOBODY,
        .entry = -1,
    };
    outcome->buffer_count = 0;
    outcome->settings = (struct sysmem_single_buffer_settings){0};
    outcome->color_space = SYSMEM_COLOR_SPACE_INVALID;
    outcome->reason_count = 0;
}

void *work_alloc(struct work *work, size_t count, size_t size)
{
    void *memory = arena_alloc_array(work->arena, count, size);
    if (memory == NULL && !work->no_memory) {
        work->no_memory = true;
        refuse_nobody(work, "wanted %zu times %zu bytes to work in, got none", count, size);
    }
    return memory;
}

static void add_reason(struct work *work, int participant, const char *field, const char *format,
                       va_list args)
{
    struct solver_outcome *outcome = work->outcome;
    if (outcome->reason_count == SOLVER_MAX_REASONS) {
        return;
    }
    struct solver_reason *reason = &outcome->reasons[outcome->reason_count++];
    reason->participant = participant;
    if (work->entry < 0 || participant == WORK_NOBODY) {
        snprintf(reason->field, sizeof(reason->field), "%s", field);
    } else {
        snprintf(reason->field, sizeof(reason->field), "image_format_constraints[%d]%s%s",
                 work->entry, field[0] == '\0' ? "" : ".", field);
    }
    vsnprintf(reason->detail, sizeof(reason->detail), format, args);
}

bool refuse(struct work *work, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_reason(work, work->participant, field, format, args);
    va_end(args);
    return false;
}

bool refuse_nobody(struct work *work, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_reason(work, WORK_NOBODY, "", format, args);
    va_end(args);
    return false;
}
