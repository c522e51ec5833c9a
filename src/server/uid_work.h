/* Work on files that a stranger has, too. The kernel has it wait for as long as he likes, where
 * nothing wakes it: he writes to the file from memory that never comes. So each uid has a thread
 * for its own, while there is something to do, and holds up neither the loop nor libuv's pool, nor
 * anybody else's. The loop's thread only. */
#ifndef SERVER_UID_WORK_H
#define SERVER_UID_WORK_H

#include <sys/types.h>

#include <uv.h>

#include "base/executor.h"

struct server;

/* Of a server's. */
struct uid_work {
    uv_async_t finished; /* jobs are: they wait for the loop */
};

/* At the server's beginning; one server at a time. 0 or libuv's error. */
int uid_work_init(struct server *server);

/* As executor->submit() is: in the order of submission for each uid. */
void uid_work_submit(struct server *server, uid_t uid, struct executor_job *job);

/* Waits for what is under way, but not for long. What is not done then never is; its jobs belong to
 * the threads that hang, until the process ends. */
void uid_work_end(void);

#endif
