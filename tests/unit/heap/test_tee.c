#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../support/fake_secure_mem.h"
#include "heap/tee.h"

#define PAGE    UINT64_C(4096)
#define BASE    UINT64_C(0x90000000)
#define BUFFERS 4u
#define PENDING 1 /* no answer so far */

/* Two ranges, of 4 and 8 pages. */
static const struct range ranges[] = {
    {BASE,             BASE + 4 * PAGE },
    {BASE + 10 * PAGE, BASE + 18 * PAGE},
};

static struct fake_secure_mem fake;
static struct heap *heap;
static struct heap_request requests[BUFFERS];
static int status[BUFFERS];
static char why[128];

static void on_done(struct heap_request *request)
{
    size_t index = (size_t)(request - requests);
    assert_int_equal(status[index], PENDING);
    status[index] = request->status;
    (void)snprintf(why, sizeof(why), "%s", request->why == NULL ? "" : request->why);
}

static void ask(size_t index, uint64_t pages)
{
    requests[index] = (struct heap_request){
        .size_bytes = pages * PAGE,
        .name = "test",
        .done = on_done,
        .fd = -1,
    };
    status[index] = PENDING;
    heap_allocate(heap, &requests[index]);
}

static void made(size_t index, uint64_t pages)
{
    ask(index, pages);
    assert_int_equal(status[index], 0);
}

static void release(size_t index)
{
    heap_release(heap, &requests[index], NULL, NULL);
    assert_int_equal(requests[index].fd, -1);
}

static void attach(bool dynamic, uint64_t granularity)
{
    memset(&fake, 0, sizeof(fake));
    fake.properties = (struct secure_mem_properties){dynamic, false, granularity, 1};
    fake.whole = (struct range){BASE, BASE + 20 * PAGE};
    fake.is_fixed = true;
    fake_secure_mem_init(&fake);
    assert_null(heap_tee_attach(heap, &fake.hardware, &fake.properties));
    heap->ready = true;
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
    const struct heap_tee_config config = {
        .id = {.heap_type = "test.TEE", .has = {true, true}},
        .ranges = ranges,
        .range_count = 2,
        .deadline_ns = 5000,
        .executor = &elsewhere,
    };
    heap = heap_tee_new(&config);
    assert_non_null(heap);
    assert_string_equal(heap->backend, "tee");
    attach(true, PAGE);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (heap != NULL) {
        assert_int_equal(heap->metrics.buffers, 0);
        heap->ops->free(heap);
    }
    assert_string_equal(fake.wrong, "");
    return 0;
}

static void buffers_lie_in_its_ranges_and_are_zeroed(void **state)
{
    (void)state;
    made(0, 3);
    made(1, 8);
    made(2, 1);
    assert_int_equal(requests[0].physical_address, BASE);
    assert_int_equal(requests[1].physical_address, BASE + 10 * PAGE);
    assert_int_equal(requests[2].physical_address, BASE + 3 * PAGE);
    assert_int_equal(fake.calls, 3);
    assert_int_equal(fake.blocks[17].content, FAKE_ZEROES);
    struct stat file;
    assert_int_equal(fstat(requests[1].fd, &file), 0);
    assert_int_equal(file.st_size, 8 * PAGE);
    assert_int_equal(file.st_blocks, 0);
    ask(3, 1);
    assert_int_equal(status[3], -ENOMEM);
    assert_string_equal(why, "no free piece of the heap that is large enough");
    release(1);
    made(3, 1);
    release(0);
    release(2);
    release(3);
}

static void a_buffer_has_its_blocks_to_itself(void **state)
{
    (void)state;
    heap_tee_detach(heap);
    attach(true, 2 * PAGE);
    made(0, 1);
    made(1, 1);
    assert_int_equal(requests[1].physical_address, BASE + 2 * PAGE);
    release(0);
    release(1);
    heap_tee_detach(heap);
    struct secure_mem_properties coarse = {true, false, 4 * PAGE, 1};
    assert_string_equal(heap_tee_attach(heap, &fake.hardware, &coarse),
                        "its granularity is larger than that of the heap's ranges");
}

static void what_is_not_dynamic_is_not_zeroed_and_says_so(void **state)
{
    (void)state;
    heap_tee_detach(heap);
    attach(false, PAGE);
    assert_true(heap->properties.need_clear);
    assert_string_equal(heap->backend, "tee");
    assert_int_equal(heap->properties.charge, HEAP_CHARGES_PROVIDER);
    made(0, 1);
    assert_int_equal(fake.calls, 0);
    release(0);
}

static void a_call_that_fails_is_a_refusal_and_leaves_nothing(void **state)
{
    (void)state;
    fake.fails_in = 1;
    ask(0, 8);
    assert_int_equal(status[0], -EIO);
    assert_string_equal(why, "the driver of secure memory could not zero it");
    made(0, 8);
    release(0);
}

static void who_waits_when_the_hardware_goes_hears_of_it(void **state)
{
    (void)state;
    fake.is_late = true;
    ask(0, 8);
    heap_tee_detach(heap);
    assert_int_equal(status[0], -EPIPE);
    assert_string_equal(why, "the driver of secure memory is gone");
    ask(1, 8); /* by who has not heard of it */
    assert_int_equal(status[1], -EPIPE);
    fake_secure_mem_refuse(&fake, -EPIPE); /* late, and harmless */
    attach(true, PAGE);
    made(0, 8); /* all of it is there again */
    heap_tee_detach(heap);
    release(0); /* while there is none */
    attach(true, PAGE);
    made(1, 8);
    release(1);
}

static void the_end_of_the_heap_answers_who_waits(void **state)
{
    (void)state;
    fake.is_late = true;
    ask(0, 1);
    heap->ops->free(heap);
    heap = NULL;
    assert_int_equal(status[0], -EPIPE);
    fake_secure_mem_answer(&fake);
}

static void it_knows_its_ranges(void **state)
{
    (void)state;
    struct range other[] = {ranges[0], ranges[1]};
    assert_true(heap_tee_has_ranges(heap, other, 2));
    assert_false(heap_tee_has_ranges(heap, other, 1));
    other[1].end += PAGE;
    assert_false(heap_tee_has_ranges(heap, other, 2));
    assert_true(heap_tee_overlaps(heap, other[1]));
    assert_false(heap_tee_overlaps(heap, (struct range){BASE + 4 * PAGE, BASE + 10 * PAGE}));
}

/* Its holder may have given the file pages. */
static void a_file_with_pages_is_closed_elsewhere(void **state)
{
    (void)state;
    closed_elsewhere = 0;
    made(0, 4);
    assert_int_equal(fallocate(requests[0].fd, 0, 0, 4 * PAGE), 0);
    release(0);
    assert_int_equal(closed_elsewhere, 1);
    made(1, 4);
    release(1);
    assert_int_equal(closed_elsewhere, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(buffers_lie_in_its_ranges_and_are_zeroed),
        TEST(a_file_with_pages_is_closed_elsewhere),
        TEST(a_buffer_has_its_blocks_to_itself),
        TEST(what_is_not_dynamic_is_not_zeroed_and_says_so),
        TEST(a_call_that_fails_is_a_refusal_and_leaves_nothing),
        TEST(who_waits_when_the_hardware_goes_hears_of_it),
        TEST(the_end_of_the_heap_answers_who_waits),
        TEST(it_knows_its_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
