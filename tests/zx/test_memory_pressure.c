/* Discardable memory while the machine, and the control group of the process, are really short of
 * memory. */
#include "../unit/zx/vmo_test.h"

#include <stdio.h>
#include <unistd.h>

#include "os/pressure.h"
#include "squeeze.h"

#define SIZE    (3 * PAGE)
#define WAIT_MS 50000

static struct squeeze squeeze;

/* Its own ears beside the library's: false if the kernel has nothing to say. */
static bool hear_of_pressure(enum pressure_scope scope)
{
    struct pollfd item = {.fd = pressure_open(scope), .events = POLLPRI};
    assert_true(item.fd >= 0);
    bool is_told = poll(&item, 1, WAIT_MS) == 1;
    assert_int_equal(item.revents, is_told ? POLLPRI : 0);
    assert_int_equal(close(item.fd), 0);
    return is_told;
}

/* The library's thread hears of it when the test does. */
static bool goes_soon(zx_handle_t vmo)
{
    for (int i = 0; i < WAIT_MS && info_of(vmo).populated_bytes > 0; i++) {
        (void)poll(NULL, 0, 1);
    }
    return info_of(vmo).populated_bytes == 0;
}

static void it_goes_unless_it_is_locked(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
    zx_handle_t locked = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
    put_byte(vmo, PAGE, 42);
    put_byte(locked, PAGE, 43);
    assert_ok(op(locked, ZX_VMO_OP_TRY_LOCK, 0, SIZE));

    assert_true(squeeze_start(&squeeze));
    bool machine = hear_of_pressure(PRESSURE_OF_MACHINE);
    bool group = machine && hear_of_pressure(PRESSURE_OF_GROUP);
    bool is_gone = group && goes_soon(vmo);
    squeeze_stop(&squeeze);
    if (!group) {
        assert_ok(zx_handle_close(vmo));
        assert_ok(zx_handle_close(locked));
        puts("skipped: no memory pressure comes about on this machine");
        skip();
    }
    assert_true(is_gone);

    zx_vmo_lock_state_t told = {0};
    assert_int_equal(byte_at(vmo, PAGE), 0);
    assert_status(op(vmo, ZX_VMO_OP_TRY_LOCK, 0, SIZE), ZX_ERR_UNAVAILABLE);
    assert_ok(zx_vmo_op_range(vmo, ZX_VMO_OP_LOCK, 0, SIZE, &told, sizeof(told)));
    assert_int_equal(told.discarded_size, SIZE);

    assert_int_equal(byte_at(locked, PAGE), 43);
    assert_ok(zx_vmo_op_range(locked, ZX_VMO_OP_LOCK, 0, SIZE, &told, sizeof(told)));
    assert_int_equal(told.discarded_size, 0);
    const zx_handle_t all[] = {vmo, locked};
    assert_ok(zx_handle_close_many(all, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_unless_it_is_locked),
    };
    const char *obstacle = squeeze_prepare(&squeeze);
    int fd = obstacle == NULL ? pressure_open(PRESSURE_OF_GROUP) : -1;
    if (obstacle == NULL && fd < 0) {
        squeeze_undo(&squeeze);
        obstacle = "the kernel tells this process nothing of memory pressure";
    }
    if (obstacle != NULL) {
        (void)printf("skipped: %s\n", obstacle);
        return 77;
    }
    (void)close(fd);
    int failed = RUN_ZX_TESTS(tests);
    squeeze_undo(&squeeze);
    return failed;
}
