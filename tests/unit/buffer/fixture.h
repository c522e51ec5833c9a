/* What the tests of buffers share: an executor that runs when it is told to, an owner that writes
 * down what it hears, and waiting on the watcher's descriptor. */
#ifndef TESTS_BUFFER_FIXTURE_H
#define TESTS_BUFFER_FIXTURE_H

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/executor.h"
#include "base/fd.h"
#include "base/list.h"
#include "buffer/buffer.h"
#include "buffer/watcher.h"

#define PATIENCE_MSEC 10000

struct queue_executor {
    struct executor executor;
    struct executor_job *jobs[64];
    size_t count;
};

static void queue_submit(struct executor *executor, struct executor_job *job)
{
    struct queue_executor *queue = container_of(executor, struct queue_executor, executor);
    assert_true(queue->count < 64);
    queue->jobs[queue->count++] = job;
}

static inline void queue_run(struct queue_executor *queue)
{
    size_t count = queue->count;
    queue->count = 0;
    for (size_t i = 0; i < count; i++) {
        queue->jobs[i]->work(queue->jobs[i]);
        queue->jobs[i]->done(queue->jobs[i]);
    }
}

struct fixture {
    struct queue_executor queue;
    struct heap *heap;
    struct buffer_watcher *watcher;
    struct sysmem_single_buffer_settings settings;
    struct buffer_set *set;
    uint32_t count;           /* of its buffers */
    bool free_when_populated; /* what the owner does from within what it hears */
    bool free_when_buffer_strong_gone;
    bool free_when_strong_gone;
    bool free_when_all_freed;
    unsigned populated; /* times heard */
    int populate_status;
    unsigned buffer_strong_gone;
    uint32_t last_strong_gone; /* the index heard last */
    unsigned strong_gone;
    unsigned freed;
    unsigned all_freed;
    unsigned shared_closed;
    int descriptors; /* before the test */
};

static inline int count_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) {
        count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

/* What whoever has a close_weak_asap waits for. */
static inline bool peer_is_closed(int fd)
{
    struct pollfd ready = {.fd = fd};
    assert_true(poll(&ready, 1, 0) >= 0);
    return (ready.revents & POLLHUP) != 0;
}

static void free_set(struct fixture *f)
{
    buffer_set_free(f->set);
    f->set = NULL;
}

static void on_populated(void *owner, int status)
{
    struct fixture *f = owner;
    f->populated++;
    f->populate_status = status;
    if (f->free_when_populated) {
        free_set(f);
    }
}

static void on_buffer_strong_gone(void *owner, uint32_t index)
{
    struct fixture *f = owner;
    assert_true(buffer_set_is_strong_gone(f->set, index));
    assert_false(buffer_set_is_free(f->set, index));
    assert_int_equal(f->strong_gone, 0);
    f->buffer_strong_gone++;
    f->last_strong_gone = index;
    if (f->free_when_buffer_strong_gone) {
        free_set(f);
    }
}

static void on_strong_gone(void *owner)
{
    struct fixture *f = owner;
    for (uint32_t i = 0; i < f->count; i++) {
        assert_true(buffer_set_is_strong_gone(f->set, i));
    }
    f->strong_gone++;
    if (f->free_when_strong_gone) {
        free_set(f);
    }
}

static void on_freed(void *owner, uint32_t index)
{
    struct fixture *f = owner;
    assert_true(buffer_set_is_strong_gone(f->set, index));
    assert_true(buffer_set_is_free(f->set, index));
    f->freed++;
}

static void on_all_freed(void *owner)
{
    struct fixture *f = owner;
    assert_int_equal(buffer_set_remaining(f->set), 0);
    f->all_freed++;
    if (f->free_when_all_freed) {
        free_set(f);
    }
}

static void close_shared(void *owner, int fd)
{
    struct fixture *f = owner;
    f->shared_closed++;
    fd_close(&fd);
}

static const struct buffer_owner_ops owner_ops = {
    .populated = on_populated,
    .buffer_strong_gone = on_buffer_strong_gone,
    .strong_gone = on_strong_gone,
    .freed = on_freed,
    .all_freed = on_all_freed,
    .close_shared = close_shared,
};

static inline void make_set(struct fixture *f, uint32_t count, uint64_t size_bytes)
{
    f->count = count;
    f->settings.buffer_settings.size_bytes = size_bytes;
    f->settings.buffer_settings.has.size_bytes = true;
    const struct buffer_set_config config = {
        .heap = f->heap,
        .watcher = f->watcher,
        .settings = &f->settings,
        .count = count,
        .buffer_collection_id = 7,
        .name = "frames",
        .ops = &owner_ops,
        .owner = f,
    };
    f->set = buffer_set_new(&config);
    assert_non_null(f->set);
}

/* 0 with a descriptor that nothing travels with, or why there is none. */
static inline int try_open(struct fixture *f, uint32_t index, const struct buffer_handle *handle,
                           int *ret_fd)
{
    struct buffer_handle_fds fds;
    int r = buffer_set_open(f->set, index, handle, &fds);
    if (r == 0) {
        assert_int_equal(fds.companion, -1);
        *ret_fd = fds.fd;
    }
    return r;
}

/* A handle, as the client has it after the daemon has sent it and closed its own copy. */
static inline int open_handle(struct fixture *f, uint32_t index, bool writable, bool weak)
{
    int fd = -1;
    const struct buffer_handle handle = {.writable = writable, .weak = weak};
    assert_int_equal(try_open(f, index, &handle, &fd), 0);
    return fd;
}

/* The same of buffer 0 for one of several holders. */
static inline int open_handle_for(struct fixture *f, uint32_t holder, bool weak)
{
    int fd = -1;
    const struct buffer_handle handle = {.weak = weak, .holder = holder};
    assert_int_equal(try_open(f, 0, &handle, &fd), 0);
    return fd;
}

/* Whether somebody has a weak handle or mapping of a buffer. */
static inline bool has_weak(const struct fixture *f, uint32_t index)
{
    struct buffer_walk walk;
    uint32_t holder;
    buffer_walk_begin(&walk, f->set, index, true);
    return buffer_walk_next(&walk, &holder) != 0;
}

/* Waits for the watcher once. Held buffers are looked at again and again, so that there is always a
 * next time. */
static inline void look_once(struct fixture *f)
{
    struct pollfd ready = {.fd = buffer_watcher_fd(f->watcher), .events = POLLIN};
    if (!buffer_watcher_is_due(f->watcher)) {
        assert_int_equal(poll(&ready, 1, PATIENCE_MSEC), 1);
    }
    buffer_watcher_process(f->watcher);
}

/* Enough looks to be sure that what is held stays. */
static inline void look_some_times(struct fixture *f)
{
    for (int i = 0; i < 4; i++) {
        look_once(f);
    }
}

static inline void look_until_all_freed(struct fixture *f)
{
    while (f->all_freed == 0) {
        look_once(f);
    }
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->descriptors = count_descriptors();
    f->queue.executor.submit = queue_submit;
    f->heap = heap_system_ram_new(&f->queue.executor, HEAP_COMMIT_EAGER);
    f->watcher = buffer_watcher_new();
    assert_non_null(f->heap);
    assert_non_null(f->watcher);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    buffer_set_free(f->set);
    queue_run(&f->queue);
    f->heap->ops->free(f->heap);
    assert_int_equal(f->watcher->files.by_number.count, 0);
    buffer_watcher_free(f->watcher);
    assert_int_equal(count_descriptors(), f->descriptors);
    free(f);
    return 0;
}

#endif
