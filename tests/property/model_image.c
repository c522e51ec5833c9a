#include "model_image.h"

#include <sysmem/format.h>

#define NONE    UINT32_MAX
#define ANY_F   SYSMEM_PIXEL_FORMAT_DO_NOT_CARE
#define ANY_M   SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE
#define ANY_C   SYSMEM_COLOR_SPACE_DO_NOT_CARE
#define LINEAR  SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR
#define X_TILED SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED
#define AFBC    SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16

typedef struct sysmem_buffer_collection_constraints participant_t;
typedef struct sysmem_image_format_constraints table_t;

/* The world's formats, by value. stride: bytes per pixel of width; yuv: 4:2:0 in 12 bits, or none.
 */
static const struct world_format {
    uint32_t value;
    uint32_t stride;
    uint32_t unit;
    uint32_t align;
    bool half_chroma;
    bool alpha;
    char kind; /* 'r': RGB, 'y': YUV, '1': YUV of 10 bits, 'b': both */
} formats[] = {
    {1,   4, 1, 4, false, true,  'r'},
    {101, 4, 1, 4, false, true,  'r'},
    {104, 1, 2, 2, true,  false, 'y'},
    {105, 2, 2, 2, false, false, 'y'},
    {112, 1, 1, 1, false, false, 'b'},
    {117, 2, 2, 4, true,  false, '1'},
    {118, 3, 1, 1, false, false, 'r'},
};
/* By value, with DO_NOT_CARE at its place. */
static const uint32_t format_values[] = {1, 101, 104, 105, 112, 117, 118, ANY_F};
static const uint64_t modifiers[] = {LINEAR, ANY_M, X_TILED, AFBC};
static const uint32_t ranking[] = {1, 8, 7, 6, 5, 4, 3, 2, 9};

static const struct world_format *format_of(uint32_t value)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (formats[i].value == value) {
            return &formats[i];
        }
    }
    return NULL;
}

static bool supported(uint32_t f, uint64_t m)
{
    if (format_of(f) == NULL) {
        return false;
    }
    return m == LINEAR || (m == X_TILED && (f == 1 || f == 101 || f == 104)) ||
           (m == AFBC && (f == 1 || f == 101));
}

static bool space_fits(uint32_t space, const struct world_format *f)
{
    switch (f->kind) {
    case 'r':
        return space == 1 || space == 9;
    case 'y':
        return (space >= 2 && space <= 6) || space == 9;
    case 'b':
        return (space >= 1 && space <= 6) || space == 9;
    default:
        return space >= 2 && space <= 9;
    }
}

static uint64_t up(uint64_t v, uint64_t to)
{
    while (v % to != 0) {
        v += to - v % to;
    }
    return v;
}

static uint64_t lcm(uint64_t a, uint64_t b)
{
    uint64_t m = a > b ? a : b;
    uint64_t step = m;
    while (m % a != 0 || m % b != 0) {
        m += step;
    }
    return m;
}

static bool power_of_two(uint32_t v)
{
    return v != 0 && (v & (v - 1)) == 0;
}

/* The shortest row for a width, or 0 where the bounds forbid it. */
static uint64_t shortest_row(uint32_t f, uint64_t m, const table_t *t, uint64_t width)
{
    uint64_t divisor = t->bytes_per_row_divisor;
    if (m == AFBC) {
        return up(width, 16) / 16 * 64;
    }
    if (m == X_TILED) {
        width = up(width, t->size_alignment.width);
        divisor = up(divisor, 512);
    }
    if (width < t->min_size.width || width > t->max_size.width) {
        return 0;
    }
    uint64_t row = format_of(f)->stride * up(width, t->size_alignment.width);
    if (row < t->min_bytes_per_row) {
        row = t->min_bytes_per_row;
    }
    row = up(row, divisor);
    return row > t->max_bytes_per_row ? 0 : row;
}

