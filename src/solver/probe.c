#include "solver/probe.h"

#include <assert.h>

#include "solver/attempt.h"
#include "solver/crowd.h"
#include "solver/work.h"

static bool takes_part(const struct solver_participant *participant, const uint32_t *selected)
{
    return !participant->settled && crowd_counts(participant, selected);
}

bool probe_init(struct probe *probe, struct arena *arena, const struct solver_problem *problem,
                const uint32_t *selected)
{
    size_t count = problem->participant_count;
    *probe = (struct probe){
        .problem = problem,
        .selected = selected,
        .participants = arena_alloc_array(arena, count, sizeof(*probe->participants)),
        .members = arena_alloc_array(arena, count, sizeof(*probe->members)),
    };
    if (probe->participants == NULL || probe->members == NULL) {
        probe->members = NULL;
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        probe->participants[i] = problem->participants[i];
        arena_init(&probe->members[i].arena, SIZE_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        struct probe_member *member = &probe->members[i];
        if (takes_part(&problem->participants[i], selected) &&
            !relax_list_read(arena, problem->participants[i].constraints, &member->list)) {
            return false;
        }
        member->kept = member->list.count;
    }
    return true;
}

void probe_deinit(struct probe *probe)
{
    for (size_t i = 0; probe->members != NULL && i < probe->problem->participant_count; i++) {
        arena_clear(&probe->members[i].arena);
    }
}

bool probe_is_satisfied(struct probe *probe)
{
    struct solver_problem problem = *probe->problem;
    struct crowd crowd;
    struct arena arena;
    struct work work;
    problem.participants = probe->participants;
    arena_init(&arena, SIZE_MAX);
    work_init(&work, problem.environment, &arena, &probe->outcome);
    work.lenient = true;
    bool ok = crowd_init(&work, &problem, &crowd) &&
              attempt(&work, &problem, &crowd, probe->selected) == 0;
    probe->no_memory |= work.no_memory;
    probe->effort += work.effort + 16 * crowd.present_count;
    arena_clear(&arena);
    return ok;
}

/* Puts down what is left of a participant after some of its fields were dropped or restored. Who
 * demands nothing any more is as good as absent. */
static void update(struct probe *probe, size_t index)
{
    struct probe_member *member = &probe->members[index];
    const struct sysmem_buffer_collection_constraints *left = NULL;
    arena_clear(&member->arena);
    if (member->kept > 0) {
        left = relax_constraints(&member->arena, probe->problem->participants[index].constraints,
                                 &member->list);
        probe->no_memory |= left == NULL;
    }
    probe->participants[index].constraints = left;
}

/* So many participants are tried one by one, more of them by halves. */
#define TOGETHER 16

/* Which of a participant's fields are tried together, or which participants. */
struct range {
    size_t first;
    size_t end;
};

static void set_dropped(struct probe *probe, size_t index, struct range range, bool dropped)
{
    struct probe_member *member = &probe->members[index];
    for (size_t i = range.first; i < range.end; i++) {
        assert(member->list.fields[i].dropped != dropped);
        member->list.fields[i].dropped = dropped;
    }
    size_t count = range.end - range.first;
    member->kept = dropped ? member->kept - count : member->kept + count;
    update(probe, index);
}

/* One participant may have hundreds of fields, and each time it is asked takes long where there are
 * thousands of participants. */
static bool has_time(const struct probe *probe)
{
    return !probe->no_memory && probe->effort <= probe->max_effort;
}

/* Drops fields, none of which is dropped yet, unless the others are satisfied without them, or
 * there is no time to find out. */
static bool try_to_drop(struct probe *probe, size_t index, struct range range)
{
    if (!has_time(probe)) {
        return false;
    }
    set_dropped(probe, index, range, true);
    if (!probe->no_memory && !probe_is_satisfied(probe)) {
        return true;
    }
    set_dropped(probe, index, range, false);
    return false;
}

static bool is_dropped(const struct probe *probe, size_t index, size_t field)
{
    return probe->members[index].list.fields[field].dropped;
}

/* The same with each of the fields that are not dropped yet, by itself. */
static bool try_each(struct probe *probe, size_t index, struct range range)
{
    bool any = false;
    for (size_t i = range.first; i < range.end; i++) {
        if (!is_dropped(probe, index, i)) {
            any |= try_to_drop(probe, index, (struct range){i, i + 1});
        }
    }
    return any;
}

static bool is_whole(const struct probe *probe, size_t index, struct range range)
{
    for (size_t i = range.first; i < range.end; i++) {
        if (is_dropped(probe, index, i)) {
            return false;
        }
    }
    return range.end > range.first;
}

/* Of a participant's fields from `first` on those that belong to the same part, and, in images, to
 * the same entry. */
static struct range range_of(const struct relax_list *list, size_t first, bool one_entry)
{
    struct range range = {first, first};
    while (range.end < list->count && list->fields[range.end].part == list->fields[first].part &&
           (!one_entry || list->fields[range.end].entry == list->fields[first].entry)) {
        range.end++;
    }
    return range;
}

static bool reduce_entries(struct probe *probe, size_t index, struct range entries)
{
    const struct relax_list *list = &probe->members[index].list;
    if (is_whole(probe, index, entries) && try_to_drop(probe, index, entries)) {
        return true;
    }
    bool any = false;
    for (size_t i = entries.first; i < entries.end;) {
        struct range entry = range_of(list, i, true);
        if (is_whole(probe, index, entry) && try_to_drop(probe, index, entry)) {
            any = true;
        } else {
            any |= try_each(probe, index, entry);
        }
        i = entry.end;
    }
    return any;
}

static bool reduce_member(struct probe *probe, size_t index)
{
    const struct relax_list *list = &probe->members[index].list;
    bool any = false;
    for (size_t i = 0; i < list->count;) {
        struct range range = range_of(list, i, false);
        any |= list->fields[i].part == RELAX_IMAGE ? reduce_entries(probe, index, range)
                                                   : try_each(probe, index, range);
        i = range.end;
    }
    return any;
}

/* Drops or restores whole participants of whom nothing, or everything, is dropped. False: none of
 * them can be blamed. */
static bool set_absent(struct probe *probe, struct range who, bool absent)
{
    bool any = false;
    for (size_t i = who.first; i < who.end; i++) {
        const struct relax_list *list = &probe->members[i].list;
        if (list->count > 0) {
            set_dropped(probe, i, (struct range){0, list->count}, absent);
            any = true;
        }
    }
    return any;
}

static bool try_to_spare(struct probe *probe, struct range who)
{
    if (!set_absent(probe, who, true)) {
        return true;
    }
    if (!probe->no_memory && !probe_is_satisfied(probe)) {
        return true;
    }
    (void)set_absent(probe, who, false);
    return false;
}

/* The later ones first, and many of them together: in a large tree few are to blame. */
static void spare_participants(struct probe *probe, struct range who)
{
    size_t count = who.end - who.first;
    if (!has_time(probe)) {
        return;
    }
    if (count > TOGETHER) {
        size_t middle = who.first + count / 2;
        struct range halves[] = {
            {middle,    who.end},
            {who.first, middle }
        };
        for (size_t i = 0; i < 2; i++) {
            if (!try_to_spare(probe, halves[i])) {
                spare_participants(probe, halves[i]);
            }
        }
        return;
    }
    for (size_t i = who.end; i > who.first && has_time(probe); i--) {
        (void)try_to_spare(probe, (struct range){i - 1, i});
    }
}

bool probe_reduce(struct probe *probe, uint64_t max_effort)
{
    size_t count = probe->problem->participant_count;
    probe->max_effort = max_effort;
    spare_participants(probe, (struct range){0, count});
    for (bool any = true; any;) {
        any = false;
        for (size_t i = count; i > 0; i--) {
            any |= probe->members[i - 1].kept > 0 && reduce_member(probe, i - 1);
        }
    }
    return has_time(probe);
}

size_t probe_kept(const struct probe *probe)
{
    size_t count = 0;
    for (size_t i = 0; i < probe->problem->participant_count; i++) {
        count += probe->members[i].kept;
    }
    return count;
}
