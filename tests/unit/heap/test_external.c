/* A heap of another process, whose part the test plays. */
#include "heap/external.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "heap/registry.h"
#include "os/memfile.h"
#include "thread_executor.h"

#define BYTES UINT64_C(8192)

#define SEALS (F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

/* What the process was asked last, and what it knows. */
struct fake {
    int refuses; /* each call, with this -errno */
    struct heap_remote_allocation allocation;
    struct heap_external_buffer *asked;
    struct heap_external_buffer *deleted;
    int given_back;
    int known; /* a descriptor of memory that is a buffer's already */
    int discarded;
    int freed;
};

struct scene {
    struct fake fake;
    struct thread_executor threads;
    struct heap_registry registry;
    struct heap *heap;
    struct heap_request request;
    int answers;
    char why[200];
    int released;
};

static int allocate_vmo(void *remote, const struct heap_remote_allocation *allocation,
                        struct heap_external_buffer *buffer)
{
    struct fake *fake = remote;
    fake->allocation = *allocation;
    fake->asked = buffer;
    return fake->refuses;
}

static int delete_vmo(void *remote, const struct heap_remote_allocation *allocation, int fd,
                      struct heap_external_buffer *buffer)
{
    struct fake *fake = remote;
    fake->allocation = *allocation;
    fake->given_back = fd;
    fake->deleted = buffer;
    if (fake->refuses != 0) {
        fd_close(&fake->given_back);
    }
    return fake->refuses;
}

static bool is_known(void *remote, int fd)
{
    const struct fake *fake = remote;
    struct stat a;
    struct stat b;
    return fake->known >= 0 && fstat(fake->known, &a) == 0 && fstat(fd, &b) == 0 &&
           a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static void discard(void *remote, int fd)
{
    struct fake *fake = remote;
    fake->discarded++;
    fd_close(&fd);
}

static void free_remote(void *remote)
{
    struct fake *fake = remote;
    fake->freed++;
}

static const struct heap_remote_ops ops = {allocate_vmo, delete_vmo, is_known, discard,
                                           free_remote};

static struct heap_external_config config_of(struct scene *scene)
{
    struct heap_external_config config = {
        .cpu_supported = true,
        .ram_supported = true,
        .inaccessible_supported = true,
        .max_size_bytes = UINT64_MAX,
        .deadline_ns = 1,
        .executor = &scene->threads.executor,
        .ops = &ops,
        .remote = &scene->fake,
    };
    SYSMEM_SET(&config.id, heap_type, "test.TILES");
    SYSMEM_SET(&config.id, id, 3);
    return config;
}

static void begin(struct scene *scene, const struct heap_external_config *config)
{
    assert_null(heap_external_refuse(config));
    scene->heap = heap_external_new(config);
    assert_non_null(scene->heap);
    assert_int_equal(heap_registry_add(&scene->registry, scene->heap), 0);
}

static int setup(void **state)
{
    static struct scene scene;
    scene = (struct scene){.threads = THREAD_EXECUTOR, .fake.known = -1, .fake.given_back = -1};
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    heap_registry_deinit(&scene->registry);
    assert_int_equal(scene->fake.freed, scene->heap == NULL ? 0 : 1);
    fd_close(&scene->fake.given_back);
    return 0;
}

static void on_done(struct heap_request *request)
{
    struct scene *scene = container_of(request, struct scene, request);
    scene->answers++;
    (void)snprintf(scene->why, sizeof(scene->why), "%s", request->why == NULL ? "" : request->why);
}

static void on_released(void *arg)
{
    struct scene *scene = arg;
    scene->released++;
}

static void ask(struct scene *scene)
{
    static const struct sysmem_single_buffer_settings settings = {0};
    scene->request = (struct heap_request){
        .size_bytes = BYTES,
        .buffer_collection_id = 77,
        .buffer_index = 5,
        .name = "n",
        .settings = &settings,
        .done = on_done,
        .fd = -1,
    };
    heap_allocate(scene->heap, &scene->request);
}

/* As a heap's process is to make it. */
static int good_memory(int further_seals)
{
    int fd = memfd_create("tiles", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0600), 0);
    assert_int_equal(ftruncate(fd, (off_t)BYTES), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, SEALS | further_seals), 0);
    return fd;
}

