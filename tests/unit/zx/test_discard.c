/* Discardable VMOs: locks, and what becomes of those that are not locked. */
#include "vmo_test.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sysmem/discard.h>
#include <sysmem/handle.h>
#include <unistd.h>

#define LOCK     ZX_VMO_OP_LOCK
#define TRY_LOCK ZX_VMO_OP_TRY_LOCK
#define UNLOCK   ZX_VMO_OP_UNLOCK

#define SIZE     (3 * PAGE)

/* Locks all of a VMO, and returns how many bytes were lost. */
static uint64_t lock(zx_handle_t vmo, uint64_t size)
{
    zx_vmo_lock_state_t state = {1, 1, 1, 1};
    assert_ok(zx_vmo_op_range(vmo, LOCK, 0, size, &state, sizeof(state)));
    assert_int_equal(state.offset, 0);
    assert_int_equal(state.size, size);
    assert_int_equal(state.discarded_offset, 0);
    return state.discarded_size;
}

static void z067_lock_and_unlock(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
    assert_int_equal(info_of(vmo).flags, 0x9 | ZX_INFO_VMO_DISCARDABLE);
    assert_status(op(vmo, UNLOCK, 0, SIZE), ZX_ERR_BAD_STATE); /* it starts unlocked */
    assert_ok(op(vmo, TRY_LOCK, 0, SIZE));
    assert_ok(op(vmo, UNLOCK, 0, SIZE));
    assert_int_equal(lock(vmo, SIZE), 0);
    assert_ok(op(vmo, UNLOCK, 0, SIZE));
    assert_status(op(vmo, UNLOCK, 0, SIZE), ZX_ERR_BAD_STATE);
    assert_ok(zx_handle_close(vmo));
}

static void z070_a_lock_needs_room_to_tell(void **state)
{
    (void)state;
    zx_vmo_lock_state_t told;
    uint64_t small;
    zx_handle_t vmo = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
    const struct {
        void *buffer;
        size_t size;
    } rows[] = {
        {NULL,   0           },
        {&told,  0           },
        {NULL,   sizeof(told)},
        {&small, 8           },
        {&told,  31          }
    };
    for (size_t i = 0; i < 5; i++) {
        assert_status(zx_vmo_op_range(vmo, LOCK, 0, SIZE, rows[i].buffer, rows[i].size),
                      ZX_ERR_INVALID_ARGS);
        assert_status(op(vmo, UNLOCK, 0, SIZE), ZX_ERR_BAD_STATE);
    }
    char odd[sizeof(told) + 1]; /* a buffer may lie anywhere */
    assert_ok(zx_vmo_op_range(vmo, LOCK, 0, SIZE, odd + 1, sizeof(told)));
    memcpy(&told, odd + 1, sizeof(told));
    assert_int_equal(told.size, SIZE);
    assert_ok(zx_handle_close(vmo));
}

static void z073_locks_count(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
    put_byte(vmo, 0, 1);
    assert_ok(op(vmo, TRY_LOCK, 0, SIZE));
    assert_int_equal(lock(vmo, SIZE), 0);
    assert_ok(op(vmo, UNLOCK, 0, SIZE));
    assert_int_equal(sysmem_discard_unlocked(UINT64_MAX), 0); /* one lock is left */
    assert_ok(op(vmo, UNLOCK, 0, SIZE));
    assert_status(op(vmo, UNLOCK, 0, SIZE), ZX_ERR_BAD_STATE);
    assert_int_equal(sysmem_discard_unlocked(UINT64_MAX), PAGE);
    assert_ok(zx_handle_close(vmo));
}

