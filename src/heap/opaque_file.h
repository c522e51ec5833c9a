/* The last close of a file that only identifies a buffer (memfile_new_opaque()). It has no pages,
 * but for those that a holder gave it by fallocate(), which the kernel does not refuse: up to the
 * buffer's size, and giving those back takes as long as for any memory. */
#ifndef HEAP_OPAQUE_FILE_H
#define HEAP_OPAQUE_FILE_H

#include "base/executor.h"

/* Closes a file that nobody else has any more: at once if it has no pages, else away from the loop.
 * Takes the descriptor, -1 too, in every case. */
void opaque_file_close(int *fd, struct executor *executor);

#endif
