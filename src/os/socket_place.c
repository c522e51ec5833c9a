#include "os/socket_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *socket_place(char *buf, size_t size)
{
    const char *given = getenv("SYSMEM_SOCKET");
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int len;
    if (given != NULL && given[0] != '\0') {
        len = snprintf(buf, size, "%s", given);
    } else if (geteuid() != 0 && runtime != NULL && runtime[0] == '/') {
        len = snprintf(buf, size, "%s/sysmem.sock", runtime);
    } else {
        len = snprintf(buf, size, "%s", SOCKET_PLACE_SYSTEM);
    }
    return len < 0 || (size_t)len >= size ? NULL : buf;
}
