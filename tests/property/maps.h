/* What the kernel says about this process's address space. */
#ifndef TESTS_PROPERTY_MAPS_H
#define TESTS_PROPERTY_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct maps_page {
    char perms[5];   /* as in proc(5); empty: nothing is there */
    uint64_t offset; /* of the page in the file */
    uint64_t inode;  /* 0: no file */
};

/* Looks at `count` pages from `base` on. */
bool maps_read(uint64_t base, size_t count, struct maps_page *ret_pages);

#endif