static void assert_made(struct scene *scene)
{
    assert_int_equal(scene->answers, 1);
    assert_string_equal(scene->why, "");
    assert_int_equal(scene->request.status, 0);
    assert_true(scene->request.fd >= 0);
}

static void give_back(struct scene *scene)
{
    int fd = scene->request.fd;
    heap_release(scene->heap, &scene->request, on_released, scene);
    assert_int_equal(scene->fake.given_back, fd);
    assert_int_equal(scene->released, 0);
    heap_external_deleted(scene->fake.deleted);
    assert_int_equal(scene->released, 1);
    assert_int_equal(scene->heap->metrics.buffers, 0);
}

/* Refuses what the process made of `fd`, with these words. */
static void assert_refused(struct scene *scene, int fd, const char *why)
{
    ask(scene);
    int discarded = fd < 0 ? 0 : 1;
    heap_external_allocated(scene->fake.asked, 0, fd, NULL);
    assert_int_equal(scene->answers, 1);
    assert_int_equal(scene->request.status, -EPROTO);
    assert_non_null(strstr(scene->why, why));
    assert_int_equal(scene->request.fd, -1);
    assert_int_equal(scene->fake.discarded, discarded);
    assert_int_equal(scene->heap->metrics.failed_allocations, 1);
}

static void a_buffer_comes_and_goes_back(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    assert_true(scene->heap->external);
    assert_false(scene->heap->properties.opaque);
    assert_int_equal(scene->heap->properties.tracking, HEAP_TRACKED_BY_LOCKS);
    assert_int_equal(scene->heap->properties.deadline_ns, 1);
    ask(scene);
    assert_int_equal(scene->fake.allocation.size, BYTES);
    assert_int_equal(scene->fake.allocation.buffer_collection_id, 77);
    assert_int_equal(scene->fake.allocation.buffer_index, 5);
    assert_non_null(scene->fake.allocation.settings);
    assert_int_equal(scene->answers, 0);
    heap_external_allocated(scene->fake.asked, 0, good_memory(0), NULL);
    assert_made(scene);
    give_back(scene);
    assert_int_equal(scene->fake.allocation.buffer_collection_id, 77);
    assert_int_equal(scene->fake.allocation.buffer_index, 5);
}

static void a_refusal_keeps_its_words(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    ask(scene);
    heap_external_allocated(scene->fake.asked, -ENOMEM, -1, "no tiles are left");
    assert_int_equal(scene->answers, 1);
    assert_int_equal(scene->request.status, -ENOMEM);
    assert_string_equal(scene->why, "no tiles are left");
}

static void who_cannot_be_asked_refuses(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    scene->fake.refuses = -EPIPE;
    ask(scene);
    assert_int_equal(scene->answers, 1);
    assert_string_equal(scene->why, "its process is gone");
    scene->fake.refuses = -ENOBUFS;
    ask(scene);
    assert_int_equal(scene->answers, 2);
    assert_string_equal(scene->why, "its process does not read what it is asked");
}

/* The buffer is free all the same: the kernel tells the process, should it live. */
static void who_cannot_be_told_is_not_waited_for(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    ask(scene);
    heap_external_allocated(scene->fake.asked, 0, good_memory(0), NULL);
    assert_made(scene);
    scene->fake.refuses = -EPIPE;
    heap_release(scene->heap, &scene->request, on_released, scene);
    assert_int_equal(scene->released, 1);
    assert_int_equal(scene->heap->metrics.buffers, 0);
}

static void a_buffer_is_cleared_on_demand(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    config.need_clear = true;
    begin(scene, &config);
    ask(scene);
    int fd = good_memory(0);
    assert_int_equal(pwrite(fd, "dirt", 4, 4096), 4);
    heap_external_allocated(scene->fake.asked, 0, fd, NULL);
    assert_int_equal(scene->answers, 0);
    thread_executor_finish(&scene->threads);
    assert_made(scene);
    char bytes[4] = "dirt";
    assert_int_equal(pread(scene->request.fd, bytes, 4, 4096), 4);
    assert_memory_equal(bytes, "\0\0\0\0", 4);
    give_back(scene);
}

