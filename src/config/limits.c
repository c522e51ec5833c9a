/* "limits": what one buffer, one collection, one tree, one connection and one uid may use. */
#include "config/sections.h"
#include "json/json.h"

#define LIMIT_U32(key)                                                                             \
    {                                                                                              \
#key, reader_u32, offsetof(struct config, limits.key)                                      \
    }
#define LIMIT_U64(key)                                                                             \
    {                                                                                              \
#key, reader_u64, offsetof(struct config, limits.key)                                      \
    }
#define QUOTA_U32(key)                                                                             \
    {                                                                                              \
#key, reader_u32, offsetof(struct config, quotas.key)                                      \
    }
#define QUOTA_U64(key)                                                                             \
    {                                                                                              \
#key, reader_u64, offsetof(struct config, quotas.key)                                      \
    }

static const struct reader_key keys[] = {
    LIMIT_U64(max_allocation_size),
    LIMIT_U64(max_buffer_bytes),
    LIMIT_U64(max_collection_bytes),
    LIMIT_U32(max_buffers),
    LIMIT_U32(max_group_combinations),
    QUOTA_U32(max_nodes_per_tree),
    QUOTA_U32(max_children_per_group),
    QUOTA_U32(max_connections_per_uid),
    QUOTA_U32(max_nodes_per_uid),
    QUOTA_U32(max_collections_per_uid),
    QUOTA_U64(max_bytes_per_uid),
    QUOTA_U32(max_descriptors_per_uid),
    QUOTA_U64(max_message_bytes_per_uid),
    QUOTA_U32(max_pending_calls_per_connection),
    QUOTA_U64(max_queued_bytes_per_connection),
    QUOTA_U32(max_heaps_per_uid),
    QUOTA_U32(external_heap_deadline_ms),
};

/* What the interface itself allows: a result holds no more buffers. */
#define MAX_BUFFERS 128

/* More nodes do not fit into the daemon's answer about a collection. */
#define MAX_NODES 4096

static bool check_at_most(struct reader *reader, const struct model_path *path, uint32_t most,
                          uint32_t got)
{
    return got <= most ||
           reader_fail(reader, path, "wanted at most %u, which an answer can hold, got %u", most,
                       got);
}

bool config_read_limits(struct reader *reader, const struct model_path *path, const json_t *json,
                        void *ret)
{
    struct config *config = ret;
    if (!reader_object(reader, path, json, keys, sizeof(keys) / sizeof(keys[0]), config)) {
        return false;
    }
    const struct model_path buffers = {path, "max_buffers", MODEL_NO_INDEX};
    const struct model_path deadline = {path, "external_heap_deadline_ms", MODEL_NO_INDEX};
    if (config->quotas.external_heap_deadline_ms == 0) {
        return reader_fail(reader, &deadline, "wanted at least 1, got 0");
    }
    const struct model_path nodes = {path, "max_nodes_per_tree", MODEL_NO_INDEX};
    return check_at_most(reader, &buffers, MAX_BUFFERS, config->limits.max_buffers) &&
           check_at_most(reader, &nodes, MAX_NODES, config->quotas.max_nodes_per_tree);
}

json_t *config_write_limits(const struct config *config)
{
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const void *value = (const char *)config + keys[i].offset;
        const struct model_field field = {
            .name = keys[i].name,
            .kind = keys[i].read == reader_u32 ? MODEL_U32 : MODEL_U64,
        };
        uint64_t number =
            field.kind == MODEL_U32 ? *(const uint32_t *)value : *(const uint64_t *)value;
        (void)json_object_set_new(object, keys[i].name, value_to_json(&field, number));
    }
    return object;
}
