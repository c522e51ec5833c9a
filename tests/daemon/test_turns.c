/* What one client makes long does not keep the others waiting: told by the order in which answers
 * and ends arrive, not by a clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/fd.h"
#include "raw.h"
#include "support/daemon.h"
#include "support/participant.h"

#define MANY 1500

/* A client with much, and a bystander with a token. */
struct scene {
    struct daemon daemon;
    struct sysmem_allocator *allocator;
    int bystander;
    int token;
    int events; /* epoll: the kernel lists what happens in its order */
};

static struct scene *begin(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    assert_non_null(scene);
    assert_int_equal(daemon_start(&scene->daemon, NULL), 0);
    scene->allocator = connect_to(&scene->daemon);
    scene->bystander = daemon_connect(&scene->daemon);
    scene->token = raw_root_token(scene->bystander);
    assert_true(raw_sync(scene->token, MODEL_PROTOCOL_TOKEN));
    scene->events = epoll_create1(EPOLL_CLOEXEC);
    assert_true(scene->events >= 0);
    return scene;
}

static void end(struct scene *scene)
{
    sysmem_allocator_free(scene->allocator);
    fd_close(&scene->token);
    fd_close(&scene->bystander);
    fd_close(&scene->events);
    assert_true(daemon_stop(&scene->daemon));
    free(scene);
}

/* `what` is told by next_event() when the descriptor has this for the first time. */
static void expect(const struct scene *scene, int fd, uint32_t what)
{
    struct epoll_event event = {.events = what | EPOLLET | EPOLLONESHOT, .data.fd = fd};
    assert_int_equal(epoll_ctl(scene->events, EPOLL_CTL_ADD, fd, &event), 0);
}

static int next_event(const struct scene *scene)
{
    struct epoll_event event;
    assert_int_equal(epoll_wait(scene->events, &event, 1, DAEMON_PATIENCE_MS), 1);
    return event.data.fd;
}

static int fd_of(struct sysmem_node *node)
{
    return sysmem_channel_get_fd(sysmem_node_channel(node));
}

/* The bystander's call arrives when the failure has been seen, and before it is through. */
static void a_call_while_a_tree_fails(void **state)
{
    (void)state;
    struct scene *scene = begin();
    struct sysmem_token *root = root_token(scene->allocator);
    struct sysmem_token *children[MANY];
    for (size_t i = 0; i < MANY; i++) {
        children[i] = duplicate(root);
    }
    expect(scene, fd_of(sysmem_token_node(root)), EPOLLIN);
    expect(scene, scene->token, EPOLLIN);
    assert_int_equal(kill(scene->daemon.pid, SIGSTOP), 0);
    sysmem_token_free(children[0]);
    assert_true(raw_request(scene->token, MODEL_PROTOCOL_TOKEN, "Sync", 7, NULL, NULL, 0));
    assert_int_equal(kill(scene->daemon.pid, SIGCONT), 0);
    assert_int_equal(next_event(scene), scene->token);
    assert_int_equal(next_event(scene), fd_of(sysmem_token_node(root)));
    assert_int_equal(raw_wait_reply(scene->token, 7), 0);
    for (size_t i = 1; i < MANY; i++) {
        sysmem_token_free(children[i]);
    }
    sysmem_token_free(root);
    end(scene);
}

static void count_answer(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    assert_null(info);
    assert_int_equal(status, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    (*(int *)arg)++;
}

/* Whatever it takes to answer the child, its parent's channel closes later. */
static void children_close_before_parents(void **state)
{
    enum { WAITS = 100 };
    (void)state;
    struct scene *scene = begin();
    struct sysmem_token *token = root_token(scene->allocator);
    struct sysmem_collection *child = bind_token(scene->allocator, duplicate(token));
    struct sysmem_collection *parent = bind_token(scene->allocator, token);
    struct sysmem_buffer_collection_constraints small = cpu_constraints(1, 0, 4096);
    struct sysmem_buffer_collection_constraints large = cpu_constraints(1, 8192, 0);
    int answers = 0;
    assert_int_equal(sysmem_collection_set_constraints(child, &small), 0);
    for (int i = 0; i < WAITS; i++) {
        assert_int_equal(
            sysmem_collection_wait_for_all_buffers_allocated_async(child, count_answer, &answers),
            0);
    }
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(child), soon()), 0);
    expect(scene, fd_of(sysmem_collection_node(parent)), EPOLLRDHUP);
    expect(scene, fd_of(sysmem_collection_node(child)), EPOLLRDHUP);
    assert_int_equal(sysmem_collection_set_constraints(parent, &large), 0);
    assert_int_equal(next_event(scene), fd_of(sysmem_collection_node(child)));
    assert_int_equal(next_event(scene), fd_of(sysmem_collection_node(parent)));
    while (answers < WAITS) {
        (void)sysmem_channel_process(sysmem_node_channel(sysmem_collection_node(child)));
    }
    sysmem_collection_free(child);
    sysmem_collection_free(parent);
    end(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_while_a_tree_fails),
        cmocka_unit_test(children_close_before_parents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
