/* A VMO is a memfd. Ranges are checked against the size that is kept here, and bytes are copied by
 * the kernel (pread, pwrite) instead of through a mapping: a bad buffer is an error then, and so is
 * a file that another process has cut short. */
#include "zx/vmo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#include "base/checked.h"
#include "base/fd.h"
#include "zx/handle.h"
#include "zx/status.h"

#define KNOWN_OPTIONS (ZX_VMO_RESIZABLE | ZX_VMO_DISCARDABLE | ZX_VMO_UNBOUNDED)

/* The longest file is 2^63 - 1 bytes. */
#define MAX_SIZE (((uint64_t)1 << 63) - 65536)

static void vmo_leave(struct object *object)
{
    kin_leave(&vmo_of(object)->kin);
}

static void vmo_free(struct object *object)
{
    struct vmo *vmo = vmo_of(object);
    extent_unref(vmo->extent);
    fd_close(&vmo->fd);
    free(vmo);
}

static int *vmo_fd(struct object *object)
{
    return &vmo_of(object)->fd;
}

static const struct object_kind vmo_kind = {
    .type = ZX_OBJ_TYPE_VMO,
    .default_rights = ZX_DEFAULT_VMO_RIGHTS,
    .settable = ZX_USER_SIGNAL_ALL,
    .free = vmo_free,
    .leave = vmo_leave,
    .fd = vmo_fd,
};

struct vmo *vmo_new(enum vmo_origin origin, int fd, zx_koid_t koid, struct extent *extent)
{
    if (extent == NULL) {
        return NULL;
    }
    struct vmo *vmo = calloc(1, sizeof(*vmo));
    if (vmo == NULL) {
        extent_unref(extent);
        return NULL;
    }
    object_init(&vmo->object, &vmo_kind, koid, ZX_VMO_ZERO_CHILDREN);
    kin_init(&vmo->kin, &vmo->object);
    vmo->fd = fd;
    vmo->origin = origin;
    vmo->extent = extent;
    return vmo;
}

/* Everything that is wrong with the arguments of zx_vmo_create(), in Zircon's order. */
static zx_status_t check_create(uint64_t size, uint32_t options, uint64_t *ret_rounded)
{
    bool unbounded = (options & ZX_VMO_UNBOUNDED) != 0;
    if (unbounded && ((options & ZX_VMO_RESIZABLE) != 0 || size != 0)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (!checked_round_up_u64(size, zx_system_get_page_size(), ret_rounded)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if ((options & ~KNOWN_OPTIONS) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if ((options & (ZX_VMO_DISCARDABLE | ZX_VMO_UNBOUNDED)) != 0) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    return *ret_rounded > MAX_SIZE ? ZX_ERR_OUT_OF_RANGE : ZX_OK;
}

zx_status_t zx_vmo_create(uint64_t size, uint32_t options, zx_handle_t *out)
{
    uint64_t rounded = 0;
    zx_status_t status = check_create(size, options, &rounded);
    if (status != ZX_OK) {
        return status;
    }
    if (out == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    FD_CLEANUP int fd = memfd_create("zx_vmo", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || (rounded > 0 && ftruncate(fd, (off_t)rounded) < 0)) {
        return status_from_errno(errno);
    }
    struct vmo *vmo = vmo_new(VMO_CREATED, fd, ZX_KOID_INVALID, extent_new(rounded, size));
    if (vmo == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    (void)fd_take(&fd);
    vmo->owned = true;
    vmo->resizable = (options & ZX_VMO_RESIZABLE) != 0;
    vmo->extent->is_resizable = vmo->resizable;
    return handle_new(&vmo->object, ZX_DEFAULT_VMO_RIGHTS | (vmo->resizable ? ZX_RIGHT_RESIZE : 0),
                      out);
}

static zx_status_t check_range(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t end;
    return checked_add_u64(offset, size, &end) && end <= extent_size(vmo->extent, vmo->fd)
               ? ZX_OK
               : ZX_ERR_OUT_OF_RANGE;
}

/* After a short copy the kernel is asked again, and then says why. */
static zx_status_t copy_status(ssize_t copied)
{
    if (copied == 0) {
        return ZX_ERR_OUT_OF_RANGE; /* somebody has made the file shorter */
    }
    return errno == EFAULT ? ZX_ERR_NOT_FOUND : status_from_errno(errno);
}

zx_status_t zx_vmo_read(zx_handle_t handle, void *buffer, uint64_t offset, size_t buffer_size)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_READ, &use);
    if (status != ZX_OK) {
        return status;
    }
    struct vmo *vmo = vmo_of(use.object);
    status = check_range(vmo, offset, buffer_size);
    for (size_t done = 0; status == ZX_OK && done < buffer_size;) {
        ssize_t n = pread(vmo->fd, (char *)buffer + done, buffer_size - done,
                          (off_t)(vmo->offset + offset + done));
        status = n > 0 ? ZX_OK : copy_status(n);
        done += n > 0 ? (size_t)n : 0;
    }
    object_unref(use.object);
    return status;
}

zx_status_t zx_vmo_write(zx_handle_t handle, const void *buffer, uint64_t offset,
                         size_t buffer_size)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_WRITE, &use);
    if (status != ZX_OK) {
        return status;
    }
    struct vmo *vmo = vmo_of(use.object);
    status = check_range(vmo, offset, buffer_size);
    for (size_t done = 0; status == ZX_OK && done < buffer_size;) {
        ssize_t n = pwrite(vmo->fd, (const char *)buffer + done, buffer_size - done,
                           (off_t)(vmo->offset + offset + done));
        status = n > 0 ? ZX_OK : copy_status(n);
        done += n > 0 ? (size_t)n : 0;
    }
    object_unref(use.object);
    return status;
}

uint64_t vmo_size(struct vmo *vmo)
{
    uint64_t page = zx_system_get_page_size();
    uint64_t size = extent_size(vmo->extent, vmo->fd);
    return (size + page - 1) / page * page; /* a file's size is below 2^63 */
}

uint64_t vmo_mappable(struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t end = vmo->origin == VMO_SLICE ? vmo_size(vmo) : UINT64_MAX;
    uint64_t left = offset < end ? end - offset : 0;
    return size < left ? size : left;
}

bool vmo_is_whole_file(struct vmo *vmo)
{
    struct stat stat;
    return vmo->origin != VMO_SLICE ||
           (vmo->offset == 0 && fstat(vmo->fd, &stat) == 0 &&
            (uint64_t)stat.st_size == extent_size(vmo->extent, vmo->fd));
}

zx_status_t zx_vmo_get_size(zx_handle_t handle, uint64_t *size)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_VMO, ZX_RIGHT_NONE, &use);
    if (status != ZX_OK) {
        return status;
    }
    if (size == NULL) {
        status = ZX_ERR_INVALID_ARGS;
    } else {
        *size = vmo_size(vmo_of(use.object));
    }
    object_unref(use.object);
    return status;
}

