#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "os/memfile.h"
#include "os/memory_kind.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

static int secret(void)
{
    int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
    if (fd < 0) {
        print_message("skipped: no memfd_secret here: %s\n", strerror(errno));
        skip();
    }
    return fd;
}

static void memory_files(void **state)
{
    (void)state;
    FD_CLEANUP int file = -1;
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, "kind", 65536, false, &file), 0);
    assert_int_equal(memory_kind_of(file), MEMORY_MEMFD);
    FD_CLEANUP int read_only = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, file, MEMFILE_READ_ONLY, &read_only), 0);
    assert_int_equal(memory_kind_of(read_only), MEMORY_MEMFD);
    FD_CLEANUP int unsealed = memfd_create("kind", MFD_CLOEXEC);
    assert_int_equal(memory_kind_of(unsealed), MEMORY_MEMFD);
}

/* An empty one needs no pages of the pool. */
static void huge_pages(void **state)
{
    (void)state;
    FD_CLEANUP int file = memfd_create("kind", MFD_CLOEXEC | MFD_HUGETLB);
    if (file < 0) {
        print_message("skipped: no hugetlbfs here: %s\n", strerror(errno));
        skip();
    }
    assert_int_equal(memory_kind_of(file), MEMORY_HUGETLB);
}

static void secret_memory(void **state)
{
    (void)state;
    FD_CLEANUP int file = secret();
    assert_int_equal(memory_kind_of(file), MEMORY_SECRET);
    assert_int_equal(ftruncate(file, 65536), 0);
    FD_CLEANUP int copy = fd_dup(file);
    assert_int_equal(memory_kind_of(copy), MEMORY_SECRET);
    FD_CLEANUP int other = secret();
    assert_int_equal(memory_kind_of(other), MEMORY_SECRET);
}

/* Locks are listed after what is looked for. */
static void secret_memory_with_many_locks(void **state)
{
    (void)state;
    FD_CLEANUP int file = secret();
    for (int i = 0; i < 100; i++) {
        struct flock lock = {
            .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 2L * i, .l_len = 1};
        assert_int_equal(fcntl(file, F_OFD_SETLK, &lock), 0);
    }
    assert_int_equal(memory_kind_of(file), MEMORY_SECRET);
}

static void whatever_else(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    int pipe_ends[2];
    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    int others[] = {
        ends[0],
        ends[1],
        pipe_ends[0],
        pipe_ends[1],
        eventfd(0, EFD_CLOEXEC),
        epoll_create1(EPOLL_CLOEXEC),
        open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        open("/", O_PATH | O_CLOEXEC),
        open("/proc/self/exe", O_RDONLY | O_CLOEXEC),
        open("/dev/null", O_RDWR | O_CLOEXEC),
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_true(others[i] >= 0);
        assert_int_equal(memory_kind_of(others[i]), MEMORY_OTHER);
        fd_close(&others[i]);
    }
    assert_int_equal(memory_kind_of(-1), MEMORY_OTHER);
}

/* A path of memory is no memory: it can be neither read nor mapped. */
static void a_mere_path(void **state)
{
    (void)state;
    FD_CLEANUP int file = secret();
    char path[40];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    FD_CLEANUP int mere = open(path, O_PATH | O_CLOEXEC);
    assert_true(mere >= 0);
    assert_int_equal(memory_kind_of(mere), MEMORY_OTHER);
}

/* What is not told now is told later. */
static void without_a_descriptor_to_ask_with(void **state)
{
    (void)state;
    FD_CLEANUP int file = secret();
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum memory_kind kind = memory_kind_of(file);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(kind, MEMORY_OTHER);
    assert_int_equal(memory_kind_of(file), MEMORY_SECRET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_descriptor_to_ask_with),
        cmocka_unit_test(memory_files),
        cmocka_unit_test(huge_pages),
        cmocka_unit_test(secret_memory),
        cmocka_unit_test(secret_memory_with_many_locks),
        cmocka_unit_test(whatever_else),
        cmocka_unit_test(a_mere_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
