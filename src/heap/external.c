#include "heap/external.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "heap/clear.h"
#include "os/memfile.h"
#include "os/memory_kind.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define WHY_BYTES 160

struct external {
    struct heap heap;
    const struct heap_remote_ops *ops;
    void *remote;
    struct executor *executor;
    int dir; /* see memfile_open_dir() */
};

/* From the question for it until the process has it back. */
struct heap_external_buffer {
    struct external *external;
    struct heap_request *request;
    struct heap_clear clear; /* while it is cleared; `fd` is the buffer's until it is answered */
    void (*released)(void *arg);
    void *released_arg;
};

static struct external *external_of(struct heap *heap)
{
    return container_of(heap, struct external, heap);
}

static struct heap_remote_allocation allocation_of(const struct heap_request *request)
{
    return (struct heap_remote_allocation){
        .size = request->size_bytes,
        .buffer_collection_id = request->buffer_collection_id,
        .buffer_index = request->buffer_index,
    };
}

/* --- what the process made --- */

static const char *kind_name(enum memory_kind kind)
{
    static const char *const names[] = {
        [MEMORY_MEMFD] = "a memfd",
        [MEMORY_HUGETLB] = "a memfd in huge pages",
        [MEMORY_SECRET] = "a memfd_secret",
        [MEMORY_DMABUF] = "a dma-buf",
        [MEMORY_OTHER] = "another descriptor",
    };
    return names[kind];
}

/* Whoever maps a buffer must not lose it under his hands, nor be locked out of it. NULL: the seals
 * are as they have to be. */
static const char *check_seals(int fd, bool opaque)
{
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
        return "wanted memory that is sealed against shrinking, got it without F_SEAL_SHRINK";
    }
    if ((seals & F_SEAL_GROW) == 0) {
        return "wanted memory that is sealed against growing, got it without F_SEAL_GROW";
    }
    if ((seals & F_SEAL_SEAL) == 0) {
        return "wanted memory that is sealed against further seals, got it without F_SEAL_SEAL";
    }
    bool writable = (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) == 0;
    if (writable && opaque) {
        return "wanted memory that is sealed against writing, as no CPU reaches what it stands "
               "for, got it without F_SEAL_WRITE";
    }
    return writable || opaque ? NULL
                              : "wanted memory that can be written, got it sealed against writing";
}

/* The daemon gives each holder a description of his own, so it opens the file again for each. */
static const char *check_access(const struct external *external, int fd, char why[WHY_BYTES])
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) != O_RDWR) {
        return "wanted a descriptor that is open for reading and writing (O_RDWR)";
    }
    uid_t uid = geteuid();
    if (memfile_is_private(fd, uid) != 1) {
        (void)snprintf(why, WHY_BYTES,
                       "wanted memory that only its owner and uid %u can open, got a mode or an "
                       "access list that lets others in",
                       (unsigned)uid);
        return why;
    }
    int again = -1;
    int failed = memfile_reopen(external->dir, fd, MEMFILE_READ_WRITE, &again);
    fd_close(&again);
    if (failed == -EACCES) {
        (void)snprintf(why, WHY_BYTES,
                       "wanted memory that uid %u can open again: its own, or with an entry for "
                       "it in the access list (system.posix_acl_access)",
                       (unsigned)uid);
        return why;
    }
    if (failed < 0) {
        (void)snprintf(why, WHY_BYTES, "wanted memory that can be opened again, got: %s",
                       strerror(-failed));
        return why;
    }
    return NULL;
}

/* NULL, or why this is no buffer, in words that may stand in `why`. */
static const char *check(const struct external *external, int fd, uint64_t size,
                         char why[WHY_BYTES])
{
    enum memory_kind kind = memory_kind_of(fd); /* nothing else is asked of a stranger's file */
    if (kind != MEMORY_MEMFD && kind != MEMORY_HUGETLB) {
        (void)snprintf(why, WHY_BYTES, "wanted memory of memfd_create(), got %s",
                       fd < 0 ? "no VMO" : kind_name(kind));
        return why;
    }
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size < 0 || (uint64_t)st.st_size != size) {
        (void)snprintf(why, WHY_BYTES, "wanted %" PRIu64 " bytes, got a VMO of %lld", size,
                       (long long)st.st_size);
        return why;
    }
    if (external->ops->is_known(external->remote, fd)) {
        return "wanted memory of its own, got what is another buffer's already";
    }
    const char *refusal = check_seals(fd, external->heap.properties.opaque);
    return refusal != NULL ? refusal : check_access(external, fd, why);
}

/* --- allocating --- */

void *heap_external_remote(const struct heap_external_buffer *buffer)
{
    return buffer->external->remote;
}

static void refuse(struct heap_external_buffer *buffer, int status, const char *why)
{
    struct external *external = buffer->external;
    struct heap_request *request = buffer->request;
    free(buffer);
    heap_answer(&external->heap, request, status, why);
}

