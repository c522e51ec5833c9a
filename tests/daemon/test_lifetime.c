/* A buffer's memory is given back when the kernel says that the last handle and mapping are gone,
 * and not before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sysmem/sysmem.h>

#include "base/fd.h"
#include "raw.h"
#include "support/daemon.h"
#include "support/participant.h"

#define SIZE 65536u

struct scene {
    struct daemon daemon;
    int descriptors;
    struct sysmem_allocator *allocator;
    size_t log_from;
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    assert_non_null(scene);
    const char *const args[] = {"--log-level", "debug", NULL};
    const struct daemon_options options = {.args = args};
    assert_int_equal(daemon_start(&scene->daemon, &options), 0);
    scene->descriptors = daemon_descriptor_count(&scene->daemon);
    scene->allocator = connect_to(&scene->daemon);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    sysmem_allocator_free(scene->allocator);
    assert_int_equal(daemon_descriptor_settle(&scene->daemon, scene->descriptors),
                     scene->descriptors);
    assert_true(daemon_stop(&scene->daemon));
    free(scene);
    return 0;
}

static const char given_back[] = "all memory is given back";

static void assert_given_back(struct scene *scene)
{
    ssize_t at = daemon_log_wait_for(&scene->daemon, given_back, scene->log_from);
    assert_true(at > 0);
    scene->log_from = (size_t)at;
}

/* The daemon has looked at the buffers, and keeps them. A later collection's whole life fits in
 * between, so the daemon had its turns. */
static void assert_still_there(struct scene *scene)
{
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *other = allocated(scene->allocator, 1, 4096, &info);
    uint64_t id = 0;
    assert_int_equal(
        sysmem_node_get_buffer_collection_id(sysmem_collection_node(other), soon(), &id), 0);
    sysmem_collection_info_free(info);
    leave(other);
    char text[96];
    (void)snprintf(text, sizeof(text), "collection %llu: %s", (unsigned long long)id, given_back);
    assert_true(daemon_log_wait_for(&scene->daemon, text, scene->log_from) > 0);
    FD_CLEANUP int log = open(scene->daemon.log, O_RDONLY | O_CLOEXEC);
    static char all[1 << 20];
    ssize_t len = pread(log, all, sizeof(all) - 1, (off_t)scene->log_from);
    assert_true(len > 0);
    all[len] = '\0';
    size_t count = 0;
    for (const char *at = all; (at = strstr(at, given_back)) != NULL; at++) {
        count++;
    }
    assert_int_equal(count, 1); /* the other collection's alone */
    scene->log_from += (size_t)len;
}

/* The descriptor of buffer 0, whose collection has been left. */
static int left_with_one_descriptor(struct scene *scene)
{
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = allocated(scene->allocator, 1, SIZE, &info);
    int fd = -1;
    assert_int_equal(sysmem_handle_into_fd(sysmem_collection_info_take_vmo(info, 0), NULL, &fd),
                     ZX_OK);
    sysmem_collection_info_free(info);
    leave(collection);
    return fd;
}

static void buffers_stay_while_a_participant_is_connected(void **state)
{
    struct scene *scene = *state;
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = allocated(scene->allocator, 3, SIZE, &info);
    sysmem_collection_info_free(info); /* no handle is left, but another wait must give new ones */
    assert_still_there(scene);
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    assert_int_equal(sysmem_collection_info_get(info)->buffers_count, 3);
    sysmem_collection_info_free(info);
    leave(collection);
    assert_given_back(scene);
}

static void a_handle_keeps_the_buffer(void **state)
{
    struct scene *scene = *state;
    int fd = left_with_one_descriptor(scene);
    assert_still_there(scene);
    fd_close(&fd);
    assert_given_back(scene);
}

static void a_mapping_alone_keeps_the_buffer(void **state)
{
    struct scene *scene = *state;
    int fd = left_with_one_descriptor(scene);
    char *bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(bytes, MAP_FAILED);
    fd_close(&fd);
    assert_still_there(scene);
    memcpy(bytes, "still mine", sizeof("still mine"));
    assert_string_equal(bytes, "still mine");
    assert_int_equal(munmap(bytes, SIZE), 0);
    assert_given_back(scene);
}

static void a_raw_duplicate_keeps_the_buffer(void **state)
{
    struct scene *scene = *state;
    int fd = left_with_one_descriptor(scene);
    int copy = dup(fd);
    fd_close(&fd);
    assert_still_there(scene);
    fd_close(&copy);
    assert_given_back(scene);
}

static void a_descriptor_in_flight_keeps_the_buffer(void **state)
{
    struct scene *scene = *state;
    int fd = left_with_one_descriptor(scene);
    int ends[2];
    raw_pair(ends);
    assert_true(raw_send(ends[0], "x", 1, &fd, 1));
    fd_close(&fd);
    assert_still_there(scene);
    fd_close(&ends[1]); /* the queue dies with its reader, and the descriptor in it */
    assert_given_back(scene);
    fd_close(&ends[0]);
}

