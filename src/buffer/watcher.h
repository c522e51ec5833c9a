/* The kernel's word about all buffers of a daemon; its functions are in buffer/buffer.h. Only this
 * module includes this. */
#ifndef BUFFER_WATCHER_H
#define BUFFER_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer/file_index.h"
#include "os/close_watch.h"

struct buffer_watcher {
    struct close_watch watch;
    struct file_index files; /* of all live buffers */
    int dir;                 /* see memfile_open_dir() */
    int companions_fd;       /* epoll of the companions that are awaited; -1: none ever was */
    uint32_t awaited;
    uint64_t leaks;
    bool unwatched_logged; /* since the last watch that was granted */
};

struct buffer;

/* Looks at one buffer, which its collection holds no longer (close_watch_look_fn). */
bool buffer_look(struct close_watch_item *item);

/* Has the buffer looked at when the last copy of a companion's far end is gone, of which this is
 * the other end. Only one of a buffer's is awaited at a time. 0 or -errno (-EMFILE, -ENOMEM,
 * -ENOSPC: fs.epoll.max_user_watches). */
int buffer_watcher_await(struct buffer_watcher *watcher, struct buffer *buffer, int near_fd);

/* Before that end is closed. Harmless when none is awaited. */
void buffer_watcher_await_no_more(struct buffer_watcher *watcher, struct buffer *buffer);

#endif
