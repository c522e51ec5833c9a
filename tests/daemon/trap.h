/* Memory whose page comes only when the test says so: the kernel, asked to copy from or to it,
 * waits with the locks that it holds at that moment. */
#ifndef DAEMON_TRAP_H
#define DAEMON_TRAP_H

#include <stddef.h>

struct trap {
    int uffd;
    void *page;
    size_t size;
};

/* Skips the test that calls it, with the reason, where this process may not do such a thing. */
void trap_set_or_skip(struct trap *trap);

/* Waits until the kernel waits for the page. */
void trap_wait_sprung(const struct trap *trap);

/* The page comes. */
void trap_open(struct trap *trap);

void trap_remove(struct trap *trap);

#endif
