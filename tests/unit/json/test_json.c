/* The JSON form: every type there and back, each rule of the mapping, and messages that help. */
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>
#include <sysmem/types.h>
#include <sysmem/usage.h>
#include <zircon/rights.h>

#include "../../support/fill_table.h"
#include "model/names.h"
#include "model/requests.h"
#include "model/tables.h"
#include "model/walk.h"

static struct arena arena;
static struct strbuf error;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)4 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_clear(&arena);
    strbuf_deinit(&error);
    return 0;
}

/* Handles are called "n" and their number. */
static bool handle_from_name(void *arg, const struct model_field *field, const char *name,
                             zx_handle_t *ret_handle, struct strbuf *why)
{
    (void)arg;
    assert_int_equal(field->kind, MODEL_HANDLE);
    if (name[0] != 'n') {
        strbuf_addf(why, "nothing is called %s", name);
        return false;
    }
    *ret_handle = (zx_handle_t)strtoul(name + 1, NULL, 10);
    return true;
}

static void handle_to_name(void *arg, const struct model_field *field, zx_handle_t handle,
                           struct strbuf *ret_name)
{
    (void)arg;
    assert_int_equal(field->kind, MODEL_HANDLE);
    strbuf_addf(ret_name, "n%u", handle);
}

static const struct json_handles handles = {.from_name = handle_from_name,
                                            .to_name = handle_to_name};

static bool read_text(const struct model_type *type, const char *text, void *ret)
{
    strbuf_deinit(&error);
    error = (struct strbuf){0};
    json_t *json = json_from_text(text, strlen(text), &error);
    if (json == NULL) {
        return false;
    }
    bool done = json_to_table(type, json, &arena, &handles, ret, &error);
    json_decref(json);
    return done;
}

static char *write_text(const struct model_type *type, const void *table)
{
    json_t *json = table_to_json(type, table, &handles);
    assert_non_null(json);
    char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(json);
    assert_non_null(text);
    return text;
}

static void round_trip(const struct model_type *type, struct fill *fill)
{
    void *in = arena_alloc(&arena, type->size);
    void *out = arena_alloc(&arena, type->size);
    fill_table(fill, type, in);
    char *text = write_text(type, in);
    if (!read_text(type, text, out)) {
        fail_msg("%s: %s in %s", type->name, strbuf_text(&error), text);
    }
    assert_true(model_equal(type, in, out));
    free(text);
}

static void every_type_round_trips(void **state)
{
    (void)state;
    size_t count;
    const struct model_type *const *types = model_types(&count);
    struct fill all = {.arena = &arena, .state = 0x2545F4914F6CDD1D, .everything = true};
    struct fill some = {.arena = &arena, .state = 0x9E3779B97F4A7C15};
    for (size_t i = 0; i < 10 * count; i++) {
        round_trip(types[i % count], i < count ? &all : &some);
        arena_clear(&arena);
    }
}

static void output_has_the_shapes_of_the_contract(void **state)
{
    (void)state;
    static const struct sysmem_pixel_format_and_modifier formats[] = {
        {SYSMEM_PIXEL_FORMAT_NV12, SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16},
        {777,                      0x1234567890ABCDEF                         },
    };
    static const uint32_t spaces[] = {SYSMEM_COLOR_SPACE_SRGB, 99};
    struct sysmem_image_format_constraints image = {0};
    SYSMEM_SET(&image, pixel_format, SYSMEM_PIXEL_FORMAT_DO_NOT_CARE);
    SYSMEM_SET(&image, pixel_format_modifier, SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE);
    SYSMEM_SET_VECTOR(&image, color_spaces, spaces, 2);
    SYSMEM_SET(&image, min_size, (struct sysmem_size){64, 48});
    SYSMEM_SET(&image, min_bytes_per_row, 0xFFFFFFFF);
    SYSMEM_SET(&image, max_width_times_height, UINT64_MAX);
    SYSMEM_SET_VECTOR(&image, pixel_format_and_modifiers, formats, 2);
    SYSMEM_SET(&image, is_alpha_present, false);
    char *text = write_text(&model_type_image_format_constraints, &image);
    assert_string_equal(
        text, "{\"pixel_format\":\"DO_NOT_CARE\",\"pixel_format_modifier\":\"DO_NOT_CARE\","
              "\"color_spaces\":[\"SRGB\",99],\"min_size\":{\"width\":64,\"height\":48},"
              "\"min_bytes_per_row\":4294967295,"
              "\"max_width_times_height\":\"18446744073709551615\","
              "\"pixel_format_and_modifiers\":["
              "{\"pixel_format\":\"NV12\",\"pixel_format_modifier\":\"ARM_AFBC_16X16\"},"
              "{\"pixel_format\":777,\"pixel_format_modifier\":\"1311768467294899695\"}],"
              "\"is_alpha_present\":false}");
    free(text);
}

