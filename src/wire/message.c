#include "wire/message.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fd.h"

#define FIRST_SIZE 2 /* most messages that have descriptors have one or two */

void message_init(struct message *message, uint32_t ordinal, uint32_t txid)
{
    *message = (struct message){.ordinal = ordinal, .txid = txid};
}

static int grow_attachments(struct message *message)
{
    size_t size = message->attachment_size == 0 ? FIRST_SIZE : message->attachment_size * 2;
    struct attachment *bigger = realloc(message->attachments, size * sizeof(*bigger));
    if (bigger == NULL) {
        return -ENOMEM;
    }
    message->attachments = bigger;
    message->attachment_size = size;
    return 0;
}

int message_attach(struct message *message, const struct attachment *attachment)
{
    int error = 0;
    if (message->attachment_count >= MESSAGE_MAX_ATTACHMENTS) {
        error = -E2BIG;
    } else if (message->attachment_count == message->attachment_size) {
        error = grow_attachments(message);
    }
    if (error != 0) {
        int fd = attachment->fd;
        fd_close(&fd);
        return error;
    }
    message->attachments[message->attachment_count] = *attachment;
    return (int)++message->attachment_count;
}

int message_take_fd(struct message *message, uint32_t slot)
{
    if (slot == 0 || slot > message->attachment_count) {
        return -1;
    }
    return fd_take(&message->attachments[slot - 1].fd);
}

const struct attachment *message_attachment(const struct message *message, uint32_t slot)
{
    return slot == 0 || slot > message->attachment_count ? NULL : &message->attachments[slot - 1];
}

void message_clear(struct message *message)
{
    for (size_t i = 0; i < message->attachment_count; i++) {
        fd_close(&message->attachments[i].fd);
    }
    free(message->attachments);
    free(message->body);
    message_init(message, 0, 0);
}
