/* System RAM: one sealed memfd a buffer. Small buffers are made and given back at once, because
 * handing a job to another thread costs more than they do; what takes longer goes through the
 * executor. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "heap/heap.h"
#include "os/memfile.h"

/* The kernel zeroes this much in 20 to 60 us: as long as a job's way to another thread and back. A
 * collection of 128 such buffers keeps the loop for a few milliseconds. */
#define INLINE_BYTES (256 * 1024ULL)

/* The usual size of a huge page. */
#define HUGE_BYTES (2ULL * 1024 * 1024)

struct system_ram {
    struct heap heap;
    struct executor *executor;
    int dir; /* see memfile_open_dir() */
    enum heap_commit commit;
};

struct make_job {
    struct executor_job job;
    struct system_ram *ram;
    struct heap_request *request;
    uint64_t size_bytes;
    int status;
    int fd;
    char name[MEMFILE_NAME_MAX + 1];
};

struct close_job {
    struct executor_job job;
    int fd;
    void (*done)(void *arg);
    void *arg;
};

static void make_work(struct executor_job *job)
{
    struct make_job *make = container_of(job, struct make_job, job);
    bool huge = make->ram->commit == HEAP_COMMIT_HUGE && make->size_bytes >= HUGE_BYTES;
    make->status = memfile_new(make->ram->dir, make->name, make->size_bytes, !huge, &make->fd);
    if (make->status == 0 && huge) {
        make->status = memfile_commit_huge(make->fd, make->size_bytes);
    }
    if (make->status < 0) {
        fd_close(&make->fd);
    }
}

static void make_done(struct executor_job *job)
{
    struct make_job *make = container_of(job, struct make_job, job);
    make->request->fd = make->fd;
    heap_answer(&make->ram->heap, make->request, make->status, NULL);
    free(make);
}

static void make_elsewhere(struct system_ram *ram, struct heap_request *request)
{
    struct make_job *make = calloc(1, sizeof(*make));
    if (make == NULL) {
        heap_answer(&ram->heap, request, -ENOMEM, NULL);
        return;
    }
    make->job = (struct executor_job){.work = make_work, .done = make_done};
    make->ram = ram;
    make->request = request;
    make->size_bytes = request->size_bytes;
    make->fd = -1;
    (void)snprintf(make->name, sizeof(make->name), "%s", request->name);
    ram->executor->submit(ram->executor, &make->job);
}

static void system_ram_allocate(struct heap *heap, struct heap_request *request)
{
    struct system_ram *ram = container_of(heap, struct system_ram, heap);
    bool lazy = ram->commit == HEAP_COMMIT_LAZY;
    if (!lazy && request->size_bytes > INLINE_BYTES) {
        make_elsewhere(ram, request);
        return;
    }
    int status = memfile_new(ram->dir, request->name, request->size_bytes, !lazy, &request->fd);
    heap_answer(heap, request, status, NULL);
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

static void system_ram_release(struct heap *heap, struct heap_request *request,
                               void (*done)(void *arg), void *arg)
{
    struct system_ram *ram = container_of(heap, struct system_ram, heap);
    heap_count_released(heap, request);
    struct close_job *closing =
        request->size_bytes > INLINE_BYTES ? calloc(1, sizeof(*closing)) : NULL;
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
    ram->executor->submit(ram->executor, &closing->job);
}

static void system_ram_free(struct heap *heap)
{
    struct system_ram *ram = container_of(heap, struct system_ram, heap);
    fd_close(&ram->dir);
    free(ram);
}

static const struct heap_ops system_ram_ops = {
    .allocate = system_ram_allocate,
    .release = system_ram_release,
    .free = system_ram_free,
};

struct heap *heap_system_ram_new(struct executor *executor, enum heap_commit commit)
{
    struct system_ram *ram = calloc(1, sizeof(*ram));
    if (ram == NULL || memfile_open_dir(&ram->dir) < 0) {
        free(ram);
        return NULL;
    }
    ram->executor = executor;
    ram->commit = commit;
    ram->heap = (struct heap){
        .ops = &system_ram_ops,
        .id = {.heap_type = SYSMEM_HEAP_TYPE_SYSTEM_RAM,
               .id = 0,
               .has = {.heap_type = true, .id = true}},
 /* CPU, RAM and INACCESSIBLE: coherent for every processor and driver of the machine. */
        .properties =
            {
               .cpu_supported = true,
               .ram_supported = true,
               .inaccessible_supported = true,
               .max_size_bytes = UINT64_MAX,
               },
        .ready = true,
    };
    return &ram->heap;
}
