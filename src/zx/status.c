#include "zx/status.h"

#include <errno.h>

zx_status_t status_from_errno(int error)
{
    switch (error) {
    case 0:
        return ZX_OK;
    case ENOMEM:
    case ENOSPC: /* a memory file's word for it */
        return ZX_ERR_NO_MEMORY;
    case EMFILE:
    case ENFILE:
    case EBUSY: /* somebody has taken the locks by which holders are told */
        return ZX_ERR_NO_RESOURCES;
    case EACCES:
    case EPERM:
        return ZX_ERR_ACCESS_DENIED;
    case ENOENT:
        return ZX_ERR_NOT_FOUND;
    case EPIPE:
    case ECONNRESET:
    case ECONNREFUSED:
    case ENOTCONN:
        return ZX_ERR_PEER_CLOSED;
    case EBADF:
        return ZX_ERR_BAD_HANDLE;
    case ENOTSOCK:
        return ZX_ERR_WRONG_TYPE;
    case EINVAL:
    case ENAMETOOLONG:
        return ZX_ERR_INVALID_ARGS;
    default:
        return ZX_ERR_INTERNAL;
    }
}

zx_status_t status_from_mmap_errno(int error)
{
    return error == EAGAIN ? ZX_ERR_NO_MEMORY : status_from_errno(error);
}
