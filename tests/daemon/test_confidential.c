/* Buffers of a confidential heap, in several processes of different users. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sysmem/sysmem.h>
#include <zircon/syscalls.h>

#include "os/secret_memory.h"
#include "support/daemon.h"
#include "support/participant.h"

#define SIZE   65536u
#define NOBODY 65534

struct scene {
    struct daemon daemon;
    int descriptors;
    struct sysmem_allocator *allocator;
    char given_back[64]; /* what the log says of the confidential buffer's end */
};

static int set_up(void **state)
{
    static const char config[] =
        "{\"heaps\": [{\"heap\": {\"heap_type\": \"fuchsia.sysmem.heap.HEAP_TYPE.SYSTEM_RAM\"},"
        " \"coherency_domain_support\": {\"cpu_supported\": true}},"
        " {\"heap\": {\"heap_type\": \"" SYSMEM_HEAP_TYPE_CONFIDENTIAL "\"},"
        " \"backend\": \"confidential\","
        " \"coherency_domain_support\": {\"cpu_supported\": true}}]}";
    struct scene *scene = calloc(1, sizeof(*scene));
    assert_non_null(scene);
    const char *const args[] = {"--log-level", "debug", NULL};
    const struct daemon_options options = {.args = args, .config = config};
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

/* One confidential buffer, or the test is skipped. */
static struct sysmem_collection *allocate(struct scene *scene, zx_handle_t *ret_vmo)
{
    if (secret_memory_absent() != NULL || geteuid() != 0) {
        print_message(geteuid() != 0 ? "skipped: only root can become another user\n"
                                     : "skipped: no memfd_secret here\n");
        skip();
    }
    const struct sysmem_heap heap = {.heap_type = SYSMEM_HEAP_TYPE_CONFIDENTIAL,
                                     .has = {.heap_type = true}};
    struct sysmem_collection *collection =
        bind_token(scene->allocator, root_token(scene->allocator));
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, SIZE, 0);
    struct sysmem_collection_info *info = NULL;
    SYSMEM_SET_VECTOR(&wish.buffer_memory_constraints, permitted_heaps, &heap, 1);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    uint64_t id = 0;
    assert_int_equal(
        sysmem_node_get_buffer_collection_id(sysmem_collection_node(collection), soon(), &id), 0);
    (void)snprintf(scene->given_back, sizeof(scene->given_back),
                   "collection %llu: all memory is given back", (unsigned long long)id);
    *ret_vmo = sysmem_collection_info_take_vmo(info, 0);
    sysmem_collection_info_free(info);
    return collection;
}

/* This process's end of a pair of sockets as a channel. */
static zx_handle_t channel_of(int fd)
{
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_CHANNEL,
                                            .rights = ZX_DEFAULT_CHANNEL_RIGHTS};
    zx_handle_t channel = ZX_HANDLE_INVALID;
    return sysmem_handle_from_fd(fd, &info, &channel) == ZX_OK ? channel : ZX_HANDLE_INVALID;
}

/* The VMO that comes through a channel, or none. */
static zx_handle_t receive(zx_handle_t channel)
{
    char byte;
    uint32_t bytes = 0;
    uint32_t handles = 0;
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    zx_signals_t seen = 0;
    (void)zx_object_wait_one(channel, ZX_CHANNEL_READABLE, soon(), &seen);
    zx_status_t status = zx_channel_read(channel, 0, &byte, &vmo, 1, 1, &bytes, &handles);
    return status == ZX_OK && handles == 1 ? vmo : ZX_HANDLE_INVALID;
}

/* Another user's process, which gets `vmo`, does `work` with it, says whether that was right, and
 * keeps what it has until it is killed. */
struct holder {
    pid_t pid;
    zx_handle_t channel;
};

