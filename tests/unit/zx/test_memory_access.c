/* The tables of the kinds of memory. A driver's memory is a fake here: a memfd that is reached as a
 * dma-buf would be, and an ioctl() of the test's own that takes the kernel's place. No driver is
 * asked, and nothing here says that one would be content. */
#include "memory_test.h"

#include <errno.h>
#include <linux/dma-buf.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "zx/handle.h"
#include "zx/memory_access.h"
#include "zx/vmo.h"

/* --- The fake --- */

static struct {
    int fd;
    uint64_t flags[8]; /* what was told, in order */
    size_t count;
    int refusals; /* errno of the next calls, this many times; */
    int refusal;
    size_t refused_after; /* once so many were told */
} driver;

/* Instead of the C library's. */
int ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    const struct dma_buf_sync *sync = va_arg(list, const struct dma_buf_sync *);
    va_end(list);
    assert_int_equal(fd, driver.fd);
    assert_true(request == DMA_BUF_IOCTL_SYNC);
    if (driver.refusals > 0 && driver.count >= driver.refused_after) {
        driver.refusals--;
        errno = driver.refusal;
        return -1;
    }
    assert_true(driver.count < sizeof(driver.flags) / sizeof(driver.flags[0]));
    driver.flags[driver.count++] = sync->flags;
    return 0;
}

/* The VMO of a fake dma-buf. */
static zx_handle_t new_fake(uint64_t size)
{
    int fd = memfd_create("fake", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    driver.fd = fd;
    driver.count = 0;
    struct vmo *vmo = vmo_new(VMO_RECEIVED, ZX_KOID_INVALID, store_of_file(fd, &memory_dma_buf),
                              extent_new_unmeasured());
    assert_non_null(vmo);
    zx_handle_t handle = ZX_HANDLE_INVALID;
    assert_ok(handle_new(&vmo->object, ZX_DEFAULT_VMO_RIGHTS, &handle));
    return handle;
}

static void assert_told(const uint64_t *flags, size_t count)
{
    assert_int_equal(driver.count, count);
    assert_memory_equal(driver.flags, flags, count * sizeof(flags[0]));
    driver.count = 0;
}

static const uint64_t for_reading[] = {DMA_BUF_SYNC_READ | DMA_BUF_SYNC_START,
                                       DMA_BUF_SYNC_READ | DMA_BUF_SYNC_END};
static const uint64_t for_writing[] = {DMA_BUF_SYNC_WRITE | DMA_BUF_SYNC_START,
                                       DMA_BUF_SYNC_WRITE | DMA_BUF_SYNC_END};

static void a_fake_driver_is_told_of_each_access(void **state)
{
    (void)state;
    zx_handle_t vmo = new_fake(3 * PAGE);
    uint64_t size = 0;
    assert_ok(zx_vmo_get_size(vmo, &size));
    assert_int_equal(size, 3 * PAGE);
    assert_told(NULL, 0);
    put_byte(vmo, PAGE, 'd');
    assert_told(for_writing, 2);
    assert_int_equal(byte_at(vmo, PAGE), 'd');
    assert_told(for_reading, 2);
    assert_ok(op(vmo, ZX_VMO_OP_ZERO, 0, 2 * PAGE));
    assert_told(for_writing, 2);
    assert_int_equal(byte_at(vmo, PAGE), 0);
    driver.count = 0;
    assert_ok(op(vmo, ZX_VMO_OP_COMMIT, 0, 3 * PAGE)); /* it has its memory */
    assert_status(op(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
    assert_ok(op(vmo, ZX_VMO_OP_PREFETCH, 0, PAGE));
    assert_told(NULL, 0);
    zx_handle_t child = 0;
    assert_status(zx_vmo_create_child(vmo, SNAPSHOT, 0, PAGE, &child), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_vmo_set_size(vmo, PAGE), ZX_ERR_UNAVAILABLE);
    assert_ok(zx_handle_close(vmo));
}

/* What begins must end, whatever comes between. */
static void a_fake_driver_hears_the_end_of_what_fails(void **state)
{
    (void)state;
    zx_handle_t vmo = new_fake(PAGE);
    assert_status(zx_vmo_read(vmo, NULL, 0, 1), ZX_ERR_NOT_FOUND);
    assert_told(for_reading, 2);
    assert_status(zx_vmo_write(vmo, NULL, 0, 1), ZX_ERR_NOT_FOUND);
    assert_told(for_writing, 2);
    assert_ok(zx_handle_close(vmo));
}

static void a_fake_driver_may_refuse(void **state)
{
    (void)state;
    zx_handle_t vmo = new_fake(PAGE);
    char byte = 'x';
    const struct {
        int refusal;
        int refusals;
        size_t after;
        zx_status_t status;
    } rows[] = {
        {EINTR,  3, 0, ZX_OK           }, /* is asked again */
        {EAGAIN, 3, 1, ZX_OK           },
        {ENOMEM, 1, 0, ZX_ERR_NO_MEMORY},
        {ENOMEM, 1, 1, ZX_ERR_NO_MEMORY}, /* at the end: the bytes may be old */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        driver.count = 0;
        driver.refusal = rows[i].refusal;
        driver.refusals = rows[i].refusals;
        driver.refused_after = rows[i].after;
        assert_status(zx_vmo_read(vmo, &byte, 0, 1), rows[i].status);
        assert_int_equal(driver.refusals, 0);
    }
    assert_ok(zx_handle_close(vmo));
}

static void a_fake_driver_lets_it_be_mapped_to_its_end(void **state)
{
    (void)state;
    zx_handle_t vmo = new_fake(PAGE);
    zx_handle_t slice = new_child(vmo, SLICE, 0, PAGE);
    zx_vaddr_t at = 0;
    assert_ok(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, slice, 0,
                          4 * PAGE, &at));
    *(volatile char *)at = 'm';
    assert_int_equal(byte_at(vmo, 0), 'm');
    unsigned char mapped[4];
    assert_int_equal(mincore((void *)at, 4 * PAGE, mapped), 0); /* behind it: address space alone */
    int resident = 0;
    for (size_t i = 0; i < 4; i++) {
        resident += mapped[i] & 1;
    }
    assert_int_equal(resident, 1);
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), at, 4 * PAGE));
    const zx_handle_t all[] = {vmo, slice};
    assert_ok(zx_handle_close_many(all, 2));
}

