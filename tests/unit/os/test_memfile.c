#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "os/memfile.h"

#define BYTES 65536

static int make(bool committed)
{
    int fd = -1;
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, "test", BYTES, committed, &fd), 0);
    return fd;
}

static void size_mode_and_commitment(void **state)
{
    (void)state;
    for (int committed = 0; committed < 2; committed++) {
        int fd = make(committed == 1);
        struct stat st;
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_size, BYTES);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(st.st_blocks * 512, committed == 1 ? BYTES : 0);
        assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
        fd_close(&fd);
    }
}

static void refuses_all_but_identifying(int fd)
{
    char byte = 'x';
    assert_int_equal(pread(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(pwrite(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, EPERM);
    static const int protections[] = {PROT_NONE, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE};
    static const int kinds[] = {MAP_SHARED, MAP_PRIVATE};
    for (size_t i = 0; i < 8; i++) {
        assert_true(mmap(NULL, BYTES, protections[i / 2], kinds[i % 2], fd, 0) == MAP_FAILED);
        assert_int_equal(errno, EACCES);
    }
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, BYTES), -1);
    assert_int_equal(errno, EPERM);
}

static void nothing_is_ever_in_an_opaque_file(void **state)
{
    (void)state;
    int fd = -1;
    int handle = -1;
    assert_int_equal(memfile_new_opaque(MEMFILE_NO_DIR, "opaque", BYTES, &fd), 0);
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, fd, MEMFILE_WRITE_ONLY, &handle), 0);
    assert_int_equal(fcntl(handle, F_GETFL) & O_ACCMODE, O_WRONLY);
    refuses_all_but_identifying(handle);
    char byte = 'x';
    assert_int_equal(pwrite(fd, &byte, 1, 0), -1);
    assert_int_equal(pread(fd, &byte, 1, 0), 1);
    assert_int_equal(byte, 0);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, BYTES);
    assert_int_equal(st.st_blocks, 0);
    assert_int_equal(memfile_is_alone(fd), 0);
    fd_close(&handle);
    assert_int_equal(memfile_is_alone(fd), 1);
    fd_close(&fd);
}

static void sealed_for_everybody(void **state)
{
    (void)state;
    int fd = make(false);
    assert_int_equal(ftruncate(fd, BYTES / 2), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fd, 2L * BYTES), -1);
    assert_int_equal(pwrite(fd, "x", 1, BYTES), -1);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    assert_int_equal(errno, EPERM);
    if (memfile_can_forbid_execution()) {
        assert_int_equal(fchmod(fd, 0700), -1);
        assert_int_equal(errno, EPERM);
    }
    fd_close(&fd);
}

static void more_than_there_is(void **state)
{
    (void)state;
    int fd = -1;
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, "test", UINT64_MAX, true, &fd), -ENOMEM);
    /* The limit keeps the machine alive should the answer ever be wrong (then it is EFBIG). */
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct rlimit low = {.rlim_cur = 1 << 30, .rlim_max = old.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    int r = memfile_new(MEMFILE_NO_DIR, "test", (uint64_t)1 << 52, true, &fd);
    struct rlimit full; /* one descriptor is left: for the file, not for asking */
    int spare = dup(0);
    close(spare);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &full), 0);
    struct rlimit one = {.rlim_cur = (rlim_t)spare + 1, .rlim_max = full.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &one), 0);
    int unknown = memfile_new(MEMFILE_NO_DIR, "test", (uint64_t)1 << 52, true, &fd);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(r, -ENOMEM);
    assert_int_equal(unknown, -EMFILE);
    assert_int_equal(fd, -1);
}

/* Commits `size` bytes again and again until it fails: how often it did not. */
static int commits_until_refused(int fd, uint64_t size)
{
    int count = 0;
    int r = 0;
    while (count < 1000 && (r = memfile_commit(fd, 0, size)) == 0) {
        count++;
    }
    assert_int_equal(r, -EMFILE); /* asking takes a descriptor */
    return count;
}

