/* What is told about VMOs: ZX_INFO_VMO and the properties. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "zx/vmo.h"

/* The memory that is counted as this VMO's: none where it is a parent's. */
static uint64_t attributed_bytes(const struct vmo *vmo)
{
    bool is_parents = vmo->origin == VMO_SLICE || vmo->origin == VMO_REFERENCE;
    return is_parents ? 0 : store_bytes(vmo->store);
}

/* What no process reaches is like a device's memory: not made of pages. */
static uint32_t flags_of(const struct vmo *vmo)
{
    return (store_access(vmo->store)->is_opaque ? 0 : ZX_INFO_VMO_TYPE_PAGED) |
           ZX_INFO_VMO_VIA_HANDLE | (vmo->resizable ? ZX_INFO_VMO_RESIZABLE : 0) |
           (vmo->origin == VMO_SNAPSHOT ? ZX_INFO_VMO_IS_COW_CLONE : 0) |
           (vmo->discardable != NULL ? ZX_INFO_VMO_DISCARDABLE : 0) |
           (vmo->immutable ? ZX_INFO_VMO_IMMUTABLE : 0);
}

void vmo_get_info(struct vmo *vmo, zx_rights_t rights, zx_info_vmo_t *ret_info)
{
    zx_koid_t parent = ZX_KOID_INVALID;
    size_t children = 0;
    kin_get(&vmo->kin, &parent, &children);
    uint64_t bytes = attributed_bytes(vmo);
    size_t mappings = atomic_load(&vmo->mappings);
    *ret_info = (zx_info_vmo_t){
        .koid = vmo->object.koid,
        .size_bytes = vmo_size(vmo),
        .parent_koid = parent,
        .num_children = children,
        .num_mappings = mappings,
        .share_count = mappings > 0 ? 1 : 0,
        .flags = flags_of(vmo),
        .committed_bytes = bytes,
        .handle_rights = rights,
        .cache_policy = atomic_load(&vmo->cache_policy),
        .populated_bytes = bytes,
        .committed_private_bytes = bytes,
        .populated_private_bytes = bytes,
        .committed_scaled_bytes = bytes,
        .populated_scaled_bytes = bytes,
    };
    vmo_get_name(vmo, ret_info->name);
}

/* The name that the file was made with, as /proc shows it: "/memfd:NAME (deleted)". */
static void read_file_name(int fd, char ret_name[ZX_MAX_NAME_LEN])
{
    static const char prefix[] = "/memfd:";
    static const char suffix[] = " (deleted)";
    char path[32];
    char target[512]; /* the kernel allows names of 249 bytes */
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(path, target, sizeof(target));
    size_t start = sizeof(prefix) - 1;
    if (len < (ssize_t)(start + sizeof(suffix) - 1) || memcmp(target, prefix, start) != 0) {
        return;
    }
    size_t name_len = (size_t)len - start - (sizeof(suffix) - 1);
    name_len = name_len < ZX_MAX_NAME_LEN ? name_len : ZX_MAX_NAME_LEN - 1;
    memcpy(ret_name, target + start, name_len);
    ret_name[name_len] = '\0';
}

void vmo_get_name(struct vmo *vmo, char ret_name[ZX_MAX_NAME_LEN])
{
    (void)pthread_mutex_lock(&vmo->object.lock);
    memcpy(ret_name, vmo->name, ZX_MAX_NAME_LEN);
    (void)pthread_mutex_unlock(&vmo->object.lock);
    if (ret_name[0] == '\0' && vmo->origin == VMO_RECEIVED) {
        read_file_name(vmo_file(vmo), ret_name);
    }
}

void vmo_set_name(struct vmo *vmo, const char *name, size_t len)
{
    len = strnlen(name, len < ZX_MAX_NAME_LEN ? len : ZX_MAX_NAME_LEN - 1);
    (void)pthread_mutex_lock(&vmo->object.lock);
    memset(vmo->name, 0, sizeof(vmo->name));
    memcpy(vmo->name, name, len);
    (void)pthread_mutex_unlock(&vmo->object.lock);
}

uint64_t vmo_get_content_size(struct vmo *vmo)
{
    return extent_content_size(vmo->extent, vmo->store);
}

void vmo_set_content_size(struct vmo *vmo, uint64_t size)
{
    extent_set_content_size(vmo->extent, vmo->store, size);
}
