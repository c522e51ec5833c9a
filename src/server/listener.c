/* The listening socket: who may connect, and what becomes of a stale socket file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "server/binding.h"
#include "server/closer.h"
#include "server/internal.h"

#define BACKLOG         256
#define LISTEN_AGAIN_MS 100 /* when there was no descriptor left, not even the spare one */

/* Whether somebody accepts connections at the address. */
static bool is_live(const struct sockaddr_un *address)
{
    FD_CLEANUP int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
                       errno == EAGAIN || errno == EPROTOTYPE);
}

/* What the system refused: -errno, with the reason in the log. */
static int refused(const char *path, const char *what)
{
    int error = errno;
    log_error("%s: %s: %s", path, what, strerror(error));
    return -error;
}

/* Makes way for bind(): 0, or -errno with the reason in the log. Only a socket that nobody serves
 * is removed. */
static int remove_stale(const struct sockaddr_un *address)
{
    struct stat st;
    if (lstat(address->sun_path, &st) != 0) {
        return errno == ENOENT ? 0 : refused(address->sun_path, "looking for a former socket");
    }
    if (!S_ISSOCK(st.st_mode)) {
        log_error("%s: wanted a socket or nothing there, got another kind of file",
                  address->sun_path);
        return -EEXIST;
    }
    if (is_live(address)) {
        log_error("%s: another daemon listens there: stop it, or give another --socket",
                  address->sun_path);
        return -EADDRINUSE;
    }
    log_info("%s: replacing the socket that a former daemon left behind", address->sun_path);
    return unlink(address->sun_path) == 0
               ? 0
               : refused(address->sun_path, "removing the former socket");
}

int listener_open(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        log_error("%s: wanted a path of at most %zu bytes, got %zu", path,
                  sizeof(address.sun_path) - 1, strlen(path));
        return -ENAMETOOLONG;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int failed = remove_stale(&address);
    if (failed != 0) {
        return failed;
    }
    FD_CLEANUP int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return refused(path, "making a socket");
    }
    /* The mode must hold from the first moment on, so it comes from the umask. */
    mode_t before = umask(0117);
    bool bound = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    (void)umask(before);
    if (!bound) {
        return refused(path, "binding the socket");
    }
    if (listen(fd, BACKLOG) != 0) {
        failed = refused(path, "listening");
        (void)unlink(path);
        return failed;
    }
    return fd_take(&fd);
}

/* Why a connection of this uid is not served, or NULL with the connection charged. */
static const char *admit(struct account *account)
{
    if (account == NULL) {
        return "no memory for one more user";
    }
    if (closer_is_choked(account->uid)) {
        return "too many descriptors of a wrong kind, sent by this uid, hang in close()";
    }
    if (!account_charge(account, ACCOUNT_CONNECTIONS, 1)) {
        return account_refusal(account, ACCOUNT_CONNECTIONS, 1);
    }
    if (!account_charge(account, ACCOUNT_DESCRIPTORS, 1)) {
        account_discharge(account, ACCOUNT_CONNECTIONS, 1);
        return account_refusal(account, ACCOUNT_DESCRIPTORS, 1);
    }
    return NULL;
}

/* One message with the reason, then the end. */
static void refuse(int fd, const struct ucred *peer, const char *why)
{
    log_warning("connection of pid %d uid %u refused: %s", (int)peer->pid, (unsigned)peer->uid,
                why);
    struct message message;
    message_init(&message, ENVELOPE_REFUSED, 0);
    struct stream stream;
    stream_init(&stream, fd, 0);
    message.body = (unsigned char *)strdup(why);
    message.body_len = message.body == NULL ? 0 : strlen(why);
    (void)stream_send(&stream, &message);
    (void)shutdown(fd, SHUT_RDWR);
    closer_close_channel(peer->uid, fd_take(&stream.fd));
    stream_deinit(&stream);
}

static void serve(struct server *server, int fd, const struct ucred *peer)
{
    struct account *account = account_ref(&server->accounts, peer->uid);
    const char *why = admit(account);
    if (why != NULL) {
        refuse(fd, peer, why);
        (void)account_unref(account);
        return;
    }
    struct binding *binding = binding_new(server, MODEL_PROTOCOL_ALLOCATOR, fd, account);
    if (binding == NULL) {
        log_error("connection of pid %d uid %u: %s", (int)peer->pid, (unsigned)peer->uid,
                  strerror(errno));
        account_discharge(account, ACCOUNT_CONNECTIONS, 1);
    } else {
        binding->pid = peer->pid;
        binding_watch(binding);
        log_debug("%s: connected", binding_describe(binding));
    }
    (void)account_unref(account);
}

static void meet(struct server *server, int fd)
{
    struct ucred peer = {0};
    socklen_t len = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) {
        fd_close(&fd);
        return;
    }
    log_begin_cause(peer.uid);
    serve(server, fd, &peer);
    log_end_cause();
}

static void on_connection(uv_poll_t *poll, int status, int events);

static void on_listen_again(uv_timer_t *timer)
{
    struct server *server = timer->data;
    (void)uv_poll_start(&server->listener, UV_READABLE, on_connection);
}

/* Without descriptors left, a connection can neither be accepted nor does it go away: the spare one
 * makes room to accept and close it. */
static void turn_away(struct server *server)
{
    if (server->spare_fd < 0) { /* taken by a thread meanwhile: better wait than spin */
        (void)uv_poll_stop(&server->listener);
        (void)uv_timer_start(&server->listen_again, on_listen_again, LISTEN_AGAIN_MS, 0);
    }
    log_error("a connection is turned away: this daemon has no descriptor left");
    fd_close(&server->spare_fd);
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    fd_close(&fd);
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct server *server = poll->data;
    (void)events;
    if (status < 0) {
        log_error("listening: %s", uv_strerror(status));
        return;
    }
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        meet(server, fd);
    } else if (errno == EMFILE || errno == ENFILE) {
        turn_away(server);
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        log_error("accepting a connection: %s", strerror(errno));
    }
}

int listener_start(struct server *server)
{
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (server->spare_fd < 0) {
        return -errno;
    }
    server->listen_again.data = server;
    int failed = uv_timer_init(&server->loop, &server->listen_again);
    if (failed == 0) {
        failed = uv_poll_init(&server->loop, &server->listener, server->listen_fd);
    }
    if (failed == 0) {
        server->listener.data = server;
        failed = uv_poll_start(&server->listener, UV_READABLE, on_connection);
    }
    return failed;
}
