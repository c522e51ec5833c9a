/* Weak handles: when the last strong one of a buffer is gone, who hears of it, and what is left.
 * Whatever other processes do with either kind. */
#include "holder.h"

#include <errno.h>
#include <sys/resource.h>

static int open_asap(struct fixture *f, uint32_t index)
{
    int fd = -1;
    uint64_t koid = 0;
    assert_int_equal(buffer_set_close_weak_asap(f->set, index, &fd, &koid), 0);
    assert_int_not_equal(koid, 0);
    return fd;
}

static void look_until_strong_gone(struct fixture *f, unsigned buffers)
{
    while (f->buffer_strong_gone < buffers) {
        look_once(f);
    }
    assert_int_equal(f->buffer_strong_gone, buffers);
}

/* --- other processes --- */

struct pairing {
    holder_fn strong;
    holder_fn weak;
    int signal;
};

/* A strong and a weak holder: the strong one ends first. */
static void strong_goes_then_weak(struct fixture *f, const struct pairing *pairing)
{
    make_set(f, 1, PAGE);
    int asap = open_asap(f, 0);
    struct holder strong = start_holder(open_handle(f, 0, true, false), pairing->strong);
    struct holder weak = start_holder(open_handle(f, 0, true, true), pairing->weak);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->buffer_strong_gone + f->strong_gone + f->freed, 0);
    assert_false(buffer_set_is_strong_gone(f->set, 0) || peer_is_closed(asap));

    end_holder(&strong, pairing->signal);
    look_until_strong_gone(f, 1);
    assert_int_equal(f->strong_gone, 1);
    assert_true(peer_is_closed(asap));
    look_some_times(f);
    assert_int_equal(f->freed, 0); /* weak handles keep the memory */
    assert_true(has_weak(f, 0));

    end_holder(&weak, pairing->signal);
    look_until_all_freed(f);
    assert_int_equal(f->buffer_strong_gone + f->strong_gone + f->freed, 3);
    assert_false(has_weak(f, 0));
    assert_int_equal(buffer_watcher_leaks(f->watcher), 0);
    reap_holder(&strong);
    reap_holder(&weak);
    fd_close(&asap);
    free_set(f);
    f->buffer_strong_gone = f->strong_gone = f->freed = f->all_freed = 0;
}

/* A grandchild outlives a killed child, and is let go; the others are killed or let go. */
static const struct pairing pairings[] = {
    {keep_handle,        keep_handle,        0      },
    {keep_handle,        keep_handle,        SIGKILL},
    {keep_duplicate,     keep_handle,        SIGKILL},
    {keep_mapping,       keep_handle,        SIGKILL},
    {keep_in_flight,     keep_handle,        SIGKILL},
    {keep_in_grandchild, keep_handle,        SIGKILL},
    {keep_handle,        keep_duplicate,     SIGKILL},
    {keep_handle,        keep_mapping,       SIGKILL},
    {keep_handle,        keep_in_flight,     SIGKILL},
    {keep_handle,        keep_in_grandchild, SIGKILL},
};

static void strong_and_weak_in_different_processes(void **state)
{
    for (size_t i = 0; i < sizeof(pairings) / sizeof(pairings[0]); i++) {
        strong_goes_then_weak(*state, &pairings[i]);
    }
}

static void weak_holder_goes_first(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int asap = open_asap(f, 0);
    struct holder strong = start_holder(open_handle(f, 0, true, false), keep_handle);
    struct holder weak = start_holder(open_handle(f, 0, false, true), keep_handle);
    assert_true(has_weak(f, 0)); /* known before anything is watched, too */
    buffer_set_drop_strong(f->set);
    end_holder(&weak, SIGKILL);
    reap_holder(&weak);
    look_some_times(f);
    assert_false(has_weak(f, 0) || peer_is_closed(asap));
    assert_int_equal(f->buffer_strong_gone, 0);
    end_holder(&strong, SIGKILL);
    look_until_all_freed(f);
    assert_int_equal(f->buffer_strong_gone, 1);
    assert_true(peer_is_closed(asap));
    reap_holder(&strong);
    fd_close(&asap);
}

