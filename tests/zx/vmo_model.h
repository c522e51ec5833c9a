/* What trees of VMOs are, in plain arrays: slow, obvious, and without a line of the library's.
 * VMOs are named by their index; nothing is ever reused. Statuses are those that the call must
 * return; what it then changes has been changed. */
#ifndef TESTS_ZX_VMO_MODEL_H
#define TESTS_ZX_VMO_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#define MODEL_PAGE   4096U
#define MODEL_PAGES  4U  /* the largest size */
#define MODEL_VMOS   32U /* ever made in one model */
#define MODEL_NOBODY SIZE_MAX

/* Bytes that one or more VMOs show. */
struct model_memory {
    unsigned char bytes[MODEL_PAGES * MODEL_PAGE];
    uint64_t size;
    uint64_t content_size;
    bool is_resizable;
    size_t origin; /* the memory that the first of all these copies was made of */
};

struct model_vmo {
    unsigned handles;
    unsigned mappings; /* it lives as long as there are any of these or those */
    size_t parent;
    size_t memory;
    bool is_slice; /* then these three: */
    uint64_t offset;
    uint64_t size;
    uint64_t content_size;
    bool is_snapshot;
    bool is_resizable;
    bool is_writable;
};

struct model {
    struct model_vmo vmos[MODEL_VMOS];
    size_t vmo_count;
    struct model_memory memories[MODEL_VMOS];
    size_t memory_count;
};

bool model_lives(const struct model *model, size_t vmo);
uint64_t model_size(const struct model *model, size_t vmo);
uint64_t model_content_size(const struct model *model, size_t vmo);
const unsigned char *model_bytes(const struct model *model, size_t vmo);
size_t model_children(const struct model *model, size_t vmo);

/* Makes the VMO model->vmo_count. There is room. */
void model_create(struct model *model, uint64_t size, bool is_resizable);
zx_status_t model_create_child(struct model *model, size_t parent, uint32_t options,
                               uint64_t offset, uint64_t size);

zx_status_t model_write(struct model *model, size_t vmo, uint64_t offset, uint64_t size,
                        unsigned char value);
zx_status_t model_zero(struct model *model, size_t vmo, uint64_t offset, uint64_t size);
zx_status_t model_decommit(struct model *model, size_t vmo, uint64_t offset, uint64_t size);
zx_status_t model_set_size(struct model *model, size_t vmo, uint64_t size);
zx_status_t model_set_content_size(struct model *model, size_t vmo, uint64_t size);

/* One handle or mapping is gone; with the last of them the VMO. */
void model_close(struct model *model, size_t vmo);
void model_unmap(struct model *model, size_t vmo);

#endif