/* Fills in what is unset. */
static table_t with_defaults(const table_t *from)
{
    table_t t = *from;
    const struct sysmem_size most = {NONE, NONE};
    t.min_size = t.has.min_size ? t.min_size : (struct sysmem_size){0, 0};
    t.max_size = t.has.max_size ? t.max_size : most;
    t.min_bytes_per_row = t.has.min_bytes_per_row ? t.min_bytes_per_row : 0;
    t.max_bytes_per_row = t.has.max_bytes_per_row ? t.max_bytes_per_row : NONE;
    t.max_width_times_height = t.has.max_width_times_height ? t.max_width_times_height : NONE;
    t.size_alignment = t.has.size_alignment ? t.size_alignment : (struct sysmem_size){1, 1};
    t.display_rect_alignment =
        t.has.display_rect_alignment ? t.display_rect_alignment : (struct sysmem_size){1, 1};
    t.required_min_size = t.has.required_min_size ? t.required_min_size : most;
    t.required_max_size =
        t.has.required_max_size ? t.required_max_size : (struct sysmem_size){0, 0};
    t.bytes_per_row_divisor = t.has.bytes_per_row_divisor ? t.bytes_per_row_divisor : 1;
    t.start_offset_divisor = t.has.start_offset_divisor ? t.start_offset_divisor : 1;
    t.require_bytes_per_row_at_pixel_boundary =
        t.has.require_bytes_per_row_at_pixel_boundary && t.require_bytes_per_row_at_pixel_boundary;
    return t;
}

/* Makes bounds agree with alignments and with the format (ANY_F: none yet). False: doesn't fit. */
static bool tighten(table_t *t, uint32_t f, uint64_t m)
{
    if (t->min_size.width < t->size_alignment.width) {
        t->min_size.width = t->size_alignment.width;
    }
    if (t->min_size.height < t->size_alignment.height) {
        t->min_size.height = t->size_alignment.height;
    }
    if (f != ANY_F && m != ANY_M) {
        const struct world_format *format = format_of(f);
        if (t->size_alignment.width < format->unit) {
            t->size_alignment.width = format->unit;
        }
        if (t->size_alignment.height < format->unit) {
            t->size_alignment.height = format->unit;
        }
        uint64_t divisor = lcm(t->bytes_per_row_divisor, format->align);
        if (t->require_bytes_per_row_at_pixel_boundary) {
            divisor = lcm(divisor, format->stride);
        }
        if (divisor > NONE) {
            return false;
        }
        t->bytes_per_row_divisor = (uint32_t)divisor;
        if (t->start_offset_divisor < format->align) {
            t->start_offset_divisor = format->align;
        }
        if (t->min_bytes_per_row < divisor) {
            t->min_bytes_per_row = (uint32_t)divisor;
        }
        uint64_t shortest = shortest_row(f, m, t, t->min_size.width);
        if (t->min_bytes_per_row < shortest) {
            t->min_bytes_per_row = (uint32_t)shortest;
        }
    }
    uint64_t width = up(t->min_size.width, t->size_alignment.width);
    uint64_t height = up(t->min_size.height, t->size_alignment.height);
    uint64_t row = up(t->min_bytes_per_row, t->bytes_per_row_divisor);
    if (width > NONE || height > NONE || row > NONE) {
        return false;
    }
    t->min_size = (struct sysmem_size){(uint32_t)width, (uint32_t)height};
    t->min_bytes_per_row = (uint32_t)row;
    if (t->max_size.width != NONE) {
        t->max_size.width -= t->max_size.width % t->size_alignment.width;
    }
    if (t->max_size.height != NONE) {
        t->max_size.height -= t->max_size.height % t->size_alignment.height;
    }
    if (t->max_bytes_per_row != NONE) {
        t->max_bytes_per_row -= t->max_bytes_per_row % t->bytes_per_row_divisor;
    }
    return true;
}

static bool leaves_room(const table_t *t)
{
    uint64_t area = (uint64_t)t->min_size.width * t->min_size.height;
    return t->min_size.width <= t->max_size.width && t->min_size.height <= t->max_size.height &&
           t->min_bytes_per_row <= t->max_bytes_per_row && area <= NONE &&
           area <= t->max_width_times_height && t->required_min_size.width >= t->min_size.width &&
           t->required_min_size.height >= t->min_size.height &&
           t->required_max_size.width <= t->max_size.width &&
           t->required_max_size.height <= t->max_size.height;
}

