#include "heap/clear.h"

#include "base/list.h"
#include "os/memory_clear.h"

static void work(struct executor_job *job)
{
    struct heap_clear *clear = container_of(job, struct heap_clear, job);
    clear->status = memory_clear(clear->fd, 0, clear->size_bytes);
}

static void done(struct executor_job *job)
{
    struct heap_clear *clear = container_of(job, struct heap_clear, job);
    clear->done(clear);
}

void heap_clear(struct heap_clear *clear, struct executor *executor)
{
    clear->job = (struct executor_job){.work = work, .done = done};
    executor->submit(executor, &clear->job);
}
