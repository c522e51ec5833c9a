/* Errors of the protocol, and the status that the library's functions return. */
#ifndef SYSMEM_ERROR_H
#define SYSMEM_ERROR_H

#include <stdint.h>

#include <sysmem/export.h>
#include <zircon/errors.h>

/* fuchsia.sysmem2/Error (flexible: newer servers may send values that are not named here).
 * Source: spec/fuchsia.sysmem2.txt, ENUMS, Error. */
enum sysmem_error {
    SYSMEM_ERROR_INVALID = 0,
    SYSMEM_ERROR_UNSPECIFIED = 1,
    SYSMEM_ERROR_PROTOCOL_DEVIATION = 2,
    SYSMEM_ERROR_NOT_FOUND = 3,
    SYSMEM_ERROR_HANDLE_ACCESS_DENIED = 4,
    SYSMEM_ERROR_NO_MEMORY = 5,
    SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY = 6,
    SYSMEM_ERROR_PENDING = 7,
    SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS = 8,
};

/* What a call came to:
 *    0  it succeeded
 *  > 0  the server answered with this value of enum sysmem_error
 *  < 0  it did not get that far: a ZX_ERR_ value. ZX_ERR_PEER_CLOSED: the server closed the
 * channel; ZX_ERR_TIMED_OUT: no answer by the deadline; ZX_ERR_INVALID_ARGS: refused here, nothing
 * was sent; ZX_ERR_SHOULD_WAIT: the daemon has not read for long, nothing was sent;
 * ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES: this process has no memory or no descriptor left;
 *       ZX_ERR_IO: an answer that is not understood; ZX_ERR_INTERNAL: the system refused for a
 * reason that has no name here. */
typedef int32_t sysmem_status_t;

/* The name of a status, such as "ZX_ERR_PEER_CLOSED" or "CONSTRAINTS_INTERSECTION_EMPTY"; "unknown
 * error" for a value that has none. A constant string. Thread-safe. */
SYSMEM_EXPORT const char *sysmem_status_name(sysmem_status_t status);

#endif
