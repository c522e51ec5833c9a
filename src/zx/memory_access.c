#include "zx/memory_access.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#include "os/memfile.h"
#include "os/memory_kind.h"
#include "zx/status.h"

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif

/* --- What several kinds do --- */

static uint64_t size_by_stat(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) < 0 ? 0 : (uint64_t)stat.st_size;
}

static uint64_t small_page(int fd)
{
    (void)fd;
    return zx_system_get_page_size();
}

/* After a short copy the kernel is asked again, and then says why. */
static zx_status_t copy_status(ssize_t copied)
{
    if (copied == 0) {
        return ZX_ERR_OUT_OF_RANGE; /* somebody has made the file shorter */
    }
    return errno == EFAULT ? ZX_ERR_NOT_FOUND : status_from_errno(errno);
}

static zx_status_t file_read(int fd, void *buffer, uint64_t offset, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pread(fd, (char *)buffer + done, size - done, (off_t)(offset + done));
        if (n <= 0) {
            return copy_status(n);
        }
        done += (size_t)n;
    }
    return ZX_OK;
}

/* Also zeroes the parts of pages at both ends. */
static zx_status_t file_punch(int fd, uint64_t offset, uint64_t size)
{
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    bool is_done = size == 0 || fallocate(fd, mode, (off_t)offset, (off_t)size) == 0;
    return is_done ? ZX_OK : status_from_errno(errno);
}

static void do_not_prefetch(int fd, uint64_t offset, uint64_t size)
{
    (void)fd;
    (void)offset;
    (void)size;
}

static zx_status_t refuse(int fd, uint64_t offset, uint64_t size)
{
    (void)fd;
    (void)offset;
    (void)size;
    return ZX_ERR_NOT_SUPPORTED;
}

/* --- A memfd --- */

/* A description that another process has, too, may be set to append by it: then pwrite(2) would
 * write behind the end, wherever it is told to. Kernels before 6.9 know no way around that. */
static ssize_t write_at(int fd, const char *bytes, size_t size, uint64_t offset)
{
    static atomic_bool is_unknown;
    if (!atomic_load(&is_unknown)) {
        const struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
        ssize_t n = pwritev2(fd, &part, 1, (off_t)offset, RWF_NOAPPEND);
        if (n >= 0 || errno != EOPNOTSUPP) {
            return n;
        }
        atomic_store(&is_unknown, true);
    }
    return pwrite(fd, bytes, size, (off_t)offset);
}

static zx_status_t plain_write(int fd, const void *buffer, uint64_t offset, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = write_at(fd, (const char *)buffer + done, size - done, offset + done);
        if (n <= 0) {
            return copy_status(n);
        }
        done += (size_t)n;
    }
    return ZX_OK;
}

static zx_status_t plain_commit(int fd, uint64_t offset, uint64_t size)
{
    return status_from_errno(-memfile_commit(fd, offset, size));
}

static void plain_prefetch(int fd, uint64_t offset, uint64_t size)
{
    (void)posix_fadvise(fd, (off_t)offset, (off_t)size, POSIX_FADV_WILLNEED);
}

const struct memory_access memory_plain = {
    .is_plain = true,
    .can_reopen = true,
    .size = size_by_stat,
    .page = small_page,
    .read = file_read,
    .write = plain_write,
    .zero = file_punch,
    .decommit = file_punch,
    .commit = plain_commit,
    .prefetch = plain_prefetch,
};

/* --- Opaque: its file is an identity and a size --- */

static zx_status_t opaque_read(int fd, void *buffer, uint64_t offset, size_t size)
{
    (void)fd;
    (void)buffer;
    (void)offset;
    return size == 0 ? ZX_OK : ZX_ERR_BAD_STATE;
}

static zx_status_t opaque_write(int fd, const void *buffer, uint64_t offset, size_t size)
{
    (void)fd;
    (void)buffer;
    (void)offset;
    return size == 0 ? ZX_OK : ZX_ERR_BAD_STATE;
}

static zx_status_t opaque_zero(int fd, uint64_t offset, uint64_t size)
{
    (void)fd;
    (void)offset;
    return size == 0 ? ZX_OK : ZX_ERR_BAD_STATE;
}

/* The kernel would give the file pages that nobody can use: so committing is refused here. */
const struct memory_access memory_opaque = {
    .is_opaque = true,
    .can_reopen = true,
    .size = size_by_stat,
    .page = small_page,
    .read = opaque_read,
    .write = opaque_write,
    .zero = opaque_zero,
    .decommit = refuse,
    .commit = refuse,
    .prefetch = do_not_prefetch,
};

/* --- Huge pages: can be read, and are written through mappings --- */

static uint64_t huge_page(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) < 0 ? zx_system_get_page_size() : (uint64_t)stat.st_blksize;
}

