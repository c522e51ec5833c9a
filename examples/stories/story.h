/* What the three stories share: they play all their participants in one process, and end at the
 * first thing that does not come as told. */
#ifndef STORY_H
#define STORY_H

#include <stdint.h>
#include <stdio.h>

#include <sysmem/sysmem.h>

/* How long anything may take. */
zx_time_t soon(void);

/* Ends the program with status 1 when `status` is not 0. */
void must(sysmem_status_t status, const char *what);

/* One line of the story, as printf() takes it. */
#define tell(...) ((void)printf(__VA_ARGS__), (void)putchar('\n'))

/* A connection under a client name. */
struct sysmem_allocator *connect_as(const char *name);

/* Turns the token in, and sends the constraints of somebody who camps on `camping` buffers of
 * `size` bytes at least. */
struct sysmem_collection *join(struct sysmem_allocator *allocator, struct sysmem_token *token,
                               uint32_t camping, uint64_t size);

/* Waits for the buffers; the caller frees the result. */
struct sysmem_collection_info *buffers_of(struct sysmem_collection *collection);

/* Release and close. */
void leave(struct sysmem_collection *collection);

#endif
