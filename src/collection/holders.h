/* Who holds what of a heap, for whoever gets no more of it. */
#ifndef COLLECTION_HOLDERS_H
#define COLLECTION_HOLDERS_H

#include "base/strbuf.h"
#include "collection/collection.h"
#include "heap/heap.h"

/* Appends "collection 7 "movie" 4194304 bytes in 2 buffers, others 65536 bytes in 1 collection":
 * those that hold most, and the rest in a sum. `viewer`: NULL, or a collection whose participants
 * read it; what they may not see is in the sum. "nobody" where it is so. */
void holders_describe(const struct collection_table *table, const struct heap *heap,
                      const struct collection *viewer, struct strbuf *text);

#endif
