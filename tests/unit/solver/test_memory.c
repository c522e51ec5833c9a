#include "scene.h"

#define FIELD(name) "buffer_memory_constraints." name

static const struct solver_heap heaps[] = {
    {{SYSMEM_HEAP_TYPE_SYSTEM_RAM, 0, {true, true}}, true,  true,  true, false, NULL, 0, NULL},
    {{"z.SECURE", 0, {true, true}},                  false, false, true, true,  NULL, 0, NULL},
    {{"a.SECURE_VDEC", 0, {true, true}},             false, false, true, true,  NULL, 0, NULL},
};

/* A video decoder, which says nothing of domains. */
static constraints_t *add_decoder(struct scene *s)
{
    constraints_t *c = scene_empty(s);
    c->has.usage = true;
    SYSMEM_SET(&c->usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    SYSMEM_SET(c, min_buffer_count_for_camping, 4);
    scene_sizes(c, 65535, 128 * 1024);
    return c;
}

static void c037_secure_heap_and_odd_size(void **state)
{
    static const struct sysmem_heap vdec = {
        "a.SECURE_VDEC", 0, {true, false}
    };
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = add_decoder(&s);
    SYSMEM_SET(scene_memory(c), secure_required, true);
    SYSMEM_SET(scene_memory(c), physically_contiguous_required, true);
    SYSMEM_SET_VECTOR(scene_memory(c), permitted_heaps, &vdec, 1);
    scene_fails(&s, 0, FIELD("secure_required")); /* no such heap */
    s.environment.heaps = heaps;
    s.environment.heap_count = 3;
    scene_succeeds(&s);
    assert_int_equal(s.outcome.buffer_count, 4);
    assert_int_equal(scene_settings(&s)->size_bytes, 65535);
    assert_true(scene_settings(&s)->is_secure);
    assert_true(scene_settings(&s)->is_physically_contiguous);
    assert_int_equal(scene_settings(&s)->coherency_domain, SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
    assert_string_equal(scene_settings(&s)->heap.heap_type, "a.SECURE_VDEC");
    assert_int_equal(scene_settings(&s)->heap.id, 0);
}

static void secure_picks_the_first_name(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    s.environment.heaps = heaps;
    s.environment.heap_count = 3;
    constraints_t *c = add_decoder(&s);
    SYSMEM_SET(scene_memory(c), secure_required, true);
    scene_succeeds(&s);
    assert_string_equal(scene_settings(&s)->heap.heap_type, "a.SECURE_VDEC");
    add_decoder(&s); /* supports every domain by default */
    scene_succeeds(&s);
    scene_cpu(&s); /* whom secure memory is out of reach */
    scene_fails(&s, 0, FIELD("secure_required"));
    assert_int_equal(s.outcome.reasons[1].participant, 2);
    assert_string_equal(s.outcome.reasons[1].field, FIELD("inaccessible_domain_supported"));
}

/* Whatever heaps there are, and whatever else is asked for: a driver that comes may bring others.
 */
static void secure_memory_that_is_expected_is_waited_for(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    s.environment.secure = SOLVER_SECURE_EXPECTED;
    constraints_t *c = add_decoder(&s);
    scene_succeeds(&s); /* nobody requires it */
    SYSMEM_SET(scene_memory(c), secure_required, true);
    add_decoder(&s);
    assert_int_equal(scene_solve(&s), SYSMEM_ERROR_PENDING);
    assert_true(solver_waits(&s.outcome));
    assert_int_equal(s.outcome.reason_count, 1);
    assert_int_equal(s.outcome.reasons[0].participant, 0);
    assert_string_equal(s.outcome.reasons[0].field, FIELD("secure_required"));
    assert_non_null(strstr(s.outcome.reasons[0].detail, "its driver is still to come"));
    s.environment.heaps = heaps;
    s.environment.heap_count = 3;
    assert_int_equal(scene_solve(&s), SYSMEM_ERROR_PENDING);
    s.environment.secure = SOLVER_SECURE_AS_LISTED;
    scene_succeeds(&s);
    assert_false(solver_waits(&s.outcome));
}

static void secure_memory_that_is_lost_fails_who_requires_it(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    s.environment.heaps = heaps;
    s.environment.heap_count = 3;
    s.environment.secure = SOLVER_SECURE_LOST;
    add_decoder(&s);
    scene_succeeds(&s);
    constraints_t *c = add_decoder(&s);
    SYSMEM_SET(scene_memory(c), secure_required, true);
    assert_int_equal(scene_solve(&s), SYSMEM_ERROR_UNSPECIFIED);
    assert_int_equal(s.outcome.reason_count, 1);
    assert_int_equal(s.outcome.reasons[0].participant, 1);
    assert_non_null(strstr(s.outcome.reasons[0].detail, "its driver is gone"));
}

static void a_secure_heap_that_is_absent(void **state)
{
    struct solver_heap some[3];
    struct scene s;
    (void)state;
    scene_init(&s);
    memcpy(some, heaps, sizeof(some));
    s.environment.heaps = some;
    s.environment.heap_count = 3;
    constraints_t *c = add_decoder(&s);
    SYSMEM_SET(scene_memory(c), secure_required, true);
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(some[i].heap.heap_type, "a.SECURE_VDEC") == 0) {
            some[i].absent_reason = "its pool is away";
        }
    }
    scene_succeeds(&s);
    assert_string_equal(scene_settings(&s)->heap.heap_type, "z.SECURE");
    for (size_t i = 0; i < 3; i++) {
        some[i].absent_reason = "its pool is away";
    }
    scene_fails(&s, 0, FIELD("secure_required"));
    assert_non_null(strstr(s.outcome.reasons[0].detail, "z.SECURE is absent: its pool is away"));
}

