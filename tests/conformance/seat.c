#include "seat.h"

#include <poll.h>

static void on_allocated(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    struct seat *seat = arg;
    seat->answered = true;
    seat->status = status;
    seat->info = info;
}

struct seat seat_take(const struct stage *stage, struct sysmem_token *token)
{
    struct seat seat = {.collection = bind_token(stage->allocator, token)};
    assert_open(sysmem_collection_node(seat.collection));
    return seat;
}

void seat_say_unsynced(struct seat *seat, const struct sysmem_buffer_collection_constraints *wish)
{
    assert_int_equal(sysmem_collection_set_constraints(seat->collection, wish), 0);
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated_async(seat->collection,
                                                                            on_allocated, seat),
                     0);
}

void seat_say(struct seat *seat, const struct sysmem_buffer_collection_constraints *wish)
{
    seat_say_unsynced(seat, wish);
    assert_open(sysmem_collection_node(seat->collection));
}

void seat_decide(struct seat *seat, const struct sysmem_buffer_collection_constraints *wish)
{
    assert_int_equal(sysmem_collection_set_constraints(seat->collection, wish), 0);
}

void seat_hear(struct seat *seat)
{
    struct sysmem_node *node = sysmem_collection_node(seat->collection);
    while (!seat->answered) {
        struct pollfd ready = {.fd = sysmem_channel_get_fd(sysmem_node_channel(node)),
                               .events = sysmem_channel_get_events(sysmem_node_channel(node))};
        assert_int_equal(poll(&ready, 1, DAEMON_PATIENCE_MS), 1);
        (void)sysmem_channel_process(sysmem_node_channel(node));
    }
}

void seat_expect(struct seat *seat, sysmem_status_t wanted)
{
    seat_hear(seat);
    assert_string_equal(sysmem_status_name(seat->status), sysmem_status_name(wanted));
}

const struct sysmem_buffer_collection_info *seat_expect_buffers(struct seat *seat, size_t buffers)
{
    seat_expect(seat, 0);
    const struct sysmem_buffer_collection_info *result = sysmem_collection_info_get(seat->info);
    assert_int_equal(result->buffers_count, buffers);
    return result;
}

/* With its answer, which would otherwise be written to a seat that is gone. */
static void stand_up(struct seat *seat)
{
    sysmem_collection_free(seat->collection);
    sysmem_collection_info_free(seat->info);
    *seat = (struct seat){0};
}

void seat_leave(struct seat *seat)
{
    (void)sysmem_node_release(sysmem_collection_node(seat->collection)); /* it may have failed */
    stand_up(seat);
}

void seat_drop(struct seat *seat)
{
    stand_up(seat);
}

struct sysmem_buffer_collection_constraints picky(uint32_t camping, uint64_t size)
{
    return cpu_constraints(camping, size, size);
}

struct sysmem_group *group_under(struct sysmem_token *token)
{
    struct sysmem_group *group = NULL;
    assert_int_equal(sysmem_token_create_buffer_collection_token_group(token, &group), 0);
    assert_open(sysmem_token_node(token));
    return group;
}

struct sysmem_token *child_of(struct sysmem_group *group)
{
    struct sysmem_token *token = NULL;
    assert_int_equal(sysmem_group_create_child(group, ZX_RIGHT_SAME_RIGHTS, &token), 0);
    assert_open(sysmem_group_node(group));
    return token;
}

struct sysmem_token *attach_to(const struct seat *seat)
{
    struct sysmem_token *token = NULL;
    assert_int_equal(sysmem_collection_attach_token(seat->collection, ZX_RIGHT_SAME_RIGHTS, &token),
                     0);
    assert_open(sysmem_collection_node(seat->collection));
    return token;
}

void group_settle(struct sysmem_group *group)
{
    assert_int_equal(sysmem_group_all_children_present(group), 0);
}

void group_leave(struct sysmem_group *group)
{
    (void)sysmem_node_release(sysmem_group_node(group));
    sysmem_group_free(group);
}

struct choice choice_open(const struct stage *stage)
{
    struct sysmem_token *token = root_token(stage->allocator);
    struct choice choice = {.group = group_under(token)};
    choice.children[0] = seat_take(stage, child_of(choice.group));
    choice.children[1] = seat_take(stage, child_of(choice.group));
    choice.root = seat_take(stage, token);
    return choice;
}

void choice_leave(struct choice *choice)
{
    group_leave(choice->group);
    seat_leave(&choice->root);
    seat_leave(&choice->children[0]);
    seat_leave(&choice->children[1]);
}

void token_leave(struct sysmem_token *token)
{
    assert_int_equal(sysmem_node_release(sysmem_token_node(token)), 0);
    sysmem_token_free(token);
}

zx_handle_t track_node(struct sysmem_node *node)
{
    zx_handle_t mine;
    zx_handle_t theirs;
    assert_int_equal(zx_eventpair_create(0, &mine, &theirs), ZX_OK);
    assert_int_equal(sysmem_node_attach_node_tracking(node, theirs), 0);
    return mine;
}

zx_handle_t track_lifetime(struct sysmem_collection *collection, uint32_t buffers_remaining)
{
    zx_handle_t mine;
    zx_handle_t theirs;
    assert_int_equal(zx_eventpair_create(0, &mine, &theirs), ZX_OK);
    assert_int_equal(
        sysmem_collection_attach_lifetime_tracking(collection, theirs, buffers_remaining), 0);
    return mine;
}

bool is_signalled(zx_handle_t eventpair)
{
    zx_signals_t seen = 0;
    zx_status_t status = zx_object_wait_one(eventpair, ZX_EVENTPAIR_PEER_CLOSED, 0, &seen);
    assert_true(status == ZX_OK || status == ZX_ERR_TIMED_OUT);
    return (seen & ZX_EVENTPAIR_PEER_CLOSED) != 0;
}

void wait_signalled(zx_handle_t eventpair)
{
    assert_int_equal(zx_object_wait_one(eventpair, ZX_EVENTPAIR_PEER_CLOSED, soon(), NULL), ZX_OK);
}

void close_handle(zx_handle_t handle)
{
    assert_int_equal(zx_handle_close(handle), ZX_OK);
}
