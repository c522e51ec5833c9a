/* What the daemon did against what the forecast says. */
#include <stdarg.h>
#include <stdio.h>

#include <zircon/syscalls.h>

#include "census.h"
#include "model/requests.h"
#include "players.h"
#include "support/participant.h"
#include "talk.h"

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
            players_end_call(call);
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
        got = talk_sees_close(player->channel, 0) ? ZX_ERR_PEER_CLOSED : 0;
    } else if (member->role == ROLE_COLLECTION) {
        wanted = member->allocated ? 0 : SYSMEM_ERROR_PENDING;
        got = talk_ask(player->channel, "CheckAllBuffersAllocated", NULL);
    } else {
        got = talk_ask(player->channel, "Sync", NULL);
    }
    return got == wanted ? NULL
                         : differ(players, "#%u: wanted %s, got %s", id, sysmem_status_name(wanted),
                                  sysmem_status_name(got));
}

/* On a busy machine. */
#define FEW_TURNS ZX_MSEC(100)

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
    /* Little to wait for, as channels close within a few turns of the daemon's loop, but where the
     * kernel has yet to tell the daemon, or a thread of the daemon closes what nobody wants. */
    bool later = forecast->fading || member->stray;
    if (!talk_sees_close(player->channel,
                         zx_deadline_after(later ? players->patience : FEW_TURNS))) {
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

/* The collection's id, from a node that can be asked; 0: there is none. */
static uint64_t ask_id(const struct players *players, const struct forecast *forecast)
{
    uint64_t id = 0;
    for (unsigned i = 0; id == 0 && i < OP_MAX_NODES; i++) {
        struct channel *channel = players->players[i].channel;
        if (!forecast->members[i].open || forecast->members[i].released || channel == NULL) {
            continue;
        }
        struct channel_reply reply;
        channel_call(channel, talk_method(channel, "GetBufferCollectionId"), NULL, soon(), &reply);
        const struct model_node_get_buffer_collection_id_response *response = reply.response;
        id = response == NULL ? 0 : response->buffer_collection_id;
        channel_reply_clear(&reply);
    }
    return id;
}

const char *players_compare_tree(struct players *players, const struct forecast *forecast)
{
    uint64_t id = ask_id(players, forecast);
    struct census wanted = {.known = true, .allocated = forecast->allocated};
    struct census got;
    if (id == 0) {
        return NULL;
    }
    wanted.buffer_count = forecast->count;
    for (unsigned i = 0; i < OP_MAX_NODES; i++) {
        const struct member *member = &forecast->members[i];
        wanted.nodes += member->inside ? 1 : 0;
        wanted.orphans += member->inside && member->orphan ? 1 : 0;
    }
    if (!census_take(players->debug, id, &got)) {
        return differ(players, "the daemon didn't tell of its collections");
    }
    bool same = got.known && got.allocated == wanted.allocated &&
                got.buffer_count == wanted.buffer_count && got.nodes == wanted.nodes &&
                got.orphans == wanted.orphans;
    return same
               ? NULL
               : differ(players,
                        "the tree: wanted %u buffers, %u nodes, %u of them orphans; got %u, %u, %u",
                        wanted.buffer_count, wanted.nodes, wanted.orphans, got.buffer_count,
                        got.nodes, got.orphans);
}
