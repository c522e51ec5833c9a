/* A heap that another process serves, for real: it works, is killed, stopped and talks nonsense at
 * every step; nobody else notices, and nothing is left. */
#include "heap_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sysmem/sysmem.h>

#include "support/participant.h"

#define SIZE        65536u

#define DAEMON_UID  4101
#define HEAP_UID    4102
#define CLIENT_UID  4103

#define DEADLINE_MS 300

struct scene {
    struct daemon daemon;
    int descriptors;
    struct sysmem_allocator *allocator;
    struct heap_process heap;
};

static void begin(struct scene *scene, unsigned deadline_ms, uid_t uid)
{
    char config[160];
    (void)snprintf(config, sizeof(config),
                   "{\"limits\": {\"external_heap_deadline_ms\": %u}, \"registrars\": "
                   "[{\"heap_type\": \"" HEAP_PROCESS_TYPE "\", \"uids\": [%d]}]}",
                   deadline_ms, HEAP_UID);
    const char *const args[] = {"--log-level", "debug", NULL};
    const struct daemon_options options = {.args = args, .config = config, .uid = uid};
    assert_int_equal(daemon_start(&scene->daemon, &options), 0);
    scene->descriptors = daemon_descriptor_count(&scene->daemon);
    scene->allocator = connect_to(&scene->daemon);
}

static void end(struct scene *scene)
{
    sysmem_allocator_free(scene->allocator);
    assert_int_equal(daemon_descriptor_settle(&scene->daemon, scene->descriptors),
                     scene->descriptors);
    assert_true(daemon_stop(&scene->daemon));
}

static void start_heap(struct scene *scene, enum heap_step step, enum heap_act act)
{
    const struct heap_process_config config = {.daemon = &scene->daemon, .step = step, .act = act};
    size_t from = 0;
    heap_process_start(&config, &scene->heap);
    heap_process_expect(&scene->heap, "r");
    if (step == HEAP_STEP_REGISTERED) {
        return;
    }
    char served[64];
    (void)snprintf(served, sizeof(served), "served by pid %d", (int)scene->heap.pid);
    assert_true(daemon_log_wait_for(&scene->daemon, served, from) > 0);
}

/* A collection of one participant that wants two buffers of the heap. */
static struct sysmem_collection *want(struct sysmem_allocator *allocator)
{
    struct sysmem_heap heap = {0};
    SYSMEM_SET(&heap, heap_type, HEAP_PROCESS_TYPE);
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(2, SIZE, 0);
    SYSMEM_SET_VECTOR(&wanted.buffer_memory_constraints, permitted_heaps, &heap, 1);
    struct sysmem_collection *collection = bind_token(allocator, root_token(allocator));
    assert_int_equal(sysmem_collection_set_constraints(collection, &wanted), 0);
    return collection;
}

static sysmem_status_t wait_for(struct sysmem_collection *collection,
                                struct sysmem_collection_info **ret)
{
    *ret = NULL;
    return sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), ret);
}

/* Somebody who wants nothing of the heap has buffers at once. */
static void assert_others_work(struct scene *scene)
{
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *other = allocated(scene->allocator, 1, SIZE, &info);
    sysmem_collection_info_free(info);
    leave(other);
}

/* The memory is there, and is the same through both of the buffers' handles. */
static void assert_usable(struct sysmem_collection_info *info)
{
    zx_handle_t vmo = sysmem_collection_info_get(info)->buffers[1].vmo;
    char text[6] = "";
    assert_int_equal(zx_vmo_write(vmo, "tiles", SIZE - 6, 6), ZX_OK);
    assert_int_equal(zx_vmo_read(vmo, text, SIZE - 6, 6), ZX_OK);
    assert_string_equal(text, "tiles");
}

static void buffers_come_from_the_process_and_go_back(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 60000, 0);
    start_heap(&scene, HEAP_STEP_NONE, HEAP_ACT_NONE);
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = want(scene.allocator);
    assert_int_equal(wait_for(collection, &info), 0);
    assert_usable(info);
    leave(collection);
    assert_usable(info); /* until the last handle is closed */
    assert_true(heap_process_is_silent(&scene.heap));
    sysmem_collection_info_free(info);
    heap_process_expect(&scene.heap, "ddzz");
    heap_process_end(&scene.heap);
    end(&scene);
}

