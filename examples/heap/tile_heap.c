/* Serves a heap: docs/heaps.md. One thread asks the kernel's word on each buffer's end from a port;
 * the main thread serves the daemon. */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sysmem/sysmem.h>

#define CALL_TIME ZX_SEC(10)
#define MAX_TILES 4096 /* buffers at a time */

/* A buffer, from its making to the end of its last user. */
struct tiles {
    zx_handle_t parent; /* ZX_HANDLE_INVALID: free */
    uint64_t bytes;
    uint64_t collection;
    uint64_t index;
};

struct heap {
    struct sysmem_heap_provider *provider;
    zx_handle_t port;
    pthread_mutex_t lock; /* for what follows */
    struct tiles tiles[MAX_TILES];
    uint64_t bytes_left;
    size_t in_use;
    bool closed; /* nothing more is asked for */
};

static void tell(const char *what, const struct tiles *tiles)
{
    printf("%s: collection %" PRIu64 " buffer %" PRIu64 ", %" PRIu64 " bytes\n", what,
           tiles->collection, tiles->index, tiles->bytes);
    (void)fflush(stdout);
}

/* A free entry with the bytes taken for it; or NULL with what was left. */
static struct tiles *take(struct heap *heap, uint64_t bytes, uint64_t *ret_left)
{
    struct tiles *found = NULL;
    (void)pthread_mutex_lock(&heap->lock);
    *ret_left = heap->bytes_left;
    for (size_t i = 0; i < MAX_TILES && found == NULL && bytes <= heap->bytes_left; i++) {
        found = heap->tiles[i].bytes == 0 ? &heap->tiles[i] : NULL;
    }
    if (found != NULL) {
        found->bytes = bytes;
        heap->bytes_left -= bytes;
        heap->in_use++;
    }
    (void)pthread_mutex_unlock(&heap->lock);
    return found;
}

static void give_back(struct heap *heap, struct tiles *tiles)
{
    (void)pthread_mutex_lock(&heap->lock);
    heap->bytes_left += tiles->bytes;
    heap->in_use--;
    *tiles = (struct tiles){0};
    (void)pthread_mutex_unlock(&heap->lock);
}

/* --- What the daemon asks for --- */

/* The kernel is asked for the buffer's end before anybody can have it. */
static zx_status_t make(struct heap *heap, struct tiles *tiles, zx_handle_t *ret_child)
{
    zx_status_t status =
        sysmem_heap_memory_create(heap->provider, tiles->bytes, &tiles->parent, ret_child);
    if (status == ZX_OK) {
        status = zx_object_wait_async(tiles->parent, heap->port, (uint64_t)(tiles - heap->tiles),
                                      ZX_VMO_ZERO_CHILDREN, 0);
        if (status != ZX_OK) {
            (void)zx_handle_close(*ret_child);
            (void)zx_handle_close(tiles->parent);
        }
    }
    return status;
}

static void allocate_vmo(void *arg, struct sysmem_heap_call *call,
                         const struct sysmem_heap_allocation *wanted)
{
    struct heap *heap = arg;
    char why[96];
    zx_handle_t child;
    uint64_t left = 0;
    struct tiles *tiles = take(heap, wanted->size, &left);
    if (tiles == NULL) {
        (void)snprintf(why, sizeof(why), "wanted tiles for %" PRIu64 " bytes, got %" PRIu64,
                       wanted->size, left);
        (void)sysmem_heap_call_refused(call, why);
        return;
    }
    tiles->collection = wanted->buffer_collection_id;
    tiles->index = wanted->buffer_index;
    zx_status_t status = make(heap, tiles, &child);
    if (status != ZX_OK) {
        give_back(heap, tiles);
        (void)sysmem_heap_call_refused(call, sysmem_status_name(status));
        return;
    }
    tell("made", tiles);
    (void)sysmem_heap_call_allocated(call, child);
}

/* Nothing has to be done: the last handle is closed here, and the port hears of it. */
static void delete_vmo(void *arg, struct sysmem_heap_call *call, uint64_t collection,
                       uint64_t index, zx_handle_t vmo)
{
    (void)arg;
    (void)collection;
    (void)index;
    (void)zx_handle_close(vmo);
    (void)sysmem_heap_call_deleted(call);
}

