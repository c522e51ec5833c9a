#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../support/fake_secure_mem.h"
#include "base/fd.h"
#include "heap/secure.h"

#define PAGE    UINT64_C(4096)
#define BASE    UINT64_C(0x80000000)
#define PAGES   64u
#define BUFFERS 8u
#define PENDING 1 /* no answer so far */

struct world {
    struct fake_secure_mem fake;
    struct alarms alarms;
    struct pool *pool;
    struct heap *heap;
    struct heap_request requests[BUFFERS];
    int status[BUFFERS];
    unsigned released[BUFFERS];
    char why[128]; /* of the last refusal */
    int attached;
};

static struct world world;

static const struct secure_mem_properties can_modify = {true, true, PAGE, 9};

static void renew_hardware(struct secure_mem_properties properties)
{
    memset(&world.fake, 0, sizeof(world.fake));
    world.fake.properties = properties;
    world.fake.whole = (struct range){BASE, BASE + PAGES * PAGE};
    fake_secure_mem_init(&world.fake);
}

static void on_attached(void *arg, int status)
{
    (void)arg;
    assert_int_equal(world.attached, PENDING);
    world.attached = status;
    world.heap->ready = status == 0;
}

static const char *attach(void)
{
    const struct heap_secure_attached attached = {.done = on_attached};
    world.attached = PENDING;
    return heap_secure_attach(world.heap, &world.fake.hardware, &world.fake.properties, &attached);
}

static void detach(void)
{
    world.heap->ready = false;
    heap_secure_detach(world.heap);
}

static int closed_elsewhere;

static void close_elsewhere(struct executor *executor, struct executor_job *job)
{
    (void)executor;
    closed_elsewhere++;
    job->work(job);
    job->done(job);
}

static struct executor elsewhere = {close_elsewhere};

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    alarms_init(&world.alarms, NULL);
    const struct pool_config config = {.name = "test-pool", .base = BASE, .size = PAGES * PAGE};
    assert_int_equal(pool_new(&config, NULL, &world.pool), 0);
    const struct heap_secure_config secure = {
        .id = {.heap_type = "test.SECURE", .has = {true, true}},
        .pool = world.pool,
        .alarms = &world.alarms,
        .deadline_ns = 5000,
        .executor = &elsewhere,
    };
    world.heap = heap_secure_new(&secure);
    assert_non_null(world.heap);
    assert_string_equal(world.heap->backend, "protected");
    renew_hardware(can_modify);
    return 0;
}

static int setup_attached(void **state)
{
    (void)setup(state);
    assert_null(attach());
    assert_int_equal(world.attached, 0);
    return 0;
}

static uint64_t free_bytes(void)
{
    return pool_map(world.heap->pool)->free_bytes;
}

static int teardown(void **state)
{
    (void)state;
    if (world.heap != NULL) {
        assert_int_equal(world.heap->metrics.buffers, 0);
        world.heap->ops->free(world.heap);
    }
    pool_free(world.pool);
    assert_string_equal(world.fake.wrong, "");
    return 0;
}

static struct range range_of(size_t index)
{
    uint64_t start = world.requests[index].physical_address;
    return (struct range){start, start + world.requests[index].size_bytes};
}

static void on_done(struct heap_request *request)
{
    size_t index = (size_t)(request - world.requests);
    assert_int_equal(world.status[index], PENDING);
    world.status[index] = request->status;
    if (request->status < 0) {
        (void)snprintf(world.why, sizeof(world.why), "%s",
                       request->why == NULL ? "" : request->why);
        return;
    }
    fake_secure_mem_use(&world.fake, range_of(index), world.fake.properties.dynamic);
}

static void ask(size_t index, uint64_t pages)
{
    world.requests[index] = (struct heap_request){
        .size_bytes = pages * PAGE,
        .buffer_collection_id = 7,
        .name = "test",
        .done = on_done,
        .fd = -1,
    };
    world.status[index] = PENDING;
    heap_allocate(world.heap, &world.requests[index]);
}

static void made(size_t index, uint64_t pages)
{
    ask(index, pages);
    assert_int_equal(world.status[index], 0);
}

static void on_released(void *arg)
{
    world.released[(unsigned *)arg - world.released]++;
}

static void release(size_t index)
{
    world.released[index] = 0;
    fake_secure_mem_stop(&world.fake, range_of(index));
    heap_release(world.heap, &world.requests[index], on_released, &world.released[index]);
    assert_int_equal(world.requests[index].fd, -1);
}

