#include "os/memfile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>

#include "base/fd.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* since Linux 6.3; implies MFD_ALLOW_SEALING */
#endif

#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26 /* <linux/memfd.h>, which does not go with <sys/mman.h> */
#endif

#define CHECKED_BYTES  (1024ULL * 1024)
#define RESERVED_BYTES (64ULL * 1024 * 1024) /* left for everybody else */
#define PIECE_BYTES    (16ULL * 1024 * 1024)

/* Cleared when the kernel turns out not to know MFD_NOEXEC_SEAL. */
static atomic_bool noexec_seal_known = true;

static int create(const char *name, unsigned kind)
{
    char cut[MEMFILE_NAME_MAX + 1];
    (void)snprintf(cut, sizeof(cut), "%s", name);
    if (atomic_load(&noexec_seal_known)) {
        int fd = memfd_create(cut, MFD_CLOEXEC | MFD_NOEXEC_SEAL | kind);
        if (fd >= 0 || errno != EINVAL) {
            return fd;
        }
        atomic_store(&noexec_seal_known, false);
    }
    return memfd_create(cut, MFD_CLOEXEC | MFD_ALLOW_SEALING | kind);
}

/* What the kernel could give out without swapping. False with errno: it cannot be known now. */
static bool available_bytes(uint64_t *ret_bytes)
{
    FD_CLEANUP int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    char text[512]; /* the line is among the first */
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (len < 0) {
        return false;
    }
    text[len] = '\0';
    const char *line = strstr(text, "MemAvailable:");
    if (line == NULL) {
        errno = ENODATA;
        return false;
    }
    *ret_bytes = strtoull(line + strlen("MemAvailable:"), NULL, 10) * 1024;
    return true;
}

static int allocate(int fd, uint64_t offset, uint64_t size)
{
    int r;
    do {
        r = fallocate(fd, 0, (off_t)offset, (off_t)size); /* sets the size, commits and zeroes */
    } while (r < 0 && errno == EINTR);
    return r;
}

/* Committed without asking since the last answer that left enough: CHECKED_BYTES are asked about.
 */
static _Atomic uint64_t unasked;

/* Whether so little was committed since the last look that another one can wait. Asking costs as
 * much as committing CHECKED_BYTES does: so many small files share one look. */
static bool is_little(uint64_t size)
{
    return size < CHECKED_BYTES && atomic_fetch_add(&unasked, size) < CHECKED_BYTES - size;
}

/* fallocate() of a memory file does not refuse what the machine does not have: it goes on until the
 * OOM killer has killed others. So it is asked first. What other threads are committing at the
 * moment counts as taken. After a refusal everything is asked about, until there is enough. */
static int commit_by(int (*fill)(int fd, uint64_t offset, uint64_t size), int fd, uint64_t offset,
                     uint64_t size)
{
    if (is_little(size)) {
        return fill(fd, offset, size);
    }
    atomic_store(&unasked, CHECKED_BYTES);
    static _Atomic uint64_t committing;
    uint64_t available;
    if (!available_bytes(&available)) {
        return -1;
    }
    int r = -1;
    errno = ENOMEM;
    if (available > RESERVED_BYTES && size < available - RESERVED_BYTES) {
        uint64_t others = atomic_fetch_add(&committing, size);
        if (others < available - RESERVED_BYTES - size) {
            atomic_store(&unasked, 0);
            r = fill(fd, offset, size);
        }
        (void)atomic_fetch_sub(&committing, size);
    }
    return r;
}

static int commit(int fd, uint64_t offset, uint64_t size)
{
    return commit_by(allocate, fd, offset, size);
}

/* fallocate() heeds no advice: huge pages come to a mapping that asked for them, as it is touched.
 * Whatever that leaves out, fallocate() adds. */
static int allocate_huge(int fd, uint64_t offset, uint64_t size)
{
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    if (mapped != MAP_FAILED) {
        (void)madvise(mapped, size, MADV_HUGEPAGE);
        (void)madvise(mapped, size, MADV_POPULATE_WRITE);
        (void)munmap(mapped, size);
    }
    return allocate(fd, offset, size);
}

/* What a file of its final size needs besides: to be private and sealed, and a description that
 * counts. */
static int finish(int dir, int original, int more_seals, int *ret_fd)
{
    if (fchmod(original, S_IRUSR | S_IWUSR) < 0 ||
        fcntl(original, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL | more_seals) < 0) {
        return -errno;
    }
    return memfile_reopen(dir, original, MEMFILE_READ_WRITE, ret_fd);
}

static int new_file(int dir, const char *name, uint64_t size, bool committed, int more_seals,
                    int *ret_fd)
{
    assert(size > 0);
    if (size > INT64_MAX) {
        return -ENOMEM;
    }
    FD_CLEANUP int original = create(name, 0);
    if (original < 0 ||
        (committed ? commit(original, 0, size) : ftruncate(original, (off_t)size)) < 0) {
        return -errno;
    }
    return finish(dir, original, more_seals, ret_fd);
}

/* The pool's size is the limit, not what memory is available: so that is not asked about. */
int memfile_new_huge(int dir, const char *name, uint64_t size, uint64_t page_bytes, int *ret_fd)
{
    assert(size > 0 && page_bytes > 0 && size % page_bytes == 0);
    if (size > INT64_MAX) {
        return -ENOSPC;
    }
    unsigned page_bits = (unsigned)__builtin_ctzll(page_bytes);
    FD_CLEANUP int original = create(name, MFD_HUGETLB | page_bits << MFD_HUGE_SHIFT);
    if (original < 0 || allocate(original, 0, size) < 0) {
        return -errno;
    }
    return finish(dir, original, 0, ret_fd);
}

