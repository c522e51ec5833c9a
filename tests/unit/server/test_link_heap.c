/* Heaps of other processes: what the daemon makes of what they answer. */
#include "scripted_heap.h"

#include <errno.h>

static void on_done(struct heap_request *request)
{
    scene.answers++;
    (void)snprintf(scene.why, sizeof(scene.why), "%s", request->why == NULL ? "" : request->why);
}

static void on_released(void *arg)
{
    (void)arg;
    scene.released++;
}

/* As a set of buffers asks. */
static void ask_for(struct heap_request *request)
{
    static const struct sysmem_single_buffer_settings settings = {0};
    *request = (struct heap_request){
        .size_bytes = HEAP_BYTES,
        .buffer_collection_id = 77,
        .buffer_index = 5,
        .name = "n",
        .settings = &settings,
        .done = on_done,
        .fd = -1,
    };
    heap_hold(found());
    heap_allocate(found(), request);
}

static void ask(void)
{
    ask_for(&scene.request);
}

/* What the process is asked next; its descriptors are dropped. */
static struct message next_request(uint32_t ordinal)
{
    struct message message;
    assert_int_equal(receive(&scene.whole, &scene.heap, &message), 1);
    assert_int_equal(message.ordinal, ordinal);
    return message;
}

static uint32_t next_txid(uint32_t ordinal)
{
    struct message message = next_request(ordinal);
    uint32_t txid = message.txid;
    message_clear(&message);
    return txid;
}

static void assert_refused(const char *why)
{
    turn_until(&scene.answers, 1);
    assert_true(scene.request.status < 0);
    assert_non_null(strstr(scene.why, why));
    heap_let_go(found());
}

static void allocate(void)
{
    ask();
    answer_vmo(&scene.heap, next_txid(1), heap_memory());
    turn_until(&scene.answers, 1);
    assert_string_equal(scene.why, "");
    assert_int_equal(scene.request.status, 0);
}

static void a_heap_comes_works_and_goes(void **state)
{
    (void)state;
    begin_heap();
    struct heap *heap = found();
    assert_true(heap->external && heap->ready);
    assert_int_equal(heap->properties.deadline_ns, 20000000);
    assert_int_equal(heap->properties.max_size_bytes, UINT64_MAX);
    allocate();
    heap_release(heap, &scene.request, on_released, NULL);
    struct message message = next_request(2);
    assert_int_equal(message.attachment_count, 1);
    struct stat st;
    assert_int_equal(fstat(message.attachments[0].fd, &st), 0);
    assert_int_equal(st.st_size, HEAP_BYTES);
    assert_int_equal(scene.released, 0);
    answer_deleted(&scene.heap, message.txid);
    message_clear(&message);
    turn_until(&scene.released, 1);
    heap_let_go(heap);
    end_heap();
    wait_until_gone();
}

/* --- what it answers --- */

static void its_words_reach_who_waits(void **state)
{
    (void)state;
    begin_heap();
    ask();
    answer_refusal(&scene.heap, next_txid(1), SYSMEM_ERROR_NO_MEMORY, "no tiles\n are left");
    assert_refused("its process refused: no tiles\\x0a are left");
    assert_int_equal(scene.request.status, -ENOMEM);
}

static void a_refusal_without_words(void **state)
{
    (void)state;
    begin_heap();
    ask();
    answer_refusal(&scene.heap, next_txid(1), SYSMEM_ERROR_UNSPECIFIED, NULL);
    assert_refused("no reason given");
}

static void no_vmo_at_all(void **state)
{
    (void)state;
    begin_heap();
    ask();
    const struct model_method *method = model_method_by_name(MODEL_PROTOCOL_HEAP, "AllocateVmo");
    const struct model_heap_allocate_vmo_response empty = {0};
    struct message message;
    message_init(&message, 1, next_txid(1));
    assert_int_equal(codec_encode_result(method, 0, &empty, &message), CODEC_OK);
    assert_int_equal(stream_send(&scene.heap, &message), 0);
    assert_refused("got no VMO");
}

