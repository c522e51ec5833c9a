#include "heap/pattern.h"

#include <errno.h>
#include <unistd.h>

/* The pattern repeats within a block, and every page is made of whole blocks. */
#define BLOCK 4096u

static unsigned char byte_at(uint64_t i)
{
    return (unsigned char)(i + 1);
}

int pattern_write(int fd, uint64_t offset, uint32_t page_size)
{
    unsigned char block[BLOCK];
    for (uint32_t i = 0; i < BLOCK; i++) {
        block[i] = byte_at(i);
    }
    for (uint32_t done = 0; done < page_size; done += BLOCK) {
        ssize_t n = pwrite(fd, block, BLOCK, (off_t)(offset + done));
        if (n != (ssize_t)BLOCK) {
            return n < 0 ? -errno : -ENOSPC;
        }
    }
    return 0;
}

int pattern_check(int fd, uint64_t offset, uint32_t page_size, struct pattern_damage *ret_damage)
{
    struct pattern_damage damage = {0};
    int intact = 1;
    for (uint32_t done = 0; done < page_size; done += BLOCK) {
        unsigned char block[BLOCK];
        ssize_t n = pread(fd, block, BLOCK, (off_t)(offset + done));
        if (n != (ssize_t)BLOCK) {
            return n < 0 ? -errno : -EIO;
        }
        for (uint32_t i = 0; i < BLOCK; i++) {
            if (block[i] == byte_at(i)) {
                continue;
            }
            damage.last = offset + done + i;
            if (intact == 1) {
                intact = 0;
                damage.first = damage.last;
                damage.wanted = byte_at(i);
                damage.got = block[i];
            }
        }
    }
    if (intact == 0) {
        *ret_damage = damage;
    }
    return intact;
}
