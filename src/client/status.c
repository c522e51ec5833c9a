#include "client/status.h"

#include <stddef.h>

#include "wire/stream.h"
#include "zx/status.h"

struct status_name {
    sysmem_status_t status;
    const char *name;
};

#define ZX(name)                                                                                   \
    {                                                                                              \
        name, #name                                                                                \
    }
#define ERROR(name)                                                                                \
    {                                                                                              \
        SYSMEM_ERROR_##name, #name                                                                 \
    }

static const struct status_name status_names[] = {
    ZX(ZX_OK),
    ZX(ZX_ERR_INTERNAL),
    ZX(ZX_ERR_NOT_SUPPORTED),
    ZX(ZX_ERR_NO_RESOURCES),
    ZX(ZX_ERR_NO_MEMORY),
    ZX(ZX_ERR_INVALID_ARGS),
    ZX(ZX_ERR_BAD_HANDLE),
    ZX(ZX_ERR_WRONG_TYPE),
    ZX(ZX_ERR_BAD_SYSCALL),
    ZX(ZX_ERR_OUT_OF_RANGE),
    ZX(ZX_ERR_BUFFER_TOO_SMALL),
    ZX(ZX_ERR_BAD_STATE),
    ZX(ZX_ERR_TIMED_OUT),
    ZX(ZX_ERR_SHOULD_WAIT),
    ZX(ZX_ERR_CANCELED),
    ZX(ZX_ERR_PEER_CLOSED),
    ZX(ZX_ERR_NOT_FOUND),
    ZX(ZX_ERR_ALREADY_EXISTS),
    ZX(ZX_ERR_ALREADY_BOUND),
    ZX(ZX_ERR_UNAVAILABLE),
    ZX(ZX_ERR_ACCESS_DENIED),
    ZX(ZX_ERR_IO),
    ZX(ZX_ERR_NO_SPACE),
    ERROR(UNSPECIFIED),
    ERROR(PROTOCOL_DEVIATION),
    ERROR(NOT_FOUND),
    ERROR(HANDLE_ACCESS_DENIED),
    ERROR(NO_MEMORY),
    ERROR(CONSTRAINTS_INTERSECTION_EMPTY),
    ERROR(PENDING),
    ERROR(TOO_MANY_GROUP_CHILD_COMBINATIONS),
};

const char *sysmem_status_name(sysmem_status_t status)
{
    for (size_t i = 0; i < sizeof(status_names) / sizeof(status_names[0]); i++) {
        if (status_names[i].status == status) {
            return status_names[i].name;
        }
    }
    return "unknown error";
}

sysmem_status_t status_from_stream(int result)
{
    switch (result) {
    case STREAM_CLOSED:
        return ZX_ERR_PEER_CLOSED;
    case STREAM_MALFORMED:
        return ZX_ERR_IO;
    case STREAM_FULL:
        return ZX_ERR_SHOULD_WAIT;
    default:
        return status_from_errno(-result);
    }
}
