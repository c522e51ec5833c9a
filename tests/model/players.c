#include "players.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include <sysmem/handle.h>
#include <sysmem/usage.h>
#include <zircon/syscalls.h>

#include "model/requests.h"
#include "support/participant.h"
#include "talk.h"

void players_init(struct players *players, struct channel *allocator, struct channel *debug,
                  zx_time_t patience)
{
    memset(players, 0, sizeof(*players));
    players->allocator = allocator;
    players->debug = debug;
    players->patience = patience;
}

/* A channel of this player's; returns the end for the daemon. */
static zx_handle_t open_channel(struct player *player, enum model_protocol protocol)
{
    int ends[2];
    sysmem_status_t paired = channel_pair(ends);
    assert(paired == 0 && player->channel == NULL);
    sysmem_status_t made = channel_new(ends[0], protocol, &player->channel);
    assert(made == 0);
    (void)paired, (void)made;
    return talk_handle(ends[1]);
}

/* --- Waits --- */

static void on_answer(void *arg, struct channel_reply *reply)
{
    struct call *call = arg;
    call->reply = *reply;
    call->done = true;
}

static void drop(struct player *player)
{
    for (unsigned i = 0; i < player->kept_count; i++) {
        (void)zx_handle_close(player->kept[i]);
    }
    player->kept_count = 0;
}

void players_end_call(struct call *call)
{
    if (call->done) {
        channel_reply_clear(&call->reply);
    }
    call->player = NULL;
}

static void end_calls(struct players *players, const struct player *player)
{
    for (unsigned i = 0; i < players->call_count; i++) {
        if (players->calls[i].player == player) {
            players_end_call(&players->calls[i]);
        }
    }
}

static void start_wait(struct players *players, struct player *player, bool keeps)
{
    assert(players->call_count < PLAYERS_MAX_CALLS);
    struct call *call = &players->calls[players->call_count++];
    *call = (struct call){.player = player, .keeps = keeps};
    sysmem_status_t status =
        channel_start(player->channel, talk_method(player->channel, "WaitForAllBuffersAllocated"),
                      NULL, on_answer, call, &call->txid);
    if (status != 0) {
        channel_reply_fail(&call->reply, NULL, status);
        call->done = true;
    }
}

/* --- Operations --- */

static void set_constraints(struct player *player, const struct op *op)
{
    const struct wish *wish = &wishes[op->wish];
    struct model_collection_set_constraints_request request = {.has.constraints = wish->said};
    struct sysmem_buffer_collection_constraints *wanted = &request.constraints;
    struct sysmem_buffer_memory_constraints *memory = &wanted->buffer_memory_constraints;
    wanted->has.usage = true;
    wanted->has.buffer_memory_constraints = true;
    if (wish->uses) {
        SYSMEM_SET(&wanted->usage, cpu, SYSMEM_CPU_USAGE_READ_OFTEN);
    } else {
        SYSMEM_SET(&wanted->usage, none, SYSMEM_NONE_USAGE);
    }
    if (wish->min_size != 0) {
        SYSMEM_SET(memory, min_size_bytes, wish->min_size);
    }
    if (wish->max_size != 0) {
        SYSMEM_SET(memory, max_size_bytes, wish->max_size);
    }
    if (wish->max_count != 0) {
        SYSMEM_SET(wanted, max_buffer_count, wish->max_count);
    }
    SYSMEM_SET(wanted, min_buffer_count_for_camping, op->camping);
    talk_send(player->channel, "SetConstraints", &request);
}

static void allocate(struct players *players, const struct op *op)
{
    struct player *made = &players->players[op->node];
    if (op->flag) {
        struct model_allocator_allocate_non_shared_collection_request request = {0};
        SYSMEM_SET(&request, collection_request, open_channel(made, MODEL_PROTOCOL_COLLECTION));
        talk_send(players->allocator, "AllocateNonSharedCollection", &request);
    } else {
        struct model_allocator_allocate_shared_collection_request request = {0};
        SYSMEM_SET(&request, token_request, open_channel(made, MODEL_PROTOCOL_TOKEN));
        talk_send(players->allocator, "AllocateSharedCollection", &request);
    }
}

static void turn_in(struct players *players, struct player *player)
{
    struct model_allocator_bind_shared_collection_request request = {0};
    int token = channel_into_fd(player->channel);
    player->channel = NULL;
    SYSMEM_SET(&request, token, talk_handle(token));
    SYSMEM_SET(&request, buffer_collection_request,
               open_channel(player, MODEL_PROTOCOL_COLLECTION));
    talk_send(players->allocator, "BindSharedCollection", &request);
}

