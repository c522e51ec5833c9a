#include "config/config.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/sections.h"
#include "config/text_file.h"
#include "json/json.h"

/* Of a configuration with all its strings, in bytes. */
#define MAX_BYTES ((size_t)64 << 20)

#define GIB       ((uint64_t)1 << 30)
#define MIB       ((uint64_t)1 << 20)

/* Of the one heap that is built in. */
static const struct config_heap_options default_heap_options[] = {{.lazy = false}};

void config_init(struct config *config)
{
    struct solver_environment built_in;
    solver_environment_init(&built_in);
    assert(built_in.heap_count == sizeof(default_heap_options) / sizeof(default_heap_options[0]));
    *config = (struct config){
        .limits = built_in.limits,
        .quotas =
            {
                     .max_nodes_per_tree = 4096,
                     .max_children_per_group = 1024,
                     .max_connections_per_uid = 1024,
                     .max_nodes_per_uid = 65536,
                     .max_collections_per_uid = 16384,
                     .max_bytes_per_uid = 8 * GIB,
                     .max_descriptors_per_uid = 131072,
                     .max_message_bytes_per_uid = 256 * MIB,
                     .max_pending_calls_per_connection = 4096,
                     .max_queued_bytes_per_connection = 4 * MIB,
                     .max_heaps_per_uid = 16,
                     .external_heap_deadline_ms = 5000,
                     },
        .contiguous =
            {
                     .size = 64 * MIB,
                     .physical_base = GIB,
                     .guard_pages = 1,
                     .check_seconds = 5,
                     .cycle_seconds = 600,
                     },
        .protected = {.physical_base = 4 * GIB, .deadline_ms = 5000},
        .heaps = built_in.heaps,
        .heap_options = default_heap_options,
        .heap_count = built_in.heap_count,
    };
    arena_init(&config->arena, MAX_BYTES);
}

void config_deinit(struct config *config)
{
    arena_clear(&config->arena);
}

void config_environment(const struct config *config, struct solver_environment *ret)
{
    solver_environment_init(ret);
    ret->limits = config->limits;
    ret->heaps = config->heaps;
    ret->heap_count = config->heap_count;
    ret->format_costs = config->format_costs;
    ret->format_cost_count = config->format_cost_count;
    ret->contiguous_supported = config->contiguous.size > 0;
    ret->force_zero_slack = config->force_zero_slack;
}

static bool read_root(struct reader *reader, const struct model_path *path, const json_t *json,
                      void *ret)
{
    static const struct reader_key keys[] = {
        {"format_costs", config_read_costs,      0},
        {"heaps",        config_read_heaps,      0},
        {"contiguous",   config_read_contiguous, 0},
        {"protected",    config_read_protected,  0},
        {"limits",       config_read_limits,     0},
        {"registrars",   config_read_registrars, 0},
        {"debug",        config_read_debug,      0},
        {"testing",      config_read_testing,    0},
    };
    return reader_object(reader, path, json, keys, sizeof(keys) / sizeof(keys[0]), ret) &&
           config_check_pools(reader, ret);
}

/* source: the text that `json` comes from, or NULL. */
static int read_root_of(struct config *config, const struct reader_source *source,
                        const json_t *json, char **ret_error)
{
    struct reader reader = {.arena = &config->arena, .source = source};
    config->tally = (struct config_tally){0};
    bool understood = read_root(&reader, NULL, json, config);
    if (!understood) {
        *ret_error = strbuf_take(&reader.error);
    }
    strbuf_deinit(&reader.error);
    return understood ? 0 : -EINVAL;
}

int config_merge_json(struct config *config, const struct json_t *json, char **ret_error)
{
    return read_root_of(config, NULL, json, ret_error);
}

int config_set_heaps(struct config *config, const struct json_t *json, char **ret_error)
{
    json_t *root = json_pack("{s:O}", "heaps", json);
    config->has_heaps = false;
    int r = config_merge_json(config, root, ret_error);
    json_decref(root);
    return r;
}

void config_append(json_t **list, json_t *item)
{
    if (json_array_append_new(*list, item) != 0) {
        json_decref(*list);
        *list = NULL;
    }
}

json_t *config_to_json(const struct config *config)
{
    json_t *heaps = config->has_heaps ? config_write_heaps(config) : NULL;
    return json_pack("{s:o, s:o*, s:o, s:o, s:o, s:o, s:o, s:o}", "format_costs",
                     config_write_costs(config), "heaps", heaps, "contiguous",
                     config_write_contiguous(config), "protected", config_write_protected(config),
                     "limits", config_write_limits(config), "registrars",
                     config_write_registrars(config), "debug", config_write_debug(config),
                     "testing", config_write_testing(config));
}

void config_tally_print(const struct config_tally *tally, struct strbuf *buf)
{
    strbuf_addf(buf, "format_costs %zu (%zu overriding), heaps %zu (%zu overriding)",
                tally->format_costs, tally->format_costs_replaced, tally->heaps,
                tally->heaps_replaced);
}

/* Reads the text of a file. -EINVAL: the mistakes are in *ret_error. */
static int read_text(struct config *config, const struct reader_source *source, size_t len,
                     char **ret_error)
{
    struct strbuf syntax = {0};
    struct strbuf message = {0};
    json_t *json = json_from_text(source->text, len, &syntax);
    int r = -EINVAL;
    if (json == NULL) {
        strbuf_addf(&message, "%s: %s", source->name, strbuf_text(&syntax));
        *ret_error = strbuf_take(&message);
    } else {
        r = read_root_of(config, source, json, ret_error);
    }
    strbuf_deinit(&message);
    strbuf_deinit(&syntax);
    json_decref(json);
    return r;
}

int config_load_file(struct config *config, const char *path, char **ret_error)
{
    char *text = NULL;
    size_t len = 0;
    int r = text_file_read_path(path, &text, &len);
    if (r < 0) {
        struct strbuf message = {0};
        strbuf_addf(&message, "%s: %s", path, strerror(-r));
        *ret_error = strbuf_take(&message);
        return r;
    }
    const struct reader_source source = {.name = path, .text = text};
    r = read_text(config, &source, len, ret_error);
    free(text);
    return r;
}
