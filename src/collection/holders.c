#include "collection/holders.h"

#include "collection/internal.h"

/* Those that are told one by one. */
#define NAMED 8

struct holders {
    const struct collection *named[NAMED]; /* most bytes first */
    size_t named_count;
    uint64_t other_bytes;
    uint64_t other_count;
};

static uint64_t held_bytes(const struct collection *collection)
{
    return buffer_set_vmo_bytes(collection->buffers) * buffer_set_remaining(collection->buffers);
}

static void add_other(struct holders *holders, const struct collection *collection)
{
    holders->other_bytes += held_bytes(collection);
    holders->other_count++;
}

static void add_named(struct holders *holders, const struct collection *collection)
{
    size_t at = holders->named_count;
    if (at == NAMED && held_bytes(holders->named[NAMED - 1]) >= held_bytes(collection)) {
        add_other(holders, collection);
        return;
    }
    if (at == NAMED) {
        add_other(holders, holders->named[--at]);
    } else {
        holders->named_count++;
    }
    for (; at > 0 && held_bytes(holders->named[at - 1]) < held_bytes(collection); at--) {
        holders->named[at] = holders->named[at - 1];
    }
    holders->named[at] = collection;
}

/* Whoever takes part in a collection reads what it is told. */
static bool has_other_uids(const struct collection *collection)
{
    bool others = !uid_counts_are_complete(&collection->uids);
    for (size_t i = 0; i < UID_COUNTS_MAX; i++) {
        others |= collection->uids.uids[i].nodes > 0 &&
                  collection->uids.uids[i].uid != collection->account->uid;
    }
    return others;
}

static bool may_see(const struct collection *viewer, const struct collection *collection)
{
    return viewer == NULL || (viewer->account == collection->account && !has_other_uids(viewer));
}

static bool holds(const struct collection *collection, const struct heap *heap)
{
    return collection->buffers != NULL && buffer_set_heap(collection->buffers) == heap &&
           buffer_set_remaining(collection->buffers) > 0;
}

static void print(const struct holders *holders, struct strbuf *text)
{
    for (size_t i = 0; i < holders->named_count; i++) {
        const struct collection *collection = holders->named[i];
        strbuf_addf(text, i == 0 ? "" : ", ");
        collection_add_label(collection, text);
        strbuf_addf(text, " %llu bytes in %u buffers", (unsigned long long)held_bytes(collection),
                    buffer_set_remaining(collection->buffers));
    }
    if (holders->other_count > 0) {
        strbuf_addf(text, "%s%llu other collections %llu bytes",
                    holders->named_count == 0 ? "" : ", ", (unsigned long long)holders->other_count,
                    (unsigned long long)holders->other_bytes);
    } else if (holders->named_count == 0) {
        strbuf_addf(text, "nobody else");
    }
}

void holders_describe(const struct collection_table *table, const struct heap *heap,
                      const struct collection *viewer, struct strbuf *text)
{
    struct holders holders = {0};
    list_for_each (link, &table->collections) {
        const struct collection *collection = container_of(link, struct collection, link);
        if ((viewer != NULL && viewer->id == collection->id) || !holds(collection, heap)) {
            continue;
        }
        if (may_see(viewer, collection)) {
            add_named(&holders, collection);
        } else {
            add_other(&holders, collection);
        }
    }
    print(&holders, text);
}
