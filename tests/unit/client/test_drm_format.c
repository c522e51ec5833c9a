#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/drm_format.h>

#define AFBC UINT64_C(0x0800000000000001)

typedef struct sysmem_image_format_constraints constraints_t;

static constraints_t constraints_of(uint32_t format, uint64_t modifier)
{
    constraints_t constraints = {0};
    SYSMEM_SET(&constraints, pixel_format, format);
    SYSMEM_SET(&constraints, pixel_format_modifier, modifier);
    return constraints;
}

static void alpha_chooses_between_two(void **state)
{
    constraints_t constraints = constraints_of(SYSMEM_PIXEL_FORMAT_R8G8B8A8, 0);
    struct sysmem_drm_format drm;
    (void)state;
    assert_int_equal(sysmem_drm_format_from_constraints(&constraints, &drm, NULL), ZX_OK);
    assert_memory_equal(&drm.fourcc, "AB24", 4);
    assert_int_equal(drm.modifier, 0);
    SYSMEM_SET(&constraints, is_alpha_present, false);
    assert_int_equal(sysmem_drm_format_from_constraints(&constraints, &drm, NULL), ZX_OK);
    assert_memory_equal(&drm.fourcc, "XB24", 4);
    SYSMEM_SET(&constraints, is_alpha_present, true);
    assert_int_equal(sysmem_drm_format_from_constraints(&constraints, &drm, NULL), ZX_OK);
    assert_memory_equal(&drm.fourcc, "AB24", 4);
    constraints = constraints_of(SYSMEM_PIXEL_FORMAT_B8G8R8X8, 0);
    assert_int_equal(sysmem_drm_format_from_constraints(&constraints, &drm, NULL), ZX_OK);
    assert_memory_equal(&drm.fourcc, "XR24", 4);
}

static void an_x_comes_back_as_a_without_alpha(void **state)
{
    struct sysmem_drm_format drm = {.modifier = 0};
    constraints_t constraints = {0};
    (void)state;
    SYSMEM_SET(&constraints, bytes_per_row_divisor, 64);
    memcpy(&drm.fourcc, "XR24", 4);
    assert_int_equal(sysmem_drm_format_into_constraints(&drm, &constraints, NULL), ZX_OK);
    assert_int_equal(constraints.pixel_format, SYSMEM_PIXEL_FORMAT_B8G8R8A8);
    assert_true(constraints.has.is_alpha_present && !constraints.is_alpha_present);
    assert_true(constraints.has.pixel_format_modifier);
    assert_int_equal(constraints.bytes_per_row_divisor, 64);
    memcpy(&drm.fourcc, "NV12", 4);
    assert_int_equal(sysmem_drm_format_into_constraints(&drm, &constraints, NULL), ZX_OK);
    assert_int_equal(constraints.pixel_format, SYSMEM_PIXEL_FORMAT_NV12);
    assert_false(constraints.has.is_alpha_present);
}

static void modifiers_whose_bits_differ(void **state)
{
    static const struct {
        uint64_t ours;
        uint64_t drm;
    } pairs[] = {
        {SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED_CCS,                UINT64_C(0x0100000000000004)},
        {SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED_CCS,               UINT64_C(0x0100000000000005)},
        {SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_YUV_TILED_HEADER,       AFBC | 0x110                },
        {SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV, AFBC | 0x70                 },
        {SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8 | 0x800,                 (AFBC + 1) | 0x800          },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        constraints_t constraints = constraints_of(SYSMEM_PIXEL_FORMAT_R8G8B8A8, pairs[i].ours);
        constraints_t back = {0};
        struct sysmem_drm_format drm;
        assert_int_equal(sysmem_drm_format_from_constraints(&constraints, &drm, NULL), ZX_OK);
        assert_true(drm.modifier == pairs[i].drm);
        assert_int_equal(sysmem_drm_format_into_constraints(&drm, &back, NULL), ZX_OK);
        assert_true(back.pixel_format_modifier == pairs[i].ours);
    }
}

/* No modifier with ARM's transaction elimination leaves, above all not as DRM's uncompressed
 * storage mode, which has its bit; and that mode does not come in as transaction elimination. */
