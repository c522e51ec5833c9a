#include "vmo_model.h"

#include <string.h>

#define SNAPSHOTS                                                                                  \
    (ZX_VMO_CHILD_SNAPSHOT | ZX_VMO_CHILD_SNAPSHOT_AT_LEAST_ON_WRITE |                             \
     ZX_VMO_CHILD_SNAPSHOT_MODIFIED)

static uint64_t round_up(uint64_t size)
{
    return (size + MODEL_PAGE - 1) / MODEL_PAGE * MODEL_PAGE;
}

static struct model_memory *memory_of(struct model *model, size_t vmo)
{
    return &model->memories[model->vmos[vmo].memory];
}

bool model_lives(const struct model *model, size_t vmo)
{
    return model->vmos[vmo].handles + model->vmos[vmo].mappings > 0;
}

uint64_t model_size(const struct model *model, size_t vmo)
{
    const struct model_vmo *it = &model->vmos[vmo];
    return it->is_slice ? it->size : model->memories[it->memory].size;
}

uint64_t model_content_size(const struct model *model, size_t vmo)
{
    const struct model_vmo *it = &model->vmos[vmo];
    return it->is_slice ? it->content_size : model->memories[it->memory].content_size;
}

const unsigned char *model_bytes(const struct model *model, size_t vmo)
{
    const struct model_vmo *it = &model->vmos[vmo];
    return model->memories[it->memory].bytes + it->offset;
}

size_t model_children(const struct model *model, size_t vmo)
{
    size_t count = 0;
    for (size_t i = 0; i < model->vmo_count; i++) {
        count += model_lives(model, i) && model->vmos[i].parent == vmo ? 1 : 0;
    }
    return count;
}

static size_t new_memory(struct model *model, uint64_t size, bool is_resizable)
{
    size_t index = model->memory_count++;
    model->memories[index] = (struct model_memory){
        .size = round_up(size),
        .content_size = size,
        .is_resizable = is_resizable,
        .origin = index,
    };
    return index;
}

void model_create(struct model *model, uint64_t size, bool is_resizable)
{
    model->vmos[model->vmo_count++] = (struct model_vmo){
        .handles = 1,
        .parent = MODEL_NOBODY,
        .memory = new_memory(model, size, is_resizable),
        .is_resizable = is_resizable,
        .is_writable = true,
    };
}

