/* VMOs of memfd_secret: mappings are the only way to their bytes, also for the library. */
#include "memory_test.h"
#include "vmar_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define MIB ((uint64_t)1 << 20)

static zx_handle_t new_secret(uint64_t size)
{
    return vmo_of_fd(new_secret_fd(size));
}

static void bytes_are_read_and_written(void **state)
{
    (void)state;
    zx_handle_t vmo = new_secret(3 * PAGE);
    assert_int_equal(basic_of(vmo).rights,
                     (ZX_DEFAULT_VMO_RIGHTS | ZX_RIGHT_EXECUTE) & ~ZX_RIGHT_RESIZE);
    uint64_t size = 0;
    assert_ok(zx_vmo_get_size(vmo, &size));
    assert_int_equal(size, 3 * PAGE);
    assert_int_equal(byte_at(vmo, 3 * PAGE - 1), 0);
    char text[] = "across a border";
    assert_ok(zx_vmo_write(vmo, text, PAGE - 4, sizeof(text)));
    char again[sizeof(text)] = "";
    assert_ok(zx_vmo_read(vmo, again, PAGE - 4, sizeof(text)));
    assert_string_equal(again, text);
    assert_status(zx_vmo_read(vmo, NULL, 0, 1), ZX_ERR_NOT_FOUND);
    assert_status(zx_vmo_write(vmo, NULL, 0, 1), ZX_ERR_NOT_FOUND);
    assert_status(zx_vmo_read(vmo, again, 3 * PAGE, 1), ZX_ERR_OUT_OF_RANGE);
    assert_ok(zx_vmo_read(vmo, NULL, 3 * PAGE, 0));
    assert_string_equal(info_of(vmo).name, "");
    assert_ok(zx_handle_close(vmo));
}

/* More than is mapped at once. */
static void long_copies_go_window_by_window(void **state)
{
    (void)state;
    const size_t size = 3 * MIB + 100;
    zx_handle_t vmo = new_secret(4 * MIB);
    unsigned char *bytes = malloc(size);
    unsigned char *again = malloc(size);
    assert_non_null(bytes);
    assert_non_null(again);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)(i * 7 + i / MIB);
    }
    assert_ok(zx_vmo_write(vmo, bytes, 5000, size));
    assert_ok(zx_vmo_read(vmo, again, 5000, size));
    assert_memory_equal(again, bytes, size);
    assert_ok(op(vmo, ZX_VMO_OP_ZERO, 6000, 2 * MIB));
    assert_ok(zx_vmo_read(vmo, again, 5000, size));
    memset(bytes + 1000, 0, 2 * MIB);
    assert_memory_equal(again, bytes, size);
    free(bytes);
    free(again);
    assert_ok(zx_handle_close(vmo));
}

static void a_buffer_that_ends_early_is_an_error(void **state)
{
    (void)state;
    zx_handle_t vmo = new_secret(2 * PAGE);
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + PAGE, PAGE, PROT_NONE), 0);
    assert_status(zx_vmo_read(vmo, pages, 0, 2 * PAGE), ZX_ERR_NOT_FOUND);
    assert_status(zx_vmo_write(vmo, pages, 0, 2 * PAGE), ZX_ERR_NOT_FOUND);
    assert_ok(zx_vmo_read(vmo, pages, 0, PAGE));
    assert_int_equal(mprotect(pages, PAGE, PROT_READ), 0);
    assert_status(zx_vmo_read(vmo, pages, 0, PAGE), ZX_ERR_NOT_FOUND);
    assert_ok(zx_vmo_write(vmo, pages, 0, PAGE));
    assert_int_equal(munmap(pages, 2 * PAGE), 0);
    assert_ok(zx_handle_close(vmo));
}

