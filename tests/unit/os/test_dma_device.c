#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "os/dma_device.h"
#include "os/memfile.h"
#include "os/memory_kind.h"

#define BYTES 65536

static const struct dma_device_ops *const kernel = &dma_device_kernel;

static void what_is_no_such_device(void **state)
{
    (void)state;
    int device = -1;
    assert_int_equal(kernel->open("/dev/dma_heap/no-such-heap", &device), -ENOENT);
    assert_int_equal(kernel->open("/dev/null/x", &device), -ENOTDIR);
    assert_int_equal(kernel->open("/proc/self/status", &device), -ENODEV);
    assert_int_equal(device, -1);
    FD_CLEANUP int null = -1;
    assert_int_equal(kernel->open("/dev/null", &null), 0);
    assert_int_equal(fcntl(null, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    FD_CLEANUP int memory = -1;
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, "test", BYTES, true, &memory), 0);
    int fd = -1;
    assert_int_equal(kernel->allocate(null, BYTES, &fd), -ENOTTY);
    assert_int_equal(kernel->wrap(null, memory, BYTES, &fd), -ENOTTY);
    assert_int_equal(fd, -1);
}

/* The device, or the test is skipped. */
static int open_device(const char *path)
{
    int device = -1;
    int r = kernel->open(path, &device);
    if (r < 0) {
        print_message("skipped: no %s here\n", path);
        skip();
    }
    return device;
}

static void is_zeroed_memory(int fd)
{
    assert_int_equal(memory_kind_of(fd), MEMORY_DMABUF);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(lseek(fd, 0, SEEK_END), BYTES);
    unsigned char *mapped = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(mapped != MAP_FAILED);
    for (size_t i = 0; i < BYTES; i++) {
        assert_int_equal(mapped[i], 0);
    }
    assert_int_equal(munmap(mapped, BYTES), 0);
}

static void a_heap_of_the_kernel(void **state)
{
    (void)state;
    FD_CLEANUP int device = open_device("/dev/dma_heap/system");
    FD_CLEANUP int fd = -1;
    assert_int_equal(kernel->allocate(device, BYTES, &fd), 0);
    is_zeroed_memory(fd);
}

static void memory_as_a_dma_buf(void **state)
{
    (void)state;
    FD_CLEANUP int device = open_device("/dev/udmabuf");
    FD_CLEANUP int memory = -1;
    FD_CLEANUP int fd = -1;
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, "test", BYTES, true, &memory), 0);
    assert_int_equal(kernel->wrap(device, memory, BYTES, &fd), 0);
    fd_close(&memory);
    is_zeroed_memory(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_such_device),
        cmocka_unit_test(a_heap_of_the_kernel),
        cmocka_unit_test(memory_as_a_dma_buf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
