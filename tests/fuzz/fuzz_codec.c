/* A body that somebody sent: what decodes must survive being encoded and decoded again. Input: a
 * line that names a type, or a two-way method as Protocol.Method; a byte, how many descriptors came
 * along; the body. */
#include "fuzz.h"

#include "base/arena.h"
#include "model/method.h"
#include "model/tables.h"
#include "model/walk.h"
#include "wire/codec.h"

#define BUDGET ((size_t)1 << 20) /* as the daemon gives */

/* What the body is of: a type alone, or a method's result. */
struct subject {
    const struct model_method *method;
    const struct model_type *type; /* NULL: a result that holds nothing */
};

struct decoded {
    struct message message;
    struct arena arena;
    struct codec_result result;
    void *table;
};

static bool find_subject(char *name, struct subject *ret)
{
    char *dot = strchr(name, '.');
    if (dot == NULL) {
        *ret = (struct subject){.type = model_type_find(name)};
        return ret->type != NULL;
    }
    *dot = '\0';
    const struct model_method *method = model_method_by_name(model_protocol_by_name(name), dot + 1);
    if (method == NULL || !method->two_way) {
        return false;
    }
    *ret = (struct subject){.method = method, .type = method->response};
    return true;
}

static void decoded_init(struct decoded *decoded, const struct subject *subject, size_t attachments)
{
    *decoded = (struct decoded){
        .table = calloc(1, subject->type == NULL ? 1 : subject->type->size),
    };
    EXPECT(decoded->table != NULL);
    arena_init(&decoded->arena, BUDGET);
    message_init(&decoded->message, 1, 1);
    for (size_t i = 0; i < attachments; i++) {
        EXPECT(message_attach(&decoded->message, &(struct attachment){.fd = -1}) == (int)i + 1);
    }
}

static void decoded_deinit(struct decoded *decoded)
{
    message_clear(&decoded->message);
    arena_clear(&decoded->arena);
    free(decoded->table);
}

static bool decode(struct decoded *decoded, const struct subject *subject)
{
    const char *reason = NULL;
    enum codec_status status =
        subject->method == NULL
            ? codec_decode(subject->type, &decoded->message, &decoded->arena, decoded->table,
                           &reason)
            : codec_decode_result(subject->method, &decoded->message, &decoded->arena,
                                  &decoded->result, decoded->table, &reason);
    EXPECT((status == CODEC_OK) == (reason == NULL));
    EXPECT(decoded->arena.used <= BUDGET);
    return status == CODEC_OK;
}

static enum codec_status encode(const struct decoded *decoded, const struct subject *subject,
                                struct message *message)
{
    return subject->method == NULL
               ? codec_encode(subject->type, decoded->table, message)
               : codec_encode_result(subject->method, decoded->result.err, decoded->table, message);
}

static void check_attachments(const struct message *a, const struct message *b)
{
    for (size_t i = 0; i < a->attachment_count; i++) {
        EXPECT(a->attachments[i].type == b->attachments[i].type);
        EXPECT(a->attachments[i].rights == b->attachments[i].rights);
        EXPECT(a->attachments[i].koid == b->attachments[i].koid);
        EXPECT(a->attachments[i].companion == b->attachments[i].companion);
    }
}

static void check_round_trip(const struct decoded *first, const struct subject *subject)
{
    struct decoded second;
    decoded_init(&second, subject, first->message.attachment_count);
    for (size_t i = 0; i < first->message.attachment_count; i++) {
        second.message.attachments[i] = first->message.attachments[i];
    }
    EXPECT(encode(first, subject, &second.message) == CODEC_OK);
    for (size_t i = 0; i < first->message.attachment_count; i++) {
        second.message.attachments[i] = (struct attachment){.fd = -1};
    }
    EXPECT(decode(&second, subject));
    EXPECT(second.result.err == first->result.err);
    EXPECT(subject->type == NULL || model_equal(subject->type, first->table, second.table));
    check_attachments(&first->message, &second.message);
    decoded_deinit(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.at = data, .left = size};
    struct subject subject;
    char name[96];
    if (!fuzz_line(&input, name, sizeof(name)) || !find_subject(name, &subject)) {
        return 0;
    }
    struct decoded decoded;
    decoded_init(&decoded, &subject, (size_t)fuzz_integer(&input, 1));
    decoded.message.body = malloc(input.left + 1);
    EXPECT(decoded.message.body != NULL);
    decoded.message.body_len = input.left;
    memcpy(decoded.message.body, input.at, input.left);
    /* A result may also say that the framework failed, which only the daemon's library writes. */
    if (decode(&decoded, &subject) && decoded.result.framework_err == 0) {
        check_round_trip(&decoded, &subject);
    }
    decoded_deinit(&decoded);
    return 0;
}