static void what_cannot_be_done_is_refused(void **state)
{
    (void)state;
    zx_handle_t vmo = new_secret(2 * PAGE);
    zx_handle_t child = 0;
    assert_status(zx_vmo_set_size(vmo, PAGE), ZX_ERR_UNAVAILABLE);
    assert_status(op(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_vmo_create_child(vmo, SNAPSHOT, 0, PAGE, &child), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_vmo_create_child(vmo, AT_LEAST, 0, PAGE, &child), ZX_ERR_NOT_SUPPORTED);
    assert_ok(op(vmo, ZX_VMO_OP_COMMIT, 0, 2 * PAGE));
    assert_ok(op(vmo, ZX_VMO_OP_PREFETCH, 0, 2 * PAGE));
    assert_ok(op(vmo, ZX_VMO_OP_CACHE_CLEAN, 0, 2 * PAGE));
    assert_ok(zx_handle_close(vmo));
}

static void mappings_and_children_share_the_bytes(void **state)
{
    (void)state;
    zx_handle_t vmo = new_secret(2 * PAGE);
    zx_handle_t slice = new_child(vmo, SLICE, PAGE, PAGE);
    zx_handle_t reference = new_child(vmo, REFERENCE, 0, 0);
    zx_vaddr_t at = map_in(zx_vmar_root_self(), R | W, 0, slice, PAGE);
    bytes_at(at)[5] = 'm';
    assert_int_equal(byte_at(vmo, PAGE + 5), 'm');
    assert_int_equal(byte_at(slice, 5), 'm');
    put_byte(reference, PAGE + 6, 'n');
    assert_int_equal(bytes_at(at)[6], 'n');
    assert_ok(zx_vmar_protect(zx_vmar_root_self(), R, at, PAGE));
    assert_ok(zx_vmar_op_range(zx_vmar_root_self(), ZX_VMAR_OP_MAP_RANGE, at, PAGE, NULL, 0));
    assert_ok(zx_handle_close(slice));
    assert_ok(zx_handle_close(reference));
    assert_int_equal(signals_of(vmo), 0); /* the mapping is a child's */
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), at, PAGE));
    assert_int_equal(signals_of(vmo), ZX_VMO_ZERO_CHILDREN);

    /* Beyond the end nothing is mapped, nor locked. */
    at = map_in(zx_vmar_root_self(), R, 0, vmo, 1024 * MIB);
    assert_int_equal(bytes_at(at)[PAGE + 6], 'n');
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), at, 1024 * MIB));
    assert_ok(zx_handle_close(vmo));
}

/* Another process, which may lock next to nothing, and has no privilege to do so all the same. */
static int in_a_tight_process(zx_handle_t vmo)
{
    const struct rlimit limit = {2 * MIB, 2 * MIB};
    zx_vaddr_t at = 0;
    char byte = 0;
    if (setrlimit(RLIMIT_MEMLOCK, &limit) < 0 || setgid(65534) < 0 || setuid(65534) < 0) {
        return 1;
    }
    if (zx_vmar_map(zx_vmar_root_self(), R, 0, vmo, 0, 8 * MIB, &at) != ZX_ERR_NO_MEMORY) {
        return 2;
    }
    /* Its place is free again, and a smaller one fits. */
    if (zx_vmar_map(zx_vmar_root_self(), R | W, 0, vmo, 0, MIB, &at) != ZX_OK) {
        return 3;
    }
    bytes_at(at)[9] = 'l';
    /* Copies lock a window at a time. */
    if (zx_vmo_read(vmo, &byte, 9, 1) != ZX_OK || byte != 'l' ||
        zx_vmo_write(vmo, &byte, 8 * MIB - 1, 1) != ZX_OK ||
        zx_vmo_op_range(vmo, ZX_VMO_OP_ZERO, 0, 8 * MIB, NULL, 0) != ZX_OK) {
        return 4;
    }
    zx_vaddr_t second = 0;
    if (zx_vmar_map(zx_vmar_root_self(), R, 0, vmo, 0, MIB, &second) != ZX_OK) {
        return 5;
    }
    return zx_vmo_read(vmo, &byte, 0, 1) == ZX_ERR_NO_MEMORY ? 0 : 6;
}

static void what_may_be_locked_is_a_limit(void **state)
{
    (void)state;
    zx_handle_t vmo = new_secret(8 * MIB);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(in_a_tight_process(vmo));
    }
    int how = 0;
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    assert_ok(zx_handle_close(vmo));
}

