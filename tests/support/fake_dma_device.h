/* A FAKE of the kernel's devices for dma-bufs (os/dma_device.h), for machines that have none: what
 * it makes are memfds, which show neither how dma-bufs are tracked nor what drivers do with them.
 * Included after cmocka.h. */
#ifndef SUPPORT_FAKE_DMA_DEVICE_H
#define SUPPORT_FAKE_DMA_DEVICE_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/dma_device.h"

static struct {
    int absent;  /* errno of open(); 0: the device is there */
    int refusal; /* errno of the next call for memory; 0: none */
    unsigned opened;
    char path[300]; /* of the last open() */
} fake_dma;

static int fake_dma_open(const char *path, int *ret_device)
{
    (void)snprintf(fake_dma.path, sizeof(fake_dma.path), "%s", path);
    if (fake_dma.absent != 0) {
        return -fake_dma.absent;
    }
    fake_dma.opened++;
    *ret_device = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return *ret_device < 0 ? -errno : 0;
}

static int fake_dma_allocate(int device, uint64_t size, int *ret_fd)
{
    int fd = fake_dma.refusal == 0 && device >= 0 ? memfd_create("fake-dma-buf", MFD_CLOEXEC) : -1;
    if (fd < 0) {
        return -fake_dma.refusal;
    }
    *ret_fd = fd;
    return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

/* Judges the memory as the kernel does. */
static int fake_dma_wrap(int device, int memfd, uint64_t size, int *ret_fd)
{
    int seals = fcntl(memfd, F_GET_SEALS);
    if (fake_dma.refusal != 0 || device < 0) {
        return -fake_dma.refusal;
    }
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || (seals & F_SEAL_WRITE) != 0 ||
        size % 4096 != 0 || lseek(memfd, 0, SEEK_END) < (off_t)size) {
        return -EINVAL;
    }
    *ret_fd = fcntl(memfd, F_DUPFD_CLOEXEC, 0);
    return *ret_fd < 0 ? -errno : 0;
}

static const struct dma_device_ops fake_dma_devices = {
    .open = fake_dma_open,
    .allocate = fake_dma_allocate,
    .wrap = fake_dma_wrap,
};

#endif
