/* A driver of secure memory, played by the test on the bare wire. */
#ifndef TESTS_SERVER_SCRIPTED_DRIVER_H
#define TESTS_SERVER_SCRIPTED_DRIVER_H

#include "whole_server.h"

#include <sys/stat.h>

#include <sysmem/error.h>

#include "model/served.h"
#include "server/link_secure_mem.h"

#define SECURE_TYPE "test.SECURE"
#define TEE_TYPE    "test.TEE"
#define POOL_BASE   UINT64_C(0x100000000)
#define POOL_SIZE   UINT64_C(0x100000)
#define TEE_BASE    UINT64_C(0x200000000)
#define GRAIN       UINT64_C(4096)

/* What can be asked of it: the ordinals of its protocol, and SetPoolMemory. */
enum {
    ASK_ADD = 1,
    ASK_DELETE,
    ASK_DYNAMIC,
    ASK_PROPERTIES,
    ASK_PHYSICAL,
    ASK_MODIFY,
    ASK_ZERO,
    ASK_MEMORY = 1000,
};

struct driver {
    struct stream stream; /* fd -1: there is none, or the daemon has closed it */
    struct arena arena;
    /* What it has: */
    struct model_dynamic_secure_heap dynamic;
    struct model_secure_heap_range ranges[2];
    struct model_secure_heap_and_ranges fixed[2];
    size_t fixed_count;
    struct model_secure_heap_properties properties; /* of any heap but for its name */
    /* What goes wrong: */
    uint32_t refuses; /* this ordinal, with UNSPECIFIED */
    uint32_t ignores; /* this one is not answered */
    uint32_t dies_at; /* at this one it closes */
    /* What has happened: */
    uint64_t memory_bytes; /* of the pool's memory that it was given; 0: none */
    int asked;             /* calls */
    int ranges_now;
    int zeroed;
};

static inline struct sysmem_heap driver_heap(const char *type)
{
    struct sysmem_heap heap = {0};
    SYSMEM_SET(&heap, heap_type, type);
    SYSMEM_SET(&heap, id, 0);
    return heap;
}

static inline struct model_secure_heap_range driver_range(uint64_t address, uint64_t size)
{
    struct model_secure_heap_range range = {0};
    SYSMEM_SET(&range, physical_address, address);
    SYSMEM_SET(&range, size_bytes, size);
    return range;
}

/* With a dynamic heap and one of the TEE, which has one range. */
static inline void driver_init(struct driver *driver)
{
    memset(driver, 0, sizeof(*driver));
    driver->stream.fd = -1;
    SYSMEM_SET(&driver->dynamic, heap, driver_heap(SECURE_TYPE));
    driver->ranges[0] = driver_range(TEE_BASE, 16 * GRAIN);
    driver->ranges[1] = driver_range(TEE_BASE + 32 * GRAIN, 16 * GRAIN);
    SYSMEM_SET(&driver->fixed[0], heap, driver_heap(TEE_TYPE));
    SYSMEM_SET_VECTOR(&driver->fixed[0], ranges, driver->ranges, 1);
    driver->fixed_count = 1;
    SYSMEM_SET(&driver->properties, dynamic_protection_ranges, true);
    SYSMEM_SET(&driver->properties, protected_range_granularity, (uint32_t)GRAIN);
    SYSMEM_SET(&driver->properties, max_protected_range_count, 8);
    SYSMEM_SET(&driver->properties, is_mod_protected_range_available, true);
}

static inline void driver_close(struct driver *driver)
{
    if (driver->stream.fd >= 0) {
        stream_deinit(&driver->stream);
        driver->stream.fd = -1;
    }
}

static inline void *driver_table(struct driver *driver, size_t size)
{
    void *table = arena_alloc(&driver->arena, size);
    assert_non_null(table);
    memset(table, 0, size);
    return table;
}

static inline const void *driver_tell_properties(struct driver *driver, const void *request)
{
    const struct model_secure_mem_get_physical_secure_heap_properties_request *asked = request;
    struct model_secure_mem_get_physical_secure_heap_properties_response *said =
        driver_table(driver, sizeof(*said));
    SYSMEM_SET(said, properties, driver->properties);
    if (!said->properties.has.heap) {
        SYSMEM_SET(&said->properties, heap, asked->entire_heap.heap);
    }
    return said;
}

static inline const void *driver_tell_heaps(struct driver *driver, uint32_t ordinal)
{
    if (ordinal == ASK_DYNAMIC) {
        struct model_secure_mem_get_dynamic_secure_heaps_response *said =
            driver_table(driver, sizeof(*said));
        SYSMEM_SET_VECTOR(said, heaps, &driver->dynamic, driver->dynamic.has.heap ? 1 : 0);
        return said;
    }
    struct model_secure_mem_get_physical_secure_heaps_response *said =
        driver_table(driver, sizeof(*said));
    SYSMEM_SET_VECTOR(said, heaps, driver->fixed, driver->fixed_count);
    return said;
}

/* Does what it was asked, and says what it answers; NULL: nothing but that it is done. */
static inline const void *driver_do(struct driver *driver, struct message *message,
                                    const void *request)
{
    const struct model_secure_mem_set_pool_memory_request *memory = request;
    struct stat file;
    switch (message->ordinal) {
    case ASK_DYNAMIC:
    case ASK_PHYSICAL:
        return driver_tell_heaps(driver, message->ordinal);
    case ASK_PROPERTIES:
        return driver_tell_properties(driver, request);
    case ASK_MEMORY:
        assert_string_equal(memory->entire_heap.heap.heap_type, SECURE_TYPE);
        assert_true(memory->entire_heap.range.physical_address == POOL_BASE);
        assert_int_equal(fstat(message->attachments[memory->memory - 1].fd, &file), 0);
        driver->memory_bytes = (uint64_t)file.st_size;
        return NULL;
    case ASK_ADD:
        driver->ranges_now++;
        return NULL;
    case ASK_DELETE:
        driver->ranges_now--;
        return NULL;
    default:
        driver->zeroed += message->ordinal == ASK_ZERO ? 1 : 0;
        return NULL;
    }
}

static inline void driver_answer(struct driver *driver, struct message *message)
{
    const struct model_method *method =
        model_method_find(MODEL_PROTOCOL_SECURE_MEM, message->ordinal);
    assert_non_null(method);
    arena_init(&driver->arena, (size_t)1 << 20);
    void *request = method->request == NULL ? NULL : driver_table(driver, method->request->size);
    if (request != NULL) {
        assert_int_equal(codec_decode(method->request, message, &driver->arena, request, NULL),
                         CODEC_OK);
    }
    bool refused = message->ordinal == driver->refuses;
    const void *said = refused ? NULL : driver_do(driver, message, request);
    struct message reply;
    message_init(&reply, message->ordinal, message->txid);
    assert_int_equal(
        codec_encode_result(method, refused ? SYSMEM_ERROR_UNSPECIFIED : 0, said, &reply),
        CODEC_OK);
    (void)stream_send(&driver->stream, &reply); /* the daemon may have closed it meanwhile */
    arena_clear(&driver->arena);
}

/* Answers what it has been asked so far. */
static inline void driver_serve(struct driver *driver)
{
    struct message message;
    int got = 0;
    while (driver->stream.fd >= 0 && (got = stream_receive(&driver->stream, &message)) == 1) {
        driver->asked++;
        if (message.ordinal == driver->dies_at) {
            driver_close(driver);
        } else if (message.ordinal != driver->ignores) {
            driver_answer(driver, &message);
        }
        message_clear(&message);
    }
    if (got == STREAM_CLOSED) {
        driver_close(driver);
    }
}

#endif
