#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/usage.h>
#include <zircon/rights.h>

#include "server/vmo_rights.h"

#define READ_ONLY (VMO_RIGHTS_CEILING & ~(uint32_t)ZX_RIGHT_WRITE)

/* What a participant with this usage is given. */
static uint32_t rights_for(struct sysmem_buffer_usage usage, uint32_t mask)
{
    struct sysmem_buffer_collection_constraints constraints = {.usage = usage, .has.usage = true};
    const struct node node = {
        .constraints = &constraints, .has_constraints = true, .rights_mask = mask};
    return vmo_rights(&node);
}

#define CPU(bits)    ((struct sysmem_buffer_usage){.cpu = (bits), .has.cpu = true})
#define VULKAN(bits) ((struct sysmem_buffer_usage){.vulkan = (bits), .has.vulkan = true})
#define VIDEO(bits)  ((struct sysmem_buffer_usage){.video = (bits), .has.video = true})

static void assert_writes(struct sysmem_buffer_usage usage, bool writes)
{
    assert_int_equal(rights_for(usage, UINT32_MAX), writes ? VMO_RIGHTS_CEILING : READ_ONLY);
}

static void the_cpu_writes_only_if_it_says_so(void **state)
{
    (void)state;
    assert_writes(CPU(SYSMEM_CPU_USAGE_READ), false);
    assert_writes(CPU(SYSMEM_CPU_USAGE_READ_OFTEN), false);
    assert_writes(CPU(SYSMEM_CPU_USAGE_WRITE), true);
    assert_writes(CPU(SYSMEM_CPU_USAGE_WRITE_OFTEN), true);
    assert_writes(CPU(SYSMEM_CPU_USAGE_READ | SYSMEM_CPU_USAGE_WRITE), true);
}

static void a_device_writes_only_what_is_its_output(void **state)
{
    (void)state;
    assert_writes(VULKAN(SYSMEM_VULKAN_IMAGE_USAGE_TRANSFER_SRC), false);
    assert_writes(VULKAN(SYSMEM_VULKAN_IMAGE_USAGE_SAMPLED), false);
    assert_writes(VULKAN(SYSMEM_VULKAN_IMAGE_USAGE_TRANSFER_DST), true);
    assert_writes(VULKAN(SYSMEM_VULKAN_IMAGE_USAGE_STORAGE), true);
    assert_writes(VULKAN(SYSMEM_VULKAN_BUFFER_USAGE_TRANSFER_DST), true);
    assert_writes(VULKAN(SYSMEM_VULKAN_BUFFER_USAGE_STORAGE_BUFFER), true);
    assert_writes(VIDEO(SYSMEM_VIDEO_USAGE_CAPTURE), false);
    assert_writes(VIDEO(SYSMEM_VIDEO_USAGE_HW_DECODER), true);
    assert_writes(VIDEO(SYSMEM_VIDEO_USAGE_DECRYPTOR_OUTPUT), true);
    const struct sysmem_buffer_usage display = {.display = SYSMEM_DISPLAY_USAGE_LAYER,
                                                .has.display = true};
    assert_writes(display, false);
}

/* A value without its flag was not said. */
static void an_unset_usage_counts_for_nothing(void **state)
{
    (void)state;
    assert_writes((struct sysmem_buffer_usage){.cpu = SYSMEM_CPU_USAGE_WRITE}, false);
    assert_writes((struct sysmem_buffer_usage){.vulkan = SYSMEM_VULKAN_IMAGE_USAGE_STORAGE}, false);
    assert_writes((struct sysmem_buffer_usage){.video = SYSMEM_VIDEO_USAGE_HW_DECODER}, false);
}

static void attenuation_takes_away_and_never_adds(void **state)
{
    (void)state;
    const struct sysmem_buffer_usage writer = CPU(SYSMEM_CPU_USAGE_WRITE);
    assert_int_equal(rights_for(writer, READ_ONLY), READ_ONLY);
    assert_int_equal(rights_for(writer, ZX_RIGHT_READ | ZX_RIGHT_MAP),
                     ZX_RIGHT_READ | ZX_RIGHT_MAP);
    assert_int_equal(rights_for(writer, 0), 0);
    assert_int_equal(rights_for(writer, ZX_RIGHT_EXECUTE | ZX_RIGHT_RESIZE | ZX_RIGHT_SIGNAL), 0);
    assert_int_equal(rights_for(CPU(SYSMEM_CPU_USAGE_READ), ZX_RIGHT_WRITE), 0);
}

static bool wants(struct sysmem_buffer_usage usage)
{
    struct sysmem_buffer_collection_constraints constraints = {.usage = usage, .has.usage = true};
    const struct node node = {.constraints = &constraints, .has_constraints = true};
    return vmo_is_wanted(&node);
}

static void who_uses_buffers_gets_them(void **state)
{
    (void)state;
    assert_true(wants(CPU(SYSMEM_CPU_USAGE_READ)));
    assert_true(wants(VULKAN(SYSMEM_VULKAN_IMAGE_USAGE_SAMPLED)));
    assert_true(wants(VIDEO(SYSMEM_VIDEO_USAGE_CAPTURE)));
    assert_true(wants(
        (struct sysmem_buffer_usage){.display = SYSMEM_DISPLAY_USAGE_LAYER, .has.display = true}));
    assert_true(wants((struct sysmem_buffer_usage){.none = SYSMEM_NONE_USAGE_PERMIT_ALLOCATION,
                                                   .has.none = true}));
}

static void who_uses_none_gets_none(void **state)
{
    (void)state;
    assert_false(wants((struct sysmem_buffer_usage){.none = SYSMEM_NONE_USAGE, .has.none = true}));
    assert_false(wants(CPU(0)));
    assert_false(wants((struct sysmem_buffer_usage){.cpu = SYSMEM_CPU_USAGE_READ}));
    struct sysmem_buffer_collection_constraints constraints = {.usage = CPU(SYSMEM_CPU_USAGE_READ)};
    assert_false(vmo_is_wanted(&(struct node){.constraints = &constraints}));
    assert_false(vmo_is_wanted(&(struct node){.has_constraints = true}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cpu_writes_only_if_it_says_so),
        cmocka_unit_test(a_device_writes_only_what_is_its_output),
        cmocka_unit_test(an_unset_usage_counts_for_nothing),
        cmocka_unit_test(attenuation_takes_away_and_never_adds),
        cmocka_unit_test(who_uses_buffers_gets_them),
        cmocka_unit_test(who_uses_none_gets_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
