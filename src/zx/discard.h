/* Memory that may lose its contents while nobody has locked it: what ZX_VMO_DISCARDABLE means.
 * Source: spec/zx_vmo_create.txt. All functions may be called by any thread; a lock waits while the
 * contents of any discardable memory are being given back. */
#ifndef ZX_DISCARD_H
#define ZX_DISCARD_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

#include "base/list.h"
#include "zx/store.h"

/* Guarded by one lock. */
struct discardable {
    struct list link; /* among those that may be discarded, longest unlocked first */
    struct store *store;
    uint64_t locks;
    bool is_discarded; /* since the last lock */
    bool is_kept;      /* others use it, whose locks cannot be seen */
    bool is_received;  /* and was from the beginning */
};

/* Unlocked, of a store that lives as long. The process listens for memory pressure from its first
 * one to its last one, on a thread of the library's. NULL: no memory. */
struct discardable *discardable_new(struct store *store);

/* Of memory that another process has, too: its locks are counted, and its contents stay. */
struct discardable *discardable_new_received(struct store *store);

void discardable_free(struct discardable *discardable);

/* Locks count. Whether the contents have gone since the last lock. */
bool discardable_lock(struct discardable *discardable);

/* ZX_ERR_UNAVAILABLE: the contents have gone, and it is not locked. */
zx_status_t discardable_try_lock(struct discardable *discardable);

/* ZX_ERR_BAD_STATE: it is not locked. */
zx_status_t discardable_unlock(struct discardable *discardable);

/* Its contents stay from now on. */
void discardable_keep(struct discardable *discardable);

#endif
