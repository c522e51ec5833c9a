/* A process that serves a heap, played by the test on the bare wire. */
#ifndef TESTS_SERVER_SCRIPTED_HEAP_H
#define TESTS_SERVER_SCRIPTED_HEAP_H

#include "whole_server.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "heap/heap.h"
#include "model/served.h"
#include "server/link_heap.h"

#define HANGS_S    60

#define HEAP_TYPE  "test.TILES"

#define HEAP_BYTES UINT64_C(8192)

/* Calls on a Registry; reads the answer with receive(). The connection is one end of a pair, whose
 * other is *ret_heap; fd >= 0: that instead. */
static inline void send_register_heap(struct stream *registry, const struct sysmem_heap *heap,
                                      int fd, struct stream *ret_heap)
{
    int ends[2] = {-1, fd};
    if (fd < 0) {
        make_pair(ends);
        stream_init(ret_heap, ends[0], SIZE_MAX);
    }
    struct model_registry_register_heap_request table = {0};
    SYSMEM_SET(&table, heap, *heap);
    SYSMEM_SET(&table, heap_connection, 1);
    struct message message;
    message_init(&message, 0, 0);
    assert_int_equal(message_attach(&message, &(struct attachment){.fd = ends[1]}), 1);
    send_message(registry, MODEL_PROTOCOL_REGISTRY, "RegisterHeap", 1, &table, &message);
}

static inline void send_on_register(struct stream *heap,
                                    const struct model_heap_properties *properties)
{
    struct model_heap_on_register_request event = {0};
    SYSMEM_SET(&event, properties, *properties);
    send_request(heap, MODEL_PROTOCOL_HEAP, "OnRegister", 0, &event);
}

/* What supports all domains. */
static inline struct model_heap_properties usual_properties(void)
{
    struct model_heap_properties properties = {0};
    properties.has.coherency_domain_support = true;
    SYSMEM_SET(&properties.coherency_domain_support, cpu_supported, true);
    SYSMEM_SET(&properties.coherency_domain_support, ram_supported, true);
    SYSMEM_SET(&properties.coherency_domain_support, inaccessible_supported, true);
    return properties;
}

/* As a heap's process is to make it. */
static inline int heap_memory(void)
{
    int fd = memfd_create("tiles", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0600), 0);
    assert_int_equal(ftruncate(fd, (off_t)HEAP_BYTES), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL), 0);
    return fd;
}

/* Answers AllocateVmo with a descriptor, which it takes. */
static inline void answer_vmo(struct stream *heap, uint32_t txid, int fd)
{
    const struct model_method *method = model_method_by_name(MODEL_PROTOCOL_HEAP, "AllocateVmo");
    struct model_heap_allocate_vmo_response response = {0};
    struct message message;
    message_init(&message, method->ordinal, txid);
    SYSMEM_SET(&response, vmo,
               (zx_handle_t)message_attach(&message, &(struct attachment){.fd = fd}));
    assert_int_equal(codec_encode_result(method, 0, &response, &message), CODEC_OK);
    assert_int_equal(stream_send(heap, &message), 0);
}

/* ... with an error, and words unless NULL. */
static inline void answer_refusal(struct stream *heap, uint32_t txid, uint32_t err,
                                  const char *words)
{
    const struct model_method *method = model_method_by_name(MODEL_PROTOCOL_HEAP, "AllocateVmo");
    struct sysmem_reason reason = {0};
    struct model_failure failure = {0};
    if (words != NULL) {
        SYSMEM_SET(&reason, detail, words);
        SYSMEM_SET_VECTOR(&failure, reasons, &reason, 1);
    }
    struct message message;
    message_init(&message, method->ordinal, txid);
    enum codec_status coded = words == NULL ? codec_encode_result(method, err, NULL, &message)
                                            : codec_encode_failure(method, err, &failure, &message);
    assert_int_equal(coded, CODEC_OK);
    assert_int_equal(stream_send(heap, &message), 0);
}

static inline void answer_deleted(struct stream *heap, uint32_t txid)
{
    const struct model_method *method = model_method_by_name(MODEL_PROTOCOL_HEAP, "DeleteVmo");
    struct message message;
    message_init(&message, method->ordinal, txid);
    assert_int_equal(codec_encode_result(method, 0, NULL, &message), CODEC_OK);
    assert_int_equal(stream_send(heap, &message), 0);
}

struct scene {
    struct whole_server whole;
    struct stream client;
    struct stream registry;
    struct stream heap; /* the process's end; fd -1: there is none */
    struct heap_request request;
    int answers;
    char why[200]; /* what was said of the last refusal */
    int released;
};

static struct scene scene;

