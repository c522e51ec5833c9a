#include "zx/status.h"

#include <errno.h>

zx_status_t status_from_errno(int error)
{
    switch (error) {
    case ENOMEM:
    case ENOSPC:
        return ZX_ERR_NO_MEMORY;
    case EMFILE:
    case ENFILE:
        return ZX_ERR_NO_RESOURCES;
    case EACCES:
    case EPERM:
        return ZX_ERR_ACCESS_DENIED;
    default:
        return ZX_ERR_INTERNAL;
    }
}
