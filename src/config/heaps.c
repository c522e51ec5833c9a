/* "heaps": what heaps there are, and what each backend is told. */
#include <string.h>

#include "base/byte_count.h"
#include "config/sections.h"
#include "model/tables.h"
#include "json/json.h"

#define MIN_HUGE_PAGE (UINT64_C(16) << 10)
#define MAX_HUGE_PAGE (UINT64_C(16) << 30)
#define MAX_FILE_NAME 255

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
    options->lazy = lazy;
    options->huge_pages = huge;
    options->keys |= CONFIG_HEAP_COMMIT;
    return true;
}

static bool read_page_size(struct reader *reader, const struct model_path *path, const json_t *json,
                           void *ret)
{
    const char *text = json_string_value(json);
    struct config_heap_options *options = ret;
    uint64_t bytes = 0;
    bool sound = text != NULL && byte_count_parse(text, &bytes) && (bytes & (bytes - 1)) == 0 &&
                 bytes >= MIN_HUGE_PAGE && bytes <= MAX_HUGE_PAGE;
    if (!sound) {
        return reader_fail(reader, path,
                           "wanted a power of two from \"16KiB\" to \"16GiB\", got %s",
                           text == NULL ? "no string" : text);
    }
    options->page_size = bytes;
    options->keys |= CONFIG_HEAP_PAGE_SIZE;
    return true;
}

static bool read_device(struct reader *reader, const struct model_path *path, const json_t *json,
                        void *ret)
{
    struct config_heap_options *options = ret;
    const char *name = NULL;
    if (!reader_string(reader, path, json, &name)) {
        return false;
    }
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL ||
        strlen(name) > MAX_FILE_NAME) {
        return reader_fail(reader, path, "wanted the name of a file in /dev/dma_heap, got \"%s\"",
                           name);
    }
    options->device = name;
    options->keys |= CONFIG_HEAP_DEVICE;
    return true;
}

static bool read_max_size(struct reader *reader, const struct model_path *path, const json_t *json,
                          void *ret)
{
    uint64_t *bytes = ret;
    if (!reader_u64(reader, path, json, bytes)) {
        return false;
    }
    return *bytes > 0 || reader_fail(reader, path, "wanted 1 or more, got 0");
}

static bool read_entry(struct reader *reader, const struct model_path *path, const json_t *json,
                       void *ret)
{
    static const struct reader_key keys[] = {
        {"heap",                     read_heap_reference, offsetof(struct heap_entry, heap.heap)             },
        {"coherency_domain_support", read_domains,        offsetof(struct heap_entry, heap)                  },
        {"secure",                   reader_bool,         offsetof(struct heap_entry, heap.secure)           },
        {"aliases",                  read_aliases,        offsetof(struct heap_entry, heap)                  },
        {"commit",                   read_commit,         offsetof(struct heap_entry, options)               },
        {"backend",                  reader_string,       offsetof(struct heap_entry, options.backend)       },
        {"page_size",                read_page_size,      offsetof(struct heap_entry, options)               },
        {"device",                   read_device,         offsetof(struct heap_entry, options)               },
        {"max_size_bytes",           read_max_size,       offsetof(struct heap_entry, options.max_size_bytes)},
        {"absent_reason",            reader_string,       offsetof(struct heap_entry, heap.absent_reason)    },
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

/* Those of the keys that are there. False: no memory. */
static bool write_options(json_t *entry, const struct config_heap_options *options)
{
    char size[BYTE_COUNT_ROOM];
    bool commit = (options->keys & CONFIG_HEAP_COMMIT) != 0;
    bool page_size = (options->keys & CONFIG_HEAP_PAGE_SIZE) != 0;
    static const struct model_field u64 = {.name = "", .kind = MODEL_U64};
    uint64_t max_size = options->max_size_bytes;
    const char *word = options->lazy ? "lazy" : options->huge_pages ? "huge" : "eager";
    json_t *keys = json_pack("{s:s*, s:s*, s:s*, s:s*, s:o*}", "backend", options->backend,
                             "commit", commit ? word : NULL, "page_size",
                             page_size ? byte_count_print(options->page_size, size) : NULL,
                             "device", options->device, "max_size_bytes",
                             max_size > 0 ? value_to_json(&u64, max_size) : NULL);
    bool written = keys != NULL && json_object_update(entry, keys) == 0;
    json_decref(keys);
    return written;
}

static json_t *write_heap(const struct solver_heap *heap, const struct config_heap_options *options)
{
    json_t *aliases = json_array();
    for (size_t i = 0; i < heap->alias_count; i++) {
        config_append(&aliases, json_string(heap->aliases[i]));
    }
    json_t *entry = json_pack("{s:o, s:{s:b, s:b, s:b}, s:b, s:o, s:s*}", "heap",
                              table_to_json(&model_type_heap, &heap->heap, NULL),
                              "coherency_domain_support", "cpu_supported", (int)heap->cpu_supported,
                              "ram_supported", (int)heap->ram_supported, "inaccessible_supported",
                              (int)heap->inaccessible_supported, "secure", (int)heap->secure,
                              "aliases", aliases, "absent_reason", heap->absent_reason);
    if (entry != NULL && !write_options(entry, options)) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

json_t *config_write_heaps(const struct config *config)
{
    json_t *list = json_array();
    for (size_t i = 0; i < config->heap_count; i++) {
        config_append(&list, write_heap(&config->heaps[i], &config->heap_options[i]));
    }
    return list;
}