static zx_status_t judge_child(const struct model *model, size_t parent, uint32_t options,
                               uint64_t offset, uint64_t size)
{
    const struct model_vmo *of = &model->vmos[parent];
    bool resizable = (options & ZX_VMO_CHILD_RESIZABLE) != 0;
    if (resizable && (options & ZX_VMO_CHILD_NO_WRITE) != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if ((options & ZX_VMO_CHILD_REFERENCE) != 0) {
        if (offset != 0 || size != 0) {
            return ZX_ERR_INVALID_ARGS;
        }
        return of->is_slice || (resizable && !of->is_resizable) ? ZX_ERR_NOT_SUPPORTED : ZX_OK;
    }
    if (offset % MODEL_PAGE != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if ((options & ZX_VMO_CHILD_SLICE) != 0) {
        if (resizable || offset + round_up(size) > model_size(model, parent)) {
            return ZX_ERR_INVALID_ARGS;
        }
        return model->memories[of->memory].is_resizable ? ZX_ERR_NOT_SUPPORTED : ZX_OK;
    }
    return ZX_OK;
}

static size_t copy_memory(struct model *model, size_t parent, uint64_t offset, uint64_t size,
                          bool is_resizable)
{
    size_t index = new_memory(model, size, is_resizable);
    struct model_memory *copy = &model->memories[index];
    for (uint64_t i = 0; i < copy->size && offset + i < model_size(model, parent); i++) {
        copy->bytes[i] = model_bytes(model, parent)[offset + i];
    }
    copy->origin = memory_of(model, parent)->origin;
    return index;
}

zx_status_t model_create_child(struct model *model, size_t parent, uint32_t options,
                               uint64_t offset, uint64_t size)
{
    zx_status_t status = judge_child(model, parent, options, offset, size);
    if (status != ZX_OK) {
        return status;
    }
    const struct model_vmo *of = &model->vmos[parent];
    bool no_write = (options & ZX_VMO_CHILD_NO_WRITE) != 0;
    struct model_vmo child = {
        .handles = 1,
        .parent = parent,
        .memory = of->memory,
        .is_resizable = (options & ZX_VMO_CHILD_RESIZABLE) != 0,
        .is_writable = of->is_writable && !no_write,
    };
    if ((options & SNAPSHOTS) != 0) {
        child.memory = copy_memory(model, parent, offset, size, child.is_resizable);
        child.is_snapshot = true;
        child.is_writable = !no_write;
    } else if ((options & ZX_VMO_CHILD_SLICE) != 0) {
        child.is_slice = true;
        child.offset = of->offset + offset;
        child.size = round_up(size);
        child.content_size = size;
    }
    model->vmos[model->vmo_count++] = child;
    return ZX_OK;
}

zx_status_t model_write(struct model *model, size_t vmo, uint64_t offset, uint64_t size,
                        unsigned char value)
{
    if (!model->vmos[vmo].is_writable) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (offset + size > model_size(model, vmo)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    memset(memory_of(model, vmo)->bytes + model->vmos[vmo].offset + offset, value, size);
    return ZX_OK;
}

zx_status_t model_zero(struct model *model, size_t vmo, uint64_t offset, uint64_t size)
{
    return model_write(model, vmo, offset, size, 0);
}

/* Whether another memory that lives comes from the same one as a VMO's. */
static bool has_relatives(const struct model *model, size_t vmo)
{
    size_t memory = model->vmos[vmo].memory;
    for (size_t i = 0; i < model->vmo_count; i++) {
        size_t other = model->vmos[i].memory;
        if (model_lives(model, i) && other != memory &&
            model->memories[other].origin == model->memories[memory].origin) {
            return true;
        }
    }
    return false;
}

zx_status_t model_decommit(struct model *model, size_t vmo, uint64_t offset, uint64_t size)
{
    if (!model->vmos[vmo].is_writable) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (has_relatives(model, vmo)) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if (offset + size > model_size(model, vmo)) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    if (offset % MODEL_PAGE != 0 || size % MODEL_PAGE != 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    return model_zero(model, vmo, offset, size);
}

zx_status_t model_set_size(struct model *model, size_t vmo, uint64_t size)
{
    struct model_memory *memory = memory_of(model, vmo);
    if (!model->vmos[vmo].is_writable) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (!model->vmos[vmo].is_resizable) {
        return ZX_ERR_UNAVAILABLE;
    }
    memory->size = round_up(size);
    memory->content_size = size;
    memset(memory->bytes + size, 0, sizeof(memory->bytes) - size);
    return ZX_OK;
}

zx_status_t model_set_content_size(struct model *model, size_t vmo, uint64_t size)
{
    struct model_vmo *it = &model->vmos[vmo];
    if (!it->is_writable) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (it->is_slice) {
        it->content_size = size;
    } else {
        memory_of(model, vmo)->content_size = size;
    }
    return ZX_OK;
}

static void bury(struct model *model, size_t vmo)
{
    for (size_t i = 0; i < model->vmo_count; i++) {
        if (model->vmos[i].parent == vmo) {
            model->vmos[i].parent = model->vmos[vmo].parent;
        }
    }
}

void model_close(struct model *model, size_t vmo)
{
    model->vmos[vmo].handles--;
    if (!model_lives(model, vmo)) {
        bury(model, vmo);
    }
}

void model_unmap(struct model *model, size_t vmo)
{
    model->vmos[vmo].mappings--;
    if (!model_lives(model, vmo)) {
        bury(model, vmo);
    }
}
