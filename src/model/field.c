#include "model/field.h"

#include <assert.h>

#include <zircon/types.h>

size_t model_item_size(const struct model_field *field)
{
    switch (field->kind) {
    case MODEL_BOOL:
        return sizeof(bool);
    case MODEL_U32:
        return sizeof(uint32_t);
    case MODEL_U64:
    case MODEL_I64:
        return sizeof(uint64_t);
    case MODEL_F32:
        return sizeof(float);
    case MODEL_STRING:
        return sizeof(const char *);
    case MODEL_HANDLE:
        return sizeof(zx_handle_t);
    case MODEL_TABLE:
        return field->type->size;
    }
    assert(false);
    return 0;
}

uint64_t model_item_integer(const struct model_field *field, const void *item)
{
    uint64_t wide = 0;
    if (field->kind == MODEL_BOOL) {
        bool value;
        memcpy(&value, item, sizeof(value));
        wide = value;
    } else if (field->kind == MODEL_U32) {
        uint32_t value;
        memcpy(&value, item, sizeof(value));
        wide = value;
    } else {
        assert(field->kind == MODEL_U64 || field->kind == MODEL_I64);
        memcpy(&wide, item, sizeof(wide));
    }
    return wide;
}
