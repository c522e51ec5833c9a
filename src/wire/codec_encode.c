#include <assert.h>
#include <string.h>

#include "model/field.h"
#include "sysmem2.pb-c.h"
#include "wire/codec_walk.h"

struct writer {
    const struct message *message;
    struct arena *arena;
};

static ProtobufCMessage *write_table(struct writer *writer, const struct model_type *type,
                                     const void *table,
                                     const ProtobufCMessageDescriptor *descriptor);

static ProtobufCMessage *write_handle(struct writer *writer, const void *item)
{
    uint32_t slot;
    memcpy(&slot, item, sizeof(slot));
    const struct attachment *attachment = message_attachment(writer->message, slot);
    assert(attachment != NULL);
    Fuchsia__Sysmem2__Handle *handle = arena_alloc(writer->arena, sizeof(*handle));
    if (handle == NULL) {
        return NULL;
    }
    fuchsia__sysmem2__handle__init(handle);
    handle->has_slot = true;
    handle->slot = slot;
    handle->has_type = attachment->type != 0;
    handle->type = attachment->type;
    handle->has_rights = true;
    handle->rights = attachment->rights;
    handle->has_koid = attachment->koid != 0;
    handle->koid = attachment->koid;
    assert(attachment->companion == 0 ||
           message_attachment(writer->message, attachment->companion) != NULL);
    handle->has_companion = attachment->companion != 0;
    handle->companion = attachment->companion;
    return &handle->base;
}

/* Writes one value where protobuf keeps it. */
static bool write_item(struct writer *writer, const struct model_field *field, const void *item,
                       const ProtobufCFieldDescriptor *to, void *at)
{
    if (field->kind == MODEL_BOOL) {
        *(protobuf_c_boolean *)at = model_item_integer(field, item) != 0;
    } else if (field->kind == MODEL_STRING) {
        const char *text = model_item_string(item);
        memcpy(at, &text, sizeof(text));
    } else if (field->kind == MODEL_TABLE || field->kind == MODEL_HANDLE) {
        ProtobufCMessage *sub = field->kind == MODEL_TABLE
                                    ? write_table(writer, field->type, item, to->descriptor)
                                    : write_handle(writer, item);
        memcpy(at, (const void *)&sub, sizeof(sub));
        return sub != NULL;
    } else {
        memcpy(at, item, model_item_size(field));
    }
    return true;
}

/* Numbers look the same on both sides and are lent; everything else becomes an array of pointers.
 */
static bool write_items(struct writer *writer, const struct model_field *field,
                        struct model_items items, const ProtobufCFieldDescriptor *to, void *at)
{
    const void *array = items.first;
    if (field->kind == MODEL_TABLE || field->kind == MODEL_HANDLE || field->kind == MODEL_STRING) {
        void **pointers = arena_alloc_array(writer->arena, items.count, sizeof(*pointers));
        if (pointers == NULL) {
            return false;
        }
        for (size_t i = 0; i < items.count; i++) {
            if (!write_item(writer, field, items.first + i * items.size, to, &pointers[i])) {
                return false;
            }
        }
        array = (const void *)pointers;
    } else {
        assert(field->kind != MODEL_BOOL);
    }
    memcpy(at, (const void *)&array, sizeof(array));
    return true;
}

static bool add_set_but_empty(struct writer *writer, ProtobufCMessage *proto, uint32_t number)
{
    const ProtobufCFieldDescriptor *list =
        protobuf_c_message_descriptor_get_field(proto->descriptor, CODEC_SET_BUT_EMPTY);
    assert(list != NULL);
    unsigned char *base = (unsigned char *)proto;
    size_t *count = (size_t *)(void *)(base + list->quantifier_offset);
    uint32_t **numbers = (uint32_t **)(void *)(base + list->offset);
    if (*numbers == NULL) {
        *numbers = arena_alloc_array(writer->arena, proto->descriptor->n_fields, sizeof(**numbers));
        if (*numbers == NULL) {
            return false;
        }
    }
    (*numbers)[(*count)++] = number;
    return true;
}

static bool write_field(struct writer *writer, const struct model_field *field, const void *table,
                        ProtobufCMessage *proto)
{
    const ProtobufCFieldDescriptor *to =
        protobuf_c_message_descriptor_get_field(proto->descriptor, field->number);
    assert(to != NULL && (to->label == PROTOBUF_C_LABEL_REPEATED) == field->vector);
    struct model_items items = model_field_items(field, table);
    unsigned char *base = (unsigned char *)proto;
    void *at = base + to->offset;
    if (field->vector) {
        memcpy(base + to->quantifier_offset, &items.count, sizeof(items.count));
        return items.count == 0 ? add_set_but_empty(writer, proto, field->number)
                                : write_items(writer, field, items, to, at);
    }
    if (to->label == PROTOBUF_C_LABEL_OPTIONAL && to->quantifier_offset != 0) {
        *(protobuf_c_boolean *)(void *)(base + to->quantifier_offset) = true;
    }
    return write_item(writer, field, items.first, to, at);
}

static ProtobufCMessage *write_table(struct writer *writer, const struct model_type *type,
                                     const void *table,
                                     const ProtobufCMessageDescriptor *descriptor)
{
    ProtobufCMessage *proto = arena_alloc(writer->arena, descriptor->sizeof_message);
    if (proto == NULL) {
        return NULL;
    }
    protobuf_c_message_init(descriptor, proto);
    for (size_t i = 0; i < type->field_count; i++) {
        if (model_field_is_set(&type->fields[i], table) &&
            !write_field(writer, &type->fields[i], table, proto)) {
            return NULL;
        }
    }
    return proto;
}

ProtobufCMessage *codec_to_proto(const struct model_type *type, const void *table,
                                 const struct message *message,
                                 const ProtobufCMessageDescriptor *descriptor, struct arena *arena)
{
    struct writer writer = {.message = message, .arena = arena};
    return write_table(&writer, type, table, descriptor);
}
