#include "heap/opaque_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"

struct close_job {
    struct executor_job job;
    int fd;
};

static void close_work(struct executor_job *job)
{
    (void)close(container_of(job, struct close_job, job)->fd);
}

static void close_done(struct executor_job *job)
{
    free(container_of(job, struct close_job, job));
}

void opaque_file_close(int *fd, struct executor *executor)
{
    struct stat st;
    bool is_empty = fstat(*fd, &st) != 0 || st.st_blocks == 0;
    struct close_job *closing = is_empty ? NULL : malloc(sizeof(*closing));
    if (closing == NULL) { /* or no memory for a job: then the loop waits for once */
        fd_close(fd);
        return;
    }
    closing->job = (struct executor_job){.work = close_work, .done = close_done};
    closing->fd = fd_take(fd);
    executor->submit(executor, &closing->job);
}
