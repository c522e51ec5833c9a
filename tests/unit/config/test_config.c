#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include <sysmem/format.h>

#include "config/config.h"
#include "json/json.h"

/* Merges a document given with ' for ". */
static int merge(struct config *config, const char *text, char **ret_error)
{
    char *copy = strdup(text);
    for (char *at = copy; (at = strchr(at, '\'')) != NULL;) {
        *at = '"';
    }
    struct strbuf error = {0};
    json_t *json = json_from_text(copy, strlen(copy), &error);
    assert_non_null(json);
    int r = config_merge_json(config, json, ret_error);
    json_decref(json);
    strbuf_deinit(&error);
    free(copy);
    return r;
}

static void merge_well(struct config *config, const char *text)
{
    char *error = NULL;
    if (merge(config, text, &error) != 0) {
        fail_msg("%s", error);
    }
}

static void merge_badly(const char *text, const char *wanted)
{
    struct config config;
    char *error = NULL;
    config_init(&config);
    assert_int_equal(merge(&config, text, &error), -EINVAL);
    assert_non_null(error);
    if (strncmp(error, wanted, strlen(wanted)) != 0) {
        fail_msg("wanted '%s', got '%s'", wanted, error);
    }
    free(error);
    config_deinit(&config);
}

static void built_in_values(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    assert_int_equal(config.limits.max_buffer_bytes, UINT64_C(256) << 20);
    assert_int_equal(config.limits.max_collection_bytes, UINT64_C(1) << 30);
    assert_int_equal(config.limits.max_buffers, 128);
    assert_int_equal(config.limits.max_group_combinations, 64);
    assert_int_equal(config.quotas.max_nodes_per_tree, 4096);
    assert_int_equal(config.quotas.max_children_per_group, 1024);
    assert_int_equal(config.heap_count, 1);
    assert_string_equal(config.heaps[0].heap.heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM);
    assert_false(config.heap_options[0].lazy);
    assert_int_equal(config.format_cost_count, 0);
    assert_false(config.force_zero_slack);
    assert_false(config.debug.has_group);
    config_deinit(&config);
}

static void later_values_replace_earlier_ones(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    merge_well(&config, "{'limits': {'max_buffers': 7, 'max_bytes_per_uid': '0x100000000'}}");
    merge_well(&config, "{'limits': {'max_buffers': 9}, 'testing': {'force_zero_slack': true}}");
    merge_well(&config, "{}");
    assert_int_equal(config.limits.max_buffers, 9);
    assert_int_equal(config.quotas.max_bytes_per_uid, UINT64_C(1) << 32);
    assert_true(config.force_zero_slack);
    config_deinit(&config);
}

static void costs_merge_by_logical_key(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    merge_well(&config,
               "{'format_costs': ["
               "{'key': {'pixel_format': 'NV12'}, 'cost': 1},"
               "{'key': {'pixel_format': 'NV12', 'buffer_usage_bits': {'cpu': 2}}, 'cost': 2},"
               "{'key': {'pixel_format': 'I420'}, 'cost': 3}]}");
    assert_int_equal(config.format_cost_count, 3);
    /* LINEAR and no usage are what unset means: the first entry goes, the new one stands last. */
    merge_well(&config, "{'format_costs': [{'key': {'pixel_format': 104, 'pixel_format_modifier': "
                        "'LINEAR', 'buffer_usage_bits': {'video': 0}}, 'cost': -4.5}]}");
    assert_int_equal(config.format_cost_count, 3);
    assert_int_equal(config.tally.format_costs, 1);
    assert_int_equal(config.tally.format_costs_replaced, 1);
    assert_int_equal(config.format_costs[0].key.pixel_format, SYSMEM_PIXEL_FORMAT_I420);
    assert_int_equal(config.format_costs[1].key.buffer_usage_bits.cpu, 2);
    assert_true(config.format_costs[2].cost == -4.5F);
    config_deinit(&config);
}

