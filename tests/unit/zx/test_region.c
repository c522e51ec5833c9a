/* Random maps and unmaps, against a model of the address space and what the kernel says of it. */
#include "zx_test.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PAGES = 96, VMOS = 3, STEPS = 4000 };

struct page {
    int vmo;         /* -1: nothing is mapped */
    uint64_t offset; /* in pages */
    bool writable;
};

struct fixture {
    zx_info_vmar_t root;
    zx_handle_t vmos[VMOS];
    uint64_t inodes[VMOS];
    struct page model[PAGES];
};

static uint32_t random_below(uint32_t limit)
{
    static uint32_t x = 88172645U;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x % limit;
}

static bool is_free(const struct fixture *f, uint32_t start, uint32_t count)
{
    for (uint32_t i = start; i < start + count; i++) {
        if (i >= PAGES || f->model[i].vmo >= 0) {
            return false;
        }
    }
    return true;
}

/* The lowest run of free pages, PAGES if there is none. */
static uint32_t lowest_hole(const struct fixture *f, uint32_t count)
{
    uint32_t start = 0;
    while (start < PAGES && !is_free(f, start, count)) {
        start++;
    }
    return start;
}

static void random_map(struct fixture *f)
{
    static const zx_vm_option_t kinds[] = {ZX_VM_SPECIFIC, ZX_VM_SPECIFIC_OVERWRITE,
                                           ZX_VM_OFFSET_IS_UPPER_LIMIT};
    zx_vm_option_t kind = kinds[random_below(3)];
    uint32_t count = 1 + random_below(12);
    uint32_t start = random_below(PAGES - count);
    struct page page = {(int)random_below(VMOS), random_below(8), random_below(2) == 0};
    zx_status_t wanted = ZX_OK;
    uint64_t offset = start * PAGE;
    if (kind == ZX_VM_OFFSET_IS_UPPER_LIMIT) {
        start = lowest_hole(f, count);
        wanted = start == PAGES ? ZX_ERR_NO_MEMORY : ZX_OK;
        offset = PAGES * PAGE;
    } else if (kind == ZX_VM_SPECIFIC && !is_free(f, start, count)) {
        wanted = ZX_ERR_ALREADY_EXISTS;
    }
    zx_vm_option_t perms = ZX_VM_PERM_READ | (page.writable ? ZX_VM_PERM_WRITE : 0);
    zx_vaddr_t address = 0;
    assert_status(zx_vmar_map(zx_vmar_root_self(), kind | perms, offset, f->vmos[page.vmo],
                              page.offset * PAGE, count * PAGE, &address),
                  wanted);
    if (wanted != ZX_OK) {
        return;
    }
    assert_int_equal(address, f->root.base + start * PAGE);
    for (uint32_t i = start; i < start + count; i++) {
        f->model[i] = page;
        page.offset++;
    }
}

static void random_unmap(struct fixture *f)
{
    uint32_t count = 1 + random_below(20);
    uint32_t start = random_below(PAGES - count);
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), f->root.base + start * PAGE, count * PAGE));
    for (uint32_t i = start; i < start + count; i++) {
        f->model[i].vmo = -1;
    }
}

/* One line of /proc/self/maps. */
struct line {
    uint64_t start;
    uint64_t end;
    char perms[5];
    uint64_t offset;
    uint64_t inode;
};

static void check_line(const struct fixture *f, const struct line *line)
{
    for (uint64_t at = line->start; at < line->end; at += PAGE) {
        const struct page *page = &f->model[(at - f->root.base) / PAGE];
        if (page->vmo < 0) {
            assert_string_equal(line->perms, "---p");
            assert_int_equal(line->inode, 0);
            continue;
        }
        assert_string_equal(line->perms, page->writable ? "rw-s" : "r--s");
        assert_int_equal(line->inode, f->inodes[page->vmo]);
        assert_int_equal(line->offset + (at - line->start), page->offset * PAGE);
    }
}

static bool parse_line(const char *text, struct line *ret)
{
    const char *format = "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64;
    // NOLINTNEXTLINE(cert-err34-c): the kernel writes these numbers
    return sscanf(text, format, &ret->start, &ret->end, ret->perms, &ret->offset, &ret->inode) == 5;
}

/* Every page of the window is in /proc/self/maps as the model has it. */
static void check_maps(const struct fixture *f)
{
    uint64_t covered = 0;
    const uint64_t window_end = f->root.base + PAGES * PAGE;
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    char text[512];
    while (fgets(text, sizeof(text), maps) != NULL) {
        struct line line = {0};
        if (!parse_line(text, &line) || line.end <= f->root.base || line.start >= window_end) {
            continue;
        }
        line.end = line.end < window_end ? line.end : window_end;
        assert_true(line.start >= f->root.base);
        check_line(f, &line);
        covered += line.end - line.start;
    }
    (void)fclose(maps);
    assert_int_equal(covered, PAGES * PAGE);
}

static size_t mappings_of(zx_handle_t vmo)
{
    zx_info_vmo_t info = {0};
    assert_ok(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    return info.num_mappings;
}

static void fixture_init(struct fixture *f)
{
    assert_ok(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &f->root, sizeof(f->root), NULL,
                                 NULL));
    for (int i = 0; i < VMOS; i++) {
        struct stat stat;
        f->vmos[i] = new_vmo(32 * PAGE, 0);
        assert_int_equal(fstat(sysmem_handle_fd(f->vmos[i]), &stat), 0);
        f->inodes[i] = stat.st_ino;
    }
    for (int i = 0; i < PAGES; i++) {
        f->model[i].vmo = -1;
    }
}

static void random_operations_match_the_model_and_the_kernel(void **state)
{
    (void)state;
    struct fixture f = {0};
    fixture_init(&f);
    for (int step = 0; step < STEPS; step++) {
        if (random_below(3) > 0) {
            random_map(&f);
        } else {
            random_unmap(&f);
        }
        if (step % 8 == 0) {
            check_maps(&f);
        }
    }
    assert_ok(zx_vmar_unmap(zx_vmar_root_self(), f.root.base, PAGES * PAGE));
    for (int i = 0; i < VMOS; i++) {
        assert_int_equal(mappings_of(f.vmos[i]), 0);
        assert_ok(zx_handle_close(f.vmos[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_match_the_model_and_the_kernel),
    };
    return RUN_ZX_TESTS(tests);
}