int memfile_new(int dir, const char *name, uint64_t size, bool committed, int *ret_fd)
{
    return new_file(dir, name, size, committed, 0, ret_fd);
}

int memfile_new_opaque(int dir, const char *name, uint64_t size, int *ret_fd)
{
    return new_file(dir, name, size, false, F_SEAL_WRITE, ret_fd);
}

/* Whether there is so much now. False with errno. */
static bool is_available(uint64_t size)
{
    uint64_t available;
    if (!available_bytes(&available)) {
        return false;
    }
    errno = ENOMEM;
    return available > RESERVED_BYTES && size < available - RESERVED_BYTES;
}

/* Others may have the file, and hold the kernel up for as long as they like: what counts as taken
 * meanwhile is a piece. */
int memfile_commit(int fd, uint64_t offset, uint64_t size)
{
    if (size > PIECE_BYTES && !is_available(size)) {
        return -errno;
    }
    for (uint64_t done = 0; done < size; done += PIECE_BYTES) {
        uint64_t left = size - done;
        if (commit(fd, offset + done, left < PIECE_BYTES ? left : PIECE_BYTES) < 0) {
            return -errno;
        }
    }
    return 0;
}

int memfile_commit_huge(int fd, uint64_t size)
{
    return size > 0 && commit_by(allocate_huge, fd, 0, size) < 0 ? -errno : 0;
}

int memfile_open_dir(int *ret_dir)
{
    int dir = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        return -errno;
    }
    *ret_dir = dir;
    return 0;
}

static int reopen(int dir, int fd, int flags, int *ret_fd)
{
    char path[32];
    (void)snprintf(path, sizeof(path), dir == MEMFILE_NO_DIR ? "/proc/self/fd/%d" : "%d", fd);
    /* O_NONBLOCK: somebody's lease on the file must not hold the caller up. */
    int copy = openat(dir, path, flags | O_NONBLOCK | O_CLOEXEC);
    if (copy < 0) {
        return -errno;
    }
    *ret_fd = copy;
    return 0;
}

static int mode_of(enum memfile_access access)
{
    static const int modes[] = {O_RDONLY, O_RDWR, O_WRONLY};
    return modes[access];
}

static struct posix_acl_xattr_entry acl_entry(uint16_t tag, uint16_t permissions, uint32_t id)
{
    return (struct posix_acl_xattr_entry){htole16(tag), htole16(permissions), htole32(id)};
}

int memfile_admit(int fd, uid_t uid)
{
    const uint16_t both = ACL_READ | ACL_WRITE;
    const uint32_t none = (uint32_t)ACL_UNDEFINED_ID;
    struct {
        struct posix_acl_xattr_header header;
        struct posix_acl_xattr_entry entries[5];
    } list = {
        .header = {htole32(POSIX_ACL_XATTR_VERSION)},
        .entries = { acl_entry(ACL_USER_OBJ, both, none), acl_entry(ACL_USER, both, uid),
                   acl_entry(ACL_GROUP_OBJ, 0, none), acl_entry(ACL_MASK, both, none),
                   acl_entry(ACL_OTHER, 0, none)},
    };
    return fsetxattr(fd, "system.posix_acl_access", &list, sizeof(list), 0) < 0 ? -errno : 0;
}

/* Whether an entry of an access list lets in anybody but the owner and `uid`. */
static bool lets_others_in(const struct posix_acl_xattr_entry *entry, uid_t uid)
{
    uint16_t tag = le16toh(entry->e_tag);
    bool known =
        tag == ACL_USER_OBJ || tag == ACL_MASK || (tag == ACL_USER && le32toh(entry->e_id) == uid);
    return !known && entry->e_perm != 0;
}

int memfile_is_private(int fd, uid_t uid)
{
    struct {
        struct posix_acl_xattr_header header;
        struct posix_acl_xattr_entry entries[16];
    } list;
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return -errno;
    }
    ssize_t got = fgetxattr(fd, "system.posix_acl_access", &list, sizeof(list));
    if (got < 0) {
        /* ERANGE: so long a list is for others. Without a list the mode is all there is. */
        return errno == ERANGE ? 0 : (st.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    }
    if ((size_t)got < sizeof(list.header)) {
        return -EIO;
    }
    size_t count = ((size_t)got - sizeof(list.header)) / sizeof(list.entries[0]);
    bool open = (st.st_mode & S_IRWXO) != 0;
    for (size_t i = 0; i < count && !open; i++) {
        open = lets_others_in(&list.entries[i], uid);
    }
    return open ? 0 : 1;
}

int memfile_reopen(int dir, int fd, enum memfile_access access, int *ret_fd)
{
    return reopen(dir, fd, mode_of(access), ret_fd);
}

int memfile_reopen_marked(int dir, int fd, enum memfile_access access, int *ret_fd)
{
    return reopen(dir, fd, mode_of(access) | O_DSYNC, ret_fd);
}

bool memfile_is_marked(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_DSYNC) != 0;
}

int memfile_is_alone(int fd)
{
    if (fcntl(fd, F_SETLEASE, F_WRLCK) == 0) {
        return 1;
    }
    return errno == EAGAIN ? 0 : -errno;
}

bool memfile_can_forbid_execution(void)
{
    FD_CLEANUP int probe = create("sysmem-probe", 0);
    return probe >= 0 && atomic_load(&noexec_seal_known);
}
