/* The Unix socket between two programs of the pipeline: it carries a token once, and then two
 * numbers a frame. Both directions are counted, to show that no picture goes this way. */
#ifndef PIPELINE_LINK_H
#define PIPELINE_LINK_H

#include <stddef.h>
#include <stdint.h>

enum link_kind {
    LINK_HELLO = 1, /* to the source: text is who I am, "filter" or "sink" */
    LINK_START, /* from the source: text is the video's Y4M header line, the descriptor is a token
                 */
    LINK_FRAME, /* this buffer holds this frame: your turn */
    LINK_DONE,  /* I have no more to do with this buffer */
    LINK_END,   /* from the source: that was the last frame */
};

struct link_message {
    uint32_t kind;   /* enum link_kind */
    uint32_t buffer; /* its index in the collection */
    uint64_t frame;  /* counted from 0 */
};

#define LINK_MAX_TEXT 256 /* bytes, with the NUL */

struct link {
    int fd; /* owned; -1: none */
    uint64_t bytes_sent;
    uint64_t bytes_received;
};

/* Listens at `path`, taking a stale socket's place. Who sees the file can connect at once. The
 * descriptor, or -errno. */
int link_listen(const char *path);

/* Takes the next connection. 0 or -errno. */
int link_accept(int listener, struct link *ret);

/* Connects, waiting up to timeout_ms for somebody to listen at `path`. 0; -ETIMEDOUT: nobody came;
 * -errno. */
int link_connect(const char *path, int timeout_ms, struct link *ret);

void link_close(struct link *link);

/* Sends a message with a text ("" for none) and a descriptor (-1 for none), which stays the
 * caller's. 0; -EPIPE: the peer is gone; -errno. */
int link_send(struct link *link, const struct link_message *message, const char *text, int fd);

/* Waits for a message. *ret_fd is -1, or a descriptor that the caller owns; both text and ret_fd
 * may be NULL. 1: there is one; 0: the peer has hung up; -EPROTO: what came is not a message;
 * -errno. */
int link_receive(struct link *link, struct link_message *ret, char text[LINK_MAX_TEXT],
                 int *ret_fd);

#endif
