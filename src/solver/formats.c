#include "solver/formats.h"

#include <string.h>

#include "solver/pair.h"
#include "solver/text.h"
#include "solver/trace.h"

/* What went wrong with the last format that two lists had in common, for the reason. */
struct conflict {
    const char *field; /* NULL: they had none in common */
    struct entry ours;
    struct entry theirs;
};

/* Folds `theirs` into `ours`, or notes why not. */
static bool fold_entries(struct entry *ours, const struct entry *theirs, struct conflict *conflict)
{
    struct entry before = *ours;
    const char *field = entry_fold(ours, theirs);
    if (field == NULL) {
        return true;
    }
    *conflict = (struct conflict){field, before, *theirs};
    return false;
}

static bool refuse_conflict(struct work *work, const struct conflict *conflict)
{
    const struct entry *ours = &conflict->ours;
    const struct entry *theirs = &conflict->theirs;
    struct text format = text_of_format(ours->pixel_format, ours->modifier);
    work->entry = theirs->source;
    if (strcmp(conflict->field, "color_spaces") == 0) {
        refuse(work, conflict->field, "wanted %s for %s, got %s from the others",
               text_of_color_spaces(theirs->color_spaces).text, format.text,
               text_of_color_spaces(ours->color_spaces).text);
    } else if (strcmp(conflict->field, "is_alpha_present") == 0) {
        bool wanted = theirs->alpha == ALPHA_PRESENT;
        refuse(work, conflict->field, "wanted %s for %s, got %s from the others",
               wanted ? "true" : "false", format.text, wanted ? "false" : "true");
    } else {
        refuse(work, conflict->field,
               "wanted a divisor of 32 bits for %s, got %u here and %u from the others",
               format.text, theirs->bytes_per_row_divisor, ours->bytes_per_row_divisor);
    }
    work->entry = -1;
    return false;
}

/* Called when nothing is left of `list`, of which `first` was one entry. */
static bool refuse_all(struct work *work, const struct entry *first,
                       const struct format_list *other, const struct conflict *conflict)
{
    if (conflict->field != NULL) {
        return refuse_conflict(work, conflict);
    }
    if (other->count == 0) {
        return refuse(work, "image_format_constraints",
                      "wanted a pixel format that some modifier goes with, got none");
    }
    const struct entry *theirs = &other->entries[0];
    return refuse(work, "image_format_constraints",
                  "wanted %s%s, got %s and the like from the others",
                  text_of_format(theirs->pixel_format, theirs->modifier).text,
                  other->count > 1 ? " or another" : "",
                  text_of_format(first->pixel_format, first->modifier).text);
}

static int compare(const struct entry *a, const struct entry *b)
{
    return pair_compare(a->pixel_format, a->modifier, b->pixel_format, b->modifier);
}

/* Without DO_NOT_CARE the lists are merged in place, in one pass. */
static bool fold_specific(struct work *work, struct format_list *list,
                          const struct format_list *other)
{
    struct conflict conflict = {.field = NULL};
    struct entry first = list->entries[0];
    size_t kept = 0;
    work->effort += list->count + other->count;
    for (size_t i = 0, j = 0; i < list->count && j < other->count;) {
        int order = compare(&list->entries[i], &other->entries[j]);
        if (order == 0 && fold_entries(&list->entries[i], &other->entries[j], &conflict)) {
            list->entries[kept++] = list->entries[i];
        }
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
    }
    list->count = list->specific_count = kept;
    return kept > 0 || refuse_all(work, &first, other, &conflict);
}

/* One entry of each list that combine. */
struct match {
    const struct entry *ours;
    const struct entry *theirs;
};

/* pairs[i].source says which of the matches a pair came from. */
struct match_list {
    struct pair *pairs;
    struct match *matches;
    size_t count;
    size_t our_copies; /* how many entries each list grows by as DO_NOT_CARE is replaced */
    size_t their_copies;
};

static void add_match(struct match_list *list, const struct pair *pair, const struct entry *ours,
                      const struct entry *theirs)
{
    list->pairs[list->count] = *pair;
    list->pairs[list->count].source = (int)list->count;
    list->matches[list->count++] = (struct match){ours, theirs};
}

/* Whether an entry would survive as a copy with this pair: a specific format supports one of its
 * color spaces. */
static bool survives(const struct entry *entry, const struct pair *pair)
{
    return pair_is_wild(pair->pixel_format, pair->modifier) ||
           entry->color_spaces == COLOR_SPACE_SET_ANY ||
           (entry->color_spaces & color_spaces_of(pixel_format_find(pair->pixel_format))) != 0;
}

