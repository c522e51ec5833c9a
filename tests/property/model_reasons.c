#include "model_reasons.h"

#include <stdio.h>
#include <string.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "model_image.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_TABLES   8

typedef struct sysmem_buffer_collection_constraints participant_t;
typedef struct sysmem_image_format_constraints table_t;
typedef struct sysmem_buffer_memory_constraints memory_t;

enum part {
    COLLECTION,
    MEMORY,
    IMAGE,
    FORMATS,
};

/* All that can be to blame, in schema order. */
#define ROW(part, type, name)                                                                      \
    {                                                                                              \
        part, #name, offsetof(type, has.name)                                                      \
    }
static const struct row {
    enum part part;
    const char *name;
    size_t has;
} rows[] = {
    ROW(COLLECTION, participant_t, usage),
    ROW(COLLECTION, participant_t, min_buffer_count_for_camping),
    ROW(COLLECTION, participant_t, min_buffer_count_for_dedicated_slack),
    ROW(COLLECTION, participant_t, min_buffer_count_for_shared_slack),
    ROW(COLLECTION, participant_t, min_buffer_count),
    ROW(COLLECTION, participant_t, max_buffer_count),
    ROW(MEMORY, memory_t, min_size_bytes),
    ROW(MEMORY, memory_t, max_size_bytes),
    ROW(MEMORY, memory_t, physically_contiguous_required),
    ROW(MEMORY, memory_t, secure_required),
    ROW(MEMORY, memory_t, cpu_domain_supported),
    ROW(MEMORY, memory_t, ram_domain_supported),
    ROW(MEMORY, memory_t, inaccessible_domain_supported),
    ROW(MEMORY, memory_t, permitted_heaps),
    ROW(IMAGE, table_t, color_spaces),
    ROW(IMAGE, table_t, min_size),
    ROW(IMAGE, table_t, max_size),
    ROW(IMAGE, table_t, min_bytes_per_row),
    ROW(IMAGE, table_t, max_bytes_per_row),
    ROW(IMAGE, table_t, max_width_times_height),
    ROW(IMAGE, table_t, size_alignment),
    ROW(IMAGE, table_t, display_rect_alignment),
    ROW(IMAGE, table_t, required_min_size),
    ROW(IMAGE, table_t, required_max_size),
    ROW(IMAGE, table_t, bytes_per_row_divisor),
    ROW(IMAGE, table_t, start_offset_divisor),
    ROW(IMAGE, table_t, require_bytes_per_row_at_pixel_boundary),
    ROW(IMAGE, table_t, is_alpha_present),
    ROW(FORMATS, table_t, pixel_format),
    ROW(FORMATS, table_t, pixel_format_and_modifiers),
    ROW(FORMATS, participant_t, image_format_constraints),
};

struct candidate {
    size_t participant;
    const struct row *row;
    size_t entry;
    bool dropped;
};

struct candidates {
    struct candidate list[MODEL_MEMBERS];
    size_t count;
};

const char *model_blamable_field(size_t n)
{
    return n < COUNT(rows) ? rows[n].name : NULL;
}

static bool is(const struct row *row, const char *name)
{
    return strcmp(row->name, name) == 0;
}

static bool *flag(const struct row *row, void *table)
{
    return (bool *)((char *)table + row->has);
}

static bool is_set(const struct row *row, const void *table)
{
    return *((const bool *)((const char *)table + row->has));
}

static size_t entries_of(const participant_t *p)
{
    return p->has.image_format_constraints ? p->image_format_constraints_count : 0;
}

/* What the formats of a participant are called. */
static const char *formats_name(const participant_t *p)
{
    const table_t *first = p->image_format_constraints;
    if (entries_of(p) != 1) {
        return "image_format_constraints";
    }
    bool list_only = first->has.pixel_format_and_modifiers && !first->has.pixel_format &&
                     !first->has.pixel_format_modifier;
    return list_only ? "pixel_format_and_modifiers" : "pixel_format";
}

