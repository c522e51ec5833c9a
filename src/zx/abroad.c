#include "zx/abroad.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/fd.h"
#include "os/close_watch.h"
#include "os/slot_lock.h"
#include "zx/thread.h"

/* A file of which children are abroad. */
struct abroad_file {
    struct close_watch_item item;
    struct list link;
    struct store *store;
    struct list children;
};

struct abroad_child {
    struct list link;
    struct vmo *vmo;
    uint64_t slot; /* locked by every description of it that is abroad */
};

/* Guards everything here. The thread runs while there are files. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct close_watch watch;
static struct list files = {.next = &files, .prev = &files};
static struct list returned = {.next = &returned, .prev = &returned}; /* to be let go of */
static uint64_t next_slot;

static struct abroad_file *file_of(const struct store *store)
{
    list_for_each (it, &files) {
        struct abroad_file *file = container_of(it, struct abroad_file, link);
        if (file->store == store) {
            return file;
        }
    }
    return NULL;
}

static void forget_file(struct abroad_file *file)
{
    close_watch_remove(&watch, &file->item, true);
    list_remove(&file->link);
    store_unref(file->store);
    free(file);
}

/* Whether somebody still has children of a file. A question that the kernel does not answer is
 * asked again. */
static bool look(struct close_watch_item *item)
{
    struct abroad_file *file = container_of(item, struct abroad_file, item);
    list_for_each_safe (it, next, &file->children) {
        struct abroad_child *child = container_of(it, struct abroad_child, link);
        if (slot_child_is_held(file->store->file, child->slot) == 0) {
            list_remove(&child->link);
            list_append(&returned, &child->link);
        }
    }
    if (!list_is_empty(&file->children)) {
        return true;
    }
    forget_file(file);
    return false;
}

static void let_go(struct list *children)
{
    list_for_each_safe (it, next, children) {
        struct abroad_child *child = container_of(it, struct abroad_child, link);
        list_remove(&child->link);
        object_unref(&child->vmo->object);
        free(child);
    }
}

/* One turn of the thread: whether there is another. Descriptors go before anybody hears of it. */
static bool take_reports(void)
{
    struct list gone;
    list_init(&gone);
    (void)pthread_mutex_lock(&lock);
    do {
        close_watch_process(&watch);
    } while (close_watch_is_due(&watch));
    list_for_each_safe (it, next, &returned) {
        list_remove(it);
        list_append(&gone, it);
    }
    bool goes_on = !list_is_empty(&files);
    if (!goes_on) {
        close_watch_deinit(&watch);
    }
    (void)pthread_mutex_unlock(&lock);
    let_go(&gone);
    return goes_on;
}

static void *run(void *arg)
{
    struct pollfd item = {.fd = *(int *)arg, .events = POLLIN};
    free(arg);
    do {
        (void)poll(&item, 1, -1);
    } while (take_reports());
    return NULL;
}

/* Nobody joins the thread: it ends by itself, with the last file. */
static int start_thread(void)
{
    int *fd = malloc(sizeof(*fd));
    if (fd == NULL) {
        return -ENOMEM;
    }
    *fd = close_watch_fd(&watch);
    int error = thread_start(NULL, run, fd);
    if (error < 0) {
        free(fd);
    }
    return error;
}

/* Begins to watch a store's file; with the first one the thread starts. 0 or -errno. */
static int new_file(struct store *store, struct abroad_file **ret_file)
{
    bool is_first = list_is_empty(&files);
    struct abroad_file *file = calloc(1, sizeof(*file));
    if (file == NULL) {
        return -ENOMEM;
    }
    close_watch_item_init(&file->item);
    list_init(&file->children);
    int r = is_first ? close_watch_init(&watch, look) : 0;
    if (r < 0) {
        free(file);
        return r;
    }
    r = close_watch_add(&watch, &file->item, store->file);
    if (r == 0 && is_first) {
        r = start_thread();
    }
    if (r < 0) {
        close_watch_remove(&watch, &file->item, true);
        free(file);
        if (is_first) {
            close_watch_deinit(&watch);
        }
        return r;
    }
    file->store = store_ref(store);
    list_append(&files, &file->link);
    *ret_file = file;
    return 0;
}

static struct abroad_child *child_of(const struct abroad_file *file, const struct vmo *vmo)
{
    list_for_each (it, &file->children) {
        struct abroad_child *child = container_of(it, struct abroad_child, link);
        if (child->vmo == vmo) {
            return child;
        }
    }
    return NULL;
}

/* Opens the file and locks the slot; the description goes before the lock is known to anybody. */
static int open_locked(const struct vmo *vmo, enum memfile_access access, uint64_t slot)
{
    FD_CLEANUP int fd = -1;
    int r = memfile_reopen(MEMFILE_NO_DIR, vmo_file(vmo), access, &fd);
    if (r == 0) {
        r = slot_child_take(fd, slot, 0);
    }
    return r < 0 ? r : fd_take(&fd);
}

/* Sends a child that is not abroad yet. */
static int open_first(struct vmo *vmo, enum memfile_access access, struct abroad_file *file)
{
    struct abroad_child *child = malloc(sizeof(*child));
    if (child == NULL) {
        return -ENOMEM;
    }
    uint64_t slot = next_slot++ % SLOT_CHILD_COUNT;
    int fd = open_locked(vmo, access, slot);
    int r = fd;
    if (fd >= 0 && file == NULL) {
        r = new_file(vmo->store, &file);
    }
    if (r < 0) {
        free(child);
        fd_close(&fd);
        return r;
    }
    *child = (struct abroad_child){.vmo = vmo, .slot = slot};
    object_ref(&vmo->object);
    list_append(&file->children, &child->link);
    return fd;
}

int abroad_open(struct vmo *vmo, enum memfile_access access)
{
    assert(vmo->store->is_own);
    (void)pthread_mutex_lock(&lock);
    struct abroad_file *file = file_of(vmo->store);
    struct abroad_child *child = file == NULL ? NULL : child_of(file, vmo);
    int fd = child != NULL ? open_locked(vmo, access, child->slot) : open_first(vmo, access, file);
    (void)pthread_mutex_unlock(&lock);
    return fd;
}
