/* Descriptors: closed exactly once, -1 when empty. */
#ifndef BASE_FD_H
#define BASE_FD_H

/* Closes *fd if it is one and sets it to -1. Keeps errno. */
void fd_close(int *fd);

/* Hands the descriptor out and leaves -1 behind. */
static inline int fd_take(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

/* Closes a local descriptor at the end of its scope. */
#define FD_CLEANUP __attribute__((cleanup(fd_close)))

/* A close-on-exec duplicate, or -errno. */
int fd_dup(int fd);

#endif
