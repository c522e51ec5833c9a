/* Zircon's object calls, in one Linux process. One include is enough for a program that uses them.
 *
 * Signatures, statuses and the order in which arguments are judged are Zircon's; docs/zircon.md
 * says of each call how exact it is here. Of a handle argument, first: ZX_ERR_BAD_HANDLE, no such
 * handle; then ZX_ERR_WRONG_TYPE, a handle to another kind of object; then ZX_ERR_ACCESS_DENIED, a
 * right is missing. Handles that a call returns belong to the caller: zx_handle_close(). Output
 * parameters are written on success only; a NULL one that the call needs is ZX_ERR_INVALID_ARGS.
 * ZX_ERR_NO_MEMORY and ZX_ERR_NO_RESOURCES (no descriptor or no handle left) may come from every
 * call that makes something. Any thread may call anything at any time.
 *
 * A handle belongs to the process that made it: a child after fork(2) must not use the library's
 * objects. Until it calls execve(2) or ends, it keeps what had left the parent by then: the other
 * process sees no closed peer. */
#ifndef ZIRCON_SYSCALLS_H
#define ZIRCON_SYSCALLS_H

#include <sysmem/export.h>
#include <zircon/errors.h>
#include <zircon/rights.h>
#include <zircon/syscalls/channel.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/port.h>
#include <zircon/types.h>

/* --- Handles --- */

/* Closes a handle. ZX_HANDLE_INVALID is fine. Threads that wait on it get ZX_ERR_CANCELED. */
SYSMEM_EXPORT zx_status_t zx_handle_close(zx_handle_t handle);

/* Closes many. Entries of ZX_HANDLE_INVALID are skipped. ZX_ERR_BAD_HANDLE: some were not handles,
 * or came twice; all others are closed all the same. */
SYSMEM_EXPORT zx_status_t zx_handle_close_many(const zx_handle_t *handles, size_t num_handles);

/* A second handle to the same object with `rights`, which must be among the first one's
 * (ZX_RIGHT_SAME_RIGHTS: all of them), else ZX_ERR_INVALID_ARGS. Needs ZX_RIGHT_DUPLICATE. */
SYSMEM_EXPORT zx_status_t zx_handle_duplicate(zx_handle_t handle, zx_rights_t rights,
                                              zx_handle_t *out);

/* The same object with other rights under a new handle; needs no right. The old handle is closed,
 * also when `rights` are not among its own: ZX_ERR_INVALID_ARGS. */
SYSMEM_EXPORT zx_status_t zx_handle_replace(zx_handle_t handle, zx_rights_t rights,
                                            zx_handle_t *out);

/* --- Objects --- */

/* Waits until one of `signals` is active on the object, or the deadline (absolute, monotonic) has
 * come. `observed`, which may be NULL, gets what is active then, in both cases: ZX_OK,
 * ZX_ERR_TIMED_OUT. ZX_ERR_CANCELED: the handle was closed meanwhile (observed holds
 * ZX_SIGNAL_HANDLE_CLOSED). Needs ZX_RIGHT_WAIT. */
SYSMEM_EXPORT zx_status_t zx_object_wait_one(zx_handle_t handle, zx_signals_t signals,
                                             zx_time_t deadline, zx_signals_t *observed);

/* zx_object_wait_one() for up to ZX_WAIT_MANY_MAX_ITEMS handles (ZX_ERR_OUT_OF_RANGE: more): waits
 * until one of them has a signal that is waited for. `pending` of all items gets what is active
 * then, with ZX_OK, ZX_ERR_TIMED_OUT and ZX_ERR_CANCELED. No item at all: sleeps. */
SYSMEM_EXPORT zx_status_t zx_object_wait_many(zx_wait_item_t *items, size_t num_items,
                                              zx_time_t deadline);

/* Queues one packet with `key` on a port when one of `signals` is active on the object, at once if
 * one is already; with ZX_WAIT_ASYNC_EDGE when one becomes active from now on. The packet has the
 * time with ZX_WAIT_ASYNC_TIMESTAMP. No packet comes when `handle` is closed first.
 * ZX_ERR_INVALID_ARGS: other options. Needs ZX_RIGHT_WRITE on the port, which is judged first, and
 * ZX_RIGHT_WAIT on the object. */