static void masks_come_out_as_the_contract_says(void **state)
{
    (void)state;
    struct sysmem_buffer_usage usage = {0};
    struct model_token_duplicate_request request = {0};
    SYSMEM_SET(&usage, cpu, SYSMEM_CPU_USAGE_READ_OFTEN | SYSMEM_CPU_USAGE_WRITE);
    char *text = write_text(&model_type_buffer_usage, &usage);
    assert_string_equal(text, "{\"cpu\":6}");
    free(text);
    SYSMEM_SET(&request, rights_attenuation_mask,
               ZX_RIGHT_SAME_RIGHTS | ZX_RIGHT_WRITE | ZX_RIGHT_DUPLICATE | 0x40000000);
    SYSMEM_SET(&request, token_request, 8);
    text = write_text(&model_type_token_duplicate_request, &request);
    assert_string_equal(text, "{\"rights_attenuation_mask\":[\"DUPLICATE\",\"WRITE\","
                              "\"0x40000000\",\"SAME_RIGHTS\"],\"token_request\":\"n8\"}");
    free(text);
}

struct good_mask {
    const char *text;
    uint32_t want;
};

static void masks_are_read_in_every_form(void **state)
{
    (void)state;
    static const struct good_mask cases[] = {
        {"{\"cpu\":3}",                                                                 3                     },
        {"{\"cpu\":\"0x3\"}",                                                           3                     },
        {"{\"cpu\":[]}",                                                                0                     },
        {"{\"cpu\":\"CPU_USAGE_WRITE\"}",                                               SYSMEM_CPU_USAGE_WRITE},
        {"{\"cpu\":[\"CPU_USAGE_READ\",\"CPU_USAGE_WRITE_OFTEN\",\"CPU_USAGE_READ\"]}", 9                     },
        {"{\"cpu\":4294967295}",                                                        0xFFFFFFFF            },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sysmem_buffer_usage usage = {0};
        assert_true(read_text(&model_type_buffer_usage, cases[i].text, &usage));
        assert_true(usage.has.cpu && !usage.has.none);
        assert_int_equal(usage.cpu, cases[i].want);
    }
}

struct good_number {
    const char *text;
    uint64_t want;
};

static void integers_are_read_in_every_form(void **state)
{
    (void)state;
    static const struct good_number cases[] = {
        {"0",                        0                   },
        {"-0",                       0                   },
        {"\"12\"",                   12                  },
        {"\"0xfF\"",                 255                 },
        {"999999999999999999",       999999999999999999  },
        {"9223372036854775808",      9223372036854775808U},
        {"18446744073709551615",     UINT64_MAX          },
        {"\"18446744073709551615\"", UINT64_MAX          },
        {"\"0xFFFFFFFFFFFFFFFF\"",   UINT64_MAX          },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[80];
        struct sysmem_heap heap = {0};
        snprintf(text, sizeof(text), "{\"heap_type\":\"a \\\"12345678901234567890\",\"id\":%s}",
                 cases[i].text);
        if (!read_text(&model_type_heap, text, &heap)) {
            fail_msg("%s: %s", text, strbuf_text(&error));
        }
        assert_int_equal(heap.id, cases[i].want);
        assert_string_equal(heap.heap_type, "a \"12345678901234567890");
    }
}

static void signed_integers_keep_their_sign(void **state)
{
    (void)state;
    struct model_node_set_debug_timeout_log_deadline_request request = {0};
    assert_true(read_text(&model_type_node_set_debug_timeout_log_deadline_request,
                          "{\"deadline\":-9223372036854775808}", &request));
    assert_true(request.deadline == INT64_MIN);
    char *text = write_text(&model_type_node_set_debug_timeout_log_deadline_request, &request);
    assert_string_equal(text, "{\"deadline\":\"-9223372036854775808\"}");
    free(text);
    assert_false(read_text(&model_type_node_set_debug_timeout_log_deadline_request,
                           "{\"deadline\":9223372036854775808}", &request));
}

