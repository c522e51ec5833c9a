/* How the bytes of a file are reached: one table for each kind of memory that a descriptor may be
 * of. Whoever has a table does not ask which kind it is. Offsets and sizes are in bytes; the ranges
 * lie within the file. All functions may be called by any thread. */
#ifndef ZX_MEMORY_ACCESS_H
#define ZX_MEMORY_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

struct memory_access {
    bool is_plain;  /* a memory file: it can be resized, copied, and mapped beyond its end */
    bool is_opaque; /* a name for memory that no process reaches */
    bool can_reopen;

    uint64_t (*size)(int fd); /* of the file; 0: it does not tell */
    uint64_t (*page)(int fd); /* what is mapped and given back is a multiple of this */

    /* Copies to and from a program's memory. ZX_ERR_NOT_FOUND: that is not all accessible;
     * ZX_ERR_OUT_OF_RANGE: another process has made the file shorter; ZX_ERR_BAD_STATE: no process
     * reaches these bytes. */
    zx_status_t (*read)(int fd, void *buffer, uint64_t offset, size_t size);
    zx_status_t (*write)(int fd, const void *buffer, uint64_t offset, size_t size);

    /* Makes bytes zeros; whether whole pages go back depends on the kind. */
    zx_status_t (*zero)(int fd, uint64_t offset, uint64_t size);
    /* Gives whole pages back, which are zeros then. ZX_ERR_NOT_SUPPORTED. */
    zx_status_t (*decommit)(int fd, uint64_t offset, uint64_t size);
    /* Gives a range its memory. ZX_ERR_NO_MEMORY, ZX_ERR_NOT_SUPPORTED. */
    zx_status_t (*commit)(int fd, uint64_t offset, uint64_t size);
    /* Asks to have a range at hand soon: a hint. */
    void (*prefetch)(int fd, uint64_t offset, uint64_t size);
};

extern const struct memory_access memory_plain;   /* a memfd */
extern const struct memory_access memory_opaque;  /* a memfd without pages that cannot be read */
extern const struct memory_access memory_huge;    /* a memfd in huge pages */
extern const struct memory_access memory_secret;  /* a memfd_secret */
extern const struct memory_access memory_dma_buf; /* of a driver */

/* The table for a descriptor that is not opaque, or NULL: it is of no memory that is known, or that
 * cannot be told now. Reaches no file system that a stranger mounted. */
const struct memory_access *memory_access_of(int fd);

/* Copies to and from a file that can be mapped, through mappings that last as long as the call. No
 * faults are raised: what cannot be touched, on either side, is ZX_ERR_NOT_FOUND. So is a buffer
 * that itself lies in secret memory or in a driver's. ZX_ERR_NO_MEMORY: also beyond
 * RLIMIT_MEMLOCK, which secret memory counts against. `page`: as of the file. */
zx_status_t memory_read_mapped(int fd, uint64_t page, void *buffer, uint64_t offset, size_t size);
zx_status_t memory_write_mapped(int fd, uint64_t page, const void *buffer, uint64_t offset,
                                size_t size);

/* The same, with zeros for the buffer. */
zx_status_t memory_zero_mapped(int fd, uint64_t page, uint64_t offset, uint64_t size);

/* Reads a byte of each page, which gives the page memory. */
zx_status_t memory_touch_mapped(int fd, uint64_t page, uint64_t offset, uint64_t size);

#endif
