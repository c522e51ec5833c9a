/* Random calls on nested regions, against the model of an address space and what the kernel says of
 * it after every call. Each seed is a window of its own: a region that is destroyed in the end. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <sysmem/handle.h>
#include <zircon/syscalls.h>

#include "dice.h"
#include "driver.h"
#include "maps.h"
#include "space_model.h"

#define ALL_VMAR_RIGHTS (ZX_DEFAULT_VMAR_RIGHTS | ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE)

enum { STEPS = 80, SLICE_START = 4 };

struct scene {
    uint64_t dice;
    struct space space;
    zx_handle_t regions[SPACE_REGIONS];
    zx_handle_t spacer;
    zx_handle_t vmos[SPACE_VMOS];
    uint64_t inodes[SPACE_VMOS];
};

static uint32_t below(struct scene *s, size_t n)
{
    return dice_below(&s->dice, n);
}

static bool one_in(struct scene *s, size_t n)
{
    return below(s, n) == 0;
}

/* --- The world --- */

/* One of each kind; the third is a slice of the first. */
static bool make_vmos(struct scene *s)
{
    static const struct space_vmo kinds[SPACE_VMOS] = {
        {.pages = UINT64_MAX,        .size_pages = 16, .store = 0},
        {.pages = UINT64_MAX,        .size_pages = 8,  .store = 1, .is_resizable = true},
        {.pages = 6,                          .size_pages = 6,                                 .store = 0,   .store_page = SLICE_START},
        {.pages = UINT64_MAX, .size_pages = 32,                 .store = 3      },
    };
    bool ok = true;
    for (int i = 0; i < SPACE_VMOS; i++) {
        struct stat stat;
        uint64_t size = kinds[i].size_pages * SPACE_PAGE;
        bool is_slice = kinds[i].pages != UINT64_MAX;
        uint32_t options = kinds[i].is_resizable ? ZX_VMO_RESIZABLE : 0;
        zx_status_t status = is_slice
                                 ? zx_vmo_create_child(s->vmos[0], ZX_VMO_CHILD_SLICE,
                                                       SLICE_START * SPACE_PAGE, size, &s->vmos[i])
                                 : zx_vmo_create(size, options, &s->vmos[i]);
        s->space.vmos[i] = kinds[i];
        s->space.vmos[i].stream_pages = kinds[i].size_pages;
        ok =
            ok && status == ZX_OK && fstat(sysmem_handle_fd(s->vmos[is_slice ? 0 : i]), &stat) == 0;
        s->inodes[i] = stat.st_ino;
    }
    return ok;
}

static bool scene_init(struct scene *s, uint64_t seed)
{
    const zx_vm_option_t all =
        ZX_VM_CAN_MAP_SPECIFIC | ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE;
    zx_vaddr_t base = 0;
    memset(s, 0, sizeof(*s));
    s->dice = seed;
    /* So that windows begin at all kinds of addresses. */
    bool ok = zx_vmar_allocate(zx_vmar_root_self(), 0, 0, (1 + below(s, 40)) * SPACE_PAGE,
                               &s->spacer, &base) == ZX_OK &&
              zx_vmar_allocate(zx_vmar_root_self(), all, 0, SPACE_PAGES * SPACE_PAGE,
                               &s->regions[0], &base) == ZX_OK;
    space_init(&s->space, base);
    return ok && make_vmos(s);
}

static uint64_t count_mappings(zx_handle_t vmo)
{
    zx_info_vmo_t info = {0};
    (void)zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL);
    return info.num_mappings;
}

static const char *scene_deinit(struct scene *s)
{
    const char *difference = NULL;
    if (zx_vmar_destroy(s->regions[0]) != ZX_OK || zx_vmar_destroy(s->spacer) != ZX_OK) {
        difference = "the window cannot be destroyed";
    }
    for (int i = 0; i < SPACE_VMOS; i++) {
        if (count_mappings(s->vmos[i]) != 0) {
            difference = "a destroyed window has mappings";
        }
    }
    (void)zx_handle_close_many(s->regions, (size_t)s->space.region_count);
    (void)zx_handle_close_many(s->vmos, SPACE_VMOS);
    (void)zx_handle_close(s->spacer);
    return difference;
}

