/* The Linux extension of <zircon/syscalls.h>: asking for discardable memory back. */
#ifndef SYSMEM_DISCARD_H
#define SYSMEM_DISCARD_H

#include <stdint.h>

#include <sysmem/export.h>

/* Takes the contents of VMOs of this process that are ZX_VMO_DISCARDABLE and not locked, longest
 * unlocked first, until at least `bytes` of memory are given back (UINT64_MAX: all there is).
 * Returns how many were. The next ZX_VMO_OP_LOCK tells their owners. The library does the same by
 * itself when the kernel reports memory pressure. A VMO that has left the process is spared. Any
 * thread may call. */
SYSMEM_EXPORT uint64_t sysmem_discard_unlocked(uint64_t bytes);

#endif
