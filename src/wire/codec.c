#include "wire/codec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "model/check.h"
#include "model/tables.h"
#include "wire/codec_schema.h"
#include "wire/codec_walk.h"

/* Protobuf's structs take several times the room of the body that is made of them. */
#define ENCODE_BUDGET ((size_t)16 << 20)

/* What a message without a table decodes to. */
static const struct model_type empty_type = {.name = "empty"};

/* --- Encoding --- */

static enum codec_status pack(const ProtobufCMessage *proto, struct message *message)
{
    size_t len = protobuf_c_message_get_packed_size(proto);
    if (len > MESSAGE_MAX_BYTES) {
        return CODEC_TOO_LONG;
    }
    unsigned char *body = malloc(len > 0 ? len : 1);
    if (body == NULL) {
        return CODEC_NO_MEMORY;
    }
    size_t packed = protobuf_c_message_pack(proto, body);
    assert(packed == len);
    free(message->body);
    message->body = body;
    message->body_len = packed;
    return CODEC_OK;
}

static enum codec_status check(const struct model_type *type, const void *table,
                               struct strbuf *reason)
{
    switch (model_check(type, table, reason)) {
    case MODEL_CHECK_TOO_LONG:
        return CODEC_TOO_LONG;
    case MODEL_CHECK_NOT_UTF8:
        return CODEC_MALFORMED;
    default:
        return CODEC_OK;
    }
}

enum codec_status codec_encode(const struct model_type *type, const void *table,
                               struct message *message)
{
    const ProtobufCMessageDescriptor *descriptor = codec_descriptor(type);
    type = type == NULL ? &empty_type : type;
    enum codec_status status = check(type, table, NULL);
    if (status != CODEC_OK) {
        return status;
    }
    struct arena arena;
    arena_init(&arena, ENCODE_BUDGET);
    ProtobufCMessage *proto = codec_to_proto(type, table, message, descriptor, &arena);
    status = proto == NULL ? CODEC_NO_MEMORY : pack(proto, message);
    arena_clear(&arena);
    return status;
}

static const ProtobufCFieldDescriptor *arm_by_name(const ProtobufCMessageDescriptor *result,
                                                   const char *name)
{
    const ProtobufCFieldDescriptor *arm =
        protobuf_c_message_descriptor_get_field_by_name(result, name);
    assert(arm != NULL);
    return arm;
}

/* The union's discriminant holds the number of the arm's field. */
static int *arm_case(const ProtobufCMessage *proto)
{
    return (int *)(void *)((unsigned char *)proto + proto->descriptor->fields[0].quantifier_offset);
}

static void *arm_value(const ProtobufCMessage *proto, const ProtobufCFieldDescriptor *arm)
{
    return (unsigned char *)proto + arm->offset;
}

/* The field beside the arms that tells more of an error, or NULL: the result has none. */
static const ProtobufCFieldDescriptor *failure_field(const ProtobufCMessageDescriptor *result)
{
    return protobuf_c_message_descriptor_get_field_by_name(result, "failure");
}

enum codec_status codec_encode_failure(const struct model_method *method, uint32_t err,
                                       const struct model_failure *failure, struct message *message)
{
    const ProtobufCMessageDescriptor *descriptor = codec_result_descriptor(method);
    const ProtobufCFieldDescriptor *arm = arm_by_name(descriptor, "err");
    const ProtobufCFieldDescriptor *field = failure_field(descriptor);
    assert(err != 0 && field != NULL);
    enum codec_status status = check(&model_type_failure, failure, NULL);
    if (status != CODEC_OK) {
        return status;
    }
    struct arena arena;
    arena_init(&arena, ENCODE_BUDGET);
    ProtobufCMessage *result = arena_alloc(&arena, descriptor->sizeof_message);
    ProtobufCMessage *told =
        codec_to_proto(&model_type_failure, failure, message, field->descriptor, &arena);
    if (result == NULL || told == NULL) {
        status = CODEC_NO_MEMORY;
    } else {
        protobuf_c_message_init(descriptor, result);
        *arm_case(result) = (int)arm->id;
        memcpy(arm_value(result, arm), &err, sizeof(err));
        memcpy(arm_value(result, field), (const void *)&told, sizeof(told));
        status = pack(result, message);
    }
    arena_clear(&arena);
    return status;
}

