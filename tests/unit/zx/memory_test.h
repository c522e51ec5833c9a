/* Memory that is no plain file, for tests. */
#ifndef MEMORY_TEST_H
#define MEMORY_TEST_H

#include "vmo_test.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

/* A handle that may do all that VMOs' handles can. */
static inline zx_handle_t vmo_of_fd(int fd)
{
    const struct sysmem_handle_info info = {
        .type = ZX_OBJ_TYPE_VMO,
        .rights = ZX_DEFAULT_VMO_RIGHTS | ZX_RIGHT_EXECUTE | ZX_RIGHT_RESIZE,
    };
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    assert_ok(sysmem_handle_from_fd(fd, &info, &vmo));
    return vmo;
}

/* What a secure buffer's holder has: an identity of that size. */
static inline int new_opaque_fd(uint64_t size)
{
    int fd = memfd_create("opaque", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL), 0);
    char path[40];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int opaque = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(opaque >= 0);
    assert_int_equal(close(fd), 0);
    return opaque;
}

static inline bool has_secret_memory(void)
{
    int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
    return fd >= 0 && close(fd) == 0;
}

static inline int new_secret_fd(uint64_t size)
{
    int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    return fd;
}

#endif
