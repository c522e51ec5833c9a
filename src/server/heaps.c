/* The daemon's heaps, as the configuration has them. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "heap/pool.h"
#include "server/internal.h"

/* What the heap is called and says of itself comes from its row, so that participants are given it
 * for what the solver took it for. Borrows from the configuration. */
static void name_heap(struct heap *heap, const struct solver_heap *wanted)
{
    heap->id = wanted->heap;
    heap->ready = wanted->absent_reason == NULL;
    heap->absent_reason = wanted->absent_reason;
    heap->aliases = wanted->aliases;
    heap->alias_count = wanted->alias_count;
    heap->properties.cpu_supported = wanted->cpu_supported;
    heap->properties.ram_supported = wanted->ram_supported;
    heap->properties.inaccessible_supported = wanted->inaccessible_supported;
}

/* One heap of the configuration. 0, or -errno with the reason in the log. */
static int make_heap(struct server *server, const struct solver_heap *wanted,
                     enum heap_commit commit)
{
    const char *type = wanted->heap.heap_type;
    unsigned long long id = wanted->heap.id;
    if (strcmp(type, SYSMEM_HEAP_TYPE_SYSTEM_RAM) != 0) {
        log_error("heap %s: wanted a heap type that this daemon has a backend for (%s)", type,
                  SYSMEM_HEAP_TYPE_SYSTEM_RAM);
        return -EINVAL;
    }
    if (wanted->secure) {
        log_error("heap %s %llu: system RAM cannot be secure", type, id);
        return -EINVAL;
    }
    struct heap *heap = heap_system_ram_new(&server->executor, commit);
    if (heap == NULL) {
        log_error("heap %s %llu: no memory or no descriptor for it", type, id);
        return -ENOMEM;
    }
    name_heap(heap, wanted);
    int failed = heap_registry_add(&server->heaps, heap);
    if (failed != 0) {
        heap->ops->free(heap);
        log_error("heap %s %llu: %s", type, id,
                  failed == -EEXIST ? "another heap answers to one of its names already"
                                    : "no memory for it");
    }
    return failed;
}

/* The pool, and the heap that stands on it, of whatever is asked for contiguously. */
static int make_contiguous(struct server *server)
{
    const struct config_contiguous *wanted = &server->config->contiguous;
    const struct pool_config config = {
        .name = "SysmemContiguousPool",
        .base = wanted->physical_base,
        .size = wanted->size,
        .guard_pages = wanted->guard_pages,
        .internal_guards = wanted->internal_guards,
        .fatal_guards = wanted->fatal_guards,
        .check_seconds = wanted->check_seconds,
        .cycle_seconds = wanted->cycle_seconds,
    };
    struct pool *pool = NULL;
    int failed = pool_new(&config, &server->alarms, &pool);
    struct heap *ram =
        failed < 0 ? NULL : heap_system_ram_new(&server->executor, HEAP_COMMIT_EAGER);
    server->heaps.contiguous = ram == NULL ? NULL : heap_contiguous_new(ram, pool);
    if (server->heaps.contiguous == NULL) {
        failed = failed < 0 ? failed : -ENOMEM;
        log_error("contiguous memory: wanted a pool of %llu bytes, got %s",
                  (unsigned long long)wanted->size, strerror(-failed));
        pool_free(pool);
        if (ram != NULL) {
            ram->ops->free(ram);
        }
        return failed;
    }
    log_info("contiguous memory is emulated: %llu bytes, at addresses from 0x%llx on",
             (unsigned long long)wanted->size, (unsigned long long)wanted->physical_base);
    return 0;
}

int server_make_heaps(struct server *server)
{
    const struct config *config = server->config;
    int failed = 0;
    for (size_t i = 0; i < config->heap_count && failed == 0; i++) {
        const struct config_heap_options *options = &config->heap_options[i];
        enum heap_commit commit = options->lazy         ? HEAP_COMMIT_LAZY
                                  : options->huge_pages ? HEAP_COMMIT_HUGE
                                                        : HEAP_COMMIT_EAGER;
        failed = make_heap(server, &config->heaps[i], commit);
    }
    return failed == 0 && config->contiguous.size > 0 ? make_contiguous(server) : failed;
}
