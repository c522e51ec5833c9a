/* How long memory is: one record for a VMO and the references to it, which share both sizes. All
 * functions may be called by any thread. */
#ifndef ZX_EXTENT_H
#define ZX_EXTENT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "zx/store.h"

struct extent {
    atomic_uint references;
    bool is_resizable; /* some VMO of this memory may change its size; constant */
    pthread_mutex_t lock;
    bool is_measured; /* guarded by lock, as are both sizes, which it makes valid */
    uint64_t size;    /* bytes that can be read and written */
    uint64_t content_size;
    struct list bounded_mappings; /* that end with the content; the lock of the regions guards it */
};

/* Known sizes, with one reference for the caller. NULL: no memory. */
struct extent *extent_new(uint64_t size, uint64_t content_size);

/* Both sizes are the file's when one of them is first asked for: most received VMOs are only mapped
 * or passed on, and each question is a system call. */
struct extent *extent_new_unmeasured(void);

struct extent *extent_ref(struct extent *extent);
void extent_unref(struct extent *extent);

/* `store`: whose file is measured the first time; its size is 0 where that fails. NULL will do once
 * the sizes are known. */
uint64_t extent_size(struct extent *extent, struct store *store);
uint64_t extent_content_size(struct extent *extent, struct store *store);
void extent_set_content_size(struct extent *extent, struct store *store, uint64_t size);

/* Makes the memory `size` bytes long, of which `content_size`, not more, have contents: those
 * behind become zeros. On failure the sizes are as they were. */
zx_status_t extent_resize(struct extent *extent, struct store *store, uint64_t size,
                          uint64_t content_size);

#endif
