#include "os/hugetlb.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define POOLS "/sys/kernel/mm/hugepages"

/* A number of the pool that `dir` is. 0 or -errno. */
static int read_number(int dir, const char *name, uint64_t *ret)
{
    char text[32];
    FD_CLEANUP int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (len < 0) {
        return -errno;
    }
    text[len] = '\0';
    *ret = strtoull(text, NULL, 10);
    return 0;
}

/* Of pages of one size: the numbers' directory, or -errno. */
static int open_pool(uint64_t page_bytes)
{
    char path[80];
    (void)snprintf(path, sizeof(path), POOLS "/hugepages-%" PRIu64 "kB", page_bytes / 1024);
    int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return dir < 0 ? -errno : dir;
}

bool hugetlb_is_there(uint64_t page_bytes)
{
    FD_CLEANUP int dir = open_pool(page_bytes);
    uint64_t set_aside = 0;
    uint64_t extra = 0;
    return dir >= 0 && ((read_number(dir, "nr_hugepages", &set_aside) == 0 && set_aside > 0) ||
                        (read_number(dir, "nr_overcommit_hugepages", &extra) == 0 && extra > 0));
}

/* The numbers may change while they are read, so that a difference can come out below 0. */
static uint64_t without(uint64_t all, uint64_t part)
{
    return all > part ? all - part : 0;
}

int hugetlb_look(uint64_t page_bytes, struct hugetlb_pool *ret)
{
    static const char *const names[] = {"nr_hugepages", "free_hugepages", "resv_hugepages",
                                        "nr_overcommit_hugepages", "surplus_hugepages"};
    enum { ALL, FREE, PROMISED, EXTRA, EXTRA_MADE, COUNT };
    uint64_t numbers[COUNT];
    FD_CLEANUP int dir = open_pool(page_bytes);
    if (dir < 0) {
        return dir;
    }
    for (size_t i = 0; i < COUNT; i++) {
        int r = read_number(dir, names[i], &numbers[i]);
        if (r < 0) {
            return r;
        }
    }
    *ret = (struct hugetlb_pool){
        .pages = numbers[ALL],
        .available = without(numbers[FREE], numbers[PROMISED]) +
                     without(numbers[EXTRA], numbers[EXTRA_MADE]),
    };
    return 0;
}

/* Keeps the sizes in order. */
static void insert(uint64_t *sizes, size_t count, uint64_t size)
{
    while (count > 0 && sizes[count - 1] > size) {
        sizes[count] = sizes[count - 1];
        count--;
    }
    sizes[count] = size;
}

size_t hugetlb_sizes(uint64_t *ret_sizes, size_t room)
{
    static const char prefix[] = "hugepages-";
    size_t count = 0;
    DIR *dir = opendir(POOLS);
    const struct dirent *entry;
    while (dir != NULL && count < room && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0) {
            uint64_t kib = strtoull(entry->d_name + strlen(prefix), NULL, 10);
            insert(ret_sizes, count++, kib * 1024);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return count;
}
