/* Ten thousand collections of each heap leave nothing behind in the daemon. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sysmem/sysmem.h>

#include "debug_client.h"
#include "heap_process.h"
#include "os/secret_memory.h"
#include "secure_driver.h"
#include "support/huge_pages.h"
#include "support/participant.h"

/* Under ThreadSanitizer each takes twenty times as long, and shows nothing that the others do not.
 */
#ifdef __SANITIZE_THREAD__
#define COLLECTIONS 1000
#else
#define COLLECTIONS 10000
#endif
#define WARM_UP 500

/* What the daemon's own memory may grow by, in KiB: allocators keep some. */
#define SLACK_KIB 4096

static long resident_kib(const struct daemon *daemon)
{
    char path[64];
    char text[128];
    char *end = NULL;
    (void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)daemon->pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    (void)fclose(file);
    assert_true(strtol(text, &end, 10) > 0); /* pages of address space, and those that are there */
    return strtol(end, NULL, 10) * 4;
}

/* Of the heaps: which one, and how the daemon comes to have it. */
struct source {
    const char *config;
    const char *heap_type; /* NULL: system RAM */
    size_t row;            /* in what the daemon tells of heaps */
    bool contiguous;
    bool secure; /* there is a driver */
    bool served; /* by another process */
};

static void run_through(struct sysmem_allocator *allocator, const struct source *source,
                        unsigned count)
{
    const struct sysmem_heap heap = {.heap_type = source->heap_type, .has = {.heap_type = true}};
    for (unsigned i = 0; i < count; i++) {
        struct sysmem_collection *collection = bind_token(allocator, root_token(allocator));
        struct sysmem_collection_info *info = NULL;
        struct sysmem_buffer_collection_constraints wish =
            cpu_constraints(1 + i % 3, (1 + i % 5) * UINT64_C(4096), 0);
        SYSMEM_SET(&wish.buffer_memory_constraints, physically_contiguous_required,
                   source->contiguous);
        if (source->secure) {
            wish.usage = (struct sysmem_buffer_usage){0};
            SYSMEM_SET(&wish.usage, video, SYSMEM_VIDEO_USAGE_DECRYPTOR_OUTPUT);
            SYSMEM_SET(&wish.buffer_memory_constraints, cpu_domain_supported, false);
            SYSMEM_SET(&wish.buffer_memory_constraints, inaccessible_domain_supported, true);
            SYSMEM_SET(&wish.buffer_memory_constraints, secure_required, true);
        }
        if (source->heap_type != NULL) {
            SYSMEM_SET_VECTOR(&wish.buffer_memory_constraints, permitted_heaps, &heap, 1);
        }
        assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
        assert_int_equal(
            sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info), 0);
        sysmem_collection_info_free(info);
        leave(collection);
    }
}

/* The bytes that the heap has given out, once the daemon has seen all ends. */
static void expect_all_given_back(const struct daemon *daemon, const struct source *source,
                                  unsigned buffers)
{
    struct channel *debug = debug_open(daemon);
    const struct model_method *get = model_method_by_name(MODEL_PROTOCOL_DEBUG, "GetHeaps");
    uint64_t live = 1;
    zx_time_t end = soon();
    while (live > 0) {
        struct channel_reply reply;
        channel_call(debug, get, NULL, soon(), &reply);
        assert_int_equal(reply.status, 0);
        const struct model_debug_get_heaps_response *heaps = reply.response;
        assert_in_range(heaps->heaps_count, source->row + 1, 4);
        const struct model_debug_heap *heap = &heaps->heaps[source->row];
        live = heap->bytes;
        assert_true(heap->allocations >= buffers);
        if (live == 0 && heap->has.pool) {
            assert_int_equal(heap->pool.largest_free_bytes, heap->pool.free_bytes);
            assert_int_equal(heap->pool.guard_failures + heap->pool.unused_failures, 0);
        }
        channel_reply_clear(&reply);
        assert_true(live == 0 || zx_clock_get_monotonic() < end);
    }
    channel_free(debug);
}

static void serve(const struct daemon *daemon, struct heap_process *ret)
{
    const struct heap_process_config config = {
        .daemon = daemon, .step = HEAP_STEP_NONE, .act = HEAP_ACT_NONE};
    heap_process_start(&config, ret);
    heap_process_expect(ret, "r");
    assert_true(daemon_log_wait_for(daemon, "served by pid", 0) > 0);
}