/* What a client has of it by then: nothing, or buffers that live on. */
static void use_heap(struct scene *scene)
{
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = want(scene->allocator);
    assert_others_work(scene);
    if (wait_for(collection, &info) == 0) {
        assert_usable(info);
        (void)sysmem_node_release(sysmem_collection_node(collection));
        assert_usable(info);
    }
    sysmem_collection_info_free(info);
    sysmem_collection_free(collection);
}

static void try_step(struct scene *scene, enum heap_step step, enum heap_act act)
{
    print_message("step %d\n", (int)step);
    start_heap(scene, step, act);
    if (step == HEAP_STEP_REGISTERED) {
        heap_process_wait_acted(&scene->heap);
    }
    use_heap(scene);
    if (act != HEAP_ACT_NONSENSE) {
        heap_process_wait_acted(&scene->heap);
    } else if (step != HEAP_STEP_REGISTERED) {
        heap_process_wait_for(&scene->heap, HEAP_SAYS_CLOSED);
    }
    assert_others_work(scene);
    heap_process_end(&scene->heap);
}

static void killed_at_every_step(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 60000, 0); /* nobody waits for that */
    for (int step = HEAP_STEP_REGISTERED; step < HEAP_STEP_NONE; step++) {
        try_step(&scene, (enum heap_step)step, HEAP_ACT_DIE);
    }
    end(&scene);
}

static void stopped_at_every_step(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, DEADLINE_MS, 0);
    for (int step = HEAP_STEP_REGISTERED; step < HEAP_STEP_NONE; step++) {
        try_step(&scene, (enum heap_step)step, HEAP_ACT_STOP);
    }
    end(&scene);
}

static void nonsense_at_every_step(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 60000, 0);
    for (int step = HEAP_STEP_FIRST_ASKED; step < HEAP_STEP_NONE; step++) {
        try_step(&scene, (enum heap_step)step, HEAP_ACT_NONSENSE);
    }
    end(&scene);
}

/* It wakes up, and what it makes then goes back to it. */
static void what_comes_too_late_goes_back(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, DEADLINE_MS, 0);
    start_heap(&scene, HEAP_STEP_FIRST_ASKED, HEAP_ACT_STOP);
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = want(scene.allocator);
    heap_process_wait_acted(&scene.heap);
    assert_others_work(&scene);
    assert_int_equal(wait_for(collection, &info), SYSMEM_ERROR_NO_MEMORY);
    sysmem_collection_free(collection);
    assert_int_equal(kill(scene.heap.pid, SIGCONT), 0);
    heap_process_expect(&scene.heap, "ddzz");
    collection = want(scene.allocator); /* and it is as good as before */
    assert_int_equal(wait_for(collection, &info), 0);
    sysmem_collection_info_free(info);
    leave(collection);
    heap_process_expect(&scene.heap, "ddzz");
    heap_process_end(&scene.heap);
    end(&scene);
}

static void another_process_takes_the_heap_over(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 60000, 0);
    start_heap(&scene, HEAP_STEP_NONE, HEAP_ACT_NONE);
    struct heap_process former = scene.heap;
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection_info *later = NULL;
    struct sysmem_collection *collection = want(scene.allocator);
    assert_int_equal(wait_for(collection, &info), 0);
    start_heap(&scene, HEAP_STEP_NONE, HEAP_ACT_NONE);
    assert_usable(info);
    struct sysmem_collection *other = want(scene.allocator);
    assert_int_equal(wait_for(other, &later), 0);
    sysmem_collection_info_free(info);
    sysmem_collection_free(collection);
    heap_process_expect(&former, "ddzzc");
    sysmem_collection_info_free(later);
    leave(other);
    heap_process_expect(&scene.heap, "ddzz");
    heap_process_end(&former);
    heap_process_end(&scene.heap);
    end(&scene);
}

static void the_kernel_tells_the_process_when_the_daemon_was_killed(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 60000, 0);
    start_heap(&scene, HEAP_STEP_NONE, HEAP_ACT_NONE);
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = want(scene.allocator);
    assert_int_equal(wait_for(collection, &info), 0);
    daemon_kill(&scene.daemon);
    heap_process_expect(&scene.heap, "c");
    assert_usable(info); /* no buffer is cleaned up because of that */
    assert_true(heap_process_is_silent(&scene.heap));
    sysmem_collection_info_free(info);
    heap_process_expect(&scene.heap, "zz");
    sysmem_collection_free(collection);
    sysmem_allocator_free(scene.allocator);
    heap_process_end(&scene.heap);
    assert_true(daemon_stop(&scene.daemon));
}