/* The same key in every way that it can be written; and keys that are near it. */
static void keys_are_compared_with_defaults_applied(void **state)
{
    (void)state;
    static const char *const same[] = {
        "'pixel_format': 'NV12'",
        "'pixel_format': 104, 'pixel_format_modifier': 0",
        "'pixel_format': 'NV12', 'buffer_usage_bits': {}",
        "'pixel_format': 'NV12', 'buffer_usage_bits': {'cpu': 0, 'none': []}",
    };
    static const char *const others[] = {
        "'pixel_format': 'I420'",
        "'pixel_format': 'NV12', 'pixel_format_modifier': 'INTEL_I915_X_TILED'",
        "'pixel_format': 'NV12', 'buffer_usage_bits': {'none': 1}",
        "'pixel_format': 'NV12', 'buffer_usage_bits': {'cpu': 1}",
        "'pixel_format': 'NV12', 'buffer_usage_bits': {'vulkan': 1}",
        "'pixel_format': 'NV12', 'buffer_usage_bits': {'display': 1}",
        "'pixel_format': 'NV12', 'buffer_usage_bits': {'video': 1}",
        "'pixel_format': 'NV12', 'buffer_usage_bits': {'video': 3}",
    };
    const size_t other_count = sizeof(others) / sizeof(others[0]);
    struct config config;
    char text[256];
    config_init(&config);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        (void)snprintf(text, sizeof(text), "{'format_costs': [{'key': {%s}, 'cost': %zu}]}",
                       same[i], i);
        merge_well(&config, text);
        assert_int_equal(config.format_cost_count, 1);
        assert_true(config.format_costs[0].cost == (float)i);
        assert_true(config.format_costs[0].key.has.pixel_format_modifier);
        assert_false(config.format_costs[0].key.has.buffer_usage_bits);
    }
    for (size_t i = 0; i < 2 * other_count; i++) {
        (void)snprintf(text, sizeof(text), "{'format_costs': [{'key': {%s}, 'cost': 7}]}",
                       others[i % other_count]);
        merge_well(&config, text);
        assert_int_equal(config.format_cost_count, i < other_count ? i + 2 : other_count + 1);
        assert_int_equal(config.tally.format_costs_replaced, i < other_count ? 0 : 1);
    }
    config_deinit(&config);
}

/* Within a file, too, and a new entry stands behind those that it ties with. */
static void an_entry_overrides_earlier_ones_of_its_own_file(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    merge_well(&config,
               "{'format_costs': ["
               "{'key': {'pixel_format': 'NV12', 'buffer_usage_bits': {'cpu': 1}}, 'cost': 1},"
               "{'key': {'pixel_format': 'NV12', 'buffer_usage_bits': {'cpu': 2}}, 'cost': 2},"
               "{'key': {'pixel_format': 'NV12', 'buffer_usage_bits': {'cpu': 1}}, 'cost': 3}]}");
    assert_int_equal(config.format_cost_count, 2);
    assert_int_equal(config.tally.format_costs, 3);
    assert_int_equal(config.tally.format_costs_replaced, 1);
    assert_true(config.format_costs[0].cost == 2.0F);
    assert_true(config.format_costs[1].cost == 3.0F);
    merge_well(&config, "{'limits': {}}");
    assert_int_equal(config.tally.format_costs, 0);
    config_deinit(&config);
}

static char *as_text(const struct config *config)
{
    json_t *json = config_to_json(config);
    assert_non_null(json);
    char *text = json_dumps(json, JSON_INDENT(1));
    json_decref(json);
    assert_non_null(text);
    return text;
}

