/* What a collection hears of its buffers, and when it lets go of them. */
#include "base/fd.h"
#include "base/log.h"
#include "collection/internal.h"

void collection_give_back(struct collection *collection, uint64_t bytes, uint64_t descriptors)
{
    account_discharge(collection->account, ACCOUNT_BUFFER_BYTES, bytes);
    account_discharge(collection->account, ACCOUNT_DESCRIPTORS, descriptors);
    collection->charged_bytes -= bytes;
    collection->charged_descriptors -= descriptors;
}

static void on_populated(void *owner, int status)
{
    struct collection *collection = owner;
    collection->populated = true;
    collection->populate_status = status;
    if (collection->buffers != NULL) {
        collection_populate_ended(collection);
    }
}

static void on_buffer_strong_gone(void *owner, uint32_t index)
{
    collection_weak_overdue(owner, index);
}

static void on_strong_gone(void *owner)
{
    struct collection *collection = owner;
    if (collection->root != NULL) {
        log_info("collection %llu: the last strong VMO is gone; the collection ends",
                 (unsigned long long)collection->id);
        collection_fail_down(collection->root, "the last strong VMO is gone");
    }
}

static void on_freed(void *owner, uint32_t index)
{
    struct collection *collection = owner;
    log_debug("collection %llu: buffer %u is free", (unsigned long long)collection->id, index);
    collection_give_back(collection, buffer_set_vmo_bytes(collection->buffers),
                         buffer_descriptors(buffer_set_heap(collection->buffers)));
    collection_check_lifetimes(collection);
}

static void on_all_freed(void *owner)
{
    struct collection *collection = owner;
    log_debug("collection %llu: all memory is given back", (unsigned long long)collection->id);
    collection_bury(collection);
}

/* Whoever made the collection answers for what its participants do to it. */
static void close_shared(void *owner, int fd)
{
    const struct collection *collection = owner;
    const struct collection_table_config *config = &collection->table->config;
    if (config->close_shared != NULL) {
        config->close_shared(collection->account->uid, fd);
    } else {
        fd_close(&fd);
    }
}

const struct buffer_owner_ops collection_buffer_ops = {
    .populated = on_populated,
    .buffer_strong_gone = on_buffer_strong_gone,
    .strong_gone = on_strong_gone,
    .freed = on_freed,
    .all_freed = on_all_freed,
    .close_shared = close_shared,
};

void collection_let_go(struct collection *collection)
{
    if (!collection->let_go) {
        collection->let_go = true;
        buffer_set_drop_strong(collection->buffers);
    }
}

void collection_buffers_unneeded(struct collection *collection)
{
    bool being_made = collection->buffers != NULL && !collection->populated;
    if (being_made) {
        return; /* collection_populate_ended() sees that no node is left */
    }
    if (collection->buffers != NULL && collection->populate_status == 0) {
        collection_let_go(collection);
    } else {
        collection_bury(collection);
    }
}
