/* A handle is a slot's index and the slot's generation above two set bits. Closing a handle
 * advances the generation, and slots are used again in the order in which they became free, of
 * which there are never few: so a stale number is told from a live one for at least a million
 * handles, unless nearly all that there can be are in use. */
#include "zx/handle.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include <zircon/syscalls.h>

#define INDEX_BITS      18
#define GENERATION_BITS 12
#define GENERATION_MASK ((1U << GENERATION_BITS) - 1)
#define INITIAL_SLOTS   512U
#define FREE_SLOTS      256U /* so many closings at least until one is used again */
#define MAX_SLOTS       (1U << INDEX_BITS)

struct slot {
    struct object *object; /* NULL: free */
    zx_rights_t rights;
    uint32_t generation;
    uint32_t next_free;
};

static struct {
    pthread_mutex_t lock;
    struct slot *slots;
    uint32_t count;
    uint32_t free_count;
    uint32_t first_free; /* of free_count slots; undefined without any */
    uint32_t last_free;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static zx_handle_t handle_of(uint32_t index)
{
    return table.slots[index].generation << (INDEX_BITS + 2) | index << 2 |
           ZX_HANDLE_FIXED_BITS_MASK;
}

/* The slot of a live handle, or NULL. Under the lock. */
static struct slot *slot_of(zx_handle_t handle)
{
    uint32_t index = handle >> 2 & (MAX_SLOTS - 1);
    if ((handle & ZX_HANDLE_FIXED_BITS_MASK) != ZX_HANDLE_FIXED_BITS_MASK || index >= table.count ||
        table.slots[index].object == NULL || handle_of(index) != handle) {
        return NULL;
    }
    return &table.slots[index];
}

static void append_free(uint32_t index)
{
    if (table.free_count == 0) {
        table.first_free = index;
    } else {
        table.slots[table.last_free].next_free = index;
    }
    table.last_free = index;
    table.free_count++;
}

static zx_status_t table_grow(void)
{
    if (table.count == MAX_SLOTS) {
        return ZX_ERR_NO_RESOURCES;
    }
    uint32_t count = table.count == 0 ? INITIAL_SLOTS : table.count * 2;
    struct slot *slots = realloc(table.slots, count * sizeof(*slots));
    if (slots == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    table.slots = slots;
    for (uint32_t i = table.count; i < count; i++) {
        slots[i] = (struct slot){0};
        append_free(i);
    }
    table.count = count;
    return ZX_OK;
}

/* Sees to it that a slot is free, and others if they can be had. */
static zx_status_t make_room(void)
{
    zx_status_t status = table.free_count < FREE_SLOTS ? table_grow() : ZX_OK;
    assert(status != ZX_OK || table.free_count > 0);
    return table.free_count > 0 ? ZX_OK : status;
}

/* Takes the object out of a live slot. Under the lock. */
static struct object *slot_clear(struct slot *slot)
{
    struct object *object = slot->object;
    (void)atomic_fetch_sub(&object->numbered, 1);
    slot->object = NULL;
    slot->generation = (slot->generation + 1) & GENERATION_MASK;
    append_free((uint32_t)(slot - table.slots));
    return object;
}

zx_status_t handle_get(zx_handle_t handle, zx_obj_type_t type, zx_rights_t rights,
                       struct handle_use *ret_use)
{
    zx_status_t status = ZX_OK;
    (void)pthread_mutex_lock(&table.lock);
    const struct slot *slot = slot_of(handle);
    if (slot == NULL) {
        status = ZX_ERR_BAD_HANDLE;
    } else if (type != ZX_OBJ_TYPE_NONE && slot->object->kind->type != type) {
        status = ZX_ERR_WRONG_TYPE;
    } else if ((slot->rights & rights) != rights) {
        status = ZX_ERR_ACCESS_DENIED;
    } else {
        object_ref(slot->object);
        *ret_use = (struct handle_use){.object = slot->object, .rights = slot->rights};
    }
    (void)pthread_mutex_unlock(&table.lock);
    return status;
}

struct loose_handle loose_handle_new(struct object *object, zx_rights_t rights)
{
    (void)atomic_fetch_add(&object->handles, 1);
    return (struct loose_handle){.object = object, .rights = rights};
}

void loose_handle_drop(struct loose_handle loose)
{
    if (atomic_fetch_sub(&loose.object->handles, 1) == 1 && loose.object->kind->orphan != NULL) {
        loose.object->kind->orphan(loose.object);
    }
    object_unref(loose.object);
}

zx_status_t handle_put(struct loose_handle loose, zx_handle_t *ret_handle)
{
    (void)pthread_mutex_lock(&table.lock);
    zx_status_t status = make_room();
    if (status == ZX_OK) {
        uint32_t index = table.first_free;
        struct slot *slot = &table.slots[index];
        table.first_free = slot->next_free;
        table.free_count--;
        slot->object = loose.object;
        slot->rights = loose.rights;
        (void)atomic_fetch_add(&loose.object->numbered, 1);
        *ret_handle = handle_of(index);
    }
    (void)pthread_mutex_unlock(&table.lock);
    if (status != ZX_OK) {
        loose_handle_drop(loose);
    }
    return status;
}

zx_status_t handle_new(struct object *object, zx_rights_t rights, zx_handle_t *ret_handle)
{
    return handle_put(loose_handle_new(object, rights), ret_handle);
}

zx_status_t handle_new_pair(struct object *const objects[2], zx_rights_t rights,
                            zx_handle_t *ret_handle0, zx_handle_t *ret_handle1)
{
    zx_handle_t first;
    zx_status_t status = handle_new(objects[0], rights, &first);
    if (status != ZX_OK) {
        object_unref(objects[1]);
        return status;
    }
    status = handle_new(objects[1], rights, ret_handle1);
    if (status != ZX_OK) {
        (void)zx_handle_close(first);
        return status;
    }
    *ret_handle0 = first;
    return ZX_OK;
}

zx_status_t handle_take(zx_handle_t handle, struct loose_handle *ret_loose)
{
    (void)pthread_mutex_lock(&table.lock);
    struct slot *slot = slot_of(handle);
    zx_rights_t rights = slot == NULL ? ZX_RIGHT_NONE : slot->rights;
    struct object *object = slot == NULL ? NULL : slot_clear(slot);
    (void)pthread_mutex_unlock(&table.lock);
    if (object == NULL) {
        return ZX_ERR_BAD_HANDLE;
    }
    object_cancel_observers(object, handle);
    *ret_loose = (struct loose_handle){.object = object, .rights = rights};
    return ZX_OK;
}

bool rights_may_give(zx_rights_t have, zx_rights_t *rights)
{
    *rights = *rights == ZX_RIGHT_SAME_RIGHTS ? have : *rights;
    return (*rights & ~have) == 0;
}

/* Counts the new handle before the old one can be closed: an object that has lost its last handle
 * never gets another. */
zx_status_t handle_copy(zx_handle_t handle, zx_rights_t needed, zx_rights_t rights,
                        struct loose_handle *ret_loose)
{
    zx_status_t status = ZX_OK;
    (void)pthread_mutex_lock(&table.lock);
    const struct slot *slot = slot_of(handle);
    if (slot == NULL) {
        status = ZX_ERR_BAD_HANDLE;
    } else if ((slot->rights & needed) != needed) {
        status = ZX_ERR_ACCESS_DENIED;
    } else if (!rights_may_give(slot->rights, &rights)) {
        status = ZX_ERR_INVALID_ARGS;
    } else {
        object_ref(slot->object);
        *ret_loose = loose_handle_new(slot->object, rights);
    }
    (void)pthread_mutex_unlock(&table.lock);
    return status;
}

zx_status_t zx_handle_close(zx_handle_t handle)
{
    struct loose_handle loose;
    if (handle == ZX_HANDLE_INVALID) {
        return ZX_OK;
    }
    zx_status_t status = handle_take(handle, &loose);
    if (status == ZX_OK) {
        loose_handle_drop(loose);
    }
    return status;
}

zx_status_t zx_handle_close_many(const zx_handle_t *handles, size_t num_handles)
{
    zx_status_t status = ZX_OK;
    if (handles == NULL && num_handles > 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    for (size_t i = 0; i < num_handles; i++) {
        zx_status_t closed = zx_handle_close(handles[i]);
        status = status != ZX_OK ? status : closed;
    }
    return status;
}

zx_status_t zx_handle_duplicate(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out)
{
    struct loose_handle copy;
    zx_status_t status = handle_copy(handle, ZX_RIGHT_DUPLICATE, rights, &copy);
    if (status == ZX_OK && out == NULL) {
        loose_handle_drop(copy);
        return ZX_ERR_INVALID_ARGS;
    }
    return status == ZX_OK ? handle_put(copy, out) : status;
}

zx_status_t zx_handle_replace(zx_handle_t handle, zx_rights_t rights, zx_handle_t *out)
{
    struct loose_handle loose;
    zx_status_t status = handle_take(handle, &loose);
    if (status != ZX_OK) {
        return status;
    }
    if (!rights_may_give(loose.rights, &rights) || out == NULL) {
        loose_handle_drop(loose);
        return ZX_ERR_INVALID_ARGS;
    }
    loose.rights = rights;
    return handle_put(loose, out);
}
