/* Participants who come to an agreement, or to none.
 *
 * A starter token holds the collection up until every participant has sent its constraints and its
 * wait has reached the daemon. So all see the same outcome, and a failure reaches them as the
 * error that it is: no wait can come too late. */
#ifndef CONFORMANCE_NEGOTIATION_H
#define CONFORMANCE_NEGOTIATION_H

#include "seat.h"

#define NEGOTIATION_SEATS 4

struct negotiation {
    struct sysmem_token *starter;
    struct seat seats[NEGOTIATION_SEATS];
    size_t count;
};

/* Binds `count` participants, each with the rights mask of its own (NULL: SAME_RIGHTS for all). */
void negotiation_open(struct negotiation *negotiation, struct sysmem_allocator *allocator,
                      const zx_rights_t *masks, size_t count);

/* SetConstraints and WaitForAllBuffersAllocated by participant `i`; NULL: it has none. */
void negotiation_say(struct negotiation *negotiation, size_t i,
                     const struct sysmem_buffer_collection_constraints *wish);

/* Lets the daemon decide, and takes every participant's answer. */
void negotiation_decide(struct negotiation *negotiation);

/* Everyone leaves, after Release where there is something to release. */
void negotiation_close(struct negotiation *negotiation);

/* All of it but the end: wish `i` is participant `i`'s. */
void negotiate(struct negotiation *negotiation, struct sysmem_allocator *allocator,
               const struct sysmem_buffer_collection_constraints *wishes, size_t count);

/* The outcome as participant `i` sees it; asserts that there is one. */
const struct sysmem_buffer_collection_info *result_of(const struct negotiation *negotiation,
                                                      size_t i);

/* The image constraints of the outcome; asserts that there are some. */
const struct sysmem_image_format_constraints *image_result(const struct negotiation *negotiation);

/* Everyone has buffers, `buffers` of them, and the same settings. */
void assert_allocated(const struct negotiation *negotiation, size_t buffers);

/* Everyone was told CONSTRAINTS_INTERSECTION_EMPTY. */
void assert_refused(const struct negotiation *negotiation);

/* The two together, with the end: does this agree on `buffers` buffers (0: is refused)? */
void expect(struct sysmem_allocator *allocator,
            const struct sysmem_buffer_collection_constraints *wishes, size_t count,
            size_t buffers);

#endif