static void memory_that_shrinks(void **state)
{
    (void)state;
    begin_heap();
    ask();
    int fd = memfd_create("tiles", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, (off_t)HEAP_BYTES), 0);
    answer_vmo(&scene.heap, next_txid(1), fd);
    assert_refused("without F_SEAL_SHRINK");
}

static void something_else_than_memory(void **state)
{
    (void)state;
    begin_heap();
    ask();
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fd_close(&ends[1]);
    answer_vmo(&scene.heap, next_txid(1), ends[0]);
    assert_refused("got another descriptor");
}

/* --- how it ends --- */

static void it_dies_before_it_answers(void **state)
{
    (void)state;
    begin_heap();
    struct heap *heap = found();
    ask();
    end_heap();
    turn_until(&scene.answers, 1);
    assert_string_equal(scene.why, "its process is gone");
    heap_let_go(heap);
    wait_until_gone();
}

/* The buffer lives on. */
static void it_dies_while_it_has_buffers(void **state)
{
    (void)state;
    begin_heap();
    struct heap *heap = found();
    allocate();
    end_heap();
    for (int i = 0; found() != NULL; i++) {
        assert_true(i < MANY_TURNS);
        turn(&scene.whole);
    }
    assert_string_equal(heap->gone, "its process is gone");
    assert_int_equal(link_heap_count(&scene.whole.server, 0), 0); /* it can be started anew */
    struct stat st;
    assert_int_equal(fstat(scene.request.fd, &st), 0);
    heap_release(heap, &scene.request, on_released, NULL);
    assert_int_equal(scene.released, 1);
    heap_let_go(heap);
    wait_until_gone();
}

static void no_submit(struct executor *executor, struct executor_job *job)
{
    (void)executor;
    (void)job;
    fail_msg("work on a stranger's file, where others' work is done");
}

/* The process can make the kernel wait for its file as long as it likes. */
static void its_memory_is_cleared_where_nobody_else_waits(void **state)
{
    (void)state;
    struct executor usual = scene.whole.server.executor;
    struct model_heap_properties properties = usual_properties();
    SYSMEM_SET(&properties, need_clear, true);
    begin_heap_with(&properties);
    scene.whole.server.executor.submit = no_submit;
    ask();
    int memory = heap_memory();
    assert_int_equal(pwrite(memory, "old", 3, 4096), 3);
    answer_vmo(&scene.heap, next_txid(1), memory);
    turn_until(&scene.answers, 1);
    assert_int_equal(scene.request.status, 0);
    char bytes[3] = "new";
    assert_int_equal(pread(scene.request.fd, bytes, 3, 4096), 3);
    assert_memory_equal(bytes, "\0\0\0", 3);
    scene.whole.server.executor = usual;
    heap_release(found(), &scene.request, on_released, NULL);
    answer_deleted(&scene.heap, next_txid(2));
    turn_until(&scene.released, 1);
    heap_let_go(found());
}

static void it_dies_before_it_has_deleted(void **state)
{
    (void)state;
    begin_heap();
    struct heap *heap = found();
    allocate();
    heap_release(heap, &scene.request, on_released, NULL);
    end_heap();
    turn_until(&scene.released, 1);
    heap_let_go(heap);
    wait_until_gone();
}

static void it_answers_garbage(void **state)
{
    (void)state;
    begin_heap();
    struct heap *heap = found();
    ask();
    struct message message;
    message_init(&message, 1, next_txid(1));
    message.body = (unsigned char *)strdup("garbage");
    message.body_len = 7;
    assert_int_equal(stream_send(&scene.heap, &message), 0);
    turn_until(&scene.answers, 1);
    assert_string_equal(scene.why, "its process is gone");
    heap_let_go(heap);
    wait_until_gone();
    assert_closes(&scene.whole, &scene.heap);
    scene.heap.fd = -1;
}