/* --- Dice --- */

static zx_vm_option_t some_perms(struct scene *s)
{
    static const zx_vm_option_t usual[] = {0, ZX_VM_PERM_READ, ZX_VM_PERM_READ,
                                           ZX_VM_PERM_READ | ZX_VM_PERM_WRITE};
    return one_in(s, 12) ? below(s, 8) : usual[below(s, 4)];
}

/* Mostly good ones; now and then any bit, or an alignment. */
static zx_vm_option_t some_place_options(struct scene *s)
{
    static const zx_vm_option_t kinds[] = {0, 0, ZX_VM_SPECIFIC, ZX_VM_SPECIFIC,
                                           ZX_VM_OFFSET_IS_UPPER_LIMIT};
    zx_vm_option_t options = kinds[below(s, 5)];
    if (one_in(s, 6)) {
        options |= (9 + below(s, 8)) << ZX_VM_ALIGN_BASE;
    }
    if (one_in(s, 12)) {
        options |= (zx_vm_option_t)1 << below(s, 32);
    }
    return options;
}

static uint64_t some_size(struct scene *s)
{
    static const uint64_t odd[] = {0, 1, SPACE_PAGE - 1, UINT64_MAX, UINT64_MAX - SPACE_PAGE + 1};
    return one_in(s, 16) ? odd[below(s, 5)] : (1 + below(s, one_in(s, 3) ? 30 : 6)) * SPACE_PAGE;
}

/* A distance from the start of a region, not always inside. */
static uint64_t some_offset(struct scene *s, int region)
{
    const struct space_region *r = &s->space.regions[region];
    uint64_t pages = below(s, r->end - r->start + (one_in(s, 8) ? 3 : 1));
    return pages * SPACE_PAGE + (one_in(s, 24) ? 1 : 0);
}

static uint64_t address_in(struct scene *s, int region)
{
    uint64_t start = s->space.base + s->space.regions[region].start * SPACE_PAGE;
    return start + some_offset(s, region) - (one_in(s, 24) ? SPACE_PAGE : 0);
}

static int some_region(struct scene *s)
{
    int region = (int)below(s, (size_t)s->space.region_count);
    for (int i = 0; i < 3 && s->space.regions[region].is_dead; i++) {
        region = (int)below(s, (size_t)s->space.region_count);
    }
    return one_in(s, 4) ? 0 : region;
}

/* A region, destroyed ones too, and a handle to it, which may have few rights. */
static struct space_call some_call(struct scene *s, zx_handle_t *ret_handle)
{
    static const zx_rights_t masks[] = {ZX_RIGHT_OP_CHILDREN | ZX_RIGHT_READ,
                                        ZX_RIGHT_READ | ZX_RIGHT_WRITE, 0};
    struct space_call call = {.region = some_region(s)};
    zx_info_handle_basic_t info = {0};
    (void)zx_object_get_info(s->regions[call.region], ZX_INFO_HANDLE_BASIC, &info, sizeof(info),
                             NULL, NULL);
    call.rights = info.rights & (one_in(s, 8) ? masks[below(s, 3)] : ALL_VMAR_RIGHTS);
    (void)zx_handle_duplicate(s->regions[call.region], call.rights, ret_handle);
    return call;
}

/* --- Calls --- */