bool model_is_real(const participant_t *p)
{
    return p->has.usage && ((p->usage.has.cpu && p->usage.cpu != 0) ||
                            (p->usage.has.vulkan && p->usage.vulkan != 0) ||
                            (p->usage.has.display && p->usage.display != 0) ||
                            (p->usage.has.video && p->usage.video != 0));
}

/* Calls for every pair of a participant, in order: pair number n, or false when there are no more.
 */
static bool nth_pair(const participant_t *p, size_t n, uint32_t *f, uint64_t *m, const table_t **t)
{
    if (!p->has.image_format_constraints) {
        return false;
    }
    for (size_t i = 0; i < p->image_format_constraints_count; i++) {
        *t = &p->image_format_constraints[i];
        size_t inner =
            (*t)->has.pixel_format_and_modifiers ? (*t)->pixel_format_and_modifiers_count : 0;
        if (n < inner) {
            *f = (*t)->pixel_format_and_modifiers[n].pixel_format;
            *m = (*t)->pixel_format_and_modifiers[n].pixel_format_modifier;
            return true;
        }
        n -= inner;
        if ((*t)->has.pixel_format && n == 0) {
            *f = (*t)->pixel_format;
            *m = (*t)->has.pixel_format_modifier    ? (*t)->pixel_format_modifier
                 : *f == ANY_F || !model_is_real(p) ? ANY_M
                                                    : LINEAR;
            return true;
        }
        n -= (*t)->has.pixel_format ? 1 : 0;
    }
    return false;
}

static bool table_is_sound(const table_t *raw)
{
    table_t t = with_defaults(raw);
    bool has_pairs = t.has.pixel_format_and_modifiers && t.pixel_format_and_modifiers_count > 0;
    if (!t.has.pixel_format && (t.has.pixel_format_modifier || !has_pairs)) {
        return false;
    }
    if (!t.has.color_spaces || t.color_spaces_count == 0) {
        return false;
    }
    for (size_t i = 0; i < t.color_spaces_count; i++) {
        if (t.color_spaces[i] == ANY_C && t.color_spaces_count > 1) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (t.color_spaces[i] == t.color_spaces[j]) {
                return false;
            }
        }
    }
    return power_of_two(t.size_alignment.width) && power_of_two(t.size_alignment.height) &&
           power_of_two(t.display_rect_alignment.width) &&
           power_of_two(t.display_rect_alignment.height) && t.bytes_per_row_divisor != 0 &&
           power_of_two(t.start_offset_divisor) && t.start_offset_divisor <= 4096 &&
           t.required_min_size.width != 0 && t.required_min_size.height != 0;
}

static bool pair_is_sound(uint32_t f, uint64_t m, const table_t *raw)
{
    table_t t = with_defaults(raw);
    if (f == SYSMEM_PIXEL_FORMAT_INVALID || m == SYSMEM_PIXEL_FORMAT_MODIFIER_INVALID) {
        return false;
    }
    if (f != ANY_F && m != ANY_M) {
        if (!supported(f, m)) {
            return false;
        }
        for (size_t i = 0; i < t.color_spaces_count; i++) {
            if (t.color_spaces[i] != ANY_C && !space_fits(t.color_spaces[i], format_of(f))) {
                return false;
            }
        }
    }
    return tighten(&t, f, m) && leaves_room(&t);
}

bool model_images_are_sound(const participant_t *p)
{
    uint32_t f;
    uint32_t g;
    uint64_t m;
    uint64_t n;
    const table_t *t;
    for (size_t i = 0; p->has.image_format_constraints && i < p->image_format_constraints_count;
         i++) {
        if (!table_is_sound(&p->image_format_constraints[i])) {
            return false;
        }
    }
    for (size_t i = 0; nth_pair(p, i, &f, &m, &t); i++) {
        if (!pair_is_sound(f, m, t)) {
            return false;
        }
        for (size_t j = 0; j < i && nth_pair(p, j, &g, &n, &t); j++) {
            uint32_t h = f == ANY_F ? g : f;
            uint64_t o = m == ANY_M ? n : m;
            bool meet =
                (f == g || f == ANY_F || g == ANY_F) && (m == n || m == ANY_M || n == ANY_M);
            if (meet && (h == ANY_F || o == ANY_M || supported(h, o) || (f == g && m == n))) {
                return false;
            }
        }
    }
    return true;
}

