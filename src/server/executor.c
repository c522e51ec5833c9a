/* Work away from the loop, in libuv's pool. */
#include <assert.h>

#include "base/list.h"
#include "server/internal.h"

_Static_assert(sizeof(uv_work_t) <= EXECUTOR_ROOM, "EXECUTOR_ROOM holds libuv's request");

static struct executor_job *job_of(uv_work_t *work)
{
    return container_of((void *)work, struct executor_job, room);
}

static void on_work(uv_work_t *work)
{
    struct executor_job *job = job_of(work);
    job->work(job);
}

static void on_done(uv_work_t *work, int status)
{
    (void)status; /* nothing is ever cancelled */
    struct executor_job *job = job_of(work);
    job->done(job);
}

static void submit(struct executor *executor, struct executor_job *job)
{
    struct server *server = container_of(executor, struct server, executor);
    uv_work_t *work = (void *)&job->room;
    int failed = uv_queue_work(&server->loop, work, on_work, on_done);
    assert(failed == 0); /* libuv refuses only a job without work */
    (void)failed;
}

void server_executor_init(struct server *server)
{
    server->executor.submit = submit;
}
