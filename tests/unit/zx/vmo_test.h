/* What the tests of VMOs share. */
#ifndef VMO_TEST_H
#define VMO_TEST_H

#include "zx_test.h"

#define SLICE           ZX_VMO_CHILD_SLICE
#define REFERENCE       ZX_VMO_CHILD_REFERENCE
#define SNAPSHOT        ZX_VMO_CHILD_SNAPSHOT
#define AT_LEAST        ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE
#define MODIFIED        ZX_VMO_CHILD_SNAPSHOT_MODIFIED
#define CHILD_RESIZABLE ZX_VMO_CHILD_RESIZABLE
#define NO_WRITE        ZX_VMO_CHILD_NO_WRITE

/* Zircon's limit for a VMO. */
#define LARGEST_VMO (UINT64_MAX - 0xFFFF)

static inline zx_handle_t new_child(zx_handle_t vmo, uint32_t options, uint64_t offset,
                                    uint64_t size)
{
    zx_handle_t child = ZX_HANDLE_INVALID;
    assert_ok(zx_vmo_create_child(vmo, options, offset, size, &child));
    return child;
}

static inline zx_info_vmo_t info_of(zx_handle_t vmo)
{
    zx_info_vmo_t info = {0};
    assert_ok(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    return info;
}

static inline int byte_at(zx_handle_t vmo, uint64_t offset)
{
    unsigned char byte = 0;
    assert_ok(zx_vmo_read(vmo, &byte, offset, 1));
    return byte;
}

static inline void put_byte(zx_handle_t vmo, uint64_t offset, int value)
{
    unsigned char byte = (unsigned char)value;
    assert_ok(zx_vmo_write(vmo, &byte, offset, 1));
}

static inline uint64_t content_size_of(zx_handle_t vmo)
{
    uint64_t size = UINT64_MAX;
    assert_ok(zx_object_get_property(vmo, ZX_PROP_VMO_CONTENT_SIZE, &size, sizeof(size)));
    return size;
}

/* An operation without a buffer. */
static inline zx_status_t op(zx_handle_t vmo, uint32_t number, uint64_t offset, uint64_t size)
{
    return zx_vmo_op_range(vmo, number, offset, size, NULL, 0);
}

#endif