SYSMEM_EXPORT zx_status_t zx_object_wait_async(zx_handle_t handle, zx_handle_t port, uint64_t key,
                                               zx_signals_t signals, uint32_t options);

/* Takes the signals `clear_mask` back, then activates `set_mask`: user signals, and
 * ZX_EVENT_SIGNALED on events. ZX_ERR_INVALID_ARGS: others. Needs ZX_RIGHT_SIGNAL. */
SYSMEM_EXPORT zx_status_t zx_object_signal(zx_handle_t handle, uint32_t clear_mask,
                                           uint32_t set_mask);

/* zx_object_signal() on the other end of an eventpair or channel. ZX_ERR_PEER_CLOSED: it has no
 * handle left; ZX_ERR_NOT_SUPPORTED: there is no other end. Needs ZX_RIGHT_SIGNAL_PEER. */
SYSMEM_EXPORT zx_status_t zx_object_signal_peer(zx_handle_t handle, uint32_t clear_mask,
                                                uint32_t set_mask);

/* Tells about an object: `buffer` gets the topic's struct. `actual` and `avail`, which may be NULL,
 * get the number of structs written and to be had. ZX_ERR_BUFFER_TOO_SMALL: *actual 0, *avail 1;
 * ZX_ERR_NOT_SUPPORTED: no such topic. ZX_INFO_VMAR and ZX_INFO_HANDLE_COUNT need ZX_RIGHT_INSPECT,
 * the others no right. */
SYSMEM_EXPORT zx_status_t zx_object_get_info(zx_handle_t handle, uint32_t topic, void *buffer,
                                             size_t buffer_size, size_t *actual, size_t *avail);

/* Reads a property. ZX_PROP_NAME: 32 bytes, NUL-terminated; ZX_PROP_VMO_CONTENT_SIZE: a uint64_t in
 * bytes. ZX_ERR_BUFFER_TOO_SMALL: a smaller `value_size`; ZX_ERR_NOT_SUPPORTED: no such property.
 * Needs ZX_RIGHT_GET_PROPERTY. */
SYSMEM_EXPORT zx_status_t zx_object_get_property(zx_handle_t handle, uint32_t property, void *value,
                                                 size_t value_size);

/* Sets a property. A name is cut to 31 bytes. A content size may be larger than the VMO, and
 * changes nothing else about it. Needs ZX_RIGHT_SET_PROPERTY; the content size needs ZX_RIGHT_WRITE
 * too. */
SYSMEM_EXPORT zx_status_t zx_object_set_property(zx_handle_t handle, uint32_t property,
                                                 const void *value, size_t value_size);

/* --- Events (channels: <zircon/syscalls/channel.h>, ports: <zircon/syscalls/port.h>) --- */

/* An object that only carries signals. `options` is 0, else ZX_ERR_INVALID_ARGS. */
SYSMEM_EXPORT zx_status_t zx_event_create(uint32_t options, zx_handle_t *out);

/* Two events that know of each other: ZX_EVENTPAIR_PEER_CLOSED becomes active on one when the last
 * handle to the other is gone, also in another process. `options` is 0, else ZX_ERR_NOT_SUPPORTED.
 */
SYSMEM_EXPORT zx_status_t zx_eventpair_create(uint32_t options, zx_handle_t *out0,
                                              zx_handle_t *out1);

/* --- VMOs --- */

/* Zero-filled memory of `size` bytes, rounded up to pages. ZX_VMO_RESIZABLE: its size can be
 * changed; ZX_VMO_DISCARDABLE: it may lose its contents while nobody has locked it;
 * ZX_VMO_UNBOUNDED: as large as can be, with `size` 0. ZX_ERR_INVALID_ARGS: other options, or
 * ZX_VMO_UNBOUNDED with ZX_VMO_RESIZABLE or a size; ZX_ERR_OUT_OF_RANGE: more than 2^64 - 64 KiB.
 * Source: spec/zx_vmo_create.txt. */
