#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../log_lines.h"
#include "base/list.h"
#include "heap/registry.h"

static unsigned heaps_freed;

static void count_free(struct heap *heap)
{
    (void)heap;
    heaps_freed++;
}

static const struct heap_ops ops = {.free = count_free};
static const char *const aliases[] = {"old.name", "older.name"};

static struct heap make_heap(const char *type, uint64_t id)
{
    return (struct heap){
        .ops = &ops,
        .id = {.heap_type = type, .id = id, .has = {.heap_type = true, .id = true}},
        .ready = true,
    };
}

static void found_by_type_and_id(void **state)
{
    (void)state;
    struct heap_registry registry = {0};
    struct heap first = make_heap("name", 0);
    struct heap second = make_heap("name", 1);
    assert_null(heap_registry_find(&registry, "name", 0));
    assert_int_equal(heap_registry_add(&registry, &first), 0);
    assert_int_equal(heap_registry_add(&registry, &second), 0);
    assert_ptr_equal(heap_registry_find(&registry, "name", 0), &first);
    assert_ptr_equal(heap_registry_find(&registry, "name", 1), &second);
    assert_null(heap_registry_find(&registry, "name", 2));
    assert_null(heap_registry_find(&registry, "nam", 0));
    heaps_freed = 0;
    heap_registry_deinit(&registry);
    assert_int_equal(heaps_freed, 2);
    assert_int_equal(registry.count, 0);
}

static void found_by_alias(void **state)
{
    (void)state;
    struct heap_registry registry = {0};
    struct heap heap = make_heap("name", 3);
    heap.aliases = aliases;
    heap.alias_count = 2;
    assert_int_equal(heap_registry_add(&registry, &heap), 0);
    assert_ptr_equal(heap_registry_find(&registry, "older.name", 3), &heap);
    assert_null(heap_registry_find(&registry, "older.name", 0));
    heap_registry_deinit(&registry);
}

static void names_are_unique(void **state)
{
    (void)state;
    struct heap_registry registry = {0};
    struct heap heap = make_heap("name", 0);
    heap.aliases = aliases;
    heap.alias_count = 2;
    assert_int_equal(heap_registry_add(&registry, &heap), 0);
    struct heap same = make_heap("name", 0);
    struct heap like_alias = make_heap("old.name", 0);
    struct heap with_alias = make_heap("other", 0);
    with_alias.aliases = aliases + 1;
    with_alias.alias_count = 1;
    assert_int_equal(heap_registry_add(&registry, &same), -EEXIST);
    assert_int_equal(heap_registry_add(&registry, &like_alias), -EEXIST);
    assert_int_equal(heap_registry_add(&registry, &with_alias), -EEXIST);
    assert_int_equal(registry.count, 1);
    heap_registry_deinit(&registry);
}

/* --- heaps that come and go --- */

/* A heap of another process, whose answers come when the test gives them. */
struct remote {
    struct heap heap;
    struct heap_request *asked;
    void (*done)(void *arg); /* of a release */
    void *done_arg;
    bool freed;
};

static void remote_allocate(struct heap *heap, struct heap_request *request)
{
    container_of(heap, struct remote, heap)->asked = request;
}

static void remote_release(struct heap *heap, struct heap_request *request, void (*done)(void *arg),
                           void *arg)
{
    struct remote *remote = container_of(heap, struct remote, heap);
    (void)request;
    remote->done = done;
    remote->done_arg = arg;
}

static void remote_done(struct remote *remote)
{
    void (*done)(void *) = remote->done;
    remote->done = NULL;
    done(remote->done_arg);
}

static void remote_free(struct heap *heap)
{
    struct remote *remote = container_of(heap, struct remote, heap);
    if (remote->done != NULL) {
        remote_done(remote);
    }
    remote->freed = true;
}

static struct remote make_remote(void)
{
    static const struct heap_ops remote_ops = {
        .allocate = remote_allocate, .release = remote_release, .free = remote_free};
    struct remote remote = {.heap = make_heap("remote", 0)};
    remote.heap.ops = &remote_ops;
    remote.heap.external = true;
    remote.heap.properties.max_size_bytes = UINT64_MAX;
    return remote;
}

