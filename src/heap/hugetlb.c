/* System RAM in huge pages: one sealed memfd of hugetlbfs a buffer. */
#include "heap/hugetlb.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_count.h"
#include "base/fd.h"
#include "base/list.h"
#include "heap/file_heap.h"
#include "os/hugetlb.h"
#include "os/memfile.h"

struct hugetlb {
    struct file_heap files;
    int dir; /* see memfile_open_dir() */
    uint64_t page_bytes;
    char page_name[BYTE_COUNT_ROOM]; /* "2MiB" */
    char absent_reason[FILE_HEAP_WHY];
};

static const struct hugetlb *hugetlb_of(const struct file_heap *files)
{
    return container_of(files, const struct hugetlb, files);
}

/* What the pool has may have changed since the file was refused: then the numbers do not explain
 * it, but tell that it is worth another try. */
static void explain(const struct hugetlb *hugetlb, uint64_t size, char why[FILE_HEAP_WHY])
{
    struct hugetlb_pool pool = {0};
    (void)hugetlb_look(hugetlb->page_bytes, &pool);
    (void)snprintf(why, FILE_HEAP_WHY,
                   "wanted %" PRIu64 " huge pages of %s, got %" PRIu64 " free of %" PRIu64,
                   size / hugetlb->page_bytes, hugetlb->page_name, pool.available, pool.pages);
}

static int hugetlb_make(const struct file_heap *files, const char *name, uint64_t size, int *ret_fd,
                        char why[FILE_HEAP_WHY])
{
    const struct hugetlb *hugetlb = hugetlb_of(files);
    int r = memfile_new_huge(hugetlb->dir, name, size, hugetlb->page_bytes, ret_fd);
    if (r == -ENOSPC || r == -ENODEV) {
        explain(hugetlb, size, why);
    }
    return r;
}

static void hugetlb_free(struct file_heap *files)
{
    struct hugetlb *hugetlb = container_of(files, struct hugetlb, files);
    fd_close(&hugetlb->dir);
    free(hugetlb);
}

/* Sizes that there are: " (it has 2MiB, 1GiB)". */
static void add_sizes(char *text, size_t room)
{
    uint64_t sizes[8];
    size_t count = hugetlb_sizes(sizes, sizeof(sizes) / sizeof(sizes[0]));
    size_t used = strlen(text);
    for (size_t i = 0; i < count && used < room; i++) {
        char size[BYTE_COUNT_ROOM];
        int added = snprintf(text + used, room - used, "%s%s%s", i == 0 ? " (it has " : ", ",
                             byte_count_print(sizes[i], size), i + 1 == count ? ")" : "");
        used += (size_t)added;
    }
}

/* The words for a heap that is not ready, for good: the sizes that a kernel knows do not change. */
static void write_absent_reason(struct hugetlb *hugetlb)
{
    char *text = hugetlb->absent_reason;
    struct hugetlb_pool pool;
    if (hugetlb_look(hugetlb->page_bytes, &pool) == -ENOENT) {
        (void)snprintf(text, FILE_HEAP_WHY, "this kernel has no huge pages of %s",
                       hugetlb->page_name);
        add_sizes(text, FILE_HEAP_WHY);
        return;
    }
    (void)snprintf(
        text, FILE_HEAP_WHY,
        "wanted huge pages of %s, got a system that has set none aside (hugepages-%" PRIu64
        "kB/nr_hugepages is 0)",
        hugetlb->page_name, hugetlb->page_bytes / 1024);
}

static void hugetlb_look_at_pool(struct heap *heap)
{
    struct hugetlb *hugetlb = container_of(heap, struct hugetlb, files.heap);
    heap->ready = hugetlb_is_there(hugetlb->page_bytes);
    heap->absent_reason = heap->ready ? NULL : hugetlb->absent_reason;
}

static const struct heap_ops hugetlb_ops = {
    .allocate = file_heap_allocate,
    .release = file_heap_release,
    .free = file_heap_free,
    .look = hugetlb_look_at_pool,
};

static const struct file_heap_kind hugetlb_kind = {hugetlb_make, hugetlb_free};

struct heap *heap_hugetlb_new(struct executor *executor, uint64_t page_bytes)
{
    assert(page_bytes > 0 && (page_bytes & (page_bytes - 1)) == 0);
    struct hugetlb *hugetlb = calloc(1, sizeof(*hugetlb));
    if (hugetlb == NULL || memfile_open_dir(&hugetlb->dir) < 0) {
        free(hugetlb);
        return NULL;
    }
    hugetlb->page_bytes = page_bytes;
    (void)byte_count_print(page_bytes, hugetlb->page_name);
    hugetlb->files = (struct file_heap){.kind = &hugetlb_kind, .executor = executor};
    struct heap *heap = &hugetlb->files.heap;
    *heap = (struct heap){
        .ops = &hugetlb_ops,
        .backend = "hugetlb",
        .id = {.heap_type = SYSMEM_HEAP_TYPE_SYSTEM_RAM,
               .id = 0,
               .has = {.heap_type = true, .id = true}},
    };
    heap->properties = (struct heap_properties){
        .cpu_supported = true,
        .ram_supported = true,
        .inaccessible_supported = true,
        .tracking = HEAP_TRACKED_BY_LEASE,
        .charge = HEAP_CHARGES_POOL,
        .max_size_bytes = UINT64_MAX,
        .granularity = page_bytes,
    };
    write_absent_reason(hugetlb);
    hugetlb_look_at_pool(heap);
    return heap;
}
