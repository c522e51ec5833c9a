#include <assert.h>
#include <string.h>

#include "base/strbuf.h"
#include "model/field.h"
#include "sysmem2.pb-c.h"
#include "wire/codec_walk.h"

/* --- Unpacking: protobuf-c allocates from the arena, and never more than its budget --- */

/* Each block remembers its size: how long a string was on the wire is known nowhere else. */
struct block {
    _Alignas(max_align_t) size_t size;
};

struct budget {
    struct arena *arena;
    bool used_up;
};

static void *budget_alloc(void *data, size_t size)
{
    struct budget *budget = data;
    struct block *block =
        size > SIZE_MAX / 2 ? NULL : arena_alloc(budget->arena, sizeof(*block) + size);
    if (block == NULL) {
        budget->used_up = true;
        return NULL;
    }
    block->size = size;
    return block + 1;
}

static void budget_free(void *data, void *pointer)
{
    (void)data;
    (void)pointer; /* goes with the arena */
}

enum codec_status codec_unpack(const ProtobufCMessageDescriptor *descriptor,
                               const struct message *message, struct arena *arena,
                               ProtobufCMessage **ret)
{
    struct budget budget = {.arena = arena};
    ProtobufCAllocator allocator = {
        .alloc = budget_alloc, .free = budget_free, .allocator_data = &budget};
    ProtobufCMessage *proto =
        protobuf_c_message_unpack(descriptor, &allocator, message->body_len, message->body);
    if (proto == NULL) {
        return budget.used_up ? CODEC_NO_MEMORY : CODEC_MALFORMED;
    }
    *ret = proto;
    return CODEC_OK;
}

/* --- From protobuf's structs to ours --- */

static enum codec_status refuse(struct codec_reader *reader, const struct model_path *path,
                                const char *why)
{
    model_path_print(path, reader->reason);
    strbuf_addf(reader->reason, " %s", why);
    return CODEC_MALFORMED;
}

static enum codec_status read_string(struct codec_reader *reader, const char *text,
                                     const struct model_path *path, void *item)
{
    size_t len = strlen(text);
    const struct block *block = (const struct block *)(const void *)text - 1;
    if (block->size != len + 1) {
        return refuse(reader, path, "contains a NUL byte");
    }
    const char *copy = arena_strndup(reader->arena, text, len);
    memcpy(item, &copy, sizeof(copy));
    return copy == NULL ? CODEC_NO_MEMORY : CODEC_OK;
}

/* Each descriptor is for one purpose. */
static enum codec_status use_slot(struct codec_reader *reader, uint32_t slot,
                                  const struct model_path *path)
{
    if (slot == 0 || slot > reader->message->attachment_count) {
        return refuse(reader, path, "names a descriptor that is not in the message");
    }
    if (reader->slots_used[slot - 1]) {
        return refuse(reader, path, "names a descriptor that another field has");
    }
    reader->slots_used[slot - 1] = true;
    return CODEC_OK;
}

static enum codec_status read_handle(struct codec_reader *reader, const ProtobufCMessage *proto,
                                     const struct model_path *path, void *item)
{
    const Fuchsia__Sysmem2__Handle *handle = (const Fuchsia__Sysmem2__Handle *)(const void *)proto;
    uint32_t slot = handle->has_slot ? handle->slot : 0;
    enum codec_status status = use_slot(reader, slot, path);
    if (status == CODEC_OK && handle->has_companion) {
        status = use_slot(reader, handle->companion, path);
    }
    if (status != CODEC_OK) {
        return status;
    }
    struct attachment *attachment = &reader->message->attachments[slot - 1];
    attachment->type = handle->type;
    attachment->rights = handle->rights;
    attachment->koid = handle->koid;
    attachment->companion = handle->companion;
    memcpy(item, &slot, sizeof(slot));
    return CODEC_OK;
}

/* Reads one value from where protobuf keeps it. */
static enum codec_status read_item(struct codec_reader *reader, const struct model_field *field,
                                   const void *at, const struct model_path *path, void *item)
{
    if (field->kind == MODEL_BOOL) {
        *(bool *)item = *(const protobuf_c_boolean *)at != 0;
        return CODEC_OK;
    }
    if (field->kind != MODEL_STRING && field->kind != MODEL_HANDLE && field->kind != MODEL_TABLE) {
        memcpy(item, at, model_item_size(field));
        return CODEC_OK;
    }
    const void *pointer;
    memcpy((void *)&pointer, at, sizeof(pointer));
    switch (field->kind) {
    case MODEL_STRING:
        return read_string(reader, pointer, path, item);
    case MODEL_HANDLE:
        return read_handle(reader, pointer, path, item);
    default:
        return codec_from_proto(field->type, pointer, reader, path, item);
    }
}

