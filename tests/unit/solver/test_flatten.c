#include "scene.h"

#define UNSET UINT64_MAX /* no pixel_format_modifier at all */

static const uint32_t formats[] = {BGRA, RGBA, ANY_FORMAT};
static const uint64_t modifiers[] = {X_TILED, LINEAR, ANY_MOD, UNSET};
static const uint32_t spaces[] = {SRGB, ANY_SPACE};

#define FORMATS   (sizeof(formats) / sizeof(formats[0]))
#define MODIFIERS (sizeof(modifiers) / sizeof(modifiers[0]))
#define SPACES    (sizeof(spaces) / sizeof(spaces[0]))
#define CHOICES   (FORMATS * MODIFIERS * SPACES)

/* What one participant asks for. */
struct choice {
    uint32_t format;
    uint64_t modifier;
    uint32_t space;
    bool uses; /* has a usage, not NONE_USAGE */
};

static struct choice choice_of(size_t n, bool uses)
{
    return (struct choice){formats[n % FORMATS], modifiers[n / FORMATS % MODIFIERS],
                           spaces[n / FORMATS / MODIFIERS], uses};
}

static void add(struct scene *s, const struct choice *choice)
{
    image_t *image = scene_simple(s, choice->format, choice->modifier, choice->space);
    image->has.pixel_format_modifier = choice->modifier != UNSET;
    if (!choice->uses) {
        s->constraints[s->count - 1].usage =
            (struct sysmem_buffer_usage){.none = SYSMEM_NONE_USAGE, .has = {.none = true}};
    }
}

static uint64_t modifier_of(const struct choice *choice)
{
    if (choice->modifier != UNSET) {
        return choice->modifier;
    }
    return choice->uses && choice->format != ANY_FORMAT ? LINEAR : ANY_MOD;
}

/* What both come to, or 0 where they exclude each other or neither gives a value: no value that is
 * asked for here is 0 but LINEAR, for which 1 is added. */
static uint64_t agree(uint64_t a, uint64_t b, uint64_t any)
{
    if (a == any) {
        return b == any ? 0 : b + 1;
    }
    return b == any || a == b ? a + 1 : 0;
}

static void expect(const struct choice *a, const struct choice *b)
{
    struct scene s;
    scene_init(&s);
    add(&s, a);
    add(&s, b);
    uint64_t format = agree(a->format, b->format, ANY_FORMAT);
    uint64_t modifier = agree(modifier_of(a), modifier_of(b), ANY_MOD);
    if (format == 0 || modifier == 0 || agree(a->space, b->space, ANY_SPACE) == 0) {
        assert_int_equal(scene_solve(&s), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
        return;
    }
    scene_succeeds(&s);
    assert_int_equal(scene_result(&s)->pixel_format, format - 1);
    assert_int_equal(scene_result(&s)->pixel_format_modifier, modifier - 1);
    assert_int_equal(scene_result(&s)->color_spaces_count, 1);
    assert_int_equal(scene_result(&s)->color_spaces[0], SRGB);
}

/* Format, modifier and color space of two participants, each given, DO_NOT_CARE or unset. */
static void do_not_care_in_every_combination(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHOICES; i++) {
        for (size_t j = 0; j < CHOICES; j++) {
            const struct choice user = choice_of(i, true);
            const struct choice other_user = choice_of(j, true);
            const struct choice bystander = choice_of(j, false);
            expect(&user, &other_user);
            expect(&user, &bystander);
            expect(&bystander, &user);
        }
    }
}

/* Pairs of the list have no default: a modifier is always given there. */
static void the_list_and_the_fields_are_one(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, RGBA, X_TILED, SRGB);
    scene_pair(&s, 0, image, BGRA, Y_TILED);
    scene_pair(&s, 0, image, BGRA, LINEAR);
    const uint32_t wanted_formats[] = {RGBA, BGRA, BGRA};
    const uint64_t wanted_modifiers[] = {X_TILED, Y_TILED, LINEAR};
    image_t *other = scene_simple(&s, RGBA, X_TILED, SRGB);
    for (size_t i = 0; i < 3; i++) {
        SYSMEM_SET(other, pixel_format, wanted_formats[i]);
        SYSMEM_SET(other, pixel_format_modifier, wanted_modifiers[i]);
        scene_succeeds(&s);
        assert_int_equal(scene_result(&s)->pixel_format, wanted_formats[i]);
        assert_int_equal(scene_result(&s)->pixel_format_modifier, wanted_modifiers[i]);
    }
    SYSMEM_SET(other, pixel_format_modifier, X_TILED); /* BGRA, which the first does not have */
    assert_int_equal(scene_solve(&s), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
}

/* No list of images, and an empty one, exclude nothing. */
static void no_images_are_any_images(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_simple(&s, RGBA, LINEAR, SRGB);
    constraints_t *c = scene_cpu(&s);
    scene_succeeds(&s);
    c->has.image_format_constraints = true;
    scene_succeeds(&s);
    assert_int_equal(scene_result(&s)->pixel_format, RGBA);
    s.constraints[0].has.image_format_constraints = false;
    SYSMEM_SET(scene_memory(c), min_size_bytes, 1);
    scene_succeeds(&s);
    assert_false(s.outcome.settings.has.image_format_constraints);
    assert_int_equal(scene_settings(&s)->size_bytes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(do_not_care_in_every_combination),
        cmocka_unit_test(the_list_and_the_fields_are_one),
        cmocka_unit_test(no_images_are_any_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
