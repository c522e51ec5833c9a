/* Huge pages for a test: the system's, which is root's to change, and put back as they were. One
 * test at a time, on the whole machine. Included after cmocka.h. */
#ifndef SUPPORT_HUGE_PAGES_H
#define SUPPORT_HUGE_PAGES_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define HUGE_PAGE_BYTES (2ULL << 20)

struct huge_pages {
    int lock; /* of the system's directory, which keeps other tests away */
    long before;
};

static inline int huge_pages_open(const char *name, int flags)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-2048kB/%s", name);
    return open(path, flags | O_CLOEXEC);
}

static inline long huge_pages_read(const char *name)
{
    char text[32] = "";
    int fd = huge_pages_open(name, O_RDONLY);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0) {
        (void)close(fd);
    }
    return len <= 0 ? -1 : strtol(text, NULL, 10);
}

/* How many there are from now on, in use or not. False: the system does not allow that, or has not
 * enough memory in such pieces. */
static inline bool huge_pages_set(long count)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%ld", count);
    int fd = huge_pages_open("nr_hugepages", O_WRONLY);
    bool written = fd >= 0 && write(fd, text, (size_t)len) == len;
    if (fd >= 0) {
        (void)close(fd);
    }
    return written && huge_pages_read("nr_hugepages") == count;
}

static struct huge_pages *huge_pages_taken; /* by the test that runs */

/* Also for a test that failed. */
static inline void huge_pages_put_back(void)
{
    if (huge_pages_taken != NULL) {
        (void)huge_pages_set(huge_pages_taken->before);
        (void)close(huge_pages_taken->lock);
        huge_pages_taken = NULL;
    }
}

/* Waits for its turn, and sees to it that there are none. Skips the calling test where that cannot
 * be. */
static inline void huge_pages_begin(struct huge_pages *pages)
{
    static bool registered;
    huge_pages_put_back();
    int lock = huge_pages_open("", O_RDONLY | O_DIRECTORY);
    if (lock >= 0) {
        assert_int_equal(flock(lock, LOCK_EX), 0);
        *pages = (struct huge_pages){lock, huge_pages_read("nr_hugepages")};
        huge_pages_taken = pages;
        assert_true(registered || atexit(huge_pages_put_back) == 0);
        registered = true;
    }
    if (lock < 0 || huge_pages_read("nr_overcommit_hugepages") != 0 || !huge_pages_set(0)) {
        print_message("skipped: the number of huge pages cannot be set here\n");
        huge_pages_put_back();
        skip();
    }
}

static inline void huge_pages_end(struct huge_pages *pages)
{
    assert_true(huge_pages_set(pages->before));
    huge_pages_put_back();
}

#endif
