/* What kind of memory a descriptor refers to, for those who receive descriptors of any kind: what
 * can be done with it depends on that. */
#ifndef OS_MEMORY_KIND_H
#define OS_MEMORY_KIND_H

#include <stdbool.h>

enum memory_kind {
    MEMORY_MEMFD,   /* a memfd, or a file of a tmpfs, in pages of the usual size */
    MEMORY_HUGETLB, /* a memfd, or a file of a hugetlbfs, in huge pages: what is mapped or resized
                     * is a multiple of them, and nothing can be written to it */
    MEMORY_SECRET,  /* of memfd_secret(): no reading nor writing, no seals, no opening again */
    MEMORY_DMABUF,  /* of a driver: mapped as the driver lets it; no opening again */
    MEMORY_OTHER,   /* none of these, no descriptor, or the system does not tell at the moment (no
                     * descriptor left to ask with, no /proc) */
};

/* Never waits and reaches no file system that a stranger mounted, whatever the descriptor is. One
 * or two system calls for a file with seals, which are the first two kinds; two for what is no
 * memory, about five for others. The first of those may make and close a memfd_secret of its own.
 * Any thread may call. */
enum memory_kind memory_kind_of(int fd);

/* Whether it is anything but MEMORY_OTHER, by the same rules: one system call for a file with
 * seals. */
bool memory_kind_is_known(int fd);

#endif