static void written_and_read_again_it_is_the_same(void **state)
{
    (void)state;
    struct config config;
    struct config again;
    config_init(&config);
    config_init(&again);
    char *built_in = as_text(&config);
    assert_null(strstr(built_in, "\"heaps\"")); /* they would replace the built-in one */
    merge_well(&config,
               "{'format_costs': [{'key': {'pixel_format': 'NV12', 'buffer_usage_bits':"
               " {'cpu': [], 'video': 2, 'none': 1}}, 'cost': 0.1},"
               "{'key': {'pixel_format': 7777, 'pixel_format_modifier': '0x0800000000000051'},"
               " 'cost': -3e38}, {'key': {'pixel_format': 'I420'}, 'cost': 1}],"
               "'heaps': [{'heap': {'heap_type': 'a', 'id': '0xffffffffffffffff'},"
               " 'coherency_domain_support': {'cpu_supported': true}, 'aliases': ['b', 'c'],"
               " 'secure': true}, {'heap': {'heap_type': 'b'}, 'commit': 'lazy',"
               " 'absent_reason': 'it is away',"
               " 'coherency_domain_support': {}}, {'heap': {'heap_type': 'c'},"
               " 'coherency_domain_support': {}, 'backend': 'x', 'page_size': '2097152',"
               " 'device': 'd', 'max_size_bytes': '0xfffffffffffffff0'}],"
               "'limits': {'max_buffers': 3, 'max_bytes_per_uid': '0xffffffffffffffff'},"
               "'debug': {'group': 5, 'uids': [0, 4294967295], 'show_client_names': true},"
               "'registrars': [{'heap_type': 'a.B', 'uids': [7], 'groups': ['root', 8]},"
               " {'secure_mem': true}],"
               "'contiguous': {'size': '0x3000000', 'internal_guards': true,"
               " 'fatal_guards': true, 'check_seconds': 0},"
               "'protected': {'size': 8192, 'deadline_ms': 1},"
               "'testing': {'force_zero_slack': true}}");
    char *first = as_text(&config);
    merge_well(&again, first);
    char *second = as_text(&again);
    assert_string_not_equal(first, built_in);
    assert_string_equal(first, second);
    assert_int_equal(again.format_cost_count, 3);
    assert_true(again.format_costs[1].cost == 0.1F);
    assert_int_equal(again.limits.max_buffers, 3);
    assert_int_equal(again.quotas.max_bytes_per_uid, UINT64_MAX);
    assert_int_equal(again.heaps[0].heap.id, UINT64_MAX);
    assert_true(again.heaps[0].secure && again.heap_options[1].lazy);
    assert_null(again.heap_options[1].backend);
    const struct config_heap_options *options = &again.heap_options[2];
    assert_string_equal(options->backend, "x");
    assert_string_equal(options->device, "d");
    assert_int_equal(options->page_size, 2 << 20);
    assert_int_equal(options->max_size_bytes, UINT64_MAX - 15);
    assert_int_equal(options->keys, CONFIG_HEAP_PAGE_SIZE | CONFIG_HEAP_DEVICE);
    assert_non_null(strstr(first, "2MiB"));
    assert_int_equal(again.debug.uids[1], UINT32_MAX);
    assert_int_equal(again.registrar_count, 2);
    assert_string_equal(again.registrars[0].heap_type, "a.B");
    assert_int_equal(again.registrars[0].groups[1], 8);
    assert_true(again.registrars[1].secure_mem);
    assert_true(again.force_zero_slack);
    free(built_in);
    free(first);
    free(second);
    config_deinit(&again);
    config_deinit(&config);
}

