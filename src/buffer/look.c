/* When does nobody hold a buffer any more? What is asked of the kernel, for each way of tracking:
 * docs/lifetime.md. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "buffer/set.h"
#include "buffer/watcher.h"
#include "os/memfile.h"
#include "os/slot_lock.h"

static void buffer_watch(struct buffer *buffer)
{
    struct buffer_watcher *watcher = buffer->set->watcher;
    int r = close_watch_add(&watcher->watch, &buffer->item, buffer->fd);
    buffer->unwatchable = r < 0;
    if (r < 0 && !watcher->unwatched_logged) {
        log_warning("buffers cannot be watched and are given back late: %s%s", strerror(-r),
                    r == -ENOSPC ? " (raise fs.inotify.max_user_watches)" : "");
    }
    watcher->unwatched_logged = r < 0;
}

/* A description that is being closed loses its lock a moment before it stops counting: only what
 * stays so is a leak. */
#define LEAK_LEVEL 4

static void buffer_check_leak(struct buffer *buffer)
{
    struct buffer_set *set = buffer->set;
    if (!buffer->leaked && buffer->item.level >= LEAK_LEVEL) {
        buffer->leaked = true;
        set->watcher->leaks++;
        log_warning("collection %" PRIu64 ": buffer %u is kept by a client that dropped its lock",
                    set->buffer_collection_id, buffer_index(buffer));
    }
}

static void buffer_look_at_holders(struct buffer *buffer)
{
    int holders = slot_lock_holders(buffer->fd);
    if (holders == SLOT_HOLDERS_NONE && buffer_tracking(buffer) == HEAP_TRACKED_BY_LEASE) {
        buffer_check_leak(buffer);
    }
    if (holders == SLOT_HOLDERS_NONE || holders == SLOT_HOLDERS_WEAK) {
        buffer_lost_strong(buffer);
    }
}

/* Whether nobody else refers to the file; where somebody always does, whether no holder does. */
static bool buffer_is_alone(struct buffer *buffer)
{
    bool alone = buffer_tracking(buffer) == HEAP_TRACKED_BY_LOCKS
                     ? slot_lock_holders(buffer->fd) == SLOT_HOLDERS_NONE
                     : memfile_is_alone(buffer->fd) == 1;
    buffer->set->expect_alone = alone;
    return alone;
}

static void buffer_end(struct buffer *buffer)
{
    buffer_lost_strong(buffer);
    if (buffer->state == BUFFER_LIVE) { /* else the owner has freed the set */
        buffer_release(buffer);
    }
}

/* The first look at a set's buffers comes when the collection lets go of them all. Mostly either
 * all are free by then, and need no watch, or none is, and asking first is in vain: so the buffer
 * before is the guide. One that gets its watch now is looked at a millisecond later, so that a
 * close before the watch is seen too. */
static bool look_at_file(struct buffer *buffer)
{
    struct buffer_set *set = buffer->set;
    bool watched = buffer->item.wd >= 0 || buffer->unwatchable;
    if ((watched || set->expect_alone) && buffer_is_alone(buffer)) {
        bool file_lives = buffer_tracking(buffer) == HEAP_TRACKED_BY_LOCKS;
        close_watch_remove(&set->watcher->watch, &buffer->item, file_lives);
        buffer_end(buffer);
    } else if (watched) {
        buffer_look_at_holders(buffer);
    } else {
        buffer_watch(buffer);
    }
    return buffer->state == BUFFER_LIVE;
}

/* Whether all copies of a companion are gone; if not, the watcher tells when they are. Where it
 * cannot, *ret_look_again: the clock serves. */
static bool companion_has_gone(struct buffer *buffer, struct companion *companion,
                               bool *ret_look_again)
{
    struct buffer_watcher *watcher = buffer->set->watcher;
    buffer_watcher_await_no_more(watcher, buffer);
    companion_drop(companion);
    if (!companion_is_gone(companion)) {
        *ret_look_again = buffer_watcher_await(watcher, buffer, companion->near_fd) < 0;
        return false;
    }
    companion_deinit(companion);
    return true;
}

/* The kernel's word is exact here, and comes by itself: mostly one look for each kind of handle. */
static bool look_at_companions(struct buffer *buffer)
{
    bool look_again = false;
    if (!buffer->strong_gone) {
        if (!companion_has_gone(buffer, &buffer->strong, &look_again)) {
            return look_again;
        }
        buffer_lost_strong(buffer);
    }
    if (buffer->state == BUFFER_LIVE && companion_has_gone(buffer, &buffer->weak, &look_again)) {
        buffer_end(buffer);
    }
    return look_again && buffer->state == BUFFER_LIVE;
}

bool buffer_look(struct close_watch_item *item)
{
    struct buffer *buffer = container_of(item, struct buffer, item);
    struct buffer_set *set = buffer->set;
    buffer_set_hold(set);
    bool look_again = buffer_tracking(buffer) == HEAP_TRACKED_BY_COMPANION
                          ? look_at_companions(buffer)
                          : look_at_file(buffer);
    buffer_set_let_go(set);
    return look_again;
}