static struct holder hold(bool (*work)(zx_handle_t vmo), zx_handle_t vmo)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)zx_handle_close(vmo); /* fork() has copied it; what is sent is to count */
        (void)close(ends[0]);
        bool bound = setuid(NOBODY) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
        zx_handle_t channel = bound ? channel_of(ends[1]) : ZX_HANDLE_INVALID;
        zx_handle_t received = receive(channel);
        char verdict = received != ZX_HANDLE_INVALID && work(received) ? 'y' : 'n';
        (void)zx_channel_write(channel, 0, &verdict, 1, NULL, 0);
        for (;;) {
            (void)pause();
        }
    }
    (void)close(ends[1]);
    struct holder holder = {pid, channel_of(ends[0])};
    assert_int_equal(zx_channel_write(holder.channel, 0, "v", 1, &vmo, 1), ZX_OK);
    char verdict = 'n';
    uint32_t len = 0;
    zx_signals_t seen = 0;
    assert_int_equal(zx_object_wait_one(holder.channel, ZX_CHANNEL_READABLE, soon(), &seen), ZX_OK);
    assert_int_equal(zx_channel_read(holder.channel, 0, &verdict, NULL, 1, 0, &len, NULL), ZX_OK);
    assert_int_equal(verdict, 'y');
    return holder;
}

static void kill_holder(struct holder *holder)
{
    int status = 0;
    assert_int_equal(kill(holder->pid, SIGKILL), 0);
    assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
    assert_int_equal(zx_handle_close(holder->channel), ZX_OK);
}

static zx_status_t map(zx_handle_t vmo, zx_vaddr_t *ret_at)
{
    return zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, SIZE,
                       ret_at);
}

/* What its other holder wrote is there, in a mapping and by zx_vmo_read(). */
static bool reads_and_answers(zx_handle_t vmo)
{
    zx_vaddr_t at = 0;
    char text[8] = "";
    if (map(vmo, &at) != ZX_OK || strcmp((const char *)at, "for you") != 0 ||
        zx_vmo_read(vmo, text, 0, 8) != ZX_OK || strcmp(text, "for you") != 0) {
        return false;
    }
    memcpy((char *)at + SIZE - 4, "yes", 4);
    /* The handle is given up, and the mapping stays. */
    return zx_handle_close(vmo) == ZX_OK;
}

static void what_one_writes_another_users_process_reads(void **state)
{
    struct scene *scene = *state;
    zx_handle_t vmo;
    zx_handle_t sent;
    struct sysmem_collection *collection = allocate(scene, &vmo);
    zx_vaddr_t at = 0;
    assert_int_equal(map(vmo, &at), ZX_OK);
    memcpy((void *)at, "for you", 8);
    assert_int_equal(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &sent), ZX_OK);
    struct holder holder = hold(reads_and_answers, sent);
    assert_string_equal((const char *)at + SIZE - 4, "yes");
    assert_int_equal(zx_vmar_unmap(zx_vmar_root_self(), at, SIZE), ZX_OK);
    assert_int_equal(zx_handle_close(vmo), ZX_OK);
    leave(collection);
    /* The other one's mapping is all that is left. A later collection's whole life fits in. */
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *other = allocated(scene->allocator, 1, 4096, &info);
    sysmem_collection_info_free(info);
    leave(other);
    assert_true(daemon_log_wait_for(&scene->daemon, "all memory is given back", 0) > 0);
    assert_false(daemon_log_contains(&scene->daemon, scene->given_back));
    kill_holder(&holder);
    assert_true(daemon_log_wait_for(&scene->daemon, scene->given_back, 0) > 0);
}

static bool is_refused_by_the_limit(zx_handle_t vmo)
{
    const struct rlimit half = {SIZE / 2, SIZE / 2};
    zx_vaddr_t at = 0;
    char byte = 0;
    return setrlimit(RLIMIT_MEMLOCK, &half) == 0 && map(vmo, &at) == ZX_ERR_NO_MEMORY &&
           zx_vmo_read(vmo, &byte, SIZE - 1, 1) == ZX_OK &&
           zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, SIZE / 2, &at) == ZX_OK;
}

/* It is the mapper's limit that counts, and nobody dies of it. */
static void locked_memory_is_limited(void **state)
{
    struct scene *scene = *state;
    zx_handle_t vmo;
    struct sysmem_collection *collection = allocate(scene, &vmo);
    struct holder holder = hold(is_refused_by_the_limit, vmo);
    leave(collection);
    kill_holder(&holder);
    assert_true(daemon_log_wait_for(&scene->daemon, scene->given_back, 0) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_one_writes_another_users_process_reads, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(locked_memory_is_limited, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
