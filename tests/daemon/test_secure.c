/* Secure memory, from the participant to the device: what it holds only secure devices reach, and
 * whatever becomes of its driver, the daemon goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <sysmem/sysmem.h>

#include "../property/dice.h"
#include "secure_driver.h"
#include "support/participant.h"

#define PAGE      UINT64_C(4096)
#define POOL_BASE UINT64_C(0x100000000)

struct scene {
    struct daemon daemon;
    struct secure_driver driver;
    struct sysmem_allocator *allocator;
    int descriptors;
};

static struct scene scene;

/* A device's time to answer is short, so that tests of silence are. */
static const char config[] = "{\"protected\": {\"size\": \"0x2000000\", \"deadline_ms\": 300}}";

static int setup_without_driver(void **state)
{
    (void)state;
    const struct daemon_options options = {.config = config};
    memset(&scene, 0, sizeof(scene));
    assert_int_equal(daemon_start(&scene.daemon, &options), 0);
    scene.descriptors = daemon_descriptor_count(&scene.daemon);
    scene.allocator = connect_to(&scene.daemon);
    return 0;
}

static int setup(void **state)
{
    (void)setup_without_driver(state);
    assert_true(secure_driver_start(&scene.driver, &scene.daemon, NULL));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (scene.driver.pid > 0) {
        secure_driver_end(&scene.driver, SIGTERM);
    }
    sysmem_allocator_free(scene.allocator);
    assert_in_range(daemon_descriptor_settle(&scene.daemon, scene.descriptors), 1,
                    scene.descriptors);
    assert_true(daemon_stop(&scene.daemon));
    return 0;
}

/* --- participants --- */

static struct sysmem_buffer_collection_constraints secure(uint32_t count, uint64_t bytes)
{
    struct sysmem_buffer_collection_constraints wish = {0};
    struct sysmem_buffer_memory_constraints *memory = &wish.buffer_memory_constraints;
    wish.has.usage = true;
    SYSMEM_SET(&wish.usage, video,
               SYSMEM_VIDEO_USAGE_DECRYPTOR_OUTPUT | SYSMEM_VIDEO_USAGE_HW_DECODER);
    SYSMEM_SET(&wish, min_buffer_count_for_camping, count);
    wish.has.buffer_memory_constraints = true;
    SYSMEM_SET(memory, min_size_bytes, bytes);
    SYSMEM_SET(memory, physically_contiguous_required, true);
    SYSMEM_SET(memory, secure_required, true);
    SYSMEM_SET(memory, cpu_domain_supported, false);
    SYSMEM_SET(memory, ram_domain_supported, false);
    SYSMEM_SET(memory, inaccessible_domain_supported, true);
    return wish;
}

static void permit(struct sysmem_buffer_collection_constraints *wish,
                   const struct sysmem_heap *heap)
{
    SYSMEM_SET_VECTOR(&wish->buffer_memory_constraints, permitted_heaps, heap, 1);
}

static const struct sysmem_heap pool_heap = {
    SECURE_TYPE, 0, {true, true}
};

/* A collection that has its buffers, or, with NULL, the status of its wait. */
static struct sysmem_collection *ask(const struct sysmem_buffer_collection_constraints *wish,
                                     struct sysmem_collection_info **ret_info,
                                     sysmem_status_t *ret_status)
{
    struct sysmem_collection *collection = bind_token(scene.allocator, root_token(scene.allocator));
    assert_int_equal(sysmem_collection_set_constraints(collection, wish), 0);
    *ret_status = sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), ret_info);
    if (*ret_status != 0) {
        sysmem_collection_free(collection);
        collection = NULL;
    }
    return collection;
}

struct holding {
    struct sysmem_collection *collection;
    struct sysmem_collection_info *info;
    uint64_t address; /* of its first buffer */
};

static const struct sysmem_buffer_collection_info *told(const struct holding *holding)
{
    return sysmem_collection_info_get(holding->info);
}

