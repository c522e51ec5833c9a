/* The sample process that serves a heap (examples/heap): what it says of each buffer, and that it
 * stays for the last one, though the daemon is gone. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/daemon.h"
#include "support/participant.h"

#define TYPE "example.TILES"

static struct daemon daemon_;
static pid_t heap;
static FILE *lines;   /* what it prints */
static bool finished; /* else it is ended here */

/* Its next line begins with this. */
static void says(const char *start)
{
    char line[160] = "";
    assert_non_null(fgets(line, sizeof(line), lines));
    if (strncmp(line, start, strlen(start)) != 0) {
        fail_msg("wanted '%s...', got '%s'", start, line);
    }
}

static int setup(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(daemon_start(&daemon_, NULL), 0);
    assert_int_equal(pipe(ends), 0);
    pid_t parent = getpid();
    heap = fork();
    if (heap == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent && dup2(ends[1], 1) == 1) {
            (void)close(ends[0]);
            (void)close(ends[1]);
            (void)execl(TILE_HEAP_PATH, TILE_HEAP_PATH, "--socket", daemon_.socket, "--bytes",
                        "131072", (char *)NULL);
        }
        _exit(127);
    }
    assert_true(heap > 0);
    (void)close(ends[1]);
    lines = fdopen(ends[0], "re");
    assert_non_null(lines);
    says("registered");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    int status = -1;
    if (!finished) {
        (void)kill(heap, SIGKILL);
    }
    assert_int_equal(waitpid(heap, &status, 0), heap);
    (void)fclose(lines);
    assert_true(daemon_stop(&daemon_));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void set_constraints(struct sysmem_collection *collection, uint64_t size)
{
    static const struct sysmem_heap tiles = {.heap_type = TYPE, .has.heap_type = true};
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(1, size, 0);
    SYSMEM_SET_VECTOR(&wanted.buffer_memory_constraints, permitted_heaps, &tiles, 1);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wanted), 0);
}

static struct sysmem_collection *new_collection(struct sysmem_allocator *allocator)
{
    struct sysmem_collection *collection;
    assert_int_equal(sysmem_allocator_allocate_non_shared_collection(allocator, &collection), 0);
    return collection;
}

static void note_status(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    *(sysmem_status_t *)arg = status;
    sysmem_collection_info_free(info);
}

/* A collection of two buffers, which the heap has no tiles for. One participant waits before the
 * other speaks: who comes later finds the channel closed. */
static struct sysmem_collection *refused(struct sysmem_allocator *allocator, uint64_t size)
{
    struct sysmem_token *root = root_token(allocator);
    struct sysmem_collection *last = bind_token(allocator, duplicate(root));
    struct sysmem_collection *collection = bind_token(allocator, root);
    struct sysmem_channel *channel = sysmem_node_channel(sysmem_collection_node(collection));
    sysmem_status_t status = INT32_MAX;
    set_constraints(collection, size);
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated_async(collection, note_status, &status),
        0);
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(collection), soon()), 0);
    set_constraints(last, size);
    while (status == INT32_MAX) {
        struct pollfd ready = {.fd = sysmem_channel_get_fd(channel),
                               .events = sysmem_channel_get_events(channel)};
        assert_int_equal(poll(&ready, 1, DAEMON_PATIENCE_MS), 1);
        (void)sysmem_channel_process(channel);
    }
    assert_int_equal(status, SYSMEM_ERROR_NO_MEMORY);
    sysmem_collection_free(last);
    return collection;
}

static void tiles_come_and_go_and_outlive_the_daemon(void **state)
{
    (void)state;
    struct sysmem_allocator *allocator = connect_to(&daemon_);
    struct sysmem_collection_info *info = NULL;
    char text[6] = "";
    struct sysmem_collection *collection = new_collection(allocator);
    set_constraints(collection, 131072);
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    says("made: ");
    struct sysmem_collection *second = refused(allocator, 4096);
    struct sysmem_failure *failure = sysmem_collection_take_failure(second);
    assert_non_null(strstr(sysmem_failure_text(failure), "wanted tiles for 4096 bytes, got 0"));
    sysmem_failure_free(failure);
    sysmem_collection_free(second);
    zx_handle_t vmo = sysmem_collection_info_take_vmo(info, 0);
    assert_int_equal(zx_vmo_write(vmo, "tiles", 0, 6), 0);
    daemon_kill(&daemon_);
    says("the daemon asks for nothing more");
    assert_int_equal(zx_vmo_read(vmo, text, 0, 6), 0); /* the memory is still there */
    assert_string_equal(text, "tiles");
    assert_int_equal(kill(heap, 0), 0); /* and so is its maker */
    sysmem_collection_info_free(info);
    sysmem_collection_free(collection);
    sysmem_allocator_free(allocator);
    (void)zx_handle_close(vmo);
    says("back: ");
    says("the last buffer is gone");
    finished = true;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tiles_come_and_go_and_outlive_the_daemon, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
