#include "trouble.h"

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "dice.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PICK(dice, ...)                                                                            \
    ((const uint64_t[]){__VA_ARGS__})[dice_below(dice, sizeof((const uint64_t[]){__VA_ARGS__}) /   \
                                                           sizeof(uint64_t))]
#define PICK32(dice, ...) ((uint32_t)PICK(dice, __VA_ARGS__))

typedef struct world_participant person_t;

static struct sysmem_buffer_memory_constraints *memory_of(person_t *p)
{
    p->constraints.has.buffer_memory_constraints = true;
    return &p->constraints.buffer_memory_constraints;
}

/* One of its image entries; makes one if there is none. */
static struct sysmem_image_format_constraints *entry_of(person_t *p, uint64_t *dice)
{
    struct sysmem_buffer_collection_constraints *c = &p->constraints;
    if (!c->has.image_format_constraints || c->image_format_constraints_count == 0) {
        p->spaces[0][0] = SYSMEM_COLOR_SPACE_DO_NOT_CARE;
        SYSMEM_SET(&p->tables[0], pixel_format, SYSMEM_PIXEL_FORMAT_DO_NOT_CARE);
        SYSMEM_SET_VECTOR(&p->tables[0], color_spaces, p->spaces[0], 1);
        SYSMEM_SET_VECTOR(c, image_format_constraints, p->tables, 1);
    }
    return &p->tables[dice_below(dice, c->image_format_constraints_count)];
}

static bool flip(uint64_t *dice)
{
    return dice_below(dice, 2) == 0;
}

static struct sysmem_size size_of(uint64_t *dice, uint32_t value)
{
    return flip(dice)   ? (struct sysmem_size){value, value}
           : flip(dice) ? (struct sysmem_size){value, 1}
                        : (struct sysmem_size){1, value};
}

static void few_buffers(person_t *p, uint64_t *dice)
{
    SYSMEM_SET(&p->constraints, max_buffer_count, PICK32(dice, 0, 1, 1, 2, 3, 5));
}

static void many_buffers(person_t *p, uint64_t *dice)
{
    uint32_t count = PICK32(dice, 4, 12, 20, 200, UINT32_MAX);
    switch (dice_below(dice, 4)) {
    case 0:
        SYSMEM_SET(&p->constraints, min_buffer_count, count);
        break;
    case 1:
        SYSMEM_SET(&p->constraints, min_buffer_count_for_camping, count);
        break;
    case 2:
        SYSMEM_SET(&p->constraints, min_buffer_count_for_dedicated_slack, count);
        break;
    default:
        SYSMEM_SET(&p->constraints, min_buffer_count_for_shared_slack, count);
        break;
    }
}

static void odd_usage(person_t *p, uint64_t *dice)
{
    struct sysmem_buffer_usage *usage = &p->constraints.usage;
    switch (dice_below(dice, 5)) {
    case 0:
        p->constraints.has.usage = false;
        break;
    case 1:
        SYSMEM_SET(usage, none, PICK32(dice, 1, 2, 3));
        break;
    case 2:
        *usage = (struct sysmem_buffer_usage){0};
        break;
    case 3: /* uses nothing */
        *usage = (struct sysmem_buffer_usage){0};
        SYSMEM_SET(usage, none, SYSMEM_NONE_USAGE);
        break;
    default:
        SYSMEM_SET(usage, cpu, SYSMEM_CPU_USAGE_WRITE_OFTEN);
        break;
    }
}

static void odd_size(person_t *p, uint64_t *dice)
{
    if (flip(dice)) {
        SYSMEM_SET(memory_of(p), max_size_bytes, PICK(dice, 0, 1, 4095, 65536));
    } else {
        SYSMEM_SET(memory_of(p), min_size_bytes, PICK(dice, 65537, 64 << 20, UINT64_MAX));
    }
}

static void odd_domain(person_t *p, uint64_t *dice)
{
    for (int i = 0; i < 2; i++) {
        bool supported = dice_below(dice, 4) == 0;
        switch (dice_below(dice, 3)) {
        case 0:
            SYSMEM_SET(memory_of(p), cpu_domain_supported, supported);
            break;
        case 1:
            SYSMEM_SET(memory_of(p), ram_domain_supported, supported);
            break;
        default:
            SYSMEM_SET(memory_of(p), inaccessible_domain_supported, supported);
            break;
        }
    }
}

static void odd_memory(person_t *p, uint64_t *dice)
{
    if (flip(dice)) {
        SYSMEM_SET(memory_of(p), secure_required, true);
    } else {
        SYSMEM_SET(memory_of(p), physically_contiguous_required, true);
    }
}

