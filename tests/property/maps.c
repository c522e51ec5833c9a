#include "maps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE UINT64_C(4096)

/* One line's part of the pages. */
static void take_line(const char *text, uint64_t base, size_t count, struct maps_page *pages)
{
    uint64_t start;
    uint64_t end;
    struct maps_page page = {0};
    const char *format = "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64;
    // NOLINTNEXTLINE(cert-err34-c): the kernel writes these numbers
    if (sscanf(text, format, &start, &end, page.perms, &page.offset, &page.inode) != 5) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t at = base + i * PAGE;
        if (at >= start && at < end) {
            pages[i] = page;
            pages[i].offset += page.inode != 0 ? at - start : 0;
        }
    }
}

bool maps_read(uint64_t base, size_t count, struct maps_page *ret_pages)
{
    char text[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    memset(ret_pages, 0, count * sizeof(*ret_pages));
    if (maps == NULL) {
        return false;
    }
    while (fgets(text, sizeof(text), maps) != NULL) {
        take_line(text, base, count, ret_pages);
    }
    (void)fclose(maps);
    return true;
}