static void answer_all(void)
{
    while (world.fake.call != NULL) {
        fake_secure_mem_answer(&world.fake);
    }
}

static enum fake_content content_of(size_t index)
{
    return world.fake.blocks[(world.requests[index].physical_address - BASE) / PAGE].content;
}

/* Lets the clock go on until nothing is left to be done. */
static unsigned ring_all(void)
{
    unsigned rings = 0;
    while (alarms_next(&world.alarms) != UINT64_MAX) {
        assert_true(alarms_ring(&world.alarms, alarms_next(&world.alarms)));
        assert_true(++rings < 100);
    }
    return rings;
}

/* --- */

static void nothing_comes_before_the_hardware(void **state)
{
    (void)state;
    ask(0, 1);
    assert_int_equal(world.status[0], -EAGAIN);
    assert_string_equal(world.why, "the driver of secure memory has not come");
    assert_null(attach());
    made(0, 1);
    release(0);
}

static void a_buffer_identifies_and_holds_nothing(void **state)
{
    (void)state;
    made(0, 1);
    made(1, 3);
    const struct heap_request *request = &world.requests[1];
    struct stat file;
    assert_int_equal(fstat(request->fd, &file), 0);
    assert_int_equal(file.st_size, 3 * PAGE);
    assert_int_equal(file.st_blocks, 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    assert_int_equal(write(request->fd, "x", 1), -1);
    assert_int_equal(request->physical_address, BASE + PAGE);
    assert_true(world.heap->properties.opaque && world.heap->properties.secure);
    assert_true(world.heap->properties.inaccessible_supported);
    assert_string_equal(world.heap->backend, "protected");
    assert_int_equal(world.heap->properties.charge, HEAP_CHARGES_TOUCHER);
    assert_false(world.heap->properties.cpu_supported || world.heap->properties.ram_supported ||
                 world.heap->properties.need_clear);
    struct protected_ranges_stats stats;
    assert_true(heap_secure_stats(world.heap, &stats));
    assert_int_equal(stats.requested_bytes, 4 * PAGE);
    release(0);
    release(1);
}

static void what_is_released_is_wiped_and_then_opened_by_the_clock(void **state)
{
    (void)state;
    made(0, 4);
    made(1, 4);
    release(0);
    assert_int_equal(world.released[0], 1);
    assert_int_equal(free_bytes(), (PAGES - 4) * PAGE);
    assert_int_equal(content_of(0), FAKE_ZEROES);
    assert_int_equal(world.fake.ranges[0].end - world.fake.ranges[0].start, 8 * PAGE);
    assert_int_equal(ring_all(), 2); /* one that shortens, one that finds nothing to do */
    assert_int_equal(world.fake.ranges[0].end - world.fake.ranges[0].start, 4 * PAGE);
    release(1);
    (void)ring_all();
    assert_int_equal(world.fake.count, 0);
}

static void a_full_pool_refuses_with_words(void **state)
{
    (void)state;
    made(0, PAGES - 2);
    ask(1, 3);
    assert_int_equal(world.status[1], -ENOMEM);
    assert_string_equal(world.why, "not enough left of the protected pool");
    made(1, 1);
    release(0);
    ask(0, PAGES - 1);
    assert_string_equal(world.why, "no free piece of the protected pool that is large enough");
    release(1);
    ask(2, UINT64_MAX / PAGE);
    assert_int_equal(world.status[2], -ENOMEM);
}

/* Each call of the hardware in turn fails. */
static void a_call_that_fails_is_a_refusal_and_leaves_nothing(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 2; n++) {
        world.fake.fails_in = n;
        ask(0, 2);
        assert_int_equal(world.status[0], -EIO);
        assert_string_equal(world.why, "the driver of secure memory could not protect it");
        assert_int_equal(free_bytes(), PAGES * PAGE);
        (void)ring_all();
        assert_int_equal(world.fake.count, 0);
    }
    assert_int_equal(world.heap->metrics.failed_allocations, 2);
    made(0, 2);
    world.fake.fails_in = 1;
    release(0);
    assert_int_equal(world.released[0], 0);
    assert_int_equal(free_bytes(), (PAGES - 2) * PAGE);
    (void)ring_all();
    assert_int_equal(world.released[0], 1);
}