static void ten_thousand_collections(const struct source *source)
{
    struct daemon daemon;
    struct heap_process process = {.said = -1};
    struct secure_driver driver;
    const struct daemon_options options = {.config = source->config};
    assert_int_equal(daemon_start(&daemon, &options), 0);
    assert_true(!source->secure || secure_driver_start(&driver, &daemon, NULL));
    if (source->served) {
        serve(&daemon, &process);
    }
    struct sysmem_allocator *allocator = connect_to(&daemon);
    run_through(allocator, source, WARM_UP);
    expect_all_given_back(&daemon, source, WARM_UP);
    int descriptors = daemon_descriptor_count(&daemon);
    long resident = resident_kib(&daemon);
    run_through(allocator, source, COLLECTIONS);
    expect_all_given_back(&daemon, source, COLLECTIONS);
    assert_in_range(daemon_descriptor_settle(&daemon, descriptors), 1, descriptors);
    long grown = resident_kib(&daemon) - resident;
    print_message("%d descriptors; %ld KiB more than before\n", descriptors, grown);
#ifdef __SANITIZE_ADDRESS__
    print_message("AddressSanitizer keeps what is freed; LeakSanitizer tells at the end\n");
#else
    assert_true(grown < SLACK_KIB);
#endif
    if (source->secure) {
        secure_driver_end(&driver, SIGTERM);
    }
    sysmem_allocator_free(allocator);
    if (source->served) {
        heap_process_end(&process);
    }
    assert_true(daemon_stop(&daemon));
}

static void of_system_ram(void **state)
{
    (void)state;
    ten_thousand_collections(&(struct source){.row = 0});
}

static void of_the_contiguous_pool(void **state)
{
    (void)state;
    ten_thousand_collections(&(struct source){.row = 1, .contiguous = true});
}

#define CPU "\"coherency_domain_support\": {\"cpu_supported\": true}"
#define RAM "{\"heap\": {\"heap_type\": \"" SYSMEM_HEAP_TYPE_SYSTEM_RAM "\"}, " CPU "}"
#define HEAP(type, backend)                                                                        \
    "{\"heaps\": [" RAM ", {\"heap\": {\"heap_type\": \"" type "\"}, \"backend\": \"" backend      \
    "\", " CPU "}]}"

static void of_confidential_memory(void **state)
{
    (void)state;
    if (secret_memory_absent() != NULL) {
        print_message("skipped: no memfd_secret here\n");
        skip();
    }
    ten_thousand_collections(
        &(struct source){.config = HEAP(SYSMEM_HEAP_TYPE_CONFIDENTIAL, "confidential"),
                         .heap_type = SYSMEM_HEAP_TYPE_CONFIDENTIAL,
                         .row = 1});
}

static void of_huge_pages(void **state)
{
    (void)state;
    static struct huge_pages pages;
    huge_pages_begin(&pages);
    assert_true(huge_pages_set(32));
    ten_thousand_collections(&(struct source){
        .config = HEAP("test.HUGE", "hugetlb"), .heap_type = "test.HUGE", .row = 1});
    assert_int_equal(huge_pages_read("free_hugepages"), 32);
    huge_pages_end(&pages);
}

/* The heap on the pool comes after that of the TEE. */
static void of_secure_memory(void **state)
{
    (void)state;
    ten_thousand_collections(&(struct source){.config = "{\"protected\": {\"size\": 2097152}}",
                                              .heap_type = SECURE_TYPE,
                                              .row = 2,
                                              .secure = true});
}

/* Memory that the hardware has set aside itself. */
static void of_the_tee(void **state)
{
    (void)state;
    ten_thousand_collections(&(struct source){.config = "{\"protected\": {\"size\": 2097152}}",
                                              .heap_type = VDEC_TYPE,
                                              .row = 1,
                                              .secure = true});
}

static void of_another_process(void **state)
{
    (void)state;
    ten_thousand_collections(
        &(struct source){.heap_type = HEAP_PROCESS_TYPE, .row = 1, .served = true});
}

int main(int argc, char **argv)
{
    heap_process_main(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_system_ram),          cmocka_unit_test(of_the_contiguous_pool),
        cmocka_unit_test(of_confidential_memory), cmocka_unit_test(of_huge_pages),
        cmocka_unit_test(of_secure_memory),       cmocka_unit_test(of_the_tee),
        cmocka_unit_test(of_another_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
