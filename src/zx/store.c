/* Bytes are copied by the kernel instead of through the program's mappings: a bad buffer is an
 * error then, and so is a file that another process has cut short. */
#include "zx/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "zx/status.h"
#include "zx/stray.h"

#define COPY_BYTES ((size_t)256 << 10)

/* The stores that are copies of each other, or of a common one. */
struct lineage {
    size_t members;
};

static pthread_mutex_t lineage_lock = PTHREAD_MUTEX_INITIALIZER;

/* A part of a range that lies in one file. */
struct piece {
    unsigned file;
    uint64_t at; /* in the file */
    uint64_t size;
};

static struct piece piece_at(uint64_t offset, uint64_t size)
{
    struct piece piece = {.file = (unsigned)(offset / STORE_FILE_MAX),
                          .at = offset % STORE_FILE_MAX};
    uint64_t left = STORE_FILE_MAX - piece.at;
    piece.size = size < left ? size : left;
    return piece;
}

/* How long a file of a store is. */
static uint64_t file_length(uint64_t size, unsigned index)
{
    uint64_t start = index * STORE_FILE_MAX;
    uint64_t left = size > start ? size - start : 0;
    return left < STORE_FILE_MAX ? left : STORE_FILE_MAX;
}

static int make_file(uint64_t size)
{
    FD_CLEANUP int fd = memfd_create("zx_vmo", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || (size > 0 && ftruncate(fd, (off_t)size) < 0)) {
        return -1;
    }
    return fd_take(&fd);
}

/* Whoever sees the table sees the page size. */
static void set_access(struct store *store, const struct memory_access *access)
{
    atomic_store(&store->page, access->page(store->file));
    atomic_store(&store->access, access);
}