static bool is_candidate(const struct row *row, const participant_t *p, size_t entry)
{
    static const participant_t empty;
    switch (row->part) {
    case COLLECTION:
        return is(row, "usage") ? memcmp(&p->has, &empty.has, sizeof(p->has)) != 0 : is_set(row, p);
    case MEMORY:
        return p->has.buffer_memory_constraints && is_set(row, &p->buffer_memory_constraints);
    case IMAGE:
        return entry < entries_of(p) &&
               (is(row, "color_spaces") || is_set(row, &p->image_format_constraints[entry]));
    default:
        return entries_of(p) > 0 && is(row, formats_name(p));
    }
}

static void list_part(const struct model_attempt *attempt, size_t participant, enum part part,
                      size_t entry, struct candidates *ret)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].part == part && is_candidate(&rows[i], attempt->all[participant], entry)) {
            ret->list[ret->count++] = (struct candidate){participant, &rows[i], entry, false};
        }
    }
}

static void list_candidates(const struct model_attempt *attempt, struct candidates *ret)
{
    ret->count = 0;
    for (size_t p = 0; p < attempt->count; p++) {
        if (attempt->all[p] == NULL || attempt->settled[p]) {
            continue;
        }
        list_part(attempt, p, COLLECTION, 0, ret);
        list_part(attempt, p, MEMORY, 0, ret);
        for (size_t entry = 0; entry < entries_of(attempt->all[p]); entry++) {
            list_part(attempt, p, IMAGE, entry, ret);
        }
        list_part(attempt, p, FORMATS, 0, ret);
    }
}

/* Dropping */

/* What is left of a participant. */
struct left {
    participant_t p;
    table_t tables[MAX_TABLES];
};

static void drop_usage(struct left *left)
{
    bool real = model_is_real(&left->p);
    for (size_t i = 0; i < entries_of(&left->p); i++) {
        table_t *t = &left->tables[i];
        bool wild = t->pixel_format == SYSMEM_PIXEL_FORMAT_DO_NOT_CARE || !real;
        if (t->has.pixel_format && !t->has.pixel_format_modifier) {
            SYSMEM_SET(t, pixel_format_modifier,
                       wild ? SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE
                            : SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR);
        }
    }
    memset(&left->p.usage, 0, sizeof(left->p.usage));
    SYSMEM_SET(&left->p.usage, none, SYSMEM_NONE_USAGE);
    left->p.has.usage = true;
}

static void drop_formats(struct left *left)
{
    table_t *t = &left->tables[0];
    if (entries_of(&left->p) > 1) {
        left->p.has.image_format_constraints = false;
        return;
    }
    SYSMEM_SET(t, pixel_format, SYSMEM_PIXEL_FORMAT_DO_NOT_CARE);
    SYSMEM_SET(t, pixel_format_modifier, SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE);
    t->has.pixel_format_and_modifiers = false;
}

static bool is_domain(const struct row *row)
{
    return strstr(row->name, "_domain_supported") != NULL;
}

/* secure: whether what is left still requires secure memory. */
static void drop_domain(const struct row *row, bool secure, memory_t *m)
{
    if (is(row, "inaccessible_domain_supported")) {
        m->inaccessible_domain_supported = true;
    } else if (secure) {
        *flag(row, m) = false;
    } else if (is(row, "cpu_domain_supported")) {
        m->cpu_domain_supported = true;
    } else {
        m->ram_domain_supported = true;
    }
}

static void drop(const struct candidate *c, struct left *left)
{
    static const uint32_t any_space[] = {SYSMEM_COLOR_SPACE_DO_NOT_CARE};
    if (is(c->row, "usage")) {
        drop_usage(left);
    } else if (c->row->part == COLLECTION) {
        *flag(c->row, &left->p) = false;
    } else if (c->row->part == MEMORY && !is_domain(c->row)) {
        *flag(c->row, &left->p.buffer_memory_constraints) = false;
    } else if (is(c->row, "color_spaces")) {
        SYSMEM_SET_VECTOR(&left->tables[c->entry], color_spaces, any_space, 1);
    } else if (c->row->part == IMAGE) {
        *flag(c->row, &left->tables[c->entry]) = false;
    }
}