/* The file cannot be opened again: a reader's descriptor is the very one. */
static void it_leaves_as_the_same_description(void **state)
{
    (void)state;
    zx_handle_t vmo = new_secret(2 * PAGE);
    put_byte(vmo, 0, 'd');
    zx_handle_t reader = dup_with(vmo, ZX_DEFAULT_VMO_RIGHTS & ~ZX_RIGHT_WRITE);
    struct sysmem_handle_info info = {0};
    int fd = -1;
    assert_ok(sysmem_handle_into_fd(reader, &info, &fd));
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
    assert_ok(sysmem_handle_from_fd(fd, &info, &reader));
    assert_int_equal(byte_at(reader, 0), 'd');
    assert_status(zx_vmo_write(reader, "x", 0, 1), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close(reader));

    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    zx_handle_t slice = new_child(vmo, SLICE, PAGE, PAGE);
    assert_ok(sysmem_handle_into_form(slice, form, &fd));
    assert_ok(sysmem_handle_from_form(fd, form, &slice));
    put_byte(slice, 0, 's');
    assert_int_equal(byte_at(vmo, PAGE), 's');
    const zx_handle_t all[] = {vmo, slice};
    assert_ok(zx_handle_close_many(all, 2));
}

static void without_a_descriptor_to_ask_with(void **state)
{
    (void)state;
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_VMO,
                                            .rights = ZX_DEFAULT_VMO_RIGHTS};
    struct rlimit before;
    int fd = new_secret_fd(PAGE);
    int copy = dup(fd);
    int next = dup(fd); /* the lowest that is free */
    assert_int_equal(close(next), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    zx_handle_t vmo = 0;
    zx_status_t status = sysmem_handle_from_fd(copy, &info, &vmo);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_status(status, ZX_ERR_NO_RESOURCES);
    assert_ok(zx_handle_close(vmo_of_fd(fd)));
}

/* --- Threads --- */

enum { THREADS = 4, STEPS = 1000, SLOT = 64 };

static zx_handle_t common;
static atomic_uint surprises;

static void expect(bool is_true)
{
    (void)atomic_fetch_add(&surprises, is_true ? 0 : 1);
}

/* Each has bytes of its own, on pages that all have in common. */
static void *work(void *arg)
{
    uint64_t mine = (uint64_t)(uintptr_t)arg * SLOT;
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned char value[SLOT];
        unsigned char read[SLOT];
        memset(value, (int)(i + mine), sizeof(value));
        expect(zx_vmo_write(common, value, PAGE - SLOT + mine, SLOT) == ZX_OK);
        expect(zx_vmo_read(common, read, PAGE - SLOT + mine, SLOT) == ZX_OK);
        expect(memcmp(read, value, SLOT) == 0);
        zx_vaddr_t at = 0;
        expect(zx_vmar_map(zx_vmar_root_self(), R, 0, common, 0, 2 * PAGE, &at) == ZX_OK);
        expect(bytes_at(at)[PAGE - SLOT + mine] == (char)value[0]);
        expect(zx_vmar_unmap(zx_vmar_root_self(), at, 2 * PAGE) == ZX_OK);
        zx_handle_t slice = 0;
        expect(zx_vmo_create_child(common, SLICE, 0, PAGE, &slice) == ZX_OK);
        expect(zx_vmo_op_range(slice, ZX_VMO_OP_ZERO, 0, 8, NULL, 0) == ZX_OK);
        expect(zx_handle_close(slice) == ZX_OK);
    }
    return NULL;
}

static void run_threads(zx_handle_t vmo)
{
    pthread_t threads[THREADS];
    common = vmo;
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)i), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(atomic_load(&surprises), 0);
    assert_ok(zx_handle_close(vmo));
}

static void threads_use_it_at_once(void **state)
{
    (void)state;
    run_threads(new_secret(2 * PAGE));
}

/* Which kind it is was not asked yet when they begin. */
static void threads_use_a_received_file_at_once(void **state)
{
    (void)state;
    int fd = memfd_create("received", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 2 * (off_t)PAGE), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK), 0);
    run_threads(vmo_of_fd(fd));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_read_and_written),
        cmocka_unit_test(long_copies_go_window_by_window),
        cmocka_unit_test(a_buffer_that_ends_early_is_an_error),
        cmocka_unit_test(what_cannot_be_done_is_refused),
        cmocka_unit_test(mappings_and_children_share_the_bytes),
        cmocka_unit_test(what_may_be_locked_is_a_limit),
        cmocka_unit_test(it_leaves_as_the_same_description),
        cmocka_unit_test(without_a_descriptor_to_ask_with),
        cmocka_unit_test(threads_use_it_at_once),
        cmocka_unit_test(threads_use_a_received_file_at_once),
    };
    if (!has_secret_memory()) {
        puts("skipped: no memfd_secret here");
        return 77;
    }
    return RUN_ZX_TESTS(tests);
}
