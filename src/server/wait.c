#include "server/wait.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sysmem/usage.h>
#include <zircon/rights.h>
#include <zircon/types.h>

#include "base/fd.h"
#include "base/log.h"
#include "model/requests.h"
#include "os/koid.h"
#include "server/chore.h"
#include "server/dispatch.h"
#include "server/reasons.h"
#include "server/vmo_rights.h"
#include "wire/message.h"

const char *wait_add(struct binding *binding, uint32_t txid)
{
    uint32_t most = binding->server->config->quotas.max_pending_calls_per_connection;
    if (binding->wait_count >= most) {
        static char text[96];
        (void)snprintf(text, sizeof(text),
                       "max_pending_calls_per_connection: wanted 1 more, but %u of %u wait", most,
                       most);
        return text;
    }
    if (binding->wait_count == binding->wait_size) {
        size_t size = binding->wait_size == 0 ? 4 : binding->wait_size * 2;
        uint32_t *waits = realloc(binding->waits, size * sizeof(*waits));
        if (waits == NULL) {
            return "no memory for a pending call";
        }
        binding->waits = waits;
        binding->wait_size = size;
    }
    binding->waits[binding->wait_count++] = txid;
    return NULL;
}

/* Puts what travels with the handle in `slot` into the message, too; `slot` may be an error. */
static int attach_companion(struct message *message, int slot, int fd)
{
    int companion = message_attach(message, &(struct attachment){.fd = fd});
    if (slot > 0 && companion > 0) {
        message->attachments[slot - 1].companion = (uint32_t)companion;
    }
    return companion;
}

/* Puts a fresh handle to buffer `index` into the message. 0, or -errno. */
static int attach_buffer(struct message *message, const struct node *node, uint32_t index,
                         zx_handle_t *ret_slot)
{
    struct buffer_set *buffers = collection_of(node)->buffers;
    uint32_t rights = vmo_rights(node);
    if ((rights & ZX_RIGHT_TRANSFER) == 0) {
        return -EACCES; /* attenuated until it cannot even be sent */
    }
    struct attachment attachment = {
        .fd = -1,
        .type = ZX_OBJ_TYPE_VMO,
        .rights = rights,
        .koid = node->weak ? koid_new() : buffer_set_koid(buffers, index),
    };
    const struct buffer_handle handle = {
        .writable = (rights & ZX_RIGHT_WRITE) != 0,
        .weak = node->weak,
        .holder = node->participant,
    };
    struct buffer_handle_fds fds;
    int opened = buffer_set_open(buffers, index, &handle, &fds);
    if (opened < 0) {
        return opened;
    }
    attachment.fd = fds.fd;
    int slot = message_attach(message, &attachment);
    int companion = fds.companion < 0 ? 0 : attach_companion(message, slot, fds.companion);
    if (slot < 0 || companion < 0) {
        return slot < 0 ? slot : companion;
    }
    *ret_slot = (zx_handle_t)slot;
    return 0;
}

/* Puts the close_weak_asap of a buffer that still exists into the message. 0, or -errno. */
static int attach_close_weak_asap(struct message *message, const struct node *node, uint32_t index,
                                  struct sysmem_vmo_buffer *entry)
{
    struct attachment attachment = {
        .fd = -1,
        .type = ZX_OBJ_TYPE_EVENTPAIR,
        .rights = ZX_DEFAULT_EVENTPAIR_RIGHTS,
    };
    int made = buffer_set_close_weak_asap(collection_of(node)->buffers, index, &attachment.fd,
                                          &attachment.koid);
    if (made < 0) {
        return made == -ESTALE ? 0 : made;
    }
    int slot = message_attach(message, &attachment);
    if (slot < 0) {
        return slot;
    }
    SYSMEM_SET(entry, close_weak_asap, (zx_handle_t)slot);
    return 0;
}

