#include "server/closer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"

/* A uid is choked when so many descriptors wait behind one whose close() takes so long already. (A
 * count alone would not do: on a busy machine a thread just has not had its turn.) */
#define CHOKED_AT 64
#define HANGS_NS  UINT64_C(1000000000)

/* More than this never wait. */
#define MOST_WAITING 4096

struct waiting {
    struct list link;
    int fd;
};

/* One uid's thread and what waits for it. The daemon exits without joining: a thread may never
 * return. */
struct closer {
    struct list link;
    uid_t uid;
    struct list waiting;
    size_t count;
    uint64_t began_ns; /* the close() that runs now; 0: none does */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list closers = {&closers, &closers};

static struct closer *find(uid_t uid)
{
    list_for_each (link, &closers) {
        struct closer *closer = container_of(link, struct closer, link);
        if (closer->uid == uid) {
            return closer;
        }
    }
    return NULL;
}

static bool hangs(const struct closer *closer)
{
    return closer->began_ns != 0 && uv_hrtime() - closer->began_ns > HANGS_NS;
}

static void *run(void *arg)
{
    struct closer *closer = arg;
    (void)pthread_mutex_lock(&lock);
    while (!list_is_empty(&closer->waiting)) {
        struct waiting *next = container_of(closer->waiting.next, struct waiting, link);
        closer->began_ns = uv_hrtime();
        (void)pthread_mutex_unlock(&lock);
        (void)close(next->fd);
        (void)pthread_mutex_lock(&lock);
        closer->began_ns = 0;
        list_remove(&next->link);
        closer->count--;
        free(next);
    }
    list_remove(&closer->link);
    (void)pthread_mutex_unlock(&lock);
    free(closer);
    return NULL;
}

static bool start_thread(struct closer *closer)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, closer) != 0) {
        return false;
    }
    (void)pthread_detach(thread);
    return true;
}

/* The uid's closer, started if need be. NULL: the system refuses. The lock is held. */
static struct closer *closer_for(uid_t uid, struct waiting *first)
{
    struct closer *closer = find(uid);
    if (closer != NULL) {
        list_append(&closer->waiting, &first->link);
        closer->count++;
        return closer;
    }
    closer = malloc(sizeof(*closer));
    if (closer == NULL) {
        return NULL;
    }
    *closer = (struct closer){.uid = uid, .count = 1};
    list_init(&closer->waiting);
    list_append(&closer->waiting, &first->link);
    list_append(&closers, &closer->link);
    if (!start_thread(closer)) {
        list_remove(&first->link);
        list_remove(&closer->link);
        free(closer);
        return NULL;
    }
    return closer;
}

void closer_close(uid_t uid, int fd)
{
    struct waiting *waiting = malloc(sizeof(*waiting));
    if (waiting != NULL) {
        waiting->fd = fd;
        list_init(&waiting->link);
        (void)pthread_mutex_lock(&lock);
        struct closer *closer = closer_for(uid, waiting);
        (void)pthread_mutex_unlock(&lock);
        if (closer != NULL) {
            return;
        }
        free(waiting);
    }
    /* Better one descriptor lost than a loop that hangs. */
    log_error("no thread to close a descriptor of uid %u with: descriptor %d stays open",
              (unsigned)uid, fd);
}

/* Whether messages wait at an end that was shut down. The flag tells the end of the file from a
 * packet without bytes: only a packet has credentials, for which there is no room. */
static bool has_messages(int fd)
{
    const int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t len = recvmsg(fd, &header, MSG_PEEK | MSG_DONTWAIT);
    if (len < 0 && errno == ECONNRESET) {
        len = recvmsg(fd, &header, MSG_PEEK | MSG_DONTWAIT);
    }
    return len != 0 || (header.msg_flags & MSG_CTRUNC) != 0;
}

void closer_close_channel(uid_t uid, int fd)
{
    if (has_messages(fd)) {
        closer_close(uid, fd);
    } else {
        fd_close(&fd);
    }
}

void closer_close_rest(uid_t uid, struct message *message)
{
    for (size_t i = 0; i < message->attachment_count; i++) {
        int fd = message->attachments[i].fd;
        if (fd >= 0) {
            message->attachments[i].fd = -1;
            closer_close(uid, fd);
        }
    }
}

bool closer_is_choked(uid_t uid)
{
    (void)pthread_mutex_lock(&lock);
    const struct closer *closer = find(uid);
    bool choked = closer != NULL && closer->count > CHOKED_AT &&
                  (closer->count > MOST_WAITING || hangs(closer));
    (void)pthread_mutex_unlock(&lock);
    return choked;
}
