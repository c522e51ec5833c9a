#include "collection/uid_counts.h"

#include <assert.h>
#include <stddef.h>

/* Where a uid is; -1: nowhere. */
static int find(const struct uid_counts *counts, uid_t uid)
{
    for (int i = 0; i < UID_COUNTS_MAX; i++) {
        if (counts->uids[i].nodes > 0 && counts->uids[i].uid == uid) {
            return i;
        }
    }
    return -1;
}

static int find_free(const struct uid_counts *counts)
{
    for (int i = 0; i < UID_COUNTS_MAX; i++) {
        if (counts->uids[i].nodes == 0) {
            return i;
        }
    }
    return -1;
}

void uid_counts_add(struct uid_counts *counts, uid_t uid)
{
    int at = find(counts, uid);
    /* While nodes are counted among the others, nobody knows of which uids: they stay there. */
    if (at < 0 && counts->others == 0) {
        at = find_free(counts);
    }
    if (at < 0) {
        counts->others++;
        return;
    }
    counts->uids[at].uid = uid;
    counts->uids[at].nodes++;
}

void uid_counts_remove(struct uid_counts *counts, uid_t uid)
{
    int at = find(counts, uid);
    if (at >= 0) {
        counts->uids[at].nodes--;
    } else {
        assert(counts->others > 0);
        counts->others--;
    }
}