static void both_spellings_of_attach_tokens_mask_are_read(void **state)
{
    (void)state;
    struct model_collection_attach_token_request request = {0};
    assert_true(read_text(&model_type_collection_attach_token_request,
                          "{\"rights_attentuation_mask\":\"SAME_RIGHTS\"}", &request));
    assert_int_equal(request.rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
    assert_true(read_text(&model_type_collection_attach_token_request,
                          "{\"rights_attenuation_mask\":[\"READ\"]}", &request));
    assert_int_equal(request.rights_attenuation_mask, ZX_RIGHT_READ);
    assert_false(read_text(&model_type_collection_attach_token_request,
                           "{\"rights_attenuation_mask\":1,\"rights_attentuation_mask\":1}",
                           &request));
    assert_false(read_text(&model_type_token_duplicate_request, "{\"rights_attentuation_mask\":1}",
                           &request));
}

struct bad_text {
    const struct model_type *type;
    const char *text;
    const char *reason;
};

static const struct bad_text bad_texts[] = {
    {&model_type_heap,                           "{\"id\":null}",
     "id: wanted an integer from 0 to 18446744073709551615, got null"                                                                                                        },
    {&model_type_heap,                           "{\"id\":-1}",
     "id: wanted an integer from 0 to 18446744073709551615, got -1"                                                                                                          },
    {&model_type_heap,                           "{\"id\":18446744073709551616}",
     "id: wanted an integer from 0 to 18446744073709551615, got \"18446744073709551616\""                                                                                    },
    {&model_type_heap,                           "{\"id\":1.0}",
     "id: wanted an integer from 0 to 18446744073709551615, got 1"                                                                                                           },
    {&model_type_heap,                           "{\"id\":\"12 \"}",
     "id: wanted an integer from 0 to 18446744073709551615, got \"12 \""                                                                                                     },
    {&model_type_heap,                           "{\"id\":\"0x\"}",
     "id: wanted an integer from 0 to 18446744073709551615, got \"0x\""                                                                                                      },
    {&model_type_heap,                           "{\"id\":\"\"}",
     "id: wanted an integer from 0 to 18446744073709551615, got \"\""                                                                                                        },
    {&model_type_heap,                           "{\"heap_type\":7}",                       "heap_type: wanted a string, got 7"                                              },
    {&model_type_heap,                           "{\"kind\":7}",                            "kind: Heap has no field of this name"                                           },
    {&model_type_heap,                           "[]",                                      "wanted an object, got a list of 0"                                              },
    {&model_type_heap,                           "{\"id\":1,\"id\":2}",                     "line 1, column"                                                                 },
    {&model_type_heap,                           "{\"id\":1",                               "line 1, column"                                                                 },
    {&model_type_heap,                           "{\"id\":01}",                             "line 1, column"                                                                 },
    {&model_type_buffer_usage,                   "{\"cpu\":4294967296}",
     "cpu: wanted a mask (an integer, a known name or a list of them), got 4294967296"                                                                                       },
    {&model_type_buffer_usage,                   "{\"cpu\":[\"CPU_USAGE_READ\",\"READ\"]}",
     "cpu[1]: wanted a mask (an integer, a known name or a list of them), got \"READ\""                                                                                      },
    {&model_type_image_format_constraints,       "{\"pixel_format\":\"NV13\"}",
     "pixel_format: wanted a known name or an integer of the field's width, got \"NV13\""                                                                                    },
    {&model_type_image_format_constraints,       "{\"min_size\":{\"width\":1}}",
     "min_size.height: missing, every SizeU has it"                                                                                                                          },
    {&model_type_image_format_constraints,       "{\"is_alpha_present\":0}",
     "is_alpha_present: wanted true or false, got 0"                                                                                                                         },
    {&model_type_buffer_collection_constraints,
     "{\"image_format_constraints\":[{},{\"color_spaces\":\"SRGB\"}]}",                     "image_format_constraints[1].color_spaces: wanted a list, got \"SRGB\""          },
    {&model_type_buffer_collection_constraints,
     "{\"buffer_memory_constraints\":{\"permitted_heaps\":[{\"id\":1},{\"ID\":1}]}}",       "buffer_memory_constraints.permitted_heaps[1].ID: Heap has no field of this name"},
    {&model_type_allocator_get_vmo_info_request, "{\"vmo\":\"h3\"}",                        "vmo: nothing is called h3"                                                      },
    {&model_type_allocator_get_vmo_info_request, "{\"vmo\":3}",
     "vmo: wanted the name of a handle, got 3"                                                                                                                               },
    {&model_type_format_cost_entry,              "{\"cost\":1e39}",
     "cost: wanted a number that a 32-bit float can hold, got 1e+39"                                                                                                         },
    {&model_type_format_cost_entry,              "{\"cost\":\"1\"}",
     "cost: wanted a number that a 32-bit float can hold, got \"1\""                                                                                                         },
};

static void errors_name_the_path_what_was_wanted_and_what_was_got(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_texts) / sizeof(bad_texts[0]); i++) {
        unsigned char out[1024];
        memset(out, 0x5A, sizeof(out));
        assert_false(read_text(bad_texts[i].type, bad_texts[i].text, out));
        if (strncmp(strbuf_text(&error), bad_texts[i].reason, strlen(bad_texts[i].reason)) != 0) {
            fail_msg("%s: wanted \"%s\", got \"%s\"", bad_texts[i].text, bad_texts[i].reason,
                     strbuf_text(&error));
        }
        assert_int_equal(out[0], 0x5A);
    }
}

