/* Files as buffers. Small ones are made and given back at once, because handing a job to another
 * thread costs more than they do; what takes longer goes through the executor. */
#include "heap/file_heap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "os/memfile.h"

struct make_job {
    struct executor_job job;
    struct file_heap *files;
    struct heap_request *request;
    uint64_t size_bytes;
    int status;
    int fd;
    char name[MEMFILE_NAME_MAX + 1];
    char why[FILE_HEAP_WHY];
};

struct close_job {
    struct executor_job job;
    int fd;
    void (*done)(void *arg);
    void *arg;
};

static struct file_heap *file_heap_of(struct heap *heap)
{
    return container_of(heap, struct file_heap, heap);
}

static void answer(struct file_heap *files, struct heap_request *request, int status,
                   const char *why)
{
    heap_answer(&files->heap, request, status, status < 0 && why[0] != '\0' ? why : NULL);
}

static void make_work(struct executor_job *job)
{
    struct make_job *make = container_of(job, struct make_job, job);
    make->status =
        make->files->kind->make(make->files, make->name, make->size_bytes, &make->fd, make->why);
}

static void make_done(struct executor_job *job)
{
    struct make_job *make = container_of(job, struct make_job, job);
    make->request->fd = make->fd;
    answer(make->files, make->request, make->status, make->why);
    free(make);
}

static void make_elsewhere(struct file_heap *files, struct heap_request *request)
{
    struct make_job *make = calloc(1, sizeof(*make));
    if (make == NULL) {
        heap_answer(&files->heap, request, -ENOMEM, NULL);
        return;
    }
    make->job = (struct executor_job){.work = make_work, .done = make_done};
    make->files = files;
    make->request = request;
    make->size_bytes = request->size_bytes;
    make->fd = -1;
    (void)snprintf(make->name, sizeof(make->name), "%s", request->name);
    files->executor->submit(files->executor, &make->job);
}

void file_heap_allocate(struct heap *heap, struct heap_request *request)
{
    struct file_heap *files = file_heap_of(heap);
    if (request->size_bytes > files->quick_make_bytes) {
        make_elsewhere(files, request);
        return;
    }
    char why[FILE_HEAP_WHY] = "";
    int status = files->kind->make(files, request->name, request->size_bytes, &request->fd, why);
    answer(files, request, status, why);
}

static void close_work(struct executor_job *job)
{
    struct close_job *closing = container_of(job, struct close_job, job);
    (void)close(closing->fd);
}

static void close_done(struct executor_job *job)
{
    struct close_job *closing = container_of(job, struct close_job, job);
    if (closing->done != NULL) {
        closing->done(closing->arg);
    }
    free(closing);
}

void file_heap_release(struct heap *heap, struct heap_request *request, void (*done)(void *arg),
                       void *arg)
{
    struct file_heap *files = file_heap_of(heap);
    heap_count_released(heap, request);
    struct close_job *closing =
        request->size_bytes > files->quick_close_bytes ? calloc(1, sizeof(*closing)) : NULL;
    int fd = fd_take(&request->fd);
    if (closing == NULL) { /* small, or no memory for a job: then the loop waits for once */
        (void)close(fd);
        if (done != NULL) {
            done(arg);
        }
        return;
    }
    *closing = (struct close_job){
        .job = {.work = close_work, .done = close_done},
        .fd = fd,
        .done = done,
        .arg = arg,
    };
    files->executor->submit(files->executor, &closing->job);
}

void file_heap_free(struct heap *heap)
{
    struct file_heap *files = file_heap_of(heap);
    files->kind->free(files);
}