static void closed(void *arg, sysmem_status_t why)
{
    struct heap *heap = arg;
    zx_port_packet_t wake = {.type = ZX_PKT_TYPE_USER};
    printf("the daemon asks for nothing more: %s\n", sysmem_status_name(why));
    (void)fflush(stdout);
    (void)pthread_mutex_lock(&heap->lock);
    heap->closed = true;
    (void)pthread_mutex_unlock(&heap->lock);
    (void)zx_port_queue(heap->port, &wake);
}

/* --- What the kernel says --- */

static bool is_over(struct heap *heap)
{
    (void)pthread_mutex_lock(&heap->lock);
    bool over = heap->closed && heap->in_use == 0;
    (void)pthread_mutex_unlock(&heap->lock);
    return over;
}

static void *watch(void *arg)
{
    struct heap *heap = arg;
    zx_port_packet_t packet;
    while (!is_over(heap) && zx_port_wait(heap->port, ZX_TIME_INFINITE, &packet) == ZX_OK) {
        if (packet.type == ZX_PKT_TYPE_SIGNAL_ONE) {
            struct tiles *tiles = &heap->tiles[packet.key];
            tell("back", tiles);
            (void)zx_handle_close(tiles->parent);
            give_back(heap, tiles);
        }
    }
    return NULL;
}

/* --- The program --- */

static int enlist(struct heap *heap, const char *socket, const char *type)
{
    static const struct sysmem_heap_provider_ops ops = {
        .allocate_vmo = allocate_vmo, .delete_vmo = delete_vmo, .closed = closed};
    const struct sysmem_heap_provider_config config = {
        .properties = {.cpu_supported = true, .ram_supported = true},
          .ops = &ops, .arg = heap
    };
    struct sysmem_heap id = {0};
    struct sysmem_allocator *allocator = NULL;
    struct sysmem_registry *registry = NULL;
    SYSMEM_SET(&id, heap_type, type);
    sysmem_status_t status = sysmem_allocator_connect(socket, &allocator);
    if (status == 0) {
        status = sysmem_registry_open(allocator, &registry);
    }
    if (status == 0) {
        status = sysmem_registry_register_heap(registry, &id, &config, zx_deadline_after(CALL_TIME),
                                               &heap->provider);
    }
    if (status != 0) {
        struct sysmem_failure *failure =
            registry == NULL ? NULL : sysmem_registry_take_failure(registry);
        (void)fprintf(stderr, "tile_heap: %s: %s\n", sysmem_status_name(status),
                      failure == NULL ? "cannot register" : sysmem_failure_text(failure));
        sysmem_failure_free(failure);
    }
    sysmem_registry_free(registry); /* the heap stays registered */
    sysmem_allocator_free(allocator);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(void)
{
    (void)fprintf(stderr, "usage: tile_heap [--socket PATH] [--type HEAP_TYPE] [--bytes N]\n");
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"socket", required_argument, NULL, 's'},
        {"type",   required_argument, NULL, 't'},
        {"bytes",  required_argument, NULL, 'b'},
        {0,        0,                 NULL, 0  },
    };
    static struct heap heap = {.lock = PTHREAD_MUTEX_INITIALIZER, .bytes_left = 64 << 20};
    const char *socket = NULL;
    const char *type = "example.TILES";
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            socket = optarg;
            break;
        case 't':
            type = optarg;
            break;
        case 'b':
            heap.bytes_left = strtoull(optarg, NULL, 0);
            break;
        default:
            return usage();
        }
    }
    pthread_t watcher;
    if (optind != argc || zx_port_create(0, &heap.port) != ZX_OK) {
        return usage();
    }
    if (enlist(&heap, socket, type) != EXIT_SUCCESS ||
        pthread_create(&watcher, NULL, watch, &heap) != 0) {
        return EXIT_FAILURE;
    }
    printf("registered\n");
    (void)fflush(stdout);
    (void)sysmem_heap_provider_run(heap.provider, ZX_TIME_INFINITE);
    (void)pthread_join(watcher, NULL); /* the buffers outlive the daemon */
    sysmem_heap_provider_free(heap.provider);
    (void)zx_handle_close(heap.port);
    printf("the last buffer is gone\n");
    return EXIT_SUCCESS;
}
