/* What errno values are called in <sysmem/error.h>. */
#ifndef CLIENT_STATUS_H
#define CLIENT_STATUS_H

#include <sysmem/error.h>

/* `error` is an errno value, positive. ZX_ERR_IO for those without a closer name. */
sysmem_status_t status_of_errno(int error);

#endif
