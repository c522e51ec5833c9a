#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "support/daemon.h"

void trap_set_or_skip(struct trap *trap)
{
    trap->size = (size_t)sysconf(_SC_PAGESIZE);
    trap->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    struct uffdio_api api = {.api = UFFD_API};
    if (trap->uffd < 0 || ioctl(trap->uffd, UFFDIO_API, &api) != 0) {
        print_message("skipped: this process may not hold up the kernel with userfaultfd(): %s\n",
                      strerror(errno));
        fd_close(&trap->uffd);
        skip();
    }
    trap->page = mmap(NULL, trap->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(trap->page, MAP_FAILED);
    struct uffdio_register range = {
        .range = {(uintptr_t)trap->page, trap->size},
          .mode = UFFDIO_REGISTER_MODE_MISSING
    };
    assert_int_equal(ioctl(trap->uffd, UFFDIO_REGISTER, &range), 0);
}

void trap_wait_sprung(const struct trap *trap)
{
    struct pollfd fault = {.fd = trap->uffd, .events = POLLIN};
    assert_int_equal(poll(&fault, 1, DAEMON_PATIENCE_MS), 1);
}

void trap_open(struct trap *trap)
{
    struct uffdio_zeropage page = {
        .range = {(uintptr_t)trap->page, trap->size}
    };
    assert_int_equal(ioctl(trap->uffd, UFFDIO_ZEROPAGE, &page), 0);
}

void trap_remove(struct trap *trap)
{
    (void)munmap(trap->page, trap->size);
    fd_close(&trap->uffd);
}
