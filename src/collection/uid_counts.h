/* Whose nodes a tree has, so that nobody has to walk it to find out. */
#ifndef COLLECTION_UID_COUNTS_H
#define COLLECTION_UID_COUNTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define UID_COUNTS_MAX 8

/* A zeroed one is empty. */
struct uid_counts {
    struct {
        uid_t uid;
        uint32_t nodes; /* 0: the place is free */
    } uids[UID_COUNTS_MAX];
    uint32_t others; /* nodes of uids that found no place */
};

/* One node more of this uid. */
void uid_counts_add(struct uid_counts *counts, uid_t uid);

/* One less; it was added. */
void uid_counts_remove(struct uid_counts *counts, uid_t uid);

/* Whether every uid is listed. Else the tree knows. */
static inline bool uid_counts_are_complete(const struct uid_counts *counts)
{
    return counts->others == 0;
}

#endif
