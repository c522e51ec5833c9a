/* Work on files of strangers: nobody waits for another uid's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <poll.h>

#include "base/fd.h"
#include "base/list.h"
#include "server/internal.h"

static struct server server;

/* Waits until a byte comes, unless gate is -1. */
struct gated_job {
    struct executor_job job;
    int gate;
    int worked; /* a descriptor to say so at; -1: not asked for */
    int *done;  /* how many are */
    int number; /* among those */
};

static struct gated_job *gated(struct executor_job *job)
{
    return container_of(job, struct gated_job, job);
}

static void on_work(struct executor_job *job)
{
    const struct gated_job *mine = gated(job);
    char byte = 0;
    if (mine->gate >= 0) {
        (void)!read(mine->gate, &byte, 1);
    }
    if (mine->worked >= 0) {
        (void)!write(mine->worked, "w", 1);
    }
}

static void on_done(struct executor_job *job)
{
    struct gated_job *mine = gated(job);
    mine->number = ++*mine->done;
}

static void submit(struct gated_job *mine, uid_t uid, int gate, int *done)
{
    *mine = (struct gated_job){
        .job = {.work = on_work, .done = on_done},
        .gate = gate,
        .worked = -1,
        .done = done,
    };
    uid_work_submit(&server, uid, &mine->job);
}

static int setup(void **state)
{
    (void)state;
    memset(&server, 0, sizeof(server));
    assert_int_equal(uv_loop_init(&server.loop), 0);
    server_executor_init(&server);
    assert_int_equal(uid_work_init(&server), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    uid_work_end();
    uv_close((uv_handle_t *)&server.uid_work.finished, NULL);
    (void)uv_run(&server.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&server.loop), 0);
    return 0;
}

static void run_until(const int *done, int wanted)
{
    while (*done < wanted) {
        (void)uv_run(&server.loop, UV_RUN_ONCE);
    }
    assert_int_equal(*done, wanted);
}

static void each_uids_jobs_are_done_in_order(void **state)
{
    (void)state;
    enum { JOBS = 64 };
    static struct gated_job jobs[JOBS];
    int done = 0;
    for (int i = 0; i < JOBS; i++) {
        submit(&jobs[i], 1, -1, &done);
        assert_int_equal(done, 0);
    }
    run_until(&done, JOBS);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(jobs[i].number, i + 1);
    }
}

static void who_hangs_holds_up_nobody_else(void **state)
{
    (void)state;
    int gate[2];
    struct gated_job stuck[8]; /* more than libuv has threads */
    struct gated_job other;
    int stuck_done = 0;
    int other_done = 0;
    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < 8; i++) {
        submit(&stuck[i], 1, gate[0], &stuck_done);
    }
    submit(&other, 2, -1, &other_done);
    run_until(&other_done, 1);
    assert_int_equal(stuck_done, 0);
    fd_close(&gate[1]);
    run_until(&stuck_done, 8);
    fd_close(&gate[0]);
}

/* What is never done belongs to the thread that hangs, and nobody hears of it any more. */
static void the_end_does_not_wait_for_who_hangs(void **state)
{
    (void)state;
    static struct gated_job stuck;
    static struct gated_job next;
    int gate[2];
    int worked[2];
    int done = 0;
    assert_int_equal(pipe(gate), 0);
    assert_int_equal(pipe(worked), 0);
    submit(&stuck, 1, gate[0], &done);
    stuck.worked = worked[1];
    uid_work_end();
    fd_close(&gate[1]);
    struct pollfd said = {.fd = worked[0], .events = POLLIN};
    assert_int_equal(poll(&said, 1, 20000), 1);
    submit(&next, 1, -1, &done);
    run_until(&done, 1);
    assert_int_equal(next.number, 1);
    fd_close(&gate[0]);
    fd_close(&worked[0]);
    fd_close(&worked[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_uids_jobs_are_done_in_order),
        TEST(who_hangs_holds_up_nobody_else),
        TEST(the_end_does_not_wait_for_who_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
