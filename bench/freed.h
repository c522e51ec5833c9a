/* When the memory of buffers has really been given back, seen from outside: the kernel tells a
 * watch on an unlinked file (IN_DELETE_SELF) when nothing refers to the file any more: no
 * descriptor in any process, no mapping, no message in flight. It costs no message, neither of the
 * floor nor of the real thing. */
#ifndef BENCH_FREED_H
#define BENCH_FREED_H

#include <stddef.h>

struct freed {
    int inotify_fd;
    size_t watched; /* files that are still there */
};

/* 0 or -errno. */
int freed_init(struct freed *freed);

/* Watches the file behind `fd`. 0 or -errno (-EACCES: it belongs to another user). */
int freed_watch(struct freed *freed, int fd);

/* Waits until all watched files are gone. 0; -ETIMEDOUT after ten seconds; -errno. */
int freed_wait(struct freed *freed);

void freed_deinit(struct freed *freed);

#endif
