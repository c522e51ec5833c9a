/* The stock costs: every entry is what its rule comes to, and the solver prefers accordingly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sysmem/format.h>
#include <sysmem/usage.h>

#include "config/config.h"

#define LINEAR SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR
#define BGRA   SYSMEM_PIXEL_FORMAT_B8G8R8A8
#define NV12   SYSMEM_PIXEL_FORMAT_NV12

static const uint32_t rgba_formats[] = {
    SYSMEM_PIXEL_FORMAT_R8G8B8A8,
    SYSMEM_PIXEL_FORMAT_B8G8R8A8,
    SYSMEM_PIXEL_FORMAT_R8G8B8X8,
    SYSMEM_PIXEL_FORMAT_B8G8R8X8,
};

static void load(struct config *config, const char *path)
{
    char *error = NULL;
    config_init(config);
    if (path != NULL && config_load_file(config, path, &error) != 0) {
        fail_msg("%s", error);
    }
}

/* Which of two formats comes out where everyone has both. */
static struct sysmem_pixel_format_and_modifier preferred(const struct config *config,
                                                         const struct sysmem_buffer_usage *usage,
                                                         struct sysmem_pixel_format_and_modifier a,
                                                         struct sysmem_pixel_format_and_modifier b)
{
    const struct sysmem_pixel_format_and_modifier both[] = {a, b};
    static const uint32_t passthrough[] = {SYSMEM_COLOR_SPACE_PASSTHROUGH};
    struct sysmem_image_format_constraints image = {0};
    struct sysmem_buffer_collection_constraints constraints = {.usage = *usage,
                                                               .has = {.usage = true}};
    SYSMEM_SET_VECTOR(&image, pixel_format_and_modifiers, both, 2);
    SYSMEM_SET_VECTOR(&image, color_spaces, passthrough, 1);
    SYSMEM_SET(&image, min_size, (struct sysmem_size){64, 64});
    SYSMEM_SET_VECTOR(&constraints, image_format_constraints, &image, 1);
    SYSMEM_SET(&constraints, min_buffer_count, 1);
    const struct solver_participant participant = {.constraints = &constraints};
    struct solver_environment environment;
    struct solver_outcome outcome;
    config_environment(config, &environment);
    solver_solve(&participant, 1, &environment, &outcome);
    assert_int_equal(outcome.error, 0);
    const struct sysmem_image_format_constraints *chosen =
        &outcome.settings.image_format_constraints;
    return (struct sysmem_pixel_format_and_modifier){chosen->pixel_format,
                                                     chosen->pixel_format_modifier};
}

/* The modifier that is chosen for BGRA, whichever comes first. */
static uint64_t preferred_modifier(const char *path, uint64_t a, uint64_t b)
{
    struct config config;
    load(&config, path);
    const struct sysmem_buffer_usage usage = {.vulkan = 1, .has = {.vulkan = true}};
    const struct sysmem_pixel_format_and_modifier with_a = {BGRA, a};
    const struct sysmem_pixel_format_and_modifier with_b = {BGRA, b};
    uint64_t modifier = preferred(&config, &usage, with_a, with_b).pixel_format_modifier;
    assert_int_equal(preferred(&config, &usage, with_b, with_a).pixel_format_modifier, modifier);
    config_deinit(&config);
    return modifier;
}

/* Blocks of 16x16, transaction elimination, sparse storage, tiled headers and YUV are better, and
 * split blocks are worse, in this order of importance. */
static float arm_cost(uint64_t modifier)
{
    if (modifier == SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE) {
        return 30000;
    }
    float cost = (modifier & 15) == 1 ? 0 : 4000;
    cost += (modifier & 0x1000) != 0 ? 0 : 2000;
    cost += (modifier & 0x40) != 0 ? 0 : 1000;
    cost += (modifier & 0x2000) != 0 ? 0 : 500;
    cost += (modifier & 0x10) != 0 ? 0 : 100;
    cost += (modifier & 0x20) != 0 ? 10 : 0;
    return cost > 0 ? cost : 1; /* 0 is for tests */
}

static void arm_costs_follow_their_rule(void **state)
{
    (void)state;
    struct config config;
    load(&config, STOCK_DIR "/format_costs_arm.json");
    assert_int_equal(config.format_cost_count, 4 * (64 + 1));
    assert_int_equal(config.tally.format_costs_replaced, 0);
    for (size_t i = 0; i < config.format_cost_count; i++) {
        const struct sysmem_format_cost_entry *entry = &config.format_costs[i];
        uint64_t modifier = entry->key.pixel_format_modifier;
        assert_int_equal(entry->key.pixel_format, rgba_formats[i / 65]); /* sorted */
        assert_int_equal(modifier >> 56, 8);
        assert_int_equal(modifier & ~UINT64_C(0x0800000000003073), 0);
        assert_false(entry->key.has.buffer_usage_bits);
        assert_true(entry->cost == arm_cost(modifier));
    }
    config_deinit(&config);
}

