#include "os/random.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static _Thread_local struct {
    unsigned char bytes[256]; /* getrandom() gives up to 256 bytes whole */
    size_t left;              /* the unused ones are the last */
    pid_t owner;
} ahead;

bool random_fill(void *buf, size_t size)
{
    assert(size <= RANDOM_MAX);
    if (ahead.left < size || ahead.owner != getpid()) {
        if (getrandom(ahead.bytes, sizeof(ahead.bytes), 0) != (ssize_t)sizeof(ahead.bytes)) {
            return false;
        }
        ahead.left = sizeof(ahead.bytes);
        ahead.owner = getpid();
    }
    unsigned char *from = ahead.bytes + sizeof(ahead.bytes) - ahead.left;
    memcpy(buf, from, size);
    explicit_bzero(from, size);
    ahead.left -= size;
    return true;
}
