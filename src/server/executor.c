/* Work away from the loop, in libuv's pool. */
#include <assert.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/log.h"
#include "server/server.h"

struct job {
    uv_work_t work;
    struct executor_job *job;
};

static void on_work(uv_work_t *work)
{
    struct job *job = work->data;
    job->job->work(job->job);
}

static void on_done(uv_work_t *work, int status)
{
    (void)status; /* nothing is ever cancelled */
    struct job *job = work->data;
    struct executor_job *inner = job->job;
    free(job);
    inner->done(inner);
}

static void submit(struct executor *executor, struct executor_job *inner)
{
    struct server *server = container_of(executor, struct server, executor);
    struct job *job = malloc(sizeof(*job));
    if (job == NULL) {
        /* The interface never refuses, and a client's size does not decide about this allocation.
         */
        log_error("no memory for %zu bytes to run a job with", sizeof(*job));
        abort();
    }
    job->job = inner;
    job->work.data = job;
    int failed = uv_queue_work(&server->loop, &job->work, on_work, on_done);
    assert(failed == 0);
    (void)failed;
}

void server_executor_init(struct server *server)
{
    server->executor.submit = submit;
}
