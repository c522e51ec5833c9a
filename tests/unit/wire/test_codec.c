/* Bodies and plain structs: every type both ways, and everything that a hostile body can be. */
#include "wire/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <sysmem/error.h>
#include <sysmem/format.h>
#include <sysmem/types.h>

#include "../../support/fill_table.h"
#include "model/requests.h"
#include "model/tables.h"
#include "model/walk.h"
#include "wire/codec_schema.h"
#include "wire/codec_walk.h"

#define BUDGET ((size_t)1 << 20) /* what the largest legal constraints need, and some */

/* Fields of the project's own have numbers from here on. */
#define OWN_NUMBERS 1001

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, BUDGET);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

/* A message with `count` attachments that stand for no descriptor. */
static struct message message_with(size_t count)
{
    struct message message;
    message_init(&message, 1, 1);
    for (size_t i = 0; i < count; i++) {
        struct attachment attachment = {
            .fd = -1, .type = 3, .rights = (uint32_t)(0xD00F + i), .koid = 1000 + i};
        assert_int_equal(message_attach(&message, &attachment), (int)i + 1);
    }
    return message;
}

static void set_body(struct message *message, const void *bytes, size_t len)
{
    free(message->body);
    message->body = malloc(len + 1);
    assert_non_null(message->body);
    memcpy(message->body, bytes, len);
    message->body_len = len;
}

/* Forgets what the attachments say, as a message that has just arrived does. */
static void forget_attachments(struct message *message)
{
    for (size_t i = 0; i < message->attachment_count; i++) {
        message->attachments[i] = (struct attachment){.fd = -1};
    }
}

static void round_trip(const struct model_type *type, struct fill *fill)
{
    void *in = arena_alloc(&arena, type->size);
    void *out = arena_alloc(&arena, type->size);
    fill->next_handle = 0;
    fill_table(fill, type, in);
    struct message message = message_with(fill->next_handle);
    assert_int_equal(codec_encode(type, in, &message), CODEC_OK);
    forget_attachments(&message);
    const char *reason = NULL;
    assert_int_equal(codec_decode(type, &message, &arena, out, &reason), CODEC_OK);
    assert_true(model_equal(type, in, out));
    for (size_t i = 0; i < message.attachment_count; i++) {
        assert_int_equal(message.attachments[i].type, 3);
        assert_int_equal(message.attachments[i].rights, 0xD00F + i);
        assert_int_equal(message.attachments[i].koid, 1000 + i);
    }
    message_clear(&message);
}

static void every_type_round_trips_with_every_field_set(void **state)
{
    (void)state;
    size_t count;
    const struct model_type *const *types = model_types(&count);
    struct fill fill = {.arena = &arena, .state = 0x9E3779B97F4A7C15, .everything = true};
    for (size_t i = 0; i < count; i++) {
        round_trip(types[i], &fill);
    }
}

static void every_type_round_trips_with_some_fields_set(void **state)
{
    (void)state;
    size_t count;
    const struct model_type *const *types = model_types(&count);
    struct fill fill = {.arena = &arena, .state = 0xD1B54A32D192ED03};
    for (size_t i = 0; i < 40 * count; i++) {
        round_trip(types[i % count], &fill);
        arena_clear(&arena);
    }
}

static void the_schema_and_the_tables_agree(void **state)
{
    (void)state;
    size_t count;
    const struct model_type *const *types = model_types(&count);
    for (size_t i = 0; i < count; i++) {
        const ProtobufCMessageDescriptor *descriptor = codec_descriptor(types[i]);
        bool vectors = false;
        assert_string_equal(strrchr(descriptor->name, '.') + 1, types[i]->name);
        for (size_t j = 0; j < types[i]->field_count; j++) {
            const struct model_field *field = &types[i]->fields[j];
            if (field->number < OWN_NUMBERS) {
                assert_int_equal(field->number, j + 1);
            } else { /* behind the others, in ascending order */
                assert_true(field->number > types[i]->fields[j == 0 ? 0 : j - 1].number);
            }
            assert_string_equal(descriptor->fields[j].name, field->name);
            assert_int_equal(descriptor->fields[j].id, field->number);
            vectors = vectors || field->vector;
        }
        assert_int_equal(descriptor->n_fields, types[i]->field_count + (vectors ? 1 : 0));
    }
}

