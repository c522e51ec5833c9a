/* Which fields are candidates, and what is left when one is dropped. */
#include "scene.h"

#include "base/strbuf.h"
#include "model/tables.h"
#include "model/walk.h"
#include "solver/relax.h"

struct relaxed {
    struct arena arena;
    struct relax_list list;
    const constraints_t *constraints;
};

static void read_all(struct relaxed *r, const constraints_t *constraints)
{
    arena_init(&r->arena, SIZE_MAX);
    r->constraints = constraints;
    assert_true(relax_list_read(&r->arena, constraints, &r->list));
}

static void expect_path(const struct relaxed *r, size_t index, const char *wanted)
{
    struct strbuf buf = {0};
    assert_true(index < r->list.count);
    relax_field_path(&r->list.fields[index], r->constraints, &buf);
    assert_string_equal(strbuf_text(&buf), wanted);
    strbuf_deinit(&buf);
}

static const constraints_t *without(struct relaxed *r, const char *path)
{
    for (size_t i = 0; i < r->list.count; i++) {
        struct strbuf buf = {0};
        relax_field_path(&r->list.fields[i], r->constraints, &buf);
        r->list.fields[i].dropped = strcmp(strbuf_text(&buf), path) == 0;
        strbuf_deinit(&buf);
    }
    const constraints_t *left = relax_constraints(&r->arena, r->constraints, &r->list);
    assert_non_null(left);
    return left;
}

static void an_empty_table_has_no_candidates(void **state)
{
    struct scene s;
    struct relaxed r;
    (void)state;
    scene_init(&s);
    read_all(&r, scene_empty(&s));
    assert_int_equal(r.list.count, 0);
    assert_true(
        model_equal(&model_type_buffer_collection_constraints, without(&r, ""), r.constraints));
    arena_clear(&r.arena);
}

static void candidates_are_in_schema_order(void **state)
{
    struct scene s;
    struct relaxed r;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_empty(&s);
    SYSMEM_SET(c, max_buffer_count, 3);
    SYSMEM_SET(scene_memory(c), secure_required, true);
    scene_image(&s, c, NV12, LINEAR, REC709);
    image_t *second = scene_image(&s, c, RGBA, LINEAR, SRGB);
    SYSMEM_SET(second, max_size, SIZE(9, 9));
    read_all(&r, c);
    expect_path(&r, 0, "usage"); /* though unset: it may not be */
    expect_path(&r, 1, "max_buffer_count");
    expect_path(&r, 2, "buffer_memory_constraints.secure_required");
    expect_path(&r, 3, "image_format_constraints[0].color_spaces");
    expect_path(&r, 4, "image_format_constraints[1].color_spaces");
    expect_path(&r, 5, "image_format_constraints[1].max_size");
    expect_path(&r, 6, "image_format_constraints");
    assert_int_equal(r.list.count, 7);
    arena_clear(&r.arena);
}

static void formats_are_called_by_what_names_them(void **state)
{
    struct scene s;
    struct relaxed r;
    (void)state;
    scene_init(&s);
    scene_simple(&s, NV12, LINEAR, REC709);
    read_all(&r, &s.constraints[0]);
    expect_path(&r, r.list.count - 1, "image_format_constraints[0].pixel_format");
    arena_clear(&r.arena);
    constraints_t *c = scene_cpu(&s);
    scene_pair(&s, 1, scene_entry(&s, c, REC709), NV12, LINEAR);
    read_all(&r, c);
    expect_path(&r, r.list.count - 1, "image_format_constraints[0].pixel_format_and_modifiers");
    const image_t *left = without(&r, "image_format_constraints[0].pixel_format_and_modifiers")
                              ->image_format_constraints;
    assert_false(left->has.pixel_format_and_modifiers);
    assert_int_equal(left->pixel_format, ANY_FORMAT);
    assert_int_equal(left->pixel_format_modifier, ANY_MOD);
    assert_int_equal(left->color_spaces[0], REC709);
    arena_clear(&r.arena);
}

