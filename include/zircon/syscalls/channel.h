/* Channels: messages of bytes and handles between two ends, in one process or in two. Which
 * statuses every call may return is in <zircon/syscalls.h>. */
#ifndef ZIRCON_SYSCALLS_CHANNEL_H
#define ZIRCON_SYSCALLS_CHANNEL_H

#include <sysmem/export.h>
#include <zircon/types.h>

/* The two ends of a message channel. `options` is 0, else ZX_ERR_INVALID_ARGS. */
SYSMEM_EXPORT zx_status_t zx_channel_create(uint32_t options, zx_handle_t *out0, zx_handle_t *out1);

/* Writes a message of up to ZX_CHANNEL_MAX_MSG_BYTES and ZX_CHANNEL_MAX_MSG_HANDLES
 * (ZX_ERR_OUT_OF_RANGE: more). The handles are consumed in every case, and closed if the message is
 * never read. ZX_ERR_INVALID_ARGS: options other than ZX_CHANNEL_WRITE_USE_IOVEC, with which
 * `bytes` are `num_bytes` of zx_channel_iovec_t. Of a handle: ZX_ERR_BAD_HANDLE, also if it comes
 * twice; ZX_ERR_ACCESS_DENIED: it lacks ZX_RIGHT_TRANSFER; ZX_ERR_NOT_SUPPORTED: it is `handle`, or
 * cannot leave the process when the other end has. ZX_ERR_PEER_CLOSED. Never blocks. Needs
 * ZX_RIGHT_WRITE. */
SYSMEM_EXPORT zx_status_t zx_channel_write(zx_handle_t handle, uint32_t options, const void *bytes,
                                           uint32_t num_bytes, const zx_handle_t *handles,
                                           uint32_t num_handles);

/* The same, with each handle moved or duplicated (needs ZX_RIGHT_DUPLICATE; stays the caller's), of
 * a type (ZX_ERR_WRONG_TYPE) and with rights that are asked for (ZX_ERR_INVALID_ARGS: it does not
 * have them). `result` of each says what became of it. */
SYSMEM_EXPORT zx_status_t zx_channel_write_etc(zx_handle_t handle, uint32_t options,
                                               const void *bytes, uint32_t num_bytes,
                                               zx_handle_disposition_t *handles,
                                               uint32_t num_handles);

/* Reads the next message. `actual_bytes` and `actual_handles`, which may be NULL, get its sizes,
 * also with ZX_ERR_BUFFER_TOO_SMALL: it stays then, or with ZX_CHANNEL_READ_MAY_DISCARD goes. A
 * NULL buffer has no room. ZX_ERR_SHOULD_WAIT: there is none; ZX_ERR_PEER_CLOSED: nor will be;
 * ZX_ERR_NOT_SUPPORTED: other options; ZX_ERR_NO_RESOURCES: no handle or descriptor left for what
 * it carries, it is lost. Needs ZX_RIGHT_READ. */
SYSMEM_EXPORT zx_status_t zx_channel_read(zx_handle_t handle, uint32_t options, void *bytes,
                                          zx_handle_t *handles, uint32_t num_bytes,
                                          uint32_t num_handles, uint32_t *actual_bytes,
                                          uint32_t *actual_handles);

/* The same, telling type and rights of each handle. */
SYSMEM_EXPORT zx_status_t zx_channel_read_etc(zx_handle_t handle, uint32_t options, void *bytes,
                                              zx_handle_info_t *handles, uint32_t num_bytes,
                                              uint32_t num_handles, uint32_t *actual_bytes,
                                              uint32_t *actual_handles);

/* Writes a message whose first four bytes are replaced by a transaction id that no other call on
 * this end has, with the top bit set, and waits for the message that begins with it; all others
 * stay for zx_channel_read(). Threads may call at once. Statuses of both; ZX_ERR_INVALID_ARGS:
 * fewer than four bytes; ZX_ERR_TIMED_OUT: the reply, when it comes, is an ordinary message;
 * ZX_ERR_CANCELED: the handle was closed; ZX_ERR_BUFFER_TOO_SMALL: the reply is lost. Needs
 * ZX_RIGHT_READ and ZX_RIGHT_WRITE. */
SYSMEM_EXPORT zx_status_t zx_channel_call(zx_handle_t handle, uint32_t options, zx_time_t deadline,
                                          const zx_channel_call_args_t *args,
                                          uint32_t *actual_bytes, uint32_t *actual_handles);

/* The same, with the handles of zx_channel_write_etc() and zx_channel_read_etc(). */
SYSMEM_EXPORT zx_status_t zx_channel_call_etc(zx_handle_t handle, uint32_t options,
                                              zx_time_t deadline, zx_channel_call_etc_args_t *args,
                                              uint32_t *actual_bytes, uint32_t *actual_handles);

#endif
