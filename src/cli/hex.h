/* Bytes as hex digits and back. */
#ifndef CLI_HEX_H
#define CLI_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* 2 * len lower-case digits and a NUL; the caller frees it. NULL: no memory. */
char *hex_encode(const unsigned char *data, size_t len);

/* Fills data (len / 2 bytes) from `len` digits of either case. False: something else, or an odd
 * number. */
bool hex_decode(const char *text, size_t len, unsigned char *data);

#endif