enum codec_status codec_encode_result(const struct model_method *method, uint32_t err,
                                      const void *response, struct message *message)
{
    assert(err == 0 || method->fallible);
    const ProtobufCMessageDescriptor *descriptor = codec_result_descriptor(method);
    const ProtobufCFieldDescriptor *arm = arm_by_name(descriptor, err == 0 ? "response" : "err");
    const struct model_type *type = method->response == NULL ? &empty_type : method->response;
    enum codec_status status = err == 0 ? check(type, response, NULL) : CODEC_OK;
    if (status != CODEC_OK) {
        return status;
    }
    struct arena arena;
    arena_init(&arena, ENCODE_BUDGET);
    ProtobufCMessage *result = arena_alloc(&arena, descriptor->sizeof_message);
    ProtobufCMessage *sub = NULL;
    if (result != NULL && err == 0) {
        sub = codec_to_proto(type, response, message, arm->descriptor, &arena);
    }
    if (result == NULL || (err == 0 && sub == NULL)) {
        status = CODEC_NO_MEMORY;
    } else {
        protobuf_c_message_init(descriptor, result);
        *arm_case(result) = (int)arm->id;
        if (err == 0) {
            memcpy(arm_value(result, arm), (const void *)&sub, sizeof(sub));
        } else {
            memcpy(arm_value(result, arm), &err, sizeof(err));
        }
        status = pack(result, message);
    }
    arena_clear(&arena);
    return status;
}

/* --- Decoding --- */

/* What decoding one message needs. The scratch arena holds protobuf's structs, and goes when the
 * table is done; the caller's gets the table's own parts only. */
struct decoding {
    struct arena scratch;
    struct strbuf reason;
    struct codec_reader reader;
};

static enum codec_status decoding_start(struct decoding *decoding, struct message *message,
                                        struct arena *arena)
{
    *decoding = (struct decoding){
        .reader = {.message = message, .arena = arena}
    };
    decoding->reader.reason = &decoding->reason;
    arena_init(&decoding->scratch, arena->budget - arena->used);
    decoding->reader.slots_used = arena_alloc_array(&decoding->scratch, message->attachment_count,
                                                    sizeof(*decoding->reader.slots_used));
    return decoding->reader.slots_used == NULL ? CODEC_NO_MEMORY : CODEC_OK;
}

static const char *constant_reason(enum codec_status status)
{
    switch (status) {
    case CODEC_NO_MEMORY:
        return "needs more memory than a message may";
    case CODEC_UNKNOWN_ARM:
        return "has a result of no known kind";
    default:
        return "is no protobuf message of its type";
    }
}

/* Frees what decoding needed, and moves the reason to where the caller can keep it. */
static enum codec_status decoding_end(struct decoding *decoding, enum codec_status status,
                                      const char **ret_reason)
{
    if (status != CODEC_OK && ret_reason != NULL) {
        const char *kept = NULL;
        if (decoding->reason.len > 0) {
            kept =
                arena_strndup(decoding->reader.arena, decoding->reason.text, decoding->reason.len);
        }
        *ret_reason = kept != NULL ? kept : constant_reason(status);
    }
    strbuf_deinit(&decoding->reason);
    arena_clear(&decoding->scratch);
    return status;
}

static enum codec_status check_slots(struct decoding *decoding)
{
    for (size_t i = 0; i < decoding->reader.message->attachment_count; i++) {
        if (!decoding->reader.slots_used[i]) {
            strbuf_addf(&decoding->reason, "descriptor %zu belongs to no field", i + 1);
            return CODEC_MALFORMED;
        }
    }
    return CODEC_OK;
}

