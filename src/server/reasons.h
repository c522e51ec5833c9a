/* Why an allocation failed, as one of those who waited for it may know it: docs/security.md, Who
 * sees what. */
#ifndef SERVER_REASONS_H
#define SERVER_REASONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collection/failure.h"
#include "model/failure.h"

/* Of the texts in one answer: thousands may wait for the same failure. */
#define REASONS_MAX_BYTES 8192

struct reasons_reader {
    uint64_t node; /* koid of its node */
    uid_t uid;
    bool sees_names; /* of other uids' clients */
};

struct reasons {
    struct sysmem_reason list[MODEL_FAILURE_MAX_REASONS];
    struct model_failure table; /* points into the list, and to texts of the failure */
};

/* As many reasons as there is room for; those that are the reader's own are the last to be left
 * out. *ret is used where it is, while the failure lives. */
void reasons_tell(const struct failure *failure, const struct reasons_reader *reader,
                  struct reasons *ret);

#endif