static void every_two_way_method_has_its_result(void **state)
{
    (void)state;
    size_t count;
    const struct model_method *methods = model_methods(&count);
    for (size_t i = 0; i < count; i++) {
        if (!methods[i].two_way) {
            continue;
        }
        const ProtobufCMessageDescriptor *result = codec_result_descriptor(&methods[i]);
        assert_non_null(result);
        assert_non_null(strstr(result->short_name, methods[i].name));
        bool tells = protobuf_c_message_descriptor_get_field_by_name(result, "failure") != NULL;
        assert_int_equal(result->n_fields, (methods[i].fallible ? 3 : 2) + (tells ? 1 : 0));
        assert_true(methods[i].fallible || !tells);
        assert_string_equal(result->fields[0].name, "response");
        if (methods[i].response != NULL) {
            assert_ptr_equal(result->fields[0].descriptor, codec_descriptor(methods[i].response));
        }
    }
}

static void an_empty_vector_is_not_an_unset_one(void **state)
{
    (void)state;
    struct sysmem_buffer_memory_constraints in = {0};
    struct sysmem_buffer_memory_constraints out;
    struct message message = message_with(0);
    assert_int_equal(codec_encode(&model_type_buffer_memory_constraints, &in, &message), CODEC_OK);
    assert_int_equal(
        codec_decode(&model_type_buffer_memory_constraints, &message, &arena, &out, NULL),
        CODEC_OK);
    assert_false(out.has.permitted_heaps);
    SYSMEM_SET_VECTOR(&in, permitted_heaps, NULL, 0);
    assert_int_equal(codec_encode(&model_type_buffer_memory_constraints, &in, &message), CODEC_OK);
    assert_int_equal(
        codec_decode(&model_type_buffer_memory_constraints, &message, &arena, &out, NULL),
        CODEC_OK);
    assert_true(out.has.permitted_heaps);
    assert_int_equal(out.permitted_heaps_count, 0);
    message_clear(&message);
}

static void unknown_enum_numbers_are_kept(void **state)
{
    (void)state;
    struct sysmem_buffer_memory_settings in = {0};
    struct sysmem_buffer_memory_settings out;
    SYSMEM_SET(&in, coherency_domain, 0xFFFFFFF0);
    struct message message = message_with(0);
    assert_int_equal(codec_encode(&model_type_buffer_memory_settings, &in, &message), CODEC_OK);
    assert_int_equal(codec_decode(&model_type_buffer_memory_settings, &message, &arena, &out, NULL),
                     CODEC_OK);
    assert_int_equal(out.coherency_domain, 0xFFFFFFF0);
    message_clear(&message);
}

/* --- Results --- */

static const struct model_method *wait_method(void)
{
    return model_method_by_name(MODEL_PROTOCOL_COLLECTION, "WaitForAllBuffersAllocated");
}

static void a_result_is_a_response_or_an_error(void **state)
{
    (void)state;
    static const uint32_t errors[] = {SYSMEM_ERROR_NO_MEMORY, 12345, 0xFFFFFFFF};
    struct model_collection_wait_for_all_buffers_allocated_response in;
    struct model_collection_wait_for_all_buffers_allocated_response out = {0};
    struct codec_result result;
    struct fill fill = {.arena = &arena, .state = 77, .everything = true};
    fill_table(&fill, wait_method()->response, &in);
    struct message message = message_with(fill.next_handle);
    assert_int_equal(codec_encode_result(wait_method(), 0, &in, &message), CODEC_OK);
    assert_int_equal(codec_decode_result(wait_method(), &message, &arena, &result, &out, NULL),
                     CODEC_OK);
    assert_int_equal(result.err, 0);
    assert_int_equal(result.framework_err, 0);
    assert_true(model_equal(wait_method()->response, &in, &out));
    message_clear(&message);
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        message = message_with(0);
        assert_int_equal(codec_encode_result(wait_method(), errors[i], NULL, &message), CODEC_OK);
        assert_int_equal(codec_decode_result(wait_method(), &message, &arena, &result, &out, NULL),
                         CODEC_OK);
        assert_int_equal(result.err, errors[i]);
        message_clear(&message);
    }
}

