/* An executor for tests: each job's work runs on a thread of its own, and `done` when the test says
 * so. */
#ifndef TESTS_HEAP_THREAD_EXECUTOR_H
#define TESTS_HEAP_THREAD_EXECUTOR_H

#include <pthread.h>
#include <stddef.h>

#include "base/executor.h"
#include "base/list.h"

struct thread_executor {
    struct executor executor;
    struct executor_job *jobs[4];
    size_t count;
};

static void thread_executor_submit(struct executor *executor, struct executor_job *job)
{
    struct thread_executor *threads = container_of(executor, struct thread_executor, executor);
    assert_in_range(threads->count, 0, 3);
    threads->jobs[threads->count++] = job;
}

static void *thread_executor_work(void *arg)
{
    struct executor_job *job = arg;
    job->work(job);
    return NULL;
}

/* Runs all that was submitted. */
static void thread_executor_finish(struct thread_executor *threads)
{
    for (size_t i = 0; i < threads->count; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, thread_executor_work, threads->jobs[i]), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        threads->jobs[i]->done(threads->jobs[i]);
    }
    threads->count = 0;
}

#define THREAD_EXECUTOR                                                                            \
    {                                                                                              \
        .executor.submit = thread_executor_submit                                                  \
    }

#endif
