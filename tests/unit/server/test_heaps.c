/* Heaps that come, go, and get ready while the daemon's clients use them. */
#include "whole_server.h"

#include <sysmem/error.h>
#include <sysmem/usage.h>

#include "../fake_heap.h"
#include "server/snapshot.h"

static struct whole_server whole;
static struct fake_heap fake;

static int setup(void **state)
{
    (void)state;
    whole_server_begin(&whole, NULL);
    fake_heap_init(&fake, FAKE_HEAP_TYPE, 0);
    assert_int_equal(heap_registry_add(&whole.server.heaps, &fake.heap), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    whole_server_end(&whole);
    assert_true(fake.freed);
    return 0;
}

/* A client with a collection of its own. */
struct client {
    struct stream allocator;
    struct stream collection;
};

static void open_collection(struct client *ret)
{
    struct model_allocator_allocate_non_shared_collection_request table = {0};
    SYSMEM_SET(&table, collection_request, 1);
    (void)accept_client(&whole, &ret->allocator);
    open_channel(&ret->allocator, "AllocateNonSharedCollection", &table, &ret->collection);
}

/* SetConstraints and WaitForAllBuffersAllocated. */
static void ask_for(struct client *client, const struct sysmem_buffer_memory_constraints *memory)
{
    struct sysmem_buffer_collection_constraints wish = {.has = {.usage = true}};
    struct model_collection_set_constraints_request table = {0};
    SYSMEM_SET(&wish.usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    SYSMEM_SET(&wish, min_buffer_count, 1);
    SYSMEM_SET(&wish, buffer_memory_constraints, *memory);
    SYSMEM_SET(&wish.buffer_memory_constraints, min_size_bytes, 4096);
    SYSMEM_SET(&table, constraints, wish);
    send_request(&client->collection, MODEL_PROTOCOL_COLLECTION, "SetConstraints", 0, &table);
    send_request(&client->collection, MODEL_PROTOCOL_COLLECTION, "WaitForAllBuffersAllocated", 1,
                 NULL);
}

static void ask_the_fake_heap(struct client *client)
{
    struct sysmem_heap heap = {0};
    struct sysmem_buffer_memory_constraints memory = {0};
    SYSMEM_SET(&heap, heap_type, FAKE_HEAP_TYPE);
    SYSMEM_SET_VECTOR(&memory, permitted_heaps, &heap, 1);
    ask_for(client, &memory);
}

static void ask_for_secure_memory(struct client *client)
{
    struct sysmem_buffer_memory_constraints memory = {0};
    SYSMEM_SET(&memory, secure_required, true);
    ask_for(client, &memory);
}

static void turn_until_logged(const char *line)
{
    for (int i = 0; !log_lines_have(line); i++) {
        assert_true(i < MANY_TURNS);
        turn(&whole);
    }
}

/* It waits for nothing that was sent, and sleeps again. */
static void turn_until_quiet(void)
{
    for (int i = 0; uv_is_active((const uv_handle_t *)&whole.server.busy) != 0; i++) {
        assert_true(i < MANY_TURNS);
        turn(&whole);
    }
}

/* The answer of WaitForAllBuffersAllocated: 0, or the enum sysmem_error. */
static uint32_t receive_answer(struct client *client)
{
    const struct model_method *method =
        model_method_by_name(MODEL_PROTOCOL_COLLECTION, "WaitForAllBuffersAllocated");
    struct message message;
    struct arena arena;
    struct codec_result result;
    struct model_collection_wait_for_all_buffers_allocated_response response;
    assert_int_equal(receive(&whole, &client->collection, &message), 1);
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(codec_decode_result(method, &message, &arena, &result, &response, NULL),
                     CODEC_OK);
    assert_int_equal(result.framework_err, 0);
    arena_clear(&arena);
    message_clear(&message);
    return result.err;
}

static void client_end(struct client *client)
{
    stream_deinit(&client->collection);
    stream_deinit(&client->allocator);
}

/* Whoever else has buffers goes on. */
static void who_has_buffers_of_a_heap_that_goes_is_closed(void **state)
{
    (void)state;
    struct client client;
    struct client other;
    open_collection(&client);
    open_collection(&other);
    ask_the_fake_heap(&client);
    ask_for(&other, &(struct sysmem_buffer_memory_constraints){0});
    assert_int_equal(receive_answer(&client), 0);
    assert_int_equal(receive_answer(&other), 0);
    heap_registry_remove(&whole.server.heaps, &fake.heap, "its process is gone");
    assert_closes(&whole, &client.collection);
    assert_true(log_lines_have("fails: heap " FAKE_HEAP_TYPE " 0: its process is gone"));
    turn_until_quiet();
    struct message message;
    assert_int_equal(stream_receive(&other.collection, &message), 0);
    stream_deinit(&client.allocator);
    client_end(&other);
}

/* Its memory is freed by the daemon itself, when nothing of it is left. */
static void a_heap_that_goes_is_freed_in_time(void **state)
{
    (void)state;
    struct client client;
    open_collection(&client);
    fake.slow = true;
    ask_the_fake_heap(&client);
    for (int i = 0; fake.asked_count == 0; i++) {
        assert_true(i < MANY_TURNS);
        turn(&whole);
    }
    heap_registry_remove(&whole.server.heaps, &fake.heap, "its process is gone");
    assert_int_equal(receive_answer(&client), SYSMEM_ERROR_NO_MEMORY);
    assert_closes(&whole, &client.collection);
    turn_until_quiet();
    assert_false(fake.freed); /* it has not answered */
    fake_heap_answer(&fake, 0, NULL);
    for (int i = 0; !fake.freed; i++) {
        assert_true(i < MANY_TURNS);
        turn(&whole);
    }
    stream_deinit(&client.allocator);
}

static void who_requires_secure_memory_waits_for_it(void **state)
{
    (void)state;
    struct client client;
    struct arena arena;
    struct snapshot_viewer viewer;
    struct model_debug_get_heaps_response heaps = {0};
    heap_registry_set_secure(&whole.server.heaps, HEAP_SECURE_EXPECTED);
    arena_init(&arena, (size_t)1 << 20);
    assert_true(snapshot_heaps(&whole.server, &arena, &heaps));
    assert_string_equal(heaps.secure_memory, "expected");
    open_collection(&client);
    ask_for_secure_memory(&client);
    turn_until_logged("secure memory is required, and its driver is still to come");
    snapshot_viewer_init(&viewer, container_of(whole.server.bindings.prev, struct binding, link));
    struct model_debug_get_collections_response shown = {0};
    assert_true(snapshot_collections(&viewer, 0, &arena, &shown));
    assert_int_equal(shown.collections_count, 1);
    assert_string_equal(shown.collections[0].waiting_for,
                        "secure memory, whose driver is still to come");
    fake.heap.properties.secure = true;
    heap_registry_set_secure(&whole.server.heaps, HEAP_SECURE_READY);
    assert_int_equal(receive_answer(&client), 0);
    client_end(&client);
    arena_clear(&arena);
}

/* A heap that answers nothing any more. */
static void the_end_waits_for_no_heap(void **state)
{
    (void)state;
    struct client has_buffers;
    struct client waits;
    open_collection(&has_buffers);
    open_collection(&waits);
    ask_the_fake_heap(&has_buffers);
    assert_int_equal(receive_answer(&has_buffers), 0);
    fake.slow = true;
    ask_the_fake_heap(&waits);
    client_end(&has_buffers);
    for (int i = 0; fake.asked_count == 0 || fake.release_count == 0; i++) {
        assert_true(i < MANY_TURNS);
        turn(&whole);
    }
    client_end(&waits);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_has_buffers_of_a_heap_that_goes_is_closed),
        TEST(a_heap_that_goes_is_freed_in_time),
        TEST(who_requires_secure_memory_waits_for_it),
        TEST(the_end_waits_for_no_heap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
