/* Buffers whose file somebody keeps for good: given back when the locks say that no handle is left,
 * whatever the heap has open. */
#include "fake_heap.h"

static int setup_locks(void **state)
{
    return setup_fake(state, HEAP_TRACKED_BY_LOCKS, false);
}

/* Whether the heap's process would still see its child held. */
static int child_is_held(const struct fixture *f, uint32_t index)
{
    return slot_child_is_held(fake_of(f)->kept[index], FAKE_CHILD);
}

static void look_until_all_freed_and_released(struct fixture *f, unsigned buffers)
{
    look_until_all_freed(f);
    assert_int_equal(f->strong_gone, 1);
    assert_int_equal(f->freed, buffers);
    assert_int_equal(fake_of(f)->released, buffers);
    assert_int_equal(buffer_watcher_leaks(f->watcher), 0);
}

static void freed_at_one_look_although_the_heap_has_the_file(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    assert_int_equal(f->populate_status, 0);
    int handle = open_handle(f, 0, true, false);
    fd_close(&handle);
    buffer_set_drop_strong(f->set);
    look_once(f);
    look_until_all_freed_and_released(f, 2);
    assert_int_equal(fcntl(fake_of(f)->kept[0], F_GETFD), FD_CLOEXEC);
}

static void holder_keeps_until(struct fixture *f, holder_fn act, int signal)
{
    make_set(f, 1, PAGE);
    struct holder holder = start_holder(open_handle(f, 0, true, false), act);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->strong_gone + f->freed, 0);
    assert_int_equal(child_is_held(f, 0), 1);
    end_holder(&holder, signal);
    look_until_all_freed_and_released(f, 1);
    assert_int_equal(child_is_held(f, 0), 0);
    reap_holder(&holder);
}

static void killed_holder(void **state)
{
    holder_keeps_until(*state, keep_handle, SIGKILL);
}

static void killed_holder_of_a_mapping_alone(void **state)
{
    holder_keeps_until(*state, keep_mapping, SIGKILL);
}

static void forked_child_of_a_holder(void **state)
{
    holder_keeps_until(*state, keep_in_grandchild, 0);
}

static void raw_duplicate(void **state)
{
    holder_keeps_until(*state, keep_duplicate, SIGKILL);
}

static void descriptor_in_flight(void **state)
{
    holder_keeps_until(*state, keep_in_flight, SIGKILL);
}

static void weak_handle_outlives_the_strong_ones(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int strong = open_handle(f, 0, true, false);
    int weak = open_handle(f, 0, false, true);
    int asap = -1;
    uint64_t koid = 0;
    assert_int_equal(buffer_set_close_weak_asap(f->set, 0, &asap, &koid), 0);
    assert_true(has_weak(f, 0));
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->strong_gone, 0);
    fd_close(&strong);
    while (f->strong_gone == 0) {
        look_once(f);
    }
    assert_true(peer_is_closed(asap));
    look_some_times(f);
    assert_int_equal(f->freed, 0);
    fd_close(&weak);
    look_until_all_freed_and_released(f, 1);
    fd_close(&asap);
}

/* The kernel tells the heap's process itself, which waits for that: its child is held as long as a
 * handle is, also when there is no daemon any more. */
static void the_heaps_child_is_held_after_the_daemon(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int handle = open_handle(f, 0, false, false);
    int weak = open_handle(f, 0, false, true);
    free_set(f);
    assert_int_equal(fake_of(f)->released, 0);
    assert_int_equal(child_is_held(f, 0), 1);
    fd_close(&handle);
    assert_int_equal(child_is_held(f, 0), 1);
    fd_close(&weak);
    assert_int_equal(child_is_held(f, 0), 0);
}

/* The daemon gives back what the heap must keep: its child is held yet. */
static void holder_that_drops_its_slot_is_the_heaps_to_see(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int rogue = open_handle(f, 0, true, false);
    struct flock none = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_len = (off_t)(2 * SLOT_COUNT)};
    assert_int_equal(fcntl(rogue, F_OFD_SETLK, &none), 0);
    buffer_set_drop_strong(f->set);
    look_until_all_freed_and_released(f, 1);
    assert_int_equal(child_is_held(f, 0), 1);
    fd_close(&rogue);
    assert_int_equal(child_is_held(f, 0), 0);
}