static void many_small_commits_are_asked_about(void **state)
{
    (void)state;
    int fd = make(false);
    int spare = dup(0);
    close(spare);
    struct rlimit full;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &full), 0);
    struct rlimit none = {.rlim_cur = (rlim_t)spare, .rlim_max = full.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int first = commits_until_refused(fd, BYTES);
    int again = commits_until_refused(fd, 4096);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
    assert_int_equal(memfile_commit(fd, 0, BYTES), 0); /* asks, and there is enough */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int after = commits_until_refused(fd, BYTES);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
    assert_in_range(first, 0, 15);
    assert_int_equal(again, 0); /* a look that failed does not count */
    assert_int_equal(after, 15);
    fd_close(&fd);
}

/* Whether the kernel gives huge pages to memory files that ask for them. */
static bool huge_pages_on_advice(void)
{
    char text[128] = "";
    FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "re");
    bool known = file != NULL && fgets(text, sizeof(text), file) != NULL;
    if (file != NULL) {
        (void)fclose(file);
    }
    return known && (strstr(text, "[advise]") != NULL || strstr(text, "[always]") != NULL);
}

/* In KiB, of this process's mappings: of files in memory that are mapped by huge pages. */
static long mapped_huge(void)
{
    char line[256];
    long found = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    assert_non_null(file);
    while (found < 0 && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "ShmemPmdMapped:", 15) == 0) {
            found = strtol(line + 15, NULL, 10);
        }
    }
    (void)fclose(file);
    return found;
}

static void huge_pages_by_advice(void **state)
{
    (void)state;
    enum { HUGE = 8 << 20 };
    int fd = -1;
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, "test", HUGE, false, &fd), 0);
    assert_int_equal(memfile_commit_huge(fd, HUGE), 0);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_blocks * 512, HUGE); /* whatever the pages' size */
    void *mapped = mmap(NULL, HUGE, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(mapped != MAP_FAILED);
    for (size_t i = 0; i < HUGE; i += 4096) {
        assert_int_equal(((volatile char *)mapped)[i], 0);
    }
    if (huge_pages_on_advice()) {
        assert_true(mapped_huge() > 0);
    } else {
        print_message("huge pages are not given on advice: only commitment was looked at\n");
    }
    assert_int_equal(munmap(mapped, HUGE), 0);
    fd_close(&fd);
}

static void long_name_is_cut(void **state)
{
    (void)state;
    char name[1000];
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    int fd = -1;
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, name, BYTES, false, &fd), 0);
    char path[32];
    char shown[512];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(path, shown, sizeof(shown));
    assert_int_equal(len, strlen("/memfd:") + MEMFILE_NAME_MAX + strlen(" (deleted)"));
    fd_close(&fd);
}

static void reopened_has_its_own_offset_and_access(void **state)
{
    (void)state;
    int fd = make(false);
    int reader = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, fd, MEMFILE_READ_ONLY, &reader), 0);
    assert_int_equal(write(fd, "abc", 3), 3);
    char text[4] = "";
    assert_int_equal(read(reader, text, 3), 3);
    assert_string_equal(text, "abc");
    assert_int_equal(write(reader, "x", 1), -1);
    assert_int_equal(errno, EBADF);
    assert_true(mmap(NULL, BYTES, PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED);
    assert_int_equal(errno, EACCES);
    fd_close(&reader);
    fd_close(&fd);
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, -1, MEMFILE_READ_ONLY, &reader), -ENOENT);
    assert_int_equal(reader, -1);
}

static void reopened_from_a_directory(void **state)
{
    (void)state;
    int dir = -1;
    assert_int_equal(memfile_open_dir(&dir), 0);
    int fd = -1;
    int reader = -1;
    assert_int_equal(memfile_new(dir, "test", BYTES, false, &fd), 0);
    assert_int_equal(memfile_reopen(dir, fd, MEMFILE_READ_ONLY, &reader), 0);
    assert_int_equal(fcntl(reader, F_GETFL) & O_ACCMODE, O_RDONLY);
    struct stat a;
    struct stat b;
    assert_int_equal(fstat(fd, &a), 0);
    assert_int_equal(fstat(reader, &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    fd_close(&reader);
    fd_close(&fd);
    assert_int_equal(memfile_reopen(dir, 1000000, MEMFILE_READ_ONLY, &reader), -ENOENT);
    fd_close(&dir);
}

static void mark_stays_whatever_its_holder_does(void **state)
{
    (void)state;
    int fd = make(false);
    int marked = -1;
    int plain = -1;
    assert_int_equal(memfile_reopen_marked(MEMFILE_NO_DIR, fd, MEMFILE_READ_WRITE, &marked), 0);
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, marked, MEMFILE_READ_ONLY, &plain), 0);
    int copy = fd_dup(marked);
    assert_int_equal(fcntl(marked, F_SETFL, 0), 0);
    assert_int_equal(fcntl(plain, F_SETFL, O_DSYNC), 0);
    assert_true(memfile_is_marked(marked) && memfile_is_marked(copy));
    assert_false(memfile_is_marked(plain) || memfile_is_marked(fd));
    assert_false(memfile_is_marked(-1));
    assert_int_equal(pwrite(marked, "m", 1, 0), 1);
    fd_close(&copy);
    fd_close(&plain);
    fd_close(&marked);
    fd_close(&fd);
}

