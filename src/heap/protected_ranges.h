/* Keeps what heaps ask for protected by as many hardware ranges as there are: requests in, calls to
 * the hardware out, one at a time. docs/secure.md tells the rules. No clock: its owner asks for
 * steps. The loop's thread only. */
#ifndef HEAP_PROTECTED_RANGES_H
#define HEAP_PROTECTED_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "heap/protection.h"
#include "heap/secure_mem.h"

struct protected_ranges;

struct protected_ranges_config {
    struct secure_mem *hardware;
    struct sysmem_heap heap; /* what its strings point to outlives the ranges */
    struct secure_mem_properties properties;
    struct range whole; /* all requests lie in it; a multiple of the granularity */
    /* Ranges or requests have changed, or a step has failed: steps may have something to do.
     * Only takes note of it. */
    void (*changed)(void *arg);
    void *arg;
};

/* A request stays where it is until `done`, which may come before the call returns, and may make
 * other requests or free the ranges. */
struct protected_request {
    struct range range; /* a multiple of the granularity, like all others' */
    bool keeps_content; /* of an add: what is there is in use already, and is not zeroed */
    void (*done)(struct protected_request *request, int status);
    /* The ranges' own: */
    struct list link;
    bool is_delete;
    bool is_zeroed;
};

struct protected_ranges_stats {
    uint64_t ranges;          /* that the hardware has now */
    uint64_t limit;           /* of them at rest */
    uint64_t total_bytes;     /* of the whole */
    uint64_t requested_bytes; /* that have to be protected */
    uint64_t protected_bytes; /* that are */
    uint64_t steps;           /* that changed something */
    uint64_t failed_calls;
    uint64_t failed_in_a_row; /* calls, up to now */
};

/* 0 or -ENOMEM. */
int protected_ranges_new(const struct protected_ranges_config *config,
                         struct protected_ranges **ret);

/* Answers what is not answered yet with -EPIPE, and calls the hardware no more; a call that is
 * under way may still be answered. NULL is harmless. */
void protected_ranges_free(struct protected_ranges *ranges);

/* Protects and zeroes a range, no part of which is requested. 0; or why not (-ENOMEM, what the
 * hardware said, -EPIPE): it is not requested then. */
void protected_ranges_add(struct protected_ranges *ranges, struct protected_request *request);

/* Gives up a range whose add was answered with 0, and zeroes it: afterwards it may be requested
 * again. Stays unanswered, and the range protected, while the hardware fails. 0 or -EPIPE. */
void protected_ranges_delete(struct protected_ranges *ranges, struct protected_request *request);

/* One step towards the goal, unless something is under way. False: there is nothing to do until
 * `changed` says otherwise. */
bool protected_ranges_step(struct protected_ranges *ranges);

void protected_ranges_stats(const struct protected_ranges *ranges,
                            struct protected_ranges_stats *ret);

/* What the hardware has and what is required, for tests. */
const struct protection *protected_ranges_state(const struct protected_ranges *ranges);

/* Of what no request needs, the part that is not protected: 1000 for all of it. */
uint32_t protected_ranges_efficiency(const struct protected_ranges_stats *stats);

#endif
