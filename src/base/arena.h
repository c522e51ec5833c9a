/* Memory that is given back all at once, with a budget. Decoding hostile messages and holding a
 * result's tables both use it: nothing in an arena needs a free of its own. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used;   /* bytes handed out, headers included */
    size_t budget; /* bytes that may be handed out */
};

/* An arena that hands out at most `budget` bytes. Allocates nothing yet. */
void arena_init(struct arena *arena, size_t budget);

/* Zeroed memory, aligned for any type; NULL when the budget or the system's memory is used up. A
 * size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);

/* count * size bytes, NULL on overflow too. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

/* A copy of `len` bytes of `text` with a NUL behind them. */
char *arena_strndup(struct arena *arena, const char *text, size_t len);

/* Bytes that the arena keeps from the system: more than it handed out, as it grows by blocks. */
size_t arena_footprint(const struct arena *arena);

/* Gives everything back; the arena may be used again. */
void arena_clear(struct arena *arena);

#endif
