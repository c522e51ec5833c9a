#include "buffer/buffer.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/fd.h"
#include "base/log.h"
#include "buffer/set.h"
#include "buffer/watcher.h"
#include "os/koid.h"
#include "os/memfile.h"
#include "os/slot_lock.h"

/* --- references: owners may free the set from within what they are told --- */

void buffer_set_hold(struct buffer_set *set)
{
    assert(set->refs > 0);
    set->refs++;
}

/* Not inlined: to gcc 12, a reference that is dropped after another one is used after free
 * (-Wuse-after-free). */
__attribute__((noinline)) void buffer_set_let_go(struct buffer_set *set)
{
    assert(set->refs > 0);
    if (--set->refs == 0) {
        heap_let_go(set->heap);
        free(set);
    }
}

/* --- giving back --- */

static void forget_asap(struct buffer *buffer)
{
    const struct buffer_set *set = buffer->set;
    int fd = asap_take_end(&buffer->asap);
    if (fd >= 0 && set->ops != NULL && set->ops->close_shared != NULL) {
        set->ops->close_shared(set->owner, fd);
    } else {
        fd_close(&fd);
    }
}

static void buffer_released(void *arg)
{
    struct buffer *buffer = arg;
    struct buffer_set *set = buffer->set;
    buffer->state = BUFFER_GONE;
    forget_asap(buffer);
    set->remaining--;
    if (set->ops != NULL && set->dropped) {
        set->ops->freed(set->owner, buffer_index(buffer));
    }
    if (set->ops != NULL && set->remaining == 0) {
        if (set->dropped) {
            set->ops->all_freed(set->owner);
        } else {
            set->ops->populated(set->owner, set->populate_status);
        }
    }
    buffer_set_let_go(set);
}

/* No handle is tracked, nor can be made, any more. */
static void forget_companions(struct buffer *buffer)
{
    buffer_watcher_await_no_more(buffer->set->watcher, buffer);
    companion_deinit(&buffer->strong);
    companion_deinit(&buffer->weak);
}

void buffer_release(struct buffer *buffer)
{
    struct buffer_set *set = buffer->set;
    buffer->state = BUFFER_RELEASING;
    forget_companions(buffer);
    file_index_remove(&set->watcher->files, &buffer->file);
    buffer_set_hold(set);
    buffer->request.fd = fd_take(&buffer->fd);
    heap_release(set->heap, &buffer->request, buffer_released, buffer);
}

/* The caller has a reference. */
static void release_all(struct buffer_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->buffers[i].state == BUFFER_LIVE) {
            buffer_release(&set->buffers[i]);
        }
    }
}

/* --- making --- */

/* All answers are there. A failure is told when what was made has been given back. */
static void set_made(struct buffer_set *set)
{
    bool failed = set->populate_status < 0;
    if (set->ops == NULL || (failed && set->remaining > 0)) {
        release_all(set);
    } else {
        set->ops->populated(set->owner, set->populate_status);
    }
}

static void buffer_not_made(struct buffer *buffer)
{
    buffer->state = BUFFER_GONE;
    buffer->set->remaining--;
}

/* The first failure is the set's. */
static void set_failed(struct buffer_set *set, int status, const char *why)
{
    if (set->populate_status == 0) {
        set->populate_status = status;
        (void)snprintf(set->refusal, sizeof(set->refusal), "%s", why);
    }
}

/* A file that others keep comes from another process, and perhaps of another uid: whether handles
 * can be made of it is tried before anybody waits for them. Its maker may also have given it away
 * as a child of what he keeps; or for two buffers at once (-EEXIST). 0 or another -errno. */
static int take_in_shared(struct buffer *buffer)
{
    const struct buffer_watcher *watcher = buffer->set->watcher;
    if (file_index_find(&watcher->files, buffer->fd) != NULL) {
        return -EEXIST;
    }
    FD_CLEANUP int own = -1;
    int r = memfile_reopen(watcher->dir, buffer->fd, buffer_access(buffer, true), &own);
    if (r == 0) {
        r = slot_child_find(own, &buffer->child);
    }
    return r < 0 ? r : 0;
}

/* What a heap made becomes one of the set's. */
static void take_in(struct buffer *buffer)
{
    struct buffer_set *set = buffer->set;
    int r = buffer_tracking(buffer) == HEAP_TRACKED_BY_LOCKS ? take_in_shared(buffer) : 0;
    if (r == -EEXIST) {
        set_failed(set, r, "a memory file that is another buffer's already");
        return;
    }
    if (r < 0) {
        char why[sizeof(set->refusal)];
        (void)snprintf(why, sizeof(why),
                       "a memory file of which the daemon, uid %u, can open no handle: %s",
                       (unsigned)geteuid(), strerror(-r));
        set_failed(set, r, why);
        return;
    }
    r = file_index_add(&set->watcher->files, &buffer->file, buffer->fd);
    if (r < 0) {
        set_failed(set, r, strerror(-r));
    }
}

