#include "server/server_end.h"

#include <sys/socket.h>

#include "os/socket_name.h"
#include "server/closer.h"

struct owner {
    struct account *account;
    pid_t pid;
    uid_t maker; /* of the socket; -1: this daemon, or nobody */
};

/* Who answers for a channel: for a token's, the maker of the pair, wherever its ends have
 * travelled; else, and for pairs that this daemon made, whoever asked for it. The socket is an end
 * of a pair, or not connected: then nobody made it (uid -1). */
static bool find_owner(const struct binding *from, enum model_protocol protocol, int fd,
                       struct owner *ret)
{
    struct ucred maker = {0};
    socklen_t len = sizeof(maker);
    bool made = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &maker, &len) == 0 &&
                maker.uid != (uid_t)-1 && maker.pid != from->server->pid;
    bool answers = made && protocol == MODEL_PROTOCOL_TOKEN;
    ret->account = account_ref(&from->server->accounts, answers ? maker.uid : from->uid);
    ret->pid = answers ? maker.pid : from->pid;
    ret->maker = made ? maker.uid : (uid_t)-1;
    return ret->account != NULL;
}

/* Names the server end. NULL, or what is wrong with it. */
static const char *name_server_end(int fd, struct socket_name *ret)
{
    switch (socket_name_bind(fd, ret)) {
    case SOCKET_NAME_OK:
        /* Who connected to another's socket could have that other one charged. */
        return !socket_peer_is_named(fd) ? NULL
                                         : "wanted the server end of a channel, one of a "
                                           "socketpair(), got a socket that is connected to a name";
    case SOCKET_NAME_FOREIGN:
        return "wanted the server end of a channel, a Unix SEQPACKET socket, got another kind of "
               "descriptor";
    case SOCKET_NAME_TAKEN:
        return "the server end is bound to a name already";
    default:
        return "the system refused a name for the server end";
    }
}

struct binding *server_end_park(struct binding *from, enum model_protocol protocol, int fd,
                                const char **ret_why)
{
    struct socket_name name;
    *ret_why = name_server_end(fd, &name);
    if (*ret_why != NULL) {
        closer_close(from->uid, fd);
        return NULL;
    }
    struct owner owner;
    if (!find_owner(from, protocol, fd, &owner)) {
        *ret_why = "no memory for one more user";
        closer_close(from->uid, fd);
        return NULL;
    }
    if (!account_charge(owner.account, ACCOUNT_DESCRIPTORS, 1)) {
        *ret_why = account_refusal(owner.account, ACCOUNT_DESCRIPTORS, 1);
        closer_close(from->uid, fd);
        (void)account_unref(owner.account);
        return NULL;
    }
    struct binding *binding = binding_new(from->server, protocol, fd, owner.account);
    (void)account_unref(owner.account);
    if (binding == NULL) {
        *ret_why = "the system refused to watch one more channel";
        return NULL;
    }
    binding->name = name;
    binding->pid = owner.pid;
    binding->maker = owner.maker;
    binding->sender = from->uid;
    binding->foreign = !receiver_trusts(owner.maker) || !receiver_trusts(from->uid);
    binding->stream.is_shared = binding->foreign;
    return binding;
}

struct binding *server_end_serve(struct binding *from, enum model_protocol protocol, int fd,
                                 const char **ret_why)
{
    struct binding *binding = server_end_park(from, protocol, fd, ret_why);
    if (binding != NULL) {
        binding_watch(binding);
    }
    return binding;
}
