/* Numbers of bytes as people write them. */
#ifndef CLI_BYTE_COUNT_H
#define CLI_BYTE_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* "4096", "64K", "1.5" is none; K, M and G (or KiB, MiB, GiB) are powers of 1,024. False: no such
 * number, or too large. */
bool byte_count_parse(const char *text, uint64_t *ret);

#endif
