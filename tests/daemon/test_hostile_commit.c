/* A memory file that is given its pages while somebody else keeps the kernel's lock on it: he
 * writes to it from memory that never comes. What that waits for must not count as taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "os/memfile.h"
#include "trap.h"

#define MIB UINT64_C(1048576)

/* Without the cure the machine has no WANTED_BYTES beside what waits. */
#define LEFT_BYTES   (96 * MIB)
#define WANTED_BYTES (64 * MIB)

struct scene {
    struct trap trap;
    int file;
    uint64_t bytes; /* that it is to get */
    _Atomic long committer;
    atomic_bool ended;
    int status; /* of that */
};

static void *write_to_it(void *arg)
{
    struct scene *scene = arg;
    (void)!write(scene->file, scene->trap.page, scene->trap.size);
    return NULL;
}

static void *commit_it(void *arg)
{
    struct scene *scene = arg;
    atomic_store(&scene->committer, syscall(SYS_gettid));
    scene->status = memfile_commit(scene->file, 0, scene->bytes);
    atomic_store(&scene->ended, true);
    return NULL;
}

static char state_of(long thread)
{
    char path[48];
    char state = '?';
    (void)snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", thread);
    FILE *stat = fopen(path, "re");
    if (stat != NULL) {
        (void)fscanf(stat, "%*s (%*[^)]) %c", &state);
        (void)fclose(stat);
    }
    return state;
}

/* Nothing tells when another thread sleeps. */
static void wait_until_stuck(struct scene *scene)
{
    while (!atomic_load(&scene->ended) && (atomic_load(&scene->committer) == 0 ||
                                           state_of(atomic_load(&scene->committer)) != 'D')) {
        (void)sched_yield();
    }
}

static uint64_t available_bytes(void)
{
    char line[128];
    uint64_t found = 0;
    FILE *info = fopen("/proc/meminfo", "re");
    assert_non_null(info);
    while (found == 0 && fgets(line, sizeof(line), info) != NULL) {
        found = strncmp(line, "MemAvailable:", 13) == 0 ? strtoull(line + 13, NULL, 10) : 0;
    }
    (void)fclose(info);
    return found * 1024;
}

static void what_waits_for_a_file_is_not_taken(void **state)
{
    (void)state;
    /* Also without the cure the machine's memory is not really taken. */
    const struct rlimit most = {.rlim_cur = WANTED_BYTES, .rlim_max = RLIM_INFINITY};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &most), 0);
    (void)alarm(60);
    struct scene scene = {.status = 1};
    pthread_t writer;
    pthread_t committer;
    trap_set_or_skip(&scene.trap);
    scene.file = memfd_create("strange", MFD_CLOEXEC);
    scene.bytes = available_bytes() - LEFT_BYTES;
    assert_int_equal(pthread_create(&writer, NULL, write_to_it, &scene), 0);
    trap_wait_sprung(&scene.trap);
    assert_int_equal(pthread_create(&committer, NULL, commit_it, &scene), 0);
    wait_until_stuck(&scene);
    FD_CLEANUP int other = memfd_create("other", MFD_CLOEXEC);
    int got = memfile_commit(other, 0, WANTED_BYTES);
    trap_open(&scene.trap);
    assert_int_equal(pthread_join(writer, NULL), 0);
    assert_int_equal(pthread_join(committer, NULL), 0);
    assert_int_equal(got, 0);
    assert_true(scene.status < 0);
    fd_close(&scene.file);
    trap_remove(&scene.trap);
    (void)alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_waits_for_a_file_is_not_taken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
