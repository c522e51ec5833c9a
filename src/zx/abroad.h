/* Children that other processes hold. A child VMO stays its parent's child until the kernel says
 * that nobody has it any more, in whatever process: its descriptor, mappings of it, messages in
 * flight. How that is known: docs/lifetime.md; here one slot stands for one child. */
#ifndef ZX_ABROAD_H
#define ZX_ABROAD_H

#include "os/memfile.h"
#include "zx/vmo.h"

/* A descriptor of the VMO's file for another process, for the caller to own: a description of its
 * own, and as long as anybody has that, the VMO lives here, too. The file was made here and belongs
 * to this process's user. -errno; -ENOSPC: no inotify watch is left; -EBUSY: a
 * holder of the same file has locked what is not its. Any thread may call. */
int abroad_open(struct vmo *vmo, enum memfile_access access);

#endif
