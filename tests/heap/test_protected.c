/* Random adds, deletes and steps against hardware that holds every call against the interface's
 * rules, fails now and then, and answers at once or later; at the end the ranges must be the goal,
 * which is computed here from the requests alone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../property/dice.h"
#include "../property/driver.h"
#include "../support/fake_secure_mem.h"
#include "base/list.h"
#include "heap/protected_ranges.h"

#define GRAIN    UINT64_C(4)
#define BASE     (127 * GRAIN)
#define BLOCKS   60u
#define RANGES   9u
#define REQUESTS 40u
#define ACTIONS  150u

/* Far more than any goal is away. */
#define MANY_STEPS 500u

struct trial;

enum request_state {
    REQUEST_NONE,
    REQUEST_ADDED, /* not answered yet */
    REQUEST_LIVE,
    REQUEST_DELETED, /* not answered yet */
};

struct request {
    struct protected_request request;
    struct trial *trial;
    enum request_state state;
    bool is_lost; /* an answer of -EPIPE is the right one */
};

struct trial {
    struct fake_secure_mem fake;
    struct protected_ranges *ranges;
    struct request requests[REQUESTS];
    uint64_t dice;
    bool is_reliable; /* no call fails */
    const char *difference;
    size_t failed_adds;
};

static void differs(struct trial *trial, const char *how)
{
    trial->difference = trial->difference == NULL ? how : trial->difference;
}

static void on_changed(void *arg)
{
    (void)arg;
}

/* --- what holds between calls --- */

static void check_books(struct trial *trial)
{
    const struct fake_secure_mem *fake = &trial->fake;
    const struct range_set *set = &protected_ranges_state(trial->ranges)->ranges;
    if (fake->wrong[0] != '\0') {
        differs(trial, fake->wrong);
        return;
    }
    size_t found = 0;
    for (size_t i = 0; i < fake->count; i++) {
        found += range_set_has(set, fake->ranges[i]) ? 1 : 0;
    }
    if (found != set->count || found != fake->count) {
        differs(trial, "the hardware has other ranges than the books");
    }
}

/* Nothing is under way, and nothing ever failed. */
static void check_rest(struct trial *trial)
{
    struct protected_ranges_stats stats;
    protected_ranges_stats(trial->ranges, &stats);
    const struct fake_secure_mem *fake = &trial->fake;
    if (fake->count > stats.limit) {
        differs(trial, "more ranges at rest than the limit");
    }
    for (size_t i = 0; i < fake->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (fake->ranges[i].start <= fake->ranges[j].end &&
                fake->ranges[j].start <= fake->ranges[i].end) {
                differs(trial, "ranges that touch at rest");
            }
        }
    }
}

/* --- requests --- */

static void on_done(struct protected_request *request, int status)
{
    struct request *own = container_of(request, struct request, request);
    struct trial *trial = own->trial;
    if (own->is_lost ? status != -EPIPE : status != 0 && (status != -EIO || trial->is_reliable)) {
        differs(trial, "an answer that nothing explains");
    }
    if (own->state == REQUEST_ADDED && status == 0) {
        own->state = REQUEST_LIVE;
        fake_secure_mem_use(&trial->fake, request->range,
                            trial->fake.properties.dynamic && !request->keeps_content);
    } else if (own->state == REQUEST_ADDED || own->state == REQUEST_DELETED) {
        trial->failed_adds += own->state == REQUEST_ADDED ? 1 : 0;
        if (own->state == REQUEST_DELETED && status != 0 && !own->is_lost) {
            differs(trial, "a delete that failed");
        }
        own->state = REQUEST_NONE;
    } else {
        differs(trial, "an answer to no request");
    }
}

static struct request *pick(struct trial *trial, enum request_state state)
{
    size_t start = dice_below(&trial->dice, REQUESTS);
    for (size_t i = 0; i < REQUESTS; i++) {
        struct request *request = &trial->requests[(start + i) % REQUESTS];
        if (request->state == state) {
            return request;
        }
    }
    return NULL;
}

