#include "os/pressure.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

int pressure_open(void)
{
    /* In microseconds: so long a wait, within so long a time. Other windows than multiples of two
     * seconds are for privileged processes. */
    static const char trigger[] = "some 200000 2000000";
    FD_CLEANUP int fd = open("/proc/pressure/memory", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || write(fd, trigger, sizeof(trigger)) < 0) {
        return -errno;
    }
    return fd_take(&fd);
}