struct store *store_of_file(int fd, const struct memory_access *access)
{
    struct store *store = calloc(1, sizeof(*store));
    if (store == NULL) {
        return NULL;
    }
    /* A thread that copies must not wait for ever for others that write all the time. */
    pthread_rwlockattr_t fair;
    (void)pthread_rwlockattr_init(&fair);
    (void)pthread_rwlockattr_setkind_np(&fair, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    (void)pthread_rwlock_init(&store->copying, &fair);
    (void)pthread_rwlockattr_destroy(&fair);
    (void)pthread_mutex_init(&store->growing, NULL);
    atomic_init(&store->references, 1);
    store->file = fd;
    store->companion = -1;
    if (access != NULL) {
        set_access(store, access);
    }
    for (size_t i = 0; i < STORE_FILES - 1; i++) {
        atomic_init(&store->far[i], -1);
    }
    return store;
}

zx_status_t store_new(uint64_t size, struct store **ret_store)
{
    FD_CLEANUP int fd = make_file(file_length(size, 0));
    if (fd < 0) {
        return status_from_errno(errno);
    }
    struct store *store = store_of_file(fd, &memory_plain);
    if (store == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    (void)fd_take(&fd);
    store->is_own = true;
    store->size = size;
    *ret_store = store;
    return ZX_OK;
}

zx_status_t store_new_opaque(uint64_t size, struct store **ret_store)
{
    const int all = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    struct store *store = NULL;
    zx_status_t status = store_new(size, &store);
    if (store == NULL) {
        return status;
    }
    if (fcntl(store->file, F_ADD_SEALS, all) < 0) {
        status = status_from_errno(errno);
        store_unref(store);
        return status;
    }
    set_access(store, &memory_opaque);
    *ret_store = store;
    return ZX_OK;
}

struct store *store_ref(struct store *store)
{
    (void)atomic_fetch_add(&store->references, 1);
    return store;
}

static void leave_lineage(struct store *store)
{
    (void)pthread_mutex_lock(&lineage_lock);
    struct lineage *lineage = store->lineage;
    bool was_last = lineage != NULL && --lineage->members == 0;
    (void)pthread_mutex_unlock(&lineage_lock);
    if (was_last) {
        free(lineage);
    }
}

void store_unref(struct store *store)
{
    if (atomic_fetch_sub(&store->references, 1) != 1) {
        return;
    }
    leave_lineage(store);
    fd_close(&store->file);
    stray_close_end(&store->companion);
    for (size_t i = 0; i < STORE_FILES - 1; i++) {
        int fd = atomic_load(&store->far[i]);
        fd_close(&fd);
    }
    (void)pthread_mutex_destroy(&store->growing);
    (void)pthread_rwlock_destroy(&store->copying);
    free(store);
}

/* Threads that ask at the same time come to the same answer. */
const struct memory_access *store_access(struct store *store)
{
    const struct memory_access *access = atomic_load(&store->access);
    if (access == NULL) {
        access = memory_access_of(store->file);
        access = access == NULL ? &memory_plain : access;
        set_access(store, access);
    }
    return access;
}

uint64_t store_page(struct store *store)
{
    (void)store_access(store);
    return atomic_load(&store->page);
}

uint64_t store_file_size(struct store *store)
{
    return store_access(store)->size(store->file);
}

bool store_is_sole(struct store *store)
{
    return atomic_load(&store->references) == 1;
}

/* The file if there is one, or -1. */
static int known_file(struct store *store, unsigned index)
{
    return index == 0 ? store->file : atomic_load(&store->far[index - 1]);
}

/* The file, which is made now if it wasn't before, or -1. */
static int wanted_file(struct store *store, unsigned index)
{
    int fd = known_file(store, index);
    if (fd >= 0) {
        return fd;
    }
    (void)pthread_mutex_lock(&store->growing);
    fd = known_file(store, index); /* another thread may have been here */
    if (fd < 0) {
        fd = make_file(file_length(store->size, index));
        atomic_store(&store->far[index - 1], fd);
    }
    (void)pthread_mutex_unlock(&store->growing);
    return fd;
}

int store_file_at(struct store *store, uint64_t offset, uint64_t *ret_at)
{
    struct piece piece = piece_at(offset, 1);
    *ret_at = piece.at;
    return wanted_file(store, piece.file);
}

zx_status_t store_read(struct store *store, void *buffer, uint64_t offset, size_t size)
{
    const struct memory_access *access = store_access(store);
    zx_status_t status = ZX_OK;
    for (size_t done = 0; done < size && status == ZX_OK;) {
        struct piece piece = piece_at(offset + done, size - done);
        int fd = wanted_file(store, piece.file);
        status = fd < 0 ? status_from_errno(errno)
                        : access->read(fd, (char *)buffer + done, piece.at, piece.size);
        done += piece.size;
    }
    return status;
}

static zx_status_t write_bytes(struct store *store, const void *buffer, uint64_t offset,
                               size_t size)
{
    const struct memory_access *access = store_access(store);
    zx_status_t status = ZX_OK;
    for (size_t done = 0; done < size && status == ZX_OK;) {
        struct piece piece = piece_at(offset + done, size - done);
        int fd = wanted_file(store, piece.file);
        status = fd < 0 ? status_from_errno(errno)
                        : access->write(fd, (const char *)buffer + done, piece.at, piece.size);
        done += piece.size;
    }
    return status;
}

zx_status_t store_write(struct store *store, const void *buffer, uint64_t offset, size_t size)
{
    (void)pthread_rwlock_rdlock(&store->copying);
    zx_status_t status = write_bytes(store, buffer, offset, size);
    (void)pthread_rwlock_unlock(&store->copying);
    return status;
}

typedef zx_status_t (*clear_fn)(int fd, uint64_t offset, uint64_t size);

/* In files that there are: what was never made is zeros. */
static zx_status_t clear(struct store *store, clear_fn clear_piece, uint64_t offset, uint64_t size)
{
    zx_status_t status = ZX_OK;
    (void)pthread_rwlock_rdlock(&store->copying);
    for (uint64_t done = 0; done < size && status == ZX_OK;) {
        struct piece piece = piece_at(offset + done, size - done);
        int fd = known_file(store, piece.file);
        status = fd < 0 ? ZX_OK : clear_piece(fd, piece.at, piece.size);
        done += piece.size;
    }
    (void)pthread_rwlock_unlock(&store->copying);
    return status;
}

zx_status_t store_zero(struct store *store, uint64_t offset, uint64_t size)
{
    return clear(store, store_access(store)->zero, offset, size);
}

zx_status_t store_decommit(struct store *store, uint64_t offset, uint64_t size)
{
    return clear(store, store_access(store)->decommit, offset, size);
}

zx_status_t store_resize(struct store *store, uint64_t size)
{
    zx_status_t status = ZX_OK;
    (void)pthread_rwlock_rdlock(&store->copying);
    (void)pthread_mutex_lock(&store->growing);
    for (unsigned i = 0; i < STORE_FILES && status == ZX_OK; i++) {
        int fd = known_file(store, i);
        if (fd >= 0 && ftruncate(fd, (off_t)file_length(size, i)) < 0) {
            status = status_from_errno(errno);
        }
    }
    if (status == ZX_OK) {
        store->size = size;
    }
    (void)pthread_mutex_unlock(&store->growing);
    (void)pthread_rwlock_unlock(&store->copying);
    return status;
}

zx_status_t store_commit(struct store *store, uint64_t offset, uint64_t size)
{
    const struct memory_access *access = store_access(store);
    zx_status_t status = ZX_OK;
    for (uint64_t done = 0; done < size && status == ZX_OK;) {
        struct piece piece = piece_at(offset + done, size - done);
        int fd = wanted_file(store, piece.file);
        status = fd < 0 ? status_from_errno(errno) : access->commit(fd, piece.at, piece.size);
        done += piece.size;
    }
    return status;
}

void store_prefetch(struct store *store, uint64_t offset, uint64_t size)
{
    const struct memory_access *access = store_access(store);
    for (uint64_t done = 0; done < size;) {
        struct piece piece = piece_at(offset + done, size - done);
        int fd = known_file(store, piece.file);
        if (fd >= 0) {
            access->prefetch(fd, piece.at, piece.size);
        }
        done += piece.size;
    }
}

/* Copies [at, end) of a file. `buffer` has COPY_BYTES. */
static zx_status_t copy_run(struct store *to, uint64_t to_offset, int fd, off_t at, off_t end,
                            char *buffer)
{
    while (at < end) {
        size_t left = (size_t)(end - at);
        ssize_t n = pread(fd, buffer, left < COPY_BYTES ? left : COPY_BYTES, at);
        if (n <= 0) {
            return n == 0 ? ZX_OK : status_from_errno(errno); /* shorter meanwhile: zeros */
        }
        zx_status_t status = write_bytes(to, buffer, to_offset, (size_t)n);
        if (status != ZX_OK) {
            return status;
        }
        to_offset += (uint64_t)n;
        at += n;
    }
    return ZX_OK;
}

/* Copies what a piece has of data. Looking for data moves the position of the open file
 * description, which nothing here reads from. */
static zx_status_t copy_piece(struct store *to, uint64_t to_offset, int fd, struct piece piece,
                              char *buffer)
{
    off_t start = (off_t)piece.at;
    off_t end = start + (off_t)piece.size;
    for (off_t at = start; at < end;) {
        off_t data = lseek(fd, at, SEEK_DATA);
        if (data < 0 || data >= end) {
            return data >= 0 || errno == ENXIO ? ZX_OK : status_from_errno(errno);
        }
        off_t hole = lseek(fd, data, SEEK_HOLE);
        at = hole > data && hole < end ? hole : end;
        zx_status_t status =
            copy_run(to, to_offset + (uint64_t)(data - start), fd, data, at, buffer);
        if (status != ZX_OK) {
            return status;
        }
    }
    return ZX_OK;
}

static zx_status_t copy_bytes(struct store *to, struct store *from, uint64_t offset, uint64_t size)
{
    char *buffer = malloc(COPY_BYTES);
    zx_status_t status = buffer == NULL ? ZX_ERR_NO_MEMORY : ZX_OK;
    (void)pthread_rwlock_wrlock(&from->copying);
    for (uint64_t done = 0; status == ZX_OK && done < size;) {
        struct piece piece = piece_at(offset + done, size - done);
        int fd = known_file(from, piece.file);
        if (fd >= 0) {
            status = copy_piece(to, done, fd, piece, buffer);
        }
        done += piece.size;
    }
    (void)pthread_rwlock_unlock(&from->copying);
    free(buffer);
    return status;
}

/* False: no memory. */
static bool join_lineage(struct store *copy, struct store *from)
{
    (void)pthread_mutex_lock(&lineage_lock);
    if (from->lineage == NULL) {
        from->lineage = calloc(1, sizeof(*from->lineage));
        if (from->lineage != NULL) {
            from->lineage->members = 1;
        }
    }
    copy->lineage = from->lineage;
    if (copy->lineage != NULL) {
        copy->lineage->members++;
    }
    (void)pthread_mutex_unlock(&lineage_lock);
    return copy->lineage != NULL;
}

zx_status_t store_snapshot(struct store *from, uint64_t offset, uint64_t copied, uint64_t size,
                           struct store **ret_store)
{
    struct store *store = NULL;
    zx_status_t status = store_new(size, &store);
    if (status != ZX_OK) {
        return status;
    }
    assert(store != NULL); /* what failed has set errno: it is no ZX_OK */
    status = copy_bytes(store, from, offset, copied);
    if (status == ZX_OK && !join_lineage(store, from)) {
        status = ZX_ERR_NO_MEMORY;
    }
    if (status != ZX_OK) {
        store_unref(store);
        return status;
    }
    *ret_store = store;
    return ZX_OK;
}

bool store_is_alone(struct store *store)
{
    (void)pthread_mutex_lock(&lineage_lock);
    bool is_alone = store->lineage == NULL || store->lineage->members == 1;
    (void)pthread_mutex_unlock(&lineage_lock);
    return is_alone;
}

uint64_t store_bytes(struct store *store)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < STORE_FILES; i++) {
        struct stat stat;
        int fd = known_file(store, i);
        if (fd >= 0 && fstat(fd, &stat) == 0) {
            bytes += (uint64_t)stat.st_blocks * 512;
        }
    }
    return bytes;
}
