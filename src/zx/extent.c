#include "zx/extent.h"

#include <stdlib.h>

struct extent *extent_new_unmeasured(void)
{
    struct extent *extent = calloc(1, sizeof(*extent));
    if (extent == NULL) {
        return NULL;
    }
    atomic_init(&extent->references, 1);
    (void)pthread_mutex_init(&extent->lock, NULL);
    list_init(&extent->bounded_mappings);
    return extent;
}

static void set_sizes(struct extent *extent, uint64_t size, uint64_t content_size)
{
    extent->is_measured = true;
    extent->size = size;
    extent->content_size = content_size;
}

struct extent *extent_new(uint64_t size, uint64_t content_size)
{
    struct extent *extent = extent_new_unmeasured();
    if (extent != NULL) {
        set_sizes(extent, size, content_size);
    }
    return extent;
}

struct extent *extent_ref(struct extent *extent)
{
    (void)atomic_fetch_add(&extent->references, 1);
    return extent;
}

void extent_unref(struct extent *extent)
{
    if (atomic_fetch_sub(&extent->references, 1) == 1) {
        (void)pthread_mutex_destroy(&extent->lock);
        free(extent);
    }
}

static void lock_measured(struct extent *extent, struct store *store)
{
    (void)pthread_mutex_lock(&extent->lock);
    if (!extent->is_measured) {
        uint64_t size = store_file_size(store);
        set_sizes(extent, size, size);
    }
}

uint64_t extent_size(struct extent *extent, struct store *store)
{
    lock_measured(extent, store);
    uint64_t size = extent->size;
    (void)pthread_mutex_unlock(&extent->lock);
    return size;
}

uint64_t extent_content_size(struct extent *extent, struct store *store)
{
    lock_measured(extent, store);
    uint64_t size = extent->content_size;
    (void)pthread_mutex_unlock(&extent->lock);
    return size;
}

void extent_set_content_size(struct extent *extent, struct store *store, uint64_t size)
{
    lock_measured(extent, store);
    extent->content_size = size;
    (void)pthread_mutex_unlock(&extent->lock);
}

zx_status_t extent_resize(struct extent *extent, struct store *store, uint64_t size,
                          uint64_t content_size)
{
    lock_measured(extent, store); /* held throughout: two threads may resize at once */
    uint64_t kept = size < extent->size ? size : extent->size;
    zx_status_t status = ZX_OK;
    if (content_size < kept) { /* first: in a file of somebody else this may be refused */
        status = store_zero(store, content_size, kept - content_size);
    }
    if (status == ZX_OK) {
        status = store_resize(store, size);
    }
    if (status == ZX_OK) {
        set_sizes(extent, size, content_size);
    }
    (void)pthread_mutex_unlock(&extent->lock);
    return status;
}