static void alone_only_without_descriptor_and_mapping(void **state)
{
    (void)state;
    int fd = make(false);
    int other = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, fd, MEMFILE_READ_ONLY, &other), 0);
    assert_int_equal(memfile_is_alone(fd), 0);
    void *bytes = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, other, 0);
    assert_true(bytes != MAP_FAILED);
    fd_close(&other);
    assert_int_equal(memfile_is_alone(fd), 0);
    assert_int_equal(munmap(bytes, BYTES), 0);
    assert_int_equal(memfile_is_alone(fd), 1);
    assert_int_equal(memfile_is_alone(fd), 1); /* and stays so */
    fd_close(&fd);
    assert_true(memfile_is_alone(-1) < 0);
}

/* The status of opening the file again as another uid, from a process of its own. */
static int reopen_as(uid_t uid, int fd)
{
    pid_t child = fork();
    if (child == 0) {
        int opened = -1;
        bool changed = setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 &&
                       setresuid(uid, uid, uid) == 0;
        _exit(changed ? -memfile_reopen(MEMFILE_NO_DIR, fd, MEMFILE_READ_WRITE, &opened) : 255);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

static void one_more_uid_may_be_admitted(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: wanted root, to be other users\n");
        skip();
    }
    int fd = make(true);
    assert_int_equal(reopen_as(1001, fd), -EACCES);
    assert_int_equal(memfile_admit(fd, 1001), 0);
    assert_int_equal(reopen_as(1001, fd), 0);
    assert_int_equal(reopen_as(1002, fd), -EACCES);
    fd_close(&fd);
}

static void a_mode_or_list_that_lets_others_in_shows(void **state)
{
    (void)state;
    int fd = make(true);
    assert_int_equal(memfile_is_private(fd, 1001), 1);
    assert_int_equal(fchmod(fd, 0620), 0);
    assert_int_equal(memfile_is_private(fd, 1001), 0);
    assert_int_equal(fchmod(fd, 0604), 0);
    assert_int_equal(memfile_is_private(fd, 1001), 0);
    assert_int_equal(fchmod(fd, 0600), 0);
    if (memfile_admit(fd, 1001) == -EOPNOTSUPP) {
        print_message("skipped: wanted a kernel with access lists for memory files\n");
        skip();
    }
    assert_int_equal(memfile_is_private(fd, 1001), 1);
    assert_int_equal(memfile_is_private(fd, 1002), 0);
    assert_int_equal(fchmod(fd, 0664), 0); /* others */
    assert_int_equal(memfile_is_private(fd, 1001), 0);
    fd_close(&fd);
    assert_int_equal(memfile_is_private(-1, 1001), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_mode_and_commitment),
        cmocka_unit_test(nothing_is_ever_in_an_opaque_file),
        cmocka_unit_test(sealed_for_everybody),
        cmocka_unit_test(more_than_there_is),
        cmocka_unit_test(many_small_commits_are_asked_about),
        cmocka_unit_test(huge_pages_by_advice),
        cmocka_unit_test(long_name_is_cut),
        cmocka_unit_test(reopened_has_its_own_offset_and_access),
        cmocka_unit_test(reopened_from_a_directory),
        cmocka_unit_test(mark_stays_whatever_its_holder_does),
        cmocka_unit_test(alone_only_without_descriptor_and_mapping),
        cmocka_unit_test(one_more_uid_may_be_admitted),
        cmocka_unit_test(a_mode_or_list_that_lets_others_in_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
