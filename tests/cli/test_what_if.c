/* A failure of the daemon's, taken home: solve names the same conflict as the daemon did. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <jansson.h>
#include <poll.h>

#include <sysmem/failure.h>

#include "replay.h"
#include "support/daemon.h"
#include "support/participant.h"

static struct sysmem_collection *participant(struct sysmem_allocator *allocator,
                                             struct sysmem_token *token, const char *name,
                                             const struct sysmem_buffer_collection_constraints *c)
{
    struct sysmem_collection *collection = bind_token(allocator, token);
    struct sysmem_node *node = sysmem_collection_node(collection);
    assert_int_equal(sysmem_node_set_debug_client_info(node, name, 1), 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, c), 0);
    assert_int_equal(sysmem_node_sync(node, soon()), 0);
    return collection;
}

static void on_answer(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    sysmem_status_t *answer = arg;
    assert_null(info);
    *answer = status;
}

/* Begins to wait, has `last` leave, which decides, and takes what the daemon says. */
static struct sysmem_failure *decide(struct sysmem_collection *collection,
                                     struct sysmem_token *last)
{
    struct sysmem_node *node = sysmem_collection_node(collection);
    struct sysmem_channel *channel = sysmem_node_channel(node);
    sysmem_status_t answer = 0;
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated_async(collection, on_answer, &answer), 0);
    assert_int_equal(sysmem_node_sync(node, soon()), 0);
    assert_int_equal(sysmem_node_release(sysmem_token_node(last)), 0);
    sysmem_token_free(last);
    while (answer == 0) {
        struct pollfd fd = {.fd = sysmem_channel_get_fd(channel),
                            .events = sysmem_channel_get_events(channel)};
        assert_int_equal(poll(&fd, 1, DAEMON_PATIENCE_MS), 1);
        (void)sysmem_channel_process(channel);
    }
    return sysmem_collection_take_failure(collection);
}

/* What solve says of the tree without its last node, the one that keeps it from being decided. */
static json_t *foretell(const struct daemon *daemon, const char *last)
{
    json_t *edits = json_pack("{s:n}", last);
    struct program_result result;
    assert_true(replay_run(SYSMEMCTL_PATH, daemon->socket, edits, NULL, &result));
    assert_int_equal(result.status, 1);
    json_t *told = json_loads(result.output, 0, NULL);
    assert_non_null(told);
    program_result_deinit(&result);
    json_decref(edits);
    return told;
}

static void assert_member(const json_t *object, const char *key, const char *wanted)
{
    const char *got = json_string_value(json_object_get(object, key));
    assert_non_null(got);
    assert_string_equal(got, wanted);
}

/* What solve says of a collection that is gone. */
static json_t *replay_failed(const struct daemon *daemon, uint64_t id)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%" PRIu64, id);
    struct program_result shown =
        program_run((const char *const[]){SYSMEMCTL_PATH, "--socket", daemon->socket, "inspect",
                                          "--json", text, NULL},
                    "");
    assert_int_equal(shown.status, 0);
    struct program_result solved =
        program_run((const char *const[]){SYSMEMCTL_PATH, "solve", NULL}, shown.output);
    assert_int_equal(solved.status, 1);
    json_t *told = json_loads(solved.output, 0, NULL);
    assert_non_null(told);
    program_result_deinit(&shown);
    program_result_deinit(&solved);
    return told;
}

static void the_same_conflict(void **state)
{
    (void)state;
    struct daemon daemon;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *root = root_token(allocator);
    struct sysmem_token *second = duplicate(root);
    struct sysmem_token *third = duplicate(root);
    struct sysmem_token *last = duplicate(root);
    const struct sysmem_buffer_collection_constraints small = cpu_constraints(1, 0, 4096);
    const struct sysmem_buffer_collection_constraints any = cpu_constraints(1, 1024, 0);
    const struct sysmem_buffer_collection_constraints large = cpu_constraints(1, 8192, 0);
    struct sysmem_collection *camera = participant(allocator, root, "camera", &small);
    struct sysmem_collection *encoder = participant(allocator, second, "encoder", &any);
    struct sysmem_collection *display = participant(allocator, third, "display", &large);

    json_t *told = foretell(&daemon, "/collections/0/nodes/3");
    uint64_t id = 0;
    assert_int_equal(
        sysmem_node_get_buffer_collection_id(sysmem_collection_node(camera), soon(), &id), 0);
    struct sysmem_failure *failure = decide(camera, last);
    json_t *after = replay_failed(&daemon, id);
    assert_true(json_equal(told, after));
    json_decref(after);
    const json_t *reasons = json_object_get(json_object_get(told, "error"), "reasons");
    assert_non_null(failure);
    assert_int_equal(json_array_size(reasons), 2);
    assert_int_equal(sysmem_failure_reason_count(failure), 2);
    for (size_t i = 0; i < 2; i++) {
        const struct sysmem_reason *reason = sysmem_failure_reason(failure, i);
        assert_member(json_array_get(reasons, i), "participant", reason->participant);
        assert_member(json_array_get(reasons, i), "field", reason->field);
        assert_member(json_array_get(reasons, i), "detail", reason->detail);
    }
    sysmem_failure_free(failure);
    json_decref(told);
    sysmem_collection_free(camera);
    sysmem_collection_free(encoder);
    sysmem_collection_free(display);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_conflict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
