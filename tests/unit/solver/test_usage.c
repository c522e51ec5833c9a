#include "scene.h"

static void an_empty_table_means_none(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    scene_empty(&s);
    constraints_t *c = scene_p_cpu(&s, 1, 4096, 4096);
    scene_succeeds(&s);
    c->has.usage = false; /* anything else set, and no usage: an error */
    scene_fails(&s, 1, "usage");
    c->has.usage = true;
    c->usage.has.cpu = false;
    scene_fails(&s, 1, "usage");
}

static void none_stands_alone(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_p_cpu(&s, 1, 4096, 4096);
    SYSMEM_SET(&c->usage, none, SYSMEM_NONE_USAGE);
    scene_fails(&s, 0, "usage.none");
    c->usage.has.cpu = false;
    scene_fails(&s, -1, NULL); /* nobody uses the buffers */
    SYSMEM_SET(&c->usage, none, SYSMEM_NONE_USAGE_PERMIT_ALLOCATION);
    scene_fails(&s, 0, "usage.none");
    SYSMEM_SET(&c->usage, none, SYSMEM_NONE_USAGE | SYSMEM_NONE_USAGE_PERMIT_ALLOCATION);
    scene_succeeds(&s);
}

static void unknown_bits_count_as_usage(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_p_cpu(&s, 1, 4096, 4096);
    c->usage = (struct sysmem_buffer_usage){.vulkan = UINT32_C(1) << 31, .has = {.vulkan = true}};
    scene_succeeds(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_means_none),
        cmocka_unit_test(none_stands_alone),
        cmocka_unit_test(unknown_bits_count_as_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