static bool is_free(const struct trial *trial, struct range range)
{
    for (size_t i = 0; i < REQUESTS; i++) {
        const struct request *request = &trial->requests[i];
        if (request->state != REQUEST_NONE && range_overlaps(request->request.range, range)) {
            return false;
        }
    }
    return true;
}

static void add(struct trial *trial)
{
    struct request *request = pick(trial, REQUEST_NONE);
    uint32_t size = 1 + dice_below(&trial->dice, dice_below(&trial->dice, 4) == 0 ? 12 : 3);
    uint64_t start = BASE + dice_below(&trial->dice, BLOCKS + 1 - size) * GRAIN;
    struct range range = {start, start + size * GRAIN};
    if (request == NULL || !is_free(trial, range)) {
        return;
    }
    *request = (struct request){
        .request = {.range = range, .done = on_done},
        .trial = trial,
        .state = REQUEST_ADDED,
    };
    protected_ranges_add(trial->ranges, &request->request);
}

static void delete_one(struct trial *trial)
{
    struct request *request = pick(trial, REQUEST_LIVE);
    if (request != NULL) {
        request->state = REQUEST_DELETED;
        fake_secure_mem_stop(&trial->fake, request->request.range);
        protected_ranges_delete(trial->ranges, &request->request);
    }
}

/* --- a trial --- */

static void start(struct trial *trial)
{
    struct protected_ranges_config config = {
        .hardware = &trial->fake.hardware,
        .heap = {.heap_type = "secure", .has = {true, true}},
        .properties = trial->fake.properties,
        .whole = trial->fake.whole,
        .changed = on_changed,
    };
    if (protected_ranges_new(&config, &trial->ranges) < 0) {
        differs(trial, "no memory");
    }
}

/* The ranges go while calls are under way; what was not answered is, and the late answer hurts
 * nobody. */
static void lose(struct trial *trial)
{
    for (size_t i = 0; i < REQUESTS; i++) {
        trial->requests[i].is_lost = true;
    }
    protected_ranges_free(trial->ranges);
    trial->ranges = NULL;
    for (size_t i = 0; i < REQUESTS; i++) {
        if (trial->requests[i].state == REQUEST_ADDED ||
            trial->requests[i].state == REQUEST_DELETED) {
            differs(trial, "a request that nobody answered");
        }
    }
    if (trial->fake.call != NULL) {
        fake_secure_mem_refuse(&trial->fake, -EPIPE);
    }
}

static void act(struct trial *trial)
{
    uint32_t what = dice_below(&trial->dice, 10);
    if (what < 4) {
        add(trial);
    } else if (what < 7) {
        delete_one(trial);
    } else {
        (void)protected_ranges_step(trial->ranges);
    }
    uint32_t answers = dice_below(&trial->dice, 6);
    for (uint32_t i = 0; i < answers && trial->fake.call != NULL && trial->difference == NULL;
         i++) {
        fake_secure_mem_answer(&trial->fake);
        check_books(trial);
    }
    check_books(trial);
    if (trial->is_reliable && trial->fake.call == NULL) {
        check_rest(trial);
    }
}

static void settle(struct trial *trial)
{
    trial->fake.percent = 0;
    for (uint32_t i = 0; i < MANY_STEPS; i++) {
        while (trial->fake.call != NULL && trial->difference == NULL) {
            fake_secure_mem_answer(&trial->fake);
            check_books(trial);
        }
        if (trial->difference != NULL || !protected_ranges_step(trial->ranges)) {
            return;
        }
        check_books(trial);
    }
    differs(trial, "the goal is not reached");
}

/* --- the goal, from the requests alone --- */

struct gap {
    size_t start;
    size_t size;
};

static int by_size(const void *a, const void *b)
{
    const struct gap *x = a;
    const struct gap *y = b;
    if (x->size != y->size) {
        return x->size < y->size ? 1 : -1;
    }
    return x->start < y->start ? -1 : 1;
}

/* Which blocks are to be protected: from the first that is requested to the last, without the
 * largest gaps, of which there is one less than ranges. */