static void an_empty_response_is_a_success(void **state)
{
    (void)state;
    const struct model_method *sync = model_method_by_name(MODEL_PROTOCOL_TOKEN, "Sync");
    struct codec_result result = {.err = 9};
    struct message message = message_with(0);
    assert_int_equal(codec_encode_result(sync, 0, NULL, &message), CODEC_OK);
    assert_int_equal(codec_decode_result(sync, &message, &arena, &result, NULL, NULL), CODEC_OK);
    assert_int_equal(result.err, 0);
    message_clear(&message);
}

struct bad_result {
    const char *what;
    const char *bytes;
    size_t len;
    enum codec_status want;
};

static void strange_results_are_typed_errors(void **state)
{
    (void)state;
    static const struct bad_result cases[] = {
        {"no arm",                      "",             0, CODEC_UNKNOWN_ARM},
        {"an arm of number 4",          "\x22\x00",     2, CODEC_UNKNOWN_ARM},
        {"error 0",                     "\x10\x00",     2, CODEC_MALFORMED  },
        {"a response that is a number", "\x08\x01",     2, CODEC_MALFORMED  },
        {"a response cut short",        "\x0a\x05\x01", 3, CODEC_MALFORMED  },
    };
    struct model_collection_wait_for_all_buffers_allocated_response out;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct codec_result result = {.err = 42};
        const char *reason = NULL;
        struct message message = message_with(0);
        set_body(&message, cases[i].bytes, cases[i].len);
        print_message("%s\n", cases[i].what);
        assert_int_equal(
            codec_decode_result(wait_method(), &message, &arena, &result, &out, &reason),
            cases[i].want);
        assert_non_null(reason);
        assert_int_equal(result.err, 42);
        message_clear(&message);
    }
}

/* --- Bad bodies --- */

struct bad_body {
    const char *what;
    const struct model_type *type;
    const char *bytes;
    size_t len;
    size_t attachments;
    enum codec_status want;
    const char *reason; /* a part of it */
};

static const struct bad_body bad_bodies[] = {
    {"a NUL inside a string",              &model_type_heap,
     "\x0a\x03"
     "a\0b",                                                                                                         5,  0, CODEC_MALFORMED, "heap_type contains a NUL byte"                    },
    {"invalid UTF-8",                      &model_type_heap,                                     "\x0a\x02\xc3\x28", 4,  0, CODEC_MALFORMED,
     "heap_type is not UTF-8"                                                                                                                                                                   },
    {"a truncated varint",                 &model_type_heap,                                     "\x10\xff",         2,  0, CODEC_MALFORMED, "protobuf"                                         },
    {"a length beyond the end",            &model_type_heap,                                     "\x0a\x7f",         2,  0, CODEC_MALFORMED, "protobuf"                                         },
    {"a size without height",              &model_type_size,                                     "\x08\x01",         2,  0, CODEC_MALFORMED, "protobuf"                                         },
    {"slot 0",                             &model_type_allocator_get_vmo_info_request,           "\x0a\x02\x08\x00", 4,  1,
     CODEC_MALFORMED,                                                                                                                        "vmo names a descriptor that is not in the message"},
    {"no slot",                            &model_type_allocator_get_vmo_info_request,           "\x0a\x00",         2,  1, CODEC_MALFORMED,
     "vmo names a descriptor that is not in the message"                                                                                                                                        },
    {"a slot that is not there",           &model_type_allocator_get_vmo_info_request,           "\x0a\x02\x08\x02", 4,
     1,                                                                                                                     CODEC_MALFORMED, "vmo names a descriptor that is not in the message"},
    {"one slot twice",                     &model_type_allocator_bind_shared_collection_request,
     "\x0a\x02\x08\x01\x12\x02\x08\x01",                                                                             8,  1, CODEC_MALFORMED,
     "buffer_collection_request names a descriptor that another field has"                                                                                                                      },
    {"a companion that is not there",      &model_type_allocator_get_vmo_info_request,
     "\x0a\x04\x08\x01\x28\x02",                                                                                     6,  1, CODEC_MALFORMED,
     "vmo names a descriptor that is not in the message"                                                                                                                                        },
    {"a companion in slot 0",              &model_type_allocator_get_vmo_info_request,
     "\x0a\x04\x08\x01\x28\x00",                                                                                     6,  2, CODEC_MALFORMED,
     "vmo names a descriptor that is not in the message"                                                                                                                                        },
    {"a descriptor as its own companion",  &model_type_allocator_get_vmo_info_request,
     "\x0a\x04\x08\x01\x28\x01",                                                                                     6,  1, CODEC_MALFORMED,
     "vmo names a descriptor that another field has"                                                                                                                                            },
    {"a companion that is a field's",      &model_type_allocator_bind_shared_collection_request,
     "\x0a\x04\x08\x01\x28\x02\x12\x02\x08\x02",                                                                     10, 2, CODEC_MALFORMED,
     "buffer_collection_request names a descriptor that another field has"                                                                                                                      },
    {"a companion of two",                 &model_type_allocator_bind_shared_collection_request,
     "\x0a\x04\x08\x01\x28\x03\x12\x04\x08\x02\x28\x03",                                                             12, 3, CODEC_MALFORMED,
     "buffer_collection_request names a descriptor that another field has"                                                                                                                      },
    {"a companion without a handle",       &model_type_allocator_get_vmo_info_request,           "\x0a\x02\x28\x01",
     4,                                                                                                                  1, CODEC_MALFORMED, "vmo names a descriptor that is not in the message"},
    {"a descriptor too many",              &model_type_allocator_get_vmo_info_request,           "\x0a\x02\x08\x01", 4,  2,
     CODEC_MALFORMED,                                                                                                                        "descriptor 2 belongs to no field"                 },
    {"a descriptor with an empty request", NULL,                                                 "",                 0,  1, CODEC_MALFORMED,
     "descriptor 1 belongs to no field"                                                                                                                                                         },
};

