/* Buffers that exist, as the constraints of one more participant: who joins them later must agree.
 * Source: spec/fuchsia.sysmem2-BufferCollection.AttachToken.txt. */
#ifndef SOLVER_PINNED_H
#define SOLVER_PINNED_H

#include <stdint.h>

#include <sysmem/types.h>

/* Fills *ret, which borrows from `settings`: those of `count` buffers. */
void solver_pin(const struct sysmem_single_buffer_settings *settings, uint32_t count,
                struct sysmem_buffer_collection_constraints *ret);

#endif
