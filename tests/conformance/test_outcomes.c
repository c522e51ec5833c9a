/* What those who wait see, and what becomes of handles.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, BufferCollection, WaitForAllBuffersAllocated. */
#include <poll.h>

#include "negotiation.h"
#include "wishes.h"

static void c117_what_a_wait_ends_in(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_buffer_collection_constraints wishes[] = {
        cpu_constraints(1, PAGE, PAGE), cpu_constraints(1, 2 * PAGE, 2 * PAGE)};
    expect(stage->allocator, wishes, 1, 1);
    expect(stage->allocator, wishes, 2, 0);
    assert_still_serves(stage);
}

static void after_a_failed_allocation_every_channel_closes(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_buffer_collection_constraints wishes[] = {
        cpu_constraints(1, PAGE, PAGE), cpu_constraints(1, 2 * PAGE, 2 * PAGE)};
    struct negotiation n;
    negotiation_open(&n, stage->allocator, NULL, 3);
    negotiation_say(&n, 0, &wishes[0]);
    negotiation_say(&n, 1, &wishes[1]);
    negotiation_say(&n, 2, NULL);
    negotiation_decide(&n);
    assert_refused(&n);
    for (size_t i = 0; i < 3; i++) {
        assert_closed(sysmem_collection_node(n.seats[i].collection));
    }
    negotiation_close(&n);
}

/* Two participants, of whom the first has a wait pending. */
static void first_waits(struct stage *stage, struct negotiation *n)
{
    const struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    negotiation_open(n, stage->allocator, NULL, 2);
    negotiation_say(n, 0, &wish);
}

/* The first one's wait ends without an answer of the daemon. */
static void assert_cut_off(struct negotiation *n)
{
    struct sysmem_node *node = sysmem_collection_node(n->seats[0].collection);
    assert_closed(node);
    assert_int_equal(sysmem_channel_process(sysmem_node_channel(node)), ZX_ERR_PEER_CLOSED);
    assert_true(n->seats[0].answered);
    assert_int_equal(n->seats[0].status, ZX_ERR_PEER_CLOSED);
    assert_closed(sysmem_token_node(n->starter));
    negotiation_close(n);
}

static void c061_a_collection_closed_before_its_constraints_fails_all(void **state)
{
    struct negotiation n;
    first_waits(*state, &n);
    sysmem_collection_free(n.seats[1].collection);
    n.seats[1].collection = NULL;
    assert_cut_off(&n);
    assert_still_serves(*state);
}

static void a_token_closed_without_release_fails_all(void **state)
{
    struct negotiation n;
    first_waits(*state, &n);
    struct sysmem_token *token = duplicate(n.starter);
    sysmem_token_free(token);
    assert_cut_off(&n);
}

static void a_breach_of_the_rules_fails_all(void **state)
{
    struct negotiation n;
    first_waits(*state, &n);
    struct sysmem_node *second = sysmem_collection_node(n.seats[1].collection);
    assert_int_equal(sysmem_node_release(second), 0);
    assert_int_equal(sysmem_node_release(second), 0);
    assert_closed(second);
    assert_cut_off(&n);
}

static void an_abrupt_end_after_allocation_fails_all_but_the_buffers(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_buffer_collection_constraints wishes[] = {cpu_constraints(1, PAGE, 0),
                                                                  cpu_constraints(1, PAGE, 0)};
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    assert_allocated(&n, 2);
    sysmem_collection_free(n.seats[1].collection);
    n.seats[1].collection = NULL;
    assert_closed(sysmem_collection_node(n.seats[0].collection));
    char text[] = "still here";
    char copy[sizeof(text)] = {0};
    assert_int_equal(
        zx_vmo_write(result_of(&n, 0)->buffers[0].vmo, text, PAGE - sizeof(text), sizeof(text)),
        ZX_OK);
    assert_int_equal(
        zx_vmo_read(result_of(&n, 1)->buffers[0].vmo, copy, PAGE - sizeof(text), sizeof(text)),
        ZX_OK);
    assert_string_equal(copy, text);
    n.seats[1].answered = false; /* nothing is left to release */
    negotiation_close(&n);
}

static void a_clean_end_after_allocation_leaves_the_others(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_buffer_collection_constraints wishes[] = {cpu_constraints(1, PAGE, 0),
                                                                  cpu_constraints(1, PAGE, 0)};
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    leave(n.seats[1].collection);
    n.seats[1].collection = NULL;
    n.seats[1].answered = false;
    assert_still_serves(stage);
    assert_open(sysmem_collection_node(n.seats[0].collection));
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated(n.seats[0].collection, soon(), &info), 0);
    assert_int_equal(sysmem_collection_info_get(info)->buffers_count, 2);
    sysmem_collection_info_free(info);
    negotiation_close(&n);
}

static void a_collection_outlives_its_allocator(void **state)
{
    struct stage *stage = *state;
    struct sysmem_allocator *allocator = connect_to(&stage->daemon);
    struct sysmem_token *token = root_token(allocator);
    struct sysmem_collection *collection = bind_token(allocator, token);
    assert_open(sysmem_collection_node(collection));
    sysmem_allocator_free(allocator);
    assert_still_serves(stage);
    const struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    sysmem_collection_info_free(info);
    leave(collection);
}

