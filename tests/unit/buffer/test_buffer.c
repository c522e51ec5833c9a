/* How buffers are made, handed out and given back, without other processes: test_lifetime.c has
 * those. */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define PAGE  4096ULL
#define LARGE (1024ULL * 1024) /* goes through the executor */

/* --- a heap that answers when it is told to, and refuses one buffer --- */

struct fake_heap {
    struct heap heap;
    bool at_once;
    uint32_t refused_index;
    bool without_file; /* refuses no buffer, but the one's descriptor is none */
    struct heap_request *requests[16];
    size_t count;
    unsigned made;
    unsigned released;
};

static void fake_answer(struct fake_heap *fake, struct heap_request *request)
{
    bool refused = request->buffer_index == fake->refused_index;
    request->fd = refused ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC);
    request->status = refused && !fake->without_file ? -ENOMEM : 0;
    fake->made += request->status == 0 ? 1 : 0;
    request->done(request);
}

static void fake_allocate(struct heap *heap, struct heap_request *request)
{
    struct fake_heap *fake = container_of(heap, struct fake_heap, heap);
    if (fake->at_once) {
        fake_answer(fake, request);
    } else {
        fake->requests[fake->count++] = request;
    }
}

static void fake_release(struct heap *heap, struct heap_request *request, void (*done)(void *arg),
                         void *arg)
{
    assert_int_equal(request->size_bytes, PAGE);
    container_of(heap, struct fake_heap, heap)->released++;
    fd_close(&request->fd);
    done(arg);
}

static const struct heap_ops fake_ops = {.allocate = fake_allocate, .release = fake_release};

static void fake_answer_all(struct fake_heap *fake)
{
    for (size_t i = 0; i < fake->count; i++) {
        fake_answer(fake, fake->requests[i]);
    }
    fake->count = 0;
}

static void make_fake_set(struct fixture *f, struct fake_heap *fake)
{
    struct heap *real = f->heap;
    fake->heap.ops = &fake_ops;
    fake->heap.ready = true;
    fake->heap.properties.max_size_bytes = UINT64_MAX;
    f->heap = &fake->heap;
    make_set(f, 5, PAGE);
    f->heap = real;
}

/* --- making --- */

static void small_buffers_are_there_at_once(void **state)
{
    struct fixture *f = *state;
    make_set(f, 3, 5000);
    assert_int_equal(f->populated, 1);
    assert_int_equal(f->populate_status, 0);
    assert_int_equal(buffer_set_vmo_bytes(f->set), 2 * PAGE);
    assert_int_equal(buffer_set_remaining(f->set), 3);
    assert_int_equal(f->heap->metrics.buffers, 3);
    assert_int_equal(f->heap->metrics.bytes, 6 * PAGE);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_not_equal(buffer_set_koid(f->set, i), buffer_set_koid(f->set, (i + 1) % 3));
    }
}

static void named_after_collection_and_index(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    int fd = open_handle(f, 1, true, false);
    char path[64];
    char name[128] = "";
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    assert_true(readlink(path, name, sizeof(name) - 1) > 0);
    assert_string_equal(name, "/memfd:frames:1 (deleted)");
    fd_close(&fd);
}

static void memory_is_committed(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, 64ULL * 1024);
    int fd = open_handle(f, 0, false, false);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_blocks * 512, 64 * 1024);
    assert_int_equal(st.st_mode & 07777, 0600);
    fd_close(&fd);
}

static void large_buffers_come_and_go_through_the_executor(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, LARGE);
    assert_int_equal(f->populated, 0);
    assert_int_equal(f->queue.count, 2);
    queue_run(&f->queue);
    assert_int_equal(f->populated, 1);
    assert_int_equal(f->populate_status, 0);

    buffer_set_drop_strong(f->set);
    look_once(f);
    assert_int_equal(f->strong_gone, 1);
    assert_int_equal(f->freed, 0);
    assert_int_equal(f->queue.count, 2);
    assert_int_equal(buffer_set_remaining(f->set), 2);
    f->free_when_all_freed = true;
    queue_run(&f->queue);
    assert_int_equal(f->freed, 2);
    assert_int_equal(f->all_freed, 1);
    assert_int_equal(f->heap->metrics.bytes, 0);
    assert_int_equal(f->heap->metrics.high_water_bytes, 2 * LARGE);
}