static void find_goal(const struct trial *trial, size_t limit, bool *wanted)
{
    size_t first = BLOCKS;
    size_t last = 0;
    memset(wanted, 0, BLOCKS * sizeof(*wanted));
    for (size_t i = 0; i < REQUESTS; i++) {
        const struct request *request = &trial->requests[i];
        for (size_t block = 0; block < BLOCKS && request->state == REQUEST_LIVE; block++) {
            uint64_t at = BASE + block * GRAIN;
            if (at >= request->request.range.start && at < request->request.range.end) {
                wanted[block] = true;
                first = block < first ? block : first;
                last = block > last ? block : last;
            }
        }
    }
    struct gap gaps[BLOCKS];
    size_t count = 0;
    for (size_t block = first; block < last; block++) {
        if (wanted[block] && !wanted[block + 1]) {
            gaps[count++] = (struct gap){.start = block + 1};
        }
        if (!wanted[block]) {
            gaps[count - 1].size++;
            wanted[block] = true;
        }
    }
    qsort(gaps, count, sizeof(gaps[0]), by_size);
    for (size_t i = 0; i + 1 < limit && i < count; i++) {
        memset(&wanted[gaps[i].start], 0, gaps[i].size * sizeof(*wanted));
    }
}

static void check_goal(struct trial *trial)
{
    struct protected_ranges_stats stats;
    protected_ranges_stats(trial->ranges, &stats);
    bool wanted[BLOCKS];
    find_goal(trial, (size_t)stats.limit, wanted);
    for (size_t block = 0; block < BLOCKS; block++) {
        uint64_t at = BASE + block * GRAIN;
        bool is_protected = false;
        for (size_t i = 0; i < trial->fake.count; i++) {
            is_protected |= at >= trial->fake.ranges[i].start && at < trial->fake.ranges[i].end;
        }
        if (is_protected != wanted[block]) {
            differs(trial, "the ranges are not the goal");
        }
    }
    check_rest(trial);
}

static void finish(struct trial *trial)
{
    bool is_dynamic = trial->fake.properties.dynamic;
    settle(trial);
    if (trial->difference == NULL && is_dynamic) {
        check_goal(trial);
    }
    while (trial->difference == NULL && pick(trial, REQUEST_LIVE) != NULL) {
        delete_one(trial);
        settle(trial);
    }
    if (trial->difference == NULL && is_dynamic && trial->fake.count > 0) {
        differs(trial, "ranges without requests");
    }
    if (pick(trial, REQUEST_ADDED) != NULL || pick(trial, REQUEST_DELETED) != NULL) {
        differs(trial, "a request that nobody answered");
    }
}

static void set_up(struct trial *trial, uint64_t seed)
{
    trial->dice = seed;
    uint32_t kind = dice_below(&trial->dice, 10);
    trial->is_reliable = dice_below(&trial->dice, 3) == 0;
    trial->fake = (struct fake_secure_mem){
        .properties = {.dynamic = kind > 0,
                       .modify_available = kind > 4,
                       .granularity = GRAIN,
                       .max_ranges = RANGES},
        .whole = {BASE, BASE + BLOCKS * GRAIN      },
        .is_late = dice_below(&trial->dice, 2) == 0,
        .percent = trial->is_reliable ? 0 : 5,
        .dice = seed,
    };
    fake_secure_mem_init(&trial->fake);
    start(trial);
}

static const char *run(uint64_t seed, bool *ret_ok)
{
    static char difference[200];
    struct trial *trial = calloc(1, sizeof(*trial));
    if (trial == NULL) {
        return "no memory";
    }
    set_up(trial, seed);
    for (size_t i = 0; i < ACTIONS && trial->difference == NULL; i++) {
        act(trial);
    }
    bool is_lost = dice_below(&trial->dice, 10) == 0;
    if (trial->difference == NULL && !is_lost) {
        finish(trial);
    }
    lose(trial);
    *ret_ok = trial->fake.properties.dynamic && !is_lost;
    const char *how = trial->difference;
    if (how != NULL) {
        (void)snprintf(difference, sizeof(difference), "%s", how);
    }
    free(trial);
    return how == NULL ? NULL : difference;
}

int main(int argc, char **argv)
{
    return driver_main(argc, argv, "settled", run);
}
