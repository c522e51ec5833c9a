#include "server/unread.h"

#include <stdlib.h>

#include "base/fd.h"
#include "server/closer.h"
#include "server/server.h"

/* So many are charged without a look at whether they have been received. */
#define LOOK_FROM 1024

/* How often ends that are kept are looked at, and how many of them at a time. */
#define LOOK_MS   250
#define LOOK_MOST 512

/* A shut down end, kept for what was sent on it. */
struct kept {
    struct list link; /* in server->kept */
    struct account *account;
    uint64_t charged;
    struct stream stream;
    bool foreign;
};

static bool recharge(struct binding *binding, size_t more)
{
    const struct stream *stream = &binding->stream;
    return account_recharge(binding->account, ACCOUNT_DESCRIPTORS, &binding->charged_descriptors,
                            1 + stream_held_descriptors(stream) + stream->out_unread + more);
}

bool unread_charge(struct binding *binding, size_t more)
{
    struct stream *stream = &binding->stream;
    list_remove(&binding->unread); /* whoever is relieved meanwhile, it is not this one */
    if (stream->out_unread >= LOOK_FROM) {
        (void)stream_look_unread(stream);
    }
    bool charged = recharge(binding, more);
    if (!charged && stream->out_unread > 0) {
        (void)stream_look_unread(stream);
        charged = recharge(binding, more);
    }
    if (stream->out_unread > 0) {
        list_append(&binding->server->unread, &binding->unread);
    }
    return charged;
}

static void close_end(struct account *account, bool foreign, struct stream *stream)
{
    int fd = fd_take(&stream->fd);
    if (foreign) {
        closer_close(account->uid, fd);
    } else {
        closer_close_channel(account->uid, fd);
    }
}

static void give_up(struct kept *kept)
{
    list_remove(&kept->link);
    close_end(kept->account, kept->foreign, &kept->stream);
    (void)account_recharge(kept->account, ACCOUNT_DESCRIPTORS, &kept->charged, 0);
    (void)account_unref(kept->account);
    free(kept);
}

static void look_at_kept(struct kept *kept)
{
    size_t unread = stream_look_unread(&kept->stream);
    if (unread == 0) {
        give_up(kept);
    } else if (1 + unread < kept->charged) {
        (void)account_recharge(kept->account, ACCOUNT_DESCRIPTORS, &kept->charged, 1 + unread);
    }
}

static void on_look(uv_timer_t *timer)
{
    struct server *server = container_of(timer, struct server, look_unread);
    struct list looked;
    list_init(&looked);
    for (int i = 0; i < LOOK_MOST && !list_is_empty(&server->kept); i++) {
        struct kept *kept = container_of(server->kept.next, struct kept, link);
        list_remove(&kept->link);
        list_append(&looked, &kept->link);
        look_at_kept(kept);
    }
    while (!list_is_empty(&looked)) {
        struct list *link = looked.next;
        list_remove(link);
        list_append(&server->kept, link);
    }
    if (list_is_empty(&server->kept)) {
        (void)uv_timer_stop(timer);
    }
}

void unread_close_end(struct binding *binding)
{
    list_remove(&binding->unread);
    struct stream *stream = &binding->stream;
    struct kept *kept = stream_look_unread(stream) > 0 ? calloc(1, sizeof(*kept)) : NULL;
    if (kept == NULL) {
        (void)account_recharge(binding->account, ACCOUNT_DESCRIPTORS, &binding->charged_descriptors,
                               0);
        close_end(binding->account, binding->foreign, stream);
        return;
    }
    stream_init(&kept->stream, fd_take(&stream->fd), 0);
    kept->stream.out_unread = stream->out_unread;
    kept->stream.out_densest = stream->out_densest;
    kept->foreign = binding->foreign;
    kept->account = binding->account;
    kept->account->references++;
    kept->charged = binding->charged_descriptors;
    binding->charged_descriptors = 0;
    struct server *server = binding->server;
    list_append(&server->kept, &kept->link);
    if (uv_is_active((const uv_handle_t *)&server->look_unread) == 0) {
        (void)uv_timer_start(&server->look_unread, on_look, LOOK_MS, LOOK_MS);
    }
}

static void relieve(struct account *account)
{
    struct server *server = container_of(account->accounts, struct server, accounts);
    list_for_each_safe (link, next, &server->unread) {
        struct binding *binding = container_of(link, struct binding, unread);
        if (binding->account == account && stream_look_unread(&binding->stream) == 0) {
            list_remove(&binding->unread);
        }
        if (binding->account == account) {
            (void)recharge(binding, 0);
        }
    }
    list_for_each_safe (link, next, &server->kept) {
        struct kept *kept = container_of(link, struct kept, link);
        if (kept->account == account) {
            look_at_kept(kept);
        }
    }
}

int unread_init(struct server *server)
{
    server->accounts.relieve = relieve;
    return uv_timer_init(&server->loop, &server->look_unread);
}

void unread_deinit(struct server *server)
{
    list_for_each_safe (link, next, &server->kept) {
        give_up(container_of(link, struct kept, link));
    }
}