static void c159_afbc_is_preferred_on_arm(void **state)
{
    (void)state;
    const uint64_t afbc = SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8;
    assert_int_equal(preferred_modifier(STOCK_DIR "/format_costs_arm.json", LINEAR, afbc), afbc);
    assert_int_equal(preferred_modifier(NULL, LINEAR, afbc), LINEAR); /* equal: the smaller one */
}

static void c161_transaction_elimination_is_preferred_on_arm(void **state)
{
    (void)state;
    const uint64_t afbc = SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8;
    const uint64_t te = SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8_TE;
    assert_int_equal(preferred_modifier(STOCK_DIR "/format_costs_arm.json", afbc, te), te);
    assert_int_equal(preferred_modifier(NULL, afbc, te), afbc);
}

static void arm_prefers_small_costs_and_linear_last(void **state)
{
    (void)state;
    static const char path[] = STOCK_DIR "/format_costs_arm.json";
    static const uint64_t best_first[] = {
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TE_TILED_HEADER,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TE,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_TE,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TILED_HEADER,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_YUV_TILED_HEADER,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8_TE,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8,
        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE,
        LINEAR,
    };
    for (size_t i = 0; i + 1 < sizeof(best_first) / sizeof(best_first[0]); i++) {
        assert_true(preferred_modifier(path, best_first[i], best_first[i + 1]) == best_first[i]);
    }
}

static void intel_prefers_compressed_tiles_and_linear_last(void **state)
{
    (void)state;
    static const char path[] = STOCK_DIR "/format_costs_intel.json";
    static const uint64_t best_first[] = {
        SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED_CCS,
        SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED_CCS,
        SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED,
        SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED,
        SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED,
        LINEAR,
    };
    for (size_t i = 0; i + 1 < sizeof(best_first) / sizeof(best_first[0]); i++) {
        assert_true(preferred_modifier(path, best_first[i], best_first[i + 1]) == best_first[i]);
    }
    struct config config;
    load(&config, path);
    assert_int_equal(config.format_cost_count, 5 * 5);
    config_deinit(&config);
}

static void a_hardware_decoder_prefers_nv12(void **state)
{
    (void)state;
    struct config config;
    load(&config, STOCK_DIR "/format_costs_video.json");
    const struct sysmem_pixel_format_and_modifier nv12 = {NV12, LINEAR};
    const struct sysmem_pixel_format_and_modifier i420 = {SYSMEM_PIXEL_FORMAT_I420, LINEAR};
    struct sysmem_buffer_usage usage = {.cpu = SYSMEM_CPU_USAGE_READ, .has = {.cpu = true}};
    assert_int_equal(preferred(&config, &usage, nv12, i420).pixel_format, i420.pixel_format);
    SYSMEM_SET(&usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER | SYSMEM_VIDEO_USAGE_DECRYPTOR_OUTPUT);
    assert_int_equal(preferred(&config, &usage, nv12, i420).pixel_format, NV12);
    config_deinit(&config);
}

/* All of them together, as a machine may have it. */
static void stock_files_do_not_override_each_other(void **state)
{
    (void)state;
    struct config config;
    char *error = NULL;
    load(&config, STOCK_DIR "/format_costs_arm.json");
    assert_int_equal(config_load_file(&config, STOCK_DIR "/format_costs_intel.json", &error), 0);
    assert_int_equal(config.tally.format_costs_replaced, 0);
    assert_int_equal(config_load_file(&config, STOCK_DIR "/format_costs_video.json", &error), 0);
    assert_int_equal(config.tally.format_costs_replaced, 0);
    for (size_t i = 0; i < config.format_cost_count; i++) {
        assert_true(config.format_costs[i].cost > 0); /* others are for tests */
    }
    config_deinit(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arm_costs_follow_their_rule),
        cmocka_unit_test(c159_afbc_is_preferred_on_arm),
        cmocka_unit_test(c161_transaction_elimination_is_preferred_on_arm),
        cmocka_unit_test(arm_prefers_small_costs_and_linear_last),
        cmocka_unit_test(intel_prefers_compressed_tiles_and_linear_last),
        cmocka_unit_test(a_hardware_decoder_prefers_nv12),
        cmocka_unit_test(stock_files_do_not_override_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
