/* VMOs to descriptors and back. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "os/memfile.h"
#include "zx/abroad.h"
#include "zx/vmo.h"

bool vmo_is_whole_file(struct vmo *vmo)
{
    struct stat stat;
    if (vmo->origin != VMO_SLICE) {
        return !vmo->store->is_own || vmo_size(vmo) <= STORE_FILE_MAX;
    }
    return vmo->offset == 0 && fstat(vmo_file(vmo), &stat) == 0 &&
           (uint64_t)stat.st_size == extent_size(vmo->extent, vmo_file(vmo));
}

/* What a descriptor of these seals and access mode cannot do. */
static zx_rights_t lost_rights(int seals, int access)
{
    zx_rights_t lost = 0;
    bool can_read = access == O_RDONLY || access == O_RDWR; /* there is one that can do nothing */
    bool can_write = access == O_WRONLY || access == O_RDWR;
    if (!can_write || (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0) {
        lost |= ZX_RIGHT_WRITE | ZX_RIGHT_RESIZE;
    }
    if (!can_read) { /* cannot even be mapped without access */
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
    struct vmo *vmo = vmo_new(VMO_RECEIVED, koid, store_of_file(-1), extent_new_unmeasured());
    if (vmo == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    vmo->store->file = fd; /* from here on nothing fails */
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
    if (fchmod(vmo_file(vmo), 0600) < 0) {
        return -errno;
    }
    int fixed = vmo->extent->is_resizable ? 0 : F_SEAL_GROW | F_SEAL_SHRINK;
    if (fcntl(vmo_file(vmo), F_ADD_SEALS, fixed | F_SEAL_SEAL) < 0 &&
        errno != EPERM) { /* EPERM: sealed at an earlier time */
        return -errno;
    }
    return 0;
}

/* The very descriptor if nobody else can need it any more, else a duplicate, or -errno. */
static int take_own_fd(struct vmo *vmo)
{
    bool is_sole = object_is_sole(&vmo->object) && store_is_sole(vmo->store);
    return is_sole ? fd_take(&vmo->store->file) : fd_dup(vmo_file(vmo));
}

static bool is_child(struct vmo *vmo)
{
    zx_koid_t parent = ZX_KOID_INVALID;
    size_t children = 0;
    kin_get(&vmo->kin, &parent, &children);
    return parent != ZX_KOID_INVALID;
}

int vmo_take_fd(struct vmo *vmo, zx_rights_t rights)
{
    if (vmo->discardable != NULL) {
        discardable_keep(vmo->discardable); /* nobody could see its new holder's locks */
    }
    int error = vmo->store->is_own ? vmo_seal(vmo) : 0;
    if (error < 0) {
        return error;
    }
    bool is_reader = (rights & ZX_RIGHT_WRITE) == 0;
    if (vmo->store->is_own && is_child(vmo)) {
        int fd = abroad_open(vmo, is_reader ? MEMFILE_READ_ONLY : MEMFILE_READ_WRITE);
        if (fd >= 0 || fd == -EBUSY) { /* a holder has the locks: nobody would know of this one */
            return fd;
        } /* else it leaves its family */
    }
    int flags = is_reader ? fcntl(vmo_file(vmo), F_GETFL) : -1;
    if (flags < 0 || (flags & O_ACCMODE) != O_RDWR) {
        return take_own_fd(vmo);
    }
    int fd = -1;
    error = memfile_reopen(MEMFILE_NO_DIR, vmo_file(vmo), MEMFILE_READ_ONLY, &fd);
    return error < 0 ? error : fd;
}
