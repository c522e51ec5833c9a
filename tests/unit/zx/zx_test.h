/* What the tests of the object calls share. */
#ifndef ZX_TEST_H
#define ZX_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <poll.h>

#include <sysmem/handle.h>
#include <zircon/syscalls.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED
#endif
#endif

#define PAGE                        4096ULL /* the numbers of the cases are in pages of this size */

#define assert_status(call, status) assert_int_equal((call), (status))
#define assert_ok(call)             assert_int_equal((call), ZX_OK)

static inline int count_fds(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count;
}

/* A group's setup and teardown: the tests may not leave a descriptor open. */
static inline int remember_fds(void **state)
{
    static int count;
    (void)zx_vmar_root_self();
    count = count_fds();
    *state = &count;
    return 0;
}

/* Threads of the library close what is theirs a moment after the last call that concerns them, and
 * nothing tells when. */
static inline int check_fds(void **state)
{
    for (int i = 0; i < 10000 && count_fds() != *(int *)*state; i++) {
        (void)poll(NULL, 0, 1);
    }
    return count_fds() == *(int *)*state ? 0 : -1;
}

#define RUN_ZX_TESTS(tests) cmocka_run_group_tests(tests, remember_fds, check_fds)

static inline zx_handle_t new_vmo(uint64_t size, uint32_t options)
{
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    assert_ok(zx_vmo_create(size, options, &vmo));
    return vmo;
}

static inline zx_handle_t dup_with(zx_handle_t handle, zx_rights_t rights)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;
    assert_ok(zx_handle_duplicate(handle, rights, &copy));
    return copy;
}

static inline zx_info_handle_basic_t basic_of(zx_handle_t handle)
{
    zx_info_handle_basic_t info = {0};
    assert_ok(zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL));
    return info;
}

/* What is active now. */
static inline zx_signals_t signals_of(zx_handle_t handle)
{
    zx_signals_t active = 0;
    assert_status(zx_object_wait_one(handle, 0, 0, &active), ZX_ERR_TIMED_OUT);
    return active;
}

#endif