static void odd_heaps(person_t *p, uint64_t *dice)
{
    size_t count;
    const struct model_heap *heaps = world_model_heaps(&count);
    size_t pick = dice_below(dice, count + 1);
    p->heaps[0] = (struct sysmem_heap){0};
    SYSMEM_SET(&p->heaps[0], heap_type, pick < count ? heaps[pick].type : "test.HEAP_TYPE.GONE");
    SYSMEM_SET(&p->heaps[0], id, pick < count ? heaps[pick].id : 3);
    SYSMEM_SET_VECTOR(memory_of(p), permitted_heaps, p->heaps, dice_below(dice, 8) == 0 ? 0 : 1);
}

static void odd_format(person_t *p, uint64_t *dice)
{
    struct sysmem_image_format_constraints *t = entry_of(p, dice);
    uint32_t format = PICK32(dice, 1, 101, 104, 112, 117, 118, SYSMEM_PIXEL_FORMAT_DO_NOT_CARE);
    uint64_t modifier = PICK(
        dice, SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR, SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16, SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE);
    switch (dice_below(dice, 4)) {
    case 0:
        SYSMEM_SET(t, pixel_format, format);
        break;
    case 1:
        SYSMEM_SET(t, pixel_format_modifier, modifier);
        break;
    case 2: {
        struct sysmem_pixel_format_and_modifier *pair = p->pairs[t - p->tables];
        *pair = (struct sysmem_pixel_format_and_modifier){format, modifier};
        SYSMEM_SET_VECTOR(t, pixel_format_and_modifiers, pair, 1);
        t->has.pixel_format = t->has.pixel_format && flip(dice);
        break;
    }
    default: /* one entry alone */
        p->tables[0] = *t;
        p->constraints.image_format_constraints_count = 1;
        break;
    }
}

static void odd_color_spaces(person_t *p, uint64_t *dice)
{
    struct sysmem_image_format_constraints *t = entry_of(p, dice);
    uint32_t *spaces = p->spaces[t - p->tables];
    spaces[0] = PICK32(dice, 1, 2, 6, 9, SYSMEM_COLOR_SPACE_DO_NOT_CARE);
    SYSMEM_SET_VECTOR(t, color_spaces, spaces, 1);
    t->has.color_spaces = dice_below(dice, 4) != 0;
}

static void odd_bounds(person_t *p, uint64_t *dice)
{
    struct sysmem_image_format_constraints *t = entry_of(p, dice);
    switch (dice_below(dice, 5)) {
    case 0:
        SYSMEM_SET(t, min_size, size_of(dice, PICK32(dice, 640, 2000, UINT32_MAX)));
        break;
    case 1:
        SYSMEM_SET(t, max_size, (struct sysmem_size){PICK32(dice, 1, 48, 100), 480});
        break;
    case 2:
        SYSMEM_SET(t, required_min_size, size_of(dice, PICK32(dice, 0, 1, 16)));
        break;
    case 3:
        SYSMEM_SET(t, required_max_size, size_of(dice, PICK32(dice, 640, 5000, UINT32_MAX)));
        break;
    default:
        SYSMEM_SET(t, max_width_times_height, PICK(dice, 0, 100, 4000, 10000));
        break;
    }
}

static void odd_rows(person_t *p, uint64_t *dice)
{
    struct sysmem_image_format_constraints *t = entry_of(p, dice);
    switch (dice_below(dice, 5)) {
    case 0:
        SYSMEM_SET(t, min_bytes_per_row, PICK32(dice, 4096, 100000, UINT32_MAX));
        break;
    case 1:
        SYSMEM_SET(t, max_bytes_per_row, PICK32(dice, 0, 4, 64, 300));
        break;
    case 2:
        SYSMEM_SET(t, bytes_per_row_divisor, PICK32(dice, 0, 4099, 65521, 65537, 0x80000000));
        break;
    case 3:
        SYSMEM_SET(t, start_offset_divisor, PICK32(dice, 0, 3, 4096, 8192));
        break;
    default:
        SYSMEM_SET(t, require_bytes_per_row_at_pixel_boundary, true);
        break;
    }
}

static void odd_alignment(person_t *p, uint64_t *dice)
{
    struct sysmem_image_format_constraints *t = entry_of(p, dice);
    switch (dice_below(dice, 4)) {
    case 0:
        SYSMEM_SET(t, size_alignment, size_of(dice, PICK32(dice, 0, 3, 128, 1024, 0x80000000)));
        break;
    case 1:
        SYSMEM_SET(t, display_rect_alignment, size_of(dice, PICK32(dice, 0, 3, 128)));
        break;
    default:
        SYSMEM_SET(t, is_alpha_present, flip(dice));
        break;
    }
}

void trouble_make(struct world *world, uint64_t *dice)
{
    static void (*const troubles[])(person_t *, uint64_t *) = {
        few_buffers, many_buffers, odd_usage,        odd_size,   odd_domain, odd_memory,
        odd_heaps,   odd_format,   odd_color_spaces, odd_bounds, odd_rows,   odd_alignment,
    };
    for (size_t left = dice_below(dice, 4); left > 0; left--) {
        person_t *p = &world->participants[dice_below(dice, world->count)];
        troubles[dice_below(dice, COUNT(troubles))](p, dice);
    }
}
