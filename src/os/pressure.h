/* How the kernel tells that memory is getting short: pressure stall information. */
#ifndef OS_PRESSURE_H
#define OS_PRESSURE_H

/* A descriptor, for the caller to close, that polls as POLLPRI at most once every two seconds,
 * after some process has waited for memory for a tenth of that; the poll that tells takes the
 * report away. -errno: -ENOENT, -EOPNOTSUPP: the kernel does not keep such information; -EACCES: it
 * is not for this process. Any thread may call. */
int pressure_open(void);

#endif