SYSMEM_EXPORT zx_status_t zx_vmo_create(uint64_t size, uint32_t options, zx_handle_t *out);

/* A VMO made of another one, of which it is a child from now on: ZX_VMO_ZERO_CHILDREN is inactive
 * on that. When a VMO goes, its children become its parent's. `size` is rounded up to pages.
 *
 * ZX_VMO_CHILD_SLICE: a window on part of the parent, both with the same bytes; it lies inside the
 * parent and starts with a page, else ZX_ERR_INVALID_ARGS; ZX_ERR_NOT_SUPPORTED: the parent can be
 * resized. ZX_VMO_CHILD_REFERENCE: the same memory under another koid; `offset` and `size` are 0,
 * else ZX_ERR_INVALID_ARGS; ZX_ERR_NOT_SUPPORTED: of a slice, or with ZX_VMO_CHILD_RESIZABLE of a
 * VMO that cannot be resized. ZX_VMO_CHILD_SNAPSHOT, and the two weaker kinds, which are the same
 * here: a copy of a part of the parent as it is now, with zeros beyond the parent's end; it takes
 * time and memory for what the parent has written. ZX_ERR_OUT_OF_RANGE: the part has no end below
 * 2^64. All: ZX_ERR_NOT_SUPPORTED of what is discardable, ZX_ERR_BAD_STATE of what is not cached.
 *
 * The new handle has the rights of `handle`, ZX_RIGHT_GET_PROPERTY and ZX_RIGHT_SET_PROPERTY;
 * ZX_RIGHT_RESIZE with ZX_VMO_CHILD_RESIZABLE only; not ZX_RIGHT_WRITE with ZX_VMO_CHILD_NO_WRITE;
 * a snapshot has ZX_RIGHT_WRITE otherwise, and never ZX_RIGHT_EXECUTE. Needs ZX_RIGHT_DUPLICATE and
 * ZX_RIGHT_READ. */
SYSMEM_EXPORT zx_status_t zx_vmo_create_child(zx_handle_t handle, uint32_t options, uint64_t offset,
                                              uint64_t size, zx_handle_t *out);

/* Copies bytes out of a VMO. ZX_ERR_OUT_OF_RANGE: not all inside the VMO, nothing is copied;
 * ZX_ERR_NOT_FOUND: `buffer` is not all writable memory; ZX_ERR_BAD_STATE: it is not cached. Needs
 * ZX_RIGHT_READ. */
SYSMEM_EXPORT zx_status_t zx_vmo_read(zx_handle_t handle, void *buffer, uint64_t offset,
                                      size_t buffer_size);

/* The opposite of zx_vmo_read(). Needs ZX_RIGHT_WRITE. */
SYSMEM_EXPORT zx_status_t zx_vmo_write(zx_handle_t handle, const void *buffer, uint64_t offset,
                                       size_t buffer_size);

/* The size in bytes, a multiple of the page size. Needs no right. */
SYSMEM_EXPORT zx_status_t zx_vmo_get_size(zx_handle_t handle, uint64_t *size);

/* Changes size and content size, the size rounded up to pages; what is added is zeros, and so is
 * the rest of the last page. Mappings of pages that go raise SIGBUS when used. ZX_ERR_OUT_OF_RANGE:
 * too large; ZX_ERR_UNAVAILABLE: it cannot be resized. Needs ZX_RIGHT_WRITE, and ZX_RIGHT_RESIZE
 * for what can be resized. */
SYSMEM_EXPORT zx_status_t zx_vmo_set_size(zx_handle_t handle, uint64_t size);

