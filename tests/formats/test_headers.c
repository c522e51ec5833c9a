/* The library's codes against the installed headers of DRM, Wayland and V4L2: what they say of each
 * code's memory, where they say it, must be the memory of the pixel format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/drm_format.h>
#include <sysmem/v4l2_format.h>
#include <sysmem/wl_shm_format.h>

#include "image/counterpart.h"
#include "memory_order.h"

#if __has_include(<drm_fourcc.h>)
#include <drm_fourcc.h>
#endif

typedef struct sysmem_image_format_constraints constraints_t;

/* The text of a header, until the next one is read; or a skipped test. */
static const char *read_header(const char *path)
{
    static char text[1 << 20];
    FILE *file = path[0] == 0 ? NULL : fopen(path, "r");
    if (file == NULL) {
        print_message("skipped: the header is not installed\n");
        skip();
        return "";
    }
    size_t size = fread(text, 1, sizeof(text), file);
    (void)fclose(file);
    assert_in_range(size, 1, sizeof(text) - 1);
    text[size] = 0;
    return text;
}

/* The comment behind "<macro>('A', 'B', '2', '4')", in `ret`. False: there is no such code. */
static bool find_fourcc(const char *text, const char *macro, uint32_t code, char ret[128])
{
    char wanted[64];
    (void)snprintf(wanted, sizeof(wanted), "%s('%c', '%c', '%c', '%c')", macro, (int)(code & 0xff),
                   (int)(code >> 8 & 0xff), (int)(code >> 16 & 0xff), (int)(code >> 24));
    const char *at = strstr(text, wanted);
    at = at == NULL ? NULL : strstr(at, "/* ");
    if (at == NULL) {
        return false;
    }
    at += 3;
    (void)snprintf(ret, 128, "%.*s", (int)(strstr(at, "*/") - at), at);
    return true;
}

/* The comment above "WL_SHM_FORMAT_<name> = <number>,". */
static bool find_wl_shm(const char *text, uint32_t number, char ret[128])
{
    for (const char *at = strstr(text, "WL_SHM_FORMAT_"); at != NULL;
         at = strstr(at + 1, "WL_SHM_FORMAT_")) {
        const char *equals = at + strcspn(at, "\n=");
        if (*equals != '=' || strtoul(equals + 1, NULL, 0) != number) {
            continue;
        }
        size_t start = (size_t)(at - text);
        while (start > 0 && strncmp(text + start, "/**", 3) != 0) {
            start--;
        }
        const char *comment = text + start + strcspn(text + start, "\n") + 1;
        (void)snprintf(ret, 128, "%.*s", (int)strcspn(comment, "\n"), comment);
        return true;
    }
    return false;
}

/* Each format, once with and once without alpha where that makes a difference. */
static constraints_t constraints_of(uint32_t index)
{
    constraints_t constraints = {0};
    SYSMEM_SET(&constraints, pixel_format, index / 2);
    SYSMEM_SET(&constraints, is_alpha_present, index % 2 == 0);
    return constraints;
}
#define CONSTRAINTS (2 * 130)

/* The deprecated two are the formats with an A, whose A is an X. */
static uint32_t plain(uint32_t format)
{
    return format == SYSMEM_PIXEL_FORMAT_R8G8B8X8   ? SYSMEM_PIXEL_FORMAT_R8G8B8A8
           : format == SYSMEM_PIXEL_FORMAT_B8G8R8X8 ? SYSMEM_PIXEL_FORMAT_B8G8R8A8
                                                    : format;
}

static bool has_x(const constraints_t *constraints)
{
    return !constraints->is_alpha_present ||
           plain(constraints->pixel_format) != constraints->pixel_format;
}

static void check(bool good, const constraints_t *constraints, const char *comment)
{
    if (!good) {
        print_error("%s, alpha %d: the header says \"%s\"\n",
                    sysmem_pixel_format_name(constraints->pixel_format),
                    constraints->is_alpha_present, comment);
    }
    assert_true(good);
}

