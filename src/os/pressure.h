/* How the kernel tells that memory is getting short: pressure stall information. */
#ifndef OS_PRESSURE_H
#define OS_PRESSURE_H

/* Whose waiting counts. */
enum pressure_scope {
    PRESSURE_OF_MACHINE,
    PRESSURE_OF_GROUP, /* the control group (cgroup v2) that the process is in now: its limits are
                        * felt there first, and on a large machine there only */
};

/* A descriptor, for the caller to close, that polls as POLLPRI at most once every two seconds,
 * after some process has waited for memory for a tenth of that; the poll that tells takes the
 * report away. A group's polls as POLLERR, too, once the group is removed. -errno: -ENOENT,
 * -EOPNOTSUPP: the kernel does not keep such information, or the process is in no group of its own;
 * -EACCES: it is not for this process. Any thread may call. */
int pressure_open(enum pressure_scope scope);

#endif
