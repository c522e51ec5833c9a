/* Which ranges the hardware protects, which have to be protected, and which calls bring the one
 * closer to the other: the rules of docs/secure.md as values. Nothing is called here: whoever does
 * says how it went, by protection_apply(). Pure but for memory of its own; not thread-safe. */
#ifndef HEAP_PROTECTION_H
#define HEAP_PROTECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/range_set.h"
#include "heap/secure_mem.h"

struct protection {
    struct range_set ranges;   /* what the hardware has */
    struct range_set required; /* what must be protected; none overlap */
    struct range whole;        /* where both lie */
    struct secure_mem_properties hardware;
    uint64_t limit;         /* of `ranges` at rest */
    bool dynamic;           /* ranges change; otherwise `whole` is the only one there will be */
    bool has_temporary;     /* `temporary` is one of `ranges`, and nothing in it is required */
    struct range temporary; /* covers what goes from another, while it goes */
};

enum protection_op {
    PROTECTION_ADD,
    PROTECTION_ADD_TEMPORARY,
    PROTECTION_DELETE,
    PROTECTION_MODIFY,
};

struct protection_call {
    enum protection_op op;
    struct range range;
    struct range after; /* of MODIFY */
};

#define PROTECTION_PLAN_MAX 5

/* Calls in their order: each one only if all before it succeeded. */
struct protection_plan {
    struct protection_call calls[PROTECTION_PLAN_MAX];
    size_t count;
};

/* The properties are as heap/secure_mem.h says, and `whole` is a multiple of the granularity. */
void protection_init(struct protection *protection, struct range whole,
                     const struct secure_mem_properties *hardware);
void protection_deinit(struct protection *protection);

/* What a transition that failed, or one that swallowed ranges, left behind. None: the ranges are at
 * rest. To be asked again until then. */
void protection_plan_tidy(const struct protection *protection, struct protection_plan *ret);

/* At rest: gets `range`, of which nothing is required yet, closer to lying in one range. None: it
 * does. To be asked again, after tidying, until then. */
void protection_plan_cover(const struct protection *protection, struct range range,
                           struct protection_plan *ret);

/* At rest: one step towards the goal. None: it is reached. */
void protection_plan_step(const struct protection *protection, struct protection_plan *ret);

/* Before a call: the books have room for what comes of it. 0 or -ENOMEM. */
int protection_reserve(struct protection *protection, const struct protection_call *call);

/* After a call that succeeded: the hardware has changed. */
void protection_apply(struct protection *protection, const struct protection_call *call);

#endif