static void refusal_at_once_gives_back_what_was_made(void **state)
{
    struct fixture *f = *state;
    struct fake_heap fake = {.at_once = true, .refused_index = 2};
    make_fake_set(f, &fake);
    assert_int_equal(f->populated, 1);
    assert_int_equal(f->populate_status, -ENOMEM);
    assert_int_equal(fake.made, 2); /* and nothing more was asked for */
    assert_int_equal(fake.released, 2);
    assert_int_equal(buffer_set_remaining(f->set), 0);
    assert_int_equal(f->freed + f->all_freed + f->strong_gone, 0);
}

static void late_refusal_gives_back_what_was_made(void **state)
{
    struct fixture *f = *state;
    struct fake_heap fake = {.refused_index = 2};
    make_fake_set(f, &fake);
    assert_int_equal(f->populated, 0);
    f->free_when_populated = true;
    fake_answer_all(&fake);
    assert_int_equal(f->populated, 1);
    assert_int_equal(f->populate_status, -ENOMEM);
    assert_int_equal(fake.made, 4);
    assert_int_equal(fake.released, 4);
    assert_null(f->set);
}

static void file_that_cannot_be_told_apart_is_a_refusal(void **state)
{
    struct fixture *f = *state;
    struct fake_heap fake = {.refused_index = 2, .without_file = true};
    make_fake_set(f, &fake);
    fake_answer_all(&fake);
    assert_int_equal(f->populated, 1);
    assert_int_equal(f->populate_status, -EBADF);
    assert_int_equal(fake.made, 5);
    assert_int_equal(fake.released, 5);
    assert_int_equal(buffer_set_remaining(f->set), 0);
}

static void size_that_cannot_be_rounded_is_refused(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, UINT64_MAX);
    assert_int_equal(f->populated, 1);
    assert_int_equal(f->populate_status, -ENOMEM);
    buffer_set_free(f->set);
    f->populated = 0;
    make_set(f, 2, UINT64_MAX / 2);
    queue_run(&f->queue);
    assert_int_equal(f->populated, 1);
    assert_int_equal(f->populate_status, -ENOMEM);
    assert_int_equal(f->heap->metrics.failed_allocations, 2);
}

/* --- freeing at any time --- */

static void freed_while_the_heap_is_at_work(void **state)
{
    struct fixture *f = *state;
    struct fake_heap fake = {.refused_index = 3};
    make_fake_set(f, &fake);
    free_set(f);
    fake_answer_all(&fake);
    assert_int_equal(fake.released, 4);
    assert_int_equal(f->populated, 0);
}

static void freed_while_the_last_close_is_under_way(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, LARGE);
    queue_run(&f->queue);
    buffer_set_drop_strong(f->set);
    look_once(f);
    assert_int_equal(f->queue.count, 2);
    free_set(f);
    queue_run(&f->queue);
    assert_int_equal(f->freed + f->all_freed, 0);
}

static void freed_between_letting_go_and_looking(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    int fd = open_handle(f, 0, true, false);
    buffer_set_drop_strong(f->set);
    free_set(f);
    assert_false(buffer_watcher_is_due(f->watcher)); /* nothing is left to look at */
    buffer_watcher_process(f->watcher);
    assert_int_equal(f->strong_gone + f->freed, 0);
    assert_int_equal(pwrite(fd, "x", 1, 0), 1); /* the holder goes on */
    fd_close(&fd);
}

static void freed_from_within_strong_gone(void **state)
{
    struct fixture *f = *state;
    make_set(f, 2, PAGE);
    f->free_when_strong_gone = true;
    buffer_set_drop_strong(f->set);
    look_once(f);
    assert_int_equal(f->strong_gone, 1);
    assert_null(f->set);
    assert_int_equal(f->all_freed, 0);
}

static void freed_set_gives_back_what_nobody_has(void **state)
{
    struct fixture *f = *state;
    make_set(f, 3, PAGE);
    int fd = open_handle(f, 1, true, false);
    free_set(f);
    assert_int_equal(f->heap->metrics.buffers, 1);
    assert_int_equal(pwrite(fd, "x", 1, 0), 1);
    fd_close(&fd);
}