static void heaps_merge_by_type_and_id(void **state)
{
    (void)state;
    static const char domains[] = "'coherency_domain_support': {'cpu_supported': true}";
    char text[512];
    struct config config;
    config_init(&config);
    (void)snprintf(text, sizeof(text),
                   "{'heaps': [{'heap': {'heap_type': 'a'}, %s},"
                   "{'heap': {'heap_type': 'a', 'id': 1}, %s, 'aliases': ['b', 'c']}]}",
                   domains, domains);
    merge_well(&config, text);
    assert_int_equal(config.heap_count, 2);
    assert_true(config.heaps[0].heap.has.id);
    assert_int_equal(config.heaps[1].alias_count, 2);
    assert_string_equal(config.heaps[1].aliases[1], "c");
    assert_true(config.heaps[1].cpu_supported);
    assert_false(config.heaps[1].ram_supported);
    (void)snprintf(text, sizeof(text),
                   "{'heaps': [{'heap': {'heap_type': 'a', 'id': 0}, %s, 'commit': 'lazy'},"
                   "{'heap': {'heap_type': 'd'}, %s, 'secure': true}]}",
                   domains, domains);
    merge_well(&config, text);
    assert_int_equal(config.heap_count, 3);
    assert_true(config.heap_options[0].lazy);
    assert_false(config.heap_options[1].lazy);
    assert_true(config.heaps[2].secure);
    config_deinit(&config);
}

static void set_heaps_replaces_all(void **state)
{
    (void)state;
    struct config config;
    char *error = NULL;
    config_init(&config);
    json_t *heaps = json_pack("[{s:{s:s}, s:{s:b}}]", "heap", "heap_type", "x",
                              "coherency_domain_support", "ram_supported", 1);
    assert_int_equal(config_set_heaps(&config, heaps, &error), 0);
    assert_int_equal(config.heap_count, 1);
    assert_int_equal(
        config_set_heaps(&config, json_object_get(json_array_get(heaps, 0), "heap"), &error),
        -EINVAL);
    assert_string_equal(error, "heaps: wanted a list, got an object");
    free(error);
    json_decref(heaps);
    config_deinit(&config);
}

static void debug_access(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    merge_well(&config, "{'debug': {'group': 'root', 'uids': [1000, '0x3e9']}}");
    assert_true(config.debug.has_group);
    assert_int_equal(config.debug.group, 0);
    assert_int_equal(config.debug.uid_count, 2);
    assert_int_equal(config.debug.uids[1], 1001);
    merge_well(&config, "{'debug': {'group': 5, 'show_client_names': true}}");
    assert_int_equal(config.debug.group, 5);
    assert_int_equal(config.debug.uid_count, 2);
    assert_true(config.debug.show_client_names);
    config_deinit(&config);
}

static void registrars(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    assert_int_equal(config.registrar_count, 0);
    merge_well(&config, "{'registrars': [{'heap_type': 'a.B', 'uids': [1, '0x3e9']},"
                        " {'secure_mem': true, 'groups': [4, 'root']}]}");
    assert_int_equal(config.registrar_count, 2);
    assert_string_equal(config.registrars[0].heap_type, "a.B");
    assert_int_equal(config.registrars[0].uid_count, 2);
    assert_int_equal(config.registrars[0].uids[1], 1001);
    assert_int_equal(config.registrars[0].group_count, 0);
    assert_null(config.registrars[1].heap_type);
    assert_int_equal(config.registrars[1].groups[0], 4);
    assert_int_equal(config.registrars[1].groups[1], 0);
    /* A later list is the whole list. */
    merge_well(&config, "{'registrars': [{'heap_type': 'c.D'}]}");
    assert_int_equal(config.registrar_count, 1);
    config_deinit(&config);
    merge_badly("{'registrars': [{'uids': [1]}]}",
                "registrars[0]: wanted either a heap_type or secure_mem, got neither");
    merge_badly("{'registrars': [{'heap_type': ''}]}",
                "registrars[0]: wanted either a heap_type or secure_mem, got neither");
    merge_badly("{'registrars': [{'heap_type': 'a.B', 'secure_mem': true}]}",
                "registrars[0]: wanted either a heap_type or secure_mem, got both");
    merge_badly("{'registrars': [{'heap_type': 'a.B', 'groups': ['no such group']}]}",
                "registrars[0].groups[0]: wanted a group of this system, got 'no such group'");
    merge_badly("{'limits': {'external_heap_deadline_ms': 0}}",
                "limits.external_heap_deadline_ms: wanted at least 1, got 0");
}

