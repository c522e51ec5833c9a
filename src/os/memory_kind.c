#include "os/memory_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

#define HUGETLBFS_SUPER 0x958458F6

/* The kernel's number for a mount, or one of these. */
#define MOUNT_UNKNOWN (-1)
#define MOUNT_NONE    (-2)

/* What stands at the beginning of the kernel's words about a descriptor: the mount is in the third
 * line, and a dma-buf's lines follow at once. Locks, of which there may be many, come later. */
struct words {
    char text[512];
};

/* Whether the kernel calls a file as it calls a memfd_secret or a dma-buf; no file system is asked
 * for that. Others may, too, but those whose words wait for somebody do not: the words of an epoll
 * descriptor come when nobody receives events from it, and whoever has it can see to it that
 * somebody always does. */
static bool is_called_as_memory(int fd)
{
    static const char *const names[] = {"/secretmem", "/dmabuf:"};
    char path[40];
    char name[32];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(path, name, sizeof(name) - 1);
    name[len > 0 ? len : 0] = '\0';
    bool found = false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        found = found || strncmp(name, names[i], strlen(names[i])) == 0;
    }
    return found;
}

/* False: they cannot be had. No file system is asked for them: only drivers of the kernel add
 * lines. */
static bool read_words(int fd, struct words *ret)
{
    char path[40];
    (void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
    FD_CLEANUP int info = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = info < 0 ? -1 : read(info, ret->text, sizeof(ret->text) - 1);
    ret->text[len > 0 ? len : 0] = '\0';
    return len > 0;
}

static long mount_in(const struct words *words)
{
    static const char key[] = "\nmnt_id:";
    const char *line = strstr(words->text, key);
    return line != NULL ? strtol(line + strlen(key), NULL, 10) : MOUNT_UNKNOWN;
}

/* All memfd_secret files of a machine are on one mount, which nobody can open a path on. */
static long secret_mount(void)
{
    static atomic_long known = MOUNT_UNKNOWN;
    long mount = atomic_load(&known);
    if (mount != MOUNT_UNKNOWN) {
        return mount;
    }
    struct words words;
    FD_CLEANUP int probe = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
    if (probe >= 0) {
        mount = read_words(probe, &words) ? mount_in(&words) : MOUNT_UNKNOWN;
    } else if (errno == ENOSYS || errno == EPERM) {
        mount = MOUNT_NONE; /* this process cannot have one, and so tells none */
    }
    atomic_store(&known, mount);
    return mount;
}

/* Of a file without seals. */
static enum memory_kind kind_by_words(int fd)
{
    struct words words;
    if (!is_called_as_memory(fd) || !read_words(fd, &words)) {
        return MEMORY_OTHER;
    }
    if (strstr(words.text, "\nexp_name:") != NULL) {
        return MEMORY_DMABUF;
    }
    long mount = mount_in(&words);
    return mount >= 0 && mount == secret_mount() ? MEMORY_SECRET : MEMORY_OTHER;
}

/* What F_GET_SEALS says. Other failures than EINVAL: no descriptor, or O_PATH. */
enum seals {
    SEALS_ANY,
    SEALS_NONE,
    SEALS_NO_FILE,
};

static enum seals seals_of(int fd)
{
    if (fcntl(fd, F_GET_SEALS) >= 0) {
        return SEALS_ANY;
    }
    return errno == EINVAL ? SEALS_NONE : SEALS_NO_FILE;
}

bool memory_kind_is_known(int fd)
{
    enum seals seals = seals_of(fd);
    return seals == SEALS_ANY || (seals == SEALS_NONE && kind_by_words(fd) != MEMORY_OTHER);
}

enum memory_kind memory_kind_of(int fd)
{
    enum seals seals = seals_of(fd);
    if (seals != SEALS_ANY) {
        return seals == SEALS_NONE ? kind_by_words(fd) : MEMORY_OTHER;
    }
    struct statfs fs; /* only the kernel's own kinds have seals */
    bool is_huge = fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == HUGETLBFS_SUPER;
    return is_huge ? MEMORY_HUGETLB : MEMORY_MEMFD;
}
