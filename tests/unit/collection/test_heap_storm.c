/* Heaps that come, go, stall and fail at random under collections that come and go, too: whatever
 * happens, nothing is left over, nobody waits for a heap that is gone, and each heap is freed once.
 */
#include "fixture.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "../fake_heap.h"

#define HEAPS       48
#define COLLECTIONS 6
#define TYPES       3
#define STEPS       2000
#define SEEDS       20

struct guest {
    struct collection *collection; /* NULL: none */
    struct peer peer;
};

struct storm {
    struct fixture *fixture;
    uint64_t state;
    struct fake_heap heaps[HEAPS];
    struct fake_heap *present[TYPES];
    size_t made; /* so many of the heaps were made, and their places are taken again when freed */
    struct guest guests[COLLECTIONS];
    uint64_t next_id;
    unsigned allocated;
    unsigned failed;
};

static struct storm storm;

static uint32_t below(uint32_t n)
{
    storm.state = storm.state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(storm.state >> 33) % n;
}

/* --- heaps --- */

static struct fake_heap *free_place(void)
{
    if (storm.made < HEAPS) {
        return &storm.heaps[storm.made++];
    }
    for (size_t i = 0; i < HEAPS; i++) {
        if (storm.heaps[i].freed) {
            return &storm.heaps[i];
        }
    }
    return NULL;
}

static void a_heap_comes(uint32_t type)
{
    static const char *const types[TYPES] = {"storm.A", "storm.B", "storm.SECURE"};
    struct fake_heap *heap = free_place();
    if (heap == NULL) {
        return;
    }
    fake_heap_init(heap, types[type], 0);
    heap->slow = below(2) == 0;
    heap->heap.properties.deadline_ns = below(2) == 0 ? 0 : 1000;
    if (type == 2) {
        heap->heap.properties = (struct heap_properties){
            .inaccessible_supported = true, .secure = true, .max_size_bytes = UINT64_MAX};
    }
    assert_int_equal(heap_registry_add(&storm.fixture->heaps, &heap->heap), 0);
    storm.present[type] = heap;
}

static void a_heap_goes(uint32_t type)
{
    if (storm.present[type] != NULL) {
        heap_registry_remove(&storm.fixture->heaps, &storm.present[type]->heap, "it blew away");
        storm.present[type] = NULL;
    }
}

static void a_heap_changes(uint32_t type)
{
    struct fake_heap *heap = storm.present[type];
    if (heap != NULL) {
        heap_registry_set_ready(&storm.fixture->heaps, &heap->heap,
                                below(2) == 0 ? "it is away" : NULL);
    }
}

/* One that is gone may still have something to say. */
static void a_heap_answers(void)
{
    struct fake_heap *heap = &storm.heaps[below(HEAPS)];
    if (heap->heap.ops != NULL && !heap->freed) {
        if (below(2) == 0) {
            fake_heap_answer(heap, below(3) == 0 ? -EIO : 0, "it stumbled");
        } else {
            fake_heap_finish_all(heap);
        }
    }
}

/* --- collections --- */

static void a_collection_comes(struct guest *guest)
{
    const char *why = NULL;
    failure_unref(guest->peer.failure);
    guest->peer = (struct peer){0};
    guest->collection = collection_new(&storm.fixture->table, storm.fixture->account,
                                       ++storm.next_id, &guest->peer, &why);
    assert_non_null(guest->collection);
    guest->peer.node = guest->collection->root;
    collection_bind_node(guest->peer.node, &guest->peer);
}