/* A child that holds what it has inherited until the pipe closes. */
static pid_t holder(int *ret_go)
{
    int go[2];
    assert_int_equal(pipe2(go, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(go[1]);
        char byte;
        (void)!read(go[0], &byte, 1);
        _exit(0);
    }
    fd_close(&go[0]);
    *ret_go = go[1];
    return child;
}

static void a_forked_child_keeps_the_buffer(void **state)
{
    struct scene *scene = *state;
    int fd = left_with_one_descriptor(scene);
    int go = -1;
    pid_t child = holder(&go);
    fd_close(&fd);
    assert_still_there(scene);
    fd_close(&go);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_given_back(scene);
}

static void killing_the_last_holder_gives_the_buffer_back(void **state)
{
    struct scene *scene = *state;
    int fd = left_with_one_descriptor(scene);
    void *bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int go = -1;
    pid_t child = holder(&go); /* inherits the descriptor and the mapping */
    fd_close(&fd);
    assert_int_equal(munmap(bytes, SIZE), 0);
    assert_still_there(scene);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_given_back(scene);
    fd_close(&go);
}

/* A participant in a process of its own, killed in the middle: the other one sees the failure,
 * keeps its mapping, and the memory goes when that is gone. */
static void killing_a_participant_fails_the_collection(void **state)
{
    struct scene *scene = *state;
    struct sysmem_token *token = root_token(scene->allocator);
    struct sysmem_token *theirs = duplicate(token);
    int token_fd = sysmem_token_into_fd(theirs);
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct sysmem_token *mine = NULL;
        struct sysmem_collection_info *info = NULL;
        (void)sysmem_token_from_fd(token_fd, &mine);
        struct sysmem_collection *collection = bind_token(connect_to(&scene->daemon), mine);
        struct sysmem_buffer_collection_constraints wanted = cpu_constraints(1, SIZE, 0);
        (void)sysmem_collection_set_constraints(collection, &wanted);
        (void)sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info);
        (void)!write(ready[1], info == NULL ? "n" : "y", 1);
        for (;;) {
            (void)pause();
        }
    }
    fd_close(&token_fd);
    fd_close(&ready[1]);
    struct sysmem_collection *collection = bind_token(scene->allocator, token);
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(1, SIZE, 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wanted), 0);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    char answer = 0;
    assert_int_equal(read(ready[0], &answer, 1), 1);
    assert_int_equal(answer, 'y');
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    sysmem_status_t status;
    do {
        status = sysmem_node_sync(sysmem_collection_node(collection), soon());
    } while (status == 0);
    assert_int_equal(status, ZX_ERR_PEER_CLOSED);
    sysmem_collection_free(collection);
    assert_still_there(scene);
    sysmem_collection_info_free(info);
    assert_given_back(scene);
    fd_close(&ready[0]);
}

static void buffers_survive_the_daemon(void **state)
{
    struct scene *scene = *state;
    int fd = left_with_one_descriptor(scene);
    int other = -1;
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = allocated(scene->allocator, 1, SIZE, &info);
    assert_int_equal(sysmem_handle_into_fd(sysmem_collection_info_take_vmo(info, 0), NULL, &other),
                     ZX_OK);
    char *bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0);
    assert_ptr_not_equal(bytes, MAP_FAILED);
    assert_true(daemon_stop(&scene->daemon));
    bytes[SIZE - 1] = 42;
    assert_int_equal(pwrite(fd, "x", 1, 0), 1);
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(collection), soon()),
                     ZX_ERR_PEER_CLOSED);
    assert_int_equal(bytes[SIZE - 1], 42);
    (void)munmap(bytes, SIZE);
    fd_close(&fd);
    fd_close(&other);
    sysmem_collection_info_free(info);
    sysmem_collection_free(collection);
    assert_int_equal(daemon_start(&scene->daemon, NULL), 0);
}

static void buffers_are_what_they_should_be(void **state)
{
    struct scene *scene = *state;
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection =
        bind_token(scene->allocator, root_token(scene->allocator));
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(2, SIZE - 1, 0);
    assert_int_equal(sysmem_node_set_name(sysmem_collection_node(collection), 10, "frames"), 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wanted), 0);
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    zx_handle_t vmo = sysmem_collection_info_take_vmo(info, 1);
    int fd = sysmem_handle_fd(vmo);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, SIZE);                /* whole pages */
    assert_true((uint64_t)st.st_blocks * 512 >= SIZE); /* committed */
    int seals = fcntl(fd, F_GET_SEALS);
    assert_int_equal(seals & (F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL),
                     F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    char link[64];
    char target[128] = {0};
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    assert_true(readlink(link, target, sizeof(target) - 1) > 0);
    assert_non_null(strstr(target, "frames:1"));
    assert_int_equal(zx_handle_close(vmo), ZX_OK);
    sysmem_collection_info_free(info);
    leave(collection);
    assert_given_back(scene);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(buffers_stay_while_a_participant_is_connected),
        CASE(a_handle_keeps_the_buffer),
        CASE(a_mapping_alone_keeps_the_buffer),
        CASE(a_raw_duplicate_keeps_the_buffer),
        CASE(a_descriptor_in_flight_keeps_the_buffer),
        CASE(a_forked_child_keeps_the_buffer),
        CASE(killing_the_last_holder_gives_the_buffer_back),
        CASE(killing_a_participant_fails_the_collection),
        CASE(buffers_survive_the_daemon),
        CASE(buffers_are_what_they_should_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
