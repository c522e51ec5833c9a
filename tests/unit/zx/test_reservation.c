/* Limits of the address space. At vm.max_map_count: what needs more of the kernel's mappings is
 * ZX_ERR_NO_MEMORY and changes nothing, and what is mapped can always be unmapped. */
#include "vmar_test.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define GIB ((uint64_t)1 << 30)

/* What the root region is like in a process that may have so much address space: its length in GiB;
 * 0: there is none. */
static int root_gib_within(uint64_t limit)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit all = {limit, limit};
        if (setrlimit(RLIMIT_AS, &all) != 0) {
            _exit(255);
        }
        zx_info_vmar_t info = {0};
        (void)zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &info, sizeof(info), NULL,
                                 NULL);
        _exit((int)(info.len / GIB));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void within_a_limit_of_address_space(void **state)
{
    (void)state;
    assert_int_equal(root_gib_within(64 * GIB), 32);
    assert_int_equal(root_gib_within(16 * GIB), 8);
    assert_int_equal(root_gib_within(8 * GIB), 0);
}

/* Pages that stand apart from their neighbours in the kernel's eyes, until there can be no more. */
static uint64_t fill(zx_handle_t vmar, zx_handle_t vmo, zx_status_t *ret_status)
{
    zx_vaddr_t address = 0;
    uint64_t count = 0;
    while ((*ret_status = zx_vmar_map(vmar, R, 0, vmo, 0, PAGE, &address)) == ZX_OK) {
        count++;
    }
    return count;
}

/* What the calls say and leave at the limit; asserted when the limit is far again. */
struct findings {
    struct vmar inner;
    uint64_t count;
    zx_status_t fill;
    zx_status_t protect[2];
    zx_status_t allocate;
    zx_status_t map_inner;
    zx_status_t unmap_last;
    zx_status_t unmap_middle;
    zx_status_t destroy;
    bool is_writable[2];
};

static void act_at_the_limit(struct findings *f, struct vmar filled, zx_vaddr_t pair,
                             zx_handle_t vmo, struct vmar small)
{
    zx_vaddr_t address = 0;
    f->count = fill(filled.handle, vmo, &f->fill);
    f->allocate =
        zx_vmar_allocate(zx_vmar_root_self(), CR, 0, PAGE, &f->inner.handle, &f->inner.base);
    f->map_inner = zx_vmar_map(f->inner.handle, R, 0, vmo, 0, PAGE, &address);
    f->protect[0] = zx_vmar_protect(zx_vmar_root_self(), R, pair + PAGE, 2 * PAGE);
    f->is_writable[0] = can_write(pair + PAGE) && can_write(pair + 2 * PAGE);
    /* One more is possible: then the first of two mappings can be split, but not the second. */
    f->unmap_last = zx_vmar_unmap(filled.handle, filled.base + (f->count - 1) * PAGE, PAGE);
    f->protect[1] = zx_vmar_protect(zx_vmar_root_self(), R, pair + PAGE, 2 * PAGE);
    f->is_writable[1] = can_write(pair + PAGE) && can_write(pair + 2 * PAGE);
    f->unmap_middle = zx_vmar_unmap(filled.handle, filled.base + PAGE, PAGE);
    f->destroy = zx_vmar_destroy(small.handle);
}

static void at_the_limit_of_mappings(void **state)
{
    (void)state;
    struct findings f = {0};
    zx_handle_t vmo = new_vmo(4 * PAGE, 0);
    struct vmar filled = new_vmar(0, CR | CW, 0, 200000 * PAGE);
    struct vmar small = new_vmar(0, CR | CS, 0, 3 * PAGE);
    (void)map_in(small.handle, R | SP, PAGE, vmo,
                 PAGE); /* destroying leaves fewer, but needs more first */
    const zx_vaddr_t pair = map_in(zx_vmar_root_self(), R | W | ZX_VM_ALIGN_64KB, 0, vmo, 2 * PAGE);
    (void)map_in(zx_vmar_root_self(), R | W | SP, pair + 2 * PAGE - root_info().base, vmo,
                 2 * PAGE);
    act_at_the_limit(&f, filled, pair, vmo, small);
    zx_status_t destroyed = zx_vmar_destroy(filled.handle);
    zx_status_t unmapped = zx_vmar_unmap(zx_vmar_root_self(), pair, 4 * PAGE);
    assert_ok(destroyed);
    assert_ok(unmapped);

    assert_true(f.count > 30000);
    assert_int_equal(f.fill, ZX_ERR_NO_MEMORY);
    assert_ok(f.allocate);
    assert_int_equal(f.map_inner, ZX_ERR_NO_MEMORY);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(f.protect[i], ZX_ERR_NO_MEMORY);
        assert_true(f.is_writable[i]);
    }
    assert_ok(f.unmap_last);
    assert_ok(f.unmap_middle);
    assert_ok(f.destroy);
    assert_int_equal(mappings_of(vmo), 0);
    const zx_handle_t all[] = {vmo, filled.handle, small.handle};
    assert_ok(zx_handle_close_many(all, 3));
    free_vmar(f.inner);
}

static bool is_sanitized(void)
{
#ifdef IS_SANITIZED
    return true;
#else
    return false;
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_the_limit_of_mappings),
    };
    /* Apart: before this process has a root region, too. */
    const struct CMUnitTest tests_of_children[] = {
        cmocka_unit_test(within_a_limit_of_address_space),
    };
    if (is_sanitized()) {
        (void)printf("skipped: a sanitizer needs mappings itself\n");
        return 77;
    }
    int failed = cmocka_run_group_tests(tests_of_children, NULL, NULL);
    return failed + RUN_ZX_TESTS(tests);
}
