/* What the system refuses, in the words of <zircon/errors.h>. */
#ifndef ZX_STATUS_H
#define ZX_STATUS_H

#include <zircon/types.h>

/* The status for an errno value, positive; ZX_OK for 0. ZX_ERR_INTERNAL: one without a closer name,
 * which the caller did not expect. */
zx_status_t status_from_errno(int error);

/* The same for mmap(2), whose EAGAIN means more locked memory than RLIMIT_MEMLOCK allows. */
zx_status_t status_from_mmap_errno(int error);

#endif
