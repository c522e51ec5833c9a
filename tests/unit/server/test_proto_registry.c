/* The Registry protocol: who may serve what, and from when on. */
#include "scripted_heap.h"

#include "server/helper.h"
#include "server/receiver.h"

#define STRANGER 4242

static void without_coherency_domains(void **state)
{
    (void)state;
    const struct sysmem_heap id = heap_id(HEAP_TYPE, 0);
    assert_int_equal(register_heap(&id, &scene.heap), 0);
    const struct model_heap_properties nothing = {0};
    send_on_register(&scene.heap, &nothing);
    wait_until_gone();
    assert_true(log_lines_have("properties.coherency_domain_support is not set"));
}

static void with_properties_that_cannot_be(void **state)
{
    (void)state;
    const struct sysmem_heap id = heap_id(HEAP_TYPE, 0);
    assert_int_equal(register_heap(&id, &scene.heap), 0);
    struct model_heap_properties properties = usual_properties();
    properties.coherency_domain_support.cpu_supported = false;
    properties.coherency_domain_support.ram_supported = false;
    SYSMEM_SET(&properties, need_clear, true);
    send_on_register(&scene.heap, &properties);
    wait_until_gone();
    assert_true(log_lines_have("got need_clear"));
}

static void who_registers_twice_is_closed(void **state)
{
    (void)state;
    begin_heap();
    const struct model_heap_properties properties = usual_properties();
    send_on_register(&scene.heap, &properties);
    wait_until_gone();
    assert_true(log_lines_have("OnRegister: wanted it once, got it again"));
}

static void who_never_registers_is_no_heap(void **state)
{
    (void)state;
    const struct sysmem_heap id = heap_id(HEAP_TYPE, 0);
    assert_int_equal(register_heap(&id, &scene.heap), 0);
    end_heap();
    wait_until_gone();
}

static void the_daemons_own_types_are_taken(void **state)
{
    (void)state;
    struct stream unused = {.fd = -1};
    struct sysmem_heap id = heap_id(SYSMEM_HEAP_TYPE_SYSTEM_RAM, 7);
    send_register_heap(&scene.registry, &id, -1, &unused);
    assert_int_equal(registered(&scene.registry, "RegisterHeap"),
                     SYSMEM_ERROR_HANDLE_ACCESS_DENIED);
    assert_non_null(strstr(scene.why, "one that the daemon has heaps of itself"));
    stream_deinit(&unused);
    static const char *const aliases[] = {"test.ALIAS"};
    struct solver_heap row = scene.whole.config.heaps[0];
    row.aliases = aliases;
    row.alias_count = 1;
    scene.whole.config.heaps = &row;
    id = heap_id("test.ALIAS", 3);
    send_register_heap(&scene.registry, &id, -1, &unused);
    assert_int_equal(registered(&scene.registry, "RegisterHeap"),
                     SYSMEM_ERROR_HANDLE_ACCESS_DENIED);
    stream_deinit(&unused);
}

/* Between RegisterHeap and OnRegister; the name is shown as what it is, too. */
static void a_name_may_be_taken_meanwhile(void **state)
{
    (void)state;
    const struct sysmem_heap id = heap_id("test\n.TILES", 0);
    assert_int_equal(register_heap(&id, &scene.heap), 0);
    struct heap *own = heap_system_ram_new(&scene.whole.server.executor, HEAP_COMMIT_LAZY);
    assert_non_null(own);
    own->id.heap_type = "test\n.TILES";
    assert_int_equal(heap_registry_add(&scene.whole.server.heaps, own), 0);
    const struct model_heap_properties properties = usual_properties();
    send_on_register(&scene.heap, &properties);
    wait_until_gone();
    assert_true(log_lines_have("heap test\\x0a.TILES 0: cannot be served by pid"));
    assert_ptr_equal(heap_registry_find(&scene.whole.server.heaps, "test\n.TILES", 0), own);
}

static void an_empty_type_is_none(void **state)
{
    (void)state;
    const struct sysmem_heap id = heap_id("", 0);
    struct stream unused;
    assert_int_equal(register_heap(&id, &unused), SYSMEM_ERROR_PROTOCOL_DEVIATION);
    assert_string_equal(scene.why, "wanted a heap_type, got none");
    stream_deinit(&unused);
}

static void an_unfit_connection_is_refused(void **state)
{
    (void)state;
    const struct sysmem_heap id = heap_id(HEAP_TYPE, 0);
    send_register_heap(&scene.registry, &id, heap_memory(), NULL);
    assert_int_equal(registered(&scene.registry, "RegisterHeap"), SYSMEM_ERROR_PROTOCOL_DEVIATION);
    assert_non_null(strstr(scene.why, "a Unix SEQPACKET socket"));
    assert_int_equal(link_heap_count(&scene.whole.server, 0), 0);
}

