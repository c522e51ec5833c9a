/* Buffers that cannot be opened again: given back when the last copy of a companion is gone. */
#include "fake_heap.h"

#include <sys/resource.h>

#include "buffer/set.h"

static int setup_companion(void **state)
{
    return setup_fake(state, HEAP_TRACKED_BY_COMPANION, false);
}

static void make_secret_set(struct fixture *f, uint32_t count)
{
    make_set(f, count, PAGE);
    assert_int_equal(f->populate_status, 0);
}

static struct buffer_handle_fds open_both(struct fixture *f, uint32_t index, bool weak)
{
    struct buffer_handle_fds fds = {.fd = -1, .companion = -1};
    const struct buffer_handle handle = {.writable = true, .weak = weak};
    assert_int_equal(buffer_set_open(f->set, index, &handle, &fds), 0);
    assert_true(fds.fd >= 0 && fds.companion >= 0);
    return fds;
}

static void close_both(struct buffer_handle_fds *fds)
{
    fd_close(&fds->fd);
    fd_close(&fds->companion);
}

/* Nothing but a closed companion wakes the loop: there is no clock. */
static void expect_asleep(struct fixture *f)
{
    struct pollfd ready = {.fd = buffer_watcher_fd(f->watcher), .events = POLLIN};
    while (buffer_watcher_is_due(f->watcher) || poll(&ready, 1, 0) == 1) {
        buffer_watcher_process(f->watcher);
    }
    assert_int_equal(poll(&ready, 1, 5), 0);
}

/* What a holder does with a description (O_NONBLOCK here, an epoll set there) stays with it: the
 * end that is closed here is not that one. */
