/* Threads of the library's own. They block all signals, which are the program's. */
#ifndef ZX_THREAD_H
#define ZX_THREAD_H

#include <pthread.h>

/* Starts a thread, which is to be joined, or with `ret_thread` NULL ends by itself. 0 or -errno.
 * Any thread may call, with any lock. */
int thread_start(pthread_t *ret_thread, void *(*run)(void *arg), void *arg);

#endif
