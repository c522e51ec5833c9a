#include "cli/solve_inspected.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/solve_nodes.h"
#include "cli/solve_tree.h"
#include "model/tables.h"
#include "json/json.h"

bool solve_is_inspected(const json_t *document)
{
    return json_object_get(document, "collections") != NULL;
}

/* Reads what stands under one key of the document as the table that has a field of this name. */
static bool read_section(struct arena *arena, const json_t *document, const char *key,
                         const struct model_type *type, void *ret, struct strbuf *reason)
{
    json_t *section = json_pack("{s:O}", key, json_object_get(document, key));
    bool ok = section != NULL && json_to_table(type, section, arena, NULL, ret, reason);
    json_decref(section);
    return ok;
}

/* --- which collection --- */

static const struct model_debug_collection *find(
    const struct model_debug_get_collections_response *all, const char *id)
{
    char *end = NULL;
    errno = 0;
    uint64_t wanted = strtoull(id, &end, 0);
    for (size_t i = 0; errno == 0 && *end == '\0' && i < all->collections_count; i++) {
        if (all->collections[i].id == wanted) {
            return &all->collections[i];
        }
    }
    return NULL;
}

static const struct model_debug_collection *choose(
    const struct model_debug_get_collections_response *all, const char *id, struct strbuf *reason)
{
    const struct model_debug_collection *found = id != NULL ? find(all, id)
                                                 : all->collections_count == 1
                                                     ? &all->collections[0]
                                                     : NULL;
    if (found != NULL) {
        return found;
    }
    const char *separator = " ";
    strbuf_addf(reason, "collections: wanted %s%s, got",
                id == NULL ? "exactly one, or --collection ID" : "collection ",
                id == NULL ? "" : id);
    for (size_t i = 0; i < all->collections_count; i++) {
        strbuf_addf(reason, "%s%" PRIu64, separator, all->collections[i].id);
        separator = ", ";
    }
    strbuf_addf(reason, "%s", all->collections_count == 0 ? " none" : "");
    return NULL;
}

/* --- what else the daemon knew --- */

/* Takes the reference to `json` over. */
static bool merge(struct config *config, json_t *json, bool heaps, const char *prefix,
                  struct strbuf *reason)
{
    char *error = NULL;
    int r = json == NULL ? -ENOMEM
            : heaps      ? config_set_heaps(config, json, &error)
                         : config_merge_json(config, json, &error);
    if (r < 0) {
        strbuf_addf(reason, "%s%s", prefix, error == NULL ? "no memory" : error);
    }
    free(error);
    json_decref(json);
    return r == 0;
}

/* As configuration files have it. */
static json_t *heap_to_config(const struct model_debug_heap *heap)
{
    json_t *aliases = json_array();
    for (size_t i = 0; i < heap->aliases_count; i++) {
        const struct sysmem_heap *alias = &heap->aliases[i];
        (void)json_array_append_new(aliases,
                                    json_string(alias->has.heap_type ? alias->heap_type : ""));
    }
    json_t *name = heap->has.heap ? table_to_json(&model_type_heap, &heap->heap, NULL) : NULL;
    bool ready = !heap->has.ready || heap->ready;
    const char *absent = ready ? NULL : heap->has.absent_reason ? heap->absent_reason : "";
    return json_pack("{s:o*, s:{s:b, s:b, s:b}, s:b, s:o, s:s*}", "heap", name,
                     "coherency_domain_support", "cpu_supported", (int)heap->cpu_supported,
                     "ram_supported", (int)heap->ram_supported, "inaccessible_supported",
                     (int)heap->inaccessible_supported, "secure", (int)heap->secure, "aliases",
                     aliases, "absent_reason", absent);
}

static bool read_heaps(struct arena *arena, struct config *config, const json_t *document,
                       struct strbuf *reason)
{
    struct model_debug_get_heaps_response response = {0};
    if (json_object_get(document, "heaps") == NULL) {
        return true;
    }
    if (!read_section(arena, document, "heaps", &model_type_debug_get_heaps_response, &response,
                      reason)) {
        return false;
    }
    json_t *heaps = json_array();
    bool contiguous = false;
    for (size_t i = 0; i < response.heaps_count; i++) {
        contiguous |= response.heaps[i].contiguous;
        if (!response.heaps[i].contiguous) {
            (void)json_array_append_new(heaps, heap_to_config(&response.heaps[i]));
        }
    }
    if (!merge(config, heaps, true, "", reason)) {
        return false;
    }
    return contiguous ||
           merge(config, json_pack("{s:{s:i}}", "contiguous", "size", 0), false, "", reason);
}

static bool read_page_size(const struct model_debug_get_environment_response *response,
                           uint32_t *ret, struct strbuf *reason)
{
    uint32_t size = response->has.page_size ? response->page_size : 0;
    if (response->has.page_size && (size == 0 || (size & (size - 1)) != 0)) {
        strbuf_addf(reason, "environment.page_size: wanted a power of two, got %u", size);
        return false;
    }
    *ret = size;
    return true;
}

/* Checked twice: as the daemon's answer, and as configuration files are. */
static bool read_environment(struct arena *arena, struct config *config, const json_t *document,
                             uint32_t *ret_page_size, struct strbuf *reason)
{
    json_t *environment = json_object_get(document, "environment");
    struct model_debug_get_environment_response response = {0};
    struct strbuf error = {0};
    if (environment == NULL) {
        return true;
    }
    bool ok = json_to_table(&model_type_debug_get_environment_response, environment, arena, NULL,
                            &response, &error);
    if (!ok) {
        strbuf_addf(reason, "environment%s%s", json_is_object(environment) ? "." : ": ",
                    strbuf_text(&error));
    }
    strbuf_deinit(&error);
    return ok && read_page_size(&response, ret_page_size, reason) &&
           merge(config,
                 json_pack("{s:O*, s:O*, s:{s:b}}", "limits",
                           json_object_get(environment, "limits"), "format_costs",
                           json_object_get(environment, "format_costs"), "testing",
                           "force_zero_slack",
                           (int)(response.has.force_zero_slack && response.force_zero_slack)),
                 false, "environment.", reason);
}

bool solve_inspected_read(struct arena *arena, struct config *config, const json_t *document,
                          const char *id, struct solve_question *ret, struct strbuf *reason)
{
    static const char *const keys[] = {"collections", "heaps", "environment", "secure_memory",
                                       NULL};
    struct model_debug_get_collections_response all = {0};
    uint32_t page_size = 0;
    if (!solve_has_only(document, keys, reason) || !read_heaps(arena, config, document, reason) ||
        !read_environment(arena, config, document, &page_size, reason) ||
        !read_section(arena, document, "collections", &model_type_debug_get_collections_response,
                      &all, reason)) {
        return false;
    }
    const struct model_debug_collection *collection = choose(&all, id, reason);
    if (collection == NULL || !solve_nodes_read(arena, collection, ret, reason)) {
        return false;
    }
    ret->page_size = page_size;
    return true;
}
