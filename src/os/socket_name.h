/* How a socket is recognised, wherever its descriptor has travelled. The server binds the end that
 * it was given to an abstract name of the end's koid and 128 random bits; the kernel then tells
 * that name to whoever asks the other end for its peer.
 *
 * A name is a look-up, not a proof: /proc/net/unix shows names to everyone in the network
 * namespace, and another namespace can bind the same name again. The proof is a message that the
 * server sends on the received descriptor and finds at its own end.
 *
 * No call here reaches a file system, whatever descriptor a peer has sent: they answer ENOTSOCK
 * instead of waiting for a FUSE server. All are safe on any thread. */
#ifndef OS_SOCKET_NAME_H
#define OS_SOCKET_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct socket_name {
    uint64_t koid; /* of the socket that is bound to the name */
    uint64_t random[2];
};

enum socket_name_outcome {
    SOCKET_NAME_OK = 0,
    SOCKET_NAME_TAKEN = 1,   /* bind: the socket has a name already, its sender's mistake */
    SOCKET_NAME_FOREIGN = 2, /* bind: no channel's end; of_peer: no socket, not connected, or its
                              * peer has no name of ours */
};

/* The number that the kernel gives a socket and never uses again while it runs (SO_COOKIE). 0,
 * -ENOTSOCK, or another -errno. */
int socket_koid(int fd, uint64_t *ret_koid);

/* Whether a descriptor is a Unix SEQPACKET socket, which is what a channel's end must be. False for
 * everything else; whether it is connected shows at the first message. */
bool socket_is_channel_end(int fd);

/* Binds a Unix SEQPACKET socket to a new name. SOCKET_NAME_OK, _TAKEN or _FOREIGN; -errno when the
 * system refuses. */
int socket_name_bind(int fd, struct socket_name *ret_name);

/* The name that the other end of a socket is bound to. SOCKET_NAME_OK or SOCKET_NAME_FOREIGN;
 * -errno when the system refuses. */
int socket_name_of_peer(int fd, struct socket_name *ret_name);

/* Whether the other end of a Unix socket has a name of any kind. An end of a socketpair() that
 * nobody bound has not; the end that called connect() always has, and its SO_PEERCRED tells of
 * whoever listened there instead of its maker. False for one that is not connected. Only for what
 * is known to be a channel's end: other families may wait for their socket's lock. */
bool socket_peer_is_named(int fd);

bool socket_name_equal(const struct socket_name *a, const struct socket_name *b);

/* The text form, without the NUL byte that marks an abstract address: "sysmem/<koid>/<random>",
 * lower-case hexadecimal with leading zeros. */
#define SOCKET_NAME_TEXT_LEN 56

void socket_name_format(const struct socket_name *name, char ret_text[SOCKET_NAME_TEXT_LEN + 1]);

/* Reads exactly what socket_name_format() writes; `text` needs no NUL. False for anything else. */
bool socket_name_parse(const char *text, size_t len, struct socket_name *ret_name);

#endif