static unsigned changes;

static void count_change(void *arg)
{
    (void)arg;
    changes++;
}

static const struct heap_observer observer = {.changed = count_change};

static void one_that_is_gone_is_not_found(void **state)
{
    (void)state;
    struct heap_registry registry = {.observer = observer};
    struct heap first = make_heap("name", 0);
    struct heap second = make_heap("name", 1);
    struct heap third = make_heap("name", 2);
    changes = heaps_freed = 0;
    assert_int_equal(heap_registry_add(&registry, &first), 0);
    assert_int_equal(heap_registry_add(&registry, &second), 0);
    assert_int_equal(heap_registry_add(&registry, &third), 0);
    heap_registry_remove(&registry, &second, "its process is gone");
    assert_int_equal(changes, 4);
    assert_null(heap_registry_find(&registry, "name", 1));
    assert_ptr_equal(heap_registry_find(&registry, "name", 0), &first);
    assert_ptr_equal(heap_registry_find(&registry, "name", 2), &third);
    assert_string_equal(second.gone, "its process is gone");
    heap_registry_remove(&registry, &second, "again"); /* it may be told twice */
    assert_int_equal(changes, 4);
    assert_string_equal(second.gone, "its process is gone");
    assert_int_equal(heaps_freed, 0);
    heap_registry_sweep(&registry);
    assert_int_equal(heaps_freed, 1);
    heap_registry_deinit(&registry);
    assert_int_equal(heaps_freed, 3);
    assert_int_equal(changes, 4); /* the end is told to nobody */
}

static void freed_when_nobody_uses_it(void **state)
{
    (void)state;
    struct heap_registry registry = {0};
    struct remote remote = make_remote();
    assert_int_equal(heap_registry_add(&registry, &remote.heap), 0);
    heap_hold(&remote.heap);
    heap_hold(&remote.heap);
    heap_registry_remove(&registry, &remote.heap, "its process is gone");
    heap_let_go(&remote.heap);
    heap_registry_sweep(&registry);
    assert_false(remote.freed);
    heap_let_go(&remote.heap);
    assert_false(remote.freed); /* not from within: it may be the heap itself that let go */
    heap_registry_sweep(&registry);
    assert_true(remote.freed);
    assert_null(registry.gone);
    heap_registry_deinit(&registry);
}

/* Of several that are gone, those that are used stay, wherever they stand. */
static void the_used_ones_stay(void **state)
{
    (void)state;
    struct heap_registry registry = {0};
    struct remote remotes[4];
    for (size_t i = 0; i < 4; i++) {
        remotes[i] = make_remote();
        remotes[i].heap.id.id = i;
        assert_int_equal(heap_registry_add(&registry, &remotes[i].heap), 0);
        heap_registry_remove(&registry, &remotes[i].heap, "its process is gone");
    }
    heap_hold(&remotes[1].heap);
    heap_hold(&remotes[3].heap);
    heap_registry_sweep(&registry);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(remotes[i].freed, i % 2 == 0);
    }
    heap_registry_deinit(&registry);
    assert_true(remotes[1].freed && remotes[3].freed); /* at the end all go */
}

static void an_external_one_replaces_another(void **state)
{
    (void)state;
    struct heap_registry registry = {.observer = observer};
    struct heap before = make_heap("before", 0);
    struct remote old = make_remote();
    struct remote new = make_remote();
    assert_int_equal(heap_registry_add(&registry, &before), 0);
    assert_int_equal(heap_registry_add(&registry, &old.heap), 0);
    changes = 0;
    assert_int_equal(heap_registry_add(&registry, &new.heap), 0);
    assert_int_equal(changes, 1);
    assert_int_equal(registry.count, 2);
    assert_ptr_equal(heap_registry_find(&registry, "remote", 0), &new.heap);
    assert_non_null(old.heap.gone);
    heap_registry_remove(&registry, &old.heap, "its process is gone"); /* the new one stays */
    assert_ptr_equal(heap_registry_find(&registry, "remote", 0), &new.heap);
    heap_registry_sweep(&registry);
    assert_true(old.freed && !new.freed);
    heap_registry_deinit(&registry);
}