static void drm_formats(void **state)
{
    const char *text = read_header(PATH_OF_DRM);
    unsigned count = 0;
    (void)state;
    for (uint32_t i = 0; i < CONSTRAINTS; i++) {
        const constraints_t constraints = constraints_of(i);
        struct sysmem_drm_format drm;
        char comment[128] = "no such code";
        if (sysmem_drm_format_from_constraints(&constraints, &drm, NULL) == ZX_OK) {
            check(find_fourcc(text, "fourcc_code", drm.fourcc, comment) &&
                      memory_order_is_drm(plain(i / 2), has_x(&constraints), comment),
                  &constraints, comment);
            count++;
        }
    }
    assert_int_equal(count, 2 * 17);
}

static void drm_names(void **state)
{
    const char *text = read_header(PATH_OF_DRM);
    size_t count = 0;
    const struct counterpart *rows = counterparts(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const char *code = rows[i].drm;
        char macro[64];
        char wanted[64];
        assert_int_equal(code == NULL, rows[i].drm_name == NULL);
        if (code == NULL) {
            continue;
        }
        (void)snprintf(macro, sizeof(macro), "#define DRM_FORMAT_%s\t", rows[i].drm_name);
        (void)snprintf(wanted, sizeof(wanted), "fourcc_code('%c', '%c', '%c', '%c')", code[0],
                       code[1], code[2], code[3]);
        const char *at = strstr(text, macro);
        if (at == NULL) { /* with a blank instead */
            macro[strlen(macro) - 1] = ' ';
            at = strstr(text, macro);
        }
        assert_non_null(at);
        at += strlen(macro) + strspn(at + strlen(macro), " \t");
        assert_int_equal(strncmp(at, wanted, strlen(wanted)), 0);
    }
}

static void wl_shm_formats(void **state)
{
    const char *text = read_header(PATH_OF_WAYLAND);
    unsigned count = 0;
    (void)state;
    for (uint32_t i = 0; i < CONSTRAINTS; i++) {
        const constraints_t constraints = constraints_of(i);
        uint32_t number;
        char comment[128] = "no such number";
        if (sysmem_wl_shm_format_from_constraints(&constraints, &number, NULL) == ZX_OK) {
            check(find_wl_shm(text, number, comment) &&
                      memory_order_is_drm(plain(i / 2), has_x(&constraints), comment),
                  &constraints, comment);
            count++;
        }
    }
    assert_int_equal(count, 2 * 17);
}

static bool is_v4l2(const constraints_t *constraints, const char *comment)
{
    switch (constraints->pixel_format) {
    case SYSMEM_PIXEL_FORMAT_M420:
        return strstr(comment, "YUV 4:2:0 2 lines y, 1 line uv interleaved") != NULL;
    case SYSMEM_PIXEL_FORMAT_MJPEG:
        return strstr(comment, "Motion-JPEG") != NULL;
    default:
        return memory_order_is_v4l2(plain(constraints->pixel_format), has_x(constraints), comment);
    }
}

static void v4l2_formats(void **state)
{
    const char *text = read_header(PATH_OF_V4L2);
    unsigned count = 0;
    (void)state;
    for (uint32_t i = 0; i < CONSTRAINTS; i++) {
        const constraints_t constraints = constraints_of(i);
        uint32_t fourcc;
        char comment[128] = "no such code";
        if (sysmem_v4l2_format_from_constraints(&constraints, &fourcc, NULL) != ZX_OK) {
            continue;
        }
        bool found = find_fourcc(text, "v4l2_fourcc", fourcc, comment);
        if (!found && constraints.pixel_format == SYSMEM_PIXEL_FORMAT_A2R10G10B10) {
            continue; /* came with Linux 6.3 */
        }
        if (found && constraints.pixel_format == SYSMEM_PIXEL_FORMAT_A2R10G10B10) {
            continue; /* its comment has no order that could be compared */
        }
        check(found && is_v4l2(&constraints, comment), &constraints, comment);
        count++;
    }
    assert_int_equal(count, 2 * 16);
}