static zx_status_t allocate(struct scene *s, zx_status_t *ret_wanted)
{
    zx_handle_t handle = 0;
    struct space_call call = some_call(s, &handle);
    /* All that the handle can give, mostly. The rights' bits lie 5 below the options'. */
    call.options = some_place_options(s) |
                   (one_in(s, 3) ? below(s, 16) * ZX_VM_CAN_MAP_SPECIFIC : ZX_VM_CAN_MAP_SPECIFIC);
    call.options |=
        one_in(s, 3) ? 0 : (call.rights & (ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE)) << 5;
    call.at = (call.options & (ZX_VM_SPECIFIC | ZX_VM_OFFSET_IS_UPPER_LIMIT)) != 0 || one_in(s, 9)
                  ? some_offset(s, call.region)
                  : 0;
    call.size = some_size(s);
    zx_handle_t child = 0;
    zx_vaddr_t got = 0;
    zx_status_t status = zx_vmar_allocate(handle, call.options, call.at, call.size, &child, &got);
    int index = s->space.region_count;
    *ret_wanted = space_allocate(&s->space, &call, got);
    if (s->space.region_count > index) {
        s->regions[index] = child;
        uint64_t start = s->space.regions[index].start;
        *ret_wanted = got == s->space.base + start * SPACE_PAGE ? ZX_OK : SPACE_BAD_PLACE;
    }
    (void)zx_handle_close(handle);
    return status;
}

static zx_status_t map(struct scene *s, zx_status_t *ret_wanted)
{
    static const zx_vm_option_t extras[] = {ZX_VM_SPECIFIC_OVERWRITE,
                                            ZX_VM_SPECIFIC_OVERWRITE,
                                            ZX_VM_REQUIRE_NON_RESIZABLE,
                                            ZX_VM_ALLOW_FAULTS,
                                            ZX_VM_ALLOW_FAULTS | ZX_VM_FAULT_BEYOND_STREAM_SIZE,
                                            ZX_VM_FAULT_BEYOND_STREAM_SIZE,
                                            ZX_VM_MAP_RANGE,
                                            0,
                                            0,
                                            0};
    static const zx_rights_t vmo_rights[] = {ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_MAP,
                                             ZX_RIGHT_READ | ZX_RIGHT_MAP,
                                             ZX_RIGHT_READ | ZX_RIGHT_WRITE};
    zx_handle_t handle = 0;
    struct space_call call = some_call(s, &handle);
    call.options = some_place_options(s) | some_perms(s) | extras[below(s, 10)];
    const zx_vm_option_t placed =
        ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE | ZX_VM_OFFSET_IS_UPPER_LIMIT;
    call.at = (call.options & placed) != 0 || one_in(s, 9) ? some_offset(s, call.region) : 0;
    call.size = some_size(s);
    call.vmo = (int)below(s, SPACE_VMOS);
    call.vmo_rights = vmo_rights[one_in(s, 4) ? below(s, 3) : 0];
    call.vmo_offset = below(s, 12) * SPACE_PAGE + (one_in(s, 24) ? 1 : 0);
    if (one_in(s, 24)) {
        call.vmo_offset = UINT64_MAX - SPACE_PAGE * (1 + below(s, 4)) + 1;
    }
    zx_handle_t vmo = 0;
    (void)zx_handle_duplicate(s->vmos[call.vmo], call.vmo_rights, &vmo);
    zx_vaddr_t got = 0;
    zx_status_t status =
        zx_vmar_map(handle, call.options, call.at, vmo, call.vmo_offset, call.size, &got);
    *ret_wanted = space_map(&s->space, &call, got);
    (void)zx_handle_close(handle);
    (void)zx_handle_close(vmo);
    return status;
}

static zx_status_t unmap(struct scene *s, zx_status_t *ret_wanted)
{
    zx_handle_t handle = 0;
    struct space_call call = some_call(s, &handle);
    call.at = address_in(s, call.region);
    call.size = some_size(s);
    zx_status_t status = zx_vmar_unmap(handle, call.at, call.size);
    *ret_wanted = space_unmap(&s->space, &call);
    (void)zx_handle_close(handle);
    return status;
}

/* Chooses a range in the call's region, or of something that is there. */
static void aim_at_mapping(struct scene *s, struct space_call *call)
{
    call->at = address_in(s, call->region);
    call->size = some_size(s);
    if (one_in(s, 2)) {
        uint64_t page = below(s, SPACE_PAGES);
        while (page < SPACE_PAGES - 1 && s->space.pages[page].vmo < 0) {
            page++;
        }
        call->at = s->space.base + page * SPACE_PAGE;
        call->size = (1 + below(s, 4)) * SPACE_PAGE;
    }
}

