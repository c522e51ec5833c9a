/* An address space as the interface describes it, page by page: a table of regions and what is
 * mapped at each page of a small window. Slow and obvious; knows nothing of src/.
 *
 * Sources: spec/zx_vmar_allocate.txt, and Zircon for what that leaves open. */
#ifndef TESTS_PROPERTY_SPACE_MODEL_H
#define TESTS_PROPERTY_SPACE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <zircon/types.h>

enum { SPACE_PAGES = 64, SPACE_REGIONS = 48, SPACE_VMOS = 4, SPACE_VMO_PAGES = 32 };

#define SPACE_PAGE UINT64_C(4096)

/* The model's answer where a call succeeded with a place that it must not have. */
#define SPACE_BAD_PLACE ((zx_status_t)1)

struct space_vmo {
    bool is_resizable;
    uint64_t pages;        /* that can be mapped; those of a slice, else all there are */
    uint64_t stream_pages; /* that have contents */
    uint64_t size_pages;
    int store; /* the VMO whose contents it shows, from a page on */
    uint64_t store_page;
    char contents[SPACE_VMO_PAGES]; /* of its own pages: the first byte of each */
};

struct space_page {
    int vmo; /* -1: nothing is mapped */
    int region;
    uint64_t vmo_page;
    zx_vm_option_t perms;
    zx_rights_t max; /* ZX_RIGHT_READ, WRITE, EXECUTE */
    bool is_bounded; /* by the stream */
};

struct space_region {
    int parent; /* -1: the window itself, which nobody can destroy here */
    uint64_t start;
    uint64_t end; /* in pages of the window */
    bool has_specific;
    bool is_dead;
};

struct space {
    uint64_t base; /* the window's address */
    struct space_vmo vmos[SPACE_VMOS];
    struct space_page pages[SPACE_PAGES];
    struct space_region regions[SPACE_REGIONS];
    int region_count;
};

/* A call on a region through a handle with `rights`. What a call does not take is 0. */
struct space_call {
    int region;
    zx_rights_t rights;
    zx_vm_option_t options;
    uint64_t at; /* an offset in allocate and map, else an address */
    uint64_t size;
    int vmo;
    zx_rights_t vmo_rights;
    uint64_t vmo_offset;
    uint32_t op;
};

/* An empty window at `base`, which is region 0. */
void space_init(struct space *space, uint64_t base);

/* Each answers with the status that the call must have, and changes the model accordingly. Where
 * the call chooses the place, `got` is the one that it chose, if it succeeded. */
zx_status_t space_allocate(struct space *space, const struct space_call *call, uint64_t got);
zx_status_t space_map(struct space *space, const struct space_call *call, uint64_t got);
zx_status_t space_unmap(struct space *space, const struct space_call *call);
zx_status_t space_protect(struct space *space, const struct space_call *call);
zx_status_t space_destroy(struct space *space, const struct space_call *call);

/* Of an operation that is refused in the middle, what lies below may have been done or not: that
 * is for `keep` to tell, which gets each page that may have become zeros. */
zx_status_t space_op(struct space *space, const struct space_call *call,
                     bool (*keep)(void *arg, int vmo, uint64_t page), void *arg);

/* Where the first byte of a VMO's page is. */
char *space_byte(struct space *space, int vmo, uint64_t page);

/* Whether there is a file behind a page that is mapped. */
bool space_is_backed(const struct space *space, const struct space_page *page);

#endif