/* Domains come after `secure_required`, on which they depend, and formats last. */
static void make_left(const struct candidates *candidates, size_t participant,
                      const participant_t *p, struct left *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->p = *p;
    ret->p.has.buffer_memory_constraints = true; /* a table without any field would be as good as
                                                    with a usage */
    if (!p->has.buffer_memory_constraints) {
        memset(&ret->p.buffer_memory_constraints, 0, sizeof(memory_t));
    }
    memory_t *m = &ret->p.buffer_memory_constraints;
    for (size_t i = 0; i < entries_of(p); i++) {
        ret->tables[i] = p->image_format_constraints[i];
    }
    ret->p.image_format_constraints = ret->tables;
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *c = &candidates->list[i];
        if (c->dropped && c->participant == participant) {
            drop(c, ret);
        }
    }
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *c = &candidates->list[i];
        if (c->dropped && c->participant == participant && is_domain(c->row)) {
            drop_domain(c->row, m->has.secure_required && m->secure_required, m);
        } else if (c->dropped && c->participant == participant && c->row->part == FORMATS) {
            drop_formats(ret);
        }
    }
}

static struct model_answer solve(const struct model_attempt *attempt,
                                 const participant_t *const *all, bool lenient)
{
    struct model_world world = *attempt->world;
    world.lenient = lenient;
    struct model_answer answer = model_solve(all, attempt->count, &world);
    if (answer.ok && attempt->existing != NULL &&
        !model_is_same_answer(&answer, attempt->existing)) {
        answer.ok = false;
        answer.reached = MODEL_EXISTING;
    }
    return answer;
}

static bool is_satisfied(const struct model_attempt *attempt, const struct candidates *candidates)
{
    static struct left left[MODEL_PEOPLE];
    const participant_t *all[MODEL_PEOPLE] = {0};
    for (size_t p = 0; p < attempt->count; p++) {
        if (attempt->all[p] == NULL || attempt->settled[p] ||
            memcmp(&attempt->all[p]->has, &(participant_t){0}.has, sizeof(left->p.has)) == 0) {
            all[p] = attempt->all[p];
        } else {
            make_left(candidates, p, attempt->all[p], &left[p]);
            all[p] = &left[p].p;
        }
    }
    return solve(attempt, all, true).ok;
}

unsigned model_reached(const struct model_attempt *attempt)
{
    struct model_answer answer = solve(attempt, attempt->all, false);
    return answer.ok ? MODEL_EXISTING + 1 : answer.reached;
}

/* Reducing */

/* Drops what is left of candidates first to end - 1, unless the rest is satisfied then. */
static bool try_to_drop(const struct model_attempt *attempt, struct candidates *c, size_t first,
                        size_t end)
{
    static bool was_dropped[MODEL_MEMBERS];
    bool any = false;
    for (size_t i = first; i < end; i++) {
        was_dropped[i] = c->list[i].dropped;
        any |= !was_dropped[i];
        c->list[i].dropped = true;
    }
    if (any && !is_satisfied(attempt, c)) {
        return true;
    }
    for (size_t i = first; i < end; i++) {
        c->list[i].dropped = was_dropped[i];
    }
    return false;
}

/* Candidate number n and those behind it that belong to the same participant, or also to its
 * images, or to the same image entry. */
enum extent {
    SAME_PARTICIPANT,
    SAME_IMAGES,
    SAME_ENTRY,
};

static bool belong_together(const struct candidate *a, const struct candidate *b,
                            enum extent extent)
{
    bool images = a->row->part == IMAGE && b->row->part == IMAGE;
    return a->participant == b->participant &&
           (extent == SAME_PARTICIPANT || (extent == SAME_IMAGES && images) ||
            (extent == SAME_ENTRY && images && a->entry == b->entry));
}

static bool starts(const struct candidates *c, size_t n, enum extent extent)
{
    return belong_together(&c->list[n], &c->list[n], extent) &&
           (n == 0 || !belong_together(&c->list[n - 1], &c->list[n], extent));
}

