#include "measure.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server.h"
#include "stats.h"

#define WARM_UP_DIVISOR 10 /* of a round's samples, before the first round */
#define COUNT_WARM_UP   5  /* cycles */

const struct measure measures[MEASURES] = {
    {"sync",      "Sync round trip",                      0,   5000, 100, 1.3},
    {"cycle_4",   "cycle of 2 participants, 4 x 4 KiB",   4,   500,  20,  1.5},
    {"cycle_128", "cycle of 2 participants, 128 x 4 KiB", 128, 100,  5,   1.3},
};

static const struct subject *const subjects[SUBJECTS] = {&floor_subject, &real_subject};

/* One subject's client at work on one measure. */
struct runner {
    const struct measure *measure;
    const struct subject *subject;
    void *client;
    struct freed freed;
    int64_t *times; /* of one round */
};

static int runner_init(struct runner *runner, const struct measure *measure,
                       const struct subject *subject, const char *path)
{
    *runner = (struct runner){
        .measure = measure, .subject = subject, .freed = {.early = -1, .last = -1}
    };
    runner->times = calloc(measure->samples, sizeof(runner->times[0]));
    int result = runner->times ? freed_init(&runner->freed) : -ENOMEM;
    return result < 0 ? result : subject->connect(path, &runner->client);
}

static void runner_deinit(struct runner *runner)
{
    if (runner->client) {
        runner->subject->disconnect(runner->client);
    }
    freed_deinit(&runner->freed);
    free(runner->times);
}

/* Takes `count` samples, at most a round of them. 0 or -errno. */
static int runner_run(struct runner *runner, uint32_t count)
{
    uint32_t buffers = runner->measure->buffers;
    for (uint32_t i = 0; i < count; i++) {
        int64_t time;
        if (buffers > 0) {
            time = runner->subject->cycle(runner->client, buffers, &runner->freed);
        } else {
            int64_t start = stats_now();
            int result = runner->subject->sync(runner->client);
            time = result < 0 ? result : stats_now() - start;
        }
        if (time < 0) {
            return (int)time;
        }
        runner->times[i] = time;
    }
    return 0;
}

static int run_round(struct runner runners[SUBJECTS], uint32_t round, struct rounds *ret)
{
    for (uint32_t turn = 0; turn < SUBJECTS; turn++) {
        uint32_t which = rounds_turn(round, turn);
        struct runner *runner = &runners[which];
        uint32_t samples = runner->measure->samples;
        int result = runner_run(runner, samples);
        if (result < 0) {
            return result;
        }
        rounds_record(ret, which, round, runner->times, samples);
    }
    return 0;
}

int measure_compare(const struct measure *measure, const char *const paths[SUBJECTS],
                    uint32_t rounds, struct comparison *ret)
{
    struct runner runners[SUBJECTS] = {{.freed = {.early = -1, .last = -1}},
                                       {.freed = {.early = -1, .last = -1}}};
    struct rounds results;
    int result = 0;
    for (int i = 0; i < SUBJECTS && result == 0; i++) {
        result = runner_init(&runners[i], measure, subjects[i], paths[i]);
        if (result == 0) {
            result = runner_run(&runners[i], measure->samples / WARM_UP_DIVISOR);
        }
    }
    for (uint32_t round = 0; round < rounds && result == 0; round++) {
        result = run_round(runners, round, &results);
    }
    if (result == 0) {
        rounds_summarize(&results, rounds, ret);
    }
    for (int i = 0; i < SUBJECTS; i++) {
        runner_deinit(&runners[i]);
    }
    return result;
}

/* The client's process of a count. */
static int run_marked(const struct measure *measure, const struct subject *subject,
                      const char *path)
{
    struct runner runner;
    int result = runner_init(&runner, measure, subject, path);
    if (result == 0) {
        result = runner_run(&runner, COUNT_WARM_UP);
    }
    if (result == 0) {
        syscount_mark();
        result = runner_run(&runner, measure->counted);
        syscount_mark();
    }
    runner_deinit(&runner);
    return result;
}

int measure_count(const struct measure *measure, const struct subject *subject,
                  struct syscount *ret)
{
    struct server server;
    int result = server_start(&server, subject, true);
    if (result < 0) {
        return result;
    }
    pid_t client = fork();
    if (client == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(syscount_stop_for_tracer() && run_marked(measure, subject, server.path) == 0 ? 0 : 1);
    }
    result = client < 0 ? -errno : syscount_run(&client, &server.pid, ret);
    if (client > 0) {
        (void)kill(client, SIGKILL);
        (void)waitpid(client, NULL, 0);
    }
    server_stop(&server);
    return result;
}
