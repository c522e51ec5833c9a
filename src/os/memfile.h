/* Anonymous memory files (memfd): made sealed and private, reopened so that every holder has an
 * open file description of its own, and asked whether anybody else still has one. docs/lifetime.md
 * tells the whole story.
 *
 * The process must ignore SIGIO: while memfile_is_alone()'s lease is held, another process that
 * opens the file through /proc would otherwise kill this one. All calls are safe on any thread. */
#ifndef OS_MEMFILE_H
#define OS_MEMFILE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where files are reopened from: a descriptor of this process's directory of descriptors (a forked
 * child needs its own). Walking the path from / each time works as well, with MEMFILE_NO_DIR, and
 * makes reopening a quarter dearer. The caller closes *ret_dir. 0, or -errno (-ENOENT without
 * /proc). */
#define MEMFILE_NO_DIR AT_FDCWD

int memfile_open_dir(int *ret_dir);

/* The longest name that the kernel takes; what is longer is cut. */
#define MEMFILE_NAME_MAX 249

/* A zeroed file of `size` bytes (more than 0). Nobody can resize it, execute it or seal it further;
 * no other uid can reopen it (mode 0600). `committed`: its pages are there already, so that no
 * holder dies of a shortage later; otherwise they come at first touch. `name` is what /proc shows.
 *
 * *ret_fd is an O_RDWR description that counts for memfile_is_alone() and whose close is noticed
 * (the one that memfd_create() gives does neither, and is gone). 0; -ENOMEM or -ENOSPC: no memory;
 * -EMFILE; another -errno. Blocks for as long as committing takes (10 GB/s or so). */
int memfile_new(int dir, const char *name, uint64_t size, bool committed, int *ret_fd);

/* As memfile_new() with its pages committed, in huge pages of hugetlbfs: `page_bytes` is their
 * size, a power of two that `size` is a multiple of. Such a file is mapped at multiples of it, and
 * write() and pwrite() refuse it. The kernel does not forbid its owner to make it executable.
 * -ENODEV: no pages of that size in this kernel; -ENOSPC: not enough in the pool (os/hugetlb.h). */
int memfile_new_huge(int dir, const char *name, uint64_t size, uint64_t page_bytes, int *ret_fd);

/* A file that only identifies: as memfile_new() makes it, without pages and sealed against writing
 * too, so that nothing is ever in it. Handles of it are opened with MEMFILE_WRITE_ONLY: read() and
 * mmap() fail for want of access, write() at the seal. (fallocate() is not refused: who calls it
 * pays for pages of zeros, as many as the size says.) Whoever may open it again himself reads
 * zeros. */
int memfile_new_opaque(int dir, const char *name, uint64_t size, int *ret_fd);

/* Gives a range of a memory file its pages, which lies within the file. 0; -ENOMEM or -ENOSPC: no
 * memory, and what came so far stays; another -errno. Blocks as memfile_new() does, and for as long
 * as somebody else keeps the kernel's lock on the file. */
int memfile_commit(int fd, uint64_t offset, uint64_t size);

/* As memfile_commit() of a whole file of `size` bytes, in transparent huge pages where the kernel
 * gives them on advice (/sys/kernel/mm/transparent_hugepage/shmem_enabled); otherwise it takes
 * longer and comes to the same. */
int memfile_commit_huge(int fd, uint64_t size);

/* Lets one more uid open the file again for reading and writing, besides the owner, by an access
 * list. Only the owner and root may. 0; -EOPNOTSUPP: the kernel has no such lists for memory files;
 * another -errno. */
int memfile_admit(int fd, uid_t uid);

/* Whether nobody but the owner, `uid` and root may open the file again, by its mode or access list:
 * 1, 0, or -errno. */
int memfile_is_private(int fd, uid_t uid);

enum memfile_access {
    MEMFILE_READ_ONLY,
    MEMFILE_READ_WRITE,
    MEMFILE_WRITE_ONLY, /* neither reads nor maps: see memfile_new_opaque() */
};

/* A new open file description of the same file, which shares neither offset, locks nor access with
 * `fd`. The caller owns *ret_fd. 0 or -errno: -EACCES when the file belongs to another uid, -ENOENT
 * without /proc, -EMFILE. */
int memfile_reopen(int dir, int fd, enum memfile_access access, int *ret_fd);

/* As memfile_reopen(), and the new description bears a mark, which every descriptor of it shows and
 * no holder can take off: O_DSYNC, which means nothing to files in memory and which fcntl() does
 * not change. Who opens the file again himself may set it or not. */
int memfile_reopen_marked(int dir, int fd, enum memfile_access access, int *ret_fd);

/* Whether a description of a memory file bears the mark. */
bool memfile_is_marked(int fd);

/* Whether `fd`, a description from memfile_new(), is the only one: no other descriptor, mapping or
 * message in flight refers to the file. 1, 0, or -errno. The answer 1 leaves a lease on the
 * description, so that it stays true: close it now. */
int memfile_is_alone(int fd);

/* Whether the kernel can forbid execution of a file for good (Linux 6.3). Without it the mode alone
 * does, and the owner may change that. */
bool memfile_can_forbid_execution(void);

#endif
