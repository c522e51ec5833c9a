/* Why there are no buffers: which participants' constraints exclude each other. What a daemon says
 * beside the error SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY and its like; not part of the
 * interface's documents. A failure is independent of the object that it came from; one thread at a
 * time may use it. */
#ifndef SYSMEM_FAILURE_H
#define SYSMEM_FAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/export.h>

struct sysmem_collection;
struct sysmem_failure;

/* One field of one participant that stands in the way of others, or of itself. */
struct sysmem_reason {
    const char *participant; /* its debug client name; unset: nobody in particular, or somebody of
                              * another uid */
    const char *field;  /* "image_format_constraints[2].color_spaces" in its constraints; unset:
                         * nobody is to blame */
    const char *detail; /* what was wanted and what was got, in words */
    bool own;           /* the participant is the one that the answer was for */
    struct {
        bool participant;
        bool field;
        bool detail;
        bool own;
    } has;
};

/* Takes what the daemon said when the last WaitForAllBuffersAllocated or CheckAllBuffersAllocated
 * of this collection failed; from within the callback of an asynchronous call too. The caller frees
 * it. NULL: nothing was said (the call did not fail on the daemon's side, or was taken before). Any
 * thread may call. */
SYSMEM_EXPORT struct sysmem_failure *sysmem_collection_take_failure(
    struct sysmem_collection *collection);

/* The reasons: a minimal set, of which none can be spared, unless sysmem_failure_is_minimal() is
 * false. They live as long as the failure. */
SYSMEM_EXPORT size_t sysmem_failure_reason_count(const struct sysmem_failure *failure);
SYSMEM_EXPORT const struct sysmem_reason *sysmem_failure_reason(
    const struct sysmem_failure *failure, size_t index);

/* False: there were too many candidates to find a minimal set, or more reasons than are told. */
SYSMEM_EXPORT bool sysmem_failure_is_minimal(const struct sysmem_failure *failure);

/* All reasons as text for people, one a line, without a newline behind the last one; names of
 * participants are escaped. It lives as long as the failure. NULL: no memory. */
SYSMEM_EXPORT const char *sysmem_failure_text(struct sysmem_failure *failure);

/* NULL is fine. */
SYSMEM_EXPORT void sysmem_failure_free(struct sysmem_failure *failure);

#endif
