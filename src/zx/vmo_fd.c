/* VMOs to descriptors and back. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "os/memfile.h"
#include "zx/abroad.h"
#include "zx/vmo.h"

bool vmo_is_whole_file(struct vmo *vmo)
{
    if (vmo->origin != VMO_SLICE) {
        return !vmo->store->is_own || vmo_size(vmo) <= STORE_FILE_MAX;
    }
    return vmo->offset == 0 && store_file_size(vmo->store) == extent_size(vmo->extent, vmo->store);
}

/* What is to be known of a descriptor when it comes. */
struct arrival {
    const struct memory_access *access; /* NULL: a memory file, and its pages do not matter yet */
    bool is_resizable;                  /* by whoever may write to it */
    zx_rights_t never;                  /* that no handle to such memory has */
    zx_rights_t lost; /* that this descriptor cannot carry out; only if it was asked */
};

/* What a description with this access mode cannot do. */
static zx_rights_t lost_by_mode(int flags)
{
    int mode = flags & O_ACCMODE;
    bool can_read = mode == O_RDONLY || mode == O_RDWR; /* there is one that can do nothing */
    bool can_write = mode == O_WRONLY || mode == O_RDWR;
    /* What cannot be read cannot even be mapped without access. */
    return (can_read ? 0 : ZX_RIGHT_READ | ZX_RIGHT_MAP | ZX_RIGHT_EXECUTE) |
           (can_write ? 0 : ZX_RIGHT_WRITE | ZX_RIGHT_RESIZE);
}

/* A file with seals. */
static bool look_at_sealed(int fd, int seals, bool believed, struct arrival *ret)
{
    const int size_seals = F_SEAL_GROW | F_SEAL_SHRINK;
    bool is_closed = (seals & F_SEAL_WRITE) != 0;
    int flags = believed && !is_closed ? O_RDWR : fcntl(fd, F_GETFL);
    if (flags < 0) {
        return false;
    }
    if (is_closed && (flags & O_ACCMODE) == O_WRONLY) {
        /* An identity. What may be read and written is what it stands for, and not by processes. */
        *ret = (struct arrival){.access = &memory_opaque,
                                .never = ZX_RIGHT_MAP | ZX_RIGHT_EXECUTE | ZX_RIGHT_RESIZE};
        return true;
    }
    *ret = (struct arrival){.is_resizable = (seals & size_seals) != size_seals,
                            .lost = lost_by_mode(flags)};
    if ((seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0) {
        ret->lost |= ZX_RIGHT_WRITE | ZX_RIGHT_RESIZE;
    }
    if (!ret->is_resizable) {
        ret->lost |= ZX_RIGHT_RESIZE;
    }
    return true;
}

/* Why a descriptor without seals is not known: telling kinds of memory apart takes two. */
static zx_status_t unknown_kind(int fd)
{
    FD_CLEANUP int one = fd_dup(fd);
    FD_CLEANUP int two = one < 0 ? one : fd_dup(fd);
    return two == -EMFILE ? ZX_ERR_NO_RESOURCES : ZX_ERR_WRONG_TYPE;
}

/* Memory without seals: its size is fixed from the beginning. */
static bool look_at_unsealed(int fd, bool believed, struct arrival *ret)
{
    const struct memory_access *access = memory_access_of(fd);
    int flags = believed || access == NULL ? O_RDWR : fcntl(fd, F_GETFL);
    *ret =
        (struct arrival){.access = access, .never = ZX_RIGHT_RESIZE, .lost = lost_by_mode(flags)};
    return access != NULL && flags >= 0;
}

static bool look_at(int fd, bool believed, struct arrival *ret)
{
    int seals = fcntl(fd, F_GET_SEALS);
    return seals < 0 ? look_at_unsealed(fd, believed, ret)
                     : look_at_sealed(fd, seals, believed, ret);
}

zx_status_t vmo_from_fd(int fd, zx_koid_t koid, bool believed, zx_rights_t *rights,
                        struct object **ret_object)
{
    struct arrival arrival;
    if (!look_at(fd, believed, &arrival)) {
        return unknown_kind(fd);
    }
    struct store *store = store_of_file(fd, arrival.access);
    if (store == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    struct vmo *vmo = vmo_new(VMO_RECEIVED, koid, store_ref(store), extent_new_unmeasured());
    if (vmo == NULL) {
        (void)fd_take(&store->file); /* the caller's still */
    }
    store_unref(store);
    if (vmo == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    vmo->resizable = arrival.is_resizable;
    vmo->extent->is_resizable = vmo->resizable;
    *rights &= ~(arrival.never | (believed ? 0 : arrival.lost));
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

int vmo_take_companion(struct vmo *vmo, int *ret_fd)
{
    if (vmo->store->companion < 0) {
        *ret_fd = -1;
        return 0;
    }
    bool is_sole = object_is_sole(&vmo->object) && store_is_sole(vmo->store);
    int fd = is_sole ? fd_take(&vmo->store->companion) : fd_dup(vmo->store->companion);
    if (fd < 0) {
        return fd;
    }
    *ret_fd = fd;
    return 0;
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
    if (flags < 0 || (flags & O_ACCMODE) != O_RDWR || !store_access(vmo->store)->can_reopen) {
        return take_own_fd(vmo);
    }
    int fd = -1;
    error = memfile_reopen(MEMFILE_NO_DIR, vmo_file(vmo), MEMFILE_READ_ONLY, &fd);
    return error < 0 ? error : fd;
}
