/* Information about objects, and their properties. */
#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>

#include "zx/handle.h"
#include "zx/region.h"
#include "zx/vmo.h"

static void fill_basic(const struct handle_use *use, void *ret_record)
{
    struct object *object = use->object;
    const struct object_kind *kind = object->kind;
    *(zx_info_handle_basic_t *)ret_record = (zx_info_handle_basic_t){
        .koid = object->koid,
        .rights = use->rights,
        .type = kind->type,
        .related_koid = kind->related_koid == NULL ? ZX_KOID_INVALID : kind->related_koid(object),
    };
}

static void fill_count(const struct handle_use *use, void *ret_record)
{
    *(zx_info_handle_count_t *)ret_record =
        (zx_info_handle_count_t){.handle_count = atomic_load(&use->object->handles)};
}

static void fill_vmar(const struct handle_use *use, void *ret_record)
{
    const struct region *region = region_of(use->object);
    *(zx_info_vmar_t *)ret_record = (zx_info_vmar_t){
        .base = region->range.start,
        .len = region->range.end - region->range.start,
    };
}

static void fill_vmo(const struct handle_use *use, void *ret_record)
{
    vmo_get_info(vmo_of(use->object), use->rights, ret_record);
}

struct topic {
    uint32_t number;
    zx_obj_type_t type;
    zx_rights_t rights;
    size_t record_size;
    void (*fill)(const struct handle_use *use, void *ret_record);
};

static const struct topic topics[] = {
    {ZX_INFO_HANDLE_BASIC, ZX_OBJ_TYPE_NONE, 0,                sizeof(zx_info_handle_basic_t), fill_basic},
    {ZX_INFO_HANDLE_COUNT, ZX_OBJ_TYPE_NONE, ZX_RIGHT_INSPECT, sizeof(zx_info_handle_count_t),
     fill_count                                                                                          },
    {ZX_INFO_VMAR,         ZX_OBJ_TYPE_VMAR, ZX_RIGHT_INSPECT, sizeof(zx_info_vmar_t),         fill_vmar },
    {ZX_INFO_VMO,          ZX_OBJ_TYPE_VMO,  0,                sizeof(zx_info_vmo_t),          fill_vmo  },
};

static const struct topic *topic_of(uint32_t number)
{
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        if (topics[i].number == number) {
            return &topics[i];
        }
    }
    return NULL;
}

static zx_status_t write_record(const struct topic *topic, const struct handle_use *use,
                                void *buffer, size_t buffer_size)
{
    union {
        zx_info_handle_basic_t basic;
        zx_info_handle_count_t count;
        zx_info_vmar_t vmar;
        zx_info_vmo_t vmo;
    } record;
    if (buffer_size < topic->record_size) {
        return ZX_ERR_BUFFER_TOO_SMALL;
    }
    if (buffer == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    memset(&record, 0, sizeof(record));
    topic->fill(use, &record);
    memcpy(buffer, &record, topic->record_size); /* the caller's buffer need not be aligned */
    return ZX_OK;
}

static zx_status_t check_valid(zx_handle_t handle)
{
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_NONE, &use);
    if (status == ZX_OK) {
        object_unref(use.object);
    }
    return status;
}

zx_status_t zx_object_get_info(zx_handle_t handle, uint32_t topic_number, void *buffer,
                               size_t buffer_size, size_t *actual, size_t *avail)
{
    if (topic_number == ZX_INFO_HANDLE_VALID) {
        return check_valid(handle);
    }
    const struct topic *topic = topic_of(topic_number);
    if (topic == NULL) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    struct handle_use use;
    zx_status_t status = handle_get(handle, topic->type, topic->rights, &use);
    if (status != ZX_OK) {
        return status;
    }
    status = write_record(topic, &use, buffer, buffer_size);
    object_unref(use.object);
    if (actual != NULL) {
        *actual = status == ZX_OK ? 1 : 0;
    }
    if (avail != NULL) {
        *avail = 1;
    }
    return status;
}

static zx_status_t get_property(struct object *object, uint32_t property, void *value,
                                size_t value_size)
{
    bool is_name = property == ZX_PROP_NAME;
    if (!is_name && property != ZX_PROP_VMO_CONTENT_SIZE) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    if (value_size < (is_name ? ZX_MAX_NAME_LEN : sizeof(uint64_t))) {
        return ZX_ERR_BUFFER_TOO_SMALL;
    }
    if (object->kind->type != ZX_OBJ_TYPE_VMO) {
        return ZX_ERR_WRONG_TYPE;
    }
    if (is_name) {
        vmo_get_name(vmo_of(object), value);
    } else {
        uint64_t size = vmo_get_content_size(vmo_of(object));
        memcpy(value, &size, sizeof(size));
    }
    return ZX_OK;
}

zx_status_t zx_object_get_property(zx_handle_t handle, uint32_t property, void *value,
                                   size_t value_size)
{
    if (value == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_GET_PROPERTY, &use);
    if (status == ZX_OK) {
        status = get_property(use.object, property, value, value_size);
        object_unref(use.object);
    }
    return status;
}

static zx_status_t set_name(struct object *object, const void *value, size_t value_size)
{
    if (object->kind->type != ZX_OBJ_TYPE_VMO) {
        return ZX_ERR_WRONG_TYPE;
    }
    vmo_set_name(vmo_of(object), value, value_size);
    return ZX_OK;
}

static zx_status_t set_content_size(const struct handle_use *use, const void *value,
                                    size_t value_size)
{
    uint64_t size;
    if ((use->rights & ZX_RIGHT_WRITE) == 0) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (value_size < sizeof(size)) {
        return ZX_ERR_BUFFER_TOO_SMALL;
    }
    if (use->object->kind->type != ZX_OBJ_TYPE_VMO) {
        return ZX_ERR_WRONG_TYPE;
    }
    memcpy(&size, value, sizeof(size));
    vmo_set_content_size(vmo_of(use->object), size);
    return region_follow_stream(vmo_of(use->object)->extent);
}

zx_status_t zx_object_set_property(zx_handle_t handle, uint32_t property, const void *value,
                                   size_t value_size)
{
    if (value == NULL) {
        return ZX_ERR_INVALID_ARGS;
    }
    struct handle_use use;
    zx_status_t status = handle_get(handle, ZX_OBJ_TYPE_NONE, ZX_RIGHT_SET_PROPERTY, &use);
    if (status != ZX_OK) {
        return status;
    }
    switch (property) {
    case ZX_PROP_NAME:
        status = set_name(use.object, value, value_size);
        break;
    case ZX_PROP_VMO_CONTENT_SIZE:
        status = set_content_size(&use, value, value_size);
        break;
    default:
        status = ZX_ERR_NOT_SUPPORTED;
    }
    object_unref(use.object);
    return status;
}