/* It permits one heap, or both that are not secure, or requires secure memory. */
static void a_collection_asks(struct guest *guest)
{
    static const struct sysmem_heap heaps[] = {
        {.heap_type = "storm.A", .has = {.heap_type = true}},
        {.heap_type = "storm.B", .has = {.heap_type = true}},
    };
    static struct sysmem_buffer_collection_constraints wishes[4]; /* they outlive the call */
    uint32_t kind = below(4);
    struct sysmem_buffer_collection_constraints *wish = &wishes[kind];
    struct arena none = {0};
    *wish = (struct sysmem_buffer_collection_constraints){.has = {.usage = true}};
    SYSMEM_SET(&wish->usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    SYSMEM_SET(wish, min_buffer_count, 2);
    wish->has.buffer_memory_constraints = true;
    struct sysmem_buffer_memory_constraints *memory = &wish->buffer_memory_constraints;
    SYSMEM_SET(memory, min_size_bytes, SIZE_BYTES);
    if (kind == 3) {
        SYSMEM_SET(memory, secure_required, true);
    } else {
        SYSMEM_SET_VECTOR(memory, permitted_heaps, &heaps[kind % 2], kind == 0 ? 2 : 1);
    }
    assert_true(collection_set_constraints(guest->peer.node, wish, &none));
    collection_evaluate(guest->collection);
}

static void a_collection_moves(void)
{
    struct guest *guest = &storm.guests[below(COLLECTIONS)];
    if (guest->peer.closed > 0) { /* it may be freed already */
        storm.failed++;
        guest->collection = NULL;
        guest->peer.closed = 0;
    }
    if (guest->collection == NULL) {
        a_collection_comes(guest);
    } else if (!guest->peer.node->has_constraints) {
        a_collection_asks(guest);
    } else if (below(2) == 0) {
        storm.allocated += guest->collection->state == COLLECTION_ALLOCATED ? 1 : 0;
        collection_fail_node(guest->peer.node, "it left");
        guest->collection = NULL;
    }
}

/* --- all together --- */

static void step(void)
{
    static const enum heap_secure secure[] = {HEAP_SECURE_NONE, HEAP_SECURE_EXPECTED,
                                              HEAP_SECURE_READY, HEAP_SECURE_READY,
                                              HEAP_SECURE_LOST};
    switch (below(12)) {
    case 0:
        a_heap_comes(below(TYPES));
        break;
    case 1:
        a_heap_goes(below(TYPES));
        break;
    case 2:
        a_heap_changes(below(TYPES));
        break;
    case 3:
        heap_registry_set_secure(&storm.fixture->heaps, secure[below(5)]);
        break;
    case 4:
        (void)alarms_ring(&storm.fixture->alarms, collection_now_ns());
        break;
    case 5:
    case 6:
        a_heap_answers();
        break;
    default:
        a_collection_moves();
        break;
    }
}

/* As the loop does after each turn. */
static void end_turn(void)
{
    buffer_watcher_process(storm.fixture->watcher);
    for (uint32_t bits = below(4); bits > 0; bits--) {
        collection_table_sweep(&storm.fixture->table);
    }
    heap_registry_sweep(&storm.fixture->heaps);
}

/* Once everything has had its turn, nobody has to do with a heap that is gone, and who waits for
 * secure memory has reason to. */
static void check_all_settled(void)
{
    collection_table_sweep_all(&storm.fixture->table);
    list_for_each (link, &storm.fixture->table.collections) {
        const struct collection *collection = container_of(link, struct collection, link);
        bool lives = collection->root != NULL;
        assert_true(!lives || collection->buffers == NULL ||
                    buffer_set_heap(collection->buffers)->gone == NULL);
        assert_true(!collection->waits_for_secure ||
                    storm.fixture->heaps.secure == HEAP_SECURE_EXPECTED);
    }
}

/* Everybody leaves, and every heap says what it still has to say. */
static void let_all_go(void)
{
    struct pollfd ready = {.fd = buffer_watcher_fd(storm.fixture->watcher), .events = POLLIN};
    for (size_t i = 0; i < COLLECTIONS; i++) {
        struct guest *guest = &storm.guests[i];
        if (guest->collection != NULL && guest->peer.closed == 0) {
            collection_fail_node(guest->peer.node, "all leave");
        }
    }
    for (uint32_t type = 0; type < TYPES; type++) {
        a_heap_goes(type);
    }
    while (storm.fixture->account->used[ACCOUNT_COLLECTIONS] > 0 ||
           storm.fixture->heaps.gone != NULL) {
        for (size_t i = 0; i < storm.made; i++) {
            if (!storm.heaps[i].freed) {
                fake_heap_answer(&storm.heaps[i], 0, NULL);
                fake_heap_finish_all(&storm.heaps[i]);
            }
        }
        if (!buffer_watcher_is_due(storm.fixture->watcher)) {
            (void)poll(&ready, 1, 10);
        }
        buffer_watcher_process(storm.fixture->watcher);
        collection_table_sweep_all(&storm.fixture->table);
        heap_registry_sweep(&storm.fixture->heaps);
    }
}

static void run(uint64_t seed)
{
    struct fixture *fixture = storm.fixture;
    storm = (struct storm){
        .fixture = fixture,
        .state = seed,
        .next_id = storm.next_id,
        .allocated = storm.allocated,
        .failed = storm.failed,
    };
    for (int i = 0; i < STEPS; i++) {
        step();
        end_turn();
        if (i % 16 == 0) {
            check_all_settled();
        }
    }
    let_all_go();
    assert_int_equal(fixture->account->used[ACCOUNT_BUFFER_BYTES], 0);
    for (size_t i = 0; i < storm.made; i++) {
        assert_true(storm.heaps[i].freed);
        assert_int_equal(storm.heaps[i].heap.metrics.buffers, 0);
    }
    for (size_t i = 0; i < COLLECTIONS; i++) {
        failure_unref(storm.guests[i].peer.failure);
    }
}

static void nothing_is_left_over(void **state)
{
    struct fixture *fixture = *state;
    storm = (struct storm){.fixture = fixture, .next_id = 1};
    fixture->heaps.alarms = &fixture->alarms;
    fixture->table.config.observer.event = NULL;
    collection_fail_node(fixture->peers[0].node, "only guests here");
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run(seed);
    }
    print_message("%u collections had buffers when they left, %u failed\n", storm.allocated,
                  storm.failed);
    assert_true(storm.allocated > 20 * SEEDS && storm.failed > 200 * SEEDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(nothing_is_left_over)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
