#include "zx/discard.h"

#include <assert.h>
#include <stdlib.h>

#include <sysmem/discard.h>

#include "base/fd.h"
#include "os/pressure.h"
#include "zx/watcher.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list unlocked = {.next = &unlocked, .prev = &unlocked}; /* guarded by `lock` */

/* Whoever listens to the kernel. Its own lock is held while the thread starts and ends, which takes
 * the other one. */
static struct {
    pthread_mutex_t lock;
    size_t users;
    bool is_running; /* else the kernel does not tell this process */
    struct pollfd items[WATCHER_ITEMS];
    struct watcher watcher;
} listener = {.lock = PTHREAD_MUTEX_INITIALIZER};

uint64_t sysmem_discard_unlocked(uint64_t bytes)
{
    uint64_t given_back = 0;
    (void)pthread_mutex_lock(&lock);
    list_for_each_safe (it, next, &unlocked) {
        struct discardable *discardable = container_of(it, struct discardable, link);
        if (given_back >= bytes) {
            break;
        }
        uint64_t had = store_bytes(discardable->store);
        if (had > 0 && store_zero(discardable->store, 0, STORE_SIZE_MAX) == ZX_OK) {
            given_back += had;
            discardable->is_discarded = true;
        }
    }
    (void)pthread_mutex_unlock(&lock);
    return given_back;
}

static void heard_of_pressure(void *arg)
{
    (void)arg;
    (void)sysmem_discard_unlocked(UINT64_MAX);
}

static void close_items(void)
{
    for (size_t i = 0; i < WATCHER_ITEMS; i++) {
        fd_close(&listener.items[i].fd);
    }
}

/* Without a listener all works the same, but for what the kernel would have said. */
static void listener_enter(void)
{
    static const enum pressure_scope scopes[WATCHER_ITEMS] = {PRESSURE_OF_MACHINE,
                                                              PRESSURE_OF_GROUP};
    (void)pthread_mutex_lock(&listener.lock);
    if (listener.users++ == 0) {
        bool is_told = false;
        for (size_t i = 0; i < WATCHER_ITEMS; i++) {
            int fd = pressure_open(scopes[i]);
            listener.items[i] = (struct pollfd){.fd = fd >= 0 ? fd : -1, .events = POLLPRI};
            is_told |= fd >= 0;
        }
        listener.is_running = is_told && watcher_start(&listener.watcher, listener.items,
                                                       heard_of_pressure, NULL) == 0;
        if (!listener.is_running) {
            close_items();
        }
    }
    (void)pthread_mutex_unlock(&listener.lock);
}

static void listener_leave(void)
{
    (void)pthread_mutex_lock(&listener.lock);
    assert(listener.users > 0);
    if (--listener.users == 0 && listener.is_running) {
        watcher_stop(&listener.watcher);
        close_items();
    }
    (void)pthread_mutex_unlock(&listener.lock);
}

struct discardable *discardable_new(struct store *store)
{
    struct discardable *discardable = calloc(1, sizeof(*discardable));
    if (discardable == NULL) {
        return NULL;
    }
    discardable->store = store;
    listener_enter();
    (void)pthread_mutex_lock(&lock);
    list_append(&unlocked, &discardable->link);
    (void)pthread_mutex_unlock(&lock);
    return discardable;
}

struct discardable *discardable_new_received(struct store *store)
{
    struct discardable *discardable = calloc(1, sizeof(*discardable));
    if (discardable != NULL) {
        list_init(&discardable->link);
        discardable->store = store;
        discardable->is_kept = true;
        discardable->is_received = true;
    }
    return discardable;
}

void discardable_free(struct discardable *discardable)
{
    (void)pthread_mutex_lock(&lock);
    list_remove(&discardable->link);
    (void)pthread_mutex_unlock(&lock);
    if (!discardable->is_received) {
        listener_leave();
    }
    free(discardable);
}

static void add_lock(struct discardable *discardable)
{
    discardable->locks++;
    list_remove(&discardable->link);
}

bool discardable_lock(struct discardable *discardable)
{
    (void)pthread_mutex_lock(&lock);
    bool was_discarded = discardable->is_discarded;
    discardable->is_discarded = false;
    add_lock(discardable);
    (void)pthread_mutex_unlock(&lock);
    return was_discarded;
}

zx_status_t discardable_try_lock(struct discardable *discardable)
{
    (void)pthread_mutex_lock(&lock);
    zx_status_t status = discardable->is_discarded ? ZX_ERR_UNAVAILABLE : ZX_OK;
    if (status == ZX_OK) {
        add_lock(discardable);
    }
    (void)pthread_mutex_unlock(&lock);
    return status;
}

zx_status_t discardable_unlock(struct discardable *discardable)
{
    (void)pthread_mutex_lock(&lock);
    zx_status_t status = discardable->locks > 0 ? ZX_OK : ZX_ERR_BAD_STATE;
    if (status == ZX_OK && --discardable->locks == 0 && !discardable->is_kept) {
        list_append(&unlocked, &discardable->link);
    }
    (void)pthread_mutex_unlock(&lock);
    return status;
}

void discardable_keep(struct discardable *discardable)
{
    (void)pthread_mutex_lock(&lock);
    discardable->is_kept = true;
    list_remove(&discardable->link);
    (void)pthread_mutex_unlock(&lock);
}
