/* What the daemon says of itself: the Debug protocol, as `sysmemctl list` and `heaps` use it. */
#ifndef TESTS_MODEL_CENSUS_H
#define TESTS_MODEL_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/channel.h"

struct census {
    bool known; /* the daemon has the collection */
    bool allocated;
    uint32_t buffer_count; /* 0 before allocation */
    unsigned nodes;
    unsigned orphans; /* of these */
};

/* A Debug channel, or NULL. */
struct channel *census_open(struct channel *allocator);

/* Of the collection with this id. False: the daemon didn't answer. */
bool census_take(struct channel *debug, uint64_t id, struct census *ret);

/* Buffers in all heaps together; UINT64_MAX: the daemon didn't answer. */
uint64_t census_buffers(struct channel *debug);

#endif
