#include "heap/protection.h"

#include <assert.h>

/* --- plans --- */

static void plan(struct protection_plan *ret, enum protection_op op, struct range range)
{
    assert(ret->count < PROTECTION_PLAN_MAX);
    ret->calls[ret->count++] = (struct protection_call){.op = op, .range = range};
}

static void plan_modify(struct protection_plan *ret, struct range before, struct range after)
{
    plan(ret, PROTECTION_MODIFY, before);
    ret->calls[ret->count - 1].after = after;
}

/* Ranges other than `range` that `wider` then contains are left for protection_plan_tidy(). */
static void plan_grow(const struct protection *protection, struct range range, struct range wider,
                      struct protection_plan *ret)
{
    struct range down = {wider.start, range.end};
    if (!protection->hardware.modify_available) {
        plan(ret, PROTECTION_ADD, wider);
        return;
    }
    if (!range_equals(range, down)) {
        plan_modify(ret, range, down);
    }
    if (!range_equals(down, wider)) {
        plan_modify(ret, down, wider);
    }
}

/* `range` loses `away`, and one end of it becomes `left`. */
static void plan_cut(const struct protection *protection, struct range range, struct range left,
                     struct range away, struct protection_plan *ret)
{
    bool can_modify = protection->hardware.modify_available;
    if (!can_modify) {
        plan(ret, PROTECTION_ADD, left);
    }
    plan(ret, PROTECTION_ADD_TEMPORARY, away);
    if (can_modify) {
        plan_modify(ret, range, left);
    } else {
        plan(ret, PROTECTION_DELETE, range);
    }
    plan(ret, PROTECTION_DELETE, away);
}

/* --- tidying --- */

void protection_plan_tidy(const struct protection *protection, struct protection_plan *ret)
{
    const struct range_set *set = &protection->ranges;
    ret->count = 0;
    if (protection->has_temporary) {
        plan(ret, PROTECTION_DELETE, protection->temporary);
        return;
    }
    for (size_t i = 1; i < set->count; i++) {
        if (range_contains(set->ranges[i - 1], set->ranges[i])) {
            plan(ret, PROTECTION_DELETE, set->ranges[i]);
            return;
        }
    }
}

/* --- covering a new range --- */

/* Gaps that are equal in size go by address, so that there is one goal. */
static bool is_larger(struct range a, struct range b)
{
    return range_size(a) != range_size(b) ? range_size(a) > range_size(b) : a.start < b.start;
}

/* What stands at place i of all ranges, if `range` stood before ranges[next]. */
static struct range place(const struct range_set *set, struct range range, size_t next, size_t i)
{
    return i == next ? range : set->ranges[i < next ? i : i - 1];
}

/* All ranges are in use and none touches `range`, whose place is before ranges[next]: closes the
 * smallest gap of all that there would be with it. */
static void plan_close_gap(const struct protection *protection, struct range range, size_t next,
                           struct protection_plan *ret)
{
    const struct range_set *set = &protection->ranges;
    size_t smallest = 0; /* between places smallest and smallest + 1 */
    struct range gap = {0};
    for (size_t i = 0; i < set->count; i++) {
        struct range other = {place(set, range, next, i).end, place(set, range, next, i + 1).start};
        if (i == 0 || is_larger(gap, other)) {
            gap = other;
            smallest = i;
        }
    }
    struct range low = place(set, range, next, smallest);
    struct range high = place(set, range, next, smallest + 1);
    plan_grow(protection, smallest == next ? high : low, range_hull(low, high), ret);
}

void protection_plan_cover(const struct protection *protection, struct range range,
                           struct protection_plan *ret)
{
    const struct range_set *set = &protection->ranges;
    struct range wanted = protection->dynamic ? range : protection->whole;
    size_t first = range_set_behind(set, wanted.start);
    first -= first > 0 && set->ranges[first - 1].end == wanted.start ? 1 : 0;
    struct range hull = wanted;
    size_t next = first;
    for (; next < set->count && set->ranges[next].start <= wanted.end; next++) {
        hull = range_hull(hull, set->ranges[next]);
    }
    ret->count = 0;
    if (next == first && set->count < protection->limit) {
        plan(ret, PROTECTION_ADD, wanted);
    } else if (next == first) {
        plan_close_gap(protection, wanted, next, ret);
    } else if (!range_equals(set->ranges[first], hull)) {
        plan_grow(protection, set->ranges[first], hull, ret);
    }
}

/* --- steps --- */