/* Transaction elimination writes where secure hardware cannot. */
static void secure_leaves_transaction_elimination_out(void **state)
{
    const uint64_t te = SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_TE;
    struct scene s;
    (void)state;
    scene_init(&s);
    s.environment.heaps = heaps;
    s.environment.heap_count = 3;
    constraints_t *c = add_decoder(&s);
    c->has.buffer_memory_constraints = false;
    image_t *image = scene_image(&s, c, RGBA, te, SRGB);
    SYSMEM_SET(image, min_size, SIZE(64, 64));
    scene_succeeds(&s);
    SYSMEM_SET(scene_memory(c), secure_required, true);
    assert_int_equal(scene_solve(&s), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    scene_pair(&s, 0, image, BGRA, X_TILED);
    scene_succeeds(&s);
    assert_int_equal(scene_result(&s)->pixel_format, BGRA);
    assert_true(scene_settings(&s)->is_secure);
}

/* Who lists a secure heap gets it, whether or not anyone requires secure memory. */
static void a_secure_heap_that_nobody_requires(void **state)
{
    static const struct sysmem_heap listed = {
        "z.SECURE", 0, {true, true}
    };
    struct scene s;
    (void)state;
    scene_init(&s);
    s.environment.heaps = heaps;
    s.environment.heap_count = 3;
    constraints_t *c = add_decoder(&s);
    SYSMEM_SET_VECTOR(scene_memory(c), permitted_heaps, &listed, 1);
    scene_succeeds(&s);
    assert_string_equal(scene_settings(&s)->heap.heap_type, "z.SECURE");
    assert_int_equal(scene_settings(&s)->coherency_domain, SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
    assert_false(scene_settings(&s)->is_secure);
    SYSMEM_SET(scene_memory(c), inaccessible_domain_supported, false);
    assert_int_equal(scene_solve(&s), SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
}

/* Contiguous and secure is what one participant makes of it; unset and false say nothing. */
static void one_who_requires_is_enough(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    s.environment.heaps = heaps;
    s.environment.heap_count = 3;
    s.environment.contiguous_supported = true;
    add_decoder(&s);
    constraints_t *second = add_decoder(&s);
    SYSMEM_SET(scene_memory(second), secure_required, false);
    SYSMEM_SET(scene_memory(second), physically_contiguous_required, false);
    scene_succeeds(&s);
    assert_false(scene_settings(&s)->is_physically_contiguous);
    assert_false(scene_settings(&s)->is_secure);
    constraints_t *third = add_decoder(&s);
    SYSMEM_SET(scene_memory(third), physically_contiguous_required, true);
    scene_succeeds(&s);
    assert_true(scene_settings(&s)->is_physically_contiguous);
    assert_false(scene_settings(&s)->is_secure);
    SYSMEM_SET(scene_memory(third), secure_required, true);
    scene_succeeds(&s);
    assert_true(scene_settings(&s)->is_secure);
    assert_string_equal(scene_settings(&s)->heap.heap_type, "a.SECURE_VDEC");
}

static void what_secure_excludes(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    s.environment.heaps = heaps;
    s.environment.heap_count = 3;
    constraints_t *c = add_decoder(&s);
    SYSMEM_SET(scene_memory(c), secure_required, true);
    SYSMEM_SET(scene_memory(c), cpu_domain_supported, true);
    scene_fails(&s, 0, FIELD("cpu_domain_supported"));
    SYSMEM_SET(scene_memory(c), cpu_domain_supported, false);
    SYSMEM_SET(scene_memory(c), ram_domain_supported, true);
    scene_fails(&s, 0, FIELD("ram_domain_supported"));
    SYSMEM_SET(scene_memory(c), ram_domain_supported, false);
    SYSMEM_SET(scene_memory(c), inaccessible_domain_supported, false);
    scene_fails(&s, 0, FIELD("inaccessible_domain_supported"));
    SYSMEM_SET(scene_memory(c), inaccessible_domain_supported, true);
    scene_succeeds(&s);
    SYSMEM_SET(&c->usage, cpu, SYSMEM_CPU_USAGE_READ);
    scene_fails(&s, 0, FIELD("secure_required"));
    assert_non_null(strstr(s.outcome.reasons[0].detail, "CPU_USAGE_READ"));
}

/* Trap: who uses the CPU supports only the CPU domain by default; who doesn't supports all. */
static void default_domains(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = add_decoder(&s);
    SYSMEM_SET(&c->usage, display, SYSMEM_DISPLAY_USAGE_LAYER);
    scene_succeeds(&s);
    assert_int_equal(scene_settings(&s)->coherency_domain, SYSMEM_COHERENCY_DOMAIN_RAM);
    scene_domains(c, false, false, true);
    scene_succeeds(&s);
    assert_int_equal(scene_settings(&s)->coherency_domain, SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
    scene_domains(c, true, true, true);
    scene_cpu(&s);
    scene_succeeds(&s);
    assert_int_equal(scene_settings(&s)->coherency_domain, SYSMEM_COHERENCY_DOMAIN_CPU);
    scene_domains(c, false, true, true);
    scene_fails(&s, -1, NULL);
    scene_domains(&s.constraints[1], false, false, false);
    scene_fails(&s, 1, FIELD("cpu_domain_supported"));
}

static void sizes_contradict(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s);
    constraints_t *c = scene_p_cpu(&s, 1, 8192, 4096);
    scene_fails(&s, 0, FIELD("min_size_bytes"));
    SYSMEM_SET(scene_memory(c), max_size_bytes, 8192);
    scene_succeeds(&s);
    image_t *image = scene_image(&s, c, NV12, LINEAR, REC709);
    SYSMEM_SET(image, min_size, SIZE(64, 86)); /* 8,256 bytes */
    scene_fails(&s, 0, FIELD("max_size_bytes"));
    SYSMEM_SET(image, min_size, SIZE(64, 84));
    scene_succeeds(&s);
    assert_int_equal(scene_settings(&s)->size_bytes, 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c037_secure_heap_and_odd_size),
        cmocka_unit_test(secure_picks_the_first_name),
        cmocka_unit_test(secure_memory_that_is_expected_is_waited_for),
        cmocka_unit_test(secure_memory_that_is_lost_fails_who_requires_it),
        cmocka_unit_test(a_secure_heap_that_is_absent),
        cmocka_unit_test(secure_leaves_transaction_elimination_out),
        cmocka_unit_test(a_secure_heap_that_nobody_requires),
        cmocka_unit_test(one_who_requires_is_enough),
        cmocka_unit_test(what_secure_excludes),
        cmocka_unit_test(default_domains),
        cmocka_unit_test(sizes_contradict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