static void a_dropped_number_is_unset(void **state)
{
    struct scene s;
    struct relaxed r;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_cpu(&s);
    SYSMEM_SET(c, max_buffer_count, 3);
    read_all(&r, c);
    const constraints_t *left = without(&r, "max_buffer_count");
    assert_false(left->has.max_buffer_count);
    assert_true(left->has.usage);
    assert_true(c->has.max_buffer_count);
    arena_clear(&r.arena);
}

/* Otherwise the table would be empty, which means NONE_USAGE. */
static void usage_is_missed_when_nothing_else_is_left(void **state)
{
    struct scene s;
    struct relaxed r;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_empty(&s);
    SYSMEM_SET(c, max_buffer_count, 3);
    read_all(&r, c);
    const constraints_t *left = without(&r, "max_buffer_count");
    assert_false(left->has.usage);
    assert_true(left->has.buffer_memory_constraints);
    arena_clear(&r.arena);
}

static void a_modifier_keeps_its_meaning_without_the_usage(void **state)
{
    struct scene s;
    struct relaxed r;
    (void)state;
    scene_init(&s);
    image_t *image = scene_simple(&s, NV12, LINEAR, REC709);
    image->has.pixel_format_modifier = false;
    read_all(&r, &s.constraints[0]);
    assert_true(relax_uses_buffers(&s.constraints[0]));
    const constraints_t *left = without(&r, "usage");
    assert_false(relax_uses_buffers(left));
    assert_int_equal(left->usage.none, SYSMEM_NONE_USAGE);
    assert_true(left->image_format_constraints[0].has.pixel_format_modifier);
    assert_int_equal(left->image_format_constraints[0].pixel_format_modifier, LINEAR);
    arena_clear(&r.arena);
}

static void a_dropped_domain_is_supported_but_not_against_secure(void **state)
{
    struct scene s;
    struct relaxed r;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_cpu(&s);
    scene_domains(c, false, false, false);
    read_all(&r, c);
    const constraints_t *left = without(&r, "buffer_memory_constraints.ram_domain_supported");
    assert_true(left->buffer_memory_constraints.ram_domain_supported);
    assert_false(left->buffer_memory_constraints.cpu_domain_supported);
    arena_clear(&r.arena);
    SYSMEM_SET(scene_memory(c), secure_required, true);
    read_all(&r, c);
    left = without(&r, "buffer_memory_constraints.ram_domain_supported");
    assert_false(left->buffer_memory_constraints.has.ram_domain_supported);
    left = without(&r, "buffer_memory_constraints.inaccessible_domain_supported");
    assert_true(left->buffer_memory_constraints.inaccessible_domain_supported);
    arena_clear(&r.arena);
}

static void color_spaces_become_do_not_care(void **state)
{
    struct scene s;
    struct relaxed r;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_cpu(&s);
    image_t *image = scene_image(&s, c, NV12, LINEAR, REC709);
    image->has.color_spaces = false; /* which is a mistake, and a candidate */
    read_all(&r, c);
    const image_t *left =
        without(&r, "image_format_constraints[0].color_spaces")->image_format_constraints;
    assert_int_equal(left->color_spaces_count, 1);
    assert_int_equal(left->color_spaces[0], ANY_SPACE);
    arena_clear(&r.arena);
}

static void several_entries_go_with_their_formats(void **state)
{
    struct scene s;
    struct relaxed r;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_cpu(&s);
    scene_image(&s, c, NV12, LINEAR, REC709);
    scene_image(&s, c, RGBA, LINEAR, SRGB);
    read_all(&r, c);
    assert_false(without(&r, "image_format_constraints")->has.image_format_constraints);
    arena_clear(&r.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_has_no_candidates),
        cmocka_unit_test(candidates_are_in_schema_order),
        cmocka_unit_test(formats_are_called_by_what_names_them),
        cmocka_unit_test(a_dropped_number_is_unset),
        cmocka_unit_test(usage_is_missed_when_nothing_else_is_left),
        cmocka_unit_test(a_modifier_keeps_its_meaning_without_the_usage),
        cmocka_unit_test(a_dropped_domain_is_supported_but_not_against_secure),
        cmocka_unit_test(color_spaces_become_do_not_care),
        cmocka_unit_test(several_entries_go_with_their_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
