/* Heaps, for people: that part of cli/debug_view.h. */
#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/debug_view.h"
#include "cli/text_table.h"

/* Of a pool's picture. */
#define CELLS_A_LINE 64

static void add_domains(struct strbuf *buf, const struct model_debug_heap *heap)
{
    const char *separator = "";
    const struct {
        bool supported;
        const char *name;
    } domains[] = {
        {heap->cpu_supported,          "CPU"         },
        {heap->ram_supported,          "RAM"         },
        {heap->inaccessible_supported, "INACCESSIBLE"},
    };
    for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
        if (domains[i].supported) {
            strbuf_addf(buf, "%s%s", separator, domains[i].name);
            separator = ",";
        }
    }
}

static void add_ready(struct strbuf *buf, const struct model_debug_heap *heap)
{
    strbuf_addf(buf, heap->ready ? "yes" : "no");
    if (!heap->ready && heap->has.absent_reason) {
        strbuf_addf(buf, ": ");
        strbuf_add_escaped(buf, heap->absent_reason);
    }
}

/* What its users have to do. */
static void add_needs(struct strbuf *buf, const struct model_debug_heap *heap)
{
    strbuf_addf(buf, "%s%s%s", heap->need_clear ? "clear" : "",
                heap->need_clear && heap->need_flush ? "," : "", heap->need_flush ? "flush" : "");
    if (!heap->need_clear && !heap->need_flush) {
        strbuf_addf(buf, "-");
    }
}

/* Answers that came too late or not at all, and releases. */
static void add_late(struct strbuf *buf, const struct model_debug_heap *heap)
{
    if (heap->late_answers == 0 && heap->late_releases == 0) {
        strbuf_addf(buf, "-");
    } else {
        strbuf_addf(buf, "%" PRIu64 "+%" PRIu64, heap->late_answers, heap->late_releases);
    }
}

static void add_heap(struct text_table *table, const struct model_debug_heap *heap)
{
    struct strbuf type = {0};
    struct strbuf domains = {0};
    struct strbuf needs = {0};
    struct strbuf late = {0};
    struct strbuf ready = {0};
    char id[24];
    char buffers[24];
    char failed[24];
    char bytes[16];
    char high_water[16];
    strbuf_add_escaped(&type, heap->heap.has.heap_type ? heap->heap.heap_type : "-");
    strbuf_addf(&type, "%s", heap->contiguous ? " (contiguous)" : "");
    add_domains(&domains, heap);
    add_needs(&needs, heap);
    add_late(&late, heap);
    add_ready(&ready, heap);
    (void)snprintf(id, sizeof(id), "%" PRIu64, heap->heap.id);
    (void)snprintf(buffers, sizeof(buffers), "%" PRIu64, heap->buffers);
    (void)snprintf(failed, sizeof(failed), "%" PRIu64, heap->failed_allocations);
    const char *const cells[] = {strbuf_text(&type),
                                 id,
                                 strbuf_text(&domains),
                                 heap->secure ? "yes" : "no",
                                 strbuf_text(&needs),
                                 buffers,
                                 text_size(heap->bytes, bytes),
                                 text_size(heap->high_water_bytes, high_water),
                                 failed,
                                 strbuf_text(&late),
                                 strbuf_text(&ready)};
    text_table_add(table, cells);
    strbuf_deinit(&type);
    strbuf_deinit(&domains);
    strbuf_deinit(&needs);
    strbuf_deinit(&late);
    strbuf_deinit(&ready);
}

/* Who keeps a handle without the right to write from writing. */
static const char *read_only_by(const struct model_debug_heap *heap)
{
    return heap->opaque ? "opaque" : heap->read_only_enforced ? "kernel" : "library";
}

static void add_properties(struct text_table *table, const struct model_debug_heap *heap)
{
    struct strbuf type = {0};
    struct strbuf backend = {0};
    struct strbuf tracking = {0};
    struct strbuf charged = {0};
    char id[24];
    char multiple[16];
    char largest[16];
    char deadline[24];
    strbuf_add_escaped(&type, heap->heap.has.heap_type ? heap->heap.heap_type : "-");
    strbuf_addf(&type, "%s", heap->contiguous ? " (contiguous)" : "");
    strbuf_add_escaped(&backend, heap->has.backend ? heap->backend : "-");
    strbuf_add_escaped(&tracking, heap->has.tracking ? heap->tracking : "-");
    strbuf_add_escaped(&charged, heap->has.charged ? heap->charged : "-");
    (void)snprintf(id, sizeof(id), "%" PRIu64, heap->heap.id);
    const char *const cells[] = {
        strbuf_text(&type),
        id,
        strbuf_text(&backend),
        strbuf_text(&tracking),
        read_only_by(heap),
        heap->has.granularity ? text_size(heap->granularity, multiple) : "page",
        heap->has.max_size_bytes ? text_size(heap->max_size_bytes, largest) : "-",
        heap->has.deadline_ms ? text_age(heap->deadline_ms, deadline) : "-",
        strbuf_text(&charged)};
    text_table_add(table, cells);
    strbuf_deinit(&type);
    strbuf_deinit(&backend);
    strbuf_deinit(&tracking);
    strbuf_deinit(&charged);
}

