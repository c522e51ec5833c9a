#include "players.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <sysmem/handle.h>
#include <sysmem/usage.h>
#include <zircon/syscalls.h>

#include "model/requests.h"
#include "support/participant.h"

void players_init(struct players *players, struct channel *allocator, zx_time_t patience)
{
    memset(players, 0, sizeof(*players));
    players->allocator = allocator;
    players->patience = patience;
}

/* --- Channels --- */

static const struct model_method *method_of(const struct channel *channel, const char *name)
{
    const struct model_method *method = model_method_by_name(channel_protocol(channel), name);
    assert(method != NULL);
    return method;
}

/* A call that the daemon must answer, or close the channel. */
static sysmem_status_t ask(struct channel *channel, const char *name, void *request)
{
    struct channel_reply reply;
    channel_call(channel, method_of(channel, name), request, soon(), &reply);
    sysmem_status_t status = reply.status;
    channel_reply_clear(&reply);
    return status;
}

bool players_ask(struct channel *allocator)
{
    struct model_allocator_validate_buffer_collection_token_request request = {0};
    SYSMEM_SET(&request, token_server_koid, 1);
    return ask(allocator, "ValidateBufferCollectionToken", &request) == 0;
}

/* That the channel closes shows in what is asked on it next. */
static void send_to(struct channel *channel, const char *name, void *request)
{
    (void)channel_send(channel, method_of(channel, name), request);
}

static zx_handle_t handle_of(int fd)
{
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_CHANNEL,
                                            .rights = ZX_DEFAULT_CHANNEL_RIGHTS};
    zx_handle_t handle = ZX_HANDLE_INVALID;
    zx_status_t status = sysmem_handle_from_fd(fd, &info, &handle);
    assert(status == ZX_OK);
    (void)status;
    return handle;
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
    return handle_of(ends[1]);
}

/* Takes in what has arrived, after waiting for the daemon's close until the deadline. */
static bool sees_close(struct player *player, zx_time_t deadline)
{
    sysmem_status_t status = channel_process(player->channel);
    while (status == 0) {
        zx_time_t now = zx_clock_get_monotonic();
        int ms = deadline <= now ? 0 : (int)((deadline - now) / ZX_MSEC(1)) + 1;
        struct pollfd poll_fd = {.fd = channel_fd(player->channel), .events = POLLIN};
        if (poll(&poll_fd, 1, ms) <= 0) {
            return false;
        }
        status = channel_process(player->channel);
    }
    return true;
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

static void end_call(struct call *call)
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
            end_call(&players->calls[i]);
        }
    }
}

