#include "server/uid_work.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/list.h"
#include "server/server.h"

/* How long the end waits. */
#define END_S 1

/* A job, while it is here: in its room. */
struct queued {
    struct list link;
    uint64_t generation;
};

_Static_assert(sizeof(struct queued) <= EXECUTOR_ROOM, "EXECUTOR_ROOM holds what is queued");

/* One uid's thread. The daemon exits without joining: a thread may never return. */
struct worker {
    struct list link;
    uid_t uid;
    struct list waiting; /* struct queued */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER; /* a worker */
static struct list workers = {&workers, &workers};
static struct list finished = {&finished, &finished};
static uint64_t generation; /* of the server that there is; of others' jobs nobody hears */
static uv_async_t *wake;    /* that server's */

static struct executor_job *job_of(struct queued *queued)
{
    return container_of((void *)queued, struct executor_job, room);
}

static void finish(struct queued *queued)
{
    if (queued->generation == generation) {
        list_append(&finished, &queued->link);
        (void)uv_async_send(wake);
    }
}

static void *run(void *arg)
{
    struct worker *worker = arg;
    (void)pthread_mutex_lock(&lock);
    while (!list_is_empty(&worker->waiting)) {
        struct queued *next = container_of(worker->waiting.next, struct queued, link);
        list_remove(&next->link);
        (void)pthread_mutex_unlock(&lock);
        struct executor_job *job = job_of(next);
        job->work(job);
        (void)pthread_mutex_lock(&lock);
        finish(next);
    }
    list_remove(&worker->link);
    (void)pthread_cond_signal(&ended);
    (void)pthread_mutex_unlock(&lock);
    free(worker);
    return NULL;
}

static struct worker *find(uid_t uid)
{
    list_for_each (link, &workers) {
        struct worker *worker = container_of(link, struct worker, link);
        if (worker->uid == uid) {
            return worker;
        }
    }
    return NULL;
}

/* One more thread, with its first job. False: the system refuses. The lock is held. */
static bool start(uid_t uid, struct queued *first)
{
    struct worker *worker = malloc(sizeof(*worker));
    if (worker == NULL) {
        return false;
    }
    worker->uid = uid;
    list_init(&worker->waiting);
    list_append(&worker->waiting, &first->link);
    list_append(&workers, &worker->link);
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, worker) != 0) {
        list_remove(&first->link);
        list_remove(&worker->link);
        free(worker);
        return false;
    }
    (void)pthread_detach(thread);
    return true;
}

void uid_work_submit(struct server *server, uid_t uid, struct executor_job *job)
{
    struct queued *queued = (void *)&job->room;
    *queued = (struct queued){.generation = generation};
    list_init(&queued->link);
    (void)pthread_mutex_lock(&lock);
    struct worker *worker = find(uid);
    bool taken = worker != NULL || start(uid, queued);
    if (worker != NULL) {
        list_append(&worker->waiting, &queued->link);
    }
    (void)pthread_mutex_unlock(&lock);
    if (!taken) { /* better beside others' than not at all */
        server->executor.submit(&server->executor, job);
    }
}

/* Jobs that are done hear of it. */
static void tell(void)
{
    struct list todo;
    list_init(&todo);
    (void)pthread_mutex_lock(&lock);
    list_move_all(&todo, &finished);
    (void)pthread_mutex_unlock(&lock);
    while (!list_is_empty(&todo)) {
        struct queued *next = container_of(todo.next, struct queued, link);
        struct executor_job *job = job_of(next);
        list_remove(&next->link);
        job->done(job); /* may free it */
    }
}

static void on_finished(uv_async_t *async)
{
    (void)async;
    tell();
}

int uid_work_init(struct server *server)
{
    int failed = uv_async_init(&server->loop, &server->uid_work.finished, on_finished);
    if (failed == 0) {
        (void)pthread_mutex_lock(&lock);
        wake = &server->uid_work.finished;
        (void)pthread_mutex_unlock(&lock);
    }
    return failed;
}

void uid_work_end(void)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += END_S;
    (void)pthread_mutex_lock(&lock);
    bool late = false;
    while (!list_is_empty(&workers) && !late) {
        late = pthread_cond_timedwait(&ended, &lock, &until) != 0;
    }
    generation++;
    (void)pthread_mutex_unlock(&lock);
    tell();
}