static void each_wait_gives_fresh_handles(void **state)
{
    struct stage *stage = *state;
    struct sysmem_collection_info *infos[2] = {0};
    struct sysmem_collection *collection = allocated(stage->allocator, 2, PAGE, &infos[0]);
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &infos[1]), 0);
    for (size_t i = 0; i < 2; i++) {
        zx_handle_t first = sysmem_collection_info_get(infos[0])->buffers[i].vmo;
        zx_handle_t second = sysmem_collection_info_get(infos[1])->buffers[i].vmo;
        assert_int_not_equal(first, second);
        assert_int_not_equal(sysmem_handle_fd(first), sysmem_handle_fd(second));
        assert_true(basic_info(first).koid == basic_info(second).koid);
    }
    sysmem_collection_info_free(infos[0]);
    char byte = 7;
    assert_int_equal(
        zx_vmo_write(sysmem_collection_info_get(infos[1])->buffers[0].vmo, &byte, 0, 1), ZX_OK);
    sysmem_collection_info_free(infos[1]);
    leave(collection);
}

#define WAITS 64

struct answer {
    size_t *answered;
    sysmem_status_t status;
    struct sysmem_collection_info *info;
};

static void on_answer(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    struct answer *answer = arg;
    answer->status = status;
    answer->info = info;
    (*answer->answered)++;
}

static void many_pending_waits_are_each_answered(void **state)
{
    struct stage *stage = *state;
    struct negotiation n;
    first_waits(stage, &n);
    struct answer answers[WAITS];
    size_t answered = 0;
    struct sysmem_collection *collection = n.seats[0].collection;
    for (size_t i = 0; i < WAITS; i++) {
        answers[i] = (struct answer){.answered = &answered, .status = -1};
        assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated_async(
                             collection, on_answer, &answers[i]),
                         0);
    }
    assert_open(sysmem_collection_node(collection));
    assert_int_equal(answered, 0);
    const struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    negotiation_say(&n, 1, &wish);
    negotiation_decide(&n);
    while (answered < WAITS) {
        struct sysmem_node *node = sysmem_collection_node(collection);
        struct pollfd ready = {.fd = sysmem_channel_get_fd(sysmem_node_channel(node)),
                               .events = sysmem_channel_get_events(sysmem_node_channel(node))};
        assert_int_equal(poll(&ready, 1, DAEMON_PATIENCE_MS), 1);
        assert_int_equal(sysmem_channel_process(sysmem_node_channel(node)), 0);
    }
    zx_koid_t koid = basic_info(result_of(&n, 0)->buffers[1].vmo).koid;
    for (size_t i = 0; i < WAITS; i++) {
        assert_int_equal(answers[i].status, 0);
        const struct sysmem_buffer_collection_info *result =
            sysmem_collection_info_get(answers[i].info);
        assert_int_equal(result->buffers_count, 2);
        assert_true(basic_info(result->buffers[1].vmo).koid == koid);
    }
    for (size_t i = 0; i < WAITS; i++) {
        sysmem_collection_info_free(answers[i].info);
    }
    negotiation_close(&n);
}

static void all_128_buffers_arrive_whole(void **state)
{
    struct stage *stage = *state;
    const struct sysmem_buffer_collection_constraints wishes[] = {cpu_constraints(64, PAGE, 0),
                                                                  cpu_constraints(64, PAGE, 0)};
    struct negotiation n;
    negotiate(&n, stage->allocator, wishes, 2);
    assert_allocated(&n, 128);
    for (uint32_t i = 0; i < 128; i++) {
        zx_handle_t vmo = result_of(&n, 0)->buffers[i].vmo;
        assert_true(size_of_vmo(vmo) == PAGE);
        assert_int_equal(zx_vmo_write(vmo, &i, 0, sizeof(i)), ZX_OK);
    }
    for (uint32_t i = 0; i < 128; i++) { /* the same ones, in the same order */
        zx_handle_t vmo = result_of(&n, 1)->buffers[i].vmo;
        uint32_t number = UINT32_MAX;
        assert_true(basic_info(vmo).koid == basic_info(result_of(&n, 0)->buffers[i].vmo).koid);
        assert_int_equal(zx_vmo_read(vmo, &number, 0, sizeof(number)), ZX_OK);
        assert_int_equal(number, i);
    }
    negotiation_close(&n);
}

static void buffers_are_zeroed(void **state)
{
    struct stage *stage = *state;
    static unsigned char bytes[64 * 1024];
    for (int round = 0; round < 2; round++) {
        struct sysmem_collection_info *info = NULL;
        struct sysmem_collection *collection = allocated(stage->allocator, 1, sizeof(bytes), &info);
        zx_handle_t vmo = sysmem_collection_info_get(info)->buffers[0].vmo;
        assert_int_equal(zx_vmo_read(vmo, bytes, 0, sizeof(bytes)), ZX_OK);
        for (size_t i = 0; i < sizeof(bytes); i++) {
            assert_int_equal(bytes[i], 0);
            bytes[i] = 0xA5;
        }
        assert_int_equal(zx_vmo_write(vmo, bytes, 0, sizeof(bytes)), ZX_OK);
        sysmem_collection_info_free(info);
        leave(collection);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c117_what_a_wait_ends_in),
        CASE(after_a_failed_allocation_every_channel_closes),
        CASE(c061_a_collection_closed_before_its_constraints_fails_all),
        CASE(a_token_closed_without_release_fails_all),
        CASE(a_breach_of_the_rules_fails_all),
        CASE(an_abrupt_end_after_allocation_fails_all_but_the_buffers),
        CASE(a_clean_end_after_allocation_leaves_the_others),
        CASE(a_collection_outlives_its_allocator),
        CASE(each_wait_gives_fresh_handles),
        CASE(many_pending_waits_are_each_answered),
        CASE(all_128_buffers_arrive_whole),
        CASE(buffers_are_zeroed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
