/* What a daemon says beside an error, kept until somebody takes it. */
#include "fake_server.h"

#include <sysmem/collection.h>
#include <sysmem/failure.h>
#include <sysmem/node.h>

#include "model/failure.h"

struct pair {
    struct server server;
    struct sysmem_collection *collection;
};

static void pair_init(struct pair *pair)
{
    int fd = server_init(&pair->server, MODEL_PROTOCOL_COLLECTION);
    assert_int_equal(sysmem_collection_from_fd(fd, &pair->collection), 0);
}

static void pair_deinit(struct pair *pair)
{
    sysmem_collection_free(pair->collection);
    server_deinit(&pair->server);
}

static const struct sysmem_reason reasons[] = {
    {.participant = "camera\n",
     .field = "min_buffer_count",
     .detail = "wanted 5, got 3",
     .own = true,
     .has = {true, true, true, true}},
    {.field = "max_buffer_count",                 .detail = "wanted 3, got 5",                                          .has = {false, true, true, false}},
    {.detail = "nobody's", .has = {false, false, true, false}},
};

static struct model_failure failure_of(size_t count)
{
    struct model_failure failure = {0};
    SYSMEM_SET_VECTOR(&failure, reasons, reasons, count);
    SYSMEM_SET(&failure, minimal, true);
    return failure;
}

/* The daemon's answer to the call that was sent last. */
static void answer(struct pair *pair, const char *name, const struct model_failure *failure)
{
    const struct model_method *method = model_method_by_name(MODEL_PROTOCOL_COLLECTION, name);
    struct message request;
    struct message reply;
    assert_int_equal(server_receive(&pair->server, &request), 1);
    message_init(&reply, method->ordinal, request.txid);
    message_clear(&request);
    if (failure != NULL) {
        assert_int_equal(codec_encode_failure(method, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY,
                                              failure, &reply),
                         CODEC_OK);
    } else {
        assert_int_equal(codec_encode_result(method, SYSMEM_ERROR_NO_MEMORY, NULL, &reply),
                         CODEC_OK);
    }
    assert_int_equal(stream_send(&pair->server.stream, &reply), 0);
}

struct outcome {
    struct pair *pair;
    sysmem_status_t status;
    struct sysmem_failure *failure;
};

static void on_allocated(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    struct outcome *outcome = arg;
    assert_null(info);
    outcome->status = status;
    outcome->failure = sysmem_collection_take_failure(outcome->pair->collection);
}

static struct sysmem_failure *fail_with(struct pair *pair, const struct model_failure *failure)
{
    struct outcome outcome = {.pair = pair};
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated_async(pair->collection,
                                                                            on_allocated, &outcome),
                     0);
    answer(pair, "WaitForAllBuffersAllocated", failure);
    while (outcome.status == 0) {
        assert_int_equal(
            sysmem_channel_process(sysmem_node_channel(sysmem_collection_node(pair->collection))),
            0);
    }
    return outcome.failure;
}

static void on_checked(void *arg, sysmem_status_t status)
{
    *(sysmem_status_t *)arg = status;
}

/* Nobody asks for the reasons. */
static void check_with(struct pair *pair, const struct model_failure *failure)
{
    sysmem_status_t status = 0;
    assert_int_equal(
        sysmem_collection_check_all_buffers_allocated_async(pair->collection, on_checked, &status),
        0);
    answer(pair, "CheckAllBuffersAllocated", failure);
    while (status == 0) {
        assert_int_equal(
            sysmem_channel_process(sysmem_node_channel(sysmem_collection_node(pair->collection))),
            0);
    }
}

static void reasons_come_with_the_error(void **state)
{
    struct pair pair;
    const struct model_failure said = failure_of(2);
    (void)state;
    pair_init(&pair);
    struct sysmem_failure *failure = fail_with(&pair, &said);
    assert_non_null(failure);
    assert_int_equal(sysmem_failure_reason_count(failure), 2);
    assert_true(sysmem_failure_is_minimal(failure));
    assert_string_equal(sysmem_failure_reason(failure, 0)->participant, "camera\n");
    assert_true(sysmem_failure_reason(failure, 0)->own);
    assert_false(sysmem_failure_reason(failure, 1)->has.participant);
    assert_null(sysmem_failure_reason(failure, 2));
    assert_null(sysmem_collection_take_failure(pair.collection));
    sysmem_failure_free(failure);
    pair_deinit(&pair);
}

static void text_is_for_people(void **state)
{
    struct pair pair;
    struct model_failure said = failure_of(3);
    (void)state;
    SYSMEM_SET(&said, omitted, 7);
    pair_init(&pair);
    struct sysmem_failure *failure = fail_with(&pair, &said);
    assert_false(sysmem_failure_is_minimal(failure));
    assert_string_equal(sysmem_failure_text(failure),
                        "\"camera\\x0a\" (this participant) min_buffer_count: wanted 5, got 3\n"
                        "another participant max_buffer_count: wanted 3, got 5\n"
                        "nobody's\n"
                        "and 7 more");
    sysmem_failure_free(failure);
    pair_deinit(&pair);
}

static void a_daemon_may_say_nothing(void **state)
{
    struct pair pair;
    (void)state;
    pair_init(&pair);
    assert_null(fail_with(&pair, NULL));
    pair_deinit(&pair);
}

/* Who never asks leaks nothing: the last one is kept, and goes with its collection. */
static void the_last_failure_is_kept(void **state)
{
    struct pair pair;
    const struct model_failure first = failure_of(3);
    const struct model_failure second = failure_of(1);
    (void)state;
    pair_init(&pair);
    check_with(&pair, &first);
    check_with(&pair, &second);
    check_with(&pair, NULL);
    struct sysmem_failure *failure = sysmem_collection_take_failure(pair.collection);
    assert_int_equal(sysmem_failure_reason_count(failure), 1);
    sysmem_failure_free(failure);
    check_with(&pair, &first);
    sysmem_failure_free(NULL);
    pair_deinit(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_come_with_the_error),
        cmocka_unit_test(text_is_for_people),
        cmocka_unit_test(a_daemon_may_say_nothing),
        cmocka_unit_test(the_last_failure_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