static void a_companion_is_a_description_of_its_own(void **state)
{
    struct fixture *f = *state;
    make_secret_set(f, 1);
    struct buffer_handle_fds first = open_both(f, 0, false);
    assert_int_equal(fcntl(first.companion, F_SETFL, 0), 0);
    struct buffer_handle_fds second = open_both(f, 0, false);
    assert_int_equal(fcntl(second.companion, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(fcntl(f->set->buffers[0].strong.far_fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    close_both(&first);
    assert_int_equal(fcntl(second.companion, F_SETFL, 0), 0);
    assert_int_equal(fcntl(f->set->buffers[0].strong.far_fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    close_both(&second);
    buffer_set_drop_strong(f->set);
    look_once(f);
    assert_int_equal(f->all_freed, 1);
}

static void freed_at_one_look_if_nobody_holds(void **state)
{
    struct fixture *f = *state;
    make_secret_set(f, 2);
    struct buffer_handle_fds handle = open_both(f, 0, false);
    close_both(&handle);
    buffer_set_drop_strong(f->set);
    look_once(f);
    assert_int_equal(f->all_freed, 1);
    assert_int_equal(fake_of(f)->released, 2);
}

/* The memory's own descriptor is not asked: who holds the companion holds the handle. */
static void holder_keeps_until(struct fixture *f, holder_fn act, int signal)
{
    make_secret_set(f, 1);
    struct buffer_handle_fds handle = open_both(f, 0, false);
    fd_close(&handle.fd);
    struct holder holder = start_holder(handle.companion, act);
    buffer_set_drop_strong(f->set);
    expect_asleep(f);
    assert_int_equal(f->strong_gone + f->freed, 0);
    end_holder(&holder, signal);
    look_until_all_freed(f);
    assert_int_equal(f->strong_gone, 1);
    assert_int_equal(f->freed, 1);
    reap_holder(&holder);
}

static void killed_holder(void **state)
{
    holder_keeps_until(*state, keep_handle, SIGKILL);
}

static void exiting_holder(void **state)
{
    holder_keeps_until(*state, keep_handle, 0);
}

static void forked_child_of_a_holder(void **state)
{
    holder_keeps_until(*state, keep_in_grandchild, 0);
}

static void raw_duplicate(void **state)
{
    holder_keeps_until(*state, keep_duplicate, SIGKILL);
}

static void companion_in_flight(void **state)
{
    holder_keeps_until(*state, keep_in_flight, SIGKILL);
}

static void each_kind_has_a_companion_of_its_own(void **state)
{
    struct fixture *f = *state;
    make_secret_set(f, 1);
    struct buffer_handle_fds strong[] = {open_both(f, 0, false), open_both(f, 0, false)};
    struct buffer_handle_fds weak[] = {open_both(f, 0, true), open_both(f, 0, true)};
    int asap = -1;
    uint64_t koid = 0;
    assert_int_equal(buffer_set_close_weak_asap(f->set, 0, &asap, &koid), 0);
    buffer_set_drop_strong(f->set);
    close_both(&strong[0]);
    expect_asleep(f);
    assert_int_equal(f->strong_gone, 0);
    assert_false(peer_is_closed(asap));
    close_both(&strong[1]);
    expect_asleep(f);
    assert_int_equal(f->buffer_strong_gone, 1);
    assert_int_equal(f->strong_gone, 1);
    assert_true(peer_is_closed(asap));
    close_both(&weak[0]);
    expect_asleep(f);
    assert_int_equal(f->freed, 0);
    close_both(&weak[1]);
    look_until_all_freed(f);
    fd_close(&asap);
}

static void handles_after_the_collection_let_go(void **state)
{
    struct fixture *f = *state;
    make_secret_set(f, 1);
    struct buffer_handle_fds strong = open_both(f, 0, false);
    buffer_set_drop_strong(f->set);
    expect_asleep(f);
    struct buffer_handle_fds none = {.fd = -7, .companion = -7};
    const struct buffer_handle another = {.writable = true};
    int before = count_descriptors();
    assert_int_equal(buffer_set_open(f->set, 0, &another, &none), -ESTALE);
    assert_int_equal(none.fd + none.companion, -14);
    assert_int_equal(count_descriptors(), before);
    struct buffer_handle_fds weak = open_both(f, 0, true); /* there is a strong one yet */
    close_both(&strong);
    expect_asleep(f);
    assert_int_equal(f->strong_gone, 1);
    const struct buffer_handle late = {.weak = true};
    assert_int_equal(buffer_set_open(f->set, 0, &late, &none), -ESTALE);
    close_both(&weak);
    look_until_all_freed(f);
}

static void descriptors_of_each_handle(void **state)
{
    struct fixture *f = *state;
    int before = count_descriptors();
    make_secret_set(f, 1);
    assert_int_equal(count_descriptors(), before + 1);
    struct buffer_handle_fds strong = open_both(f, 0, false);
    assert_int_equal(count_descriptors(), before + 1 + 2 + 2);
    struct buffer_handle_fds more = open_both(f, 0, false);
    assert_int_equal(count_descriptors(), before + 1 + 2 + 4);
    struct buffer_handle_fds weak = open_both(f, 0, true);
    assert_int_equal(count_descriptors(), before + (int)buffer_descriptors(f->heap) + 6);
    const int fds[] = {strong.fd, strong.companion, weak.fd, weak.companion};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
    }
    close_both(&strong);
    close_both(&more);
    close_both(&weak);
    free_set(f);
    assert_int_equal(count_descriptors(), before);
}

static void freed_sets_leave_their_buffers_with_the_holders(void **state)
{
    struct fixture *f = *state;
    make_secret_set(f, 2);
    struct buffer_handle_fds strong = open_both(f, 0, false);
    buffer_set_drop_strong(f->set);
    expect_asleep(f);
    assert_int_equal(f->freed, 1);
    assert_int_equal(f->watcher->awaited, 1);
    free_set(f);
    assert_int_equal(f->watcher->awaited, 0);
    assert_int_equal(fake_of(f)->released, 1);
    char *bytes = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, strong.fd, 0);
    assert_true(bytes != MAP_FAILED);
    bytes[0] = 'x';
    assert_int_equal(munmap(bytes, PAGE), 0);
    close_both(&strong);
    expect_asleep(f);
}

static void freed_from_within_what_the_owner_hears(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        f->free_when_buffer_strong_gone = i == 0;
        f->free_when_strong_gone = i == 1;
        f->strong_gone = 0;
        make_secret_set(f, 1);
        struct buffer_handle_fds strong = open_both(f, 0, false);
        struct buffer_handle_fds weak = open_both(f, 0, true);
        buffer_set_drop_strong(f->set);
        expect_asleep(f);
        close_both(&strong);
        expect_asleep(f);
        assert_null(f->set);
        close_both(&weak);
    }
}

/* --- what cannot be known --- */

/* A mapping keeps the memory, and nobody is told: the buffer counts as given back. */
static void a_mapping_alone_is_not_seen(void **state)
{
    struct fixture *f = *state;
    make_secret_set(f, 1);
    struct buffer_handle_fds strong = open_both(f, 0, false);
    char *bytes = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, strong.fd, 0);
    assert_true(bytes != MAP_FAILED);
    bytes[0] = 'm';
    close_both(&strong);
    buffer_set_drop_strong(f->set);
    look_once(f);
    assert_int_equal(f->all_freed, 1);
    assert_int_equal(bytes[0], 'm');
    assert_int_equal(munmap(bytes, PAGE), 0);
}

static void who_holds_is_not_known(void **state)
{
    struct fixture *f = *state;
    make_secret_set(f, 1);
    struct buffer_walk walk;
    uint32_t holder = 7;
    buffer_walk_begin(&walk, f->set, 0, false);
    assert_int_equal(buffer_walk_next(&walk, &holder), 0); /* none was ever made */
    struct buffer_handle_fds strong = open_both(f, 0, false);
    buffer_walk_begin(&walk, f->set, 0, false);
    assert_int_equal(buffer_walk_next(&walk, &holder), -EOPNOTSUPP);
    buffer_walk_begin(&walk, f->set, 0, true);
    assert_int_equal(buffer_walk_next(&walk, &holder), 0);
    assert_int_equal(holder, 7);
    close_both(&strong);
}

static void a_koid_tells_a_weak_handle(void **state)
{
    struct fixture *f = *state;
    make_secret_set(f, 2);
    struct buffer_handle_fds fds = open_both(f, 1, true);
    struct buffer_set *set = NULL;
    uint32_t index = 9;
    uint64_t koid = buffer_set_koid(f->set, 1);
    assert_int_equal(buffer_watcher_identify(f->watcher, fds.fd, 0, &set, &index), BUFFER_STRONG);
    assert_ptr_equal(set, f->set);
    assert_int_equal(index, 1);
    assert_int_equal(buffer_watcher_identify(f->watcher, fds.fd, koid, &set, &index),
                     BUFFER_STRONG);
    assert_int_equal(buffer_watcher_identify(f->watcher, fds.fd, koid + 1, &set, &index),
                     BUFFER_WEAK);
    FD_CLEANUP int foreign = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
    assert_int_equal(buffer_watcher_identify(f->watcher, foreign, 0, &set, &index), BUFFER_FOREIGN);
    assert_int_equal(buffer_watcher_identify(f->watcher, fds.companion, 0, &set, &index),
                     BUFFER_FOREIGN);
    close_both(&fds);
}

/* --- clients that cheat --- */

static void a_companion_can_only_be_kept(void **state)
{
    struct fixture *f = *state;
    make_secret_set(f, 1);
    struct buffer_handle_fds strong = open_both(f, 0, false);
    struct buffer_handle_fds rogue = open_both(f, 0, false);
    assert_int_equal(shutdown(rogue.companion, SHUT_RDWR), -1);
    assert_int_equal(errno, ENOTSOCK);
    assert_int_equal(write(rogue.companion, "x", 1), -1);
    assert_int_equal(errno, EBADF);
    close_both(&rogue);
    buffer_set_drop_strong(f->set);
    expect_asleep(f);
    assert_int_equal(f->strong_gone, 0);
    close_both(&strong);
    look_until_all_freed(f);
}

/* --- the system refuses --- */

static void without_a_descriptor_to_wait_with_the_clock_serves(void **state)
{
    struct fixture *f = *state;
    make_secret_set(f, 1);
    struct buffer_handle_fds strong = open_both(f, 0, false);
    buffer_set_drop_strong(f->set);
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    buffer_watcher_process(f->watcher);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(f->watcher->awaited, 0);
    close_both(&strong);
    look_until_all_freed(f);
}

static void descriptors_used_up_at_each_step(void **state)
{
    struct fixture *f = *state;
    make_secret_set(f, 1);
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    const struct buffer_handle handle = {.writable = true};
    struct buffer_handle_fds fds = {.fd = -1, .companion = -1};
    int lowest = dup(0);
    assert_true(lowest >= 0);
    close(lowest);
    int before = count_descriptors();
    int r = -EMFILE;
    unsigned failures = 0;
    for (rlim_t spare = 0; r < 0; spare++) {
        const struct rlimit tight = {.rlim_cur = (rlim_t)lowest + spare, .rlim_max = old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
        r = buffer_set_open(f->set, 0, &handle, &fds);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
        assert_true(r == 0 || r == -EMFILE);
        failures += r < 0 ? 1 : 0;
        int pipe_ends = f->set->buffers[0].strong.near_fd >= 0 ? 2 : 0;
        assert_int_equal(count_descriptors(), before + pipe_ends + (r == 0 ? 2 : 0));
    }
    assert_in_range(failures, 3, 6); /* at the duplicate, the pipe, and its far end */
    close_both(&fds);
    buffer_set_drop_strong(f->set);
    look_until_all_freed(f);
}

static void many_leave_nothing(void **state)
{
    struct fixture *f = *state;
    int before = 0;
    for (int i = 0; i < MANY_LOOPS; i++) {
        f->strong_gone = f->freed = f->all_freed = 0;
        make_secret_set(f, 1);
        struct buffer_handle_fds strong = open_both(f, 0, false);
        struct buffer_handle_fds weak = open_both(f, 0, true);
        buffer_set_drop_strong(f->set);
        look_once(f);
        close_both(&strong);
        look_once(f);
        assert_int_equal(f->strong_gone, 1);
        close_both(&weak);
        look_once(f);
        assert_int_equal(f->all_freed, 1);
        free_set(f);
        before = i == 0 ? count_descriptors() : before;
    }
    assert_int_equal(fake_of(f)->released, MANY_LOOPS);
    assert_int_equal(f->watcher->awaited, 0);
    assert_int_equal(count_descriptors(), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_companion, teardown)

int main(void)
{
    int probe = (int)syscall(SYS_memfd_secret, O_CLOEXEC);
    if (probe < 0) {
        (void)printf("SKIP: no memfd_secret here: %s\n", strerror(errno));
        return 77;
    }
    fd_close(&probe);
    const struct CMUnitTest tests[] = {
        TEST(a_companion_is_a_description_of_its_own),
        TEST(freed_at_one_look_if_nobody_holds),
        TEST(killed_holder),
        TEST(exiting_holder),
        TEST(forked_child_of_a_holder),
        TEST(raw_duplicate),
        TEST(companion_in_flight),
        TEST(each_kind_has_a_companion_of_its_own),
        TEST(handles_after_the_collection_let_go),
        TEST(descriptors_of_each_handle),
        TEST(freed_sets_leave_their_buffers_with_the_holders),
        TEST(freed_from_within_what_the_owner_hears),
        TEST(a_mapping_alone_is_not_seen),
        TEST(who_holds_is_not_known),
        TEST(a_koid_tells_a_weak_handle),
        TEST(a_companion_can_only_be_kept),
        TEST(without_a_descriptor_to_wait_with_the_clock_serves),
        TEST(descriptors_used_up_at_each_step),
        TEST(many_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
