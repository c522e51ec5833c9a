#include "os/secret_memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447 /* since Linux 5.14, one number for most architectures */
#endif

static int create(void)
{
    return (int)syscall(SYS_memfd_secret, O_CLOEXEC);
}

int secret_memory_new(uint64_t size, int *ret_fd)
{
    assert(size > 0);
    if (size > INT64_MAX) {
        return -ENOMEM;
    }
    FD_CLEANUP int fd = create();
    if (fd < 0 || ftruncate(fd, (off_t)size) < 0) { /* the size is for good, once it is not 0 */
        return -errno;
    }
    *ret_fd = fd_take(&fd);
    return 0;
}

const char *secret_memory_absent(void)
{
    FD_CLEANUP int probe = create();
    if (probe >= 0) {
        return NULL;
    }
    switch (errno) {
    case ENOSYS:
        return "this kernel has no memfd_secret (it takes CONFIG_SECRETMEM, and before Linux 6.5 "
               "secretmem.enable=1 at boot)";
    case EPERM:
    case EACCES:
        return "the system does not let sysmemd call memfd_secret (a seccomp filter, it seems)";
    default:
        return NULL;
    }
}