static void start_wait(struct players *players, struct player *player, bool keeps)
{
    assert(players->call_count < PLAYERS_MAX_CALLS);
    struct call *call = &players->calls[players->call_count++];
    *call = (struct call){.player = player, .keeps = keeps};
    sysmem_status_t status =
        channel_start(player->channel, method_of(player->channel, "WaitForAllBuffersAllocated"),
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
    send_to(player->channel, "SetConstraints", &request);
}

static void allocate(struct players *players, const struct op *op)
{
    struct player *made = &players->players[op->node];
    if (op->flag) {
        struct model_allocator_allocate_non_shared_collection_request request = {0};
        SYSMEM_SET(&request, collection_request, open_channel(made, MODEL_PROTOCOL_COLLECTION));
        send_to(players->allocator, "AllocateNonSharedCollection", &request);
    } else {
        struct model_allocator_allocate_shared_collection_request request = {0};
        SYSMEM_SET(&request, token_request, open_channel(made, MODEL_PROTOCOL_TOKEN));
        send_to(players->allocator, "AllocateSharedCollection", &request);
    }
}

static void turn_in(struct players *players, struct player *player)
{
    struct model_allocator_bind_shared_collection_request request = {0};
    int token = channel_into_fd(player->channel);
    player->channel = NULL;
    SYSMEM_SET(&request, token, handle_of(token));
    SYSMEM_SET(&request, buffer_collection_request,
               open_channel(player, MODEL_PROTOCOL_COLLECTION));
    send_to(players->allocator, "BindSharedCollection", &request);
}

static void duplicate_sync(struct channel *token, struct player made[2])
{
    const uint32_t masks[2] = {ZX_RIGHT_SAME_RIGHTS, ZX_RIGHT_SAME_RIGHTS};
    struct model_token_duplicate_sync_request request = {0};
    SYSMEM_SET_VECTOR(&request, rights_attenuation_masks, masks, 2);
    struct channel_reply reply;
    channel_call(token, method_of(token, "DuplicateSync"), &request, soon(), &reply);
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
        send_to(parent, "CreateBufferCollectionTokenGroup", &request);
        return;
    }
    zx_handle_t end = open_channel(made, MODEL_PROTOCOL_TOKEN);
    if (kind == OP_CREATE_CHILD) {
        struct model_group_create_child_request request = {0};
        SYSMEM_SET(&request, token_request, end);
        send_to(parent, "CreateChild", &request);
    } else if (kind == OP_ATTACH) {
        struct model_collection_attach_token_request request = {0};
        SYSMEM_SET(&request, token_request, end);
        SYSMEM_SET(&request, rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
        send_to(parent, "AttachToken", &request);
    } else {
        struct model_token_duplicate_request request = {0};
        SYSMEM_SET(&request, token_request, end);
        SYSMEM_SET(&request, rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
        send_to(parent, "Duplicate", &request);
    }
}

/* The end goes as in close(), but that the daemon's close of the other end, which tells that it has
 * handled this one, can still be seen. */
static void close_end(struct players *players, struct player *player)
{
    (void)shutdown(channel_fd(player->channel), SHUT_WR);
    (void)sees_close(player, soon());
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
        send_to(player->channel, "SetWeakOk", &weak_ok);
        break;
    case OP_CHECK:
        (void)ask(player->channel, "CheckAllBuffersAllocated", NULL);
        break;
    case OP_SYNC:
        (void)ask(player->channel, "Sync", NULL);
        break;
    default:
        send_to(player->channel, names[op->kind], NULL);
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
        close_end(players, player);
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
    const struct player *player = &players->players[op->node];
    if (player->channel != NULL && forecast->members[op->node].released) {
        /* Nothing can be asked on it. What it got is handled in the turn of the loop that handles
         * this, at the latest. */
        (void)players_ask(players->allocator);
    } else if (player->channel != NULL) {
        (void)ask(player->channel, "Sync", NULL);
    }
    /* One channel closes a moment before another that fails with it. */
    (void)players_ask(players->allocator);
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

/* --- Comparing --- */

__attribute__((format(printf, 2, 3))) static const char *differ(struct players *players,
                                                                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(players->difference, sizeof(players->difference), format, args);
    va_end(args);
    return players->difference;
}

static const char *compare_buffers(struct players *players, const struct forecast *forecast,
                                   unsigned id, struct call *call)
{
    const struct member *member = &forecast->members[id];
    const struct model_collection_wait_for_all_buffers_allocated_response *response =
        call->reply.response;
    const struct sysmem_buffer_collection_info *info = &response->buffer_collection_info;
    uint64_t size = info->settings.buffer_settings.size_bytes;
    if (info->buffers_count != forecast->count || size != forecast->size) {
        return differ(players, "#%u: wanted %u buffers of %llu bytes, got %zu of %llu", id,
                      forecast->count, (unsigned long long)forecast->size, info->buffers_count,
                      (unsigned long long)size);
    }
    for (size_t i = 0; i < info->buffers_count; i++) {
        const struct sysmem_vmo_buffer *buffer = &info->buffers[i];
        bool wanted = wishes[member->wish].uses;
        if (buffer->has.vmo != wanted || buffer->has.close_weak_asap != member->weak) {
            return differ(players, "#%u: buffer %zu: wanted vmo %d, close_weak_asap %d; got %d, %d",
                          id, i, wanted, member->weak, buffer->has.vmo,
                          buffer->has.close_weak_asap);
        }
    }
    return NULL;
}

static void keep_buffers(struct call *call)
{
    const struct model_collection_wait_for_all_buffers_allocated_response *response =
        call->reply.response;
    const struct sysmem_buffer_collection_info *info = &response->buffer_collection_info;
    struct player *player = call->player;
    for (size_t i = 0; player->kept_count == 0 && i < info->buffers_count; i++) {
        if (info->buffers[i].has.vmo) {
            (void)zx_handle_duplicate(info->buffers[i].vmo, ZX_RIGHT_SAME_RIGHTS, &player->kept[i]);
        }
    }
    if (info->buffers_count > 0 && info->buffers[0].has.vmo) {
        player->kept_count = (unsigned)info->buffers_count;
    }
}

static sysmem_status_t status_of(enum answer answer)
{
    switch (answer) {
    case ANSWER_EMPTY:
        return SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY;
    case ANSWER_TOO_MANY:
        return SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS;
    case ANSWER_CLOSED:
        return ZX_ERR_PEER_CLOSED;
    default:
        return 0;
    }
}

static const char *compare_call(struct players *players, const struct forecast *forecast,
                                unsigned id, struct call *call)
{
    const struct member *member = &forecast->members[id];
    if (member->answer == ANSWER_NONE) {
        return !call->done ? NULL
                           : differ(players, "#%u: wanted the wait to stay pending, got %s", id,
                                    sysmem_status_name(call->reply.status));
    }
    (void)channel_wait(call->player->channel, call->txid, zx_deadline_after(players->patience));
    sysmem_status_t wanted = status_of(member->answer);
    if (!call->done) {
        return differ(players, "#%u: wanted the wait to end in %s, but it is pending", id,
                      sysmem_status_name(wanted));
    }
    sysmem_status_t got = call->reply.status;
    if (member->answer == ANSWER_EITHER) {
        return NULL;
    }
    if (got != wanted) {
        return differ(players, "#%u: wanted the wait to end in %s, got %s", id,
                      sysmem_status_name(wanted), sysmem_status_name(got));
    }
    return got == 0 ? compare_buffers(players, forecast, id, call) : NULL;
}

static const char *compare_calls(struct players *players, const struct forecast *forecast)
{
    const char *difference = NULL;
    for (unsigned i = 0; difference == NULL && i < players->call_count; i++) {
        struct call *call = &players->calls[i];
        if (call->player == NULL) {
            continue;
        }
        unsigned id = (unsigned)(call->player - players->players);
        difference = compare_call(players, forecast, id, call);
        if (difference == NULL && call->done) {
            if (call->reply.status == 0 && call->keeps && forecast->members[id].holds) {
                keep_buffers(call);
            }
            end_call(call);
        }
    }
    return difference;
}

/* A channel that should be open. */
static const char *compare_open(struct players *players, const struct member *member, unsigned id)
{
    struct player *player = &players->players[id];
    sysmem_status_t wanted = 0;
    sysmem_status_t got;
    if (member->released) {
        got = sees_close(player, 0) ? ZX_ERR_PEER_CLOSED : 0;
    } else if (member->role == ROLE_COLLECTION) {
        wanted = member->allocated ? 0 : SYSMEM_ERROR_PENDING;
        got = ask(player->channel, "CheckAllBuffersAllocated", NULL);
    } else {
        got = ask(player->channel, "Sync", NULL);
    }
    return got == wanted ? NULL
                         : differ(players, "#%u: wanted %s, got %s", id, sysmem_status_name(wanted),
                                  sysmem_status_name(got));
}

static const char *compare_member(struct players *players, const struct forecast *forecast,
                                  unsigned id)
{
    const struct member *member = &forecast->members[id];
    struct player *player = &players->players[id];
    if (member->open) {
        return player->channel != NULL ? compare_open(players, member, id)
                                       : differ(players, "#%u: wanted a channel, got none", id);
    }
    if (player->channel == NULL) {
        return NULL;
    }
    /* Nothing to wait for, but where the kernel has yet to tell the daemon, or a thread of the
     * daemon closes what nobody wants. */
    bool later = forecast->fading || member->stray;
    if (!sees_close(player, later ? zx_deadline_after(players->patience) : 0)) {
        return differ(players, "#%u: wanted its channel to be closed, but it is open", id);
    }
    return NULL;
}

const char *players_compare(struct players *players, const struct forecast *forecast)
{
    const char *difference = NULL;
    for (unsigned id = 0; difference == NULL && id < OP_MAX_NODES; id++) {
        if (forecast->members[id].made) {
            difference = compare_member(players, forecast, id);
        }
    }
    if (difference == NULL) {
        difference = compare_calls(players, forecast);
    }
    for (unsigned id = 0; difference == NULL && id < OP_MAX_NODES; id++) {
        struct player *player = &players->players[id];
        if (player->channel != NULL && !forecast->members[id].open) {
            channel_free(player->channel);
            player->channel = NULL;
        }
    }
    return difference;
}
