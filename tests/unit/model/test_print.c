/* Tables in one line. */
#include "model/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>
#include <sysmem/types.h>
#include <sysmem/usage.h>

#include "model/requests.h"
#include "model/tables.h"

static void assert_prints(const struct model_type *type, const void *table, const char *want)
{
    struct strbuf buf = {0};
    model_print(type, table, &buf);
    assert_string_equal(strbuf_text(&buf), want);
    strbuf_deinit(&buf);
}

static void constraints_print_in_one_line(void **state)
{
    (void)state;
    static const uint32_t spaces[] = {SYSMEM_COLOR_SPACE_REC709, 77};
    static struct sysmem_image_format_constraints images[2];
    struct sysmem_buffer_collection_constraints table = {0};
    assert_prints(&model_type_buffer_collection_constraints, &table, "");
    SYSMEM_SET(&table.usage, cpu, SYSMEM_CPU_USAGE_READ_OFTEN | SYSMEM_CPU_USAGE_WRITE | 0x100);
    table.has.usage = true;
    SYSMEM_SET(&table, min_buffer_count, 3);
    SYSMEM_SET(&table.buffer_memory_constraints, min_size_bytes, 65536);
    SYSMEM_SET(&table.buffer_memory_constraints, secure_required, false);
    SYSMEM_SET_VECTOR(&table.buffer_memory_constraints, permitted_heaps, NULL, 0);
    table.has.buffer_memory_constraints = true;
    SYSMEM_SET(&images[0], pixel_format, SYSMEM_PIXEL_FORMAT_NV12);
    SYSMEM_SET_VECTOR(&images[0], color_spaces, spaces, 2);
    SYSMEM_SET(&images[0], min_size, (struct sysmem_size){.width = 64, .height = 48});
    SYSMEM_SET_VECTOR(&table, image_format_constraints, images, 2);
    assert_prints(&model_type_buffer_collection_constraints, &table,
                  "usage.cpu=CPU_USAGE_READ_OFTEN|CPU_USAGE_WRITE|0x100 min_buffer_count=3 "
                  "buffer_memory_constraints.min_size_bytes=65536 "
                  "buffer_memory_constraints.secure_required=false "
                  "buffer_memory_constraints.permitted_heaps=[] "
                  "image_format_constraints[0].pixel_format=NV12 "
                  "image_format_constraints[0].color_spaces=[REC709,77] "
                  "image_format_constraints[0].min_size.width=64 "
                  "image_format_constraints[0].min_size.height=48 "
                  "image_format_constraints[1]={}");
}

static void text_of_peers_is_escaped(void **state)
{
    (void)state;
    struct model_node_set_name_request request = {0};
    SYSMEM_SET(&request, priority, 7);
    SYSMEM_SET(&request, name, "a\nb\x1b[2J");
    assert_prints(&model_type_node_set_name_request, &request,
                  "priority=7 name=\"a\\x0ab\\x1b[2J\"");
}

static void every_kind_of_leaf_prints(void **state)
{
    (void)state;
    struct model_token_duplicate_request duplicate = {0};
    struct model_node_set_debug_timeout_log_deadline_request deadline = {0};
    struct sysmem_format_cost_entry cost = {0};
    SYSMEM_SET(&duplicate, rights_attenuation_mask, 0);
    SYSMEM_SET(&duplicate, token_request, 9);
    assert_prints(&model_type_token_duplicate_request, &duplicate,
                  "rights_attenuation_mask=0x0 token_request=#9");
    SYSMEM_SET(&deadline, deadline, -5);
    assert_prints(&model_type_node_set_debug_timeout_log_deadline_request, &deadline,
                  "deadline=-5");
    SYSMEM_SET(&cost, cost, 1.5F);
    assert_prints(&model_type_format_cost_entry, &cost, "cost=1.5");
}

static void the_line_goes_on_behind_what_is_there(void **state)
{
    (void)state;
    struct sysmem_heap heap = {0};
    struct strbuf buf = {0};
    SYSMEM_SET(&heap, id, 4);
    strbuf_addf(&buf, "node 3");
    model_print(&model_type_heap, &heap, &buf);
    assert_string_equal(buf.text, "node 3 id=4");
    strbuf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constraints_print_in_one_line),
        cmocka_unit_test(text_of_peers_is_escaped),
        cmocka_unit_test(every_kind_of_leaf_prints),
        cmocka_unit_test(the_line_goes_on_behind_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
