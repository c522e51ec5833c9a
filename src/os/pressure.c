#include "os/pressure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

/* Where the one tree of groups is mounted: alone, or beside those of version 1. */
static const char *const group_roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

/* In microseconds: so long a wait, within so long a time. Other windows than multiples of two
 * seconds are for privileged processes. */
static const char trigger[] = "some 200000 2000000";

static int open_trigger(int dir, const char *path)
{
    FD_CLEANUP int fd = openat(dir, path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || write(fd, trigger, sizeof(trigger)) < 0) {
        return -errno;
    }
    return fd_take(&fd);
}

/* Where the process is in the tree: a path that begins with a slash. False: in no tree, or above
 * what this process sees of it. */
static bool find_group(char ret_path[PATH_MAX])
{
    bool is_found = false;
    FILE *groups = fopen("/proc/self/cgroup", "re");
    char line[PATH_MAX];
    while (groups != NULL && !is_found && fgets(line, sizeof(line), groups) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        is_found = strncmp(line, "0::/", 4) == 0 && strncmp(line, "0::/..", 6) != 0;
    }
    if (groups != NULL) {
        (void)fclose(groups);
    }
    if (is_found) {
        (void)snprintf(ret_path, PATH_MAX, "%s", line + 3);
    }
    return is_found;
}

/* The folder of a group below a root, or -errno. */
static int open_group(const char *root, const char *path)
{
    char full[PATH_MAX + 64];
    struct statfs stat;
    (void)snprintf(full, sizeof(full), "%s%s", root, path);
    FD_CLEANUP int dir = open(full, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || fstatfs(dir, &stat) < 0) {
        return -errno;
    }
    /* Only the top of the machine's own tree has no type: it is the machine. */
    if (stat.f_type != CGROUP2_SUPER_MAGIC || faccessat(dir, "cgroup.type", F_OK, 0) < 0) {
        return -ENOENT;
    }
    return fd_take(&dir);
}

static int open_group_trigger(void)
{
    char path[PATH_MAX];
    if (!find_group(path)) {
        return -ENOENT;
    }
    for (size_t i = 0; i < sizeof(group_roots) / sizeof(group_roots[0]); i++) {
        FD_CLEANUP int dir = open_group(group_roots[i], path);
        if (dir >= 0) {
            return open_trigger(dir, "memory.pressure");
        }
    }
    return -ENOENT;
}

int pressure_open(enum pressure_scope scope)
{
    return scope == PRESSURE_OF_MACHINE ? open_trigger(AT_FDCWD, "/proc/pressure/memory")
                                        : open_group_trigger();
}