static void long_input_is_refused_with_the_limit(void **state)
{
    (void)state;
    struct strbuf text = {0};
    struct model_token_duplicate_sync_request request;
    struct model_node_set_name_request name;
    strbuf_addf(&text, "{\"rights_attenuation_masks\":[0");
    for (int i = 0; i < 64; i++) {
        strbuf_addf(&text, ",0");
    }
    strbuf_addf(&text, "]}");
    assert_false(read_text(&model_type_token_duplicate_sync_request, text.text, &request));
    assert_string_equal(error.text, "rights_attenuation_masks: wanted at most 64 items, got 65");
    strbuf_deinit(&text);
    text = (struct strbuf){0};
    strbuf_addf(&text, "{\"name\":\"%065d\"}", 7);
    assert_false(read_text(&model_type_node_set_name_request, text.text, &name));
    assert_string_equal(error.text, "name: wanted at most 64 bytes, got 65");
    strbuf_deinit(&text);
}

static void deep_and_strange_text_is_refused(void **state)
{
    (void)state;
    static char deep[100000];
    struct sysmem_heap heap;
    memset(deep, '[', sizeof(deep) - 1);
    assert_false(read_text(&model_type_heap, deep, &heap));
    assert_false(read_text(&model_type_heap, "", &heap));
    assert_false(read_text(&model_type_heap, "\"", &heap));
    assert_false(read_text(&model_type_heap, "\"\\", &heap));
    assert_false(read_text(&model_type_heap, "-", &heap));
    assert_false(read_text(&model_type_heap, "{\"heap_type\":\"a\\u0000b\"}", &heap));
    assert_false(read_text(&model_type_heap, "{\"heap_type\":\"\xff\"}", &heap));
}

static void mutated_text_does_no_harm(void **state)
{
    (void)state;
    size_t count;
    const struct model_type *const *types = model_types(&count);
    struct fill fill = {.arena = &arena, .state = 0xA0761D6478BD642F};
    size_t understood = 0;
    for (size_t round = 0; round < 50 * count; round++) {
        const struct model_type *type = types[round % count];
        void *table = arena_alloc(&arena, type->size);
        fill_table(&fill, type, table);
        char *text = write_text(type, table);
        size_t at = fill_random(&fill) % strlen(text);
        text[at] = "{}[]\",:0-9\\enx"[fill_random(&fill) % 14];
        if (read_text(type, text, table)) {
            free(write_text(type, table));
            understood++;
        } else {
            assert_true(error.len > 0);
        }
        free(text);
        arena_clear(&arena);
    }
    assert_true(understood > 0);
}

static void a_single_value_needs_no_table(void **state)
{
    (void)state;
    static const struct model_field rights = {
        .name = "rights", .kind = MODEL_U32, .names = &model_rights_names};
    uint64_t value = 0;
    json_t *json = json_pack("[s,s]", "READ", "MAP");
    assert_true(json_to_value(&rights, json, &value, &error));
    assert_int_equal(value, ZX_RIGHT_READ | ZX_RIGHT_MAP);
    json_t *back = value_to_json(&rights, value);
    assert_true(json_equal(json, back));
    json_decref(back);
    json_decref(json);
    json = json_string("SING");
    assert_false(json_to_value(&rights, json, &value, &error));
    assert_string_equal(error.text, "rights: wanted a mask (an integer, a known name or a list of "
                                    "them), got \"SING\"");
    json_decref(json);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_type_round_trips),
        TEST(output_has_the_shapes_of_the_contract),
        TEST(masks_come_out_as_the_contract_says),
        TEST(masks_are_read_in_every_form),
        TEST(integers_are_read_in_every_form),
        TEST(signed_integers_keep_their_sign),
        TEST(both_spellings_of_attach_tokens_mask_are_read),
        TEST(errors_name_the_path_what_was_wanted_and_what_was_got),
        TEST(long_input_is_refused_with_the_limit),
        TEST(deep_and_strange_text_is_refused),
        TEST(mutated_text_does_no_harm),
        TEST(a_single_value_needs_no_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
