#include "os/random.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

static _Thread_local struct {
    unsigned char bytes[256]; /* getrandom() gives up to 256 bytes whole */
    size_t left;              /* the unused ones are the last */
} ahead;

/* A child must not hand out what its parent does. */
static void forget_ahead(void)
{
    ahead.left = 0;
}

static void watch_forks(void)
{
    (void)pthread_atfork(NULL, NULL, forget_ahead);
}

bool random_fill(void *buf, size_t size)
{
    assert(size <= RANDOM_MAX);
    if (ahead.left < size) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        (void)pthread_once(&once, watch_forks);
        if (getrandom(ahead.bytes, sizeof(ahead.bytes), 0) != (ssize_t)sizeof(ahead.bytes)) {
            return false;
        }
        ahead.left = sizeof(ahead.bytes);
    }
    unsigned char *from = ahead.bytes + sizeof(ahead.bytes) - ahead.left;
    memcpy(buf, from, size);
    explicit_bzero(from, size);
    ahead.left -= size;
    return true;
}