/* Adds the match of two entries, if they do match. False: a list got too long. */
static bool match(struct match_list *list, const struct format_list *ours,
                  const struct format_list *theirs, size_t i, size_t j)
{
    const struct entry *a = &ours->entries[i];
    const struct entry *b = &theirs->entries[j];
    struct pair pair_a = {.pixel_format = a->pixel_format, .modifier = a->modifier};
    struct pair pair_b = {.pixel_format = b->pixel_format, .modifier = b->modifier};
    struct pair both;
    if (!pair_combine(&pair_a, &pair_b, &both) || !survives(a, &both) || !survives(b, &both)) {
        return true;
    }
    add_match(list, &both, a, b);
    if (i >= ours->specific_count &&
        ours->specific_count + ++list->our_copies >= FORMATS_FAN_OUT_LIMIT) {
        return false;
    }
    return j < theirs->specific_count ||
           theirs->specific_count + ++list->their_copies < FORMATS_FAN_OUT_LIMIT;
}

/* The pairs of wild entries with anything, and of specific entries with wild ones. */
static bool match_wild(struct match_list *list, const struct format_list *ours,
                       const struct format_list *theirs)
{
    for (size_t i = 0; i < ours->count; i++) {
        size_t start = i < ours->specific_count ? theirs->specific_count : 0;
        for (size_t j = start; j < theirs->count; j++) {
            if (!match(list, ours, theirs, i, j)) {
                return false;
            }
        }
    }
    return true;
}

/* The pairs that both lists name. */
static void match_specific(struct match_list *list, const struct format_list *ours,
                           const struct format_list *theirs)
{
    for (size_t i = 0, j = 0; i < ours->specific_count && j < theirs->specific_count;) {
        const struct entry *a = &ours->entries[i];
        const struct entry *b = &theirs->entries[j];
        int order = compare(a, b);
        if (order == 0) {
            struct pair pair = {.pixel_format = a->pixel_format, .modifier = a->modifier};
            add_match(list, &pair, a, b);
        }
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
    }
}

static bool find_matches(struct work *work, const struct format_list *list,
                         const struct format_list *other, struct match_list *ret)
{
    size_t shorter = list->count < other->count ? list->count : other->count;
    size_t capacity = shorter + (size_t)2 * FORMATS_FAN_OUT_LIMIT;
    work->effort += capacity + list->count * other->count;
    *ret = (struct match_list){
        .pairs = work_alloc(work, capacity, sizeof(*ret->pairs)),
        .matches = work_alloc(work, capacity, sizeof(*ret->matches)),
    };
    if (ret->pairs == NULL || ret->matches == NULL) {
        return false;
    }
    match_specific(ret, list, other);
    if (!match_wild(ret, list, other)) {
        return refuse_nobody(work,
                             "wanted fewer than %d formats once DO_NOT_CARE is replaced, got more",
                             FORMATS_FAN_OUT_LIMIT);
    }
    pairs_sort(ret->pairs, ret->count);
    return true;
}

/* Every entry of one list meets every one of the other that it combines with. Since no two entries
 * of one list combine, no pair comes out twice. */
static bool fold_wild(struct work *work, struct format_list *list, const struct format_list *other)
{
    struct match_list found;
    if (!find_matches(work, list, other, &found)) {
        return false;
    }
    struct conflict conflict = {.field = NULL};
    struct format_list result = {
        .constrained = true,
        .entries = work_alloc(work, found.count, sizeof(struct entry)),
    };
    if (result.entries == NULL) {
        return false;
    }
    for (size_t i = 0; i < found.count; i++) {
        const struct match *both = &found.matches[found.pairs[i].source];
        struct entry *entry = &result.entries[result.count];
        *entry = *both->ours;
        entry->pixel_format = found.pairs[i].pixel_format;
        entry->modifier = found.pairs[i].modifier;
        if (fold_entries(entry, both->theirs, &conflict)) {
            result.count++;
            result.specific_count += entry_is_specific(entry) ? 1 : 0;
        }
    }
    if (result.count == 0) {
        return refuse_all(work, &list->entries[0], other, &conflict);
    }
    *list = result;
    return true;
}

static bool copy(struct work *work, struct format_list *list, const struct format_list *other)
{
    struct entry *entries = work_alloc(work, other->count, sizeof(*entries));
    if (entries == NULL) {
        return false;
    }
    memcpy(entries, other->entries, other->count * sizeof(*entries));
    *list = *other;
    list->entries = entries;
    return true;
}

static bool fold(struct work *work, struct format_list *list, const struct format_list *other)
{
    if (!other->constrained) {
        return true;
    }
    if (other->count == 0) { /* all that it listed was left out: no image has any of it */
        return refuse_all(work, NULL, other, &(struct conflict){.field = NULL});
    }
    if (!list->constrained) {
        return copy(work, list, other);
    }
    if (list->specific_count == list->count && other->specific_count == other->count) {
        return fold_specific(work, list, other);
    }
    return fold_wild(work, list, other);
}

bool format_list_fold(struct work *work, struct format_list *list, const struct format_list *other)
{
    struct format_list before;
    if (work->tracer == NULL || !list->constrained || !other->constrained) {
        return fold(work, list, other);
    }
    if (!copy(work, &before, list)) { /* folding may write over it */
        return false;
    }
    bool ok = fold(work, list, other);
    trace_fold(work, &before, other, ok ? list : NULL);
    return ok;
}