/* Each row breaks the rule that it names and later ones. */
static void lock_ranges(void **state)
{
    (void)state;
    zx_handle_t plain = new_vmo(SIZE, 0);
    zx_handle_t vmo = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
    const uint32_t ops[] = {LOCK, TRY_LOCK, UNLOCK};
    const uint64_t ranges[][2] = {
        {0,          PAGE      },
        {0,          4 * PAGE  },
        {PAGE,       2 * PAGE  },
        {PAGE,       SIZE      },
        {0,          0         },
        {UINT64_MAX, UINT64_MAX}
    };
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 6; j++) {
            assert_status(op(vmo, ops[i], ranges[j][0], ranges[j][1]), ZX_ERR_OUT_OF_RANGE);
            assert_status(op(plain, ops[i], ranges[j][0], ranges[j][1]), ZX_ERR_NOT_SUPPORTED);
        }
        assert_status(op(plain, ops[i], 0, SIZE), ZX_ERR_NOT_SUPPORTED);
    }
    const zx_handle_t all[] = {plain, vmo};
    assert_ok(zx_handle_close_many(all, 2));
}

static void z076_no_children(void **state)
{
    (void)state;
    const uint32_t kinds[] = {SLICE, SNAPSHOT, AT_LEAST, MODIFIED, REFERENCE, 0, 0x100};
    zx_handle_t vmo = new_vmo(PAGE, ZX_VMO_DISCARDABLE);
    for (size_t i = 0; i < 7; i++) {
        zx_handle_t out = 77;
        assert_status(zx_vmo_create_child(vmo, kinds[i], 0, kinds[i] == REFERENCE ? 0 : PAGE, &out),
                      ZX_ERR_NOT_SUPPORTED);
        assert_int_equal(out, 77);
    }
    zx_handle_t out = 77;
    zx_handle_t no_read = dup_with(vmo, ZX_RIGHT_DUPLICATE);
    assert_status(zx_vmo_create_child(no_read, SLICE, 0, PAGE, &out), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(out, 77);
    const zx_handle_t all[] = {vmo, no_read};
    assert_ok(zx_handle_close_many(all, 2));
}

static void what_is_unlocked_loses_its_pages(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
    zx_handle_t locked = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
    assert_int_equal(lock(vmo, SIZE), 0);
    assert_int_equal(lock(locked, SIZE), 0);
    put_byte(vmo, PAGE, 42);
    put_byte(vmo, 2 * PAGE, 43);
    put_byte(locked, 0, 44);
    assert_ok(op(vmo, UNLOCK, 0, SIZE));
    assert_int_equal(byte_at(vmo, PAGE), 42);
    assert_int_equal(sysmem_discard_unlocked(UINT64_MAX), 2 * PAGE);
    assert_int_equal(info_of(vmo).populated_bytes, 0);
    assert_int_equal(byte_at(vmo, PAGE), 0);
    assert_int_equal(byte_at(locked, 0), 44);

    assert_status(op(vmo, TRY_LOCK, 0, SIZE), ZX_ERR_UNAVAILABLE);
    assert_status(op(vmo, UNLOCK, 0, SIZE), ZX_ERR_BAD_STATE); /* nothing was locked */
    zx_vmo_lock_state_t told;
    assert_status(zx_vmo_op_range(vmo, LOCK, 0, SIZE, &told, 8), ZX_ERR_INVALID_ARGS);
    assert_int_equal(lock(vmo, SIZE), SIZE); /* a lock that failed has not told it away */
    assert_ok(op(vmo, TRY_LOCK, 0, SIZE));
    assert_int_equal(lock(vmo, SIZE), 0); /* told once */
    const zx_handle_t all[] = {vmo, locked};
    assert_ok(zx_handle_close_many(all, 2));
}

/* A mapping must be ready for what may happen to the pages. */
static void mappings_see_it(void **state)
{
    (void)state;
    zx_handle_t root = zx_vmar_root_self();
    zx_handle_t vmo = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
    zx_vaddr_t at = 0;
    assert_status(zx_vmar_map(root, ZX_VM_PERM_READ, 0, vmo, 0, SIZE, &at), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_vmar_map(root, ZX_VM_PERM_READ | ZX_VM_COMPACT, 0, vmo, 0, SIZE, &at),
                  ZX_ERR_NOT_SUPPORTED); /* before that option is refused */
    assert_ok(zx_vmar_map(root, ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_ALLOW_FAULTS, 0, vmo, 0,
                          SIZE, &at));
    volatile char *bytes = (volatile char *)at; // NOLINT(performance-no-int-to-ptr)
    bytes[5] = 42;
    assert_int_equal(sysmem_discard_unlocked(UINT64_MAX), PAGE);
    assert_int_equal(bytes[5], 0);
    assert_int_equal(lock(vmo, SIZE), SIZE);
    assert_ok(zx_vmar_unmap(root, at, SIZE));
    assert_ok(zx_handle_close(vmo));
}

static void nothing_is_lost_where_nothing_was(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
    assert_int_equal(sysmem_discard_unlocked(UINT64_MAX), 0);
    assert_ok(op(vmo, TRY_LOCK, 0, SIZE));
    assert_ok(zx_handle_close(vmo));
}

static void the_longest_unlocked_goes_first(void **state)
{
    (void)state;
    enum { COUNT = 4 };
    const size_t unlocked[COUNT] = {2, 0, 3, 1};
    zx_handle_t vmos[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        vmos[i] = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
        assert_int_equal(lock(vmos[i], SIZE), 0);
        put_byte(vmos[i], 0, 1);
        put_byte(vmos[i], PAGE, 1);
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_ok(op(vmos[unlocked[i]], UNLOCK, 0, SIZE));
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(sysmem_discard_unlocked(1), 2 * PAGE);
        for (size_t j = 0; j < COUNT; j++) {
            assert_int_equal(byte_at(vmos[unlocked[j]], 0), j <= i ? 0 : 1);
        }
    }
    assert_int_equal(sysmem_discard_unlocked(1), 0);
    assert_int_equal(sysmem_discard_unlocked(0), 0);
    assert_ok(zx_handle_close_many(vmos, COUNT));
}

static void of_any_size(void **state)
{
    (void)state;
    zx_handle_t resizable = new_vmo(PAGE, ZX_VMO_DISCARDABLE | ZX_VMO_RESIZABLE);
    assert_ok(zx_vmo_set_size(resizable, 2 * PAGE));
    assert_status(op(resizable, TRY_LOCK, 0, PAGE), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(lock(resizable, 2 * PAGE), 0);
    zx_handle_t unbounded = new_vmo(0, ZX_VMO_DISCARDABLE | ZX_VMO_UNBOUNDED);
    put_byte(unbounded, 7, 1);
    put_byte(unbounded, LARGEST_VMO - 1, 1);
    assert_int_equal(sysmem_discard_unlocked(UINT64_MAX), 2 * PAGE);
    assert_int_equal(byte_at(unbounded, 7), 0);
    assert_int_equal(byte_at(unbounded, LARGEST_VMO - 1), 0);
    assert_int_equal(lock(unbounded, LARGEST_VMO), LARGEST_VMO);
    const zx_handle_t all[] = {resizable, unbounded};
    assert_ok(zx_handle_close_many(all, 2));
}

static void what_has_left_the_process_stays(void **state)
{
    (void)state;
    zx_handle_t vmo = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
    put_byte(vmo, 0, 42);
    int fd = -1;
    assert_ok(sysmem_handle_into_fd(dup_with(vmo, ZX_RIGHT_SAME_RIGHTS), NULL, &fd));
    assert_int_equal(sysmem_discard_unlocked(UINT64_MAX), 0);
    assert_ok(op(vmo, TRY_LOCK, 0, SIZE));
    assert_ok(op(vmo, UNLOCK, 0, SIZE));
    assert_int_equal(sysmem_discard_unlocked(UINT64_MAX), 0);
    assert_int_equal(byte_at(vmo, 0), 42);
    assert_int_equal(close(fd), 0);
    assert_ok(zx_handle_close(vmo));
}

enum { ROUNDS = 2000 };

/* What is locked and not reported lost holds what was written under the last lock. */
static void *use_under_locks(void *arg)
{
    zx_handle_t vmo = *(const zx_handle_t *)arg;
    unsigned char value = 0;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t lost = lock(vmo, SIZE);
        assert_int_equal(byte_at(vmo, PAGE), lost == 0 ? value : 0);
        value = (unsigned char)(i % 255 + 1);
        put_byte(vmo, PAGE, value);
        assert_ok(op(vmo, UNLOCK, 0, SIZE));
    }
    return NULL;
}

static void locks_hold_while_others_discard(void **state)
{
    (void)state;
    enum { COUNT = 3 };
    pthread_t threads[COUNT];
    zx_handle_t vmos[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        vmos[i] = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
        assert_int_equal(pthread_create(&threads[i], NULL, use_under_locks, &vmos[i]), 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        (void)sysmem_discard_unlocked(i % 2 == 0 ? UINT64_MAX : 1);
        zx_handle_t another = new_vmo(SIZE, ZX_VMO_DISCARDABLE);
        assert_ok(zx_handle_close(another));
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_ok(zx_handle_close_many(vmos, COUNT));
}

static zx_handle_t companion;

static void what_is_received_asks_for_locks_and_stays(void **state)
{
    (void)state;
    unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
    int fd = -1;
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    zx_handle_t child = ZX_HANDLE_INVALID;
    zx_vaddr_t address = 0;
    assert_ok(sysmem_handle_into_form(new_vmo(SIZE, ZX_VMO_DISCARDABLE), form, &fd));
    assert_ok(sysmem_handle_from_form(fd, form, &vmo));
    assert_true((info_of(vmo).flags & ZX_INFO_VMO_DISCARDABLE) != 0);
    assert_ok(zx_vmo_write(vmo, "stays", 0, 5));
    assert_status(op(vmo, UNLOCK, 0, SIZE), ZX_ERR_BAD_STATE); /* each process has its own locks */
    assert_ok(op(vmo, TRY_LOCK, 0, SIZE));
    assert_int_equal(lock(vmo, SIZE), 0);
    assert_ok(op(vmo, UNLOCK, 0, SIZE));
    assert_ok(op(vmo, UNLOCK, 0, SIZE));
    assert_status(op(vmo, UNLOCK, 0, SIZE), ZX_ERR_BAD_STATE);
    assert_int_equal(sysmem_discard_unlocked(UINT64_MAX), 0);
    assert_int_equal(info_of(vmo).populated_bytes, PAGE);
    assert_ok(op(vmo, TRY_LOCK, 0, SIZE));
    assert_status(zx_vmo_create_child(vmo, ZX_VMO_CHILD_SLICE, 0, PAGE, &child),
                  ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, SIZE, &address),
                  ZX_ERR_NOT_SUPPORTED);
    assert_ok(sysmem_handle_into_form(vmo, form, &fd)); /* and so it goes on */
    assert_ok(sysmem_handle_from_form(fd, form, &vmo));
    assert_true((info_of(vmo).flags & ZX_INFO_VMO_DISCARDABLE) != 0);
    assert_ok(zx_handle_close(vmo));
}

/* What the kernel reports of the machine is not for these tests. The library listens from the first
 * discardable VMO on, which is made here, when there is no descriptor left to listen with. */
static int close_ears(void **state)
{
    struct rlimit limit;
    assert_int_equal(remember_fds(state), 0);
    int file = dup(STDOUT_FILENO); /* the lowest that is free will be the VMO's */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit one_more = {.rlim_cur = (rlim_t)file + 1, .rlim_max = limit.rlim_max};
    assert_int_equal(close(file), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &one_more), 0);
    companion = new_vmo(0, ZX_VMO_DISCARDABLE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return 0;
}

static int open_ears(void **state)
{
    assert_ok(zx_handle_close(companion));
    return check_fds(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z067_lock_and_unlock),
        cmocka_unit_test(z070_a_lock_needs_room_to_tell),
        cmocka_unit_test(z073_locks_count),
        cmocka_unit_test(lock_ranges),
        cmocka_unit_test(z076_no_children),
        cmocka_unit_test(what_is_unlocked_loses_its_pages),
        cmocka_unit_test(mappings_see_it),
        cmocka_unit_test(nothing_is_lost_where_nothing_was),
        cmocka_unit_test(the_longest_unlocked_goes_first),
        cmocka_unit_test(of_any_size),
        cmocka_unit_test(what_has_left_the_process_stays),
        cmocka_unit_test(what_is_received_asks_for_locks_and_stays),
        cmocka_unit_test(locks_hold_while_others_discard),
    };
    return cmocka_run_group_tests(tests, close_ears, open_ears);
}