static void failures_are_tried_again_ever_later(void **state)
{
    (void)state;
    made(0, 2);
    world.fake.percent = 100;
    release(0);
    uint64_t last = 0;
    for (unsigned i = 0; i < 10; i++) {
        uint64_t due = alarms_next(&world.alarms);
        assert_true(due >= last);
        last = due;
        assert_true(alarms_ring(&world.alarms, due));
        /* the clock has not gone on: what is due next is due this long from now */
    }
    world.fake.percent = 0;
    (void)ring_all();
    assert_int_equal(world.released[0], 1);
}

static void hardware_that_never_answers_holds_its_heap_up_alone(void **state)
{
    (void)state;
    world.fake.is_late = true;
    ask(0, 1);
    ask(1, 1);
    assert_int_equal(world.heap->properties.deadline_ns, 5000); /* who waits is answered by it */
    assert_int_equal(world.status[0], PENDING);
    detach();
    assert_int_equal(world.status[0], -EPIPE);
    assert_int_equal(world.status[1], -EPIPE);
    assert_string_equal(world.why, "the driver of secure memory is gone");
    assert_int_equal(free_bytes(), PAGES * PAGE);
    fake_secure_mem_refuse(&world.fake, -EPIPE);
}

static void the_end_of_the_heap_answers_who_waits(void **state)
{
    (void)state;
    world.fake.is_late = true;
    ask(0, 1);
    world.heap->ops->free(world.heap);
    world.heap = NULL;
    assert_int_equal(world.status[0], -EPIPE);
    fake_secure_mem_refuse(&world.fake, -EPIPE);
}

static void what_was_protected_is_protected_anew_and_keeps_its_content(void **state)
{
    (void)state;
    made(0, 2);
    made(1, 2);
    made(2, 2);
    world.fake.is_late = true;
    release(2); /* on its way when the hardware goes */
    assert_int_equal(world.released[2], 0);
    detach();
    assert_int_equal(world.released[2], 1);
    fake_secure_mem_refuse(&world.fake, -EPIPE);
    struct protected_ranges_stats stats;
    assert_false(heap_secure_stats(world.heap, &stats));
    release(0); /* while there is none */
    assert_int_equal(world.released[0], 1);
    assert_int_equal(free_bytes(), (PAGES - 6) * PAGE); /* nobody gets what they lay in */
    ask(3, 1);
    assert_int_equal(world.status[3], -EAGAIN);

    renew_hardware(can_modify);
    world.fake.is_late = true;
    assert_null(attach());
    assert_int_equal(world.attached, PENDING);
    answer_all();
    assert_int_equal(world.attached, 0);
    fake_secure_mem_use(&world.fake, range_of(1), false);
    assert_int_equal(free_bytes(), (PAGES - 2) * PAGE);
    assert_int_equal(content_of(0), FAKE_ZEROES);
    assert_int_equal(content_of(1), FAKE_SECRET);
    assert_int_equal(content_of(2), FAKE_ZEROES);
    world.fake.is_late = false;
    release(1);
    assert_int_equal(free_bytes(), PAGES * PAGE);
}

static void what_cannot_be_protected_anew_can_the_next_time(void **state)
{
    (void)state;
    made(0, 2);
    made(1, 2);
    detach();
    release(0);
    for (uint32_t n = 1; n <= 3; n += 2) { /* what 0 lies in is protected, wiped; then that of 1 */
        renew_hardware(can_modify);
        world.fake.fails_in = n;
        assert_null(attach());
        assert_int_equal(world.attached, -EIO);
        detach();
        assert_int_equal(free_bytes(), n == 1 ? (PAGES - 4) * PAGE : (PAGES - 2) * PAGE);
    }
    renew_hardware(can_modify);
    assert_null(attach());
    assert_int_equal(world.attached, 0);
    fake_secure_mem_use(&world.fake, range_of(1), false);
    release(1);
    assert_int_equal(free_bytes(), PAGES * PAGE);
}

static void what_cannot_be_wiped_waits(void **state)
{
    (void)state;
    made(0, 2);
    detach();
    release(0);
    renew_hardware(can_modify);
    world.fake.fails_in = 2;
    assert_null(attach());
    assert_int_equal(world.attached, 0);
    assert_int_equal(free_bytes(), (PAGES - 2) * PAGE);
    (void)ring_all();
    assert_int_equal(free_bytes(), PAGES * PAGE);
    assert_int_equal(content_of(0), FAKE_RUBBISH); /* wiped, and then open to all */
}

