#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../support/without_secret_memory.h"
#include "base/fd.h"
#include "os/memory_kind.h"
#include "os/secret_memory.h"

#define BYTES 65536

/* A file, or the test is skipped. */
static int make(void)
{
    int fd = -1;
    int r = secret_memory_new(BYTES, &fd);
    if (r == -ENOSYS || r == -EPERM) {
        print_message("skipped: no memfd_secret here\n");
        skip();
    }
    assert_int_equal(r, 0);
    assert_null(secret_memory_absent());
    return fd;
}

static void only_a_mapping_reaches_it(void **state)
{
    (void)state;
    FD_CLEANUP int fd = make();
    assert_int_equal(memory_kind_of(fd), MEMORY_SECRET);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    char byte = 'x';
    assert_int_equal(pread(fd, &byte, 1, 0), -1);
    assert_int_equal(pwrite(fd, &byte, 1, 0), -1);
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    assert_int_equal(open(path, O_RDONLY | O_CLOEXEC), -1);
    assert_int_equal(errno, ENXIO);
    unsigned char *mapped = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(mapped != MAP_FAILED);
    for (size_t i = 0; i < BYTES; i++) {
        assert_int_equal(mapped[i], 0);
    }
    mapped[BYTES - 1] = 0xa5;
    unsigned char *again = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(again != MAP_FAILED);
    assert_int_equal(again[BYTES - 1], 0xa5);
    /* The kernel does not copy it out either: who asks it to write these pages is refused. */
    int pair[2];
    assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
    struct iovec part = {again, 4096};
    assert_int_equal(vmsplice(pair[1], &part, 1, 0), -1);
    assert_int_equal(errno, EFAULT);
    assert_int_equal(close(pair[0]) + close(pair[1]), 0);
    assert_int_equal(munmap(mapped, BYTES) + munmap(again, BYTES), 0);
}

static void its_size_is_for_good(void **state)
{
    (void)state;
    FD_CLEANUP int fd = make();
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, BYTES);
    assert_int_equal(ftruncate(fd, BYTES / 2), -1);
    assert_int_equal(ftruncate(fd, 2L * BYTES), -1);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    int none = -1;
    assert_int_equal(secret_memory_new(UINT64_MAX, &none), -ENOMEM);
    assert_int_equal(none, -1);
}

static void it_counts_as_locked_memory_of_who_maps_it(void **state)
{
    (void)state;
    FD_CLEANUP int fd = make();
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &old), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* root is not bound by the limit */
        struct rlimit half = {BYTES / 2, BYTES / 2};
        bool ordinary = geteuid() != 0 || setuid(65534) == 0;
        bool limited = setrlimit(RLIMIT_MEMLOCK, &half) == 0;
        void *all = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
        bool refused = all == MAP_FAILED && errno == EAGAIN;
        void *part = mmap(NULL, BYTES / 2, PROT_READ, MAP_SHARED, fd, 0);
        _exit(ordinary && limited && refused && part != MAP_FAILED ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static bool says_what_it_takes(void)
{
    int fd = -1;
    const char *why = secret_memory_absent();
    return secret_memory_new(BYTES, &fd) == -ENOSYS && fd == -1 && why != NULL &&
           strstr(why, "no memfd_secret") != NULL && strstr(why, "secretmem.enable=1") != NULL;
}

static bool says_that_it_is_forbidden(void)
{
    int fd = -1;
    const char *why = secret_memory_absent();
    return secret_memory_new(BYTES, &fd) == -EPERM && why != NULL && strstr(why, "seccomp") != NULL;
}

static bool cannot_tell(void)
{
    return secret_memory_absent() == NULL;
}

static void where_there_is_none(void **state)
{
    (void)state;
    assert_true(without_secret_memory(ENOSYS, says_what_it_takes));
    assert_true(without_secret_memory(EPERM, says_that_it_is_forbidden));
    assert_true(without_secret_memory(EMFILE, cannot_tell));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_mapping_reaches_it),
        cmocka_unit_test(its_size_is_for_good),
        cmocka_unit_test(it_counts_as_locked_memory_of_who_maps_it),
        cmocka_unit_test(where_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