static void strong_holder_crashed_before_the_collection_lets_go(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int asap = open_asap(f, 0);
    int weak = open_handle(f, 0, false, true);
    struct holder strong = start_holder(open_handle(f, 0, true, false), keep_handle);
    end_holder(&strong, SIGKILL);
    reap_holder(&strong);
    assert_false(buffer_watcher_is_due(f->watcher));
    buffer_watcher_process(f->watcher);
    assert_false(peer_is_closed(asap)); /* the collection itself is a strong holder */
    buffer_set_drop_strong(f->set);
    assert_false(peer_is_closed(asap));
    look_until_strong_gone(f, 1);
    assert_true(peer_is_closed(asap));
    fd_close(&weak);
    fd_close(&asap);
    look_until_all_freed(f);
}

/* --- close_weak_asap --- */

static void each_buffer_by_itself(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 4 };
    make_set(f, COUNT, PAGE);
    int strong[COUNT];
    int weak[COUNT];
    int asap[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        strong[i] = open_handle(f, i, true, false);
        weak[i] = open_handle(f, i, false, true);
        asap[i] = open_asap(f, i);
    }
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    static const uint32_t order[COUNT] = {2, 0, 3, 1};
    for (unsigned n = 0; n < COUNT; n++) {
        fd_close(&strong[order[n]]);
        look_until_strong_gone(f, n + 1);
        assert_int_equal(f->last_strong_gone, order[n]);
        for (unsigned k = 0; k < COUNT; k++) {
            assert_int_equal(peer_is_closed(asap[order[k]]), k <= n);
            assert_int_equal(buffer_set_is_strong_gone(f->set, order[k]), k <= n);
        }
        assert_int_equal(f->strong_gone, n + 1 == COUNT);
    }
    assert_int_equal(f->freed, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        fd_close(&weak[i]);
        fd_close(&asap[i]);
    }
    look_until_all_freed(f);
    assert_int_equal(f->buffer_strong_gone, COUNT);
}

static void late_request_comes_closed(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    int asap = open_asap(f, 0);
    int weak[2] = {open_handle(f, 0, false, true), open_handle(f, 1, false, true)};
    buffer_set_drop_strong(f->set);
    look_until_strong_gone(f, 2);
    for (uint32_t i = 0; i < 2; i++) { /* with a pair made before, and without */
        int late = open_asap(f, i);
        assert_true(peer_is_closed(late));
        fd_close(&late);
    }
    fd_close(&weak[0]);
    fd_close(&weak[1]);
    look_until_all_freed(f);
    int fd = -1;
    uint64_t koid = 0;
    assert_int_equal(buffer_set_close_weak_asap(f->set, 0, &fd, &koid), -ESTALE);
    assert_int_equal(fd, -1);
    assert_true(peer_is_closed(asap)); /* what a client has stays signalled */
    fd_close(&asap);
}

static void requested_while_the_heap_takes_its_time(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, 1024ULL * 1024); /* goes through the executor */
    queue_run(&f->queue);
    buffer_set_drop_strong(f->set);
    look_until_strong_gone(f, 1);
    assert_false(buffer_set_is_free(f->set, 0)); /* the memory is not back yet */
    int late = open_asap(f, 0);
    assert_true(peer_is_closed(late));
    fd_close(&late);
    queue_run(&f->queue);
    assert_true(buffer_set_is_free(f->set, 0));
    assert_int_equal(f->all_freed, 1);
}

static void participant_without_a_handle_is_told_too(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    int asap = open_asap(f, 0);
    int strong = open_handle(f, 0, true, false);
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_false(peer_is_closed(asap));
    fd_close(&strong);
    look_until_all_freed(f);
    assert_int_equal(f->buffer_strong_gone, 1);
    assert_true(peer_is_closed(asap));
    fd_close(&asap);
}

/* --- freeing the set --- */

static void freed_from_within_buffer_strong_gone(void **state)
{
    struct fixture *f = *state;
    f->free_when_buffer_strong_gone = true;
    for (uint32_t count = 1; count <= 2; count++) { /* the last buffer, and not the last */
        for (int with_weak = 0; with_weak < 2; with_weak++) {
            make_set(f, count, PAGE);
            int asap = open_asap(f, count - 1);
            int weak = with_weak ? open_handle(f, 0, false, true) : -1;
            f->buffer_strong_gone = 0;
            buffer_set_drop_strong(f->set);
            look_until_strong_gone(f, 1);
            assert_null(f->set);
            assert_false(buffer_watcher_is_due(f->watcher));
            assert_int_equal(f->strong_gone + f->freed + f->all_freed, 0);
            assert_true(peer_is_closed(asap));
            fd_close(&asap);
            fd_close(&weak);
        }
    }
}