static void opaque_memory_is_sealed_against_writing(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    config.cpu_supported = false;
    config.ram_supported = false;
    begin(scene, &config);
    assert_true(scene->heap->properties.opaque);
    ask(scene);
    heap_external_allocated(scene->fake.asked, 0, good_memory(F_SEAL_WRITE), NULL);
    assert_made(scene);
    give_back(scene);
    scene->answers = 0;
    assert_refused(scene, good_memory(0), "without F_SEAL_WRITE");
}

static void no_vmo(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    assert_refused(scene, -1, "wanted memory of memfd_create(), got no VMO");
}

static void no_memory_file(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    fd_close(&pair[0]);
    assert_refused(scene, pair[1], "got another descriptor");
}

static void a_wrong_size(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    int fd = memfd_create("tiles", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(fd, 4096), 0);
    assert_refused(scene, fd, "wanted 8192 bytes, got a VMO of 4096");
}

static int memory_with(int seals)
{
    int fd = memfd_create("tiles", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0600), 0);
    assert_int_equal(ftruncate(fd, (off_t)BYTES), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static void seals_that_are_missing_or_too_many(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    const struct {
        int seals;
        const char *why;
    } cases[] = {
        {F_SEAL_GROW | F_SEAL_SEAL,       "without F_SEAL_SHRINK"        },
        {F_SEAL_SHRINK | F_SEAL_SEAL,     "without F_SEAL_GROW"          },
        {F_SEAL_SHRINK | F_SEAL_GROW,     "without F_SEAL_SEAL"          },
        {SEALS | F_SEAL_WRITE,            "got it sealed against writing"},
        {SEALS | 0x10 /* FUTURE_WRITE */, "got it sealed against writing"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        scene->answers = 0;
        scene->fake.discarded = 0;
        scene->heap->metrics.failed_allocations = 0;
        assert_refused(scene, memory_with(cases[i].seals), cases[i].why);
    }
}

static void a_read_only_descriptor(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    int fd = good_memory(0);
    int again = -1;
    assert_int_equal(memfile_reopen(MEMFILE_NO_DIR, fd, MEMFILE_READ_ONLY, &again), 0);
    fd_close(&fd);
    assert_refused(scene, again, "open for reading and writing (O_RDWR)");
}

static void memory_that_others_may_open(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    int fd = good_memory(0);
    assert_int_equal(fchmod(fd, 0606), 0);
    assert_refused(scene, fd, "got a mode or an access list that lets others in");
}

static void memory_that_cannot_be_opened_again(void **state)
{
    struct scene *scene = *state;
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    int others = good_memory(0);
    int admitting = good_memory(0);
    assert_int_equal(memfile_admit(admitting, 1001), 0);
    assert_int_equal(seteuid(1001), 0);
    assert_refused(scene, others, "wanted memory that uid 1001 can open again");
    ask(scene);
    heap_external_allocated(scene->fake.asked, 0, admitting, NULL);
    assert_int_equal(seteuid(0), 0);
    scene->answers = 1;
    assert_made(scene);
    give_back(scene);
}

static void memory_of_another_buffer(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    begin(scene, &config);
    int fd = good_memory(0);
    scene->fake.known = fd_dup(fd);
    assert_refused(scene, fd, "got what is another buffer's already");
    fd_close(&scene->fake.known);
}

static void properties_that_cannot_be(void **state)
{
    struct scene *scene = *state;
    struct heap_external_config config = config_of(scene);
    config.cpu_supported = config.ram_supported = false;
    config.need_clear = true;
    assert_non_null(strstr(heap_external_refuse(&config), "got need_clear"));
    config.need_clear = false;
    assert_null(heap_external_refuse(&config));
    config.inaccessible_supported = false;
    assert_non_null(strstr(heap_external_refuse(&config), "at least one coherency domain"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_buffer_comes_and_goes_back),
        TEST(a_refusal_keeps_its_words),
        TEST(who_cannot_be_asked_refuses),
        TEST(who_cannot_be_told_is_not_waited_for),
        TEST(a_buffer_is_cleared_on_demand),
        TEST(opaque_memory_is_sealed_against_writing),
        TEST(no_vmo),
        TEST(no_memory_file),
        TEST(a_wrong_size),
        TEST(seals_that_are_missing_or_too_many),
        TEST(a_read_only_descriptor),
        TEST(memory_that_others_may_open),
        TEST(memory_that_cannot_be_opened_again),
        TEST(memory_of_another_buffer),
        TEST(properties_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
