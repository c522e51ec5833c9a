#include "os/memory_clear.h"

#include <errno.h>
#include <fcntl.h>

#include "os/memfile.h"
#include "os/memory_kind.h"

int memory_clear(int fd, uint64_t offset, uint64_t size)
{
    enum memory_kind kind = memory_kind_of(fd);
    if (kind != MEMORY_MEMFD && kind != MEMORY_HUGETLB) {
        return -EOPNOTSUPP;
    }
    if (size == 0) {
        return 0;
    }
    int r;
    do {
        r = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size);
    } while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : memfile_commit(fd, offset, size);
}