static zx_status_t protect(struct scene *s, zx_status_t *ret_wanted)
{
    zx_handle_t handle = 0;
    struct space_call call = some_call(s, &handle);
    aim_at_mapping(s, &call);
    call.options = some_perms(s) | (one_in(s, 24) ? (zx_vm_option_t)1 << below(s, 32) : 0);
    zx_status_t status = zx_vmar_protect(handle, call.options, call.at, call.size);
    *ret_wanted = space_protect(&s->space, &call);
    (void)zx_handle_close(handle);
    return status;
}

/* Of any region but the window. */
static zx_status_t destroy(struct scene *s, zx_status_t *ret_wanted)
{
    zx_handle_t handle = 0;
    struct space_call call = some_call(s, &handle);
    *ret_wanted = ZX_OK;
    zx_status_t status = ZX_OK;
    if (call.region != 0) {
        status = zx_vmar_destroy(handle);
        *ret_wanted = space_destroy(&s->space, &call);
    }
    (void)zx_handle_close(handle);
    return status;
}

static zx_status_t set_stream(struct scene *s, zx_status_t *ret_wanted)
{
    uint32_t vmo = below(s, SPACE_VMOS);
    uint64_t size = below(s, 20 * SPACE_PAGE);
    s->space.vmos[vmo].stream_pages = (size + SPACE_PAGE - 1) / SPACE_PAGE;
    *ret_wanted = ZX_OK;
    return zx_object_set_property(s->vmos[vmo], ZX_PROP_VMO_CONTENT_SIZE, &size, sizeof(size));
}

static char byte_of(const struct scene *s, int vmo, uint64_t page)
{
    char byte = -1;
    (void)zx_vmo_read(s->vmos[vmo], &byte, page * SPACE_PAGE, 1);
    return byte;
}

static bool is_kept(void *arg, int vmo, uint64_t page)
{
    return byte_of(arg, vmo, page) != 0;
}

/* Every page of every VMO gets some byte that is no zero. */
static zx_status_t write_all(struct scene *s, zx_status_t *ret_wanted)
{
    zx_status_t status = ZX_OK;
    for (int i = 0; i < SPACE_VMOS && status == ZX_OK; i++) {
        for (uint64_t j = 0; j < s->space.vmos[i].size_pages && status == ZX_OK; j++) {
            char byte = (char)(1 + below(s, 100));
            *space_byte(&s->space, i, j) = byte;
            status = zx_vmo_write(s->vmos[i], &byte, j * SPACE_PAGE, 1);
        }
    }
    *ret_wanted = ZX_OK;
    return status;
}

static const char *compare_contents(struct scene *s)
{
    static char text[80];
    for (int i = 0; i < SPACE_VMOS; i++) {
        for (uint64_t j = 0; j < s->space.vmos[i].size_pages; j++) {
            if (byte_of(s, i, j) != *space_byte(&s->space, i, j)) {
                (void)snprintf(text, sizeof(text), "page %d of VMO %d has other contents", (int)j,
                               i);
                return text;
            }
        }
    }
    return NULL;
}

static zx_status_t operate(struct scene *s, zx_status_t *ret_wanted)
{
    static const uint32_t ops[] = {ZX_VMAR_OP_COMMIT,    ZX_VMAR_OP_DECOMMIT,   ZX_VMAR_OP_ZERO,
                                   ZX_VMAR_OP_ZERO,      ZX_VMAR_OP_MAP_RANGE,  ZX_VMAR_OP_PREFETCH,
                                   ZX_VMAR_OP_DONT_NEED, ZX_VMAR_OP_ALWAYS_NEED};
    zx_handle_t handle = 0;
    struct space_call call = some_call(s, &handle);
    aim_at_mapping(s, &call);
    call.op = one_in(s, 24) ? below(s, 20) : ops[below(s, 8)];
    zx_status_t status = zx_vmar_op_range(handle, call.op, call.at, call.size, NULL, 0);
    *ret_wanted = space_op(&s->space, &call, is_kept, s);
    (void)zx_handle_close(handle);
    return status;
}

