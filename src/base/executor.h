/* Work that may block, away from the loop. Modules below the server get an executor and know no
 * libuv. */
#ifndef BASE_EXECUTOR_H
#define BASE_EXECUTOR_H

#include <stddef.h>

/* What an executor needs to keep of a job, in bytes. */
#define EXECUTOR_ROOM 192

struct executor_job {
    void (*work)(struct executor_job *job); /* on another thread, touches only what the job owns */
    void (*done)(struct executor_job *job); /* afterwards, on the loop's thread; may free the job */
    /* The executor's own, from submit to `done`: so that submitting cannot run out of memory. */
    union {
        max_align_t align;
        unsigned char bytes[EXECUTOR_ROOM];
    } room;
};

struct executor {
    /* Never refuses; `done` is always called, and never before submit has returned. The job stays
     * where it is until then. */
    void (*submit)(struct executor *executor, struct executor_job *job);
};

#endif
