/* "protected": the pool of secure memory. */
#include <inttypes.h>

#include "config/sections.h"
#include "json/json.h"

static const struct reader_key keys[] = {
    {"size",          reader_u64, offsetof(struct config_protected, size)         },
    {"physical_base", reader_u64, offsetof(struct config_protected, physical_base)},
    {"deadline_ms",   reader_u32, offsetof(struct config_protected, deadline_ms)  },
};

static bool check(struct reader *reader, const struct model_path *path,
                  const struct config_protected *pool)
{
    const struct model_path deadline = {path, "deadline_ms", MODEL_NO_INDEX};
    return pool->deadline_ms > 0 || reader_fail(reader, &deadline, "wanted at least 1, got 0");
}

bool config_read_protected(struct reader *reader, const struct model_path *path, const json_t *json,
                           void *ret)
{
    struct config *config = ret;
    struct config_protected *pool = &config->protected;
    return reader_object(reader, path, json, keys, sizeof(keys) / sizeof(keys[0]), pool) &&
           config_check_addresses(reader, path, pool->size, pool->physical_base) &&
           check(reader, path, pool);
}

bool config_check_pools(struct reader *reader, const struct config *config)
{
    const struct config_contiguous *open = &config->contiguous;
    const struct config_protected *pool = &config->protected;
    const struct model_path section = {NULL, "protected", MODEL_NO_INDEX};
    const struct model_path base = {&section, "physical_base", MODEL_NO_INDEX};
    bool overlap = open->physical_base < pool->physical_base + pool->size &&
                   pool->physical_base < open->physical_base + open->size;
    return !overlap || open->size == 0 || pool->size == 0 ||
           reader_fail(reader, &base,
                       "wanted a pool beside the contiguous one at %" PRIu64 ", got %" PRIu64,
                       open->physical_base, pool->physical_base);
}

json_t *config_write_protected(const struct config *config)
{
    const struct config_protected *pool = &config->protected;
    static const struct model_field u64 = {.name = "", .kind = MODEL_U64};
    static const struct model_field u32 = {.name = "", .kind = MODEL_U32};
    return json_pack("{s:o, s:o, s:o}", "size", value_to_json(&u64, pool->size), "physical_base",
                     value_to_json(&u64, pool->physical_base), "deadline_ms",
                     value_to_json(&u32, pool->deadline_ms));
}
