/* Participants in the usual poses, on the public interface. Every function asserts that it succeeds
 * unless it says otherwise. */
#ifndef SUPPORT_PARTICIPANT_H
#define SUPPORT_PARTICIPANT_H

#include <stddef.h>
#include <stdint.h>

#include <sysmem/sysmem.h>

#include "support/daemon.h"

/* When a call that must be answered has waited too long. */
zx_time_t soon(void);

struct sysmem_allocator *connect_to(const struct daemon *daemon);

struct sysmem_token *root_token(struct sysmem_allocator *allocator);

/* A synced duplicate. */
struct sysmem_token *duplicate(struct sysmem_token *token);

struct sysmem_collection *bind_token(struct sysmem_allocator *allocator,
                                     struct sysmem_token *token);

/* usage.cpu READ_OFTEN|WRITE_OFTEN, CPU domain only, sizes in bytes (0: not set), camping count. */
struct sysmem_buffer_collection_constraints cpu_constraints(uint32_t camping, uint64_t min_size,
                                                            uint64_t max_size);

/* A collection of one participant that has its buffers. */
struct sysmem_collection *allocated(struct sysmem_allocator *allocator, uint32_t count,
                                    uint64_t size, struct sysmem_collection_info **ret_info);

/* Release and close. */
void leave(struct sysmem_collection *collection);

#endif
