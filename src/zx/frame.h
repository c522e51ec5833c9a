/* What goes over a channel's or an eventpair's socket: docs/handles.md. A frame is a message, with
 * one descriptor for each handle and one for each companion, or a change of signals. What another
 * process sends is judged here. */
#ifndef ZX_FRAME_H
#define ZX_FRAME_H

#include "zx/parcel.h"

/* Each handle may have a companion. The kernel takes 253. */
#define FRAME_MAX_FDS ((size_t)2 * ZX_CHANNEL_MAX_MSG_HANDLES)

struct frame {
    struct list link;
    size_t len;
    size_t fd_count;
    int *fds; /* in the same piece of memory */
    unsigned char bytes[];
};

enum frame_kind {
    FRAME_NONE,    /* nothing to receive now */
    FRAME_END,     /* and there will not be: the other end is gone, or hides what it sends */
    FRAME_FOREIGN, /* something else than a frame of these */
    FRAME_MESSAGE,
    FRAME_SIGNALS,
};

/* The beginning of a frame. */
struct frame_head {
    uint32_t len;          /* FRAME_MESSAGE: bytes of the message, */
    uint32_t handle_count; /* and its handles */
    zx_signals_t clear;    /* FRAME_SIGNALS */
    zx_signals_t set;
};

/* Whether handles can go to another process, and why not: ZX_ERR_NOT_SUPPORTED, ZX_ERR_BAD_STATE.
 */
zx_status_t parcel_can_leave(const struct parcel *parcel);

/* Makes a frame of a message, which it takes in every case. */
zx_status_t frame_from_parcel(struct parcel *parcel, struct frame **ret_frame);

/* NULL: no memory. */
struct frame *frame_from_signals(zx_signals_t clear, zx_signals_t set);

/* Closes its descriptors, too. NULL is fine. */
void frame_free(struct frame *frame);

/* Sends without blocking: 0 or -errno. The frame is still the caller's, to free or to try again.
 */
int frame_send(int fd, const struct frame *frame);

/* What comes next on a socket; it stays there. */
enum frame_kind frame_peek(int fd, struct frame_head *ret_head);

/* Receives the next frame, which was seen to be a message. The handles' rights are cut to what
 * their descriptors can do. ZX_ERR_INVALID_ARGS: it is malformed, or its handles are, which are
 * closed; ZX_ERR_NO_RESOURCES, ZX_ERR_NO_MEMORY: it is lost. ZX_ERR_SHOULD_WAIT: another process
 * took it. */
zx_status_t frame_receive(int fd, const struct frame_head *head, struct parcel **ret_parcel);

/* Receives the next frame and forgets it. False: descriptors came along. */
bool frame_skip(int fd);

#endif
