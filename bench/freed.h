/* When the memory of buffers has really been given back, seen from outside: the kernel tells a
 * watch on an unlinked file (IN_DELETE_SELF) when nothing refers to the file any more: no
 * descriptor in any process, no mapping, no message in flight. It costs no message, neither of the
 * floor nor of the real thing.
 *
 * Each event wakes whoever waits for it. So that looking on disturbs little, one waits first for
 * the file that is expected to go last, and the others have a queue of their own, in which nobody
 * waits meanwhile. */
#ifndef BENCH_FREED_H
#define BENCH_FREED_H

#include <stdbool.h>
#include <stddef.h>

struct freed {
    int early;          /* inotify: all files but the last */
    int last;           /* inotify: the last */
    size_t early_count; /* files that are still there */
    size_t last_count;
};

/* 0 or -errno. freed_deinit() in either case. */
int freed_init(struct freed *freed);

/* Watches the file behind `fd`, which is expected to go last, or not. 0 or -errno (-EACCES: it
 * belongs to another user). */
int freed_watch(struct freed *freed, int fd, bool is_last);

/* Waits until all watched files are gone. 0; -ETIMEDOUT after ten seconds; -errno. */
int freed_wait(struct freed *freed);

void freed_deinit(struct freed *freed);

#endif
