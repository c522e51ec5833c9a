#include "cli/exec_entry.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

void entry_table_init(struct entry_table *table)
{
    *table = (struct entry_table){0};
    list_init(&table->entries);
}

void entry_table_deinit(struct entry_table *table)
{
    while (!list_is_empty(&table->entries)) {
        entry_remove(table, container_of(table->entries.next, struct entry, link));
    }
    map_deinit(&table->by_hash);
}

/* FNV-1a. */
static uint64_t hash_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (; *name != '\0'; name++) {
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3ULL;
    }
    return hash;
}

struct entry *entry_find(const struct entry_table *table, const char *name)
{
    struct entry *entry = map_get(&table->by_hash, hash_of(name));
    while (entry != NULL && strcmp(entry->name, name) != 0) {
        entry = entry->next;
    }
    return entry;
}

static bool is_fresh_form(const char *name)
{
    return name[0] == 'h' && name[1] != '\0' && name[1 + strspn(name + 1, "0123456789")] == '\0';
}

bool entry_name_is_free(const struct entry_table *table, const char *name)
{
    return name[0] != '\0' && !is_fresh_form(name) && entry_find(table, name) == NULL;
}

/* Closes what an entry stands for. */
static void entry_close(struct entry *entry)
{
    switch (entry->kind) {
    case ENTRY_HANDLE:
        (void)zx_handle_close(entry->handle);
        break;
    case ENTRY_CHANNEL:
        channel_free(entry->channel);
        break;
    case ENTRY_MAPPING:
        (void)zx_vmar_unmap(zx_vmar_root_self(), entry->mapping.address, entry->mapping.length);
        break;
    }
}

static char *make_name(struct entry_table *table, const char *given)
{
    if (given != NULL) {
        return strdup(given);
    }
    char fresh[24];
    (void)snprintf(fresh, sizeof(fresh), "h%" PRIu64, ++table->last_fresh);
    return strdup(fresh);
}

struct entry *entry_add(struct entry_table *table, const char *name, const struct entry *value)
{
    struct entry *entry = malloc(sizeof(*entry));
    char *copy = make_name(table, name);
    struct entry closing = *value;
    if (entry != NULL && copy != NULL) {
        *entry = *value;
        entry->name = copy;
        assert(entry_find(table, copy) == NULL);
        entry->next = map_get(&table->by_hash, hash_of(copy));
        if (map_put(&table->by_hash, hash_of(copy), entry)) {
            list_append(&table->entries, &entry->link);
            return entry;
        }
    }
    entry_close(&closing);
    free(copy);
    free(entry);
    return NULL;
}

/* Takes an entry out of the table without closing what it stands for, and frees it. */
static void entry_forget(struct entry_table *table, struct entry *entry)
{
    uint64_t hash = hash_of(entry->name);
    struct entry *first = map_get(&table->by_hash, hash);
    if (first != entry) {
        while (first->next != entry) {
            first = first->next;
        }
        first->next = entry->next;
    } else if (entry->next == NULL) {
        (void)map_take(&table->by_hash, hash);
    } else {
        /* Replaces a key that is there, which needs no memory. */
        (void)map_take(&table->by_hash, hash);
        (void)map_put(&table->by_hash, hash, entry->next);
    }
    list_remove(&entry->link);
    free(entry->name);
    free(entry);
}

void entry_remove(struct entry_table *table, struct entry *entry)
{
    entry_close(entry);
    entry_forget(table, entry);
}

zx_status_t entry_take_handle(struct entry_table *table, struct entry *entry, zx_handle_t *ret)
{
    assert(entry->kind != ENTRY_MAPPING);
    zx_status_t status = ZX_OK;
    if (entry->kind == ENTRY_CHANNEL) {
        status = sysmem_handle_from_fd(channel_into_fd(entry->channel), &entry->info, ret);
    } else {
        *ret = entry->handle;
    }
    entry_forget(table, entry);
    return status;
}

zx_status_t entry_borrow_handle(const struct entry *entry, zx_handle_t *ret)
{
    assert(entry->kind != ENTRY_MAPPING);
    if (entry->kind == ENTRY_HANDLE) {
        *ret = entry->handle;
        return ZX_OK;
    }
    int fd = fd_dup(channel_fd(entry->channel));
    return fd < 0 ? ZX_ERR_NO_RESOURCES : sysmem_handle_from_fd(fd, &entry->info, ret);
}

void entry_return_handle(const struct entry *entry, zx_handle_t handle)
{
    if (entry->kind != ENTRY_HANDLE) {
        (void)zx_handle_close(handle);
    }
}

/* The entry's socket, taken out of it. */
static zx_status_t take_socket(struct entry *entry, int *ret_fd)
{
    if (entry->kind == ENTRY_HANDLE) {
        return sysmem_handle_into_fd(entry->handle, &entry->info, ret_fd);
    }
    *ret_fd = channel_into_fd(entry->channel);
    return ZX_OK;
}

zx_status_t entry_open_channel(struct entry_table *table, struct entry *entry,
                               enum model_protocol protocol)
{
    assert(entry->kind != ENTRY_MAPPING);
    if (entry->kind == ENTRY_CHANNEL && entry->spoken == protocol) {
        return ZX_OK;
    }
    int fd = -1;
    struct channel *channel = NULL;
    zx_status_t status = take_socket(entry, &fd);
    if (status == ZX_OK) {
        status = channel_new(fd, protocol, &channel);
    }
    if (status != ZX_OK) {
        entry_forget(table, entry);
        return status;
    }
    entry->kind = ENTRY_CHANNEL;
    entry->channel = channel;
    entry->spoken = protocol;
    entry->handle = ZX_HANDLE_INVALID;
    return ZX_OK;
}