#ifdef DRM_FORMAT_MOD_LINEAR
/* Of R8G8B8A8 images. */
static void check_modifier(uint64_t modifier, uint64_t wanted)
{
    constraints_t constraints = constraints_of(2 * SYSMEM_PIXEL_FORMAT_R8G8B8A8);
    constraints_t back = {0};
    struct sysmem_drm_format drm;
    SYSMEM_SET(&constraints, pixel_format_modifier, modifier);
    assert_int_equal(sysmem_drm_format_from_constraints(&constraints, &drm, NULL), ZX_OK);
    assert_int_equal(drm.fourcc, DRM_FORMAT_ABGR8888);
    assert_true(drm.modifier == wanted);
    assert_int_equal(sysmem_drm_format_into_constraints(&drm, &back, NULL), ZX_OK);
    assert_true(back.pixel_format_modifier == modifier);
}

static void drm_modifiers(void **state)
{
    static const struct {
        uint64_t ours;
        uint64_t drm;
    } flags[] = {
        {0x10,   AFBC_FORMAT_MOD_YTR   },
        {0x20,   AFBC_FORMAT_MOD_SPLIT },
        {0x40,   AFBC_FORMAT_MOD_SPARSE},
        {0x800,  AFBC_FORMAT_MOD_BCH   },
        {0x2000, AFBC_FORMAT_MOD_TILED },
    };
    (void)state;
    check_modifier(SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR, DRM_FORMAT_MOD_LINEAR);
    check_modifier(SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED, I915_FORMAT_MOD_X_TILED);
    check_modifier(SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED, I915_FORMAT_MOD_Y_TILED);
    check_modifier(SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED, I915_FORMAT_MOD_Yf_TILED);
    check_modifier(SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED_CCS,
                   I915_FORMAT_MOD_Y_TILED_CCS);
    check_modifier(SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED_CCS,
                   I915_FORMAT_MOD_Yf_TILED_CCS);
    for (unsigned chosen = 0; chosen < 32; chosen++) {
        uint64_t ours = 0;
        uint64_t theirs = 0;
        for (unsigned bit = 0; bit < 5; bit++) {
            ours |= (chosen >> bit & 1) != 0 ? flags[bit].ours : 0;
            theirs |= (chosen >> bit & 1) != 0 ? flags[bit].drm : 0;
        }
        check_modifier(SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16 | ours,
                       DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_16x16 | theirs));
        check_modifier(SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8 | ours,
                       DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_32x8 | theirs));
    }
}

static void drm_modifiers_that_the_interface_lacks(void **state)
{
    static const uint64_t unknown[] = {
        DRM_FORMAT_MOD_INVALID,
        DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_64x4),
        DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_16x16 | AFBC_FORMAT_MOD_USM),
        DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_16x16 | AFBC_FORMAT_MOD_CBR),
        DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_16x16 | AFBC_FORMAT_MOD_SC),
        DRM_FORMAT_MOD_ARM_AFBC(AFBC_FORMAT_MOD_BLOCK_SIZE_16x16 | AFBC_FORMAT_MOD_DB),
        DRM_FORMAT_MOD_ARM_16X16_BLOCK_U_INTERLEAVED,
        I915_FORMAT_MOD_Y_TILED_GEN12_RC_CCS,
        DRM_FORMAT_MOD_VIVANTE_TILED,
        DRM_FORMAT_MOD_BROADCOM_VC4_T_TILED,
    };
    (void)state;
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        const struct sysmem_drm_format drm = {DRM_FORMAT_ABGR8888, unknown[i]};
        constraints_t constraints = {0};
        assert_int_equal(sysmem_drm_format_into_constraints(&drm, &constraints, NULL),
                         ZX_ERR_NOT_SUPPORTED);
        assert_false(constraints.has.pixel_format);
    }
}
#else
static void drm_modifiers(void **state)
{
    (void)state;
    print_message("skipped: the header is not installed\n");
    skip();
}
#define drm_modifiers_that_the_interface_lacks drm_modifiers
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drm_formats),    cmocka_unit_test(drm_names),
        cmocka_unit_test(drm_modifiers),  cmocka_unit_test(drm_modifiers_that_the_interface_lacks),
        cmocka_unit_test(wl_shm_formats), cmocka_unit_test(v4l2_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