static void bad_contents_name_their_path(void **state)
{
    (void)state;
    merge_badly("[]", "wanted an object, got a list");
    merge_badly("{'moon': 1}", "unknown key 'moon'");
    merge_badly("{'limits': 5}", "limits: wanted an object, got a number");
    merge_badly("{'limits': {'max_moons': 1}}", "limits: unknown key 'max_moons'");
    merge_badly("{'limits': {'max_buffers': '4294967296'}}",
                "limits.max_buffers: wanted an integer");
    merge_badly("{'limits': {'max_buffers': 129}}", "limits.max_buffers: wanted at most 128");
    merge_badly("{'limits': {'max_nodes_per_tree': 4097}}",
                "limits.max_nodes_per_tree: wanted at most 4096");
    merge_badly("{'limits': {'max_buffers': null}}", "limits.max_buffers: wanted an integer");
    merge_badly("{'format_costs': [{}]}", "format_costs[0]: wanted key.pixel_format, got none");
    merge_badly("{'format_costs': [{'key': {'pixel_format': 'NV12'}}]}",
                "format_costs[0]: wanted a cost, got none");
    merge_badly("{'format_costs': [{'key': {'pixel_format': 'NV13'}}]}",
                "format_costs[0].key.pixel_format: wanted");
    merge_badly("{'heaps': [{'heap': {'heap_type': 'x'}}]}",
                "heaps[0]: wanted coherency_domain_support, got none");
    merge_badly("{'heaps': [{}]}", "heaps[0]: wanted a heap, got none");
    merge_badly("{'heaps': [{'aliases': [1]}]}", "heaps[0].aliases[0]: wanted a string");
    merge_badly("{'heaps': [{'page_size': 2097152}]}", "heaps[0].page_size: wanted a power of two");
    merge_badly("{'heaps': [{'page_size': '3MiB'}]}", "heaps[0].page_size: wanted a power of two");
    merge_badly("{'heaps': [{'page_size': '4096'}]}", "heaps[0].page_size: wanted a power of two");
    merge_badly("{'heaps': [{'page_size': '32GiB'}]}", "heaps[0].page_size: wanted a power of two");
    merge_badly("{'heaps': [{'page_size': '0'}]}", "heaps[0].page_size: wanted a power of two");
    merge_badly("{'heaps': [{'device': 'a/b'}]}", "heaps[0].device: wanted the name of a file");
    merge_badly("{'heaps': [{'device': '..'}]}", "heaps[0].device: wanted the name of a file");
    merge_badly("{'heaps': [{'device': ''}]}", "heaps[0].device: wanted the name of a file");
    merge_badly("{'heaps': [{'max_size_bytes': 0}]}", "heaps[0].max_size_bytes: wanted 1 or more");
    merge_badly("{'heaps': [{'backend': 1}]}", "heaps[0].backend: wanted a string");
    merge_badly("{'debug': {'group': 'no such group'}}",
                "debug.group: wanted a group of this system, got");
    merge_badly("{'debug': {'uids': [-1]}}", "debug.uids[0]: wanted an integer");
    merge_badly("{'testing': {'force_zero_slack': 1}}", "testing.force_zero_slack: wanted true or");
}