static void duplicate_sync(struct channel *token, struct player made[2])
{
    const uint32_t masks[2] = {ZX_RIGHT_SAME_RIGHTS, ZX_RIGHT_SAME_RIGHTS};
    struct model_token_duplicate_sync_request request = {0};
    SYSMEM_SET_VECTOR(&request, rights_attenuation_masks, masks, 2);
    struct channel_reply reply;
    channel_call(token, talk_method(token, "DuplicateSync"), &request, soon(), &reply);
    const struct model_token_duplicate_sync_response *response = reply.response;
    for (size_t i = 0; response != NULL && i < response->tokens_count && i < 2; i++) {
        int fd = fcntl(sysmem_handle_fd(response->tokens[i]), F_DUPFD_CLOEXEC, 0);
        (void)channel_new(fd, MODEL_PROTOCOL_TOKEN, &made[i].channel);
    }
    channel_reply_clear(&reply);
}

/* The methods that make one child, whose channel the client makes. */
static void make_child(struct channel *parent, enum op_kind kind, struct player *made)
{
    if (kind == OP_CREATE_GROUP) {
        struct model_token_create_buffer_collection_token_group_request request = {0};
        SYSMEM_SET(&request, group_request, open_channel(made, MODEL_PROTOCOL_GROUP));
        talk_send(parent, "CreateBufferCollectionTokenGroup", &request);
        return;
    }
    zx_handle_t end = open_channel(made, MODEL_PROTOCOL_TOKEN);
    if (kind == OP_CREATE_CHILD) {
        struct model_group_create_child_request request = {0};
        SYSMEM_SET(&request, token_request, end);
        talk_send(parent, "CreateChild", &request);
    } else if (kind == OP_ATTACH) {
        struct model_collection_attach_token_request request = {0};
        SYSMEM_SET(&request, token_request, end);
        SYSMEM_SET(&request, rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
        talk_send(parent, "AttachToken", &request);
    } else {
        struct model_token_duplicate_request request = {0};
        SYSMEM_SET(&request, token_request, end);
        SYSMEM_SET(&request, rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
        talk_send(parent, "Duplicate", &request);
    }
}

/* When only half of the channel is shut down, the daemon's close of its end can still be seen: it
 * has handled ours then. */
static void close_end(struct players *players, struct player *player, bool half)
{
    if (half) {
        (void)shutdown(channel_fd(player->channel), SHUT_WR);
        (void)talk_sees_close(player->channel, soon());
    }
    channel_free(player->channel);
    player->channel = NULL;
    end_calls(players, player);
}

static void send_plain(struct player *player, const struct op *op)
{
    static const char *const names[OP_KIND_COUNT] = {
        [OP_ALL_CHILDREN_PRESENT] = "AllChildrenPresent",
        [OP_SET_DISPENSABLE] = "SetDispensable",
        [OP_SET_WEAK] = "SetWeak",
        [OP_RELEASE] = "Release",
    };
    struct model_node_set_weak_ok_request weak_ok = {0};
    switch (op->kind) {
    case OP_SET_WEAK_OK:
        SYSMEM_SET(&weak_ok, for_child_nodes_also, op->flag);
        talk_send(player->channel, "SetWeakOk", &weak_ok);
        break;
    case OP_CHECK:
        (void)talk_ask(player->channel, "CheckAllBuffersAllocated", NULL);
        break;
    case OP_SYNC:
        (void)talk_ask(player->channel, "Sync", NULL);
        break;
    default:
        talk_send(player->channel, names[op->kind], NULL);
    }
}

static void start(struct players *players, const struct op *op)
{
    struct player *player = &players->players[op->node];
    switch (op->kind) {
    case OP_ALLOCATE:
        allocate(players, op);
        break;
    case OP_DUPLICATE:
    case OP_CREATE_GROUP:
    case OP_CREATE_CHILD:
    case OP_ATTACH:
        make_child(player->channel, op->kind, &players->players[op->made]);
        break;
    case OP_DUPLICATE_SYNC:
        duplicate_sync(player->channel, &players->players[op->made]);
        break;
    case OP_BIND:
        turn_in(players, player);
        break;
    case OP_SET_CONSTRAINTS:
        set_constraints(player, op);
        break;
    case OP_WAIT:
        start_wait(players, player, op->flag);
        break;
    case OP_CLOSE:
        close_end(players, player, op->flag);
        break;
    case OP_DROP:
        drop(player);
        break;
    default:
        send_plain(player, op);
    }
}

void players_do(struct players *players, const struct forecast *forecast, const struct op *op)
{
    start(players, op);
    const struct channel *channel = players->players[op->node].channel;
    if (channel == NULL || forecast->members[op->node].released) {
        /* Nothing can be asked on it. What it got, a close too, is handled in the turn of the loop
         * that handles this, at the latest. */
        (void)talk_barrier(players->allocator);
    } else {
        (void)talk_ask(players->players[op->node].channel, "Sync", NULL);
    }
    /* One channel closes a moment before another that fails with it. */
    (void)talk_barrier(players->allocator);
}

void players_leave(struct players *players)
{
    for (unsigned id = 0; id < OP_MAX_NODES; id++) {
        struct player *player = &players->players[id];
        drop(player);
        channel_free(player->channel);
        player->channel = NULL;
        end_calls(players, player);
    }
}
