/* Heaps whose buffers are tracked in other ways than system RAM's, for the tests of these ways. */
#ifndef TESTS_BUFFER_FAKE_HEAP_H
#define TESTS_BUFFER_FAKE_HEAP_H

#include "holder.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "os/memfile.h"
#include "os/slot_lock.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

#define FAKE_KEPT  8
#define FAKE_CHILD 3

/* One that keeps what it made, as the process of an external heap does; or makes memory that cannot
 * be opened again. */
struct fake_heap {
    struct heap heap;
    int kept[FAKE_KEPT]; /* by buffer */
    unsigned released;
    bool of_another_uid; /* its files are not this process's */
    bool repeats;        /* all its buffers are the first one's file */
};

static inline void fake_allocate(struct heap *heap, struct heap_request *request)
{
    struct fake_heap *fake = container_of(heap, struct fake_heap, heap);
    uint64_t size = request->size_bytes;
    int r = 0;
    if (heap->properties.tracking == HEAP_TRACKED_BY_COMPANION) {
        request->fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
        r = request->fd < 0 || ftruncate(request->fd, (off_t)size) != 0 ? -errno : 0;
    } else {
        r = heap->properties.opaque
                ? memfile_new_opaque(MEMFILE_NO_DIR, request->name, size, &request->fd)
                : memfile_new(MEMFILE_NO_DIR, request->name, size, true, &request->fd);
    }
    if (r == 0 && heap->properties.tracking == HEAP_TRACKED_BY_LOCKS) {
        int *kept = &fake->kept[fake->repeats ? 0 : request->buffer_index];
        if (fake->repeats && *kept >= 0) {
            fd_close(&request->fd);
        } else {
            fd_close(kept);
            *kept = fd_take(&request->fd);
        }
        r = memfile_reopen(MEMFILE_NO_DIR, *kept, MEMFILE_READ_WRITE, &request->fd);
        r = r < 0 ? r : slot_child_take(request->fd, FAKE_CHILD, 0);
    }
    if (r < 0) {
        fd_close(&request->fd);
    }
    bool changes = fake->of_another_uid;
    assert_int_equal(changes ? seteuid(65534) : 0, 0);
    heap_answer(heap, request, r, NULL);
    assert_int_equal(changes ? seteuid(0) : 0, 0);
}

static inline void fake_release(struct heap *heap, struct heap_request *request,
                                void (*done)(void *arg), void *arg)
{
    container_of(heap, struct fake_heap, heap)->released++;
    heap_count_released(heap, request);
    fd_close(&request->fd);
    if (done != NULL) {
        done(arg);
    }
}

static inline void fake_free(struct heap *heap)
{
    struct fake_heap *fake = container_of(heap, struct fake_heap, heap);
    for (size_t i = 0; i < FAKE_KEPT; i++) {
        fd_close(&fake->kept[i]);
    }
    free(fake);
}

static inline struct fake_heap *fake_of(const struct fixture *f)
{
    return container_of(f->heap, struct fake_heap, heap);
}

/* A fixture with such a heap. */
static inline int setup_fake(void **state, enum heap_tracking tracking, bool opaque)
{
    static const struct heap_ops ops = {fake_allocate, fake_release, fake_free, NULL};
    (void)setup(state);
    struct fixture *f = *state;
    struct fake_heap *fake = calloc(1, sizeof(*fake));
    assert_non_null(fake);
    for (size_t i = 0; i < FAKE_KEPT; i++) {
        fake->kept[i] = -1;
    }
    fake->heap.ops = &ops;
    fake->heap.properties.tracking = tracking;
    fake->heap.properties.opaque = opaque;
    fake->heap.properties.max_size_bytes = UINT64_MAX;
    fake->heap.ready = true;
    f->heap->ops->free(f->heap);
    f->heap = &fake->heap;
    return 0;
}

/* Whether another uid fails to open the handle again, which it can with a file of that mode. */
static inline bool fails_to_reopen_as_another_uid(int handle)
{
    int open_to_all = memfd_create("control", MFD_CLOEXEC);
    if (open_to_all < 0 || fchmod(open_to_all, 0666) < 0 || setgid(65534) < 0 ||
        setuid(65534) < 0) {
        return false;
    }
    static const enum memfile_access accesses[] = {MEMFILE_READ_ONLY, MEMFILE_READ_WRITE,
                                                   MEMFILE_WRITE_ONLY};
    for (size_t i = 0; i < 3; i++) {
        int fd = -1;
        if (memfile_reopen(MEMFILE_NO_DIR, open_to_all, accesses[i], &fd) != 0 ||
            memfile_reopen(MEMFILE_NO_DIR, handle, accesses[i], &fd) != -EACCES) {
            return false;
        }
    }
    return true;
}

static inline void only_as_root(void)
{
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
}

/* How often buffers are made, handed out and given back. */
#define MANY_LOOPS 10000

#endif
