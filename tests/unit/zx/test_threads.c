/* Many threads use the same few handles at once. What each call may answer is known; that nothing
 * is torn, lost or leaked is what the sanitizers, the count of descriptors and the final state say.
 */
#include "zx_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { THREADS = 4, STEPS = 3000, SHARED = 8 };

static _Atomic zx_handle_t shared[SHARED];
static zx_handle_t ancestor; /* of all families; nobody closes it */
static atomic_uint surprises;

static uint32_t next_random(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

static void expect(bool is_right)
{
    if (!is_right) {
        (void)atomic_fetch_add(&surprises, 1);
    }
}

/* Puts a handle in a shared place and closes what was there. */
static void publish(uint32_t where, zx_handle_t handle)
{
    zx_handle_t old = atomic_exchange(&shared[where % SHARED], handle);
    expect(zx_handle_close(old) == ZX_OK);
}

static void replace_shared(uint32_t r)
{
    zx_handle_t handle = ZX_HANDLE_INVALID;
    zx_handle_t peer = ZX_HANDLE_INVALID;
    if (r % 2 == 0) {
        expect(zx_vmo_create(2 * PAGE, 0, &handle) == ZX_OK);
    } else {
        expect(zx_eventpair_create(0, &handle, &peer) == ZX_OK);
        publish(r >> 8, peer);
    }
    publish(r >> 4, handle);
}

/* A child of a VMO that others close, map and make children of at the same time. */
static void make_child(uint32_t r, zx_handle_t handle)
{
    bool is_slice = (r >> 3) % 2 == 0;
    zx_handle_t child = ZX_HANDLE_INVALID;
    zx_status_t status =
        zx_vmo_create_child(handle, is_slice ? ZX_VMO_CHILD_SLICE : ZX_VMO_CHILD_REFERENCE, 0,
                            is_slice ? 2 * PAGE : 0, &child);
    expect(status == ZX_OK || status == ZX_ERR_BAD_HANDLE || status == ZX_ERR_WRONG_TYPE ||
           status == ZX_ERR_NOT_SUPPORTED); /* a reference to a slice */
    if (status == ZX_OK) {
        publish(r >> 4, child);
    }
}

static void duplicate_shared(uint32_t r, zx_handle_t handle)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;
    zx_status_t status = zx_handle_duplicate(handle, ZX_RIGHT_SAME_RIGHTS, &copy);
    expect(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
    if (status == ZX_OK) {
        publish(r >> 4, copy);
    }
}

static void map_shared(zx_handle_t handle)
{
    const zx_vm_option_t perms = ZX_VM_PERM_READ | ZX_VM_PERM_WRITE;
    zx_vaddr_t address = 0;
    zx_status_t status = zx_vmar_map(zx_vmar_root_self(), perms, 0, handle, 0, 2 * PAGE, &address);
    expect(status == ZX_OK || status == ZX_ERR_BAD_HANDLE || status == ZX_ERR_WRONG_TYPE);
    if (status == ZX_OK) {
        expect(*(const volatile char *)(address + PAGE) == 0);
        expect(zx_vmar_unmap(zx_vmar_root_self(), address, PAGE) == ZX_OK);
        expect(zx_vmar_unmap(zx_vmar_root_self(), address + PAGE, PAGE) == ZX_OK);
    }
}

static void wait_shared(zx_handle_t handle)
{
    zx_signals_t observed = 0;
    zx_status_t status = zx_object_wait_one(
        handle, ZX_USER_SIGNAL_0 | ZX_EVENTPAIR_PEER_CLOSED | ZX_VMO_ZERO_CHILDREN,
        zx_deadline_after(ZX_USEC(200)), &observed);
    expect(status == ZX_OK || status == ZX_ERR_TIMED_OUT || status == ZX_ERR_CANCELED ||
           status == ZX_ERR_BAD_HANDLE);
}

static void use_shared(uint32_t r, zx_handle_t handle)
{
    zx_info_handle_basic_t info;
    char byte = 0;
    zx_status_t status =
        zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL);
    expect(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
    zx_info_vmo_t vmo;
    status = zx_object_get_info(handle, ZX_INFO_VMO, &vmo, sizeof(vmo), NULL, NULL);
    expect(status == ZX_OK || status == ZX_ERR_BAD_HANDLE || status == ZX_ERR_WRONG_TYPE);
    status = zx_vmo_read(handle, &byte, r % PAGE, 1);
    expect(status == ZX_OK || status == ZX_ERR_BAD_HANDLE || status == ZX_ERR_WRONG_TYPE);
    status = zx_object_signal(handle, ZX_USER_SIGNAL_0, r % 2 == 0 ? ZX_USER_SIGNAL_0 : 0);
    expect(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
}

static void move_out_and_in(uint32_t r)
{
    zx_handle_t handle = atomic_exchange(&shared[(r >> 4) % SHARED], ZX_HANDLE_INVALID);
    struct sysmem_handle_info info;
    int fd = -1;
    if (handle == ZX_HANDLE_INVALID) {
        return;
    }
    bool is_out = sysmem_handle_into_fd(handle, &info, &fd) == ZX_OK;
    expect(is_out);
    if (is_out) {
        expect(sysmem_handle_from_fd(fd, &info, &handle) == ZX_OK);
        publish(r >> 4, handle);
    }
}

static void *work(void *arg)
{
    uint32_t x = 1234567U + *(const uint32_t *)arg * 7654321U;
    for (int step = 0; step < STEPS; step++) {
        uint32_t r = next_random(&x);
        zx_handle_t handle = atomic_load(&shared[(r >> 12) % SHARED]);
        switch (r >> 29) {
        case 0:
            replace_shared(r);
            break;
        case 1:
            make_child(r, r % 8 == 0 ? ancestor : handle);
            break;
        case 2:
            duplicate_shared(r, handle);
            break;
        case 3:
        case 4:
            map_shared(handle);
            break;
        case 5:
            wait_shared(handle);
            break;
        case 6:
            use_shared(r, handle);
            break;
        default:
            move_out_and_in(r);
        }
    }
    return NULL;
}

static void all_calls_at_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    uint32_t seeds[THREADS];
    ancestor = new_vmo(2 * PAGE, 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        seeds[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &seeds[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    for (int i = 0; i < SHARED; i++) {
        assert_ok(zx_handle_close(atomic_exchange(&shared[i], ZX_HANDLE_INVALID)));
    }
    assert_int_equal(atomic_load(&surprises), 0);

    /* Children that were out count until a thread has seen the end of their descriptors. */
    assert_ok(zx_object_wait_one(ancestor, ZX_VMO_ZERO_CHILDREN, ZX_TIME_INFINITE, NULL));
    zx_info_vmo_t family = {0};
    assert_ok(zx_object_get_info(ancestor, ZX_INFO_VMO, &family, sizeof(family), NULL, NULL));
    assert_int_equal(family.num_children, 0);
    assert_int_equal(signals_of(ancestor), ZX_VMO_ZERO_CHILDREN);
    assert_ok(zx_handle_close(ancestor));

    zx_info_vmar_t root = {0};
    assert_ok(
        zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root), NULL, NULL));
    zx_handle_t vmo = new_vmo(PAGE, 0);
    zx_vaddr_t address = 0;
    assert_ok(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &address));
    assert_int_equal(address, root.base); /* the lowest place: all else has been unmapped */
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), address, PAGE));
    assert_ok(zx_handle_close(vmo));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_calls_at_once),
    };
    return RUN_ZX_TESTS(tests);
}
