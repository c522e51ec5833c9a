/* Bytes that only a mapping reaches. They are copied by the kernel all the same
 * (process_vm_readv(2) and its like, on this very process): a bad buffer is an error then, and so
 * is memory that cannot be had or has gone. The mapping is the near side of the copy, which the
 * kernel uses as the program would; of the far side it takes hold page by page, which secret memory
 * and a driver's do not let it. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "zx/memory_access.h"
#include "zx/status.h"

/* As much is mapped at once: secret memory counts against RLIMIT_MEMLOCK while it is. */
#define WINDOW_BYTES ((uint64_t)1 << 20)
#define ZERO_BYTES   ((size_t)16 << 10)

/* A part of a file, and what is done to it window by window. */
struct job {
    int fd;
    int protection;
    uint64_t page;
    uint64_t offset;
    uint64_t size;
    /* `done` bytes of the job lie before this window. */
    zx_status_t (*run)(const struct job *job, char *window, uint64_t done, size_t size);
    char *buffer; /* of the program, or of zeros */
};

/* process_vm_readv() or process_vm_writev(). */
typedef ssize_t (*copy_fn)(pid_t pid, const struct iovec *near, unsigned long near_count,
                           const struct iovec *far, unsigned long far_count, unsigned long flags);

static zx_status_t copy(copy_fn call, char *near, char *far, size_t size)
{
    for (size_t done = 0; done < size;) {
        struct iovec from = {.iov_base = near + done, .iov_len = size - done};
        struct iovec to = {.iov_base = far + done, .iov_len = size - done};
        ssize_t n = call(getpid(), &from, 1, &to, 1, 0);
        if (n <= 0) {
            return n == 0 || errno == EFAULT ? ZX_ERR_NOT_FOUND : status_from_errno(errno);
        }
        done += (size_t)n;
    }
    return ZX_OK;
}

static zx_status_t read_window(const struct job *job, char *window, uint64_t done, size_t size)
{
    return copy(process_vm_writev, window, job->buffer + done, size);
}

static zx_status_t write_window(const struct job *job, char *window, uint64_t done, size_t size)
{
    return copy(process_vm_readv, window, job->buffer + done, size);
}

static zx_status_t zero_window(const struct job *job, char *window, uint64_t done, size_t size)
{
    (void)done;
    zx_status_t status = ZX_OK;
    for (size_t at = 0; at < size && status == ZX_OK; at += ZERO_BYTES) {
        size_t left = size - at;
        status =
            copy(process_vm_readv, window + at, job->buffer, left < ZERO_BYTES ? left : ZERO_BYTES);
    }
    return status;
}

/* A byte of each page is enough. */
static zx_status_t touch_window(const struct job *job, char *window, uint64_t done, size_t size)
{
    (void)done;
    char byte;
    zx_status_t status = ZX_OK;
    for (size_t at = 0; at < size && status == ZX_OK; at += job->page) {
        status = copy(process_vm_writev, window + at, &byte, 1);
    }
    return status;
}

/* Maps what there is from `done` on, at most a window, and runs the job on it. */
static zx_status_t run_window(const struct job *job, uint64_t done, uint64_t *ret_size)
{
    uint64_t start = job->offset + done;
    uint64_t skip = start % job->page;
    uint64_t most = (job->page > WINDOW_BYTES ? job->page : WINDOW_BYTES) - skip;
    uint64_t left = job->size - done;
    uint64_t size = left < most ? left : most;
    uint64_t length = (skip + size + job->page - 1) / job->page * job->page;
    char *at = mmap(NULL, length, job->protection, MAP_SHARED, job->fd, (off_t)(start - skip));
    if (at == MAP_FAILED) {
        return status_from_mmap_errno(errno);
    }
    zx_status_t status = job->run(job, at + skip, done, size);
    (void)munmap(at, length);
    *ret_size = size;
    return status;
}

static zx_status_t run(const struct job *job)
{
    zx_status_t status = ZX_OK;
    uint64_t size = 0;
    for (uint64_t done = 0; done < job->size && status == ZX_OK; done += size) {
        status = run_window(job, done, &size);
    }
    return status;
}

zx_status_t memory_read_mapped(int fd, uint64_t page, void *buffer, uint64_t offset, size_t size)
{
    return run(&(struct job){.fd = fd,
                             .protection = PROT_READ,
                             .page = page,
                             .offset = offset,
                             .size = size,
                             .run = read_window,
                             .buffer = buffer});
}

zx_status_t memory_write_mapped(int fd, uint64_t page, const void *buffer, uint64_t offset,
                                size_t size)
{
    return run(&(struct job){.fd = fd,
                             .protection = PROT_READ | PROT_WRITE,
                             .page = page,
                             .offset = offset,
                             .size = size,
                             .run = write_window,
                             .buffer = (char *)(uintptr_t)buffer});
}

zx_status_t memory_zero_mapped(int fd, uint64_t page, uint64_t offset, uint64_t size)
{
    static char zeros[ZERO_BYTES];
    return run(&(struct job){.fd = fd,
                             .protection = PROT_READ | PROT_WRITE,
                             .page = page,
                             .offset = offset,
                             .size = size,
                             .run = zero_window,
                             .buffer = zeros});
}

zx_status_t memory_touch_mapped(int fd, uint64_t page, uint64_t offset, uint64_t size)
{
    return run(&(struct job){.fd = fd,
                             .protection = PROT_READ,
                             .page = page,
                             .offset = offset,
                             .size = size,
                             .run = touch_window});
}