/* What a descriptor of these seals and access mode cannot do. */
static zx_rights_t lost_rights(int seals, int access)
{
    zx_rights_t lost = 0;
    if (access == O_RDONLY || (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0) {
        lost |= ZX_RIGHT_WRITE | ZX_RIGHT_RESIZE;
    }
    if (access == O_WRONLY) { /* cannot even be mapped without access */
        lost |= ZX_RIGHT_READ | ZX_RIGHT_MAP | ZX_RIGHT_EXECUTE;
    }
    if ((seals & F_SEAL_GROW) != 0 && (seals & F_SEAL_SHRINK) != 0) {
        lost |= ZX_RIGHT_RESIZE;
    }
    return lost;
}

zx_status_t vmo_from_fd(int fd, zx_koid_t koid, zx_rights_t *rights, struct object **ret_object)
{
    int seals = fcntl(fd, F_GET_SEALS);
    int flags = seals < 0 || rights == NULL ? seals : fcntl(fd, F_GETFL);
    if (flags < 0) {
        return ZX_ERR_WRONG_TYPE;
    }
    struct vmo *vmo = vmo_new(VMO_RECEIVED, fd, koid, extent_new_unmeasured());
    if (vmo == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    vmo->resizable = (seals & (F_SEAL_GROW | F_SEAL_SHRINK)) != (F_SEAL_GROW | F_SEAL_SHRINK);
    vmo->extent->is_resizable = vmo->resizable;
    if (rights != NULL) {
        *rights &= ~lost_rights(seals, flags & O_ACCMODE);
    }
    *ret_object = &vmo->object;
    return ZX_OK;
}

/* Fixes in the kernel, before anybody else has the file, what so far was this library's word. */
static int vmo_seal(const struct vmo *vmo)
{
    if (fchmod(vmo->fd, 0600) < 0) {
        return -errno;
    }
    if (!vmo->extent->is_resizable &&
        fcntl(vmo->fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0 &&
        errno != EPERM) { /* EPERM: sealed at an earlier time */
        return -errno;
    }
    return 0;
}

int vmo_take_fd(struct vmo *vmo, zx_rights_t rights)
{
    int error = vmo->owned ? vmo_seal(vmo) : 0;
    if (error < 0) {
        return error;
    }
    int flags = fcntl(vmo->fd, F_GETFL);
    if ((rights & ZX_RIGHT_WRITE) != 0 || flags < 0 || (flags & O_ACCMODE) != O_RDWR) {
        return object_take_fd(&vmo->object);
    }
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", vmo->fd);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* The memory that is counted as this VMO's: all of the file, or none where it is a parent's. */
static uint64_t attributed_bytes(const struct vmo *vmo)
{
    struct stat stat;
    bool is_own = vmo->origin == VMO_CREATED || vmo->origin == VMO_RECEIVED;
    return is_own && fstat(vmo->fd, &stat) == 0 ? (uint64_t)stat.st_blocks * 512 : 0;
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
        .flags = ZX_INFO_VMO_TYPE_PAGED | ZX_INFO_VMO_VIA_HANDLE |
                 (vmo->resizable ? ZX_INFO_VMO_RESIZABLE : 0),
        .committed_bytes = bytes,
        .handle_rights = rights,
        .cache_policy = ZX_CACHE_POLICY_CACHED,
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
        read_file_name(vmo->fd, ret_name);
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
    return extent_content_size(vmo->extent, vmo->fd);
}

void vmo_set_content_size(struct vmo *vmo, uint64_t size)
{
    extent_set_content_size(vmo->extent, vmo->fd, size);
}