/* --- letting go --- */

static void nothing_is_heard_from_within_drop_strong(void **state)
{
    struct fixture *f = *state;
    make_set(f, 128, PAGE);
    f->free_when_all_freed = true;
    buffer_set_drop_strong(f->set);
    assert_int_equal(f->strong_gone + f->freed + f->all_freed, 0);
    look_until_all_freed(f);
    assert_int_equal(f->strong_gone, 1);
    assert_int_equal(f->freed, 128);
    assert_int_equal(f->all_freed, 1);
    assert_int_equal(f->heap->metrics.buffers, 0);
}

static void buffers_are_freed_one_by_one(void **state)
{
    struct fixture *f = *state;
    make_set(f, 3, PAGE);
    int fds[3];
    for (uint32_t i = 0; i < 3; i++) {
        fds[i] = open_handle(f, i, true, false);
    }
    buffer_set_drop_strong(f->set);
    look_some_times(f);
    assert_int_equal(f->freed, 0);
    for (unsigned i = 0; i < 3; i++) {
        fd_close(&fds[i]);
        while (f->freed == i) {
            look_once(f);
        }
        assert_int_equal(f->freed, i + 1);
        assert_int_equal(f->strong_gone, i == 2);
    }
    assert_int_equal(f->all_freed, 1);
}

static void gone_buffers_are_not_handed_out(void **state)
{
    struct fixture *f = *state;
    make_set(f, 1, PAGE);
    buffer_set_drop_strong(f->set);
    look_until_all_freed(f);
    int fd = -1;
    assert_int_equal(try_open(f, 0, &(struct buffer_handle){.weak = true}, &fd), -ESTALE);
    assert_int_equal(fd, -1);
}

/* --- descriptors used up, at each step --- */

static void descriptors_used_up_gives_everything_back(void **state)
{
    struct fixture *f = *state;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    int lowest = dup(0);
    assert_true(lowest >= 0);
    close(lowest);
    unsigned failures = 0;
    bool complete = false;
    for (rlim_t spare = 0; !complete; spare++) {
        int before = count_descriptors();
        struct rlimit tight = {.rlim_cur = (rlim_t)lowest + spare, .rlim_max = old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
        f->populated = 0;
        make_set(f, 3, PAGE);
        int fd = -1;
        int opened = f->populate_status == 0
                         ? try_open(f, 0, &(struct buffer_handle){.writable = true}, &fd)
                         : -1;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
        assert_int_equal(f->populated, 1);
        assert_true(f->populate_status == 0 || f->populate_status == -EMFILE);
        assert_true(f->populate_status < 0 || opened == 0 || opened == -EMFILE);
        complete = f->populate_status == 0 && opened == 0;
        failures += complete ? 0 : 1;
        fd_close(&fd);
        free_set(f);
        assert_int_equal(count_descriptors(), before);
    }
    assert_in_range(failures, 4, 8); /* at each of three buffers, and at the handle */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(small_buffers_are_there_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(named_after_collection_and_index, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_is_committed, setup, teardown),
        cmocka_unit_test_setup_teardown(large_buffers_come_and_go_through_the_executor, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(refusal_at_once_gives_back_what_was_made, setup, teardown),
        cmocka_unit_test_setup_teardown(late_refusal_gives_back_what_was_made, setup, teardown),
        cmocka_unit_test_setup_teardown(file_that_cannot_be_told_apart_is_a_refusal, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(size_that_cannot_be_rounded_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(freed_while_the_heap_is_at_work, setup, teardown),
        cmocka_unit_test_setup_teardown(freed_while_the_last_close_is_under_way, setup, teardown),
        cmocka_unit_test_setup_teardown(freed_between_letting_go_and_looking, setup, teardown),
        cmocka_unit_test_setup_teardown(freed_from_within_strong_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(freed_set_gives_back_what_nobody_has, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_heard_from_within_drop_strong, setup, teardown),
        cmocka_unit_test_setup_teardown(buffers_are_freed_one_by_one, setup, teardown),
        cmocka_unit_test_setup_teardown(gone_buffers_are_not_handed_out, setup, teardown),
        cmocka_unit_test_setup_teardown(descriptors_used_up_gives_everything_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
