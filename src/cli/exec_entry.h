/* The names of one `sysmemctl exec` session and what they stand for: handles, protocol objects,
 * mappings. One set of names for all. Not thread-safe. */
#ifndef CLI_EXEC_ENTRY_H
#define CLI_EXEC_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include <sysmem/handle.h>
#include <zircon/syscalls.h>

#include "base/list.h"
#include "base/map.h"
#include "client/channel.h"
#include "model/method.h"

enum entry_kind {
    ENTRY_HANDLE,  /* .handle */
    ENTRY_CHANNEL, /* .channel: a handle that has been called on, and became one */
    ENTRY_MAPPING, /* .mapping */
};

struct mapping {
    zx_vaddr_t address;
    uint64_t length; /* bytes */
    zx_vm_option_t perms;
};

struct entry {
    struct list link;   /* of entry_table.entries, in the order of making */
    struct entry *next; /* with the same hash */
    char *name;
    enum entry_kind kind;
    enum model_protocol protocol; /* what its far end speaks; MODEL_PROTOCOL_NONE: a plain handle */
    zx_handle_t handle;
    struct channel *channel;
    enum model_protocol spoken;     /* the protocol that .channel was made for */
    struct sysmem_handle_info info; /* what the handle was before it became .channel */
    struct mapping mapping;
};

struct entry_table {
    struct list entries;
    struct map by_hash;
    uint64_t last_fresh; /* the N of the last fresh name hN */
};

void entry_table_init(struct entry_table *table);

/* Closes and unmaps everything. */
void entry_table_deinit(struct entry_table *table);

/* The entry of a name, or NULL. */
struct entry *entry_find(const struct entry_table *table, const char *name);

/* Whether a request may choose this name: not empty, not taken, not of the form of a fresh one. */
bool entry_name_is_free(const struct entry_table *table, const char *name);

/* Adds a copy of *value (its name aside) under `name`, which must be free, or under a fresh name
 * when that is NULL. The entry then owns what *value refers to. NULL: no memory; *value has been
 * closed. */
struct entry *entry_add(struct entry_table *table, const char *name, const struct entry *value);

/* Takes the entry out of the table, closing or unmapping what it stands for. */
void entry_remove(struct entry_table *table, struct entry *entry);

/* Takes the entry out of the table and its handle out of it: the caller owns *ret. A channel's
 * pending calls end. Not for mappings. On failure the entry is gone all the same. */
zx_status_t entry_take_handle(struct entry_table *table, struct entry *entry, zx_handle_t *ret);

/* A handle that shows the state of the entry's object, for waiting and asking: the entry's own, or
 * a second one to the same socket. End with entry_return_handle(). Not for mappings. */
zx_status_t entry_borrow_handle(const struct entry *entry, zx_handle_t *ret);
void entry_return_handle(const struct entry *entry, zx_handle_t handle);

/* Makes a channel that speaks `protocol` of the entry, if it isn't one yet. On failure the entry's
 * handle is gone, and the entry with it. Not for mappings. */
zx_status_t entry_open_channel(struct entry_table *table, struct entry *entry,
                               enum model_protocol protocol);

/* Whether a name stands for an object of a protocol, or could: a plain handle. */
static inline bool entry_is_object(const struct entry *entry)
{
    return entry->protocol != MODEL_PROTOCOL_NONE;
}

#endif
