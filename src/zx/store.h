/* The bytes of VMOs: a memory file, which a VMO shares with its slices and references, and two more
 * for what lies beyond the longest file. Offsets and sizes are in bytes. All functions may be
 * called by any thread. */
#ifndef ZX_STORE_H
#define ZX_STORE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <zircon/types.h>

#include "zx/memory_access.h"

/* Zircon's limit for a VMO: 16 pages less than there are addresses. */
#define STORE_SIZE_MAX (UINT64_MAX - 0xFFFF)

/* Where the first file ends at the latest, and the second: the longest file is 2^63 - 1 bytes. */
#define STORE_FILE_MAX (((uint64_t)1 << 63) - 0x10000)
#define STORE_FILES    3U

struct lineage;

struct store {
    atomic_uint references;
    int file;      /* holds what lies below STORE_FILE_MAX, and is as long as that */
    bool is_own;   /* the file was made here: it is ours to seal, and to continue in others */
    int companion; /* -1: none; else it stays open as long as the store */
    /* How the file is reached, with its page size: NULL until somebody asks. */
    _Atomic(const struct memory_access *) access;
    _Atomic uint64_t page;
    atomic_int far[STORE_FILES - 1]; /* -1 until somebody comes so far */
    pthread_mutex_t growing;  /* held while files are made and change their length; guards: */
    uint64_t size;            /* of one's own */
    pthread_rwlock_t copying; /* held for reading by those who change bytes */
    struct lineage *lineage;  /* NULL: never copied; guarded by the one lock of all lineages */
};

/* Zeros, with one reference for the caller. ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES. */
zx_status_t store_new(uint64_t size, struct store **ret_store);

/* A file of `size` bytes that has no pages and never will. */
zx_status_t store_new_opaque(uint64_t size, struct store **ret_store);

/* Takes the file of somebody else, on success. `access`: how it is reached; NULL: a memory file,
 * which is asked about its pages when that first matters. NULL: no memory. */
struct store *store_of_file(int fd, const struct memory_access *access);

struct store *store_ref(struct store *store);
void store_unref(struct store *store);

/* How the file is reached; its page size, of which what is mapped is a multiple; its size, 0 if it
 * does not tell. */
const struct memory_access *store_access(struct store *store);
uint64_t store_page(struct store *store);
uint64_t store_file_size(struct store *store);

/* Whether the caller's reference is the only one; it stays so unless the caller changes that. */
bool store_is_sole(struct store *store);

/* Copies to and from a program's memory. ZX_ERR_NOT_FOUND: that is not all accessible;
 * ZX_ERR_OUT_OF_RANGE: another process has made the file shorter; ZX_ERR_BAD_STATE: no process
 * reaches the bytes. */
zx_status_t store_read(struct store *store, void *buffer, uint64_t offset, size_t size);
zx_status_t store_write(struct store *store, const void *buffer, uint64_t offset, size_t size);

/* Changes how long it is; new bytes are zeros. */
zx_status_t store_resize(struct store *store, uint64_t size);

/* The file that holds the byte at an offset, to map it, and where in the file that is. It goes on
 * to the next multiple of STORE_FILE_MAX, also beyond its length, where mappings of it fault. Stays
 * the store's. -1: it could not be made; errno says why. */
int store_file_at(struct store *store, uint64_t offset, uint64_t *ret_at);

/* Makes bytes zeros, and gives the memory of whole pages back where that can be. */
zx_status_t store_zero(struct store *store, uint64_t offset, uint64_t size);

/* Gives the memory of whole pages back, which are zeros then. ZX_ERR_NOT_SUPPORTED. */
zx_status_t store_decommit(struct store *store, uint64_t offset, uint64_t size);

/* Gives a range of pages memory. ZX_ERR_NO_MEMORY: the machine has not that much;
 * ZX_ERR_NOT_SUPPORTED. */
zx_status_t store_commit(struct store *store, uint64_t offset, uint64_t size);

/* Asks the kernel to have a range at hand soon. */
void store_prefetch(struct store *store, uint64_t offset, uint64_t size);

/* Of a plain file: makes a store of `size` bytes that starts with the first `copied` (at most as
 * many) of another from `offset` on, as they are at one moment as far as the functions above change
 * them: those wait meanwhile. What has never been written takes no memory in the copy either. Both
 * are of one lineage then. */
zx_status_t store_snapshot(struct store *from, uint64_t offset, uint64_t copied, uint64_t size,
                           struct store **ret_store);

/* Whether no other store that lives is a copy of this one, or of what this one is a copy of, and so
 * on. */
bool store_is_alone(struct store *store);

/* How many bytes of memory the files have. */
uint64_t store_bytes(struct store *store);

#endif