/* --- Which table --- */

static void a_table_for_each_kind(void **state)
{
    (void)state;
    int memfd = memfd_create("plain", MFD_CLOEXEC);
    assert_ptr_equal(memory_access_of(memfd), &memory_plain);
    assert_int_equal(close(memfd), 0);
    int huge = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);
    if (huge >= 0) { /* an empty one needs no pages */
        assert_ptr_equal(memory_access_of(huge), &memory_huge);
        assert_true(memory_huge.page(huge) > PAGE);
        assert_int_equal(close(huge), 0);
    }
    if (has_secret_memory()) {
        int secret = new_secret_fd(PAGE);
        assert_ptr_equal(memory_access_of(secret), &memory_secret);
        assert_int_equal(close(secret), 0);
    }
    int other = eventfd(0, EFD_CLOEXEC);
    assert_null(memory_access_of(other));
    assert_int_equal(close(other), 0);
    assert_null(memory_access_of(-1));
}

static void mapped_copies_begin_anywhere(void **state)
{
    (void)state;
    int fd = memfd_create("mapped", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, 4 * (off_t)PAGE), 0);
    char bytes[] = "0123456789";
    assert_ok(memory_write_mapped(fd, PAGE, bytes, PAGE - 5, 10));
    assert_ok(memory_zero_mapped(fd, PAGE, PAGE - 3, 2));
    assert_ok(memory_read_mapped(fd, PAGE, bytes, PAGE - 5, 10));
    assert_memory_equal(bytes,
                        "01\0\0"
                        "456789",
                        10);
    assert_ok(memory_read_mapped(fd, PAGE, NULL, 2 * PAGE, 0));
    assert_ok(memory_touch_mapped(fd, PAGE, 0, 4 * PAGE));
    assert_int_equal(close(fd), 0);
    assert_status(memory_read_mapped(-1, PAGE, bytes, 0, 1), ZX_ERR_BAD_HANDLE);
}

/* Another process cuts the file while it is mapped: no fault. */
static void a_file_that_ends_early_is_an_error(void **state)
{
    (void)state;
    int fd = memfd_create("cut", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, (off_t)PAGE), 0);
    char bytes[10];
    assert_status(memory_read_mapped(fd, PAGE, bytes, 2 * PAGE, 10), ZX_ERR_NOT_FOUND);
    assert_status(memory_write_mapped(fd, PAGE, bytes, 2 * PAGE, 10), ZX_ERR_NOT_FOUND);
    assert_status(memory_touch_mapped(fd, PAGE, PAGE, PAGE), ZX_ERR_NOT_FOUND);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fake_driver_is_told_of_each_access),
        cmocka_unit_test(a_fake_driver_hears_the_end_of_what_fails),
        cmocka_unit_test(a_fake_driver_may_refuse),
        cmocka_unit_test(a_fake_driver_lets_it_be_mapped_to_its_end),
        cmocka_unit_test(a_table_for_each_kind),
        cmocka_unit_test(mapped_copies_begin_anywhere),
        cmocka_unit_test(a_file_that_ends_early_is_an_error),
    };
    return RUN_ZX_TESTS(tests);
}
