/* One whole protocol message: an envelope, a body, and the descriptors that belong to it.
 * The format is docs/wire.md. A message owns its descriptors: what nobody takes closes with it. */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX_BYTES       ((size_t)1 << 20) /* of a body, either way */
#define MESSAGE_MAX_ATTACHMENTS 512 /* 128 weak buffers are 256; room for a pair each */

/* A descriptor in a message, and what the message says of it. */
struct attachment {
    int fd;          /* -1: taken */
    uint32_t type;   /* ZX_OBJ_TYPE_*, 0 if not said */
    uint32_t rights; /* ZX_RIGHT_* */
    uint64_t koid;   /* 0 if not said */
    /* The slot of the descriptor that goes with this one; 0: none. Who has the handle keeps both,
     * passes both on, and closes both. It says to its maker, and to nobody else, that the handle is
     * still there: no holder looks into it, nor at what kind of descriptor it is. */
    uint32_t companion;
};

struct message {
    uint32_t ordinal;
    uint32_t txid; /* 0: one-way */
    unsigned char *body;
    size_t body_len;
    struct attachment *attachments;
    size_t attachment_count;
    size_t attachment_size; /* room in attachments[] */
};

/* An empty message. */
void message_init(struct message *message, uint32_t ordinal, uint32_t txid);

/* Adds a descriptor, which the message then owns (also on failure). Returns its slot (1, 2, ...),
 * which is what handle fields hold while a message is encoded, or -ENOMEM, -E2BIG. */
int message_attach(struct message *message, const struct attachment *attachment);

/* Takes the descriptor of a slot out: the caller owns it. -1: no such slot, or taken. */
int message_take_fd(struct message *message, uint32_t slot);

/* The attachment of a slot, or NULL. */
const struct attachment *message_attachment(const struct message *message, uint32_t slot);

/* Closes the descriptors and frees the body; the message is empty then. */
void message_clear(struct message *message);

#endif