static inline void adapt(struct config *config)
{
    config->quotas.external_heap_deadline_ms = 20;
    config->quotas.max_heaps_per_uid = 2;
}

static inline void turn_until(const int *count, int wanted)
{
    uv_loop_t *loop = &scene.whole.server.loop;
    turn(&scene.whole);
    while (*count < wanted) {
        struct pollfd ready = {.fd = uv_backend_fd(loop), .events = POLLIN};
        (void)poll(&ready, 1, uv_backend_timeout(loop));
        turn(&scene.whole);
    }
    assert_int_equal(*count, wanted);
}

static inline struct sysmem_heap heap_id(const char *type, uint64_t id)
{
    struct sysmem_heap heap = {0};
    SYSMEM_SET(&heap, heap_type, type);
    SYSMEM_SET(&heap, id, id);
    return heap;
}

static inline struct heap *found(void)
{
    return heap_registry_find(&scene.whole.server.heaps, HEAP_TYPE, 0);
}

static inline void open_registry(struct stream *client, struct stream *ret)
{
    struct model_allocator_open_registry_request table = {0};
    SYSMEM_SET(&table, server_end, 1);
    open_channel(client, "OpenRegistry", &table, ret);
    const struct list *bindings = &scene.whole.server.bindings;
    const struct list *last = bindings->prev;
    for (int i = 0; bindings->prev == last; i++) { /* the next client is the next binding */
        assert_true(i < MANY_TURNS);
        turn(&scene.whole);
    }
}

/* The error, with what the daemon says of it in scene.why. */
static inline uint32_t registered(struct stream *registry, const char *method_name)
{
    const struct model_method *method = model_method_by_name(MODEL_PROTOCOL_REGISTRY, method_name);
    struct message reply;
    int got = stream_receive(registry, &reply);
    while (got == 0) { /* perhaps by a helper */
        (void)uv_run(&scene.whole.server.loop, UV_RUN_ONCE);
        got = stream_receive(registry, &reply);
    }
    assert_int_equal(got, 1);
    struct arena arena;
    arena_init(&arena, 65536);
    struct codec_result result = {0};
    struct model_registry_register_heap_response response = {0};
    assert_int_equal(codec_decode_result(method, &reply, &arena, &result, &response, NULL),
                     CODEC_OK);
    (void)snprintf(scene.why, sizeof(scene.why), "%s",
                   result.failure == NULL ? "" : result.failure->reasons[0].detail);
    assert_true(result.err != 0 || method->response == NULL || response.daemon_uid == geteuid());
    assert_int_equal(result.framework_err, 0);
    arena_clear(&arena);
    message_clear(&reply);
    return result.err;
}

static inline uint32_t register_heap(const struct sysmem_heap *id, struct stream *ret_heap)
{
    send_register_heap(&scene.registry, id, -1, ret_heap);
    return registered(&scene.registry, "RegisterHeap");
}

static inline int setup(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof(scene));
    scene.heap.fd = -1;
    (void)alarm(HANGS_S);
    whole_server_begin(&scene.whole, adapt);
    (void)accept_client(&scene.whole, &scene.client);
    open_registry(&scene.client, &scene.registry);
    return 0;
}

static inline void end_heap(void)
{
    if (scene.heap.fd >= 0) {
        stream_deinit(&scene.heap);
        scene.heap.fd = -1;
    }
}

static inline int teardown(void **state)
{
    (void)state;
    end_heap();
    stream_deinit(&scene.registry);
    stream_deinit(&scene.client);
    whole_server_end(&scene.whole);
    (void)alarm(0);
    return 0;
}

/* A heap of this process's, in use. */
static inline void begin_heap_with(const struct model_heap_properties *properties)
{
    const struct sysmem_heap id = heap_id(HEAP_TYPE, 0);
    assert_int_equal(register_heap(&id, &scene.heap), 0);
    assert_null(found());
    send_on_register(&scene.heap, properties);
    for (int i = 0; found() == NULL; i++) {
        assert_true(i < MANY_TURNS);
        turn(&scene.whole);
    }
}

static inline void begin_heap(void)
{
    const struct model_heap_properties properties = usual_properties();
    begin_heap_with(&properties);
}

static inline void wait_until_gone(void)
{
    uv_loop_t *loop = &scene.whole.server.loop;
    turn(&scene.whole);
    while (!list_is_empty(&scene.whole.server.link_heaps)) {
        struct pollfd ready = {.fd = uv_backend_fd(loop), .events = POLLIN};
        (void)poll(&ready, 1, uv_backend_timeout(loop));
        turn(&scene.whole);
    }
    assert_null(found());
}

#endif
