/* Many threads allocate, map, protect, unmap and destroy in the same few regions at once, while
 * another one maps for itself. That nothing is torn, lost or leaked is what the sanitizers, the
 * counts and the kernel's list of mappings say in the end. */
#include "vmar_test.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

enum { THREADS = 4, STEPS = 3000, SHARED = 8, WINDOW_PAGES = 256 };

static _Atomic zx_handle_t shared[SHARED]; /* regions of all depths; 0 where there is none */
static struct vmar window;
static zx_handle_t vmo;
static atomic_uint surprises;
static atomic_bool is_over;

static uint32_t next_random(uint32_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 17;
    *x ^= *x << 5;
    return *x;
}

/* A status is ZX_OK or one of two that others can bring about at any time: a region was closed, or
 * destroyed; or one that the call may give. */
static void expect(zx_status_t status, zx_status_t other, zx_status_t another)
{
    if (status != ZX_OK && status != ZX_ERR_BAD_HANDLE && status != ZX_ERR_BAD_STATE &&
        status != other && status != another) {
        (void)atomic_fetch_add(&surprises, 1);
    }
}

static void publish(uint32_t where, zx_handle_t handle)
{
    zx_handle_t old = atomic_exchange(&shared[where % SHARED], handle);
    expect(zx_handle_close(old), ZX_OK, ZX_OK);
}

static void allocate_in(uint32_t r, zx_handle_t region)
{
    zx_handle_t child = 0;
    zx_vaddr_t address = 0;
    zx_status_t status =
        zx_vmar_allocate(region, CR | CW | CS, 0, (2 + r % 32) * PAGE, &child, &address);
    expect(status, ZX_ERR_NO_MEMORY, ZX_ERR_INVALID_ARGS); /* is full, or smaller */
    if (status == ZX_OK) {
        publish(r >> 8, child);
    }
}

static void map_and_unmap_in(uint32_t r, zx_handle_t region)
{
    zx_vaddr_t address = 0;
    zx_status_t status = zx_vmar_map(region, R | W, 0, vmo, 0, 2 * PAGE, &address);
    expect(status, ZX_ERR_NO_MEMORY, ZX_ERR_INVALID_ARGS);
    if (status != ZX_OK) {
        return;
    }
    (void)can_read(address); /* others may have unmapped it, or protected it */
    if (r % 4 != 0) {        /* else it is left to those who destroy */
        expect(zx_vmar_protect(region, R, address + PAGE, PAGE), ZX_ERR_NOT_FOUND,
               ZX_ERR_ACCESS_DENIED);
        expect(zx_vmar_unmap(region, address, PAGE), ZX_ERR_INVALID_ARGS, ZX_OK);
        expect(zx_vmar_unmap(region, address + PAGE, PAGE), ZX_ERR_INVALID_ARGS, ZX_OK);
    }
}

static void overwrite_in(uint32_t r, zx_handle_t region)
{
    zx_vaddr_t address = 0;
    expect(zx_vmar_map(region, R | OVR, r / 8 % 24 * PAGE, vmo, 0, 3 * PAGE, &address),
           ZX_ERR_INVALID_ARGS, ZX_OK); /* a region is there, or the end */
}

static void unmap_much(uint32_t r)
{
    expect(zx_vmar_unmap(window.handle, window.base + r / 8 % WINDOW_PAGES * PAGE, 16 * PAGE),
           ZX_ERR_INVALID_ARGS, ZX_OK);
}

static void *work(void *arg)
{
    uint32_t x = 1234567U + *(const uint32_t *)arg * 7654321U;
    for (int step = 0; step < STEPS; step++) {
        uint32_t r = next_random(&x);
        zx_handle_t region = r % 3 == 0 ? window.handle : atomic_load(&shared[(r >> 12) % SHARED]);
        switch (r >> 29) {
        case 0:
        case 1:
            allocate_in(r, region);
            break;
        case 2:
            overwrite_in(r, region);
            break;
        case 3:
            unmap_much(r);
            break;
        case 4:
            if (region != window.handle) {
                expect(zx_vmar_destroy(region), ZX_OK, ZX_OK);
            }
            break;
        default:
            map_and_unmap_in(r, region);
        }
    }
    return NULL;
}

/* Whatever the process maps for itself is never inside the root region. */
static void *map_otherwise(void *arg)
{
    const zx_info_vmar_t root = *(const zx_info_vmar_t *)arg;
    while (!atomic_load(&is_over)) {
        void *at = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        bool is_outside = at != MAP_FAILED && (uintptr_t)at - root.base >= root.len;
        (void)atomic_fetch_add(&surprises, is_outside ? 0 : 1);
        (void)munmap(at, PAGE);
    }
    return NULL;
}

/* All of the root region is reservation, without a hole and with nothing else in it. */
static void assert_all_is_reserved(zx_info_vmar_t root)
{
    uint64_t covered = 0;
    char text[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    while (fgets(text, sizeof(text), maps) != NULL) {
        uint64_t start = 0;
        uint64_t end = 0;
        char perms[5] = "";
        // NOLINTNEXTLINE(cert-err34-c): the kernel writes these numbers
        assert_int_equal(sscanf(text, "%" SCNx64 "-%" SCNx64 " %4s", &start, &end, perms), 3);
        if (end > root.base && start < root.base + root.len) {
            assert_string_equal(perms, "---p");
            covered += (end < root.base + root.len ? end : root.base + root.len) -
                       (start > root.base ? start : root.base);
        }
    }
    (void)fclose(maps);
    assert_int_equal(covered, root.len);
}

static void all_calls_on_regions_at_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    pthread_t other;
    uint32_t seeds[THREADS];
    zx_info_vmar_t root = root_info();
    vmo = new_vmo(4 * PAGE, 0);
    window = new_vmar(0, CR | CW | CS, 0, WINDOW_PAGES * PAGE);
    assert_int_equal(pthread_create(&other, NULL, map_otherwise, &root), 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        seeds[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &seeds[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    atomic_store(&is_over, true);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_int_equal(atomic_load(&surprises), 0);
    free_vmar(window);
    for (int i = 0; i < SHARED; i++) {
        zx_handle_t region = atomic_load(&shared[i]);
        assert_int_equal(zx_vmar_destroy(region),
                         region == 0 ? ZX_ERR_BAD_HANDLE : ZX_ERR_BAD_STATE);
        assert_ok(zx_handle_close(region));
    }
    assert_int_equal(mappings_of(vmo), 0);
    assert_ok(zx_handle_close(vmo));
    assert_all_is_reserved(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_calls_on_regions_at_once),
    };
    return RUN_ZX_TESTS(tests);
}