static void bad_bodies_are_refused_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_bodies) / sizeof(bad_bodies[0]); i++) {
        const struct bad_body *bad = &bad_bodies[i];
        unsigned char out[1024];
        const char *reason = NULL;
        struct message message = message_with(bad->attachments);
        set_body(&message, bad->bytes, bad->len);
        print_message("%s\n", bad->what);
        memset(out, 0x5A, sizeof(out));
        assert_int_equal(codec_decode(bad->type, &message, &arena, out, &reason), bad->want);
        assert_non_null(strstr(reason, bad->reason));
        assert_int_equal(out[0], 0x5A);
        message_clear(&message);
    }
}

static void a_companion_travels_with_its_handle(void **state)
{
    (void)state;
    struct model_allocator_bind_shared_collection_request in = {0};
    struct model_allocator_bind_shared_collection_request out = {0};
    SYSMEM_SET(&in, token, 2);
    SYSMEM_SET(&in, buffer_collection_request, 3);
    struct message message = message_with(3);
    message.attachments[1].companion = 1;
    const struct model_type *type = &model_type_allocator_bind_shared_collection_request;
    assert_int_equal(codec_encode(type, &in, &message), CODEC_OK);
    forget_attachments(&message);
    assert_int_equal(codec_decode(type, &message, &arena, &out, NULL), CODEC_OK);
    assert_true(model_equal(type, &in, &out));
    assert_int_equal(message.attachments[1].companion, 1); /* which may come first */
    assert_int_equal(message.attachments[0].companion + message.attachments[2].companion, 0);
    message_clear(&message);
}

static void unknown_fields_are_ignored(void **state)
{
    (void)state;
    /* Heap with id 7 and fields 90 (varint), 91 (bytes), 92 (64 bit). */
    static const char bytes[] = "\xd0\x05\x01\xda\x05\x03xyz\x10\x07\xe1\x05\x01\x02\x03\x04\x05"
                                "\x06\x07\x08";
    struct sysmem_heap heap;
    struct message message = message_with(0);
    set_body(&message, bytes, sizeof(bytes) - 1);
    assert_int_equal(codec_decode(&model_type_heap, &message, &arena, &heap, NULL), CODEC_OK);
    assert_true(heap.has.id && heap.id == 7 && !heap.has.heap_type);
    assert_int_equal(codec_decode(NULL, &message, &arena, NULL, NULL), CODEC_OK);
    message_clear(&message);
}