/* The size of one item of a repeated field in protobuf's arrays. */
static size_t proto_item_size(const struct model_field *field)
{
    switch (field->kind) {
    case MODEL_BOOL:
        return sizeof(protobuf_c_boolean);
    case MODEL_STRING:
    case MODEL_HANDLE:
    case MODEL_TABLE:
        return sizeof(void *);
    default:
        return model_item_size(field);
    }
}

static enum codec_status read_items(struct codec_reader *reader, const struct model_field *field,
                                    struct model_items from, struct model_path *path, void *table)
{
    size_t size = model_item_size(field);
    unsigned char *items = arena_alloc_array(reader->arena, from.count, size);
    if (items == NULL) {
        return CODEC_NO_MEMORY;
    }
    model_field_set_vector(field, table, items, from.count);
    for (size_t i = 0; i < from.count; i++) {
        path->index = i;
        enum codec_status status =
            read_item(reader, field, from.first + i * from.size, path, items + i * size);
        if (status != CODEC_OK) {
            return status;
        }
    }
    return CODEC_OK;
}

static bool is_set_but_empty(const ProtobufCMessage *proto, uint32_t number)
{
    const ProtobufCFieldDescriptor *list =
        protobuf_c_message_descriptor_get_field(proto->descriptor, CODEC_SET_BUT_EMPTY);
    assert(list != NULL);
    const unsigned char *base = (const unsigned char *)proto;
    size_t count = *(const size_t *)(const void *)(base + list->quantifier_offset);
    const uint32_t *numbers = *(uint32_t *const *)(const void *)(base + list->offset);
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] == number) {
            return true;
        }
    }
    return false;
}

/* Whether an optional field is there. Strings and messages say so by their pointer. */
static bool is_present(const ProtobufCFieldDescriptor *from, const unsigned char *base)
{
    if (from->label == PROTOBUF_C_LABEL_REQUIRED) {
        return true;
    }
    if (from->type == PROTOBUF_C_TYPE_STRING || from->type == PROTOBUF_C_TYPE_MESSAGE) {
        return *(void *const *)(const void *)(base + from->offset) != NULL;
    }
    return *(const protobuf_c_boolean *)(const void *)(base + from->quantifier_offset) != 0;
}

static enum codec_status read_field(struct codec_reader *reader, const struct model_field *field,
                                    const ProtobufCMessage *proto, struct model_path *path,
                                    void *table)
{
    const ProtobufCFieldDescriptor *from =
        protobuf_c_message_descriptor_get_field(proto->descriptor, field->number);
    assert(from != NULL && (from->label == PROTOBUF_C_LABEL_REPEATED) == field->vector);
    const unsigned char *base = (const unsigned char *)proto;
    if (field->vector) {
        struct model_items items = {.size = proto_item_size(field)};
        memcpy(&items.count, base + from->quantifier_offset, sizeof(items.count));
        memcpy((void *)&items.first, base + from->offset, sizeof(items.first));
        if (items.count == 0 && !is_set_but_empty(proto, field->number)) {
            return CODEC_OK;
        }
        model_field_mark(field, table);
        return read_items(reader, field, items, path, table);
    }
    if (!is_present(from, base)) {
        return CODEC_OK;
    }
    model_field_mark(field, table);
    return read_item(reader, field, base + from->offset, path,
                     (unsigned char *)table + field->offset);
}

enum codec_status codec_from_proto(const struct model_type *type, const ProtobufCMessage *proto,
                                   struct codec_reader *reader, const struct model_path *up,
                                   void *table)
{
    for (size_t i = 0; i < type->field_count; i++) {
        struct model_path path = {.up = up, .name = type->fields[i].name, .index = MODEL_NO_INDEX};
        enum codec_status status = read_field(reader, &type->fields[i], proto, &path, table);
        if (status != CODEC_OK) {
            return status;
        }
    }
    return CODEC_OK;
}
