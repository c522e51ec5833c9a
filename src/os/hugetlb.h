/* The pages that the system has set aside to be huge ones (hugetlbfs). Their number may change at
 * any time. Any thread may call. */
#ifndef OS_HUGETLB_H
#define OS_HUGETLB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In pages of one size. */
struct hugetlb_pool {
    uint64_t pages;     /* that there are, in use or not */
    uint64_t available; /* that a new file could get: free and promised to nobody, and what the
                         * system would make besides (nr_overcommit_hugepages) */
};

/* The pool of pages of `page_bytes`. 0; -ENOENT: the kernel has no pages of that size, or none that
 * are huge; another -errno. */
int hugetlb_look(uint64_t page_bytes, struct hugetlb_pool *ret);

/* Whether there are such pages, or the system would make some: what a heap that has them is asked
 * before each allocation, of whatever heap, so it takes but a file or two. */
bool hugetlb_is_there(uint64_t page_bytes);

/* The sizes of huge pages that the kernel knows, in bytes, ascending: how many were written, at
 * most `room`. */
size_t hugetlb_sizes(uint64_t *ret_sizes, size_t room);

#endif
