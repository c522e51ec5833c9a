/* Random trees of VMOs: whatever is done to them, the library answers and shows what the model
 * does. See tests/property/driver.h for the arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>

#include "../property/dice.h"
#include "../property/driver.h"
#include "vmo_model.h"

#define STEPS        60U
#define HANDLES_MOST 3U
#define LARGEST      ((uint64_t)MODEL_PAGES * MODEL_PAGE)

/* The library's side of a VMO of the model, by the same index. */
struct real {
    zx_handle_t handles[HANDLES_MOST]; /* the first ones are in use */
    zx_koid_t koid;
    zx_vaddr_t mapped; /* all of what it may ever be; 0: it is not */
};

struct run {
    uint64_t dice;
    struct model model;
    struct real reals[MODEL_VMOS];
    const char *difference; /* the first, or NULL */
    unsigned grandchildren; /* that were given to their grandparents: what runs are about */
};

static void expect(struct run *run, bool is_equal, const char *what)
{
    if (!is_equal && run->difference == NULL) {
        run->difference = what;
    }
}

/* A living VMO with a handle (or, for unmapping, whichever), or MODEL_NOBODY. */
static size_t pick(struct run *run, bool with_handle)
{
    size_t start = dice_below(&run->dice, MODEL_VMOS);
    for (size_t i = 0; i < run->model.vmo_count; i++) {
        size_t vmo = (start + i) % run->model.vmo_count;
        if (with_handle ? run->model.vmos[vmo].handles > 0 : run->model.vmos[vmo].mappings > 0) {
            return vmo;
        }
    }
    return MODEL_NOBODY;
}

/* Mostly whole pages; up to a page beyond `most`. */
static uint64_t roll_bytes(struct run *run, uint64_t most)
{
    uint64_t pages = dice_below(&run->dice, most / MODEL_PAGE + 2);
    uint64_t odd = dice_below(&run->dice, 4) == 0 ? dice_below(&run->dice, MODEL_PAGE) : 0;
    return pages * MODEL_PAGE + odd;
}

static uint64_t roll_size(struct run *run)
{
    uint64_t size = roll_bytes(run, LARGEST);
    return size <= LARGEST ? size : LARGEST;
}

static zx_handle_t handle_of(const struct run *run, size_t vmo)
{
    return run->reals[vmo].handles[0];
}

/* Takes in what both sides have just made. */
static void enter(struct run *run, zx_handle_t handle)
{
    zx_info_handle_basic_t info = {0};
    struct real *real = &run->reals[run->model.vmo_count - 1];
    (void)zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL);
    *real = (struct real){.handles = {handle}, .koid = info.koid};
}

static void do_create(struct run *run)
{
    uint64_t size = roll_size(run);
    bool is_resizable = dice_below(&run->dice, 2) == 0;
    zx_handle_t handle = ZX_HANDLE_INVALID;
    model_create(&run->model, size, is_resizable);
    zx_status_t status = zx_vmo_create(size, is_resizable ? ZX_VMO_RESIZABLE : 0, &handle);
    expect(run, status == ZX_OK, "zx_vmo_create");
    enter(run, handle);
}

static void do_create_child(struct run *run, size_t vmo)
{
    static const uint32_t kinds[] = {
        ZX_VMO_CHILD_SLICE,
        ZX_VMO_CHILD_SLICE,
        ZX_VMO_CHILD_REFERENCE,
        ZX_VMO_CHILD_SNAPSHOT,
        ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE,
        ZX_VMO_CHILD_SNAPSHOT_MODIFIED,
    };
    uint32_t options = kinds[dice_below(&run->dice, 6)];
    options |= dice_below(&run->dice, 4) == 0 ? ZX_VMO_CHILD_RESIZABLE : 0;
    options |= dice_below(&run->dice, 6) == 0 ? ZX_VMO_CHILD_NO_WRITE : 0;
    bool is_whole =
        (options & ZX_VMO_CHILD_REFERENCE) != 0 && dice_below(&run->dice, 8) != 0; /* (0, 0) */
    uint64_t offset = is_whole ? 0 : roll_bytes(run, model_size(&run->model, vmo));
    uint64_t size = is_whole ? 0 : roll_size(run);
    zx_handle_t handle = ZX_HANDLE_INVALID;
    zx_status_t wanted = model_create_child(&run->model, vmo, options, offset, size);
    zx_status_t status = zx_vmo_create_child(handle_of(run, vmo), options, offset, size, &handle);
    expect(run, status == wanted, "zx_vmo_create_child");
    if (status == ZX_OK && wanted == ZX_OK) {
        enter(run, handle);
    } else {
        (void)zx_handle_close(handle);
    }
}