/* Only external ones, and only by the same name. */
static void others_are_not_replaced(void **state)
{
    (void)state;
    static const char *const alias[] = {"remote"};
    struct heap_registry registry = {0};
    struct heap own = make_heap("own", 0);
    struct remote aliased = make_remote();
    aliased.heap.id.heap_type = "elsewhere";
    aliased.heap.aliases = alias;
    aliased.heap.alias_count = 1;
    assert_int_equal(heap_registry_add(&registry, &own), 0);
    assert_int_equal(heap_registry_add(&registry, &aliased.heap), 0);
    struct remote like_own = make_remote();
    like_own.heap.id.heap_type = "own";
    struct remote like_alias = make_remote();
    struct heap not_external = make_heap("elsewhere", 0);
    assert_int_equal(heap_registry_add(&registry, &like_own.heap), -EEXIST);
    assert_int_equal(heap_registry_add(&registry, &like_alias.heap), -EEXIST);
    assert_int_equal(heap_registry_add(&registry, &not_external), -EEXIST);
    assert_null(registry.gone);
    heap_registry_deinit(&registry);
}

static void readiness_is_told(void **state)
{
    (void)state;
    struct heap_registry registry = {.observer = observer};
    struct heap heap = make_heap("name", 0);
    assert_int_equal(heap_registry_add(&registry, &heap), 0);
    changes = 0;
    heap_registry_set_ready(&registry, &heap, "its device is away");
    assert_false(heap.ready);
    assert_string_equal(heap.absent_reason, "its device is away");
    heap_registry_set_ready(&registry, &heap, NULL);
    assert_true(heap.ready);
    assert_null(heap.absent_reason);
    heap_registry_set_secure(&registry, HEAP_SECURE_EXPECTED);
    assert_int_equal(changes, 3);
    heap_registry_deinit(&registry);
}

static void on_answer(struct heap_request *request)
{
    (void)request;
}

static void one_that_is_gone_is_not_asked(void **state)
{
    (void)state;
    struct heap_registry registry = {0};
    struct remote remote = make_remote();
    struct heap_request request = {.size_bytes = 4096, .fd = -1, .done = on_answer};
    assert_int_equal(heap_registry_add(&registry, &remote.heap), 0);
    heap_hold(&remote.heap);
    heap_registry_remove(&registry, &remote.heap, "its process is gone");
    heap_allocate(&remote.heap, &request);
    assert_null(remote.asked);
    assert_int_equal(request.status, -EPIPE);
    assert_string_equal(request.why, "its process is gone");
    heap_let_go(&remote.heap);
    heap_registry_deinit(&registry);
}

/* --- releases that take long --- */

static unsigned released;

static void count_released(void *arg)
{
    (void)arg;
    released++;
}

static void a_late_release_is_counted_and_waited_for(void **state)
{
    (void)state;
    struct alarms alarms;
    alarms_init(&alarms, NULL);
    struct heap_registry registry = {.alarms = &alarms};
    struct remote remote = make_remote();
    struct heap_request request = {.size_bytes = 4096, .buffer_collection_id = 7, .fd = -1};
    remote.heap.properties.deadline_ns = 1000;
    assert_int_equal(heap_registry_add(&registry, &remote.heap), 0);
    released = 0;
    log_lines_begin(LOG_LEVEL_WARNING);
    heap_release(&remote.heap, &request, count_released, NULL);
    uint64_t due = alarms_next(&alarms);
    assert_false(alarms_ring(&alarms, due - 1));
    assert_int_equal(remote.heap.metrics.late_releases, 0);
    assert_true(alarms_ring(&alarms, due));
    assert_int_equal(remote.heap.metrics.late_releases, 1);
    assert_int_equal(released, 0);
    assert_true(log_lines_have("heap remote 0: wanted the memory of 1 buffers back within the "
                               "deadline, got no answer; the first is buffer 0 of collection 7"));
    assert_int_equal(alarms_next(&alarms), UINT64_MAX);
    remote_done(&remote);
    assert_int_equal(released, 1);
    log_lines_end();
    heap_registry_deinit(&registry);
}

