/* The layouts that programs are built with: whoever changes one on purpose changes the library's
 * soname with it (SOVERSION in src/client/CMakeLists.txt), and this list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sysmem/sysmem.h>

#define STRUCT(name, last, ...)                                                                    \
    {                                                                                              \
#name, sizeof(struct sysmem_##name), offsetof(struct sysmem_##name, last), __VA_ARGS__     \
    }
#define TABLE(name, ...) STRUCT(name, has, __VA_ARGS__)

struct layout {
    const char *name;
    size_t size;
    size_t last; /* where the last member is */
    size_t wanted_size;
    size_t wanted_last;
};

static const struct layout layouts[] = {
    STRUCT(size, height, 8, 4),
    TABLE(heap, 24, 16),
    TABLE(buffer_usage, 28, 20),
    TABLE(buffer_memory_constraints, 48, 40),
    STRUCT(pixel_format_and_modifier, pixel_format_modifier, 16, 8),
    TABLE(image_format_constraints, 144, 122),
    TABLE(buffer_collection_constraints, 120, 112),
    TABLE(buffer_memory_settings, 48, 40),
    TABLE(single_buffer_settings, 200, 192),
    TABLE(vmo_buffer, 24, 20),
    TABLE(buffer_collection_info, 232, 224),
    TABLE(format_cost_key, 48, 44),
    TABLE(format_cost_entry, 56, 52),
    STRUCT(pixel_format_info, has_alpha, 28, 24), /* the library's own: may grow at the end */
    STRUCT(image_format, reserved, 64, 32),
    STRUCT(drm_format, modifier, 16, 8),
    STRUCT(vmo_info, reserved, 56, 32),
    STRUCT(handle_info, reserved, 40, 24),
    STRUCT(heap_properties, reserved, 48, 16),
    STRUCT(heap_allocation, buffer_index, 32, 24), /* the library's own: may grow at the end */
    STRUCT(heap_provider_ops, reserved, 56, 24),
    STRUCT(heap_provider_config, reserved, 96, 64),
    STRUCT(secure_heap_range, size_bytes, 16, 8),
    STRUCT(secure_heap, reserved, 64, 32),
    STRUCT(secure_heap_properties, is_mod_protected_range_available, 24, 16), /* may grow, too */
    STRUCT(secure_mem_ops, reserved, 104, 72),
};

static void layouts_stay_as_they_are(void **state)
{
    (void)state;
    if (sizeof(void *) != 8) {
        print_message("skipped: the numbers are those of 64-bit machines\n");
        skip();
    }
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        const struct layout *layout = &layouts[i];
        if (layout->size != layout->wanted_size || layout->last != layout->wanted_last) {
            fail_msg("struct sysmem_%s: wanted %zu bytes and its last member at %zu, got %zu and "
                     "%zu",
                     layout->name, layout->wanted_size, layout->wanted_last, layout->size,
                     layout->last);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
