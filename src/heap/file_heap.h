/* A heap whose buffers are files: each is made by one call, which may block, and freed by closing
 * it. The backends that are no more than that embed it and say how one is made. Only this module
 * includes this. */
#ifndef HEAP_FILE_HEAP_H
#define HEAP_FILE_HEAP_H

#include <stdint.h>

#include "heap/heap.h"

struct file_heap;

/* The longest reason for a file that was not made, with its NUL. */
#define FILE_HEAP_WHY 160

struct file_heap_kind {
    /* A file of `size` bytes, as docs/heaps.md, "Adding a heap" wants it; `name` is what /proc
     * shows. Called on any thread, by several at once, and changes nothing of the heap. 0 with
     * *ret_fd; or -errno, with words in `why` where they say more than errno does. */
    int (*make)(const struct file_heap *files, const char *name, uint64_t size, int *ret_fd,
                char why[FILE_HEAP_WHY]);
    void (*free)(struct file_heap *files);
};

struct file_heap {
    struct heap heap; /* with file_heap_ops or those of the backend that it is a part of */
    const struct file_heap_kind *kind;
    struct executor *executor;
    uint64_t quick_make_bytes;  /* so large a file is made, and closed, at once; larger ones away */
    uint64_t quick_close_bytes; /* from the loop */
};

/* What takes about as long as a job's way to another thread and back: the kernel zeroes this much
 * in 20 to 60 us. A collection of 128 such buffers keeps the loop for a few milliseconds. */
#define FILE_HEAP_QUICK_BYTES (256 * 1024ULL)

/* heap_ops of a struct heap that is the first part of a struct file_heap. */
void file_heap_allocate(struct heap *heap, struct heap_request *request);
void file_heap_release(struct heap *heap, struct heap_request *request, void (*done)(void *arg),
                       void *arg);
void file_heap_free(struct heap *heap);

#endif
