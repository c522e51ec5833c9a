/* Memory that the kernel does not keep in its own map of all memory (memfd_secret): a process reads
 * it by mapping it, and in no other way; nor does the kernel. Any thread may call. */
#ifndef OS_SECRET_MEMORY_H
#define OS_SECRET_MEMORY_H

#include <stdint.h>

/* Such a file of `size` bytes (more than 0), which nobody can resize, seal, open again, read or
 * write but by a shared mapping. Its pages come zeroed, as a mapping touches them: that is locked
 * memory, which the kernel counts against the toucher's RLIMIT_MEMLOCK when it maps the file, and
 * not at all against the maker's. The machine cannot hibernate while there is any.
 *
 * 0 with *ret_fd, which is close-on-exec; -ENOSYS: the kernel has none (see
 * secret_memory_absent()); -ENOMEM; -EMFILE; another -errno (-EPERM: a sandbox forbids it). */
int secret_memory_new(uint64_t size, int *ret_fd);

/* Why there is none here, in words for people, or NULL: there is, or it cannot be told now. */
const char *secret_memory_absent(void);

#endif