/* What a look at all ranges has found. Gaps are {0, 0} where there is none. */
struct gaps {
    struct range closed; /* the largest one within a range */
    size_t closed_index; /* of that range */
    struct range open;   /* the smallest one between ranges */
    size_t open_index;   /* of the range below it */
};

/* Looks at one range. False: `ret` is what is to be done with it. */
static bool look_at(const struct protection *protection, size_t index, struct gaps *gaps,
                    struct protection_plan *ret)
{
    const struct range_set *required = &protection->required;
    struct range range = protection->ranges.ranges[index];
    size_t at = range_set_behind(required, range.start);
    if (at == required->count || required->ranges[at].start >= range.end) {
        plan(ret, PROTECTION_DELETE, range);
        return false;
    }
    uint64_t start = required->ranges[at].start;
    uint64_t end = required->ranges[at].end;
    for (at++; at < required->count && required->ranges[at].start < range.end; at++) {
        struct range gap = {end, required->ranges[at].start};
        if (gap.start < gap.end && (gaps->closed.end == 0 || is_larger(gap, gaps->closed))) {
            gaps->closed = gap;
            gaps->closed_index = index;
        }
        end = required->ranges[at].end;
    }
    if (start > range.start) {
        plan_cut(protection, range, (struct range){start, range.end},
                 (struct range){range.start, start}, ret);
    } else if (end < range.end) {
        plan_cut(protection, range, (struct range){range.start, end},
                 (struct range){end, range.end}, ret);
    }
    return ret->count == 0;
}

static void look_below(const struct protection *protection, size_t index, struct gaps *gaps)
{
    const struct range *ranges = protection->ranges.ranges;
    struct range gap = {ranges[index - 1].end, ranges[index].start};
    if (gaps->open.end == 0 || is_larger(gaps->open, gap)) {
        gaps->open = gap;
        gaps->open_index = index - 1;
    }
}

void protection_plan_step(const struct protection *protection, struct protection_plan *ret)
{
    const struct range_set *set = &protection->ranges;
    struct gaps gaps = {0};
    ret->count = 0;
    if (!protection->dynamic) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        if (!look_at(protection, i, &gaps, ret)) {
            return;
        }
        if (i > 0) {
            look_below(protection, i, &gaps);
        }
    }
    if (gaps.closed.end > 0 && set->count < protection->limit) {
        struct range range = set->ranges[gaps.closed_index];
        plan(ret, PROTECTION_ADD, (struct range){gaps.closed.end, range.end});
        plan_cut(protection, range, (struct range){range.start, gaps.closed.start}, gaps.closed,
                 ret);
    } else if (gaps.closed.end > 0 && gaps.open.end > 0 && is_larger(gaps.closed, gaps.open)) {
        struct range low = set->ranges[gaps.open_index];
        struct range high = set->ranges[gaps.open_index + 1];
        plan_grow(protection, low, range_hull(low, high), ret);
    }
}

/* --- the books --- */

void protection_init(struct protection *protection, struct range whole,
                     const struct secure_mem_properties *hardware)
{
    uint64_t spare = hardware->modify_available ? 1 : 2;
    bool dynamic = hardware->dynamic && hardware->max_ranges > spare;
    *protection = (struct protection){
        .whole = whole,
        .hardware = *hardware,
        .limit = dynamic ? hardware->max_ranges - spare : 1,
        .dynamic = dynamic,
    };
}

void protection_deinit(struct protection *protection)
{
    range_set_deinit(&protection->ranges);
    range_set_deinit(&protection->required);
}

int protection_reserve(struct protection *protection, const struct protection_call *call)
{
    bool is_one_more = call->op == PROTECTION_ADD || call->op == PROTECTION_ADD_TEMPORARY;
    return is_one_more ? range_set_reserve(&protection->ranges) : 0;
}

void protection_apply(struct protection *protection, const struct protection_call *call)
{
    struct range_set *set = &protection->ranges;
    switch (call->op) {
    case PROTECTION_ADD:
        range_set_add(set, call->range);
        break;
    case PROTECTION_ADD_TEMPORARY:
        range_set_add(set, call->range);
        protection->has_temporary = true;
        protection->temporary = call->range;
        break;
    case PROTECTION_DELETE:
        range_set_remove(set, call->range);
        protection->has_temporary &= !range_equals(call->range, protection->temporary);
        break;
    case PROTECTION_MODIFY:
        range_set_remove(set, call->range);
        range_set_add(set, call->after);
        break;
    }
}