static struct holding take(uint64_t bytes, const struct sysmem_heap *heap)
{
    struct sysmem_buffer_collection_constraints wish = secure(1, bytes);
    struct holding holding = {0};
    sysmem_status_t status = 0;
    permit(&wish, heap);
    holding.collection = ask(&wish, &holding.info, &status);
    assert_int_equal(status, 0);
    zx_handle_t copy = ZX_HANDLE_INVALID;
    struct sysmem_vmo_info info;
    assert_int_equal(
        zx_handle_duplicate(told(&holding)->buffers[0].vmo, ZX_RIGHT_SAME_RIGHTS, &copy), ZX_OK);
    assert_int_equal(sysmem_allocator_get_vmo_info(scene.allocator, copy, soon(), &info), 0);
    holding.address = info.physical_address;
    return holding;
}

static void give(struct holding *holding)
{
    sysmem_collection_info_free(holding->info);
    leave(holding->collection);
    *holding = (struct holding){0};
}

/* A collection of ordinary memory goes through its whole life meanwhile. */
static void others_go_on(void)
{
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *other = allocated(scene.allocator, 1, PAGE, &info);
    sysmem_collection_info_free(info);
    leave(other);
}

/* What wants secure memory gets it, soon: a driver is being registered. */
static struct holding take_in_time(void)
{
    zx_time_t end = soon();
    struct sysmem_buffer_collection_constraints wish = secure(1, PAGE);
    struct holding holding = {0};
    sysmem_status_t status = SYSMEM_ERROR_UNSPECIFIED;
    permit(&wish, &pool_heap);
    while (status != 0) {
        assert_true(zx_clock_get_monotonic() < end);
        holding.collection = ask(&wish, &holding.info, &status);
    }
    return holding;
}

/* --- what is in it --- */

static void only_secure_devices_reach_it(void **state)
{
    (void)state;
    struct holding held = take(2 * PAGE, &pool_heap);
    assert_in_range(held.address, POOL_BASE, POOL_BASE + 0x2000000);
    uint64_t at = held.address;
    const struct secure_driver *driver = &scene.driver;
    assert_string_equal(secure_device_ask(driver, "read secure 0x%" PRIx64 " 4", at),
                        "ok 00000000");
    assert_string_equal(secure_device_ask(driver, "write secure 0x%" PRIx64 " c0ffee", at), "ok");
    assert_string_equal(secure_device_ask(driver, "read secure 0x%" PRIx64 " 3", at), "ok c0ffee");
    assert_non_null(strstr(secure_device_ask(driver, "read open 0x%" PRIx64 " 1", at), "fault"));
    assert_non_null(strstr(secure_device_ask(driver, "write open 0x%" PRIx64 " 00", at), "fault"));
    give(&held);
    secure_device_wait_for_open(driver);
    assert_string_equal(secure_device_ask(driver, "read open 0x%" PRIx64 " 3", at), "ok 000000");
}

static void a_handle_reaches_nothing(void **state)
{
    (void)state;
    struct holding held = take(2 * PAGE, &pool_heap);
    zx_handle_t vmo = told(&held)->buffers[0].vmo;
    char byte = 0;
    uint64_t size = 0;
    zx_vaddr_t address = 0;
    assert_int_equal(zx_vmo_get_size(vmo, &size), ZX_OK);
    assert_int_equal(size, 2 * PAGE);
    assert_int_not_equal(zx_vmo_read(vmo, &byte, 0, 1), ZX_OK);
    assert_int_not_equal(zx_vmo_write(vmo, &byte, 0, 1), ZX_OK);
    assert_int_not_equal(
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &address), ZX_OK);
    give(&held);
}

