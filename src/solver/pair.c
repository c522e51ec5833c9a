#include "solver/pair.h"

#include <sysmem/format.h>

#include "image/modifier.h"
#include "image/pixel_format.h"

#define ANY_FORMAT   SYSMEM_PIXEL_FORMAT_DO_NOT_CARE
#define ANY_MODIFIER SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE

bool pair_is_wild(uint32_t pixel_format, uint64_t modifier)
{
    return pixel_format == ANY_FORMAT || modifier == ANY_MODIFIER;
}

int pair_compare(uint32_t format_a, uint64_t modifier_a, uint32_t format_b, uint64_t modifier_b)
{
    bool wild_a = pair_is_wild(format_a, modifier_a);
    bool wild_b = pair_is_wild(format_b, modifier_b);
    if (wild_a != wild_b) {
        return wild_a ? 1 : -1;
    }
    if (format_a != format_b) {
        return format_a < format_b ? -1 : 1;
    }
    return (modifier_a > modifier_b) - (modifier_a < modifier_b);
}

static int compare(const struct pair *a, const struct pair *b)
{
    return pair_compare(a->pixel_format, a->modifier, b->pixel_format, b->modifier);
}

bool pair_combine(const struct pair *a, const struct pair *b, struct pair *ret)
{
    struct pair both = *a;
    if (a->pixel_format == ANY_FORMAT) {
        both.pixel_format = b->pixel_format;
    } else if (b->pixel_format != ANY_FORMAT && b->pixel_format != a->pixel_format) {
        return false;
    }
    if (a->modifier == ANY_MODIFIER) {
        both.modifier = b->modifier;
    } else if (b->modifier != ANY_MODIFIER && b->modifier != a->modifier) {
        return false;
    }
    if (!pair_is_wild(both.pixel_format, both.modifier) &&
        !image_format_is_supported(both.pixel_format, both.modifier)) {
        return false;
    }
    *ret = both;
    return true;
}

static void swap(struct pair *a, struct pair *b)
{
    struct pair held = *a;
    *a = *b;
    *b = held;
}

/* Heap sort: moves pairs[root] down until no child is greater. */
static void sift_down(struct pair *pairs, size_t root, size_t count)
{
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= count) {
            return;
        }
        if (child + 1 < count && compare(&pairs[child], &pairs[child + 1]) < 0) {
            child++;
        }
        if (compare(&pairs[root], &pairs[child]) >= 0) {
            return;
        }
        swap(&pairs[root], &pairs[child]);
        root = child;
    }
}

void pairs_sort(struct pair *pairs, size_t count)
{
    for (size_t i = count / 2; i > 0; i--) {
        sift_down(pairs, i - 1, count);
    }
    for (size_t i = count; i > 1; i--) {
        swap(&pairs[0], &pairs[i - 1]);
        sift_down(pairs, 0, i - 1);
    }
}

/* The first pair that doesn't sort before the given one; `count` if all do. */
static size_t lower_bound(const struct pair *pairs, size_t count, uint32_t pixel_format,
                          uint64_t modifier)
{
    const struct pair key = {.pixel_format = pixel_format, .modifier = modifier};
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(&pairs[middle], &key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static const struct pair *find(const struct pair *pairs, size_t count, uint32_t pixel_format,
                               uint64_t modifier)
{
    size_t at = lower_bound(pairs, count, pixel_format, modifier);
    if (at < count && pairs[at].pixel_format == pixel_format && pairs[at].modifier == modifier) {
        return &pairs[at];
    }
    return NULL;
}

/* What combines with a wild pair that is not the only one. */
static const struct pair *find_partner(const struct pair *pairs, size_t count,
                                       const struct pair *wild)
{
    if (wild->pixel_format == ANY_FORMAT && wild->modifier == ANY_MODIFIER) {
        return wild == &pairs[0] ? &pairs[1] : &pairs[0];
    }
    if (wild->modifier == ANY_MODIFIER) {
        size_t at = lower_bound(pairs, count, wild->pixel_format, 0);
        bool same = at < count && !pair_is_wild(pairs[at].pixel_format, pairs[at].modifier) &&
                    pairs[at].pixel_format == wild->pixel_format;
        return same ? &pairs[at] : NULL;
    }
    if (!modifier_is_usable(wild->modifier)) {
        return NULL;
    }
    size_t format_count;
    const struct pixel_format *formats = pixel_formats(&format_count);
    for (size_t i = 0; i < format_count; i++) {
        if (image_format_is_supported(formats[i].value, wild->modifier)) {
            const struct pair *same_modifier = find(pairs, count, formats[i].value, wild->modifier);
            const struct pair *any_modifier = find(pairs, count, formats[i].value, ANY_MODIFIER);
            if (same_modifier != NULL || any_modifier != NULL) {
                return same_modifier != NULL ? same_modifier : any_modifier;
            }
        }
    }
    return NULL;
}

bool pairs_find_overlap(const struct pair *pairs, size_t count, const struct pair **ret_first,
                        const struct pair **ret_second)
{
    for (size_t i = 1; i < count; i++) {
        if (compare(&pairs[i - 1], &pairs[i]) == 0) {
            *ret_first = &pairs[i - 1];
            *ret_second = &pairs[i];
            return true;
        }
    }
    for (size_t i = count; count > 1 && i > 0; i--) {
        const struct pair *wild = &pairs[i - 1];
        if (!pair_is_wild(wild->pixel_format, wild->modifier)) {
            break;
        }
        const struct pair *partner = find_partner(pairs, count, wild);
        if (partner != NULL) {
            *ret_first = partner;
            *ret_second = wild;
            return true;
        }
    }
    return false;
}