static void deliver(struct heap_external_buffer *buffer)
{
    struct heap_request *request = buffer->request;
    request->fd = fd_take(&buffer->clear.fd);
    request->backend = buffer;
    heap_answer(&buffer->external->heap, request, 0, NULL);
}

static void on_cleared(struct heap_clear *clear)
{
    struct heap_external_buffer *buffer = container_of(clear, struct heap_external_buffer, clear);
    if (clear->status == 0) {
        deliver(buffer);
        return;
    }
    struct external *external = buffer->external;
    external->ops->discard(external->remote, fd_take(&clear->fd));
    refuse(buffer, clear->status, "its memory could not be cleared");
}

void heap_external_allocated(struct heap_external_buffer *buffer, int status, int fd,
                             const char *why)
{
    struct external *external = buffer->external;
    char words[WHY_BYTES];
    if (status == 0) {
        why = check(external, fd, buffer->request->size_bytes, words);
        status = why == NULL ? 0 : -EPROTO;
    }
    if (status != 0) {
        if (fd >= 0) {
            external->ops->discard(external->remote, fd);
        }
        refuse(buffer, status, why);
        return;
    }
    buffer->clear = (struct heap_clear){
        .fd = fd, .size_bytes = buffer->request->size_bytes, .done = on_cleared};
    if (external->heap.properties.need_clear) {
        heap_clear(&buffer->clear, external->executor);
    } else {
        deliver(buffer);
    }
}

static void external_allocate(struct heap *heap, struct heap_request *request)
{
    struct external *external = external_of(heap);
    struct heap_external_buffer *buffer = calloc(1, sizeof(*buffer));
    if (buffer == NULL) {
        heap_answer(heap, request, -ENOMEM, NULL);
        return;
    }
    buffer->external = external;
    buffer->request = request;
    struct heap_remote_allocation allocation = allocation_of(request);
    allocation.settings = request->settings;
    int failed = external->ops->allocate_vmo(external->remote, &allocation, buffer);
    if (failed != 0) {
        refuse(buffer, failed,
               failed == -EPIPE     ? "its process is gone"
               : failed == -ENOBUFS ? "its process does not read what it is asked"
                                    : NULL);
    }
}

/* --- giving back --- */

void heap_external_deleted(struct heap_external_buffer *buffer)
{
    void (*released)(void *) = buffer->released;
    void *arg = buffer->released_arg;
    heap_count_released(&buffer->external->heap, buffer->request);
    free(buffer);
    if (released != NULL) {
        released(arg);
    }
}

static void external_release(struct heap *heap, struct heap_request *request,
                             void (*done)(void *arg), void *arg)
{
    struct external *external = external_of(heap);
    struct heap_external_buffer *buffer = request->backend;
    buffer->released = done;
    buffer->released_arg = arg;
    const struct heap_remote_allocation allocation = allocation_of(request);
    int fd = fd_take(&request->fd);
    /* That nobody has it any more the process hears from the kernel, too: nothing is lost where it
     * cannot be told. */
    if (external->ops->delete_vmo(external->remote, &allocation, fd, buffer) != 0) {
        heap_external_deleted(buffer);
    }
}

/* --- the heap --- */

static void external_free(struct heap *heap)
{
    struct external *external = external_of(heap);
    external->ops->free(external->remote);
    fd_close(&external->dir);
    free(external);
}

const char *heap_external_refuse(const struct heap_external_config *config)
{
    if (!config->cpu_supported && !config->ram_supported && !config->inaccessible_supported) {
        return "wanted a heap that supports at least one coherency domain, got none";
    }
    if (config->need_clear && !config->cpu_supported && !config->ram_supported) {
        return "wanted memory that is clear already, as no CPU reaches it, got need_clear";
    }
    return NULL;
}

struct heap *heap_external_new(const struct heap_external_config *config)
{
    static const struct heap_ops ops = {
        .allocate = external_allocate,
        .release = external_release,
        .free = external_free,
    };
    assert(heap_external_refuse(config) == NULL);
    struct external *external = calloc(1, sizeof(*external));
    if (external == NULL || memfile_open_dir(&external->dir) < 0) {
        free(external);
        return NULL;
    }
    external->ops = config->ops;
    external->remote = config->remote;
    external->executor = config->executor;
    external->heap = (struct heap){
        .ops = &ops,
        .backend = "external",
        .id = config->id,
        .properties =
            {
                         .cpu_supported = config->cpu_supported,
                         .ram_supported = config->ram_supported,
                         .inaccessible_supported = config->inaccessible_supported,
                         .need_clear = config->need_clear,
                         .need_flush = config->need_flush,
                         .opaque = !config->cpu_supported && !config->ram_supported,
                         .tracking = HEAP_TRACKED_BY_LOCKS,
                         .charge = HEAP_CHARGES_PROVIDER,
                         .max_size_bytes = config->max_size_bytes,
                         .deadline_ns = config->deadline_ns,
                         },
        .ready = true,
        .external = true,
    };
    return &external->heap;
}
