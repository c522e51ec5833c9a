#include "zx/stray.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/list.h"
#include "zx/thread.h"

/* A close(2) that waits has given its number back before: more threads mean fewer descriptors that
 * stay open behind those that wait. */
#define MAX_THREADS 16

struct stray {
    struct list link;
    int fd;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* no other is taken under it */
static struct list strays = {.next = &strays, .prev = &strays};
static unsigned threads;

static void *run(void *arg)
{
    (void)arg;
    (void)pthread_mutex_lock(&lock);
    while (!list_is_empty(&strays)) {
        struct stray *stray = container_of(strays.next, struct stray, link);
        list_remove(&stray->link);
        (void)pthread_mutex_unlock(&lock);
        fd_close(&stray->fd);
        free(stray);
        (void)pthread_mutex_lock(&lock);
    }
    threads--;
    (void)pthread_mutex_unlock(&lock);
    return NULL;
}

/* False: no memory, or no thread. */
static bool hand_over(int fd)
{
    struct stray *stray = malloc(sizeof(*stray));
    if (stray == NULL) {
        return false;
    }
    stray->fd = fd;
    (void)pthread_mutex_lock(&lock);
    list_append(&strays, &stray->link);
    if (threads < MAX_THREADS && thread_start(NULL, run, NULL) == 0) {
        threads++;
    }
    bool is_taken = threads > 0;
    if (!is_taken) {
        list_remove(&stray->link);
    }
    (void)pthread_mutex_unlock(&lock);
    if (!is_taken) {
        free(stray);
    }
    return is_taken;
}

void stray_close(int *fd)
{
    bool is_memory = *fd >= 0 && fcntl(*fd, F_GET_SEALS) >= 0; /* nobody is behind that */
    if (*fd < 0 || is_memory || !hand_over(*fd)) {
        fd_close(fd);
    }
    *fd = -1;
}

void stray_close_end(int *fd)
{
    char byte;
    if (*fd >= 0 && recv(*fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) >= 0) {
        stray_close(fd);
    } else {
        fd_close(fd);
    }
}
