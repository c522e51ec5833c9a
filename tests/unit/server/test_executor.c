/* Jobs away from the loop, on a server that has nothing but its loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/list.h"
#include "server/internal.h"

#define JOBS 64 /* many more than libuv has threads */

struct scene {
    struct server server;
    pthread_t loop_thread;
    bool submitting;
    size_t done;
};

struct counted_job {
    struct executor_job job;
    struct scene *scene;
    int worked;
    int done;
    bool on_loop_thread; /* where it worked */
    bool again;          /* submits itself once more from `done` */
};

static struct counted_job *counted(struct executor_job *job)
{
    return container_of(job, struct counted_job, job);
}

static void on_work(struct executor_job *job)
{
    struct counted_job *mine = counted(job);
    mine->worked++;
    mine->on_loop_thread = pthread_equal(pthread_self(), mine->scene->loop_thread) != 0;
}

static void submit(struct counted_job *mine)
{
    struct scene *scene = mine->scene;
    bool before = scene->submitting;
    scene->submitting = true;
    scene->server.executor.submit(&scene->server.executor, &mine->job);
    scene->submitting = before;
}

static void on_done(struct executor_job *job)
{
    struct counted_job *mine = counted(job);
    assert_true(pthread_equal(pthread_self(), mine->scene->loop_thread) != 0);
    assert_false(mine->scene->submitting);
    mine->done++;
    mine->scene->done++;
    assert_int_equal(mine->worked, mine->done);
    if (mine->again) {
        mine->again = false;
        submit(mine);
    }
}

static int setup(void **state)
{
    static struct scene scene;
    scene = (struct scene){.loop_thread = pthread_self()};
    assert_int_equal(uv_loop_init(&scene.server.loop), 0);
    server_executor_init(&scene.server);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(uv_loop_close(&scene->server.loop), 0);
    return 0;
}

static struct counted_job job_of(struct scene *scene)
{
    return (struct counted_job){
        .job = {.work = on_work, .done = on_done},
          .scene = scene
    };
}

static void work_is_elsewhere_and_done_is_here(void **state)
{
    struct scene *scene = *state;
    static struct counted_job jobs[JOBS];
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = job_of(scene);
        submit(&jobs[i]);
    }
    assert_int_equal(scene->done, 0);
    (void)uv_run(&scene->server.loop, UV_RUN_DEFAULT); /* returns when no job is left */
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(jobs[i].worked, 1);
        assert_int_equal(jobs[i].done, 1);
        assert_false(jobs[i].on_loop_thread);
    }
}

static void a_job_may_be_submitted_from_done(void **state)
{
    struct scene *scene = *state;
    static struct counted_job job;
    job = job_of(scene);
    job.again = true;
    submit(&job);
    (void)uv_run(&scene->server.loop, UV_RUN_DEFAULT);
    assert_int_equal(job.worked, 2);
    assert_int_equal(job.done, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(work_is_elsewhere_and_done_is_here, setup, teardown),
        cmocka_unit_test_setup_teardown(a_job_may_be_submitted_from_done, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
