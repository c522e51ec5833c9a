/* Numbers of bytes as people write them. */
#ifndef BASE_BYTE_COUNT_H
#define BASE_BYTE_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* "4096", "64K", "1.5" is none; K, M and G (or KiB, MiB, GiB) are powers of 1,024. False: no such
 * number, or too large. */
bool byte_count_parse(const char *text, uint64_t *ret);

#define BYTE_COUNT_ROOM 24

/* The same number for byte_count_parse(), in the largest unit that leaves no fraction: "2MiB",
 * "4097". Returns `buf`. */
const char *byte_count_print(uint64_t bytes, char buf[BYTE_COUNT_ROOM]);

#endif
