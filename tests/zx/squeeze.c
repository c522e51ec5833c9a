#include "squeeze.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB        ((size_t)1 << 20)
#define LIMIT      "8388608"
#define FILE_BYTES (32 * MIB)
#define PAGE_BYTES 4096U

/* Where the tree of groups may be, and where that of memory is if it has one of its own. */
static const char *const trees[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
static const char memory_tree[] = "/sys/fs/cgroup/memory";

static bool put(const char *folder, const char *file, const char *text)
{
    char path[640];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_written;
}

/* The root of the tree of version 2, or NULL. */
static const char *find_tree(void)
{
    for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
        struct statfs stat;
        if (statfs(trees[i], &stat) == 0 && stat.f_type == CGROUP2_SUPER_MAGIC) {
            return trees[i];
        }
    }
    return NULL;
}

/* The group in that tree that this process is in. */
static bool find_own(const char *tree, char *ret_group, size_t size)
{
    char line[256];
    bool is_found = false;
    FILE *groups = fopen("/proc/self/cgroup", "re");
    while (groups != NULL && !is_found && fgets(line, sizeof(line), groups) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        is_found = strncmp(line, "0::", 3) == 0;
    }
    if (groups != NULL) {
        (void)fclose(groups);
    }
    (void)snprintf(ret_group, size, "%s%s", tree, is_found ? line + 3 : "");
    return is_found;
}

static bool limit_memory(struct squeeze *squeeze)
{
    if (put(squeeze->group, "memory.max", LIMIT)) {
        (void)snprintf(squeeze->memory, sizeof(squeeze->memory), "%s", squeeze->group);
        return true;
    }
    (void)snprintf(squeeze->memory, sizeof(squeeze->memory), "%s/sysmem-test-%d", memory_tree,
                   (int)getpid());
    return mkdir(squeeze->memory, 0755) == 0 &&
           put(squeeze->memory, "memory.limit_in_bytes", LIMIT);
}

const char *squeeze_prepare(struct squeeze *squeeze)
{
    *squeeze = (struct squeeze){.group = ""};
    const char *tree = find_tree();
    if (geteuid() != 0 || tree == NULL ||
        !find_own(tree, squeeze->before, sizeof(squeeze->before))) {
        return "this process may not make control groups";
    }
    (void)snprintf(squeeze->group, sizeof(squeeze->group), "%s/sysmem-test-%d", tree,
                   (int)getpid());
    if (mkdir(squeeze->group, 0755) < 0) {
        return "this process may not make control groups";
    }
    if (!limit_memory(squeeze) || !put(squeeze->group, "cgroup.procs", "0")) {
        squeeze_undo(squeeze);
        return "this machine's control groups do not limit memory";
    }
    return NULL;
}

/* A file on a disk, without a name, of which nothing is in memory: memory files could not be given
 * back, and whoever brings a page in is charged for it. */
static int make_file(void)
{
    char name[] = "/var/tmp/sysmem-test-XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);
    char *block = calloc(1, MIB);
    bool is_written = fd >= 0 && block != NULL && unlink(name) == 0;
    for (size_t at = 0; is_written && at < FILE_BYTES; at += MIB) {
        is_written = pwrite(fd, block, MIB, (off_t)at) == (ssize_t)MIB;
    }
    free(block);
    if (!is_written || fsync(fd) < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* In an order that has the kernel regret what it gave back: pages that are read again soon. */
_Noreturn static void read_for_ever(int fd)
{
    volatile const char *bytes = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED) {
        _exit(1);
    }
    (void)madvise((void *)(uintptr_t)bytes, FILE_BYTES, MADV_RANDOM);
    for (uint32_t random = (uint32_t)getpid();;) {
        random = random * 1664525 + 1013904223;
        (void)bytes[(size_t)(random >> 8) * PAGE_BYTES % FILE_BYTES];
    }
}

bool squeeze_start(struct squeeze *squeeze)
{
    int fd = make_file();
    pid_t parent = getpid();
    for (size_t i = 0; fd >= 0 && i < SQUEEZE_READERS; i++) {
        squeeze->pids[i] = fork();
        if (squeeze->pids[i] != 0) {
            continue;
        }
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)alarm(60);
        if (getppid() != parent || !put(squeeze->memory, "cgroup.procs", "0")) {
            _exit(1);
        }
        read_for_ever(fd);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

void squeeze_stop(struct squeeze *squeeze)
{
    for (size_t i = 0; i < SQUEEZE_READERS; i++) {
        if (squeeze->pids[i] > 0) {
            (void)kill(squeeze->pids[i], SIGKILL);
            (void)waitpid(squeeze->pids[i], NULL, 0);
        }
        squeeze->pids[i] = -1;
    }
}

void squeeze_undo(struct squeeze *squeeze)
{
    squeeze_stop(squeeze);
    (void)put(squeeze->before, "cgroup.procs", "0");
    (void)rmdir(squeeze->memory);
    (void)rmdir(squeeze->group);
}