/* The table of a message, checked; *ret_table is written on success only. */
static enum codec_status read_table(struct decoding *decoding, const struct model_type *type,
                                    const ProtobufCMessage *proto, void *ret_table)
{
    void *table = arena_alloc(&decoding->scratch, type->size);
    if (table == NULL) {
        return CODEC_NO_MEMORY;
    }
    enum codec_status status = codec_from_proto(type, proto, &decoding->reader, NULL, table);
    if (status == CODEC_OK) {
        status = check(type, table, &decoding->reason);
    }
    if (status == CODEC_OK) {
        status = check_slots(decoding);
    }
    if (status == CODEC_OK && type->size > 0) {
        memcpy(ret_table, table, type->size);
    }
    return status;
}

enum codec_status codec_decode(const struct model_type *type, struct message *message,
                               struct arena *arena, void *ret_table, const char **ret_reason)
{
    struct decoding decoding;
    ProtobufCMessage *proto = NULL;
    enum codec_status status = decoding_start(&decoding, message, arena);
    if (status == CODEC_OK) {
        status = codec_unpack(codec_descriptor(type), message, &decoding.scratch, &proto);
    }
    if (status == CODEC_OK) {
        status = read_table(&decoding, type == NULL ? &empty_type : type, proto, ret_table);
    }
    return decoding_end(&decoding, status, ret_reason);
}

/* What is told beside an error. */
static enum codec_status read_failure(struct decoding *decoding, const ProtobufCMessage *proto,
                                      const struct model_failure **ret)
{
    const ProtobufCFieldDescriptor *field = failure_field(proto->descriptor);
    const ProtobufCMessage *told = NULL;
    if (field != NULL) {
        memcpy((void *)&told, arm_value(proto, field), sizeof(told));
    }
    if (told == NULL) {
        return CODEC_OK;
    }
    struct model_failure *failure = arena_alloc(decoding->reader.arena, sizeof(*failure));
    if (failure == NULL) {
        return CODEC_NO_MEMORY;
    }
    *ret = failure;
    return read_table(decoding, &model_type_failure, told, failure);
}

/* Reads the arm that is there. */
static enum codec_status read_result(struct decoding *decoding, const struct model_method *method,
                                     const ProtobufCMessage *proto, struct codec_result *ret_result,
                                     void *ret_response)
{
    const ProtobufCFieldDescriptor *arm = NULL;
    if (*arm_case(proto) != 0) {
        arm =
            protobuf_c_message_descriptor_get_field(proto->descriptor, (unsigned)*arm_case(proto));
    }
    if (arm == NULL) {
        return CODEC_UNKNOWN_ARM;
    }
    if (strcmp(arm->name, "response") == 0) {
        const ProtobufCMessage *response;
        memcpy((void *)&response, arm_value(proto, arm), sizeof(response));
        const struct model_type *type = method->response == NULL ? &empty_type : method->response;
        enum codec_status status = read_table(decoding, type, response, ret_response);
        if (status == CODEC_OK) {
            *ret_result = (struct codec_result){0};
        }
        return status;
    }
    uint32_t error;
    memcpy(&error, arm_value(proto, arm), sizeof(error));
    if (error == 0) {
        strbuf_addf(&decoding->reason, "%s is 0, which is no error", arm->name);
        return CODEC_MALFORMED;
    }
    struct codec_result result = {0};
    enum codec_status status = check_slots(decoding);
    if (status == CODEC_OK && strcmp(arm->name, "framework_err") == 0) {
        result.framework_err = error;
    } else if (status == CODEC_OK) {
        result.err = error;
        status = read_failure(decoding, proto, &result.failure);
    }
    if (status == CODEC_OK) {
        *ret_result = result;
    }
    return status;
}

enum codec_status codec_decode_result(const struct model_method *method, struct message *message,
                                      struct arena *arena, struct codec_result *ret_result,
                                      void *ret_response, const char **ret_reason)
{
    struct decoding decoding;
    ProtobufCMessage *proto = NULL;
    enum codec_status status = decoding_start(&decoding, message, arena);
    if (status == CODEC_OK) {
        status = codec_unpack(codec_result_descriptor(method), message, &decoding.scratch, &proto);
    }
    if (status == CODEC_OK) {
        status = read_result(&decoding, method, proto, ret_result, ret_response);
    }
    return decoding_end(&decoding, status, ret_reason);
}
