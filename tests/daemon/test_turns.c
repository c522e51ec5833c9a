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

#include <sysmem/format.h>

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

/* Participants with the longest lists that a message may have: far more than a turn's work. */
#define LONG_COUNT 60
#define LIST       64

struct long_one {
    struct sysmem_collection *collections[LONG_COUNT];
    struct sysmem_collection *bystanders;
    int answers;
    sysmem_status_t status;
};

static const struct sysmem_image_format_constraints *longest_list(void)
{
    static struct sysmem_pixel_format_and_modifier pairs[LIST][LIST];
    static struct sysmem_image_format_constraints formats[LIST];
    static const uint32_t spaces[] = {SYSMEM_COLOR_SPACE_SRGB};
    for (uint32_t i = 0; i < LIST; i++) {
        for (uint32_t j = 0; j < LIST; j++) { /* of no use to anybody, but legal */
            pairs[i][j].pixel_format = SYSMEM_PIXEL_FORMAT_DO_NOT_CARE;
            pairs[i][j].pixel_format_modifier = UINT64_C(0x7700000000000000) + i * LIST + j;
        }
        SYSMEM_SET_VECTOR(&formats[i], pixel_format_and_modifiers, pairs[i], LIST);
        SYSMEM_SET_VECTOR(&formats[i], color_spaces, spaces, 1);
    }
    pairs[0][0].pixel_format = SYSMEM_PIXEL_FORMAT_R8G8B8A8;
    pairs[0][0].pixel_format_modifier = SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR;
    return formats;
}

static void on_long(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    struct long_one *one = arg;
    one->answers++;
    one->status = status;
    sysmem_collection_info_free(info);
}

/* Everybody is ready but for one, who speaks last. */
static void prepare(const struct scene *scene, struct long_one *one)
{
    struct sysmem_token *root = root_token(scene->allocator);
    *one = (struct long_one){.answers = 0};
    for (size_t i = 1; i < LONG_COUNT; i++) {
        one->collections[i] = bind_token(scene->allocator, duplicate(root));
    }
    one->collections[0] = bind_token(scene->allocator, root);
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(1, 4096, 0);
    SYSMEM_SET_VECTOR(&wanted, image_format_constraints, longest_list(), LIST);
    for (size_t i = 0; i + 1 < LONG_COUNT; i++) {
        assert_int_equal(sysmem_collection_set_constraints(one->collections[i], &wanted), 0);
    }
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated_async(one->collections[0], on_long, one),
        0);
    struct sysmem_node *first = sysmem_collection_node(one->collections[0]);
    assert_int_equal(sysmem_node_sync(first, soon()), 0);
    one->bystanders = bind_token(scene->allocator, root_token(scene->allocator));
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(one->bystanders), soon()), 0);
    expect(scene, fd_of(first), EPOLLIN | EPOLLRDHUP);
    expect(scene, fd_of(sysmem_collection_node(one->bystanders)), EPOLLIN);
}

/* The last one speaks; and somebody else wants buffers, and gets them first. */
static void begin_long(const struct scene *scene, struct long_one *one)
{
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(1, 4096, 0);
    assert_int_equal(kill(scene->daemon.pid, SIGSTOP), 0);
    assert_int_equal(sysmem_collection_set_constraints(one->collections[LONG_COUNT - 1], &wanted),
                     0);
    assert_int_equal(sysmem_collection_set_constraints(one->bystanders, &wanted), 0);
    static struct long_one ignored;
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated_async(one->bystanders, on_long, &ignored),
        0);
    assert_int_equal(kill(scene->daemon.pid, SIGCONT), 0);
    assert_int_equal(next_event(scene), fd_of(sysmem_collection_node(one->bystanders)));
}

static void end_long(struct long_one *one)
{
    for (size_t i = 0; i < LONG_COUNT; i++) {
        sysmem_collection_free(one->collections[i]);
    }
    sysmem_collection_free(one->bystanders);
}

static void wait_for_answer(struct long_one *one)
{
    struct sysmem_node *first = sysmem_collection_node(one->collections[0]);
    while (one->answers == 0) {
        (void)sysmem_channel_process(sysmem_node_channel(first));
    }
}

static void an_allocation_while_constraints_are_aggregated(void **state)
{
    (void)state;
    struct scene *scene = begin();
    struct long_one one;
    prepare(scene, &one);
    begin_long(scene, &one);
    assert_int_equal(next_event(scene), fd_of(sysmem_collection_node(one.collections[0])));
    wait_for_answer(&one);
    assert_int_equal(one.status, 0);
    end_long(&one);
    end(scene);
}

static void a_participant_fails_while_constraints_are_aggregated(void **state)
{
    (void)state;
    struct scene *scene = begin();
    struct long_one one;
    prepare(scene, &one);
    begin_long(scene, &one);
    sysmem_collection_free(one.collections[1]);
    one.collections[1] = NULL;
    assert_int_equal(next_event(scene), fd_of(sysmem_collection_node(one.collections[0])));
    wait_for_answer(&one);
    assert_int_equal(one.status, ZX_ERR_PEER_CLOSED);
    assert_true(raw_sync(scene->token, MODEL_PROTOCOL_TOKEN));
    end_long(&one);
    end(scene);
}

static void the_daemon_ends_while_constraints_are_aggregated(void **state)
{
    (void)state;
    struct scene *scene = begin();
    struct long_one one;
    prepare(scene, &one);
    begin_long(scene, &one);
    assert_true(daemon_stop(&scene->daemon));
    end_long(&one);
    end(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_while_a_tree_fails),
        cmocka_unit_test(children_close_before_parents),
        cmocka_unit_test(an_allocation_while_constraints_are_aggregated),
        cmocka_unit_test(a_participant_fails_while_constraints_are_aggregated),
        cmocka_unit_test(the_daemon_ends_while_constraints_are_aggregated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