/* Does something to a range. ZX_ERR_OUT_OF_RANGE: it is not inside the VMO; ZX_ERR_INVALID_ARGS: no
 * such operation.
 *
 * ZX_VMO_OP_COMMIT: its pages get memory now. ZX_VMO_OP_DECOMMIT: whole pages
 * (ZX_ERR_INVALID_ARGS) become zeros and give their memory back; ZX_ERR_NOT_SUPPORTED with a
 * snapshot in the family. ZX_VMO_OP_ZERO: bytes become zeros; ZX_ERR_BAD_STATE: not cached.
 * ZX_VMO_OP_PREFETCH: pages are brought back from swap soon. ZX_VMO_OP_DONT_NEED, _ALWAYS_NEED: not
 * even the range is looked at. ZX_VMO_OP_CACHE_*: nothing needs doing; an empty range is
 * ZX_ERR_INVALID_ARGS.
 *
 * Of a discardable VMO (ZX_ERR_NOT_SUPPORTED: it is none), all of it: ZX_VMO_OP_LOCK keeps its
 * contents, and `buffer`, a zx_vmo_lock_state_t, gets what has been lost (ZX_ERR_INVALID_ARGS:
 * there is no room for that); ZX_VMO_OP_TRY_LOCK keeps them only if nothing has been lost, else
 * ZX_ERR_UNAVAILABLE; ZX_VMO_OP_UNLOCK takes one lock back, of which there can be many
 * (ZX_ERR_BAD_STATE: there is none). See also <sysmem/discard.h>.
 *
 * Needs ZX_RIGHT_WRITE for COMMIT, DECOMMIT, ZERO and CACHE_INVALIDATE; ZX_RIGHT_READ or
 * ZX_RIGHT_WRITE for locks; none for DONT_NEED and ALWAYS_NEED; else ZX_RIGHT_READ. */
SYSMEM_EXPORT zx_status_t zx_vmo_op_range(zx_handle_t handle, uint32_t op, uint64_t offset,
                                          uint64_t size, void *buffer, size_t buffer_size);

/* Notes how memory is to be cached (ZX_CACHE_POLICY_*, else ZX_ERR_INVALID_ARGS): Linux does not
 * let a program choose, so nothing but the rules changes. ZX_ERR_BAD_STATE: it is mapped, has
 * children or is a child. Needs ZX_RIGHT_MAP. */
SYSMEM_EXPORT zx_status_t zx_vmo_set_cache_policy(zx_handle_t handle, uint32_t cache_policy);

/* The same VMO with ZX_RIGHT_EXECUTE too, under a new handle. The old handle is closed, also on
 * failure. `vmex` is ZX_HANDLE_INVALID: there are no objects here that could allow or forbid it.
 * ZX_ERR_BAD_HANDLE: also when it is no VMO. */
SYSMEM_EXPORT zx_status_t zx_vmo_replace_as_executable(zx_handle_t handle, zx_handle_t vmex,
                                                       zx_handle_t *out);

/* --- VMARs --- */

/* The region that holds all that is mapped with these calls: always the same handle, which is the
 * program's to close when it will map no more. ZX_HANDLE_INVALID: no address space could be
 * reserved. */
SYSMEM_EXPORT zx_handle_t zx_vmar_root_self(void);

/* Makes a region of `size` bytes in another one: anywhere, at `offset` (ZX_VM_SPECIFIC) or wholly
 * below it (ZX_VM_OFFSET_IS_UPPER_LIMIT), which both need ZX_VM_CAN_MAP_SPECIFIC of the parent.
 * Its range stays taken until zx_vmar_destroy(). ZX_ERR_BAD_STATE: the parent is destroyed;
 * ZX_ERR_ALREADY_EXISTS: something is there; ZX_ERR_NO_MEMORY: no free range. Needs the rights that
 * go with the ZX_VM_CAN_MAP_ bits; the new handle has these, and 0x208003.
 * Source: spec/zx_vmar_allocate.txt. */
SYSMEM_EXPORT zx_status_t zx_vmar_allocate(zx_handle_t parent_vmar, zx_vm_option_t options,
                                           size_t offset, size_t size, zx_handle_t *child_vmar,
                                           zx_vaddr_t *child_addr);

