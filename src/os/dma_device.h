/* Devices that make dma-bufs, memory that drivers share: dma-buf heaps (/dev/dma_heap/NAME) and
 * udmabuf (/dev/udmabuf). A seam: tests put a fake in the place of the kernel. All calls are safe
 * on any thread. */
#ifndef OS_DMA_DEVICE_H
#define OS_DMA_DEVICE_H

#include <stdint.h>

struct dma_device_ops {
    /* The device at `path`, close-on-exec; the caller owns *ret_device. 0; -ENOENT: it is not
     * there; -ENODEV: that is no device; another -errno (-EACCES). */
    int (*open)(const char *path, int *ret_device);

    /* Asks a dma-buf heap for memory: zeroed, `size` bytes, a multiple of the page size. The caller
     * owns *ret_fd, which is O_RDWR and close-on-exec. 0 or -errno (-ENOMEM; -ENOTTY: the device is
     * none of these). May take long: the kernel zeroes it, and may have to move other memory. */
    int (*allocate)(int device, uint64_t size, int *ret_fd);

    /* Asks udmabuf for a dma-buf of the first `size` bytes, whole pages, of a memfd, which has to
     * be sealed against shrinking and not against writing. It keeps the pages; the memfd may be
     * closed. The caller owns *ret_fd, as above. 0 or -errno (-EINVAL: more than its limit, which
     * is 64 MiB where nobody has changed it). */
    int (*wrap)(int device, int memfd, uint64_t size, int *ret_fd);
};

/* The kernel's. */
extern const struct dma_device_ops dma_device_kernel;

#endif