/* One entry of a participant's list of buffers. 0, or -errno. */
static int fill_entry(struct message *message, struct node *node, uint32_t index,
                      struct sysmem_vmo_buffer *entry)
{
    SYSMEM_SET(entry, vmo_usable_start, 0);
    if (vmo_is_wanted(node)) {
        int attached = attach_buffer(message, node, index, &entry->vmo);
        bool gone = node->weak && attached == -ESTALE; /* the entry comes without a VMO then */
        if (attached < 0 && !gone) {
            return attached;
        }
        entry->has.vmo = !gone;
    }
    return node->weak ? attach_close_weak_asap(message, node, index, entry) : 0;
}

/* Sends one participant's view of the result. False: the node failed on it. */
static bool answer_with_buffers(struct binding *binding, const struct model_method *method,
                                uint32_t txid)
{
    struct node *node = binding->node;
    const struct collection *collection = collection_of(node);
    struct sysmem_vmo_buffer entries[SYSMEM_MAX_COUNT_BUFFER_COLLECTION_INFO_BUFFERS] = {0};
    struct model_collection_wait_for_all_buffers_allocated_response response = {0};
    struct message message;
    message_init(&message, method->ordinal, txid);
    for (uint32_t i = 0; i < collection->buffer_count; i++) {
        int attached = fill_entry(&message, node, i, &entries[i]);
        if (attached < 0) {
            char why[128];
            (void)snprintf(why, sizeof(why), "no handle to buffer %u could be made: %s", i,
                           strerror(-attached));
            message_clear(&message);
            binding_fail(binding, why);
            return false;
        }
    }
    struct sysmem_buffer_collection_info *info = &response.buffer_collection_info;
    SYSMEM_SET(info, settings, collection->settings);
    SYSMEM_SET_VECTOR(info, buffers, entries, collection->buffer_count);
    SYSMEM_SET(info, buffer_collection_id, collection->id);
    response.has.buffer_collection_info = true;
    binding_reply(binding, method, 0, &response, &message);
    return binding->state == BINDING_OPEN;
}

static const struct model_method *wait_method(void)
{
    return model_method_by_name(MODEL_PROTOCOL_COLLECTION, "WaitForAllBuffersAllocated");
}

void wait_answer_soon(struct binding *binding)
{
    binding->waits_due = binding->wait_count > 0;
    if (binding->waits_due) {
        chore_add(binding);
    }
}

/* The oldest one. */
static uint32_t take_wait(struct binding *binding)
{
    uint32_t txid = binding->waits[0];
    binding->wait_count--;
    memmove(binding->waits, binding->waits + 1, binding->wait_count * sizeof(*binding->waits));
    return txid;
}

bool wait_answer_one(struct binding *binding)
{
    if (!binding->waits_due) {
        return false;
    }
    uint32_t txid = take_wait(binding);
    binding->waits_due = binding->wait_count > 0;
    return answer_with_buffers(binding, wait_method(), txid) && binding->waits_due;
}

static void fail_with_reasons(struct binding *binding, const struct model_method *method,
                              struct message *message)
{
    const struct reasons_reader reader = {
        .node = binding->waits_node,
        .uid = binding->uid,
        .sees_names = binding->uid == 0 || binding->server->config->debug.show_client_names,
    };
    struct reasons reasons;
    reasons_tell(binding->waits_failure, &reader, &reasons);
    binding_reply_failure(binding, method, binding->waits_error, &reasons.table, message);
}

bool wait_fail_one(struct binding *binding)
{
    if (binding->wait_count == 0) {
        return false;
    }
    const struct model_method *method = wait_method();
    struct message message;
    message_init(&message, method->ordinal, take_wait(binding));
    /* Who does not read gets no more than the error, which the queue has room for. */
    if (binding->waits_failure == NULL || stream_held_bytes(&binding->stream) > 0) {
        binding_reply(binding, method, binding->waits_error, NULL, &message);
    } else {
        fail_with_reasons(binding, method, &message);
    }
    return true;
}
