/* Pages whose bytes are known, so that it shows when somebody overwrote them. In memory files; all
 * calls are safe on any thread. */
#ifndef HEAP_PATTERN_H
#define HEAP_PATTERN_H

#include <stdint.h>

/* Bytes of a page that are not what they should be. */
struct pattern_damage {
    uint64_t first; /* offsets in the file */
    uint64_t last;
    unsigned char wanted; /* at the first */
    unsigned char got;
};

/* Writes the page at `offset`: byte i is (i + 1) mod 256. 0, or -errno (-ENOMEM, -ENOSPC). */
int pattern_write(int fd, uint64_t offset, uint32_t page_size);

/* Whether it is still so. 1; 0 with *ret_damage; -errno: it could not be read. */
int pattern_check(int fd, uint64_t offset, uint32_t page_size, struct pattern_damage *ret_damage);

#endif