/* What does not change: a table of its own. */
static bool print_properties(const struct model_debug_get_heaps_response *response, FILE *out)
{
    static const char *const heading[] = {"HEAP",       "ID",           "BACKEND",
                                          "TRACKED BY", "READ-ONLY BY", "MULTIPLE",
                                          "LARGEST",    "DEADLINE",     "CHARGED"};
    enum { ID = 1, MULTIPLE = 5, LARGEST, DEADLINE };
    struct text_table table;
    text_table_init(&table, sizeof(heading) / sizeof(heading[0]));
    text_table_add(&table, heading);
    for (size_t i = 0; i < response->heaps_count; i++) {
        add_properties(&table, &response->heaps[i]);
    }
    (void)fprintf(out, "\n");
    bool printed =
        text_table_print(&table, 1U << ID | 1U << MULTIPLE | 1U << LARGEST | 1U << DEADLINE, out);
    text_table_deinit(&table);
    return printed;
}

/* A picture of the addresses: a character for each cell. */
static void print_map(const struct model_debug_pool *pool, FILE *out)
{
    for (size_t i = 0; i < pool->used_per_mille_count; i++) {
        uint32_t used = pool->used_per_mille[i];
        const char *shown = used == 0 ? "." : used < 500 ? "-" : used < 1000 ? "+" : "#";
        bool first = i % CELLS_A_LINE == 0;
        bool last = i % CELLS_A_LINE == CELLS_A_LINE - 1 || i + 1 == pool->used_per_mille_count;
        (void)fprintf(out, "%s%s%s", first ? "  |" : "", shown, last ? "|\n" : "");
    }
}

/* How much of what is free cannot be had in one piece, in percent. */
static uint64_t fragmentation(const struct model_debug_pool *pool)
{
    double scattered = (double)(pool->free_bytes - pool->largest_free_bytes);
    bool sound = pool->free_bytes > 0 && pool->largest_free_bytes <= pool->free_bytes;
    return sound ? (uint64_t)(100.0 * scattered / (double)pool->free_bytes) : 0;
}

static void print_protection(const struct model_debug_protection *protection, FILE *out)
{
    char requested[16];
    char protected_size[16];
    char loanable[16];
    (void)fprintf(out,
                  "  protected %s for %s of buffers, by %" PRIu64 " of %" PRIu64
                  " ranges; open %s, %" PRIu32 ".%" PRIu32 " %% of what no buffer needs\n"
                  "  steps %" PRIu64 ", calls of the hardware that failed %" PRIu64 "\n",
                  text_size(protection->protected_bytes, protected_size),
                  text_size(protection->requested_bytes, requested), protection->ranges,
                  protection->limit, text_size(protection->loanable_bytes, loanable),
                  protection->efficiency_per_mille / 10, protection->efficiency_per_mille % 10,
                  protection->steps, protection->failed_calls);
}

static void print_pool(const struct model_debug_heap *heap, FILE *out)
{
    const struct model_debug_pool *pool = &heap->pool;
    struct strbuf type = {0};
    char size[16];
    char unused[16];
    char largest[16];
    char left[16];
    char left_largest[16];
    strbuf_add_escaped(&type, heap->heap.has.heap_type ? heap->heap.heap_type : "-");
    (void)fprintf(out,
                  "\n%s%s: %s of emulated physical addresses from 0x%" PRIx64 " on\n"
                  "  free %s, largest piece %s, fragmentation %" PRIu64
                  " %%; when most was in use: "
                  "free %s, largest piece %s\n"
                  "  refused for fragmentation %" PRIu64 "; found overwritten: guard pages %" PRIu64
                  ", unused pages %" PRIu64 "\n",
                  strbuf_text(&type), heap->contiguous ? " (contiguous)" : "",
                  text_size(pool->size_bytes, size), pool->physical_base,
                  text_size(pool->free_bytes, unused), text_size(pool->largest_free_bytes, largest),
                  fragmentation(pool), text_size(pool->free_at_high_water_mark, left),
                  text_size(pool->max_free_at_high_water, left_largest), pool->failed_fragmentation,
                  pool->guard_failures, pool->unused_failures);
    if (heap->has.protection) {
        print_protection(&heap->protection, out);
    }
    print_map(pool, out);
    strbuf_deinit(&type);
}

/* Nothing where none is expected. */
static void print_secure_memory(const struct model_debug_get_heaps_response *response, FILE *out)
{
    bool expected = response->has.secure_memory && strcmp(response->secure_memory, "none") != 0;
    struct strbuf word = {0};
    if (expected) {
        strbuf_add_escaped(&word, response->secure_memory);
        (void)fprintf(out, "secure memory: %s\n", strbuf_text(&word));
    }
    strbuf_deinit(&word);
}

bool debug_view_heaps(const struct model_debug_get_heaps_response *response, FILE *out)
{
    static const char *const heading[] = {"HEAP",   "ID",      "DOMAINS", "SECURE",
                                          "NEEDS",  "BUFFERS", "IN USE",  "HIGH WATER",
                                          "FAILED", "LATE",    "READY"};
    enum { ID = 1, BUFFERS = 5, IN_USE, HIGH_WATER, FAILED, LATE };
    struct text_table table;
    text_table_init(&table, sizeof(heading) / sizeof(heading[0]));
    text_table_add(&table, heading);
    for (size_t i = 0; i < response->heaps_count; i++) {
        add_heap(&table, &response->heaps[i]);
    }
    bool printed = text_table_print(&table,
                                    1U << ID | 1U << BUFFERS | 1U << IN_USE | 1U << HIGH_WATER |
                                        1U << FAILED | 1U << LATE,
                                    out);
    text_table_deinit(&table);
    printed = print_properties(response, out) && printed;
    print_secure_memory(response, out);
    for (size_t i = 0; i < response->heaps_count; i++) {
        if (response->heaps[i].has.pool) {
            print_pool(&response->heaps[i], out);
        }
    }
    return printed && ferror(out) == 0;
}
