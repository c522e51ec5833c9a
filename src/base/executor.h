/* Work that may block, away from the loop. Modules below the server get an executor and know no
 * libuv. */
#ifndef BASE_EXECUTOR_H
#define BASE_EXECUTOR_H

struct executor_job {
    void (*work)(struct executor_job *job); /* on another thread, touches only what the job owns */
    void (*done)(struct executor_job *job); /* afterwards, on the loop's thread; may free the job */
};

struct executor {
    /* Never refuses; `done` is always called, and never before submit has returned. */
    void (*submit)(struct executor *executor, struct executor_job *job);
};

#endif