static zx_status_t huge_write(int fd, const void *buffer, uint64_t offset, size_t size)
{
    return memory_write_mapped(fd, huge_page(fd), buffer, offset, size);
}

/* The pool is asked: what the machine has besides says nothing about it. */
static zx_status_t huge_commit(int fd, uint64_t offset, uint64_t size)
{
    bool is_done = size == 0 || fallocate(fd, 0, (off_t)offset, (off_t)size) == 0;
    return is_done ? ZX_OK : status_from_errno(errno);
}

const struct memory_access memory_huge = {
    .can_reopen = true,
    .size = size_by_stat,
    .page = huge_page,
    .read = file_read,
    .write = huge_write,
    .zero = file_punch,
    .decommit = file_punch,
    .commit = huge_commit,
    .prefetch = do_not_prefetch,
};

/* --- Secret memory: mappings are the only way --- */

static zx_status_t secret_read(int fd, void *buffer, uint64_t offset, size_t size)
{
    return memory_read_mapped(fd, zx_system_get_page_size(), buffer, offset, size);
}

static zx_status_t secret_write(int fd, const void *buffer, uint64_t offset, size_t size)
{
    return memory_write_mapped(fd, zx_system_get_page_size(), buffer, offset, size);
}

static zx_status_t secret_zero(int fd, uint64_t offset, uint64_t size)
{
    return memory_zero_mapped(fd, zx_system_get_page_size(), offset, size);
}

static zx_status_t secret_commit(int fd, uint64_t offset, uint64_t size)
{
    return memory_touch_mapped(fd, zx_system_get_page_size(), offset, size);
}

const struct memory_access memory_secret = {
    .size = size_by_stat,
    .page = small_page,
    .read = secret_read,
    .write = secret_write,
    .zero = secret_zero,
    .decommit = refuse,
    .commit = secret_commit,
    .prefetch = do_not_prefetch,
};

/* --- A driver's memory: as secret memory, and the driver is told of each access --- */

/* The only size that older drivers tell. Nothing reads from the position. */
static uint64_t dma_buf_size(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    return size < 0 ? 0 : (uint64_t)size;
}

static zx_status_t dma_buf_sync(int fd, uint64_t flags)
{
    struct dma_buf_sync sync = {.flags = flags};
    int r;
    do {
        r = ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
    } while (r < 0 && (errno == EINTR || errno == EAGAIN));
    return r < 0 ? status_from_errno(errno) : ZX_OK;
}

/* Ends an access whose outcome was `status`: the first thing that failed counts. */
static zx_status_t dma_buf_end(int fd, uint64_t access, zx_status_t status)
{
    zx_status_t end = dma_buf_sync(fd, access | DMA_BUF_SYNC_END);
    return status != ZX_OK ? status : end;
}

static zx_status_t dma_buf_read(int fd, void *buffer, uint64_t offset, size_t size)
{
    zx_status_t status = dma_buf_sync(fd, DMA_BUF_SYNC_READ | DMA_BUF_SYNC_START);
    return status == ZX_OK
               ? dma_buf_end(fd, DMA_BUF_SYNC_READ, secret_read(fd, buffer, offset, size))
               : status;
}

static zx_status_t dma_buf_write(int fd, const void *buffer, uint64_t offset, size_t size)
{
    zx_status_t status = dma_buf_sync(fd, DMA_BUF_SYNC_WRITE | DMA_BUF_SYNC_START);
    return status == ZX_OK
               ? dma_buf_end(fd, DMA_BUF_SYNC_WRITE, secret_write(fd, buffer, offset, size))
               : status;
}

static zx_status_t dma_buf_zero(int fd, uint64_t offset, uint64_t size)
{
    zx_status_t status = dma_buf_sync(fd, DMA_BUF_SYNC_WRITE | DMA_BUF_SYNC_START);
    return status == ZX_OK ? dma_buf_end(fd, DMA_BUF_SYNC_WRITE, secret_zero(fd, offset, size))
                           : status;
}

/* It has its memory from the beginning. */
static zx_status_t dma_buf_commit(int fd, uint64_t offset, uint64_t size)
{
    (void)fd;
    (void)offset;
    (void)size;
    return ZX_OK;
}

const struct memory_access memory_dma_buf = {
    .size = dma_buf_size,
    .page = small_page,
    .read = dma_buf_read,
    .write = dma_buf_write,
    .zero = dma_buf_zero,
    .decommit = refuse,
    .commit = dma_buf_commit,
    .prefetch = do_not_prefetch,
};

const struct memory_access *memory_access_of(int fd)
{
    switch (memory_kind_of(fd)) {
    case MEMORY_MEMFD:
        return &memory_plain;
    case MEMORY_HUGETLB:
        return &memory_huge;
    case MEMORY_SECRET:
        return &memory_secret;
    case MEMORY_DMABUF:
        return &memory_dma_buf;
    case MEMORY_OTHER:
        break;
    }
    return NULL;
}