static void only_so_many_for_each_user(void **state)
{
    (void)state;
    struct stream heaps[3];
    for (uint64_t i = 0; i < 2; i++) {
        const struct sysmem_heap id = heap_id(HEAP_TYPE, i);
        assert_int_equal(register_heap(&id, &heaps[i]), 0);
    }
    const struct sysmem_heap id = heap_id(HEAP_TYPE, 2);
    assert_int_equal(register_heap(&id, &heaps[2]), SYSMEM_ERROR_NO_MEMORY);
    assert_non_null(strstr(scene.why, "max_heaps_per_uid"));
    for (int i = 0; i < 3; i++) {
        stream_deinit(&heaps[i]);
    }
    wait_until_gone();
    assert_int_equal(register_heap(&id, &scene.heap), 0);
}

/* As whom the daemon takes a client for. */
static uint32_t register_as(uid_t uid)
{
    struct stream client;
    struct stream registry;
    struct stream heap;
    struct binding *allocator = accept_client(&scene.whole, &client);
    allocator->uid = uid;
    open_registry(&client, &registry);
    const struct sysmem_heap id = heap_id(HEAP_TYPE, 0);
    send_register_heap(&registry, &id, -1, &heap);
    uint32_t err = registered(&registry, "RegisterHeap");
    stream_deinit(&heap);
    stream_deinit(&registry);
    stream_deinit(&client);
    wait_until_gone();
    return err;
}

static void only_whom_the_configuration_admits(void **state)
{
    (void)state;
    assert_false(receiver_trusts(STRANGER));
    scene.whole.server.helper_fd = helper_start();
    assert_int_equal(register_as(STRANGER), SYSMEM_ERROR_HANDLE_ACCESS_DENIED);
    assert_non_null(strstr(scene.why, "registrars"));
    const uid_t uids[] = {1, STRANGER};
    const gid_t groups[] = {getgid()};
    struct config_registrar rows[2] = {
        {.heap_type = "test.OTHER", .uids = uids,     .uid_count = 2  },
        {.heap_type = HEAP_TYPE,    .groups = groups, .group_count = 0},
    };
    scene.whole.config.registrars = rows;
    scene.whole.config.registrar_count = 2;
    assert_int_equal(register_as(STRANGER), SYSMEM_ERROR_HANDLE_ACCESS_DENIED);
    rows[1].group_count = 1; /* the group of this process, which really connected */
    assert_int_equal(register_as(STRANGER), 0);
    rows[1].group_count = 0;
    rows[1].uids = uids;
    rows[1].uid_count = 1;
    assert_int_equal(register_as(STRANGER), SYSMEM_ERROR_HANDLE_ACCESS_DENIED);
    rows[1].uid_count = 2;
    assert_int_equal(register_as(STRANGER), 0);
    scene.whole.config.registrar_count = 0;
    assert_int_equal(register_as(0), 0);
}

static void a_request_that_lacks_something(void **state)
{
    (void)state;
    struct stream registry;
    open_registry(&scene.client, &registry);
    const struct model_registry_register_heap_request nothing = {0};
    send_request(&registry, MODEL_PROTOCOL_REGISTRY, "RegisterHeap", 1, &nothing);
    assert_closes(&scene.whole, &registry);
    assert_true(log_lines_have("RegisterHeap: the required field heap is not set"));
}

static uint32_t register_secure_mem(int *ret_end)
{
    int ends[2];
    make_pair(ends);
    struct model_registry_register_secure_mem_request table = {0};
    SYSMEM_SET(&table, secure_mem_connection, 1);
    struct message message;
    message_init(&message, 0, 0);
    assert_int_equal(message_attach(&message, &(struct attachment){.fd = ends[1]}), 1);
    send_message(&scene.registry, MODEL_PROTOCOL_REGISTRY, "RegisterSecureMem", 9, &table,
                 &message);
    *ret_end = ends[0];
    return registered(&scene.registry, "RegisterSecureMem");
}

static uint32_t unregister_secure_mem(void)
{
    send_request(&scene.registry, MODEL_PROTOCOL_REGISTRY, "UnregisterSecureMem", 10, NULL);
    return registered(&scene.registry, "UnregisterSecureMem");
}

static void secure_memory_has_one_driver(void **state)
{
    (void)state;
    int driver;
    int other;
    assert_int_equal(unregister_secure_mem(), SYSMEM_ERROR_NOT_FOUND);
    assert_string_equal(scene.why, "no driver of secure memory is registered");
    assert_int_equal(register_secure_mem(&driver), 0);
    assert_int_equal(register_secure_mem(&other), SYSMEM_ERROR_UNSPECIFIED);
    assert_string_equal(scene.why, "wanted one driver of secure memory at a time, got another one");
    fd_close(&other);
    assert_int_equal(unregister_secure_mem(), 0);
    assert_int_equal(unregister_secure_mem(), SYSMEM_ERROR_NOT_FOUND);
    fd_close(&driver);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_coherency_domains),       TEST(with_properties_that_cannot_be),
        TEST(who_registers_twice_is_closed),   TEST(who_never_registers_is_no_heap),
        TEST(the_daemons_own_types_are_taken), TEST(a_name_may_be_taken_meanwhile),
        TEST(an_empty_type_is_none),           TEST(an_unfit_connection_is_refused),
        TEST(only_so_many_for_each_user),      TEST(only_whom_the_configuration_admits),
        TEST(a_request_that_lacks_something),  TEST(secure_memory_has_one_driver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