/* One candidate: what all participants together say of it. */
struct candidate {
    table_t table;
    bool spaces[10]; /* by value; 0: one that no image has */
    bool named_format;
    bool named_modifier;
    bool named_space;
    int alpha; /* -1: unset */
    bool started;
};

static void fold_table(struct candidate *c, const table_t *t)
{
    table_t *a = &c->table;
    if (!c->started) {
        c->started = true;
        *a = *t;
        return;
    }
#define MAX(field) (a->field = a->field > t->field ? a->field : t->field)
#define MIN(field) (a->field = a->field < t->field ? a->field : t->field)
    MAX(min_size.width), MAX(min_size.height), MIN(max_size.width), MIN(max_size.height);
    MAX(min_bytes_per_row), MIN(max_bytes_per_row), MIN(max_width_times_height);
    MAX(size_alignment.width), MAX(size_alignment.height);
    MAX(display_rect_alignment.width), MAX(display_rect_alignment.height);
    MIN(required_min_size.width), MIN(required_min_size.height);
    MAX(required_max_size.width), MAX(required_max_size.height), MAX(start_offset_divisor);
    a->require_bytes_per_row_at_pixel_boundary |= t->require_bytes_per_row_at_pixel_boundary;
}

/* Whether participant p accepts f with m; folds its wishes into the candidate. */
static bool ask(const participant_t *p, uint32_t f, uint64_t m, struct candidate *c)
{
    uint32_t g;
    uint64_t n;
    const table_t *raw;
    for (size_t i = 0; nth_pair(p, i, &g, &n, &raw); i++) {
        if ((g != f && g != ANY_F) || (n != m && n != ANY_M)) {
            continue;
        }
        c->named_format |= g == f;
        c->named_modifier |= n == m;
        table_t t = with_defaults(raw);
        bool any_space = t.color_spaces[0] == ANY_C;
        for (uint32_t s = 0; s < 10 && !any_space; s++) {
            bool listed = false;
            for (size_t k = 0; k < t.color_spaces_count; k++) {
                listed |= t.color_spaces[k] == s || (s == 0 && t.color_spaces[k] > 9);
            }
            c->spaces[s] &= listed;
        }
        c->named_space |= !any_space;
        if (t.has.is_alpha_present) {
            if (c->alpha >= 0 && c->alpha != t.is_alpha_present) {
                return false;
            }
            c->alpha = t.is_alpha_present;
        }
        tighten(&t, g, n);
        uint64_t divisor = c->started ? c->table.bytes_per_row_divisor : 1;
        divisor = lcm(divisor, t.bytes_per_row_divisor);
        fold_table(c, &t);
        c->table.bytes_per_row_divisor = (uint32_t)divisor;
        return divisor <= NONE;
    }
    return false;
}

static bool is_wild(uint32_t f, uint64_t m)
{
    return f == ANY_F || m == ANY_M;
}

/* Asks everybody. False: somebody doesn't want it, or no color space is left. */
static bool ask_all(const participant_t *const *all, size_t count, uint32_t f, uint64_t m,
                    struct candidate *c)
{
    *c = (struct candidate){.alpha = -1};
    bool any = false;
    for (uint32_t s = 0; s < 10; s++) {
        c->spaces[s] = is_wild(f, m) || space_fits(s, format_of(f));
    }
    for (size_t i = 0; i < count; i++) {
        if (all[i] != NULL && all[i]->has.image_format_constraints &&
            all[i]->image_format_constraints_count > 0 && !ask(all[i], f, m, c)) {
            return false;
        }
    }
    for (uint32_t s = 0; s < 10; s++) {
        any |= c->spaces[s];
    }
    return any && c->named_format && c->named_modifier;
}

