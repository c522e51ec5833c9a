#include "base/byte_count.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

bool byte_count_parse(const char *text, uint64_t *ret)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {
        {"",    1                },
        {"K",   UINT64_C(1) << 10},
        {"KiB", UINT64_C(1) << 10},
        {"M",   UINT64_C(1) << 20},
        {"MiB", UINT64_C(1) << 20},
        {"G",   UINT64_C(1) << 30},
        {"GiB", UINT64_C(1) << 30},
    };
    char *end = NULL;
    errno = 0;
    if (text[0] < '0' || text[0] > '9') { /* strtoull() takes signs and spaces */
        return false;
    }
    uint64_t number = strtoull(text, &end, 10);
    for (size_t i = 0; errno == 0 && i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].name) == 0) {
            return checked_mul_u64(number, units[i].bytes, ret);
        }
    }
    return false;
}

const char *byte_count_print(uint64_t bytes, char buf[BYTE_COUNT_ROOM])
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB"};
    size_t unit = 0;
    while (bytes > 0 && bytes % 1024 == 0 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        bytes /= 1024;
        unit++;
    }
    (void)snprintf(buf, BYTE_COUNT_ROOM, "%" PRIu64 "%s", bytes, units[unit]);
    return buf;
}
