#include "buffer/watcher.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fd.h"
#include "buffer/buffer.h"
#include "os/memfile.h"

struct buffer_watcher *buffer_watcher_new(void)
{
    struct buffer_watcher *watcher = calloc(1, sizeof(*watcher));
    if (watcher == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    int r = close_watch_init(&watcher->watch, buffer_look);
    if (r == 0) {
        r = memfile_open_dir(&watcher->dir);
        if (r < 0) {
            close_watch_deinit(&watcher->watch);
        }
    }
    if (r < 0) {
        free(watcher);
        errno = -r;
        return NULL;
    }
    return watcher;
}

int buffer_watcher_fd(const struct buffer_watcher *watcher)
{
    return close_watch_fd(&watcher->watch);
}

void buffer_watcher_process(struct buffer_watcher *watcher)
{
    close_watch_process(&watcher->watch);
}

bool buffer_watcher_is_due(const struct buffer_watcher *watcher)
{
    return close_watch_is_due(&watcher->watch);
}

uint64_t buffer_watcher_leaks(const struct buffer_watcher *watcher)
{
    return watcher->leaks;
}

void buffer_watcher_free(struct buffer_watcher *watcher)
{
    if (watcher != NULL) {
        close_watch_deinit(&watcher->watch);
        file_index_deinit(&watcher->files);
        fd_close(&watcher->dir);
        free(watcher);
    }
}