static void over_long_vectors_and_strings_are_refused_both_ways(void **state)
{
    (void)state;
    static struct sysmem_heap heaps[65];
    static char name[258];
    memset(name, 'n', sizeof(name) - 1);
    struct sysmem_buffer_memory_constraints memory = {0};
    struct model_node_set_debug_client_info_request info = {0};
    struct message message = message_with(0);
    SYSMEM_SET_VECTOR(&memory, permitted_heaps, heaps, 65);
    assert_int_equal(codec_encode(&model_type_buffer_memory_constraints, &memory, &message),
                     CODEC_TOO_LONG);
    SYSMEM_SET(&info, name, name);
    assert_int_equal(codec_encode(&model_type_node_set_debug_client_info_request, &info, &message),
                     CODEC_TOO_LONG);
    unsigned char bytes[2 * 65];
    for (size_t i = 0; i < sizeof(bytes); i += 2) {
        bytes[i] = 0x42; /* permitted_heaps, empty */
        bytes[i + 1] = 0;
    }
    const char *reason = NULL;
    set_body(&message, bytes, sizeof(bytes));
    assert_int_equal(
        codec_decode(&model_type_buffer_memory_constraints, &message, &arena, &memory, &reason),
        CODEC_TOO_LONG);
    assert_string_equal(reason, "permitted_heaps has 65 items, at most 64 are allowed");
    message_clear(&message);
}

static void the_largest_legal_constraints_fit(void **state)
{
    (void)state;
    static struct sysmem_pixel_format_and_modifier formats[64];
    static struct sysmem_image_format_constraints images[64];
    static uint32_t spaces[32];
    static struct sysmem_heap heaps[64];
    static char heap_type[129];
    memset(heap_type, 'h', sizeof(heap_type) - 1);
    struct sysmem_buffer_collection_constraints in = {0};
    struct sysmem_buffer_collection_constraints out;
    struct fill fill = {.arena = &arena, .state = 5, .everything = true};
    for (size_t i = 0; i < 64; i++) {
        fill_table(&fill, &model_type_image_format_constraints, &images[i]);
        formats[i].pixel_format_modifier = UINT64_MAX;
        SYSMEM_SET_VECTOR(&images[i], pixel_format_and_modifiers, formats, 64);
        SYSMEM_SET_VECTOR(&images[i], color_spaces, spaces, 32);
        SYSMEM_SET(&heaps[i], heap_type, heap_type);
        SYSMEM_SET(&heaps[i], id, UINT64_MAX);
    }
    fill_table(&fill, &model_type_buffer_collection_constraints, &in);
    SYSMEM_SET_VECTOR(&in, image_format_constraints, images, 64);
    SYSMEM_SET_VECTOR(&in.buffer_memory_constraints, permitted_heaps, heaps, 64);
    struct message message = message_with(0);
    assert_int_equal(codec_encode(&model_type_buffer_collection_constraints, &in, &message),
                     CODEC_OK);
    assert_int_equal(
        codec_decode(&model_type_buffer_collection_constraints, &message, &arena, &out, NULL),
        CODEC_OK);
    assert_true(model_equal(&model_type_buffer_collection_constraints, &in, &out));
    print_message("%zu bytes of body, %zu of tables\n", message.body_len, arena.used);
    message_clear(&message);
}

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The best of five, so that a busy machine does not count. */
static double decode_ms(const struct model_type *type, struct message *message, void *out,
                        enum codec_status *ret_status)
{
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double start = cpu_ms();
        *ret_status = codec_decode(type, message, &arena, out, NULL);
        double spent = cpu_ms() - start;
        best = spent < best ? spent : best;
        arena_clear(&arena);
    }
    return best;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(SANITIZED)
#define SLOWER 20.0
#else
#define SLOWER 1.0
#endif

struct flood {
    const char *what;
    const struct model_type *type;
    const char *bytes; /* repeated until the body is full */
    size_t len;
};

static const struct flood floods[] = {
    {"empty heaps",                 &model_type_buffer_memory_constraints,     "\x42\x00",         2},
    {"an unknown field",            &model_type_buffer_memory_constraints,     "\x4a\x00",         2},
    {"one string, again and again", &model_type_heap,                          "\x0a\x00",         2},
    {"one table, again and again",  &model_type_buffer_collection_constraints, "\x3a\x02\x42\x00",
     4                                                                                              },
    {"vectors that are empty",      &model_type_buffer_memory_constraints,     "\xc0\x3e\x08",     3},
};

