/* The address space that belongs to the library from first use until the process ends.
 *
 * It is one reservation without access or memory. What is mapped replaces a part of it and what is
 * unmapped becomes it again, in one system call each, so that no other mmap(2) of the process can
 * ever slip in. Not thread-safe: the lock of the regions covers it. */
#ifndef ZX_RESERVATION_H
#define ZX_RESERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

/* Reserves as much as limits allow, aligned so that every alignment can be had inside; false: not
 * even a few gigabytes. Makes a new one at each call: once is enough for a process. */
bool reservation_make(uint64_t *ret_start, uint64_t *ret_end);

/* Takes away what is mapped in a range of the reservation. Works at vm.max_map_count, too, unless
 * the process has used up all that was kept for this: ZX_ERR_NO_MEMORY, and nothing has changed. */
zx_status_t reservation_restore(uint64_t start, uint64_t end);

/* After a mapping over the range was refused: kernels before 6.12 may have taken what was there
 * away by then. True if so; the range is reserved then. */
bool reservation_mend(uint64_t start, uint64_t end);

#endif