/* Maps `len` bytes of a VMO, rounded up to pages, from `vmo_offset` on, into a region: anywhere, at
 * `vmar_offset` (ZX_VM_SPECIFIC, ZX_VM_SPECIFIC_OVERWRITE) or wholly below it
 * (ZX_VM_OFFSET_IS_UPPER_LIMIT). The mapping keeps the VMO alive. `mapped_addr` gets its address.
 * ZX_ERR_ALREADY_EXISTS: something is there; ZX_ERR_NO_MEMORY: no free range, or the process has
 * too many mappings. Needs ZX_RIGHT_MAP and, on both handles, the rights that go with the
 * ZX_VM_PERM_ bits. */
SYSMEM_EXPORT zx_status_t zx_vmar_map(zx_handle_t handle, zx_vm_option_t options,
                                      uint64_t vmar_offset, zx_handle_t vmo, uint64_t vmo_offset,
                                      uint64_t len, zx_vaddr_t *mapped_addr);

/* Takes away what is mapped in a range of a region, and destroys the regions in it; holes are fine.
 * `len` is rounded up to pages. ZX_ERR_BAD_STATE: the region is destroyed; ZX_ERR_INVALID_ARGS:
 * `addr` is not a page's, `len` is 0, or the range is not inside the region, has only part of
 * another region in it, or any of one without ZX_RIGHT_OP_CHILDREN. Needs no right. */
SYSMEM_EXPORT zx_status_t zx_vmar_unmap(zx_handle_t handle, zx_vaddr_t addr, uint64_t len);

/* Gives what is mapped in a range other permissions: ZX_VM_PERM_ bits, or 0 for no access. All or
 * nothing changes. ZX_ERR_NOT_FOUND: something in it is not mapped; ZX_ERR_ACCESS_DENIED: more than
 * the handles allowed when it was mapped, or more than what is mapped in a deeper region has now;
 * ZX_ERR_INVALID_ARGS, ZX_ERR_BAD_STATE: as zx_vmar_unmap(), or write or execute without read.
 * Needs the rights that go with the bits. */
SYSMEM_EXPORT zx_status_t zx_vmar_protect(zx_handle_t handle, zx_vm_option_t options,
                                          zx_vaddr_t addr, uint64_t len);

/* Does one of the ZX_VMAR_OP_ operations to what is mapped in a range: COMMIT, DECOMMIT and ZERO
 * change the VMOs' memory, PREFETCH, MAP_RANGE, DONT_NEED and ALWAYS_NEED are hints. `buffer` and
 * `buffer_size` are NULL and 0. ZX_ERR_INVALID_ARGS: as zx_vmar_unmap(), no such operation, or a
 * deeper region is in the range: COMMIT, DECOMMIT and PREFETCH enter none, the others need
 * ZX_RIGHT_OP_CHILDREN to; ZX_ERR_OUT_OF_RANGE: not inside the region, or not inside a VMO;
 * ZX_ERR_BAD_STATE: the region is destroyed, or something in the range is not mapped;
 * ZX_ERR_ACCESS_DENIED: memory is to change through a mapping that may never write;
 * else as zx_vmo_op_range(). Before a refusal, what lies below it has been done. */
SYSMEM_EXPORT zx_status_t zx_vmar_op_range(zx_handle_t handle, uint32_t op, zx_vaddr_t addr,
                                           uint64_t len, void *buffer, size_t buffer_size);

/* Unmaps all that is in a region, destroys it and the regions in it, and gives its range back to
 * its parent; closing handles does none of this. Handles stay, and are ZX_ERR_BAD_STATE to use.
 * ZX_ERR_NOT_SUPPORTED: the root. Needs ZX_RIGHT_OP_CHILDREN. */
SYSMEM_EXPORT zx_status_t zx_vmar_destroy(zx_handle_t handle);

/* --- System and time --- */

/* The size of a page in bytes. */
SYSMEM_EXPORT uint32_t zx_system_get_page_size(void);

/* The monotonic clock, in nanoseconds. */
SYSMEM_EXPORT zx_time_t zx_clock_get_monotonic(void);

/* The time that is `nanoseconds` from now; ZX_TIME_INFINITE when that is beyond all times. */
SYSMEM_EXPORT zx_time_t zx_deadline_after(zx_duration_t nanoseconds);

#endif