/* open: also without a color space that somebody named. */
static bool try_candidate(const participant_t *const *all, size_t count, uint32_t f, uint64_t m,
                          bool open, struct model_answer *ret)
{
    struct candidate c;
    if (!ask_all(all, count, f, m, &c) || (!c.named_space && !open) || !tighten(&c.table, f, m) ||
        !leaves_room(&c.table)) {
        return false;
    }
    ret->image = c.table;
    ret->image.pixel_format = f;
    ret->image.pixel_format_modifier = m;
    ret->has_image = c.named_space && !is_wild(f, m);
    ret->image.has.is_alpha_present = ret->has_image && c.alpha >= 0 && format_of(f)->alpha;
    ret->image.is_alpha_present = c.alpha == 1;
    ret->color_space = 0;
    for (size_t i = 0; i < 9 && ret->color_space == 0; i++) {
        bool fits = f == ANY_F || space_fits(ranking[i], format_of(f));
        ret->color_space = c.spaces[ranking[i]] && fits ? ranking[i] : 0;
    }
    return ret->color_space != 0;
}

bool model_image_bytes(const table_t *t, uint64_t *ret)
{
    const struct world_format *f = format_of(t->pixel_format);
    bool wild = is_wild(t->pixel_format, t->pixel_format_modifier);
    uint64_t stride = wild ? 0 : f->stride;
    uint64_t w = t->min_size.width > t->required_max_size.width ? t->min_size.width
                                                                : t->required_max_size.width;
    uint64_t h = t->min_size.height > t->required_max_size.height ? t->min_size.height
                                                                  : t->required_max_size.height;
    w = up(w, t->size_alignment.width);
    h = up(h, t->size_alignment.height);
    uint64_t row = w * stride > t->min_bytes_per_row ? w * stride : t->min_bytes_per_row;
    row = up(row > 0 ? row : 1, t->bytes_per_row_divisor);
    if (w > t->max_size.width || h > t->max_size.height || row > t->max_bytes_per_row ||
        w * h > NONE || w * h > t->max_width_times_height) {
        return false;
    }
    if (wild) {
        *ret = 0;
    } else if (t->pixel_format_modifier == LINEAR) {
        *ret = f->half_chroma ? row * h * 3 / 2 : row * h;
    } else if (t->pixel_format_modifier == X_TILED) {
        uint64_t wide = up(row, 512) / 512;
        *ret = wide * (up(h, 8) / 8) * 4096;
        *ret += f->half_chroma ? wide * (up(up(h, 2) / 2, 8) / 8) * 4096 : 0;
    } else {
        uint64_t blocks = up(w, 16) / 16 * (up(h, 16) / 16);
        *ret = blocks * 1024 + up(blocks * 16, 1024);
    }
    return true;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool model_formats_meet(const participant_t *const *all, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        any |= all[i] != NULL && all[i]->has.image_format_constraints &&
               all[i]->image_format_constraints_count > 0;
    }
    bool meet = !any;
    for (size_t f = 0; f < COUNT(format_values) && !meet; f++) {
        for (size_t m = 0; m < COUNT(modifiers) && !meet; m++) {
            struct candidate c;
            meet = (is_wild(format_values[f], modifiers[m]) ||
                    supported(format_values[f], modifiers[m])) &&
                   ask_all(all, count, format_values[f], modifiers[m], &c);
        }
    }
    return meet;
}

/* Formats in the order of their values, then modifiers: the first that works is the answer. Where
 * none does, and that is nobody's to blame, the first that leaves something open. */
bool model_first_format(const participant_t *const *all, size_t count, bool lenient,
                        struct model_answer *ret)
{
    for (int open = 0; open <= (lenient ? 1 : 0); open++) {
        for (size_t f = 0; f < COUNT(format_values); f++) {
            for (size_t m = 0; m < COUNT(modifiers); m++) {
                bool possible = is_wild(format_values[f], modifiers[m])
                                    ? open
                                    : supported(format_values[f], modifiers[m]);
                if (possible &&
                    try_candidate(all, count, format_values[f], modifiers[m], open, ret)) {
                    return true;
                }
            }
        }
    }
    return false;
}