static void do_write(struct run *run, size_t vmo)
{
    static unsigned char bytes[LARGEST + 2 * MODEL_PAGE];
    uint64_t offset = roll_bytes(run, model_size(&run->model, vmo));
    uint64_t size = roll_bytes(run, MODEL_PAGE);
    unsigned char value = (unsigned char)dice_below(&run->dice, 256);
    memset(bytes, value, size);
    zx_status_t wanted = model_write(&run->model, vmo, offset, size, value);
    expect(run, zx_vmo_write(handle_of(run, vmo), bytes, offset, size) == wanted, "zx_vmo_write");
}

static void do_store(struct run *run, size_t vmo)
{
    uint64_t size = model_size(&run->model, vmo);
    if (run->model.vmos[vmo].mappings == 0 || !run->model.vmos[vmo].is_writable || size == 0) {
        return;
    }
    uint64_t offset = dice_below(&run->dice, size);
    unsigned char value = (unsigned char)dice_below(&run->dice, 256);
    (void)model_write(&run->model, vmo, offset, 1, value);
    *(volatile unsigned char *)(run->reals[vmo].mapped +
                                offset) = // NOLINT(performance-no-int-to-ptr)
        value;
}

static void do_op(struct run *run, size_t vmo)
{
    bool is_zero = dice_below(&run->dice, 2) == 0;
    uint64_t offset = roll_bytes(run, model_size(&run->model, vmo));
    uint64_t size = roll_bytes(run, MODEL_PAGE);
    zx_status_t wanted = is_zero ? model_zero(&run->model, vmo, offset, size)
                                 : model_decommit(&run->model, vmo, offset, size);
    zx_status_t status = zx_vmo_op_range(
        handle_of(run, vmo), is_zero ? ZX_VMO_OP_ZERO : ZX_VMO_OP_DECOMMIT, offset, size, NULL, 0);
    expect(run, status == wanted, is_zero ? "ZX_VMO_OP_ZERO" : "ZX_VMO_OP_DECOMMIT");
}

static void do_set_size(struct run *run, size_t vmo)
{
    uint64_t size = roll_size(run);
    if (dice_below(&run->dice, 4) != 0) {
        zx_status_t wanted = model_set_size(&run->model, vmo, size);
        expect(run, zx_vmo_set_size(handle_of(run, vmo), size) == wanted, "zx_vmo_set_size");
        return;
    }
    zx_status_t wanted = model_set_content_size(&run->model, vmo, size);
    zx_status_t status =
        zx_object_set_property(handle_of(run, vmo), ZX_PROP_VMO_CONTENT_SIZE, &size, sizeof(size));
    expect(run, status == wanted, "ZX_PROP_VMO_CONTENT_SIZE");
}

static void do_duplicate(struct run *run, size_t vmo)
{
    unsigned *count = &run->model.vmos[vmo].handles;
    if (*count < HANDLES_MOST) {
        zx_status_t status = zx_handle_duplicate(handle_of(run, vmo), ZX_RIGHT_SAME_RIGHTS,
                                                 &run->reals[vmo].handles[*count]);
        expect(run, status == ZX_OK, "zx_handle_duplicate");
        (*count)++;
    }
}

static void count_grandchildren(struct run *run, size_t vmo)
{
    const struct model_vmo *it = &run->model.vmos[vmo];
    bool is_last = it->handles + it->mappings == 1;
    if (is_last && it->parent != MODEL_NOBODY && model_children(&run->model, vmo) > 0) {
        run->grandchildren++;
    }
}

static void do_close(struct run *run, size_t vmo)
{
    count_grandchildren(run, vmo);
    model_close(&run->model, vmo);
    zx_handle_t last = run->reals[vmo].handles[run->model.vmos[vmo].handles];
    expect(run, zx_handle_close(last) == ZX_OK, "zx_handle_close");
}

static void do_map(struct run *run, size_t vmo)
{
    if (run->model.vmos[vmo].mappings > 0) {
        return;
    }
    zx_vm_option_t options =
        ZX_VM_PERM_READ | (run->model.vmos[vmo].is_writable ? ZX_VM_PERM_WRITE : 0);
    zx_status_t status = zx_vmar_map(zx_vmar_root_self(), options, 0, handle_of(run, vmo), 0,
                                     LARGEST, &run->reals[vmo].mapped);
    expect(run, status == ZX_OK, "zx_vmar_map");
    run->model.vmos[vmo].mappings++;
}

