/* What the tests of regions share. */
#ifndef ZX_VMAR_TEST_H
#define ZX_VMAR_TEST_H

#include "zx_test.h"

#include <stdbool.h>
#include <sys/uio.h>
#include <unistd.h>

#define R   ZX_VM_PERM_READ
#define W   ZX_VM_PERM_WRITE
#define X   ZX_VM_PERM_EXECUTE
#define CR  ZX_VM_CAN_MAP_READ
#define CW  ZX_VM_CAN_MAP_WRITE
#define CX  ZX_VM_CAN_MAP_EXECUTE
#define CS  ZX_VM_CAN_MAP_SPECIFIC
#define SP  ZX_VM_SPECIFIC
#define OVR ZX_VM_SPECIFIC_OVERWRITE
#define UL  ZX_VM_OFFSET_IS_UPPER_LIMIT

/* The start of the last page that a number can name. */
#define LAST_PAGE (UINT64_MAX - PAGE + 1)

/* A region and where it is. */
struct vmar {
    zx_handle_t handle;
    zx_vaddr_t base;
};

static inline zx_info_vmar_t vmar_info(zx_handle_t vmar)
{
    zx_info_vmar_t info = {0};
    assert_ok(zx_object_get_info(vmar, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL));
    return info;
}

static inline zx_info_vmar_t root_info(void)
{
    return vmar_info(zx_vmar_root_self());
}

/* A region anywhere in `parent`, or in the root if that is 0. */
static inline struct vmar new_vmar(zx_handle_t parent, zx_vm_option_t options, uint64_t offset,
                                   uint64_t size)
{
    struct vmar vmar = {0};
    assert_ok(zx_vmar_allocate(parent == 0 ? zx_vmar_root_self() : parent, options, offset, size,
                               &vmar.handle, &vmar.base));
    return vmar;
}

static inline void free_vmar(struct vmar vmar)
{
    assert_ok(zx_vmar_destroy(vmar.handle));
    assert_ok(zx_handle_close(vmar.handle));
}

static inline zx_vaddr_t map_in(zx_handle_t vmar, zx_vm_option_t options, uint64_t at,
                                zx_handle_t vmo, uint64_t len)
{
    zx_vaddr_t address = 0;
    assert_ok(zx_vmar_map(vmar, options, at, vmo, 0, len, &address));
    return address;
}

static inline uint64_t mappings_of(zx_handle_t vmo)
{
    zx_info_vmo_t info = {0};
    assert_ok(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    return info.num_mappings;
}

static inline volatile char *bytes_at(zx_vaddr_t address)
{
    return (volatile char *)address;
}

static inline bool can_read(zx_vaddr_t address)
{
    char byte;
    struct iovec here = {&byte, 1};
    struct iovec there = {(void *)bytes_at(address), 1};
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1;
}

/* Writes a zero to find out. */
static inline bool can_write(zx_vaddr_t address)
{
    char byte = 0;
    struct iovec here = {&byte, 1};
    struct iovec there = {(void *)bytes_at(address), 1};
    return process_vm_writev(getpid(), &here, 1, &there, 1, 0) == 1;
}

#endif
