/* The emulated hardware of secure memory, as a process of its own beside a daemon, and devices
 * that reach memory through it. Every function asserts that it succeeds unless it says otherwise.
 */
#ifndef DAEMON_SECURE_DRIVER_H
#define DAEMON_SECURE_DRIVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "support/daemon.h"

#define SECURE_TYPE "fuchsia.amlogic.platform.sysmem.heap.HEAP_TYPE.SECURE"
#define VDEC_TYPE   "fuchsia.amlogic.platform.sysmem.heap.HEAP_TYPE.SECURE_VDEC"
#define VDEC_BASE   UINT64_C(0x200000000)

struct secure_driver {
    pid_t pid;
    int pidfd;
    char device[64];
};

/* Starts it; it has a heap on the daemon's pool and VDEC_TYPE, of 16 MiB from VDEC_BASE on, in
 * blocks of 4 KiB. `traps` are its --at, separated by blanks; NULL: none. Returns when it is
 * registered, or, which may be what its traps are for, when it has ended instead: false. */
bool secure_driver_start(struct secure_driver *driver, const struct daemon *daemon,
                         const char *traps);

/* Whether it ends within so many milliseconds. */
bool secure_driver_has_ended(const struct secure_driver *driver, int milliseconds);

/* Waits for its end, after that signal (0: none). */
void secure_driver_end(struct secure_driver *driver, int signal);

/* What a device is answered: "read open 0x1000 3" and the like. Lives until the next one. */
const char *secure_device_ask(const struct secure_driver *driver, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Waits until the hardware protects no range. */
void secure_device_wait_for_open(const struct secure_driver *driver);

#endif