static void transaction_elimination_stays_inside(void **state)
{
    (void)state;
    for (uint64_t flags = 0; flags < 0x4000; flags += 0x10) {
        constraints_t constraints = constraints_of(SYSMEM_PIXEL_FORMAT_R8G8B8A8, AFBC | flags);
        struct sysmem_drm_format drm = {.fourcc = 7};
        sysmem_status_t status = sysmem_drm_format_from_constraints(&constraints, &drm, NULL);
        bool known = (flags & ~UINT64_C(0x2870)) == 0;
        assert_int_equal(status, known ? ZX_OK : ZX_ERR_NOT_SUPPORTED);
        assert_true(!known || (drm.modifier & 0x1000) == 0);
        memcpy(&drm.fourcc, "AB24", 4);
        drm.modifier = AFBC | flags;
        known = (flags & ~UINT64_C(0x970)) == 0;
        assert_int_equal(sysmem_drm_format_into_constraints(&drm, &constraints, NULL),
                         known ? ZX_OK : ZX_ERR_NOT_SUPPORTED);
        assert_true(!known || (constraints.pixel_format_modifier & 0x1000) == 0);
    }
}

static void refused(uint32_t format, uint64_t modifier, const char *wanted)
{
    const constraints_t constraints = constraints_of(format, modifier);
    struct sysmem_drm_format drm;
    char why[SYSMEM_FORMAT_WHY_SIZE] = "";
    assert_int_equal(sysmem_drm_format_from_constraints(&constraints, &drm, why),
                     ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(why, wanted);
}

static void what_drm_has_not_is_named(void **state)
{
    const constraints_t nothing = {0};
    struct sysmem_drm_format drm;
    char why[SYSMEM_FORMAT_WHY_SIZE] = "";
    (void)state;
    refused(SYSMEM_PIXEL_FORMAT_M420, 0, "DRM has no counterpart of M420");
    refused(SYSMEM_PIXEL_FORMAT_MJPEG, 0, "DRM has no counterpart of MJPEG");
    refused(SYSMEM_PIXEL_FORMAT_L8, 0, "DRM has no counterpart of L8");
    refused(SYSMEM_PIXEL_FORMAT_DO_NOT_CARE, 0, "DRM has no counterpart of DO_NOT_CARE");
    refused(4711, 0, "4711 is no pixel format of sysmem's");
    refused(SYSMEM_PIXEL_FORMAT_R8G8B8A8, SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE,
            "DRM has no counterpart of the modifier ARM_LINEAR_TE (0x0800000000001000)");
    refused(SYSMEM_PIXEL_FORMAT_R8G8B8A8, SYSMEM_PIXEL_FORMAT_MODIFIER_GOOGLE_GOLDFISH_OPTIMAL,
            "DRM has no counterpart of the modifier GOOGLE_GOLDFISH_OPTIMAL (0x6700000000000001)");
    assert_int_equal(sysmem_drm_format_from_constraints(&nothing, &drm, why), ZX_ERR_INVALID_ARGS);
    assert_string_equal(why, "no pixel format is set");
}

static void not_taken(const char *fourcc, uint64_t modifier, const char *wanted)
{
    constraints_t constraints = {.pixel_format = 7};
    struct sysmem_drm_format drm = {.modifier = modifier};
    char why[SYSMEM_FORMAT_WHY_SIZE] = "";
    memcpy(&drm.fourcc, fourcc, 4);
    assert_int_equal(sysmem_drm_format_into_constraints(&drm, &constraints, why),
                     ZX_ERR_NOT_SUPPORTED);
    assert_string_equal(why, wanted);
    assert_int_equal(constraints.pixel_format, 7);
}

static void what_only_drm_has_is_named(void **state)
{
    (void)state;
    not_taken("XR12", 0, "sysmem has no counterpart of DRM's format 'XR12'");
    not_taken("XR\x31\xb4", 0, "sysmem has no counterpart of DRM's format 0xb4315258");
    not_taken("\0\0\0\0", 0, "sysmem has no counterpart of DRM's format 0x00000000");
    not_taken("AB24", UINT64_C(0x00ffffffffffffff),
              "sysmem has no counterpart of DRM's modifier 0x00ffffffffffffff");
    not_taken("AB24", UINT64_C(0x0200000000000001),
              "sysmem has no counterpart of DRM's modifier 0x0200000000000001");
    not_taken("NV12", AFBC,
              "sysmem has no images of NV12 with ARM_AFBC_16X16 (0x0800000000000001)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alpha_chooses_between_two),
        cmocka_unit_test(an_x_comes_back_as_a_without_alpha),
        cmocka_unit_test(modifiers_whose_bits_differ),
        cmocka_unit_test(transaction_elimination_stays_inside),
        cmocka_unit_test(what_drm_has_not_is_named),
        cmocka_unit_test(what_only_drm_has_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
