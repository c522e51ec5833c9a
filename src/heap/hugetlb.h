/* System RAM in huge pages that the system has set aside (hugetlbfs). */
#ifndef HEAP_HUGETLB_H
#define HEAP_HUGETLB_H

#include "heap/heap.h"

/* As system RAM that is committed at allocation, in pages of `page_bytes` (a power of two, more
 * than a usual page), which is the heap's granularity. Not ready for as long as the system has none
 * of that size, and says so; whoever wants more than are left gets to know how many. It looks
 * anew at each request.
 *
 * It is called SYSMEM_HEAP_TYPE_SYSTEM_RAM, id 0; its owner may change that and its domains, of
 * which it supports all. NULL: no memory, or no descriptor. */
struct heap *heap_hugetlb_new(struct executor *executor, uint64_t page_bytes);

#endif
