/* Zeroing memory that somebody else made. */
#ifndef OS_MEMORY_CLEAR_H
#define OS_MEMORY_CLEAR_H

#include <stdint.h>

/* Makes a range of a memory file read as zeros and gives it its pages, for whoever has the file,
 * mapped or not. Nothing is mapped here: a file that shrinks meanwhile does no harm, but what it
 * has lost is made again, so that its owner should have sealed it. Neither needs the range to be a
 * multiple of pages.
 *
 * 0; -EOPNOTSUPP: no memory file (os/memory_kind.h: memory that cannot be written, such as a
 * memfd_secret, or that only its driver knows how to write, a dma-buf); -EPERM: sealed against
 * writing; -EBADF: not open for writing; -ENOMEM or -ENOSPC: no memory; another -errno. Blocks for
 * as long as the kernel takes to zero it (10 GB/s or so). Any thread may call. */
int memory_clear(int fd, uint64_t offset, uint64_t size);

#endif