/* Its handles identify buffers, and reach nothing. */
static void opaque_buffers(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 60000, 0);
    const struct heap_process_config config = {
        .daemon = &scene.daemon, .step = HEAP_STEP_NONE, .act = HEAP_ACT_NONE, .opaque = true};
    heap_process_start(&config, &scene.heap);
    heap_process_expect(&scene.heap, "r");
    assert_true(daemon_log_wait_for(&scene.daemon, "served by pid", 0) > 0);
    struct sysmem_heap heap = {0};
    SYSMEM_SET(&heap, heap_type, HEAP_PROCESS_TYPE);
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(2, SIZE, 0);
    wanted.usage = (struct sysmem_buffer_usage){0};
    SYSMEM_SET(&wanted.usage, video, SYSMEM_VIDEO_USAGE_HW_DECODER);
    struct sysmem_buffer_memory_constraints *memory = &wanted.buffer_memory_constraints;
    SYSMEM_SET(memory, cpu_domain_supported, false);
    SYSMEM_SET(memory, inaccessible_domain_supported, true);
    SYSMEM_SET_VECTOR(memory, permitted_heaps, &heap, 1);
    struct sysmem_collection *collection = bind_token(scene.allocator, root_token(scene.allocator));
    assert_int_equal(sysmem_collection_set_constraints(collection, &wanted), 0);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(wait_for(collection, &info), 0);
    zx_handle_t vmo = sysmem_collection_info_get(info)->buffers[0].vmo;
    uint64_t size = 0;
    char byte = 0;
    assert_int_equal(zx_vmo_get_size(vmo, &size), ZX_OK);
    assert_int_equal(size, SIZE);
    assert_int_not_equal(zx_vmo_read(vmo, &byte, 0, 1), ZX_OK);
    assert_int_not_equal(zx_vmo_write(vmo, &byte, 0, 1), ZX_OK);
    leave(collection);
    assert_true(heap_process_is_silent(&scene.heap));
    sysmem_collection_info_free(info);
    heap_process_expect(&scene.heap, "ddzz");
    heap_process_end(&scene.heap);
    end(&scene);
}

/* The saved uid leads back. */
static void become(uid_t uid)
{
    assert_int_equal(setresuid(0, 0, 0), 0);
    if (uid != 0) {
        assert_int_equal(setresuid(uid, uid, 0), 0);
    }
}

/* Also after a failure: only then may this process end the others. */
static int become_root(void **state)
{
    (void)state;
    if (geteuid() == CLIENT_UID) {
        become(0);
    }
    return 0;
}

static void three_users(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root can become another user\n");
        skip();
    }
    struct scene scene;
    begin(&scene, 60000, DAEMON_UID);
    sysmem_allocator_free(scene.allocator);
    struct heap_process_config config = {
        .daemon = &scene.daemon,
        .step = HEAP_STEP_NONE,
        .act = HEAP_ACT_NONE,
        .uid = CLIENT_UID,
    };
    heap_process_start(&config, &scene.heap);
    heap_process_expect(&scene.heap, "x"); /* it is not admitted */
    heap_process_end(&scene.heap);
    config.uid = HEAP_UID;
    heap_process_start(&config, &scene.heap);
    heap_process_expect(&scene.heap, "r");
    assert_true(daemon_log_wait_for(&scene.daemon, "served by pid", 0) > 0);
    become(CLIENT_UID);
    scene.allocator = connect_to(&scene.daemon);
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = want(scene.allocator);
    assert_int_equal(wait_for(collection, &info), 0);
    assert_usable(info);
    sysmem_collection_info_free(info);
    leave(collection);
    heap_process_expect(&scene.heap, "ddzz");
    become(0);
    heap_process_end(&scene.heap);
    end(&scene);
}

int main(int argc, char **argv)
{
    heap_process_main(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_come_from_the_process_and_go_back),
        cmocka_unit_test(killed_at_every_step),
        cmocka_unit_test(stopped_at_every_step),
        cmocka_unit_test(nonsense_at_every_step),
        cmocka_unit_test(what_comes_too_late_goes_back),
        cmocka_unit_test(another_process_takes_the_heap_over),
        cmocka_unit_test(the_kernel_tells_the_process_when_the_daemon_was_killed),
        cmocka_unit_test(opaque_buffers),
        cmocka_unit_test_teardown(three_users, become_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