static void a_megabyte_of_nothing_is_refused_quickly(void **state)
{
    (void)state;
    unsigned char *bytes = malloc(MESSAGE_MAX_BYTES);
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
        const struct flood *flood = &floods[i];
        size_t len = MESSAGE_MAX_BYTES / flood->len * flood->len;
        for (size_t j = 0; j < len; j++) {
            bytes[j] = (unsigned char)flood->bytes[j % flood->len];
        }
        struct sysmem_buffer_collection_constraints out;
        enum codec_status status;
        struct message message = message_with(0);
        set_body(&message, bytes, len);
        double spent = decode_ms(flood->type, &message, &out, &status);
        print_message("%s: %.2f ms\n", flood->what, spent);
        assert_int_equal(status, CODEC_NO_MEMORY);
        assert_true(spent < 5.0 * SLOWER);
        message_clear(&message);
    }
    free(bytes);
}

static void encoding_128_buffers_is_cheap(void **state)
{
    (void)state;
    static struct sysmem_vmo_buffer buffers[128];
    struct sysmem_buffer_collection_info info = {0};
    struct message message = message_with(256);
    for (uint32_t i = 0; i < 128; i++) {
        SYSMEM_SET(&buffers[i], vmo, 2 * i + 1);
        SYSMEM_SET(&buffers[i], vmo_usable_start, 0);
        SYSMEM_SET(&buffers[i], close_weak_asap, 2 * i + 2);
    }
    SYSMEM_SET_VECTOR(&info, buffers, buffers, 128);
    double best = 1e9;
    for (int i = 0; i < 20; i++) {
        double start = cpu_ms();
        assert_int_equal(codec_encode(&model_type_buffer_collection_info, &info, &message),
                         CODEC_OK);
        double spent = cpu_ms() - start;
        best = spent < best ? spent : best;
    }
    print_message("%.1f us, %zu bytes\n", best * 1e3, message.body_len);
    assert_true(best < 0.3 * SLOWER); /* an optimised build takes a tenth of this */
    message_clear(&message);
}

static void mutated_bodies_do_no_harm(void **state)
{
    (void)state;
    size_t count;
    const struct model_type *const *types = model_types(&count);
    struct fill fill = {.arena = &arena, .state = 0xA0761D6478BD642F};
    size_t decoded = 0;
    for (size_t round = 0; round < 200 * count; round++) {
        const struct model_type *type = types[round % count];
        void *table = arena_alloc(&arena, type->size);
        fill.next_handle = 0;
        fill_table(&fill, type, table);
        struct message message = message_with(fill.next_handle);
        assert_int_equal(codec_encode(type, table, &message), CODEC_OK);
        for (int i = 0; i < 3 && message.body_len > 0; i++) {
            size_t at = fill_random(&fill) % message.body_len;
            message.body[at] ^= (unsigned char)(1U << fill_random(&fill) % 8);
        }
        if (fill_random(&fill) % 8 == 0) {
            message.body_len = fill_random(&fill) % (message.body_len + 1);
        }
        enum codec_status status = codec_decode(type, &message, &arena, table, NULL);
        if (status == CODEC_OK) {
            assert_int_equal(codec_encode(type, table, &message), CODEC_OK);
            decoded++;
        }
        message_clear(&message);
        arena_clear(&arena);
    }
    assert_true(decoded > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_type_round_trips_with_every_field_set),
        TEST(every_type_round_trips_with_some_fields_set),
        TEST(the_schema_and_the_tables_agree),
        TEST(every_two_way_method_has_its_result),
        TEST(an_empty_vector_is_not_an_unset_one),
        TEST(unknown_enum_numbers_are_kept),
        TEST(a_result_is_a_response_or_an_error),
        TEST(an_empty_response_is_a_success),
        TEST(strange_results_are_typed_errors),
        TEST(bad_bodies_are_refused_with_the_reason),
        TEST(a_companion_travels_with_its_handle),
        TEST(unknown_fields_are_ignored),
        TEST(over_long_vectors_and_strings_are_refused_both_ways),
        TEST(the_largest_legal_constraints_fit),
        TEST(a_megabyte_of_nothing_is_refused_quickly),
        TEST(encoding_128_buffers_is_cheap),
        TEST(mutated_bodies_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
