/* The provider's side of the Heap protocol, with a channel in the daemon's place. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <sysmem/handle.h>
#include <sysmem/heap_provider.h>
#include <zircon/syscalls.h>

#include "base/list.h"
#include "client/channel.h"
#include "client/heap_provider.h"
#include "model/requests.h"

#define SIZE ((uint64_t)8192)

/* What the heap under test does, and what it was told. */
struct rig {
    struct channel *daemon;
    struct sysmem_heap_provider *provider;
    pthread_t thread;
    zx_handle_t parent;
    const char *refusal; /* NULL: it allocates */
    bool quits;          /* frees the provider instead of answering at once */
    uint64_t index;
    uint64_t deleted;
    sysmem_status_t closed;
};

static void allocate(void *arg, struct sysmem_heap_call *call,
                     const struct sysmem_heap_allocation *allocation)
{
    struct rig *rig = arg;
    zx_handle_t child;
    rig->index = allocation->buffer_index;
    if (rig->quits) {
        sysmem_heap_provider_free(rig->provider);
        rig->provider = NULL;
        (void)sysmem_heap_call_refused(call, "too late");
    } else if (rig->refusal != NULL) {
        assert_int_equal(sysmem_heap_call_refused(call, rig->refusal), 0);
    } else {
        assert_int_equal(
            sysmem_heap_memory_create(rig->provider, allocation->size, &rig->parent, &child), 0);
        assert_int_equal(sysmem_heap_call_allocated(call, child), 0);
    }
}

static void delete (void *arg, struct sysmem_heap_call *call, uint64_t collection, uint64_t index,
                    zx_handle_t vmo)
{
    struct rig *rig = arg;
    rig->deleted = collection * 1000 + index;
    (void)zx_handle_close(vmo);
    assert_int_equal(sysmem_heap_call_deleted(call), 0);
}

static void closed(void *arg, sysmem_status_t why)
{
    ((struct rig *)arg)->closed = why;
}

static void *serve(void *arg)
{
    (void)sysmem_heap_provider_run(((struct rig *)arg)->provider, ZX_TIME_INFINITE);
    return NULL;
}

static int setup(void **state)
{
    static const struct sysmem_heap_provider_ops ops = {
        .allocate_vmo = allocate, .delete_vmo = delete, .closed = closed};
    static struct rig rig;
    rig = (struct rig){0};
    int ends[2];
    const struct sysmem_heap_provider_config config = {
        .properties = {.cpu_supported = true, .max_size_bytes = 1 << 20},
        .ops = &ops,
        .arg = &rig,
    };
    assert_int_equal(channel_pair(ends), 0);
    assert_int_equal(channel_new(ends[0], MODEL_PROTOCOL_HEAP, &rig.daemon), 0);
    assert_int_equal(heap_provider_new(ends[1], &config, &rig.provider), 0);
    assert_int_equal(pthread_create(&rig.thread, NULL, serve, &rig), 0);
    *state = &rig;
    return 0;
}

/* The daemon ends, and the provider hears of it. */
static int teardown(void **state)
{
    struct rig *rig = *state;
    channel_free(rig->daemon);
    (void)pthread_join(rig->thread, NULL);
    if (rig->provider != NULL) {
        assert_int_equal(rig->closed, ZX_ERR_PEER_CLOSED);
    }
    sysmem_heap_provider_free(rig->provider);
    (void)zx_handle_close(rig->parent);
    return 0;
}

static void call_allocate(const struct rig *rig, struct channel_reply *ret)
{
    struct model_heap_allocate_vmo_request request = {.has.settings = true};
    SYSMEM_SET(&request, size, SIZE);
    SYSMEM_SET(&request, buffer_collection_id, 7);
    SYSMEM_SET(&request, buffer_index, 3);
    channel_call(rig->daemon, model_method_by_name(MODEL_PROTOCOL_HEAP, "AllocateVmo"), &request,
                 ZX_TIME_INFINITE, ret);
}

static zx_handle_t allocated(struct rig *rig)
{
    struct channel_reply reply;
    call_allocate(rig, &reply);
    assert_int_equal(reply.status, 0);
    struct model_heap_allocate_vmo_response *response = reply.response;
    zx_handle_t vmo = response->vmo;
    response->vmo = ZX_HANDLE_INVALID;
    channel_reply_clear(&reply);
    return vmo;
}

static void a_buffer_is_a_child_and_its_end_is_known(void **state)
{
    struct rig *rig = *state;
    struct model_heap_delete_vmo_request request = {0};
    uint64_t size = 0;
    zx_signals_t seen = 0;
    zx_handle_t vmo = allocated(rig);
    assert_int_equal(rig->index, 3);
    assert_int_equal(zx_vmo_get_size(vmo, &size), 0);
    assert_int_equal(size, SIZE);
    assert_int_equal(zx_object_wait_one(rig->parent, ZX_VMO_ZERO_CHILDREN, 0, &seen),
                     ZX_ERR_TIMED_OUT);
    SYSMEM_SET(&request, buffer_collection_id, 7);
    SYSMEM_SET(&request, buffer_index, 3);
    SYSMEM_SET(&request, vmo, vmo);
    struct channel_reply reply;
    channel_call(rig->daemon, model_method_by_name(MODEL_PROTOCOL_HEAP, "DeleteVmo"), &request,
                 ZX_TIME_INFINITE, &reply);
    assert_int_equal(reply.status, 0);
    channel_reply_clear(&reply);
    assert_int_equal(rig->deleted, 7003);
    assert_int_equal(zx_object_wait_one(rig->parent, ZX_VMO_ZERO_CHILDREN, ZX_TIME_INFINITE, &seen),
                     0);
}

