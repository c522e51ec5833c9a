/* The floor's client. */
#include "floor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "packet.h"
#include "stats.h"
#include "subject.h"

struct floor_client {
    int allocator;
    struct packet buffers[SUBJECT_PARTICIPANTS]; /* what was delivered */
};

/* What a cycle holds. */
struct round {
    int tokens[SUBJECT_PARTICIPANTS];
    int collections[SUBJECT_PARTICIPANTS];
};

static void serve(const struct subject *subject, int listener)
{
    (void)subject;
    floor_serve(listener);
}

static int client_connect(const char *path, void **ret_client)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct floor_client *client = calloc(1, sizeof(*client));
    if (!client) {
        return -ENOMEM;
    }
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    client->allocator = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (client->allocator < 0 ||
        connect(client->allocator, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        int result = -errno;
        if (client->allocator >= 0) {
            (void)close(client->allocator);
        }
        free(client);
        return result;
    }
    *ret_client = client;
    return 0;
}

static void client_disconnect(void *state)
{
    struct floor_client *client = state;
    (void)close(client->allocator);
    free(client);
}

/* Sends a request with up to two descriptors, which are closed then (-1: none). */
static int request(int to, enum floor_operation operation, uint32_t argument, const int fds[2])
{
    struct packet packet;
    packet.operation = operation;
    packet.argument = argument;
    packet.body_len =
        operation == FLOOR_SET_CONSTRAINTS ? FLOOR_CONSTRAINTS_BODY : FLOOR_SMALL_BODY;
    memset(packet.body, 0, packet.body_len);
    packet.fd_count = 0;
    for (int i = 0; fds && i < 2 && fds[i] >= 0; i++) {
        packet.fds[packet.fd_count++] = fds[i];
    }
    int result = packet_send(to, &packet);
    for (size_t i = 0; i < packet.fd_count; i++) {
        (void)close(packet.fds[i]);
    }
    return result;
}

static int answer(int from, struct packet *ret)
{
    int result = packet_receive(from, ret);
    return result == 1 ? 0 : result == 0 ? -EPIPE : result;
}

static int call(int to, enum floor_operation operation, struct packet *ret)
{
    int result = request(to, operation, 0, NULL);
    return result < 0 ? result : answer(to, ret);
}

static int client_sync(void *state)
{
    struct floor_client *client = state;
    struct packet packet;
    return call(client->allocator, FLOOR_SYNC, &packet);
}

/* A fresh pair, whose server end goes out with the request, behind `first` (-1: none). */
static int open_channel(int allocator, enum floor_operation operation, uint32_t argument, int first,
                        int *ret_client_end)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        return -errno;
    }
    const int fds[2] = {first >= 0 ? first : pair[1], first >= 0 ? pair[1] : -1};
    int result = request(allocator, operation, argument, fds);
    *ret_client_end = pair[0];
    return result;
}

static int begin(const struct floor_client *client, struct round *round)
{
    struct packet packet = {.fd_count = 0};
    int result = open_channel(client->allocator, FLOOR_NEW_TOKEN, 0, -1, &round->tokens[0]);
    if (result == 0) {
        result = call(round->tokens[0], FLOOR_DUPLICATE, &packet);
    }
    if (result == 0) {
        round->tokens[1] = packet.fds[0];
    }
    for (uint32_t i = 0; i < SUBJECT_PARTICIPANTS && result == 0; i++) {
        result = open_channel(client->allocator, FLOOR_BIND, i, round->tokens[i],
                              &round->collections[i]);
    }
    return result;
}

static int64_t client_cycle(void *state, uint32_t buffers, struct freed *freed)
{
    struct floor_client *client = state;
    struct round round = {
        .tokens = {-1, -1},
          .collections = {-1, -1}
    };
    int64_t start = stats_now();
    int result = begin(client, &round);
    for (int i = 0; i < SUBJECT_PARTICIPANTS && result == 0; i++) {
        result = request(round.collections[i], FLOOR_SET_CONSTRAINTS, buffers, NULL);
    }
    for (int i = 0; i < SUBJECT_PARTICIPANTS && result == 0; i++) {
        result = call(round.collections[i], FLOOR_WAIT, &client->buffers[i]);
    }
    int64_t pause = stats_now();
    for (uint32_t i = 0; i < buffers && result == 0; i++) {
        result = freed_watch(freed, client->buffers[0].fds[i], i + 1 == buffers);
    }
    int64_t resume = stats_now();
    if (result < 0) {
        return result; /* the run ends, and with it all that is open */
    }
    for (int i = 0; i < SUBJECT_PARTICIPANTS; i++) {
        for (uint32_t j = 0; j < buffers; j++) {
            (void)close(client->buffers[i].fds[j]);
        }
        (void)request(round.collections[i], FLOOR_RELEASE, 0, NULL);
        (void)close(round.collections[i]);
    }
    result = freed_wait(freed);
    return result < 0 ? result : stats_now() - start - (resume - pause);
}

const struct subject floor_subject = {
    .name = "floor",
    .serve = serve,
    .connect = client_connect,
    .disconnect = client_disconnect,
    .sync = client_sync,
    .cycle = client_cycle,
};
