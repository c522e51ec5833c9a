#include "solver/trace.h"

#include <stdarg.h>
#include <stdio.h>

#include "solver/pair.h"
#include "solver/text.h"

void trace(struct work *work, enum solver_step_kind kind, const char *format, ...)
{
    char text[256];
    va_list args;
    if (work->tracer == NULL) {
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const struct solver_step step = {kind, work->participant, text};
    work->tracer->step(work->tracer->arg, &step);
}

static struct pair pair_of(const struct entry *entry)
{
    return (struct pair){.pixel_format = entry->pixel_format, .modifier = entry->modifier};
}

static bool has_pair(const struct format_list *list, const struct pair *pair)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (list->entries[i].pixel_format == pair->pixel_format &&
            list->entries[i].modifier == pair->modifier) {
            return true;
        }
    }
    return false;
}

/* One format of either side, and what it came to with one of the other side's. */
static void trace_pair(struct work *work, const struct entry *ours, const struct entry *theirs,
                       const struct pair *both, const struct format_list *after)
{
    struct text text = text_of_format(both->pixel_format, both->modifier);
    if (has_pair(after, both)) {
        trace(work, SOLVER_STEP_FORMAT_KEPT, "%s", text.text);
        return;
    }
    struct entry folded = *ours;
    folded.pixel_format = both->pixel_format;
    folded.modifier = both->modifier;
    const char *field = entry_fold(&folded, theirs);
    trace(work, SOLVER_STEP_FORMAT_DROPPED, "%s: %s%s", text.text,
          field == NULL ? "its color spaces" : field,
          field == NULL ? " do not go with it" : " exclude each other");
}

void trace_fold(struct work *work, const struct format_list *before,
                const struct format_list *other, const struct format_list *after)
{
    for (size_t i = 0; i < before->count; i++) {
        const struct pair ours = pair_of(&before->entries[i]);
        bool met = false;
        for (size_t j = 0; j < other->count; j++) {
            const struct pair theirs = pair_of(&other->entries[j]);
            struct pair both;
            if (pair_combine(&ours, &theirs, &both)) {
                met = true;
                trace_pair(work, &before->entries[i], &other->entries[j], &both, after);
            }
        }
        if (!met) {
            trace(work, SOLVER_STEP_FORMAT_DROPPED, "%s: not among the participant's formats",
                  text_of_format(ours.pixel_format, ours.modifier).text);
        }
    }
}