static void a_buffer_is_sealed_private_and_writable(void **state)
{
    struct rig *rig = *state;
    struct stat stat;
    zx_handle_t vmo = allocated(rig);
    int fd = sysmem_handle_fd(vmo);
    int wanted = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    assert_int_equal(fcntl(fd, F_GET_SEALS) & wanted, wanted);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(fstat(fd, &stat), 0);
    assert_int_equal(stat.st_mode & 0777, 0600);
    assert_int_equal(stat.st_blocks * 512, SIZE); /* committed */
    (void)zx_handle_close(vmo);
}

static void what_is_reserved_is_zero(void **state)
{
    (void)state;
    static const struct sysmem_heap_provider_ops ops = {.allocate_vmo = allocate,
                                                        .delete_vmo = delete};
    struct sysmem_heap_provider *provider = NULL;
    for (int i = 0; i < 2; i++) {
        struct sysmem_heap_provider_config config = {.ops = &ops};
        int ends[2];
        config.reserved[3] = i == 0;
        config.properties.reserved[3] = i == 1;
        assert_int_equal(channel_pair(ends), 0);
        assert_int_equal(heap_provider_new(ends[0], &config, &provider), ZX_ERR_INVALID_ARGS);
        assert_null(provider);
        char byte;
        assert_int_equal(read(ends[1], &byte, 1), 0); /* the other end was closed */
        (void)close(ends[1]);
    }
}

/* The heap's own domains say which memory it makes. */
static void opaque_memory_has_no_pages(void **state)
{
    (void)state;
    static const struct sysmem_heap_provider_ops ops = {.allocate_vmo = allocate,
                                                        .delete_vmo = delete};
    const struct sysmem_heap_provider_config config = {
        .properties = {.inaccessible_supported = true}, .ops = &ops};
    struct sysmem_heap_provider *provider;
    struct stat stat;
    int ends[2];
    char byte = 0;
    zx_handle_t parent;
    zx_handle_t child;
    assert_int_equal(channel_pair(ends), 0);
    assert_int_equal(heap_provider_new(ends[0], &config, &provider), 0);
    assert_int_equal(sysmem_heap_memory_create(provider, 0, &parent, &child), ZX_ERR_INVALID_ARGS);
    assert_int_equal(sysmem_heap_memory_create(provider, SIZE, &parent, &child), 0);
    assert_int_not_equal(zx_vmo_read(child, &byte, 0, 1), 0);
    assert_int_not_equal(zx_vmo_write(child, &byte, 0, 1), 0);
    int fd = -1;
    assert_int_equal(sysmem_handle_into_fd(child, NULL, &fd), 0);
    assert_int_equal(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE, F_SEAL_WRITE);
    assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(fstat(fd, &stat), 0);
    assert_int_equal(stat.st_size, SIZE);
    assert_int_equal(stat.st_blocks, 0);
    (void)close(fd);
    (void)zx_handle_close(parent);
    (void)close(ends[1]);
    sysmem_heap_provider_free(provider);
}

static void a_refusal_says_why(void **state)
{
    struct rig *rig = *state;
    struct channel_reply reply;
    rig->refusal = "the tiles are used up";
    call_allocate(rig, &reply);
    assert_int_equal(reply.status, SYSMEM_ERROR_NO_MEMORY);
    assert_non_null(reply.failure);
    assert_string_equal(reply.failure->reasons[0].detail, "the tiles are used up");
    channel_reply_clear(&reply);
}

static void a_provider_may_be_freed_from_within(void **state)
{
    struct rig *rig = *state;
    struct channel_reply reply;
    rig->quits = true;
    call_allocate(rig, &reply);
    assert_int_equal(reply.status, ZX_ERR_PEER_CLOSED);
    channel_reply_clear(&reply);
}

static void properties_are_told(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(heap_provider_start(rig->provider, geteuid()), 0);
    /* An event answers no call: the channel in the daemon's place drops it, and goes on. */
    (void)zx_handle_close(allocated(rig));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_buffer_is_a_child_and_its_end_is_known, setup, teardown),
        cmocka_unit_test_setup_teardown(a_buffer_is_sealed_private_and_writable, setup, teardown),
        cmocka_unit_test(opaque_memory_has_no_pages),
        cmocka_unit_test_setup_teardown(a_refusal_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(a_provider_may_be_freed_from_within, setup, teardown),
        cmocka_unit_test_setup_teardown(properties_are_told, setup, teardown),
        cmocka_unit_test(what_is_reserved_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
