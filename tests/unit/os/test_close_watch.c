#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "os/close_watch.h"
#include "os/memfile.h"

struct file {
    struct close_watch_item item;
    int fd;
    unsigned looks;
    bool keep; /* what the look says */
};

static struct close_watch watch;

static bool look(struct close_watch_item *item)
{
    struct file *file = container_of(item, struct file, item);
    file->looks++;
    return file->keep;
}

static int setup(void **state)
{
    (void)state;
    return close_watch_init(&watch, look);
}

static int teardown(void **state)
{
    (void)state;
    close_watch_deinit(&watch);
    return 0;
}

static void file_open(struct file *file)
{
    *file = (struct file){.fd = -1, .keep = true};
    close_watch_item_init(&file->item);
    assert_int_equal(memfile_new(MEMFILE_NO_DIR, "test", 4096, false, &file->fd), 0);
}

static void touch(const struct file *file)
{
    int fd = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, file->fd, MEMFILE_READ_ONLY, &fd), 0);
    fd_close(&fd);
}

static bool ready(int patience_msec)
{
    struct pollfd poll_fd = {.fd = close_watch_fd(&watch), .events = POLLIN};
    return close_watch_is_due(&watch) || poll(&poll_fd, 1, patience_msec) == 1;
}

static void wait_for_looks(const struct file *file, unsigned looks)
{
    while (file->looks < looks) {
        assert_true(ready(10000));
        close_watch_process(&watch);
    }
}

static void quiet_while_nothing_happens(void **state)
{
    (void)state;
    struct file file;
    file_open(&file);
    assert_int_equal(close_watch_add(&watch, &file.item, file.fd), 0);
    assert_false(ready(0));
    touch(&file);
    assert_true(ready(0));
    file.keep = false;
    close_watch_process(&watch);
    assert_int_equal(file.looks, 1);
    close_watch_process(&watch);
    assert_false(ready(0));
    assert_int_equal(file.looks, 1);
    close_watch_remove(&watch, &file.item, false);
    fd_close(&file.fd);
}

static void look_soon_needs_no_report(void **state)
{
    (void)state;
    struct file files[2];
    for (int i = 0; i < 2; i++) {
        file_open(&files[i]);
        files[i].keep = false;
        close_watch_look_soon(&watch, &files[i].item);
        assert_int_equal(files[i].looks, 0);
    }
    assert_true(ready(10000));
    close_watch_process(&watch);
    assert_int_equal(files[0].looks, 1);
    assert_int_equal(files[1].looks, 1);
    assert_false(ready(0));
    fd_close(&files[0].fd);
    fd_close(&files[1].fd);
}

static int64_t now_msec(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A close that was reported too early is found all the same, and waits grow. */
static void held_file_is_looked_at_again(void **state)
{
    (void)state;
    struct file file;
    file_open(&file);
    assert_int_equal(close_watch_add(&watch, &file.item, file.fd), 0);
    touch(&file);
    int64_t start = now_msec();
    wait_for_looks(&file, 5); /* at once, and after 1, 4, 16 and 64 ms */
    assert_true(now_msec() - start >= 80);
    assert_int_equal(file.item.level, 4);
    touch(&file); /* a report begins the waits anew */
    assert_true(ready(0));
    close_watch_process(&watch);
    assert_int_equal(file.item.level, 0);
    close_watch_remove(&watch, &file.item, false);
    fd_close(&file.fd);
}

static void removed_file_is_not_looked_at(void **state)
{
    (void)state;
    struct file file;
    file_open(&file);
    assert_int_equal(close_watch_add(&watch, &file.item, file.fd), 0);
    close_watch_look_soon(&watch, &file.item);
    touch(&file);
    close_watch_remove(&watch, &file.item, true);
    close_watch_remove(&watch, &file.item, true);
    touch(&file);
    while (ready(0)) { /* what was reported before */
        close_watch_process(&watch);
    }
    assert_int_equal(file.looks, 0);
    fd_close(&file.fd);
}

static long queue_limit(void)
{
    int fd = open("/proc/sys/fs/inotify/max_queued_events", O_RDONLY | O_CLOEXEC);
    char text[32] = "";
    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    fd_close(&fd);
    return strtol(text, NULL, 10);
}

static void lost_reports_make_all_files_due(void **state)
{
    (void)state;
    long limit = queue_limit();
    struct file files[3];
    for (int i = 0; i < 3; i++) {
        file_open(&files[i]);
        assert_int_equal(close_watch_add(&watch, &files[i].item, files[i].fd), 0);
    }
    for (long i = 0; i <= limit; i++) { /* in turn: equal reports in a row become one */
        touch(&files[i % 2]);
    }
    files[2].keep = false;
    touch(&files[2]); /* nobody hears of this one */
    wait_for_looks(&files[2], 1);
    for (int i = 0; i < 3; i++) {
        close_watch_remove(&watch, &files[i].item, false);
        fd_close(&files[i].fd);
    }
}

static void many_due_files_take_several_calls(void **state)
{
    (void)state;
    static struct file files[700];
    for (size_t i = 0; i < 700; i++) {
        files[i] = (struct file){.fd = -1, .keep = false};
        close_watch_item_init(&files[i].item);
        close_watch_look_soon(&watch, &files[i].item);
    }
    unsigned calls = 0;
    while (ready(0)) {
        close_watch_process(&watch);
        calls++;
    }
    assert_int_equal(calls, 3);
    for (size_t i = 0; i < 700; i++) {
        assert_int_equal(files[i].looks, 1);
    }
}

static void unwatched_file_is_looked_at_every_second(void **state)
{
    (void)state;
    struct file file = {.fd = -1, .keep = true};
    close_watch_item_init(&file.item);
    assert_true(close_watch_add(&watch, &file.item, file.fd) < 0);
    close_watch_look_soon(&watch, &file.item);
    assert_true(ready(10000));
    close_watch_process(&watch);
    file.item.level = 20; /* as after days */
    list_remove(&file.item.link);
    list_append(&watch.due, &file.item.link);
    close_watch_process(&watch);
    assert_in_range(file.item.due_nsec / 1000000 - now_msec(), 0, 1100);
    close_watch_remove(&watch, &file.item, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(quiet_while_nothing_happens, setup, teardown),
        cmocka_unit_test_setup_teardown(look_soon_needs_no_report, setup, teardown),
        cmocka_unit_test_setup_teardown(held_file_is_looked_at_again, setup, teardown),
        cmocka_unit_test_setup_teardown(removed_file_is_not_looked_at, setup, teardown),
        cmocka_unit_test_setup_teardown(lost_reports_make_all_files_due, setup, teardown),
        cmocka_unit_test_setup_teardown(many_due_files_take_several_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(unwatched_file_is_looked_at_every_second, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
