/* A client of another uid that has kept a descriptor of a server end, or of a token's client end,
 * and receives from it into memory that never comes: whoever receives from the same socket sleeps
 * in the kernel then. Others must be served meanwhile, and the daemon must end when it is told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <linux/filter.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/requests.h"
#include "raw.h"
#include "support/daemon.h"
#include "trap.h"

#define HOSTILE   65534
#define BYSTANDER 65533

/* Without the cure the daemon sleeps where no signal reaches it, and so may whoever waits for it.
 */
#define PATIENCE_S 120

struct scene {
    struct daemon daemon;
    int descriptors; /* of the daemon, at rest */
    int bad;         /* an Allocator of HOSTILE */
    int kept;        /* what HOSTILE holds the lock of */
    int lock_taker;  /* the option that does it; 0: receiving */
    struct trap trap;
    pthread_t holder;
};

/* This thread alone: seteuid() would wait for the one that holds the lock. */
static void become(uid_t uid)
{
    assert_int_equal(syscall(SYS_setresuid, -1, uid, -1), 0);
}

static int connect_as(const struct scene *scene, uid_t uid)
{
    become(uid);
    int fd = daemon_connect(&scene->daemon);
    become(0);
    assert_true(fd >= 0);
    return fd;
}

static void begin(struct scene *scene)
{
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    (void)alarm(PATIENCE_S);
    *scene = (struct scene){.kept = -1};
    trap_set_or_skip(&scene->trap);
    assert_int_equal(daemon_start(&scene->daemon, NULL), 0);
    assert_int_equal(chmod(scene->daemon.dir, 0711), 0);
    assert_int_equal(chmod(scene->daemon.socket, 0666), 0);
    scene->descriptors = daemon_descriptor_count(&scene->daemon);
    scene->bad = connect_as(scene, HOSTILE);
}

static void *hold_lock(void *arg)
{
    struct scene *scene = arg;
    struct sock_fprog filter = {.len = 1, .filter = scene->trap.page};
    if (scene->lock_taker != 0) {
        (void)setsockopt(scene->kept, SOL_SOCKET, scene->lock_taker, &filter, sizeof(filter));
    } else {
        (void)recv(scene->kept, scene->trap.page, scene->trap.size, 0);
    }
    return NULL;
}

static void hold(struct scene *scene)
{
    assert_int_equal(pthread_create(&scene->holder, NULL, hold_lock, scene), 0);
    trap_wait_sprung(&scene->trap);
}

static void let_go(struct scene *scene)
{
    trap_open(&scene->trap);
    assert_int_equal(pthread_join(scene->holder, NULL), 0);
}

/* The daemon kept nothing, and ends. */
static void end(struct scene *scene)
{
    fd_close(&scene->kept);
    fd_close(&scene->bad);
    assert_int_equal(daemon_descriptor_settle(&scene->daemon, scene->descriptors),
                     scene->descriptors);
    assert_true(daemon_stop(&scene->daemon));
    trap_remove(&scene->trap);
    (void)alarm(0);
}

static int root_token_of(int allocator, uid_t uid)
{
    become(uid);
    int token = raw_root_token(allocator);
    become(0);
    return token;
}

static void assert_serves(const struct scene *scene, uid_t uid)
{
    FD_CLEANUP int allocator = connect_as(scene, uid);
    FD_CLEANUP int token = root_token_of(allocator, uid);
    assert_true(raw_sync(token, MODEL_PROTOCOL_TOKEN));
}

/* Gives `root`, a token, a child whose server end HOSTILE holds up and has sent a Sync to. Returns
 * the child's client end. */