static void buffer_made(struct heap_request *request)
{
    struct buffer *buffer = container_of(request, struct buffer, request);
    struct buffer_set *set = buffer->set;
    if (request->status < 0) {
        buffer_not_made(buffer);
        set_failed(set, request->status,
                   request->why != NULL ? request->why : strerror(-request->status));
    } else {
        buffer->state = BUFFER_LIVE;
        buffer->fd = fd_take(&request->fd);
        take_in(buffer);
    }
    if (--set->making == 0) {
        set_made(set);
    }
    buffer_set_let_go(set);
}

static void buffer_make(struct buffer_set *set, uint32_t index,
                        const struct sysmem_single_buffer_settings *settings)
{
    struct buffer *buffer = &set->buffers[index];
    char name[NAME_BYTES + 16];
    (void)snprintf(name, sizeof(name), "%s:%u", set->name, index);
    buffer->request = (struct heap_request){
        .size_bytes = set->vmo_bytes,
        .buffer_collection_id = set->buffer_collection_id,
        .buffer_index = index,
        .name = name,
        .settings = settings,
        .done = buffer_made,
        .fd = -1,
    };
    buffer_set_hold(set);
    heap_allocate(set->heap, &buffer->request);
}

static void set_init(struct buffer_set *set, const struct buffer_set_config *config)
{
    set->heap = config->heap;
    heap_hold(set->heap);
    set->watcher = config->watcher;
    set->ops = config->ops;
    set->owner = config->owner;
    set->buffer_collection_id = config->buffer_collection_id;
    set->count = config->count;
    set->remaining = config->count;
    set->strong_left = config->count;
    set->refs = 1;
    set->expect_alone = true;
    (void)snprintf(set->name, sizeof(set->name), "%s",
                   config->name != NULL ? config->name : "sysmem");
    for (uint32_t i = 0; i < set->count; i++) {
        struct buffer *buffer = &set->buffers[i];
        close_watch_item_init(&buffer->item);
        asap_init(&buffer->asap);
        companion_init(&buffer->strong);
        companion_init(&buffer->weak);
        buffer->awaited_fd = -1;
        buffer->child = SLOT_CHILD_COUNT;
        buffer->set = set;
        buffer->state = BUFFER_MAKING;
        buffer->fd = -1;
        buffer->koid = koid_new();
    }
}

struct buffer_set *buffer_set_new(const struct buffer_set_config *config)
{
    assert(config->count > 0 && config->ops != NULL);
    assert(config->settings->buffer_settings.size_bytes > 0);
    struct buffer_set *set = calloc(1, sizeof(*set) + config->count * sizeof(struct buffer));
    if (set == NULL) {
        return NULL;
    }
    set_init(set, config);
    if (!heap_round_size(config->heap, config->settings->buffer_settings.size_bytes,
                         (uint32_t)sysconf(_SC_PAGESIZE), &set->vmo_bytes)) {
        set_failed(set, -ENOMEM, strerror(ENOMEM));
    }
    set->making = 1; /* this call's own, so that early answers do not end it */
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->populate_status < 0) { /* once one is refused, no more are asked for */
            buffer_not_made(&set->buffers[i]);
            continue;
        }
        set->making++;
        buffer_make(set, i, config->settings);
    }
    if (--set->making == 0) {
        set_made(set);
    }
    /* The owner's reference is there: it cannot free a set that it has not seen. */
    return set; /* NOLINT(clang-analyzer-unix.Malloc) */
}

/* --- letting go --- */

void buffer_set_drop_strong(struct buffer_set *set)
{
    assert(set->making == 0 && set->populate_status == 0 && !set->dropped);
    set->dropped = true;
    for (uint32_t i = 0; i < set->count; i++) {
        close_watch_look_soon(&set->watcher->watch, &set->buffers[i].item);
    }
}

void buffer_lost_strong(struct buffer *buffer)
{
    struct buffer_set *set = buffer->set;
    if (buffer->strong_gone) {
        return;
    }
    buffer->strong_gone = true;
    asap_signal(&buffer->asap);
    bool last = --set->strong_left == 0;
    if (set->ops->buffer_strong_gone != NULL) {
        set->ops->buffer_strong_gone(set->owner, buffer_index(buffer));
    }
    if (last && set->ops != NULL) { /* else the owner has freed the set */
        set->ops->strong_gone(set->owner);
    }
}

/* The daemon ends, or the buffers were never wanted. */
static void buffer_abandon(struct buffer *buffer)
{
    bool handed_out = buffer->strong_handles + buffer->weak_handles > 0;
    bool file_lives = handed_out || buffer_tracking(buffer) == HEAP_TRACKED_BY_LOCKS;
    close_watch_remove(&buffer->set->watcher->watch, &buffer->item, file_lives);
    if (handed_out) {
        forget_companions(buffer);
        file_index_remove(&buffer->set->watcher->files, &buffer->file);
        fd_close(&buffer->fd);
        buffer->state = BUFFER_GONE;
    } else {
        buffer_release(buffer);
    }
}

void buffer_set_free(struct buffer_set *set)
{
    if (set == NULL) {
        return;
    }
    for (uint32_t i = 0; i < set->count; i++) {
        forget_asap(&set->buffers[i]);
    }
    set->ops = NULL;
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->buffers[i].state == BUFFER_LIVE) {
            buffer_abandon(&set->buffers[i]);
        }
    }
    buffer_set_let_go(set);
}
