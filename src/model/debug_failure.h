/* The part of the Debug protocol that tells why allocations failed. The rest is in model/debug.h.
 */
#ifndef MODEL_DEBUG_FAILURE_H
#define MODEL_DEBUG_FAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/debug_allocation.h"

/* A field that stands in the way. node, participant, field: unset where nobody is to blame.
 * participant: the client's name, "uid N" where the viewer may not see it. */
struct model_debug_reason {
    uint64_t node;           /* koid */
    const char *participant; /* at most 256 bytes of UTF-8 */
    const char *field;       /* at most 128 */
    const char *detail;      /* at most 1024 */
    struct {
        bool node;
        bool participant;
        bool field;
        bool detail;
    } has;
};

/* selected: the child of each group that is not hidden; unset where there are no groups. omitted:
 * further reasons, which are not kept. */
struct model_debug_conflict {
    const uint32_t *selected; /* at most 4096 */
    size_t selected_count;
    const struct model_debug_reason *reasons; /* at most 256 */
    size_t reasons_count;
    uint64_t omitted;
    bool minimal;
    struct {
        bool selected;
        bool reasons;
        bool omitted;
        bool minimal;
    } has;
};

/* number: of all failures, in the order in which they happened. time_ns: nanoseconds of
 * CLOCK_REALTIME. part: koid of the topmost node of an attached part; unset: the whole collection.
 * participants: as they were then; without what depends on buffers. conflict: of the attempt that
 * got furthest. conflicts: of all combinations of group children, where they were asked for and
 * worked out. */
struct model_debug_failure {
    uint64_t number;
    uint64_t time_ns;
    uint64_t collection_id;
    const char *collection_name; /* at most 64 bytes of UTF-8 */
    uint64_t part;
    uint32_t owner_uid;
    uint32_t error;                                     /* enum sysmem_error */
    const struct model_debug_participant *participants; /* at most 256 */
    size_t participants_count;
    uint64_t participants_omitted;
    struct model_debug_conflict conflict;
    const struct model_debug_conflict *conflicts;
    size_t conflicts_count;
    struct {
        bool number;
        bool time_ns;
        bool collection_id;
        bool collection_name;
        bool part;
        bool owner_uid;
        bool error;
        bool participants;
        bool participants_omitted;
        bool conflict;
        bool conflicts;
    } has;
};

/* Debug.GetFailures: the last failures that the viewer may see, oldest first; of one collection
 * alone where collection_id is set; those whose number is greater than `after` (0 when unset), as
 * many as one message holds; `more`: ask again, from behind these. */
struct model_debug_get_failures_request {
    uint64_t collection_id;
    uint64_t after;
    bool every_combination;
    struct {
        bool collection_id;
        bool after;
        bool every_combination;
    } has;
};

struct model_debug_get_failures_response {
    const struct model_debug_failure *failures; /* at most 64 */
    size_t failures_count;
    bool more;
    struct {
        bool failures;
        bool more;
    } has;
};

#endif