/* Whoever waits gives up at the deadline (collection/); the heap itself, later. */
static void it_never_answers(void **state)
{
    (void)state;
    begin_heap();
    struct heap *heap = found();
    ask();
    turn_until(&scene.answers, 1);
    assert_int_equal(scene.request.status, -ETIMEDOUT);
    assert_string_equal(scene.why, "its process does not answer");
    assert_string_equal(heap->gone, "its process does not answer");
    assert_true(log_lines_have("is taken for dead"));
    heap_let_go(heap);
    wait_until_gone();
}

/* It does what others want: who has asked for too much cannot have it taken for dead. */
static void it_answers_others(void **state)
{
    (void)state;
    begin_heap();
    struct heap *heap = found();
    struct heap_request first;
    ask_for(&first);
    (void)next_txid(1);
    ask();
    answer_refusal(&scene.heap, next_txid(1), SYSMEM_ERROR_NO_MEMORY, NULL);
    turn_until(&scene.answers, 1);
    turn_until(&scene.answers, 2);
    assert_string_equal(scene.why, "its process does not answer");
    assert_null(heap->gone);
    assert_ptr_equal(found(), heap);
    assert_int_equal(first.status, -ETIMEDOUT);
    heap_let_go(heap);
    heap_let_go(heap);
}

static void it_never_deletes(void **state)
{
    (void)state;
    begin_heap();
    struct heap *heap = found();
    allocate();
    heap_release(heap, &scene.request, on_released, NULL);
    turn_until(&scene.released, 1);
    assert_true(log_lines_have("DeleteVmo: no answer within the deadline"));
    answer_deleted(&scene.heap, next_txid(2)); /* does no harm */
    heap_let_go(heap);
    scene.answers = 0;
    allocate();
    heap_release(heap, &scene.request, NULL, NULL);
    heap_let_go(heap);
}

static void another_one_takes_its_place(void **state)
{
    (void)state;
    begin_heap();
    struct heap *former = found();
    struct stream former_end = scene.heap;
    allocate();
    const struct sysmem_heap id = heap_id(HEAP_TYPE, 0);
    assert_int_equal(register_heap(&id, &scene.heap), 0);
    const struct model_heap_properties properties = usual_properties();
    send_on_register(&scene.heap, &properties);
    for (int i = 0; found() == former; i++) {
        assert_true(i < MANY_TURNS);
        turn(&scene.whole);
    }
    assert_non_null(found());
    /* The former one gets its buffer back, and then its channel closes. */
    heap_release(former, &scene.request, on_released, NULL);
    struct message message;
    assert_int_equal(receive(&scene.whole, &former_end, &message), 1);
    assert_int_equal(message.ordinal, 2);
    answer_deleted(&former_end, message.txid);
    message_clear(&message);
    turn_until(&scene.released, 1);
    heap_let_go(former);
    assert_closes(&scene.whole, &former_end);
    assert_non_null(found());
}

static void the_daemon_ends_while_it_is_asked(void **state)
{
    (void)state;
    begin_heap();
    ask();
    heap_let_go(found());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_heap_comes_works_and_goes),
        TEST(its_words_reach_who_waits),
        TEST(a_refusal_without_words),
        TEST(no_vmo_at_all),
        TEST(memory_that_shrinks),
        TEST(something_else_than_memory),
        TEST(it_dies_before_it_answers),
        TEST(it_dies_while_it_has_buffers),
        TEST(its_memory_is_cleared_where_nobody_else_waits),
        TEST(it_dies_before_it_has_deleted),
        TEST(it_answers_garbage),
        TEST(it_never_answers),
        TEST(it_answers_others),
        TEST(it_never_deletes),
        TEST(another_one_takes_its_place),
        TEST(the_daemon_ends_while_it_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
