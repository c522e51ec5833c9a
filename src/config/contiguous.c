/* "contiguous": the pool of emulated physical addresses. */
#include <inttypes.h>

#include "config/sections.h"
#include "json/json.h"

/* The pool deals in pages, of whatever size they are. */
#define GRAIN 4096u

/* More guards than this are a mistake. */
#define MAX_GUARD_PAGES 1024u

static const struct reader_key keys[] = {
    {"size",            reader_u64,  offsetof(struct config_contiguous, size)           },
    {"physical_base",   reader_u64,  offsetof(struct config_contiguous, physical_base)  },
    {"guard_pages",     reader_u32,  offsetof(struct config_contiguous, guard_pages)    },
    {"internal_guards", reader_bool, offsetof(struct config_contiguous, internal_guards)},
    {"fatal_guards",    reader_bool, offsetof(struct config_contiguous, fatal_guards)   },
    {"check_seconds",   reader_u32,  offsetof(struct config_contiguous, check_seconds)  },
    {"cycle_seconds",   reader_u32,  offsetof(struct config_contiguous, cycle_seconds)  },
};

bool config_check_addresses(struct reader *reader, const struct model_path *path, uint64_t size,
                            uint64_t base)
{
    const struct model_path at_size = {path, "size", MODEL_NO_INDEX};
    const struct model_path at_base = {path, "physical_base", MODEL_NO_INDEX};
    if (size % GRAIN != 0 || size > CONFIG_MAX_POOL) {
        return reader_fail(reader, &at_size, "wanted a multiple of %u up to 2^40, got %" PRIu64,
                           GRAIN, size);
    }
    if (base == 0 || base % GRAIN != 0) {
        return reader_fail(reader, &at_base, "wanted a multiple of %u above 0, got %" PRIu64, GRAIN,
                           base);
    }
    if (base > UINT64_MAX - size) {
        return reader_fail(reader, &at_base,
                           "wanted room for %" PRIu64 " bytes below 2^64, got %" PRIu64, size,
                           base);
    }
    return true;
}

static bool check_guards(struct reader *reader, const struct model_path *path,
                         const struct config_contiguous *pool)
{
    const struct model_path guards = {path, "guard_pages", MODEL_NO_INDEX};
    const struct model_path cycle = {path, "cycle_seconds", MODEL_NO_INDEX};
    if (pool->guard_pages > MAX_GUARD_PAGES ||
        (pool->size > 0 && 2 * (uint64_t)pool->guard_pages * GRAIN >= pool->size)) {
        return reader_fail(reader, &guards,
                           "wanted at most %u, and less than half of the pool, got %u",
                           MAX_GUARD_PAGES, pool->guard_pages);
    }
    if (pool->cycle_seconds == 0) {
        return reader_fail(reader, &cycle, "wanted at least 1, got 0");
    }
    return true;
}

bool config_read_contiguous(struct reader *reader, const struct model_path *path,
                            const json_t *json, void *ret)
{
    struct config *config = ret;
    struct config_contiguous *pool = &config->contiguous;
    return reader_object(reader, path, json, keys, sizeof(keys) / sizeof(keys[0]), pool) &&
           config_check_addresses(reader, path, pool->size, pool->physical_base) &&
           check_guards(reader, path, pool);
}

json_t *config_write_contiguous(const struct config *config)
{
    const struct config_contiguous *pool = &config->contiguous;
    static const struct model_field u64 = {.name = "", .kind = MODEL_U64};
    static const struct model_field u32 = {.name = "", .kind = MODEL_U32};
    return json_pack("{s:o, s:o, s:o, s:b, s:b, s:o, s:o}", "size", value_to_json(&u64, pool->size),
                     "physical_base", value_to_json(&u64, pool->physical_base), "guard_pages",
                     value_to_json(&u32, pool->guard_pages), "internal_guards",
                     (int)pool->internal_guards, "fatal_guards", (int)pool->fatal_guards,
                     "check_seconds", value_to_json(&u32, pool->check_seconds), "cycle_seconds",
                     value_to_json(&u32, pool->cycle_seconds));
}