static void c035_random_holdings(void **state)
{
    (void)state;
    struct holding held[64] = {0};
    uint64_t dice = 35;
    for (unsigned i = 0; i < 1000; i++) {
        struct holding *one = &held[dice_below(&dice, 64)];
        if (one->collection != NULL) {
            give(one);
            continue;
        }
        uint64_t bytes = (1 + dice_below(&dice, 64)) * PAGE;
        *one = take(bytes, &pool_heap);
        const struct sysmem_buffer_memory_settings *memory = &told(one)->settings.buffer_settings;
        assert_int_equal(told(one)->buffers_count, 1);
        assert_int_equal(memory->size_bytes, bytes);
        assert_true(memory->is_physically_contiguous && memory->is_secure);
        assert_int_equal(memory->coherency_domain, SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
        assert_int_equal(memory->heap.id, 0);
        assert_false(told(one)->settings.has.image_format_constraints);
        assert_int_equal(told(one)->buffers[0].vmo_usable_start, 0);
        assert_non_null(strstr(
            secure_device_ask(&scene.driver, "read open 0x%" PRIx64 " 1", one->address), "fault"));
    }
    for (size_t i = 0; i < 64; i++) {
        if (held[i].collection != NULL) {
            give(&held[i]);
        }
    }
    secure_device_wait_for_open(&scene.driver);
}

static void c037_a_second_secure_heap_and_an_odd_size(void **state)
{
    (void)state;
    struct sysmem_buffer_collection_constraints wish = secure(4, 65535);
    const struct sysmem_heap vdec = {.heap_type = VDEC_TYPE, .has = {.heap_type = true}};
    struct holding held = {0};
    sysmem_status_t status = 0;
    SYSMEM_SET(&wish.buffer_memory_constraints, max_size_bytes, 131072);
    permit(&wish, &vdec);
    held.collection = ask(&wish, &held.info, &status);
    assert_int_equal(status, 0);
    const struct sysmem_buffer_memory_settings *memory = &told(&held)->settings.buffer_settings;
    assert_int_equal(told(&held)->buffers_count, 4);
    assert_int_equal(memory->size_bytes, 65535);
    assert_string_equal(memory->heap.heap_type, VDEC_TYPE);
    assert_int_equal(memory->heap.id, 0);
    assert_true(memory->is_physically_contiguous && memory->is_secure);
    assert_int_equal(memory->coherency_domain, SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE);
    uint64_t size = 0;
    assert_int_equal(zx_vmo_get_size(told(&held)->buffers[3].vmo, &size), ZX_OK);
    assert_int_equal(size, 65536);
    give(&held);
}

/* --- its driver --- */

static void who_needs_it_waits_for_the_driver(void **state)
{
    (void)state;
    struct sysmem_buffer_collection_constraints wish = secure(1, PAGE);
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = bind_token(scene.allocator, root_token(scene.allocator));
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
    assert_true(daemon_log_wait_for(&scene.daemon, "its driver is still to come", 0) > 0);
    others_go_on();
    assert_true(secure_driver_start(&scene.driver, &scene.daemon, NULL));
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    sysmem_collection_info_free(info);
    leave(collection);
}

/* Whatever comes of it. */
static void try_to_take(void)
{
    struct sysmem_buffer_collection_constraints wish = secure(3, PAGE);
    struct sysmem_collection_info *info = NULL;
    sysmem_status_t status = 0;
    permit(&wish, &pool_heap);
    struct sysmem_collection *collection = ask(&wish, &info, &status);
    if (collection != NULL) {
        sysmem_collection_info_free(info);
        leave(collection);
    }
}

/* At each call of each kind, before and after it is done; then another driver takes over. */
static void it_may_die_at_any_call(void **state)
{
    (void)state;
    static const char *const calls[] = {"dynamic", "memory", "properties", "physical",
                                        "add",     "modify", "zero",       "delete"};
    static const char *const kinds[] = {"exit", "exit-after"};
    for (size_t i = 0; i < 16; i++) {
        char trap[32];
        (void)snprintf(trap, sizeof(trap), "%s=%s", calls[i / 2], kinds[i % 2]);
        (void)secure_driver_start(&scene.driver, &scene.daemon, trap);
        while (!secure_driver_has_ended(&scene.driver, 20)) {
            if (i / 2 >= 4) { /* it is asked when somebody wants something */
                try_to_take();
            }
        }
        secure_driver_end(&scene.driver, 0);
        others_go_on();
    }
    assert_true(secure_driver_start(&scene.driver, &scene.daemon, NULL));
    struct holding held = take_in_time();
    give(&held);
    secure_device_wait_for_open(&scene.driver);
}

static bool has_stopped(void)
{
    int status = 0;
    pid_t pid = waitpid(scene.driver.pid, &status, WUNTRACED | WNOHANG);
    assert_true(pid >= 0 && (pid == 0 || WIFSTOPPED(status)));
    return pid > 0;
}

/* At each call of each kind, for longer than its deadline. */
static void it_may_stop_at_any_call(void **state)
{
    (void)state;
    static const char *const calls[] = {"dynamic", "memory", "properties", "physical",
                                        "add",     "modify", "zero",       "delete"};
    ssize_t refused = 0;
    for (size_t i = 0; i < 8; i++) {
        char trap[32];
        (void)snprintf(trap, sizeof(trap), "%s=stop", calls[i]);
        assert_true(secure_driver_start(&scene.driver, &scene.daemon, trap));
        if (i < 4) { /* it is asked as it registers */
            refused = daemon_log_wait_for(&scene.daemon, "cannot be its driver", (size_t)refused);
            assert_true(refused > 0);
            assert_true(has_stopped());
        } else {
            while (!has_stopped()) {
                try_to_take();
                /* It deletes what nobody has for a moment. */
                assert_false(secure_driver_has_ended(&scene.driver, 20));
            }
            try_to_take(); /* what is asked now is not answered in time */
        }
        others_go_on();
        secure_driver_end(&scene.driver, SIGKILL);
        others_go_on();
    }
    assert_true(secure_driver_start(&scene.driver, &scene.daemon, NULL));
    struct holding held = take_in_time();
    give(&held);
    secure_device_wait_for_open(&scene.driver);
}

static void a_new_driver_protects_what_there_is(void **state)
{
    (void)state;
    struct holding held = take(PAGE, &pool_heap);
    struct holding other = take(PAGE, &pool_heap);
    uint64_t at = held.address;
    assert_string_equal(secure_device_ask(&scene.driver, "write secure 0x%" PRIx64 " abcd", at),
                        "ok");
    secure_driver_end(&scene.driver, SIGKILL);
    give(&other);
    others_go_on();
    assert_true(secure_driver_start(&scene.driver, &scene.daemon, NULL));
    struct holding more = take_in_time();
    assert_string_equal(secure_device_ask(&scene.driver, "read secure 0x%" PRIx64 " 2", at),
                        "ok abcd");
    give(&more);
    give(&held);
    secure_device_wait_for_open(&scene.driver);
}

static void a_driver_that_is_stopped_delays_its_own_alone(void **state)
{
    (void)state;
    struct holding held = take(PAGE, &pool_heap);
    give(&held);
    assert_int_equal(kill(scene.driver.pid, SIGSTOP), 0);
    struct sysmem_buffer_collection_constraints wish = secure(1, PAGE);
    struct sysmem_collection_info *info = NULL;
    sysmem_status_t status = 0;
    struct sysmem_collection *collection = bind_token(scene.allocator, root_token(scene.allocator));
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
    others_go_on();
    status = sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info);
    assert_int_equal(status, SYSMEM_ERROR_NO_MEMORY);
    sysmem_collection_free(collection);
    assert_int_equal(kill(scene.driver.pid, SIGCONT), 0);
    held = take_in_time(); /* what came late has gone back */
    give(&held);
    secure_device_wait_for_open(&scene.driver);
}

static void who_needs_it_fails_when_the_driver_has_left(void **state)
{
    (void)state;
    struct holding held = take(PAGE, &pool_heap);
    give(&held);
    secure_driver_end(&scene.driver, SIGTERM);
    struct sysmem_buffer_collection_constraints wish = secure(1, PAGE);
    struct sysmem_collection_info *info = NULL;
    sysmem_status_t status = 0;
    assert_null(ask(&wish, &info, &status));
    assert_true(daemon_log_contains(&scene.daemon, "allocation fails: UNSPECIFIED"));
    others_go_on();
}

#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)
#define ALONE(name) cmocka_unit_test_setup_teardown(name, setup_without_driver, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_secure_devices_reach_it),
        TEST(a_handle_reaches_nothing),
        TEST(c035_random_holdings),
        TEST(c037_a_second_secure_heap_and_an_odd_size),
        ALONE(who_needs_it_waits_for_the_driver),
        ALONE(it_may_die_at_any_call),
        ALONE(it_may_stop_at_any_call),
        TEST(a_new_driver_protects_what_there_is),
        TEST(a_driver_that_is_stopped_delays_its_own_alone),
        TEST(who_needs_it_fails_when_the_driver_has_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
