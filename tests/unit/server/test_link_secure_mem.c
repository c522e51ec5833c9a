/* The driver of secure memory: what it must answer before its heaps can be had, and what becomes of
 * them when it fails, goes, and comes again. */
#include "scripted_driver.h"

#include <sysmem/usage.h>

#include "heap/secure.h"
#include "heap/tee.h"
#include "server/secure_memory.h"
#include "server/snapshot.h"

#define HANGS_S 60

#define BUFFERS 4u
#define PENDING 1 /* no answer so far */

struct scene {
    struct whole_server whole;
    struct stream client;
    struct binding *allocator;
    struct driver driver;
    struct heap_request requests[BUFFERS];
    int status[BUFFERS];
    int released;
};

static struct scene scene;

static void adapt(struct config *config)
{
    config->protected = (struct config_protected){POOL_SIZE, POOL_BASE, 20};
}

static void begin(void (*change)(struct config *))
{
    memset(&scene, 0, sizeof(scene));
    (void)alarm(HANGS_S);
    driver_init(&scene.driver);
    whole_server_begin(&scene.whole, change);
    scene.allocator = accept_client(&scene.whole, &scene.client);
}

static int setup(void **state)
{
    (void)state;
    begin(adapt);
    return 0;
}

static int setup_without_pool(void **state)
{
    (void)state;
    begin(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    driver_close(&scene.driver);
    stream_deinit(&scene.client);
    whole_server_end(&scene.whole);
    (void)alarm(0);
    return 0;
}

static const struct heap_registry *heaps(void)
{
    return &scene.whole.server.heaps;
}

static struct heap *heap_of(const char *type)
{
    return heap_registry_find(heaps(), type, 0);
}

/* One turn of the daemon, and of the driver; waits for either to have something to do. */
static void turn_both(void)
{
    uv_loop_t *loop = &scene.whole.server.loop;
    struct pollfd ready[] = {
        {.fd = uv_backend_fd(loop),    .events = POLLIN},
        {.fd = scene.driver.stream.fd, .events = POLLIN},
    };
    int timeout = uv_backend_timeout(loop);
    (void)poll(ready, 2, timeout < 0 ? HANGS_S * 1000 : timeout);
    turn(&scene.whole);
    driver_serve(&scene.driver);
}

static const char *connect_driver(void)
{
    int ends[2];
    make_pair(ends);
    stream_init(&scene.driver.stream, ends[0], SIZE_MAX);
    return link_secure_mem_begin(scene.allocator, ends[1]);
}

static void wait_for_state(enum heap_secure wanted)
{
    while (heaps()->secure != wanted) {
        turn_both();
    }
}

static void register_driver(void)
{
    assert_null(connect_driver());
    wait_for_state(HEAP_SECURE_READY);
}

static void wait_until_refused(const char *why)
{
    assert_null(connect_driver());
    while (scene.driver.stream.fd >= 0 || link_secure_mem_is_there(&scene.whole.server)) {
        turn_both();
    }
    assert_true(log_lines_have(why));
    assert_int_not_equal(heaps()->secure, HEAP_SECURE_READY);
}

/* --- requests to a heap, as collections make them --- */

static void on_done(struct heap_request *request)
{
    scene.status[request - scene.requests] = request->status;
}

static void ask(size_t index, const char *type, uint64_t pages)
{
    struct heap_request *request = &scene.requests[index];
    *request = (struct heap_request){
        .size_bytes = pages * GRAIN,
        .name = "test",
        .done = on_done,
        .fd = -1,
    };
    scene.status[index] = PENDING;
    heap_allocate(heap_of(type), request);
}

static void made(size_t index, const char *type, uint64_t pages)
{
    ask(index, type, pages);
    while (scene.status[index] == PENDING) {
        turn_both();
    }
    assert_int_equal(scene.status[index], 0);
}

static void on_released(void *arg)
{
    ++*(int *)arg;
}

static void release(size_t index, const char *type)
{
    scene.released = 0;
    heap_release(heap_of(type), &scene.requests[index], on_released, &scene.released);
}

static void released(size_t index, const char *type)
{
    release(index, type);
    while (scene.released == 0) {
        turn_both();
    }
}

/* --- */

/* Two pages of the pool are protected, and no more. */
static void assert_protection_is_told(void)
{
    struct arena arena;
    struct model_debug_get_heaps_response told = {0};
    arena_init(&arena, (size_t)1 << 20);
    assert_true(snapshot_heaps(&scene.whole.server, &arena, &told));
    size_t found = 0;
    for (size_t i = 0; i < told.heaps_count; i++) {
        const struct model_debug_protection *protection = &told.heaps[i].protection;
        if (told.heaps[i].has.protection) {
            found++;
            assert_string_equal(told.heaps[i].heap.heap_type, SECURE_TYPE);
            assert_int_equal(protection->ranges, 1);
            assert_int_equal(protection->limit, 7);
            assert_int_equal(protection->requested_bytes, 2 * GRAIN);
            assert_int_equal(protection->protected_bytes, 2 * GRAIN);
            assert_int_equal(protection->loanable_bytes, POOL_SIZE - 2 * GRAIN);
            assert_int_equal(protection->loanable_per_mille, 992);
            assert_int_equal(protection->efficiency_per_mille, 1000);
            assert_int_equal(protection->failed_calls, 0);
        }
    }
    assert_int_equal(found, 1);
    arena_clear(&arena);
}

static void what_it_answers_becomes_heaps(void **state)
{
    (void)state;
    assert_int_equal(heaps()->secure, HEAP_SECURE_EXPECTED);
    register_driver();
    assert_int_equal(scene.driver.memory_bytes, POOL_SIZE);
    assert_int_equal(scene.driver.asked, 5);
    assert_true(heap_of(SECURE_TYPE)->ready && heap_of(TEE_TYPE)->ready);
    made(0, SECURE_TYPE, 2);
    made(1, TEE_TYPE, 1);
    assert_true(scene.requests[0].physical_address == POOL_BASE);
    assert_true(scene.requests[1].physical_address == TEE_BASE);
    assert_int_equal(scene.driver.ranges_now, 1);
    assert_int_equal(scene.driver.zeroed, 2);
    assert_protection_is_told();
    released(0, SECURE_TYPE);
    assert_int_equal(scene.driver.zeroed, 3);
    released(1, TEE_TYPE);
    while (scene.driver.ranges_now > 0) { /* by the clock */
        turn_both();
    }
}

static void without_a_pool_there_are_heaps_of_the_tee(void **state)
{
    (void)state;
    assert_int_equal(heaps()->secure, HEAP_SECURE_NONE);
    register_driver();
    assert_int_equal(scene.driver.asked, 2);
    assert_null(heap_of(SECURE_TYPE));
    made(0, TEE_TYPE, 1);
    released(0, TEE_TYPE);
}

static void a_driver_may_have_nothing(void **state)
{
    (void)state;
    scene.driver.dynamic.has.heap = false;
    scene.driver.fixed_count = 0;
    register_driver();
    assert_int_equal(scene.driver.asked, 2);
}

static void each_question_may_be_refused(void **state)
{
    (void)state;
    const uint32_t asked[] = {ASK_DYNAMIC, ASK_MEMORY, ASK_PROPERTIES, ASK_PHYSICAL};
    const char *const names[] = {"GetDynamicSecureHeaps: it answered UNSPECIFIED",
                                 "SetPoolMemory: it answered UNSPECIFIED",
                                 "GetPhysicalSecureHeapProperties: it answered UNSPECIFIED",
                                 "GetPhysicalSecureHeaps: it answered UNSPECIFIED"};
    for (size_t i = 0; i < 4; i++) {
        scene.driver.refuses = asked[i];
        wait_until_refused(names[i]);
        assert_int_equal(heaps()->secure, HEAP_SECURE_EXPECTED);
    }
    scene.driver.refuses = 0;
    register_driver(); /* one that is better */
}

static void each_question_may_stay_unanswered(void **state)
{
    (void)state;
    const uint32_t asked[] = {ASK_DYNAMIC, ASK_MEMORY, ASK_PROPERTIES, ASK_PHYSICAL};
    for (size_t i = 0; i < 4; i++) {
        scene.driver.ignores = asked[i];
        wait_until_refused("no answer within the deadline");
    }
}

static void it_may_die_at_each_question(void **state)
{
    (void)state;
    const uint32_t asked[] = {ASK_DYNAMIC, ASK_MEMORY, ASK_PROPERTIES, ASK_PHYSICAL};
    for (size_t i = 0; i < 4; i++) {
        scene.driver.dies_at = asked[i];
        wait_until_refused("is gone without leaving, before it was ready");
        assert_int_equal(heaps()->secure, HEAP_SECURE_EXPECTED);
    }
}

static void answers_that_cannot_be(void **state)
{
    (void)state;
    struct driver *driver = &scene.driver;
    driver->properties.protected_range_granularity = 5000;
    wait_until_refused("wanted a protected_range_granularity that is a power of two");
    driver->properties.protected_range_granularity = 4 << 20;
    wait_until_refused("its granularity is larger than that of the heap's ranges");
    driver->properties.protected_range_granularity = (uint32_t)GRAIN;
    SYSMEM_SET(&driver->properties, heap, driver_heap(TEE_TYPE));
    wait_until_refused("got another heap's");
    driver->properties.has.heap = false;
    driver->dynamic.heap.heap_type = SYSMEM_HEAP_TYPE_SYSTEM_RAM;
    wait_until_refused("wanted a secure heap, got system RAM");
    driver->dynamic.heap.heap_type = SECURE_TYPE;
    driver->ranges[0] = driver_range(POOL_BASE + GRAIN, GRAIN);
    wait_until_refused("overlaps the protected pool");
    driver->ranges[0] = driver_range(UINT64_C(1) << 30, GRAIN);
    wait_until_refused("overlaps the contiguous pool");
    driver->ranges[0] = driver_range(TEE_BASE, 0);
    wait_until_refused("neither empty nor at address 0");
    driver->ranges[0] = driver_range(TEE_BASE, GRAIN);
    driver->fixed[1] = driver->fixed[0];
    driver->fixed_count = 2;
    wait_until_refused("two of its heaps have one name");
    SYSMEM_SET(&driver->fixed[1], heap, driver_heap("test.OTHER"));
    wait_until_refused("the ranges of two heaps overlap");
    SYSMEM_SET(&driver->fixed[1], heap, driver_heap(SECURE_TYPE));
    driver->fixed[1].ranges = &driver->ranges[1];
    wait_until_refused("another heap answers to its heap's name");
    driver->fixed_count = 1;
    register_driver();
}

static void several_ranges_have_no_properties(void **state)
{
    (void)state;
    scene.driver.fixed[0].ranges_count = 2;
    register_driver();
    assert_int_equal(scene.driver.asked, 4);
    assert_true(heap_of(TEE_TYPE)->properties.need_clear);
    assert_false(heap_of(SECURE_TYPE)->properties.need_clear);
}

static void a_call_that_fails_is_a_refusal(void **state)
{
    (void)state;
    register_driver();
    scene.driver.refuses = ASK_ADD;
    ask(0, SECURE_TYPE, 1);
    while (scene.status[0] == PENDING) {
        turn_both();
    }
    assert_int_equal(scene.status[0], -EIO);
    assert_true(log_lines_have("its driver refuses a call: UNSPECIFIED"));
    assert_int_equal(heaps()->secure, HEAP_SECURE_READY);
}

static void who_dies_is_lost_and_another_takes_over(void **state)
{
    (void)state;
    register_driver();
    made(0, SECURE_TYPE, 1);
    made(1, SECURE_TYPE, 1);
    scene.driver.dies_at = ASK_MODIFY;
    ask(2, SECURE_TYPE, 1);
    wait_for_state(HEAP_SECURE_LOST);
    assert_int_equal(scene.status[2], -EPIPE);
    assert_false(heap_of(SECURE_TYPE)->ready || heap_of(TEE_TYPE)->ready);
    assert_string_equal(heap_of(SECURE_TYPE)->absent_reason, "the driver of secure memory is gone");
    released(0, SECURE_TYPE);
    scene.driver = (struct driver){.stream.fd = -1};
    driver_init(&scene.driver);
    register_driver();
    assert_int_equal(scene.driver.zeroed, 1); /* what was released meanwhile, and nothing else */
    made(2, SECURE_TYPE, 1);
    released(1, SECURE_TYPE);
    released(2, SECURE_TYPE);
}

static void another_dynamic_heap_is_refused(void **state)
{
    (void)state;
    register_driver();
    link_secure_mem_end(&scene.whole.server, "the driver of secure memory has left");
    assert_int_equal(heaps()->secure, HEAP_SECURE_LOST);
    while (scene.driver.stream.fd >= 0) {
        turn_both();
    }
    scene.driver.dynamic.heap.heap_type = "test.ANOTHER";
    wait_until_refused("wanted the dynamic heap of the driver before it, got another one");
    assert_int_equal(heaps()->secure, HEAP_SECURE_LOST);
}

static void a_heap_of_the_tee_moves_only_when_it_is_empty(void **state)
{
    (void)state;
    register_driver();
    made(0, TEE_TYPE, 1);
    link_secure_mem_end(&scene.whole.server, "the driver of secure memory has left");
    driver_close(&scene.driver);
    scene.driver.ranges[0] = driver_range(TEE_BASE + GRAIN, 16 * GRAIN);
    wait_until_refused("wanted a heap's ranges as they were while there are buffers in them");
    SYSMEM_SET(&scene.driver.fixed[0], heap, driver_heap("test.OTHER"));
    wait_until_refused("the ranges of two heaps overlap");
    SYSMEM_SET(&scene.driver.fixed[0], heap, driver_heap(TEE_TYPE));
    released(0, TEE_TYPE);
    register_driver();
    made(0, TEE_TYPE, 1);
    assert_true(scene.requests[0].physical_address == TEE_BASE + GRAIN);
    released(0, TEE_TYPE);
}

static void what_there_is_must_be_protected_again(void **state)
{
    (void)state;
    register_driver();
    made(0, SECURE_TYPE, 1);
    driver_close(&scene.driver);
    wait_for_state(HEAP_SECURE_LOST);
    scene.driver.refuses = ASK_ADD;
    wait_until_refused("the buffers that there are could not be protected");
    scene.driver.refuses = 0;
    register_driver();
    released(0, SECURE_TYPE);
}

static void who_does_not_answer_is_taken_for_dead(void **state)
{
    (void)state;
    register_driver();
    made(0, SECURE_TYPE, 1);
    scene.driver.ignores = ASK_ZERO;
    ask(1, SECURE_TYPE, 1);
    ask(2, TEE_TYPE, 1);
    release(0, SECURE_TYPE);
    wait_for_state(HEAP_SECURE_LOST);
    assert_int_equal(scene.status[1], -EPIPE);
    assert_int_equal(scene.status[2], -EPIPE);
    assert_int_equal(scene.released, 1);
    assert_true(log_lines_have("it has not answered for too long, and is taken for dead"));
    while (scene.driver.stream.fd >= 0) {
        turn_both();
    }
    scene.driver.ignores = 0;
    register_driver();
}

static void there_is_one_at_a_time(void **state)
{
    (void)state;
    register_driver();
    int ends[2];
    make_pair(ends);
    assert_string_equal(link_secure_mem_begin(scene.allocator, ends[1]),
                        "wanted one driver of secure memory at a time, got another one");
    fd_close(&ends[0]);
    assert_int_equal(heaps()->secure, HEAP_SECURE_READY);
}

static void it_may_leave_while_it_is_asked(void **state)
{
    (void)state;
    assert_null(connect_driver());
    link_secure_mem_end(&scene.whole.server, "the driver of secure memory has left");
    assert_int_equal(heaps()->secure, HEAP_SECURE_EXPECTED);
    while (scene.driver.stream.fd >= 0) {
        turn_both();
    }
    register_driver();
}

static void the_daemon_may_end_meanwhile(void **state)
{
    (void)state;
    register_driver();
    made(0, SECURE_TYPE, 1);
    scene.driver.ignores = ASK_MODIFY;
    ask(1, SECURE_TYPE, 1);
    ask(2, TEE_TYPE, 1);
    release(0, SECURE_TYPE);
}

static void the_daemon_may_end_while_it_is_asked(void **state)
{
    (void)state;
    assert_null(connect_driver());
}

static void an_unfit_end_is_refused(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_non_null(link_secure_mem_begin(scene.allocator, ends[1]));
    fd_close(&ends[0]);
    assert_false(link_secure_mem_is_there(&scene.whole.server));
}

/* --- a participant that needs secure memory --- */

static void ask_as_participant(struct stream *ret_collection)
{
    struct model_allocator_allocate_non_shared_collection_request open = {0};
    SYSMEM_SET(&open, collection_request, 1);
    open_channel(&scene.client, "AllocateNonSharedCollection", &open, ret_collection);
    struct sysmem_buffer_collection_constraints wish = {.has = {.usage = true}};
    struct model_collection_set_constraints_request table = {0};
    SYSMEM_SET(&wish.usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    SYSMEM_SET(&wish, min_buffer_count, 1);
    wish.has.buffer_memory_constraints = true;
    SYSMEM_SET(&wish.buffer_memory_constraints, secure_required, true);
    SYSMEM_SET(&wish.buffer_memory_constraints, min_size_bytes, 4096);
    SYSMEM_SET(&table, constraints, wish);
    send_request(ret_collection, MODEL_PROTOCOL_COLLECTION, "SetConstraints", 0, &table);
    send_request(ret_collection, MODEL_PROTOCOL_COLLECTION, "WaitForAllBuffersAllocated", 1, NULL);
}

static uint32_t answer_to_participant(struct stream *collection)
{
    const struct model_method *method =
        model_method_by_name(MODEL_PROTOCOL_COLLECTION, "WaitForAllBuffersAllocated");
    struct message message;
    struct arena arena;
    struct codec_result result;
    struct model_collection_wait_for_all_buffers_allocated_response response;
    int got = 0;
    while ((got = stream_receive(collection, &message)) == 0) {
        turn_both();
    }
    assert_int_equal(got, 1);
    arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(codec_decode_result(method, &message, &arena, &result, &response, NULL),
                     CODEC_OK);
    arena_clear(&arena);
    message_clear(&message);
    return result.err;
}

static void who_needs_it_waits_and_fails_once_it_is_lost(void **state)
{
    (void)state;
    struct stream first;
    struct stream second;
    ask_as_participant(&first);
    while (!log_lines_have("its driver is still to come")) {
        turn_both();
    }
    assert_null(connect_driver());
    assert_int_equal(answer_to_participant(&first), 0);
    driver_close(&scene.driver);
    wait_for_state(HEAP_SECURE_LOST);
    ask_as_participant(&second);
    assert_closes(&scene.whole, &second); /* before it has heard of the wait */
    assert_true(log_lines_have("allocation fails: UNSPECIFIED"));
    stream_deinit(&first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_it_answers_becomes_heaps),
        cmocka_unit_test_setup_teardown(without_a_pool_there_are_heaps_of_the_tee,
                                        setup_without_pool, teardown),
        TEST(a_driver_may_have_nothing),
        TEST(each_question_may_be_refused),
        TEST(each_question_may_stay_unanswered),
        TEST(it_may_die_at_each_question),
        TEST(answers_that_cannot_be),
        TEST(several_ranges_have_no_properties),
        TEST(a_call_that_fails_is_a_refusal),
        TEST(who_dies_is_lost_and_another_takes_over),
        TEST(another_dynamic_heap_is_refused),
        TEST(a_heap_of_the_tee_moves_only_when_it_is_empty),
        TEST(what_there_is_must_be_protected_again),
        TEST(who_does_not_answer_is_taken_for_dead),
        TEST(there_is_one_at_a_time),
        TEST(it_may_leave_while_it_is_asked),
        TEST(the_daemon_may_end_meanwhile),
        TEST(the_daemon_may_end_while_it_is_asked),
        TEST(an_unfit_end_is_refused),
        TEST(who_needs_it_waits_and_fails_once_it_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