static void do_unmap(struct run *run, size_t vmo)
{
    count_grandchildren(run, vmo);
    zx_status_t status = zx_vmar_unmap(zx_vmar_root_self(), run->reals[vmo].mapped, LARGEST);
    expect(run, status == ZX_OK, "zx_vmar_unmap");
    model_unmap(&run->model, vmo);
}

static void compare_info(struct run *run, size_t vmo)
{
    const struct model_vmo *it = &run->model.vmos[vmo];
    zx_info_vmo_t info = {0};
    (void)zx_object_get_info(handle_of(run, vmo), ZX_INFO_VMO, &info, sizeof(info), NULL, NULL);
    size_t children = model_children(&run->model, vmo);
    zx_koid_t parent = it->parent == MODEL_NOBODY ? 0 : run->reals[it->parent].koid;
    expect(run, info.size_bytes == model_size(&run->model, vmo), "size");
    expect(run, info.num_children == children, "number of children");
    expect(run, info.parent_koid == parent, "parent");
    expect(run, info.num_mappings == it->mappings, "number of mappings");
    expect(run, ((info.flags & ZX_INFO_VMO_IS_COW_CLONE) != 0) == it->is_snapshot, "clone flag");
    expect(run, ((info.flags & ZX_INFO_VMO_RESIZABLE) != 0) == it->is_resizable, "resizable flag");

    zx_signals_t active = 0;
    (void)zx_object_wait_one(handle_of(run, vmo), 0, 0, &active);
    expect(run, ((active & ZX_VMO_ZERO_CHILDREN) != 0) == (children == 0), "ZX_VMO_ZERO_CHILDREN");
    uint64_t content_size = UINT64_MAX;
    (void)zx_object_get_property(handle_of(run, vmo), ZX_PROP_VMO_CONTENT_SIZE, &content_size,
                                 sizeof(content_size));
    expect(run, content_size == model_content_size(&run->model, vmo), "content size");
}

static void compare_bytes(struct run *run, size_t vmo)
{
    static unsigned char bytes[LARGEST];
    uint64_t size = model_size(&run->model, vmo);
    zx_status_t status = zx_vmo_read(handle_of(run, vmo), bytes, 0, size);
    expect(run, status == ZX_OK, "zx_vmo_read");
    expect(run, memcmp(bytes, model_bytes(&run->model, vmo), size) == 0, "contents");
    status = zx_vmo_read(handle_of(run, vmo), bytes, size, 1);
    expect(run, status == ZX_ERR_OUT_OF_RANGE, "what lies beyond the end");
}

static void compare(struct run *run)
{
    for (size_t vmo = 0; vmo < run->model.vmo_count; vmo++) {
        if (run->model.vmos[vmo].handles > 0) {
            compare_info(run, vmo);
            compare_bytes(run, vmo);
        }
    }
}

static void step(struct run *run)
{
    typedef void action(struct run * run, size_t vmo);
    static action *const actions[] = {
        do_create_child, do_create_child, do_create_child, do_write, do_write, do_store,
        do_op,           do_set_size,     do_duplicate,    do_close, do_close, do_map,
    };
    uint32_t number = dice_below(&run->dice, sizeof(actions) / sizeof(actions[0]) + 2);
    bool has_room = run->model.vmo_count < MODEL_VMOS;
    size_t with_handle = pick(run, true);
    size_t mapped = pick(run, false);
    if (number == 12 || with_handle == MODEL_NOBODY) {
        if (has_room) {
            do_create(run);
        }
    } else if (number == 13) {
        if (mapped != MODEL_NOBODY) {
            do_unmap(run, mapped);
        }
    } else if (actions[number] != do_create_child || has_room) {
        actions[number](run, with_handle);
    }
}

static void clean_up(struct run *run)
{
    for (size_t vmo = 0; vmo < run->model.vmo_count; vmo++) {
        (void)zx_handle_close_many(run->reals[vmo].handles, run->model.vmos[vmo].handles);
        if (run->model.vmos[vmo].mappings > 0) {
            (void)zx_vmar_unmap(zx_vmar_root_self(), run->reals[vmo].mapped, LARGEST);
        }
    }
}

static const char *run_seed(uint64_t seed, bool *ret_ok)
{
    static struct run run;
    run = (struct run){.dice = seed};
    for (unsigned i = 0; i < STEPS && run.difference == NULL; i++) {
        step(&run);
        if (run.difference == NULL) {
            compare(&run);
        }
    }
    clean_up(&run);
    *ret_ok = run.grandchildren > 0;
    return run.difference;
}

int main(int argc, char **argv)
{
    return driver_main(argc, argv, "with grandchildren", run_seed);
}
