/* What the calls say when the process has no descriptor left, and that nothing is lost then. */
#include "zx_test.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "zx/status.h"

static void errno_values(void **state)
{
    (void)state;
    assert_int_equal(status_from_errno(ENOMEM), ZX_ERR_NO_MEMORY);
    assert_int_equal(status_from_errno(ENOSPC), ZX_ERR_NO_MEMORY);
    assert_int_equal(status_from_errno(EMFILE), ZX_ERR_NO_RESOURCES);
    assert_int_equal(status_from_errno(ENFILE), ZX_ERR_NO_RESOURCES);
    assert_int_equal(status_from_errno(EBUSY), ZX_ERR_NO_RESOURCES);
    assert_int_equal(status_from_errno(EACCES), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(status_from_errno(EPERM), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(status_from_errno(0), ZX_OK);
    assert_int_equal(status_from_errno(ECONNREFUSED), ZX_ERR_PEER_CLOSED);
    assert_int_equal(status_from_errno(ENOENT), ZX_ERR_NOT_FOUND);
    assert_int_equal(status_from_errno(EBADF), ZX_ERR_BAD_HANDLE);
    assert_int_equal(status_from_errno(EINVAL), ZX_ERR_INVALID_ARGS);
    assert_int_equal(status_from_errno(EINTR), ZX_ERR_INTERNAL);
    assert_int_equal(status_from_errno(EXDEV), ZX_ERR_INTERNAL);
}

static void no_descriptor_left(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_handle_t copy = dup_with(vmo, ZX_RIGHT_SAME_RIGHTS);
    int next = dup(sysmem_handle_fd(vmo)); /* the lowest that is free */
    assert_int_equal(close(next), 0);
    struct rlimit none = {.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);

    zx_handle_t out = 77;
    zx_handle_t out1 = 78;
    int fd = 79;
    zx_status_t create = zx_vmo_create(PAGE, 0, &out);
    zx_status_t eventpair = zx_eventpair_create(0, &out, &out1);
    zx_status_t channel = zx_channel_create(0, &out, &out1);
    zx_status_t wait = zx_object_wait_one(vmo, ZX_USER_SIGNAL_0, ZX_TIME_INFINITE, NULL);
    zx_status_t move = sysmem_handle_into_fd(copy, NULL, &fd); /* shared: needs a duplicate */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);

    assert_int_equal(create, ZX_ERR_NO_RESOURCES);
    assert_int_equal(eventpair, ZX_ERR_NO_RESOURCES);
    assert_int_equal(channel, ZX_ERR_NO_RESOURCES);
    assert_int_equal(wait, ZX_ERR_NO_RESOURCES);
    assert_int_equal(move, ZX_ERR_NO_RESOURCES);
    assert_int_equal(out, 77);
    assert_int_equal(out1, 78);
    assert_int_equal(fd, 79);
    assert_status(zx_handle_close(copy), ZX_ERR_BAD_HANDLE);
    assert_ok(zx_handle_close(vmo));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errno_values),
        cmocka_unit_test(no_descriptor_left),
    };
    return RUN_ZX_TESTS(tests);
}
