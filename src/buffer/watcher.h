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
    uint64_t leaks;
    bool unwatched_logged; /* since the last watch that was granted */
};

/* Looks at one buffer, which its collection holds no longer (close_watch_look_fn). */
bool buffer_look(struct close_watch_item *item);

#endif
