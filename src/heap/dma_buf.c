/* dma-bufs: made by a device, whichever of the two it is. */
#include "heap/dma_buf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "heap/file_heap.h"
#include "os/memfile.h"

#define PATH_ROOM 288 /* a directory, and the longest name of a file */

/* Reasons are borrowed by others for as long as the heap lives: so each has a place of its own, and
 * what comes after the last is told in its words. */
#define MAX_REASONS 4

struct absence {
    int error;
    char text[PATH_ROOM + 64];
};

struct dma_buf {
    struct file_heap files;
    const struct dma_device_ops *devices;
    int device; /* -1 until it is found; from then on jobs use it */
    char path[PATH_ROOM];
    struct absence absences[MAX_REASONS];
    size_t absence_count;
};

static int make_of_device(const struct file_heap *files, const char *name, uint64_t size,
                          int *ret_fd, char why[FILE_HEAP_WHY])
{
    (void)name; /* dma-bufs are numbered */
    const struct dma_buf *dma = container_of(files, const struct dma_buf, files);
    int r = dma->devices->allocate(dma->device, size, ret_fd);
    if (r < 0) {
        (void)snprintf(why, FILE_HEAP_WHY, "%.80s: wanted %" PRIu64 " bytes, got %s", dma->path,
                       size, strerror(-r));
    }
    return r;
}

static int make_of_memory(const struct file_heap *files, const char *name, uint64_t size,
                          int *ret_fd, char why[FILE_HEAP_WHY])
{
    const struct dma_buf *dma = container_of(files, const struct dma_buf, files);
    FD_CLEANUP int memory = -1;
    int r = memfile_new(MEMFILE_NO_DIR, name, size, true, &memory);
    if (r < 0) {
        return r;
    }
    r = dma->devices->wrap(dma->device, memory, size, ret_fd);
    if (r < 0) {
        (void)snprintf(why, FILE_HEAP_WHY, "%.80s: wanted %" PRIu64 " bytes, got %s%s", dma->path,
                       size, strerror(-r),
                       r == -EINVAL ? " (more than its size_limit_mb, it seems)" : "");
    }
    return r;
}

static void dma_buf_free(struct file_heap *files)
{
    struct dma_buf *dma = container_of(files, struct dma_buf, files);
    fd_close(&dma->device);
    free(dma);
}

static const char *reason_for(struct dma_buf *dma, int error)
{
    size_t i = 0;
    while (i < dma->absence_count && dma->absences[i].error != error) {
        i++;
    }
    if (i == MAX_REASONS) {
        return dma->absences[i - 1].text;
    }
    struct absence *absence = &dma->absences[i];
    if (i == dma->absence_count) {
        dma->absence_count++;
        absence->error = error;
        (void)snprintf(absence->text, sizeof(absence->text), "%s: %s", dma->path, strerror(error));
    }
    return absence->text;
}

static void dma_buf_look(struct heap *heap)
{
    struct dma_buf *dma = container_of(heap, struct dma_buf, files.heap);
    if (dma->device >= 0) {
        return;
    }
    int r = dma->devices->open(dma->path, &dma->device);
    heap->ready = r == 0;
    heap->absent_reason = r == 0 ? NULL : reason_for(dma, -r);
}

static const struct heap_ops dma_buf_ops = {
    .allocate = file_heap_allocate,
    .release = file_heap_release,
    .free = file_heap_free,
    .look = dma_buf_look,
};

static struct dma_buf *dma_buf_new(const struct file_heap_kind *kind, struct executor *executor,
                                   const struct dma_device_ops *devices)
{
    struct dma_buf *dma = calloc(1, sizeof(*dma));
    if (dma == NULL) {
        return NULL;
    }
    dma->devices = devices;
    dma->device = -1;
    dma->files = (struct file_heap){.kind = kind, .executor = executor};
    dma->files.heap = (struct heap){.ops = &dma_buf_ops};
    dma->files.heap.properties = (struct heap_properties){
        .cpu_supported = true,
        .ram_supported = true,
        .inaccessible_supported = true,
        .tracking = HEAP_TRACKED_BY_COMPANION,
        .charge = HEAP_CHARGES_DRIVER,
        .max_size_bytes = UINT64_MAX,
    };
    return dma;
}

struct heap *heap_dma_heap_new(struct executor *executor, const struct dma_device_ops *devices,
                               const char *name)
{
    static const struct file_heap_kind kind = {make_of_device, dma_buf_free};
    struct dma_buf *dma = dma_buf_new(&kind, executor, devices);
    if (dma == NULL) {
        return NULL;
    }
    dma->files.heap.backend = "dma_heap";
    (void)snprintf(dma->path, sizeof(dma->path), "/dev/dma_heap/%.255s", name);
    dma_buf_look(&dma->files.heap);
    return &dma->files.heap;
}

struct heap *heap_udmabuf_new(struct executor *executor, const struct dma_device_ops *devices)
{
    static const struct file_heap_kind kind = {make_of_memory, dma_buf_free};
    struct dma_buf *dma = dma_buf_new(&kind, executor, devices);
    if (dma == NULL) {
        return NULL;
    }
    dma->files.heap.backend = "udmabuf";
    dma->files.heap.properties.charge = HEAP_CHARGES_DAEMON;
    (void)snprintf(dma->path, sizeof(dma->path), "/dev/udmabuf");
    dma_buf_look(&dma->files.heap);
    return &dma->files.heap;
}