static void holder_that_locks_everything_hurts_its_buffer_only(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    int rogue = open_handle(f, 0, true, false);
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = (off_t)(2 * SLOT_COUNT)};
    assert_int_equal(fcntl(rogue, F_OFD_SETLK, &all), 0);
    int fd = -1;
    assert_int_equal(try_open(f, 0, &(struct buffer_handle){.writable = true}, &fd), -EBUSY);
    fd = open_handle(f, 1, true, false);
    fd_close(&fd);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->freed, 1);
    fd_close(&rogue);
    look_until_all_freed_and_released(f, 2);
}

static void a_file_of_another_uid_is_refused_in_words(void **state)
{
    struct fixture *f = *state;
    only_as_root();
    fake_of(f)->of_another_uid = true;
    make_set(f, 2, PAGE);
    assert_int_equal(f->populated, 1);
    assert_int_equal(f->populate_status, -EACCES);
    assert_string_equal(buffer_set_refusal(f->set),
                        "a memory file of which the daemon, uid 65534, can open no handle: "
                        "Permission denied");
    assert_int_equal(fake_of(f)->released, 1); /* no second one was asked for */
}

static void a_file_for_two_buffers_is_refused(void **state)
{
    struct fixture *f = *state;
    fake_of(f)->repeats = true;
    make_set(f, 3, PAGE);
    assert_int_equal(f->populated, 1);
    assert_int_equal(f->populate_status, -EEXIST);
    assert_string_equal(buffer_set_refusal(f->set),
                        "a memory file that is another buffer's already");
    assert_int_equal(fake_of(f)->released, 2); /* no third one was asked for */
}

static void opaque_ones_are_tracked_too(void **state)
{
    struct fixture *f = *state;
    f->heap->properties.opaque = true;
    make_set(f, 1, PAGE);
    assert_int_equal(f->populate_status, 0);
    int strong[] = {open_handle_for(f, 1, false), open_handle_for(f, 1, false)};
    int weak = open_handle_for(f, 2, true);
    char byte = 0;
    assert_int_equal(pread(strong[0], &byte, 1, 0), -1);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    fd_close(&strong[0]);
    look_some_times(f);
    assert_int_equal(f->strong_gone, 0);
    fd_close(&strong[1]);
    while (f->strong_gone == 0) {
        look_once(f);
    }
    assert_int_equal(child_is_held(f, 0), 1);
    fd_close(&weak);
    look_until_all_freed_and_released(f, 1);
    assert_int_equal(child_is_held(f, 0), 0);
}

static void many_leave_nothing(void **state)
{
    struct fixture *f = *state;
    int before = count_descriptors() + 1; /* the heap's own file of the last one */
    for (int i = 0; i < MANY_LOOPS; i++) {
        f->strong_gone = f->freed = f->all_freed = 0;
        make_set(f, 1, PAGE);
        int handle = open_handle(f, 0, true, false);
        buffer_set_drop_strong(f->set);
        if (i % 2 == 0) {
            look_once(f); /* with a watch, and without */
        }
        fd_close(&handle);
        look_until_all_freed(f);
        free_set(f);
    }
    assert_int_equal(fake_of(f)->released, MANY_LOOPS);
    assert_int_equal(f->watcher->watch.by_wd.count, 0);
    assert_int_equal(count_descriptors(), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_locks, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(freed_at_one_look_although_the_heap_has_the_file),
        TEST(killed_holder),
        TEST(killed_holder_of_a_mapping_alone),
        TEST(forked_child_of_a_holder),
        TEST(raw_duplicate),
        TEST(descriptor_in_flight),
        TEST(weak_handle_outlives_the_strong_ones),
        TEST(the_heaps_child_is_held_after_the_daemon),
        TEST(holder_that_drops_its_slot_is_the_heaps_to_see),
        TEST(holder_that_locks_everything_hurts_its_buffer_only),
        TEST(a_file_of_another_uid_is_refused_in_words),
        TEST(a_file_for_two_buffers_is_refused),
        TEST(opaque_ones_are_tracked_too),
        TEST(many_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
