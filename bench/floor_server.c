/* The floor's server. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "floor.h"
#include "packet.h"
#include "subject.h"

#define MAX_EVENTS 64

struct server {
    int epoll;
    int tokens[SUBJECT_PARTICIPANTS];      /* server ends */
    int collections[SUBJECT_PARTICIPANTS]; /* server ends; -1: closed */
    uint32_t wanted;                       /* buffers */
    uint32_t buffer_count;
    int buffers[FLOOR_MAX_BUFFERS];
};

static int listen_to(struct server *server, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int reopen(int fd, int mode)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int copy = open(path, mode | O_CLOEXEC);
    return copy < 0 ? -errno : copy;
}

/* One committed buffer, held by a description of the server's own. */
static int make_buffer(void)
{
    int fd = memfd_create("floor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return -errno;
    }
    int copy = fallocate(fd, 0, 0, SUBJECT_BUFFER_BYTES) < 0 ? -errno : reopen(fd, O_RDWR);
    (void)close(fd);
    return copy;
}

static int make_buffers(struct server *server)
{
    while (server->buffer_count < server->wanted) {
        int fd = make_buffer();
        if (fd < 0) {
            return fd;
        }
        server->buffers[server->buffer_count++] = fd;
    }
    return 0;
}

/* Answers a wait with a fresh description of each buffer. */
static int deliver(struct server *server, int to, struct packet *packet)
{
    int result = make_buffers(server);
    packet->body_len = FLOOR_SETTINGS_BODY;
    packet->fd_count = 0;
    while (result == 0 && packet->fd_count < server->buffer_count) {
        int fd = reopen(server->buffers[packet->fd_count], O_RDWR);
        if (fd < 0) {
            result = fd;
        } else {
            packet->fds[packet->fd_count++] = fd;
        }
    }
    if (result == 0) {
        result = packet_send(to, packet);
    }
    for (size_t i = 0; i < packet->fd_count; i++) {
        (void)close(packet->fds[i]);
    }
    return result;
}

static int duplicate(struct server *server, int to, struct packet *packet)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        return -errno;
    }
    server->tokens[1] = pair[0];
    packet->fds[0] = pair[1];
    packet->fd_count = 1;
    int result = listen_to(server, pair[0]);
    if (result == 0) {
        result = packet_send(to, packet);
    }
    (void)close(pair[1]);
    return result;
}

static int bind_token(struct server *server, const struct packet *packet)
{
    if (packet->argument >= SUBJECT_PARTICIPANTS || packet->fd_count != 2) {
        return -EPROTO;
    }
    (void)close(packet->fds[0]);
    (void)close(server->tokens[packet->argument]);
    server->collections[packet->argument] = packet->fds[1];
    return listen_to(server, packet->fds[1]);
}

static int handle(struct server *server, int from, struct packet *packet)
{
    switch ((enum floor_operation)packet->operation) {
    case FLOOR_SYNC:
        return packet_send(from, packet);
    case FLOOR_NEW_TOKEN:
        server->tokens[0] = packet->fds[0];
        return packet->fd_count == 1 ? listen_to(server, packet->fds[0]) : -EPROTO;
    case FLOOR_DUPLICATE:
        return duplicate(server, from, packet);
    case FLOOR_BIND:
        return bind_token(server, packet);
    case FLOOR_SET_CONSTRAINTS:
        server->wanted = packet->argument;
        return server->wanted <= FLOOR_MAX_BUFFERS ? 0 : -EPROTO;
    case FLOOR_WAIT:
        return deliver(server, from, packet);
    case FLOOR_RELEASE:
        return 0;
    }
    return -EPROTO;
}

/* A socket was closed; with the last collection the buffers go. */
static void hang_up(struct server *server, int fd)
{
    bool in_use = false;
    for (int i = 0; i < SUBJECT_PARTICIPANTS; i++) {
        if (server->collections[i] == fd) {
            server->collections[i] = -1;
        }
        in_use = in_use || server->collections[i] >= 0;
    }
    (void)close(fd);
    for (uint32_t i = 0; i < server->buffer_count && !in_use; i++) {
        (void)close(server->buffers[i]);
    }
    server->buffer_count = in_use ? server->buffer_count : 0;
}

void floor_serve(int listener)
{
    struct server server = {
        .epoll = epoll_create1(EPOLL_CLOEXEC), .collections = {-1, -1}
    };
    int result = server.epoll < 0 ? -errno : listen_to(&server, listener);
    while (result == 0) {
        struct epoll_event events[MAX_EVENTS];
        int count = epoll_wait(server.epoll, events, MAX_EVENTS, -1);
        for (int i = 0; i < count && result == 0; i++) {
            struct packet packet;
            int fd = events[i].data.fd;
            if (fd == listener) {
                int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                result = accepted < 0 ? -errno : listen_to(&server, accepted);
                continue;
            }
            result = packet_receive(fd, &packet);
            if (result == 0) {
                hang_up(&server, fd);
            } else if (result == 1) {
                result = handle(&server, fd, &packet);
            }
        }
    }
    (void)fprintf(stderr, "floor: the server stopped: error %d\n", -result);
}
