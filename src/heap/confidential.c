/* Confidential memory: one memfd_secret a buffer. */
#include "heap/confidential.h"

#include <stdlib.h>

#include "base/list.h"
#include "heap/file_heap.h"
#include "os/secret_memory.h"

static int confidential_make(const struct file_heap *files, const char *name, uint64_t size,
                             int *ret_fd, char why[FILE_HEAP_WHY])
{
    (void)files;
    (void)name; /* the kernel calls them all "secretmem" */
    (void)why;  /* errno says it */
    return secret_memory_new(size, ret_fd);
}

static void confidential_free(struct file_heap *files)
{
    free(files);
}

static const struct heap_ops confidential_ops = {
    .allocate = file_heap_allocate,
    .release = file_heap_release,
    .free = file_heap_free,
};

static const struct file_heap_kind confidential_kind = {confidential_make, confidential_free};

struct heap *heap_confidential_new(struct executor *executor)
{
    struct file_heap *files = calloc(1, sizeof(*files));
    if (files == NULL) {
        return NULL;
    }
    const char *absent_reason = secret_memory_absent();
    *files = (struct file_heap){
        .kind = &confidential_kind,
        .executor = executor,
        .quick_make_bytes = UINT64_MAX, /* nothing is committed */
        .quick_close_bytes = FILE_HEAP_QUICK_BYTES,
    };
    files->heap = (struct heap){
        .ops = &confidential_ops,
        .backend = "confidential",
        .id = {.heap_type = SYSMEM_HEAP_TYPE_CONFIDENTIAL,
               .id = 0,
               .has = {.heap_type = true, .id = true}},
        .ready = absent_reason == NULL,
        .absent_reason = absent_reason,
    };
    files->heap.properties = (struct heap_properties){
        .cpu_supported = true,
        .tracking = HEAP_TRACKED_BY_COMPANION,
        .charge = HEAP_CHARGES_TOUCHER,
        .max_size_bytes = UINT64_MAX,
    };
    return &files->heap;
}