/* An answer in time takes the alarm back; the next one has its own time. */
static void releases_in_time(void **state)
{
    (void)state;
    struct alarms alarms;
    alarms_init(&alarms, NULL);
    struct heap_registry registry = {.alarms = &alarms};
    struct remote remote = make_remote();
    struct heap_request requests[2] = {{.fd = -1}, {.fd = -1}};
    remote.heap.properties.deadline_ns = 1000000000;
    assert_int_equal(heap_registry_add(&registry, &remote.heap), 0);
    released = 0;
    heap_release(&remote.heap, &requests[0], count_released, NULL);
    void *first = remote.done_arg;
    heap_release(&remote.heap, &requests[1], count_released, NULL);
    remote.done(first);
    assert_true(alarms_next(&alarms) != UINT64_MAX);
    remote_done(&remote);
    assert_int_equal(alarms_next(&alarms), UINT64_MAX);
    assert_int_equal(released, 2);
    assert_int_equal(remote.heap.metrics.late_releases, 0);
    heap_registry_deinit(&registry);
}

/* At the end the heap answers from within what it has not answered yet. */
static void no_alarm_of_a_heap_that_is_gone(void **state)
{
    (void)state;
    struct alarms alarms;
    alarms_init(&alarms, NULL);
    struct heap_registry registry = {.alarms = &alarms};
    struct remote remote = make_remote();
    struct heap_request request = {.fd = -1};
    remote.heap.properties.deadline_ns = 1000000000;
    assert_int_equal(heap_registry_add(&registry, &remote.heap), 0);
    released = 0;
    heap_release(&remote.heap, &request, count_released, NULL);
    heap_registry_deinit(&registry);
    assert_true(remote.freed);
    assert_int_equal(released, 1);
    assert_int_equal(alarms_next(&alarms), UINT64_MAX);
}

static bool there; /* what the next look finds */

static void look(struct heap *heap)
{
    heap->ready = there;
    heap->absent_reason = there ? NULL : "it is not there";
}

static void heaps_that_nobody_tells_are_looked_at(void **state)
{
    (void)state;
    static const struct heap_ops looking_ops = {.free = count_free, .look = look};
    struct heap_registry registry = {.observer = observer};
    struct heap device = make_heap("device", 0);
    struct heap other = make_heap("other", 0);
    device.ops = &looking_ops;
    assert_int_equal(heap_registry_add(&registry, &device), 0);
    assert_int_equal(heap_registry_add(&registry, &other), 0);
    there = true;
    heap_registry_look(&registry);
    changes = 0;
    there = false;
    heap_registry_look(&registry);
    assert_int_equal(changes, 1);
    assert_false(device.ready);
    heap_registry_look(&registry);
    assert_int_equal(changes, 1); /* nothing new */
    there = true;
    heap_registry_look(&registry);
    assert_int_equal(changes, 2);
    assert_true(device.ready);
    there = false;
    heap_look(&device); /* for a request, which tells nobody */
    heap_registry_look(&registry);
    assert_int_equal(changes, 3);
    heap_registry_deinit(&registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_by_type_and_id),
        cmocka_unit_test(found_by_alias),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(one_that_is_gone_is_not_found),
        cmocka_unit_test(freed_when_nobody_uses_it),
        cmocka_unit_test(the_used_ones_stay),
        cmocka_unit_test(an_external_one_replaces_another),
        cmocka_unit_test(others_are_not_replaced),
        cmocka_unit_test(readiness_is_told),
        cmocka_unit_test(one_that_is_gone_is_not_asked),
        cmocka_unit_test(a_late_release_is_counted_and_waited_for),
        cmocka_unit_test(releases_in_time),
        cmocka_unit_test(no_alarm_of_a_heap_that_is_gone),
        cmocka_unit_test(heaps_that_nobody_tells_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
