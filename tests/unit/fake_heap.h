/* A FAKE heap, for tests alone: as a heap of another process looks to the daemon, with a process
 * that does what the test says. Its memory is ordinary. One header, because tests of several
 * modules use it. */
#ifndef TESTS_UNIT_FAKE_HEAP_H
#define TESTS_UNIT_FAKE_HEAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/fd.h"
#include "base/list.h"
#include "heap/heap.h"
#include "heap/registry.h"
#include "os/memfile.h"

#define FAKE_HEAP_TYPE "test.FAKE"
#define FAKE_HEAP_MAX  128

struct fake_release {
    struct heap_request *request;
    void (*done)(void *arg);
    void *arg;
};

struct fake_heap {
    struct heap heap;
    bool slow; /* answers when it is told to; else at once */
    struct heap_request *asked[FAKE_HEAP_MAX];
    size_t asked_count;
    struct fake_release releases[FAKE_HEAP_MAX]; /* not answered yet */
    size_t release_count;
    unsigned released;
    bool freed;
};

static inline struct fake_heap *fake_heap_of(struct heap *heap)
{
    return container_of(heap, struct fake_heap, heap);
}

static inline void fake_heap_make(struct heap *heap, struct heap_request *request)
{
    int r = memfile_new(MEMFILE_NO_DIR, "fake", request->size_bytes, false, &request->fd);
    heap_answer(heap, request, r, NULL);
}

static inline void fake_heap_allocate(struct heap *heap, struct heap_request *request)
{
    struct fake_heap *fake = fake_heap_of(heap);
    assert_false(fake->freed);
    if (!fake->slow) {
        fake_heap_make(heap, request);
        return;
    }
    assert_true(fake->asked_count < FAKE_HEAP_MAX);
    fake->asked[fake->asked_count++] = request;
}

/* It answers what it was asked: with memory (0), or with -errno and words or NULL. */
static inline void fake_heap_answer(struct fake_heap *fake, int status, const char *why)
{
    size_t count = fake->asked_count;
    fake->asked_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (status == 0) {
            fake_heap_make(&fake->heap, fake->asked[i]);
        } else {
            heap_answer(&fake->heap, fake->asked[i], status, why);
        }
    }
}

static inline void fake_heap_finish(struct fake_heap *fake, const struct fake_release *release)
{
    heap_count_released(&fake->heap, release->request);
    fd_close(&release->request->fd);
    fake->released++;
    if (release->done != NULL) {
        release->done(release->arg);
    }
}

static inline void fake_heap_release(struct heap *heap, struct heap_request *request,
                                     void (*done)(void *arg), void *arg)
{
    struct fake_heap *fake = fake_heap_of(heap);
    const struct fake_release release = {request, done, arg};
    assert_false(fake->freed);
    if (!fake->slow || heap->gone != NULL) { /* nobody is to be waited for */
        fake_heap_finish(fake, &release);
        return;
    }
    assert_true(fake->release_count < FAKE_HEAP_MAX);
    fake->releases[fake->release_count++] = release;
}

/* It is done with what it was given back. */
static inline void fake_heap_finish_all(struct fake_heap *fake)
{
    size_t count = fake->release_count;
    fake->release_count = 0;
    for (size_t i = 0; i < count; i++) {
        fake_heap_finish(fake, &fake->releases[i]);
    }
}

static inline void fake_heap_free(struct heap *heap)
{
    struct fake_heap *fake = fake_heap_of(heap);
    assert_false(fake->freed);
    fake->slow = false;
    fake_heap_answer(fake, -ECANCELED, "the heap ends");
    fake_heap_finish_all(fake);
    fake->freed = true;
}

/* All domains, any size, ready, external. It lives in the test. */
static inline void fake_heap_init(struct fake_heap *fake, const char *heap_type, uint64_t id)
{
    static const struct heap_ops ops = {
        .allocate = fake_heap_allocate,
        .release = fake_heap_release,
        .free = fake_heap_free,
    };
    *fake = (struct fake_heap){
        .heap = {.ops = &ops, .ready = true, .external = true},
    };
    SYSMEM_SET(&fake->heap.id, heap_type, heap_type);
    SYSMEM_SET(&fake->heap.id, id, id);
    fake->heap.properties = (struct heap_properties){
        .cpu_supported = true,
        .ram_supported = true,
        .inaccessible_supported = true,
        .max_size_bytes = UINT64_MAX,
    };
}

#endif
