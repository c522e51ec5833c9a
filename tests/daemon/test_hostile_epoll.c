/* Epoll sets of clients whose events are received into memory that never comes: whoever reads what
 * the kernel says of such a set, or closes the last descriptor of what is in it, sleeps in the
 * kernel then. Others must be served meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/requests.h"
#include "raw.h"
#include "support/daemon.h"
#include "trap.h"

#define HOSTILE 65534

/* Without the cure the daemon sleeps where no signal reaches it. */
#define PATIENCE_S 60

struct scene {
    struct daemon daemon;
    int descriptors; /* of the daemon, at rest */
    int bad;         /* an Allocator of HOSTILE */
    int epoll;       /* with an event */
    int event;
    struct trap trap;
    pthread_t holder;
};

/* This thread alone: seteuid() would wait for the one that holds the lock. */
static void become(uid_t uid)
{
    assert_int_equal(syscall(SYS_setresuid, -1, uid, -1), 0);
}

static void add(const struct scene *scene, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    assert_int_equal(epoll_ctl(scene->epoll, EPOLL_CTL_ADD, fd, &event), 0);
}

static void begin(struct scene *scene)
{
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    (void)alarm(PATIENCE_S);
    *scene = (struct scene){.epoll = -1};
    trap_set_or_skip(&scene->trap);
    assert_int_equal(daemon_start(&scene->daemon, NULL), 0);
    assert_int_equal(chmod(scene->daemon.dir, 0711), 0);
    assert_int_equal(chmod(scene->daemon.socket, 0666), 0);
    scene->descriptors = daemon_descriptor_count(&scene->daemon);
    become(HOSTILE);
    scene->bad = daemon_connect(&scene->daemon);
    scene->epoll = epoll_create1(EPOLL_CLOEXEC);
    scene->event = eventfd(1, EFD_CLOEXEC);
    become(0);
    assert_true(scene->bad >= 0 && scene->epoll >= 0 && scene->event >= 0);
    add(scene, scene->event);
}

static void *hold_set(void *arg)
{
    struct scene *scene = arg;
    (void)epoll_wait(scene->epoll, scene->trap.page, 1, -1);
    return NULL;
}

static void hold(struct scene *scene)
{
    assert_int_equal(pthread_create(&scene->holder, NULL, hold_set, scene), 0);
    trap_wait_sprung(&scene->trap);
}

static void let_go(struct scene *scene)
{
    trap_open(&scene->trap);
    assert_int_equal(pthread_join(scene->holder, NULL), 0);
}

static void assert_others_are_served(const struct scene *scene)
{
    FD_CLEANUP int allocator = daemon_connect(&scene->daemon);
    FD_CLEANUP int token = raw_root_token(allocator);
    assert_true(raw_sync(token, MODEL_PROTOCOL_TOKEN));
}

/* The daemon kept nothing, and ends. */
static void end(struct scene *scene)
{
    fd_close(&scene->epoll);
    fd_close(&scene->event);
    fd_close(&scene->bad);
    assert_int_equal(daemon_descriptor_settle(&scene->daemon, scene->descriptors),
                     scene->descriptors);
    assert_true(daemon_stop(&scene->daemon));
    trap_remove(&scene->trap);
    (void)alarm(0);
}

static void others_are_served_while_a_set_is_shown_as_a_vmo(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    hold(&scene);
    struct model_allocator_get_vmo_info_request request = {0};
    SYSMEM_SET(&request, vmo, 1);
    assert_true(raw_request(scene.bad, MODEL_PROTOCOL_ALLOCATOR, "GetVmoInfo", 1, &request,
                            &scene.epoll, 1));
    assert_others_are_served(&scene);
    assert_int_equal(raw_wait_reply(scene.bad, 1), 0);
    let_go(&scene);
    end(&scene);
}

static void send_bind(const struct scene *scene, int token, int server_end)
{
    const int fds[] = {token, server_end};
    struct model_allocator_bind_shared_collection_request request = {0};
    SYSMEM_SET(&request, token, 1);
    SYSMEM_SET(&request, buffer_collection_request, 2);
    assert_true(raw_request(scene->bad, MODEL_PROTOCOL_ALLOCATOR, "BindSharedCollection", 0,
                            &request, fds, 2));
}

/* The daemon has the last descriptors of both. */
static void others_are_served_while_ends_in_a_set_are_closed(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    int ends[2];
    become(HOSTILE);
    FD_CLEANUP int token = raw_root_token(scene.bad);
    raw_pair(ends);
    become(0);
    assert_true(raw_sync(token, MODEL_PROTOCOL_TOKEN));
    add(&scene, token);
    add(&scene, ends[1]);
    hold(&scene);
    assert_int_equal(kill(scene.daemon.pid, SIGSTOP), 0);
    send_bind(&scene, token, ends[1]);
    fd_close(&token);
    fd_close(&ends[1]);
    assert_int_equal(kill(scene.daemon.pid, SIGCONT), 0);
    assert_true(raw_sync(ends[0], MODEL_PROTOCOL_COLLECTION));
    assert_others_are_served(&scene);
    fd_close(&ends[0]);
    assert_others_are_served(&scene);
    let_go(&scene);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_are_served_while_a_set_is_shown_as_a_vmo),
        cmocka_unit_test(others_are_served_while_ends_in_a_set_are_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
