/* "heaps": what heaps there are, and what each backend is told. */
#include <string.h>

#include "config/sections.h"
#include "model/tables.h"
#include "json/json.h"

struct heap_entry {
    struct solver_heap heap;
    struct config_heap_options options;
};

static bool read_heap_reference(struct reader *reader, const struct model_path *path,
                                const json_t *json, void *ret)
{
    struct sysmem_heap *heap = ret;
    if (!reader_table(reader, path, json, &model_type_heap, heap)) {
        return false;
    }
    if (!heap->has.heap_type || heap->heap_type[0] == '\0') {
        return reader_fail(reader, path, "wanted a heap_type, got none");
    }
    heap->has.id = true; /* unset is 0 */
    return true;
}

static bool read_domains(struct reader *reader, const struct model_path *path, const json_t *json,
                         void *ret)
{
    static const struct reader_key keys[] = {
        {"cpu_supported",          reader_bool, offsetof(struct solver_heap, cpu_supported)         },
        {"ram_supported",          reader_bool, offsetof(struct solver_heap, ram_supported)         },
        {"inaccessible_supported", reader_bool,
         offsetof(struct solver_heap,                                        inaccessible_supported)},
    };
    return reader_object(reader, path, json, keys, sizeof(keys) / sizeof(keys[0]), ret);
}

static bool read_aliases(struct reader *reader, const struct model_path *path, const json_t *json,
                         void *ret)
{
    struct solver_heap *heap = ret;
    void *items = NULL;
    if (!reader_list(reader, path, json, reader_string, sizeof(const char *), &items,
                     &heap->alias_count)) {
        return false;
    }
    heap->aliases = items;
    return true;
}

static bool read_commit(struct reader *reader, const struct model_path *path, const json_t *json,
                        void *ret)
{
    const char *word = json_string_value(json);
    struct config_heap_options *options = ret;
    bool eager = word != NULL && strcmp(word, "eager") == 0;
    bool lazy = word != NULL && strcmp(word, "lazy") == 0;
    bool huge = word != NULL && strcmp(word, "huge") == 0;
    if (!eager && !lazy && !huge) {
        return reader_fail(reader, path, "wanted \"eager\", \"huge\" or \"lazy\", got %s",
                           word == NULL ? "no string" : word);
    }
    *options = (struct config_heap_options){.lazy = lazy, .huge_pages = huge};
    return true;
}

static bool read_entry(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret)
{
    static const struct reader_key keys[] = {
        {"heap",                     read_heap_reference, offsetof(struct heap_entry, heap.heap)         },
        {"coherency_domain_support", read_domains,        offsetof(struct heap_entry, heap)              },
        {"secure",                   reader_bool,         offsetof(struct heap_entry, heap.secure)       },
        {"aliases",                  read_aliases,        offsetof(struct heap_entry, heap)              },
        {"commit",                   read_commit,         offsetof(struct heap_entry, options)           },
        {"absent_reason",            reader_string,       offsetof(struct heap_entry, heap.absent_reason)},
    };
    struct heap_entry *entry = ret;
    if (!reader_object(reader, path, json, keys, sizeof(keys) / sizeof(keys[0]), entry)) {
        return false;
    }
    if (!entry->heap.heap.has.heap_type) {
        return reader_fail(reader, path, "wanted a heap, got none");
    }
    if (json_object_get(json, "coherency_domain_support") == NULL) {
        return reader_fail(reader, path, "wanted coherency_domain_support, got none");
    }
    return true;
}

static bool same_heap(const struct sysmem_heap *a, const struct sysmem_heap *b)
{
    return a->id == b->id && strcmp(a->heap_type, b->heap_type) == 0;
}

/* The heaps of `config` with those of `entries` merged in. */
static bool merge(struct reader *reader, struct config *config, const struct heap_entry *entries,
                  size_t count)
{
    size_t merged = config->has_heaps ? config->heap_count : 0;
    struct solver_heap *heaps = arena_alloc_array(reader->arena, merged + count, sizeof(*heaps));
    struct config_heap_options *options =
        arena_alloc_array(reader->arena, merged + count, sizeof(*options));
    if (heaps == NULL || options == NULL) {
        return false;
    }
    for (size_t i = 0; i < merged; i++) {
        heaps[i] = config->heaps[i];
        options[i] = config->heap_options[i];
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < merged && !same_heap(&heaps[at].heap, &entries[i].heap.heap)) {
            at++;
        }
        heaps[at] = entries[i].heap;
        options[at] = entries[i].options;
        config->tally.heaps_replaced += at < merged ? 1 : 0;
        merged += at == merged ? 1 : 0;
    }
    config->tally.heaps = count;
    config->heaps = heaps;
    config->heap_options = options;
    config->heap_count = merged;
    config->has_heaps = true;
    return true;
}

bool config_read_heaps(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret)
{
    void *items = NULL;
    size_t count = 0;
    if (!reader_list(reader, path, json, read_entry, sizeof(struct heap_entry), &items, &count)) {
        return false;
    }
    return merge(reader, ret, items, count) || reader_fail(reader, path, "no memory");
}

static json_t *write_heap(const struct solver_heap *heap, const struct config_heap_options *options)
{
    json_t *aliases = json_array();
    for (size_t i = 0; i < heap->alias_count; i++) {
        config_append(&aliases, json_string(heap->aliases[i]));
    }
    return json_pack("{s:o, s:{s:b, s:b, s:b}, s:b, s:o, s:s, s:s*}", "heap",
                     table_to_json(&model_type_heap, &heap->heap, NULL), "coherency_domain_support",
                     "cpu_supported", (int)heap->cpu_supported, "ram_supported",
                     (int)heap->ram_supported, "inaccessible_supported",
                     (int)heap->inaccessible_supported, "secure", (int)heap->secure, "aliases",
                     aliases, "commit",
                     options->lazy         ? "lazy"
                     : options->huge_pages ? "huge"
                                           : "eager",
                     "absent_reason", heap->absent_reason);
}

json_t *config_write_heaps(const struct config *config)
{
    json_t *list = json_array();
    for (size_t i = 0; i < config->heap_count; i++) {
        config_append(&list, write_heap(&config->heaps[i], &config->heap_options[i]));
    }
    return list;
}