static void files(void **state)
{
    (void)state;
    struct config config;
    char *error = NULL;
    char path[] = "/tmp/config-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "{\"limits\": {\"max_nodes_per_tree\": 12}}";
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    config_init(&config);
    assert_int_equal(config_load_file(&config, path, &error), 0);
    assert_int_equal(config.quotas.max_nodes_per_tree, 12);
    assert_int_equal(ftruncate(fd, 5), 0);
    assert_int_equal(config_load_file(&config, path, &error), -EINVAL);
    assert_non_null(strstr(error, path));
    free(error);
    close(fd);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(config_load_file(&config, path, &error), -ENOENT);
    assert_non_null(strstr(error, path));
    free(error);
    config_deinit(&config);
}

/* Of a file all mistakes are told, each with its line. */
static void mistakes_of_a_file_have_lines(void **state)
{
    (void)state;
    struct config config;
    char *error = NULL;
    char path[] = "/tmp/config-XXXXXX";
    char wanted[512];
    int fd = mkstemp(path);
    static const char text[] = "{\n\"limits\": {\"max_buffers\": 1,\n  \"max_moons\": 2},\n"
                               "\"format_costs\": [\n{\"key\": {\"pixel_format\": \"NV12\"}},\n"
                               "{\"key\":\n {\"pixel_format\":\n  \"NV13\"}, \"cost\": 1}],\n"
                               "\"debug\": 5}";
    (void)snprintf(wanted, sizeof(wanted),
                   "%s:3: limits: unknown key 'max_moons'\n"
                   "%s:5: format_costs[0]: wanted a cost, got none\n"
                   "%s:7: format_costs[1].key.pixel_format: wanted",
                   path, path, path);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    config_init(&config);
    assert_int_equal(config_load_file(&config, path, &error), -EINVAL);
    if (strncmp(error, wanted, strlen(wanted)) != 0) {
        fail_msg("wanted '%s', got '%s'", wanted, error);
    }
    (void)snprintf(wanted, sizeof(wanted), "\n%s:9: debug: wanted an object, got a number", path);
    assert_string_equal(strstr(error, "\n/tmp/config-") == NULL ? "" : strrchr(error, '\n'),
                        wanted);
    free(error);
    config_deinit(&config);
    close(fd);
    assert_int_equal(unlink(path), 0);
}

static void mistakes_without_end_are_not_all_told(void **state)
{
    (void)state;
    struct config config;
    char *error = NULL;
    char path[] = "/tmp/config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(dprintf(fd, "{\"debug\": {\"uids\": [") > 0);
    for (int i = 0; i < 1000; i++) {
        assert_true(dprintf(fd, "%s\n-%d", i == 0 ? "" : ",", i + 1) > 0);
    }
    assert_true(dprintf(fd, "]}}") > 0);
    config_init(&config);
    assert_int_equal(config_load_file(&config, path, &error), -EINVAL);
    size_t lines = 1;
    for (const char *at = error; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    assert_int_equal(lines, 20);
    assert_non_null(strstr(error, ":21: debug.uids[19]: wanted"));
    free(error);
    config_deinit(&config);
    close(fd);
    assert_int_equal(unlink(path), 0);
}

static void environment_is_what_was_configured(void **state)
{
    (void)state;
    struct config config;
    struct solver_environment environment;
    config_init(&config);
    merge_well(&config, "{'limits': {'max_buffers': 3},"
                        "'format_costs': [{'key': {'pixel_format': 'NV12'}, 'cost': 1}]}");
    config_environment(&config, &environment);
    assert_int_equal(environment.limits.max_buffers, 3);
    assert_int_equal(environment.format_cost_count, 1);
    assert_ptr_equal(environment.heaps, config.heaps);
    assert_true(environment.page_size > 0);
    config_deinit(&config);
}

static void protected_pool(void **state)
{
    (void)state;
    struct config config;
    config_init(&config);
    assert_int_equal(config.protected.size, 0);
    assert_int_equal(config.protected.deadline_ms, 5000);
    merge_well(&config, "{'protected': {'size': '0x200000', 'deadline_ms': 7},"
                        " 'contiguous': {'physical_base': 4096}}");
    assert_int_equal(config.protected.size, 2 << 20);
    assert_true(config.protected.physical_base == UINT64_C(4) << 30);
    assert_int_equal(config.protected.deadline_ms, 7);
    /* as long as they have moved out of each other's way at the end */
    merge_well(&config, "{'protected': {'physical_base': 4096},"
                        " 'contiguous': {'physical_base': '0x100000000'}}");
    config_deinit(&config);
    merge_badly("{'protected': {'size': 5000}}",
                "protected.size: wanted a multiple of 4096 up to 2^40, got 5000");
    merge_badly("{'protected': {'size': '1099511631872'}}",
                "protected.size: wanted a multiple of 4096 up to 2^40, got 1099511631872");
    merge_badly("{'protected': {'physical_base': 0}}",
                "protected.physical_base: wanted a multiple of 4096 above 0, got 0");
    merge_badly("{'protected': {'size': 8192, 'physical_base': '0xfffffffffffff000'}}",
                "protected.physical_base: wanted room for 8192 bytes below 2^64, got "
                "18446744073709547520");
    merge_badly("{'protected': {'deadline_ms': 0}}",
                "protected.deadline_ms: wanted at least 1, got 0");
    merge_badly("{'protected': {'size': 8192, 'physical_base': '0x43fff000'}}",
                "protected.physical_base: wanted a pool beside the contiguous one at 1073741824, "
                "got 1140846592");
    merge_badly("{'protected': {'pages': 3}}", "protected: unknown key 'pages'");
}

static void contiguous_pool(void **state)
{
    (void)state;
    struct config config;
    struct solver_environment environment;
    config_init(&config);
    config_environment(&config, &environment);
    assert_true(environment.contiguous_supported);
    assert_int_equal(config.contiguous.size, 64 << 20);
    merge_well(
        &config,
        "{'contiguous': {'size': '0x200000', 'guard_pages': 2, 'internal_guards': true, 'fatal_guards': true}}");
    assert_int_equal(config.contiguous.size, 2 << 20);
    assert_int_equal(config.contiguous.physical_base, 1 << 30);
    assert_true(config.contiguous.internal_guards && config.contiguous.fatal_guards);
    merge_well(&config, "{'contiguous': {'size': 0}}");
    config_environment(&config, &environment);
    assert_false(environment.contiguous_supported);
    config_deinit(&config);
    merge_badly("{'contiguous': {'size': 5000}}",
                "contiguous.size: wanted a multiple of 4096 up to 2^40, got 5000");
    merge_badly("{'contiguous': {'size': '1099511631872'}}",
                "contiguous.size: wanted a multiple of 4096 up to 2^40, got 1099511631872");
    merge_badly("{'contiguous': {'physical_base': 0}}",
                "contiguous.physical_base: wanted a multiple of 4096 above 0, got 0");
    merge_badly("{'contiguous': {'physical_base': '0xfffffffffffff000'}}",
                "contiguous.physical_base: wanted room for 67108864 bytes below 2^64, got "
                "18446744073709547520");
    merge_badly(
        "{'contiguous': {'size': 8192}}",
        "contiguous.guard_pages: wanted at most 1024, and less than half of the pool, got 1");
    merge_badly("{'contiguous': {'cycle_seconds': 0}}",
                "contiguous.cycle_seconds: wanted at least 1, got 0");
    merge_badly("{'contiguous': {'pages': 3}}", "contiguous: unknown key 'pages'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_values),
        cmocka_unit_test(later_values_replace_earlier_ones),
        cmocka_unit_test(costs_merge_by_logical_key),
        cmocka_unit_test(keys_are_compared_with_defaults_applied),
        cmocka_unit_test(an_entry_overrides_earlier_ones_of_its_own_file),
        cmocka_unit_test(written_and_read_again_it_is_the_same),
        cmocka_unit_test(heaps_merge_by_type_and_id),
        cmocka_unit_test(set_heaps_replaces_all),
        cmocka_unit_test(debug_access),
        cmocka_unit_test(registrars),
        cmocka_unit_test(bad_contents_name_their_path),
        cmocka_unit_test(files),
        cmocka_unit_test(mistakes_of_a_file_have_lines),
        cmocka_unit_test(mistakes_without_end_are_not_all_told),
        cmocka_unit_test(environment_is_what_was_configured),
        cmocka_unit_test(contiguous_pool),
        cmocka_unit_test(protected_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
