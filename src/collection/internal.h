/* What the sources of this module have between themselves. No other module includes this: a
 * collection's users have collection.h. */
#ifndef COLLECTION_INTERNAL_H
#define COLLECTION_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "collection/collection.h"
#include "collection/failure.h"

/* --- collection.c --- */

/* Sets the state and logs it. Illegal steps assert. */
void collection_enter(struct collection *collection, enum collection_state state);

/* Neither nodes nor buffers are left: the next sweep frees it. */
void collection_bury(struct collection *collection);

/* --- allocate.c --- */

/* What is said where the daemon itself lacks it. */
extern const char collection_no_memory[];

/* The first allocation of a collection whose nodes are all ready. */
void collection_allocate(struct collection *collection);

/* The heap has made the buffers, or refused; nodes may have gone meanwhile. */
void collection_populate_ended(struct collection *collection);

/* The heap has not made the buffers; `got`: why, in words. */
void collection_heap_refused(struct collection *collection, const char *got);

/* --- heaps.c --- */

/* The table hears of changes of its heaps from now on, and no more. */
void collection_watch_heaps(struct collection_table *table);
void collection_ignore_heaps(struct collection_table *table);

/* The present one, which is the table's. NULL: no memory. */
struct environment *collection_environment(struct collection_table *table);

/* A change of the heaps concerns it: a later sweep lets it heed that. */
void collection_concern(struct collection *collection);
void collection_heed_heaps(struct collection *collection);

/* --- late.c --- */

/* Decides over one attached part that is ready. False: there was none. */
bool collection_allocate_late(struct collection *collection);

/* --- answer.c --- */

/* Every participant of the part below `top` hears what it came to. After a failure, which is logged
 * and kept, the part fails; after a success what was not selected does. Takes the failure's
 * reference over; NULL, for want of memory: it is not explained. */
void collection_answer_success(struct node *top);
void collection_answer_failure(struct node *top, uint32_t error, struct failure *failure);

/* The same where nobody is to blame: what was wanted, and what was got. */
__attribute__((format(printf, 3, 4))) void collection_answer_refusal(struct node *top,
                                                                     uint32_t error,
                                                                     const char *format, ...);

/* --- fail.c --- */

/* Cuts the tree below (and with) `top` from its channels and from its collection. */
void collection_fail_down(struct node *top, const char *why);

/* --- buffers.c --- */

extern const struct buffer_owner_ops collection_buffer_ops;

/* The collection itself keeps no buffer alive any more. */
void collection_let_go(struct collection *collection);

/* No node is left. */
void collection_buffers_unneeded(struct collection *collection);

void collection_give_back(struct collection *collection, uint64_t bytes, uint64_t descriptors);

/* --- describe.c --- */

/* Adds `collection 71 "movie"`. */
void collection_add_label(const struct collection *collection, struct strbuf *text);

/* --- tracking.c --- */

/* Closes the lifetime trackers whose count of buffers is reached. */
void collection_check_lifetimes(struct collection *collection);

/* Closes an end that `uid` gave. */
void collection_close_end(const struct collection_table *table, uid_t uid, int fd);

/* --- allocate.c --- */

/* The alarm for heaps that have a deadline; it is not set yet. */
void collection_heap_alarm_init(struct collection *collection);

/* --- report.c --- */

void collection_report_begin(struct collection *collection);
void collection_report_end(struct collection *collection);

/* --- weak.c --- */

/* The strong part of a buffer is gone: weak handles should follow in time. */
void collection_weak_overdue(struct collection *collection, uint32_t index);
void collection_weak_end(struct collection *collection);

/* Complains of a buffer's weak handles, if there are any, and names whose they are as far as they
 * can be counted by `deadline_ns` (monotonic clock). */
void collection_weak_complain(const struct collection *collection, uint32_t index,
                              uint64_t deadline_ns);

/* --- verbose.c --- */

void collection_log_part(struct node *top);
/* To be called when the nodes that are not selected are marked as hidden. */
void collection_log_outcome(const struct node *top,
                            const struct sysmem_single_buffer_settings *settings);

#endif
