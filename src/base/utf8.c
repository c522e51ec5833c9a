#include "base/utf8.h"

#include <string.h>

#include <stdint.h>

size_t utf8_sequence(const char *text, size_t len)
{
    if (len == 0) {
        return 0;
    }
    const unsigned char *b = (const unsigned char *)text;
    if (b[0] < 0x80) {
        return 1;
    }
    size_t n = b[0] >= 0xF0 ? 4 : b[0] >= 0xE0 ? 3 : b[0] >= 0xC2 ? 2 : 0;
    if (n == 0 || b[0] > 0xF4 || n > len) {
        return 0;
    }
    uint32_t rune = b[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((b[i] & 0xC0) != 0x80) {
            return 0;
        }
        rune = rune << 6 | (b[i] & 0x3Fu);
    }
    bool overlong = (n == 3 && rune < 0x800) || (n == 4 && rune < 0x10000);
    bool surrogate = rune >= 0xD800 && rune <= 0xDFFF;
    return overlong || surrogate || rune > 0x10FFFF ? 0 : n;
}

bool utf8_is_valid(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = utf8_sequence(text + i, len - i);
        if (n == 0) {
            return false;
        }
        i += n;
    }
    return true;
}

size_t utf8_cut(const char *text, size_t max)
{
    size_t all = strnlen(text, max);
    size_t len = 0;
    for (size_t n; len < all && (n = utf8_sequence(text + len, all - len)) != 0;) {
        len += n;
    }
    return len;
}