static void hardware_that_goes_again_at_once(void **state)
{
    (void)state;
    made(0, 2);
    made(1, 2);
    detach();
    renew_hardware(can_modify);
    world.fake.is_late = true;
    assert_null(attach());
    release(0); /* while it is being protected */
    assert_int_equal(world.released[0], 0);
    detach();
    assert_int_equal(world.released[0], 1);
    assert_int_equal(world.attached, PENDING); /* who detaches knows */
    fake_secure_mem_refuse(&world.fake, -EPIPE);

    renew_hardware(can_modify);
    world.fake.is_late = true;
    assert_null(attach());
    release(1);
    answer_all();
    assert_int_equal(world.attached, 0);
    assert_int_equal(world.released[1], 1);
    assert_int_equal(free_bytes(), PAGES * PAGE);
}

static void granularity_must_fit(void **state)
{
    (void)state;
    renew_hardware((struct secure_mem_properties){true, true, 16 * PAGES * PAGE * BASE, 9});
    assert_string_equal(attach(), "its granularity is larger than that of the configured pool");
    renew_hardware((struct secure_mem_properties){true, true, 4 * PAGE, 9});
    assert_null(attach());
    assert_int_equal(world.heap->properties.granularity, 4 * PAGE);
    made(0, 4);
    made(1, 4);
    detach();
    renew_hardware((struct secure_mem_properties){true, true, 8 * PAGE, 9});
    assert_string_equal(attach(), "its granularity is larger than that of buffers which there are");
    renew_hardware(can_modify);
    assert_null(attach());
    release(0);
    release(1);
}

/* A size that was rounded when the granularity was another one. */
static void no_two_buffers_share_a_block(void **state)
{
    (void)state;
    renew_hardware((struct secure_mem_properties){true, true, 4 * PAGE, 9});
    assert_null(attach());
    made(0, 1);
    made(1, 5);
    made(2, 1);
    assert_int_equal(world.requests[1].physical_address, BASE + 4 * PAGE);
    assert_int_equal(world.requests[2].physical_address, BASE + 12 * PAGE);
    release(0);
    release(1);
    release(2);
}

static void what_is_not_dynamic_is_not_zeroed_and_says_so(void **state)
{
    (void)state;
    renew_hardware((struct secure_mem_properties){false, false, PAGE, 1});
    assert_null(attach());
    assert_true(world.heap->properties.need_clear);
    made(0, 1);
    made(1, 1);
    assert_int_equal(world.fake.ranges[0].start, BASE);
    assert_int_equal(world.fake.ranges[0].end, BASE + PAGES * PAGE);
    release(0);
    release(1);
    assert_int_equal(free_bytes(), PAGES * PAGE);
}

/* Its holder may have given the file pages. */
static void a_file_with_pages_is_closed_elsewhere(void **state)
{
    (void)state;
    closed_elsewhere = 0;
    made(0, 4);
    assert_int_equal(fallocate(world.requests[0].fd, 0, 0, 4 * PAGE), 0);
    release(0);
    assert_int_equal(closed_elsewhere, 1);
    made(1, 4);
    release(1);
    assert_int_equal(closed_elsewhere, 1);
}

#define TEST(name)     cmocka_unit_test_setup_teardown(name, setup, teardown)
#define ATTACHED(name) cmocka_unit_test_setup_teardown(name, setup_attached, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_comes_before_the_hardware),
        ATTACHED(a_buffer_identifies_and_holds_nothing),
        ATTACHED(what_is_released_is_wiped_and_then_opened_by_the_clock),
        ATTACHED(a_file_with_pages_is_closed_elsewhere),
        ATTACHED(a_full_pool_refuses_with_words),
        ATTACHED(a_call_that_fails_is_a_refusal_and_leaves_nothing),
        ATTACHED(failures_are_tried_again_ever_later),
        ATTACHED(hardware_that_never_answers_holds_its_heap_up_alone),
        ATTACHED(the_end_of_the_heap_answers_who_waits),
        ATTACHED(what_was_protected_is_protected_anew_and_keeps_its_content),
        ATTACHED(what_cannot_be_protected_anew_can_the_next_time),
        ATTACHED(what_cannot_be_wiped_waits),
        ATTACHED(hardware_that_goes_again_at_once),
        TEST(granularity_must_fit),
        TEST(no_two_buffers_share_a_block),
        TEST(what_is_not_dynamic_is_not_zeroed_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