/* --- The kernel's word --- */

static bool is_page_right(const struct scene *s, const struct space_page *page,
                          const struct maps_page *real)
{
    if (page->vmo < 0 || !space_is_backed(&s->space, page)) {
        return strcmp(real->perms, "---p") == 0 && real->inode == 0;
    }
    const char wanted[] = {(page->perms & ZX_VM_PERM_READ) != 0 ? 'r' : '-',
                           (page->perms & ZX_VM_PERM_WRITE) != 0 ? 'w' : '-',
                           (page->perms & ZX_VM_PERM_EXECUTE) != 0 ? 'x' : '-', 's', '\0'};
    return strcmp(real->perms, wanted) == 0 && real->inode == s->inodes[page->vmo] &&
           real->offset == (s->space.vmos[page->vmo].store_page + page->vmo_page) * SPACE_PAGE;
}

static const char *compare_maps(const struct scene *s)
{
    static char text[160];
    struct maps_page real[SPACE_PAGES];
    if (!maps_read(s->space.base, SPACE_PAGES, real)) {
        return "/proc/self/maps cannot be read";
    }
    for (int i = 0; i < SPACE_PAGES; i++) {
        const struct space_page *page = &s->space.pages[i];
        /* Offsets that no file has are not mapped. */
        bool is_far = page->vmo >= 0 && page->vmo_page >= (UINT64_C(1) << 51) - 1;
        struct space_page none = {.vmo = -1};
        if (!is_page_right(s, is_far ? &none : page, &real[i])) {
            (void)snprintf(text, sizeof(text), "page %d is %.4s of file page %#llx", i,
                           real[i].perms, (unsigned long long)(real[i].offset / SPACE_PAGE));
            return text;
        }
    }
    return NULL;
}

static const char *step(struct scene *s)
{
    static const struct {
        const char *name;
        zx_status_t (*call)(struct scene *s, zx_status_t *ret_wanted);
    } calls[] = {
        {"allocate",   allocate  },
        {"allocate",   allocate  },
        {"map",        map       },
        {"map",        map       },
        {"map",        map       },
        {"map",        map       },
        {"unmap",      unmap     },
        {"protect",    protect   },
        {"protect",    protect   },
        {"protect",    protect   },
        {"unmap",      unmap     },
        {"destroy",    destroy   },
        {"set stream", set_stream},
        {"op range",   operate   },
        {"op range",   operate   },
        {"op range",   operate   },
        {"write all",  write_all },
    };
    static char text[300];
    uint32_t which = below(s, sizeof(calls) / sizeof(calls[0]));
    bool is_full = s->space.region_count == SPACE_REGIONS;
    which = is_full && calls[which].call == allocate ? 2 : which;
    zx_status_t wanted;
    zx_status_t got = calls[which].call(s, &wanted);
    const char *wrong = got == wanted ? compare_maps(s) : "";
    if (wrong == NULL && (calls[which].call == operate || calls[which].call == write_all)) {
        wrong = compare_contents(s);
    }
    if (wrong == NULL) {
        return NULL;
    }
    (void)snprintf(text, sizeof(text), "%s: %d instead of %d; %s", calls[which].name, got, wanted,
                   wrong);
    return text;
}

static const char *run(uint64_t seed, bool *ret_ok)
{
    static struct scene scene;
    if (!scene_init(&scene, seed)) {
        return "no scene";
    }
    for (int i = 0; i < STEPS; i++) {
        const char *difference = step(&scene);
        if (difference != NULL) {
            return difference;
        }
    }
    *ret_ok = scene.space.region_count > 4;
    return scene_deinit(&scene);
}

int main(int argc, char **argv)
{
    return driver_main(argc, argv, "nested", run);
}