static void freed_set_signals(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    int asap[2] = {open_asap(f, 0), open_asap(f, 1)};
    int weak = open_handle(f, 0, false, true);
    free_set(f);
    assert_true(peer_is_closed(asap[0]) && peer_is_closed(asap[1]));
    fd_close(&weak);
    fd_close(&asap[0]);
    fd_close(&asap[1]);
}

/* Holders have had that end, too, and may have made its last close wait for them. */
static void the_owner_closes_what_holders_have_had(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    int asap = open_asap(f, 0);
    buffer_set_drop_strong(f->set);
    look_until_all_freed(f);
    assert_true(peer_is_closed(asap));
    assert_int_equal(f->shared_closed, 1); /* of the other buffer nobody asked for one */
    fd_close(&asap);
    free_set(f);
    make_set(f, 1, PAGE);
    asap = open_asap(f, 0);
    free_set(f);
    assert_int_equal(f->shared_closed, 2);
    fd_close(&asap);
}

/* --- what it takes --- */

static void as_many_as_a_collection_has(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 128 };
    make_set(f, COUNT, PAGE);
    int weak[COUNT];
    int asap[COUNT];
    int before = count_descriptors();
    for (uint32_t i = 0; i < COUNT; i++) {
        weak[i] = open_handle(f, i, false, true);
        asap[i] = open_asap(f, i);
    }
    assert_int_equal(count_descriptors(), before + 4 * COUNT);
    buffer_set_drop_strong(f->set);
    look_until_strong_gone(f, COUNT);
    assert_int_equal(count_descriptors(), before + 3 * COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_true(peer_is_closed(asap[i]));
        fd_close(&weak[i]);
        fd_close(&asap[i]);
    }
    look_until_all_freed(f);
    assert_int_equal(count_descriptors(), before - COUNT);
}

/* 0, or the first error of handing out what a weak participant gets of a buffer. */
static int hand_out(struct fixture *f, int *ret_weak, int *ret_asap)
{
    uint64_t koid = 0;
    int r = try_open(f, 0, &(struct buffer_handle){.weak = true}, ret_weak);
    return r < 0 ? r : buffer_set_close_weak_asap(f->set, 0, ret_asap, &koid);
}

static void descriptors_used_up_at_each_step(void **state)
{
    struct fixture *f = *state;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    for (rlim_t spare = 0; spare <= 4; spare++) { /* the handle, the pair, its duplicate */
        int before = count_descriptors();
        make_set(f, 1, PAGE);
        int hole = fd_dup(0); /* below the buffer's own: making it took another for a moment */
        int lowest = fd_dup(0);
        struct rlimit tight = {.rlim_cur = (rlim_t)lowest + spare, .rlim_max = old.rlim_max};
        fd_close(&lowest);
        int weak = -1;
        int asap = -1;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
        int r = hand_out(f, &weak, &asap);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
        assert_int_equal(r, spare < 4 ? -EMFILE : 0);
        assert_int_equal(weak >= 0, spare > 0);
        assert_int_equal(asap >= 0, spare == 4);
        buffer_set_drop_strong(f->set); /* what is there serves all the same */
        f->buffer_strong_gone = f->all_freed = f->strong_gone = 0;
        look_until_strong_gone(f, 1);
        fd_close(&weak);
        look_until_all_freed(f);
        assert_true(asap < 0 || peer_is_closed(asap));
        fd_close(&asap);
        free_set(f);
        fd_close(&hole);
        assert_int_equal(count_descriptors(), before);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strong_and_weak_in_different_processes),
        TEST(weak_holder_goes_first),
        TEST(strong_holder_crashed_before_the_collection_lets_go),
        TEST(each_buffer_by_itself),
        TEST(late_request_comes_closed),
        TEST(requested_while_the_heap_takes_its_time),
        TEST(participant_without_a_handle_is_told_too),
        TEST(freed_from_within_buffer_strong_gone),
        TEST(freed_set_signals),
        TEST(the_owner_closes_what_holders_have_had),
        TEST(as_many_as_a_collection_has),
        TEST(descriptors_used_up_at_each_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
