/* Memory that only who has it mapped can read, not even the kernel by the usual ways. */
#ifndef HEAP_CONFIDENTIAL_H
#define HEAP_CONFIDENTIAL_H

#include "heap/heap.h"

/* A memfd_secret for each buffer (os/secret_memory.h says what that is): no memory before somebody
 * touches it, tracked by companion, no handle that is read-only for the kernel. The daemon never
 * maps it. Only the CPU domain: no driver can get at such pages. Not ready where the system has
 * none, for as long as the daemon runs.
 *
 * It is called SYSMEM_HEAP_TYPE_CONFIDENTIAL, id 0; its owner may change that. NULL: no memory. */
struct heap *heap_confidential_new(struct executor *executor);

#endif
