/* Real memory pressure that hurts nobody: processes that read a file again and again which is
 * larger than the memory that their control group may have. */
#ifndef SQUEEZE_H
#define SQUEEZE_H

#include <stdbool.h>
#include <sys/types.h>

#define SQUEEZE_READERS 4

struct squeeze {
    char group[64];   /* of the tree of version 2: who reads, and who calls */
    char memory[64];  /* where the limit is: the same, or a group of version 1 */
    char before[512]; /* the group that the caller came from */
    pid_t pids[SQUEEZE_READERS];
};

/* Makes the groups and moves this process into the first one. NULL, or why that cannot be done
 * here; nothing is left behind then. */
const char *squeeze_prepare(struct squeeze *squeeze);

/* Starts the processes that read. They end with this one, and after a minute. */
bool squeeze_start(struct squeeze *squeeze);
void squeeze_stop(struct squeeze *squeeze);

/* Moves this process back and removes the groups. */
void squeeze_undo(struct squeeze *squeeze);

#endif
