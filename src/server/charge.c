#include "server/charge.h"

#include "server/unread.h"

const char *charge_descriptors(struct binding *binding, size_t more)
{
    if (unread_charge(binding, more)) {
        return NULL;
    }
    binding->overdrawn = true;
    uint64_t wanted = 1 + stream_held_descriptors(&binding->stream) + binding->stream.out_unread;
    return account_refusal(binding->account, ACCOUNT_DESCRIPTORS,
                           wanted + more - binding->charged_descriptors);
}

const char *charge_all(struct binding *binding)
{
    const struct stream *stream = &binding->stream;
    uint64_t bytes = stream_held_bytes(stream) + binding->wait_size * sizeof(*binding->waits);
    const char *why = charge_descriptors(binding, 0);
    if (why != NULL) {
        return why;
    }
    if (!account_recharge(binding->account, ACCOUNT_MESSAGE_BYTES, &binding->charged_bytes,
                          bytes)) {
        binding->overdrawn = true;
        return account_refusal(binding->account, ACCOUNT_MESSAGE_BYTES,
                               bytes - binding->charged_bytes);
    }
    return NULL;
}
