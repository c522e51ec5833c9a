#include "os/dma_device.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <linux/dma-heap.h>
#include <linux/udmabuf.h>

#include "base/fd.h"

static int kernel_open(const char *path, int *ret_device)
{
    /* O_NONBLOCK: whatever is there in its stead, such as a pipe, must not hold the caller up. */
    FD_CLEANUP int device = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (device < 0 || fstat(device, &st) < 0) {
        return -errno;
    }
    if (!S_ISCHR(st.st_mode)) {
        return -ENODEV;
    }
    *ret_device = fd_take(&device);
    return 0;
}

static int kernel_allocate(int device, uint64_t size, int *ret_fd)
{
    struct dma_heap_allocation_data request = {.len = size, .fd_flags = O_RDWR | O_CLOEXEC};
    if (ioctl(device, DMA_HEAP_IOCTL_ALLOC, &request) < 0) {
        return -errno;
    }
    *ret_fd = (int)request.fd;
    return 0;
}

static int kernel_wrap(int device, int memfd, uint64_t size, int *ret_fd)
{
    struct udmabuf_create request = {
        .memfd = (unsigned)memfd, .flags = UDMABUF_FLAGS_CLOEXEC, .size = size};
    int fd = ioctl(device, UDMABUF_CREATE, &request);
    if (fd < 0) {
        return -errno;
    }
    *ret_fd = fd;
    return 0;
}

const struct dma_device_ops dma_device_kernel = {
    .open = kernel_open,
    .allocate = kernel_allocate,
    .wrap = kernel_wrap,
};
