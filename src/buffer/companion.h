/* What tells that the last handle of memory is gone whose file cannot be opened again, so that all
 * its handles are one description to the kernel: a pipe. Its end for reading travels with each
 * handle, opened anew; the other end stays here, and shows when the last copy is closed, wherever
 * it had got to. Only this module includes this.
 *
 * A pipe, not a pair of sockets: whoever has one end of such a pair can shut down both, and so end
 * the tracking for all others. All that a holder can do to the pipe is to keep its end. */
#ifndef BUFFER_COMPANION_H
#define BUFFER_COMPANION_H

#include <stdbool.h>

struct companion {
    int near_fd; /* -1 until the first handle */
    int far_fd;  /* what is opened anew; -1: no handle can be made */
};

void companion_init(struct companion *companion);

/* A copy to go with a new handle, which the caller owns: a description of its own, so that nothing
 * that its holder does with it (epoll) is met when the end here is closed. The first call makes the
 * pipe. 0; -ESTALE after companion_drop(); another -errno (-EMFILE, -ENFILE, -ENOMEM). */
int companion_give(struct companion *companion, int *ret_fd);

/* No more will be given. Harmless when repeated. */
void companion_drop(struct companion *companion);

/* Whether all that were given are gone; also true when none ever was. After companion_drop(); until
 * then, only whether none was given. One system call; near_fd polls as POLLERR when it is so. */
bool companion_is_gone(const struct companion *companion);

/* Closes both ends. Harmless when repeated. */
void companion_deinit(struct companion *companion);

#endif