static int duplicate_held(struct scene *scene, int root)
{
    int ends[2];
    become(HOSTILE);
    raw_pair(ends);
    become(0);
    if (scene->lock_taker == 0) {
        assert_int_equal(send(ends[0], "trap", 4, 0), 4);
    }
    assert_true(raw_request(ends[0], MODEL_PROTOCOL_TOKEN, "Sync", 1, NULL, NULL, 0));
    scene->kept = ends[1];
    hold(scene);
    struct model_token_duplicate_request request = {0};
    SYSMEM_SET(&request, rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
    SYSMEM_SET(&request, token_request, 1);
    assert_true(raw_request(root, MODEL_PROTOCOL_TOKEN, "Duplicate", 0, &request, &ends[1], 1));
    return ends[0];
}

struct process {
    char name[32];
    char state;
    int parent;
};

static bool look_at(int pid, struct process *ret)
{
    char path[32];
    char parent[16];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *stat = fopen(path, "re");
    bool known =
        stat != NULL && fscanf(stat, "%*s (%31[^)]) %c %15s", ret->name, &ret->state, parent) == 3;
    if (stat != NULL) {
        (void)fclose(stat);
    }
    ret->parent = known ? (int)strtol(parent, NULL, 10) : 0;
    return known;
}

/* Whether process `pid` receives for the daemon, and sleeps where nothing wakes it. */
static bool is_stuck_helper(const struct scene *scene, int pid)
{
    struct process helper;
    struct process mother;
    return look_at(pid, &helper) && helper.state == 'D' &&
           strcmp(helper.name, "sysmem-receive") == 0 && look_at(helper.parent, &mother) &&
           mother.parent == (int)scene->daemon.pid;
}

static bool any_is_stuck(const struct scene *scene)
{
    DIR *processes = opendir("/proc");
    assert_non_null(processes);
    bool found = false;
    for (struct dirent *entry = readdir(processes); entry != NULL && !found;
         entry = readdir(processes)) {
        int pid = (int)strtol(entry->d_name, NULL, 10);
        found = pid > 0 && is_stuck_helper(scene, pid);
    }
    (void)closedir(processes);
    return found;
}

/* Nothing tells when another process sleeps. */
static void wait_until_stuck(const struct scene *scene)
{
    time_t end = time(NULL) + DAEMON_PATIENCE_MS / 1000;
    while (!any_is_stuck(scene)) {
        assert_true(time(NULL) < end);
        (void)sched_yield();
    }
}

static void others_are_served_while_a_server_end_is_received_from(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    FD_CLEANUP int root = root_token_of(scene.bad, HOSTILE);
    FD_CLEANUP int child = duplicate_held(&scene, root);
    wait_until_stuck(&scene);
    assert_serves(&scene, 0);
    assert_serves(&scene, BYSTANDER);
    let_go(&scene);
    /* Its own waited, and goes on. */
    assert_int_equal(raw_wait_reply(child, 1), 0);
    assert_serves(&scene, HOSTILE);
    fd_close(&child);
    fd_close(&root);
    end(&scene);
}

static void the_daemon_ends_while_a_server_end_is_received_from(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    FD_CLEANUP int root = root_token_of(scene.bad, HOSTILE);
    FD_CLEANUP int child = duplicate_held(&scene, root);
    wait_until_stuck(&scene);
    assert_true(daemon_stop(&scene.daemon));
    assert_true(raw_wait_closed(child));
    let_go(&scene);
    fd_close(&child);
    fd_close(&root);
    fd_close(&scene.kept);
    fd_close(&scene.bad);
    trap_remove(&scene.trap);
    (void)alarm(0);
}

/* Another fails the tree: the channel closes while the helper sleeps. */
static void a_channel_that_closes_while_it_is_received_from(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    FD_CLEANUP int good = connect_as(&scene, 0);
    FD_CLEANUP int root = root_token_of(good, 0);
    FD_CLEANUP int child = duplicate_held(&scene, root);
    wait_until_stuck(&scene);
    fd_close(&root);
    assert_true(raw_wait_closed(child));
    assert_serves(&scene, HOSTILE); /* what it does with others holds up nothing of its own */
    let_go(&scene);
    fd_close(&child);
    fd_close(&good);
    end(&scene);
}

/* Some options are set from memory with the socket locked; closing a channel must not need it. */
static void others_are_served_while_an_option_is_set(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    scene.lock_taker = SO_ATTACH_FILTER;
    FD_CLEANUP int root = root_token_of(scene.bad, HOSTILE);
    FD_CLEANUP int child = duplicate_held(&scene, root);
    assert_int_equal(raw_wait_reply(child, 1), 0);
    fd_close(&child);
    assert_true(raw_wait_closed(root));
    assert_serves(&scene, 0);
    let_go(&scene);
    fd_close(&root);
    end(&scene);
}

/* The token's client end, which the daemon has when the token is turned in. */
static void others_are_served_while_a_token_is_received_from(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    FD_CLEANUP int token = root_token_of(scene.bad, HOSTILE);
    assert_true(raw_request(token, MODEL_PROTOCOL_TOKEN, "Sync", 1, NULL, NULL, 0));
    scene.kept = fd_dup(token);
    hold(&scene); /* takes the answer */
    int ends[2];
    become(HOSTILE);
    raw_pair(ends);
    become(0);
    const int fds[] = {token, ends[1]};
    struct model_allocator_bind_shared_collection_request request = {0};
    SYSMEM_SET(&request, token, 1);
    SYSMEM_SET(&request, buffer_collection_request, 2);
    assert_true(raw_request(scene.bad, MODEL_PROTOCOL_ALLOCATOR, "BindSharedCollection", 0,
                            &request, fds, 2));
    fd_close(&ends[1]);
    assert_true(raw_sync(ends[0], MODEL_PROTOCOL_COLLECTION));
    assert_serves(&scene, 0);
    let_go(&scene);
    fd_close(&ends[0]);
    fd_close(&token);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_are_served_while_a_server_end_is_received_from),
        cmocka_unit_test(the_daemon_ends_while_a_server_end_is_received_from),
        cmocka_unit_test(a_channel_that_closes_while_it_is_received_from),
        cmocka_unit_test(others_are_served_while_an_option_is_set),
        cmocka_unit_test(others_are_served_while_a_token_is_received_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
