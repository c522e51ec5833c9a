/* The daemon's heaps, as the configuration has them. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "heap/confidential.h"
#include "heap/dma_buf.h"
#include "heap/hugetlb.h"
#include "heap/pool.h"
#include "server/internal.h"

/* Of most machines. */
#define USUAL_HUGE_PAGE (2ULL << 20)

/* Where a heap's memory comes from. A further kind of heap is a line here. */
struct backend {
    const char *name;
    unsigned keys; /* enum config_heap_key: those that it takes */
    /* NULL: no memory, or no descriptor. */
    struct heap *(*make)(struct server *server, const struct config_heap_options *options);
};

static struct heap *make_system_ram(struct server *server,
                                    const struct config_heap_options *options)
{
    enum heap_commit commit = options->lazy         ? HEAP_COMMIT_LAZY
                              : options->huge_pages ? HEAP_COMMIT_HUGE
                                                    : HEAP_COMMIT_EAGER;
    return heap_system_ram_new(&server->executor, commit);
}

static struct heap *make_hugetlb(struct server *server, const struct config_heap_options *options)
{
    bool said = (options->keys & CONFIG_HEAP_PAGE_SIZE) != 0;
    return heap_hugetlb_new(&server->executor, said ? options->page_size : USUAL_HUGE_PAGE);
}

static struct heap *make_confidential(struct server *server,
                                      const struct config_heap_options *options)
{
    (void)options;
    return heap_confidential_new(&server->executor);
}

static struct heap *make_dma_heap(struct server *server, const struct config_heap_options *options)
{
    return heap_dma_heap_new(&server->executor, &dma_device_kernel,
                             options->device != NULL ? options->device : "system");
}

static struct heap *make_udmabuf(struct server *server, const struct config_heap_options *options)
{
    (void)options;
    return heap_udmabuf_new(&server->executor, &dma_device_kernel);
}

static const struct backend backends[] = {
    {"system_ram",   CONFIG_HEAP_COMMIT,    make_system_ram  },
    {"hugetlb",      CONFIG_HEAP_PAGE_SIZE, make_hugetlb     },
    {"confidential", 0,                     make_confidential},
    {"dma_heap",     CONFIG_HEAP_DEVICE,    make_dma_heap    },
    {"udmabuf",      0,                     make_udmabuf     },
};

/* Of one heap of the configuration: its backend, or NULL with the reason in `why`. A type that is
 * not system RAM's says nothing of where its memory is to come from. */
static const struct backend *find_backend(const struct solver_heap *wanted,
                                          const struct config_heap_options *options,
                                          struct strbuf *why)
{
    const char *name = options->backend;
    if (name == NULL && strcmp(wanted->heap.heap_type, SYSMEM_HEAP_TYPE_SYSTEM_RAM) == 0) {
        name = "system_ram";
    }
    for (size_t i = 0; name != NULL && i < sizeof(backends) / sizeof(backends[0]); i++) {
        if (strcmp(backends[i].name, name) == 0) {
            return &backends[i];
        }
    }
    strbuf_addf(why,
                "wanted a heap type that this daemon has a backend for (%s), or one of the "
                "backends",
                SYSMEM_HEAP_TYPE_SYSTEM_RAM);
    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
        strbuf_addf(why, "%s %s", i == 0 ? "" : ",", backends[i].name);
    }
    strbuf_addf(why, ", got %s", name == NULL ? "none" : name);
    return NULL;
}

/* Whether the backend takes what the configuration says. False with the reason in `why`. */
static bool takes(const struct backend *backend, const struct solver_heap *wanted,
                  const struct config_heap_options *options, struct strbuf *why)
{
    static const char *const keys[] = {"commit", "page_size", "device"};
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if ((options->keys & ~backend->keys & 1U << i) != 0) {
            strbuf_addf(why, "the backend %s takes no \"%s\"", backend->name, keys[i]);
            return false;
        }
    }
    if (wanted->secure) {
        strbuf_addf(why, "memory of the backend %s cannot be secure", backend->name);
        return false;
    }
    return true;
}

/* Whether the backend's memory has the domains that the configuration says. */
static bool has_domains(const struct heap *heap, const struct solver_heap *wanted,
                        struct strbuf *why)
{
    const struct heap_properties *has = &heap->properties;
    const char *missing = wanted->cpu_supported && !has->cpu_supported   ? "CPU"
                          : wanted->ram_supported && !has->ram_supported ? "RAM"
                          : wanted->inaccessible_supported && !has->inaccessible_supported
                              ? "INACCESSIBLE"
                              : NULL;
    if (missing != NULL) {
        strbuf_addf(why, "its backend's memory has no %s domain", missing);
    }
    return missing == NULL;
}

/* What the heap is called and says of itself comes from its row, so that participants are given it
 * for what the solver took it for. Borrows from the configuration. */
static void name_heap(struct heap *heap, const struct solver_heap *wanted,
                      const struct config_heap_options *options)
{
    heap->id = wanted->heap;
    if (wanted->absent_reason != NULL) {
        heap->closed = true;
        heap->ready = false;
        heap->absent_reason = wanted->absent_reason;
    }
    heap->aliases = wanted->aliases;
    heap->alias_count = wanted->alias_count;
    heap->properties.cpu_supported = wanted->cpu_supported;
    heap->properties.ram_supported = wanted->ram_supported;
    heap->properties.inaccessible_supported = wanted->inaccessible_supported;
    if (options->max_size_bytes != 0) {
        heap->properties.max_size_bytes = options->max_size_bytes;
    }
}

/* Makes a heap and registers it. 0, or -errno with the reason in `why`. */
static int try_heap(struct server *server, const struct solver_heap *wanted,
                    const struct config_heap_options *options, struct strbuf *why)
{
    const struct backend *backend = find_backend(wanted, options, why);
    if (backend == NULL || !takes(backend, wanted, options, why)) {
        return -EINVAL;
    }
    struct heap *heap = backend->make(server, options);
    if (heap == NULL) {
        strbuf_addf(why, "no memory or no descriptor for it");
        return -ENOMEM;
    }
    int failed = has_domains(heap, wanted, why) ? 0 : -EINVAL;
    if (failed == 0) {
        name_heap(heap, wanted, options);
        failed = heap_registry_add(&server->heaps, heap);
        strbuf_addf(why, failed == -EEXIST ? "another heap answers to one of its names already"
                                           : "no memory for it");
    }
    if (failed != 0) {
        heap->ops->free(heap);
    } else if (!heap->ready) {
        log_warning("heap %s %llu is not ready: %s", heap->id.heap_type,
                    (unsigned long long)heap->id.id, heap->absent_reason);
    }
    return failed;
}

/* One heap of the configuration. 0, or -errno with the reason in the log. */
static int make_heap(struct server *server, const struct solver_heap *wanted,
                     const struct config_heap_options *options)
{
    struct strbuf why = {0};
    int failed = try_heap(server, wanted, options, &why);
    if (failed != 0) {
        log_error("heap %s %llu: %s", wanted->heap.heap_type, (unsigned long long)wanted->heap.id,
                  strbuf_text(&why));
    }
    strbuf_deinit(&why);
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
        failed = make_heap(server, &config->heaps[i], &config->heap_options[i]);
    }
    return failed == 0 && config->contiguous.size > 0 ? make_contiguous(server) : failed;
}
