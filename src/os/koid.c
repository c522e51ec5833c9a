#include "os/koid.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define KOID_BIT     (1ULL << 62)
#define COUNTER_BITS 24
#define COUNTER_MASK ((1ULL << COUNTER_BITS) - 1)
#define PREFIX_MASK  (KOID_BIT - 1 - COUNTER_MASK)

/* The next number. A counter of 0 means that a new prefix is due: at start, after a fork, and when
 * the counter has run over. */
static _Atomic uint64_t next_koid;

/* All prefixes that were drawn, so that own numbers can be told from others'. One lasts for 16
 * million numbers: a process that uses up more of them than this forgets its oldest ones. */
#define PREFIXES 64
static _Atomic uint64_t prefixes[PREFIXES];
static atomic_uint prefix_count;

static void forget_prefix(void)
{
    atomic_store(&next_koid, 0);
}

static void watch_forks(void)
{
    (void)pthread_atfork(NULL, NULL, forget_prefix);
}

static uint64_t draw_first(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, watch_forks);
    uint64_t bits;
    if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits)) {
        /* Only a sandbox refuses it. The numbers must differ, not be hard to guess. */
        struct timespec now = {0};
        (void)clock_gettime(CLOCK_REALTIME, &now);
        bits = ((uint64_t)getpid() << 40) ^ ((uint64_t)now.tv_sec << 30) ^ (uint64_t)now.tv_nsec;
        bits *= 0x9E3779B97F4A7C15ULL;
    }
    uint64_t prefix = KOID_BIT | (bits & PREFIX_MASK);
    atomic_store(&prefixes[atomic_fetch_add(&prefix_count, 1) % PREFIXES], prefix);
    return prefix | 1;
}

bool koid_is_own(uint64_t koid)
{
    uint64_t prefix = koid & ~COUNTER_MASK;
    for (size_t i = 0; i < PREFIXES; i++) {
        if (prefix != 0 && atomic_load(&prefixes[i]) == prefix) {
            return true;
        }
    }
    return false;
}

uint64_t koid_new(void)
{
    uint64_t seen = atomic_load(&next_koid);
    uint64_t taken;
    do {
        taken = (seen & COUNTER_MASK) != 0 ? seen : draw_first();
    } while (!atomic_compare_exchange_weak(&next_koid, &seen, taken + 1));
    return taken;
}