static size_t end_of(const struct candidates *c, size_t n, enum extent extent)
{
    size_t end = n + 1;
    while (end < c->count && belong_together(&c->list[n], &c->list[end], extent)) {
        end++;
    }
    return end;
}

static bool reduce_participant(const struct model_attempt *attempt, struct candidates *c,
                               size_t first)
{
    bool any = false;
    size_t end = end_of(c, first, SAME_PARTICIPANT);
    for (size_t i = first; i < end; i++) {
        any |= starts(c, i, SAME_IMAGES) && try_to_drop(attempt, c, i, end_of(c, i, SAME_IMAGES));
        any |= starts(c, i, SAME_ENTRY) && try_to_drop(attempt, c, i, end_of(c, i, SAME_ENTRY));
        any |= try_to_drop(attempt, c, i, i + 1);
    }
    return any;
}

static void reduce(const struct model_attempt *attempt, struct candidates *c)
{
    for (size_t i = c->count; i > 0; i--) {
        if (starts(c, i - 1, SAME_PARTICIPANT)) {
            (void)try_to_drop(attempt, c, i - 1, end_of(c, i - 1, SAME_PARTICIPANT));
        }
    }
    bool any;
    do {
        any = false;
        for (size_t i = c->count; i > 0; i--) {
            any |= starts(c, i - 1, SAME_PARTICIPANT) && reduce_participant(attempt, c, i - 1);
        }
    } while (any);
}

static void print_path(const struct candidate *c, const participant_t *p, char *ret)
{
    bool in_entry = c->row->part == IMAGE || (c->row->part == FORMATS && entries_of(p) == 1);
    if (in_entry) {
        (void)snprintf(ret, MODEL_PATH, "image_format_constraints[%zu].%s", c->entry, c->row->name);
    } else {
        (void)snprintf(ret, MODEL_PATH, "%s%s",
                       c->row->part == MEMORY ? "buffer_memory_constraints." : "", c->row->name);
    }
}

void model_explain(const struct model_attempt *attempt, struct model_conflict *ret)
{
    static struct candidates candidates;
    list_candidates(attempt, &candidates);
    ret->count = 0;
    ret->nobodys = is_satisfied(attempt, &candidates);
    if (ret->nobodys) {
        return;
    }
    reduce(attempt, &candidates);
    for (size_t i = 0; i < candidates.count; i++) {
        const struct candidate *c = &candidates.list[i];
        if (!c->dropped) {
            struct model_member *member = &ret->members[ret->count++];
            member->participant = c->participant;
            print_path(c, attempt->all[c->participant], member->field);
        }
    }
    ret->nobodys = ret->count == 0;
}

static bool is_member(const struct candidate *c, const participant_t *p,
                      const struct model_conflict *conflict)
{
    char path[MODEL_PATH];
    print_path(c, p, path);
    for (size_t i = 0; i < conflict->count; i++) {
        if (conflict->members[i].participant == c->participant &&
            strcmp(conflict->members[i].field, path) == 0) {
            return true;
        }
    }
    return false;
}

const char *model_check_conflict(const struct model_attempt *attempt,
                                 const struct model_conflict *conflict)
{
    static struct candidates candidates;
    size_t found = 0;
    list_candidates(attempt, &candidates);
    for (size_t i = 0; i < candidates.count; i++) {
        struct candidate *c = &candidates.list[i];
        c->dropped = !is_member(c, attempt->all[c->participant], conflict);
        found += c->dropped ? 0 : 1;
    }
    if (found != conflict->count) {
        return "a member is no candidate, or is told twice";
    }
    if (is_satisfied(attempt, &candidates)) {
        return "the members are satisfied together";
    }
    for (size_t i = 0; i < candidates.count; i++) {
        if (candidates.list[i].dropped) {
            continue;
        }
        candidates.list[i].dropped = true;
        if (!is_satisfied(attempt, &candidates)) {
            return "a member can be spared";
        }
        candidates.list[i].dropped = false;
    }
    return NULL;
}
