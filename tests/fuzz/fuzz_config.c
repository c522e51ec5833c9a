/* Configuration files: what is taken must leave a configuration that the solver can be run with.
 * Input: the texts of files that are merged one after the other, with a NUL between them. */
#include "fuzz.h"

#include <math.h>

#include <jansson.h>

#include <sysmem/usage.h>

#include "base/strbuf.h"
#include "config/config.h"
#include "json/json.h"

static bool merge(struct config *config, const char *text, size_t len)
{
    struct strbuf reason = {0};
    json_t *json = json_from_text(text, len, &reason);
    EXPECT((json == NULL) == (reason.len > 0));
    char *error = NULL;
    int r = json == NULL ? -1 : config_merge_json(config, json, &error);
    EXPECT(json == NULL || (r == 0) == (error == NULL));
    free(error);
    json_decref(json);
    strbuf_deinit(&reason);
    return r == 0;
}

static void check_config(const struct config *config)
{
    for (size_t i = 0; i < config->heap_count; i++) {
        const struct sysmem_heap *heap = &config->heaps[i].heap;
        EXPECT(heap->has.heap_type && heap->heap_type != NULL && heap->has.id);
        for (size_t j = 0; j < i; j++) {
            const struct sysmem_heap *other = &config->heaps[j].heap;
            EXPECT(heap->id != other->id || strcmp(heap->heap_type, other->heap_type) != 0);
        }
    }
    for (size_t i = 0; i < config->format_cost_count; i++) {
        const struct sysmem_format_cost_entry *entry = &config->format_costs[i];
        EXPECT(entry->has.key && entry->has.cost && isfinite(entry->cost));
    }
}

static void check_solve(const struct config *config)
{
    struct sysmem_buffer_collection_constraints constraints = {0};
    SYSMEM_SET(&constraints.usage, cpu, SYSMEM_CPU_USAGE_READ);
    constraints.has.usage = true;
    SYSMEM_SET(&constraints, min_buffer_count, 1);
    SYSMEM_SET(&constraints.buffer_memory_constraints, min_size_bytes, 1);
    constraints.has.buffer_memory_constraints = true;
    const struct solver_participant participant = {.name = "one", .constraints = &constraints};
    struct solver_environment environment;
    config_environment(config, &environment);
    struct solver_outcome outcome;
    solver_solve(&participant, 1, &environment, &outcome);
    EXPECT(outcome.error != 0 || outcome.buffer_count == 1);
}

static char *as_text(const struct config *config)
{
    json_t *json = config_to_json(config);
    char *text = json == NULL ? NULL : json_dumps(json, 0);
    json_decref(json);
    EXPECT(text != NULL);
    return text;
}

/* What is written must be read again, and come to the same. */
static void check_writing(const struct config *config)
{
    struct config again;
    char *text = as_text(config);
    config_init(&again);
    EXPECT(merge(&again, text, strlen(text)));
    char *second = as_text(&again);
    EXPECT(strcmp(text, second) == 0);
    free(second);
    free(text);
    config_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    config_init(&config);
    bool good = true;
    const char *text = (const char *)data;
    const char *end = text + size;
    while (good && text < end) {
        const char *nul = memchr(text, '\0', (size_t)(end - text));
        size_t len = (size_t)((nul == NULL ? end : nul) - text);
        good = merge(&config, text, len);
        text = nul == NULL ? end : nul + 1;
    }
    if (good) {
        check_config(&config);
        check_solve(&config);
        check_writing(&config);
    }
    config_deinit(&config);
    return 0;
}
