/* Why an allocation failed: what arrives beside the error, with whom, and what is in the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sysmem/failure.h>
#include <sysmem/sysmem.h>

#include "debug_client.h"
#include "support/participant.h"

#define MIN_SIZE "buffer_memory_constraints.min_size_bytes"
#define MAX_SIZE "buffer_memory_constraints.max_size_bytes"

static struct sysmem_collection *named(struct sysmem_allocator *allocator,
                                       struct sysmem_token *token, const char *name)
{
    struct sysmem_collection *collection = bind_token(allocator, token);
    assert_int_equal(sysmem_node_set_debug_client_info(sysmem_collection_node(collection), name, 1),
                     0);
    return collection;
}

static void ask(struct sysmem_collection *collection, uint64_t min_size, uint64_t max_size)
{
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(1, min_size, max_size);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wanted), 0);
}

struct answer {
    sysmem_status_t status;
    int count;
};

static void on_answer(void *arg, sysmem_status_t status, struct sysmem_collection_info *info)
{
    struct answer *answer = arg;
    assert_null(info);
    answer->status = status;
    answer->count++;
}

/* The call is with the daemon when this returns. */
static void begin_to_wait(struct sysmem_collection *collection, struct answer *answer)
{
    *answer = (struct answer){0};
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated_async(collection, on_answer, answer), 0);
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(collection), soon()), 0);
}

static struct sysmem_failure *end_to_wait(struct sysmem_collection *collection,
                                          struct answer *answer)
{
    while (answer->count == 0) {
        (void)sysmem_channel_process(sysmem_node_channel(sysmem_collection_node(collection)));
    }
    return sysmem_collection_take_failure(collection);
}

static const struct sysmem_reason *reason_at(const struct sysmem_failure *failure,
                                             const char *field)
{
    for (size_t i = 0; i < sysmem_failure_reason_count(failure); i++) {
        const struct sysmem_reason *reason = sysmem_failure_reason(failure, i);
        if (strcmp(reason->has.field ? reason->field : "", field) == 0) {
            return reason;
        }
    }
    fail_msg("no reason against '%s'", field);
    return NULL;
}

static void assert_own(const struct sysmem_failure *failure, const char *own, const char *other)
{
    assert_int_equal(sysmem_failure_reason_count(failure), 2);
    assert_true(sysmem_failure_is_minimal(failure));
    assert_true(reason_at(failure, own)->own);
    assert_false(reason_at(failure, other)->own);
}

static void each_who_waits_gets_its_own_view(void **state)
{
    (void)state;
    struct daemon daemon;
    struct answer answers[2];
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    int descriptors = daemon_descriptor_count(&daemon);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *token = root_token(allocator);
    struct sysmem_collection *gate = bind_token(allocator, duplicate(token));
    struct sysmem_collection *display = named(allocator, duplicate(token), "display");
    struct sysmem_collection *camera = named(allocator, token, "camera");
    ask(camera, 8192, 0);
    begin_to_wait(camera, &answers[0]);
    ask(display, 0, 4096);
    begin_to_wait(display, &answers[1]);
    assert_int_equal(sysmem_collection_set_constraints(gate, NULL), 0);
    struct sysmem_failure *failure = end_to_wait(display, &answers[1]);
    assert_own(failure, MAX_SIZE, MIN_SIZE);
    sysmem_failure_free(failure);
    failure = end_to_wait(camera, &answers[0]);
    assert_int_equal(answers[0].status, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_own(failure, MIN_SIZE, MAX_SIZE);
    const struct sysmem_reason *reason = reason_at(failure, MAX_SIZE);
    assert_string_equal(reason->participant, "display");
    assert_string_equal(reason->detail, "wanted max_size_bytes 4096, got min_size_bytes 8192");
    sysmem_failure_free(failure);
    sysmem_collection_free(gate);
    sysmem_collection_free(camera);
    sysmem_collection_free(display);
    sysmem_allocator_free(allocator);
    assert_int_equal(daemon_descriptor_settle(&daemon, descriptors), descriptors);
    assert_true(daemon_stop(&daemon));
}

static void the_log_has_it_all(void **state)
{
    (void)state;
    struct daemon daemon;
    char line[160];
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *token = root_token(allocator);
    assert_int_equal(sysmem_node_set_name(sysmem_token_node(token), 1, "frames"), 0);
    struct sysmem_collection *display = named(allocator, duplicate(token), "disp\x1blay");
    struct sysmem_collection *camera = named(allocator, token, "camera");
    ask(camera, 8192, 0);
    ask(display, 0, 4096);
    ssize_t at =
        daemon_log_wait_for(&daemon, ": allocation fails: CONSTRAINTS_INTERSECTION_EMPTY; ", 0);
    assert_true(at > 0);
    (void)snprintf(line, sizeof(line),
                   "    client \"camera\" pid %d uid %u: " MIN_SIZE
                   ": wanted min_size_bytes 8192, got ",
                   (int)getpid(), (unsigned)getuid());
    at = daemon_log_wait_for(&daemon, line, (size_t)at);
    assert_true(at > 0);
    assert_true(daemon_log_wait_for(&daemon, "    client \"disp\\x1blay\" pid ", (size_t)at) > 0);
    sysmem_collection_free(camera);
    sysmem_collection_free(display);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

/* Those who have the buffers hear nothing, and are not to blame. */
static void a_late_one_is_told_of_itself(void **state)
{
    (void)state;
    struct daemon daemon;
    struct answer answer;
    struct sysmem_collection_info *info = NULL;
    struct sysmem_token *token = NULL;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_collection *first = allocated(allocator, 1, 4096, &info);
    assert_int_equal(sysmem_collection_attach_token(first, ZX_RIGHT_SAME_RIGHTS, &token), 0);
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(first), soon()), 0);
    struct sysmem_collection *gate = bind_token(allocator, duplicate(token));
    struct sysmem_collection *late = named(allocator, token, "late");
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(0, 8192, 0);
    assert_int_equal(sysmem_collection_set_constraints(late, &wanted), 0);
    begin_to_wait(late, &answer);
    assert_int_equal(sysmem_collection_set_constraints(gate, NULL), 0);
    struct sysmem_failure *failure = end_to_wait(late, &answer);
    assert_int_equal(answer.status, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
    assert_int_equal(sysmem_failure_reason_count(failure), 1);
    assert_true(reason_at(failure, MIN_SIZE)->own);
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(first), soon()), 0);
    sysmem_failure_free(failure);
    sysmem_collection_info_free(info);
    sysmem_collection_free(late);
    sysmem_collection_free(gate);
    sysmem_collection_free(first);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

/* The root wants what neither child of its group can give. */
static void a_group_none_of_whose_children_suits(void **state)
{
    (void)state;
    struct daemon daemon;
    struct answer answer;
    struct sysmem_group *group = NULL;
    struct sysmem_collection *children[2];
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *token = root_token(allocator);
    assert_int_equal(sysmem_token_create_buffer_collection_token_group(token, &group), 0);
    for (int i = 0; i < 2; i++) {
        struct sysmem_token *child = NULL;
        assert_int_equal(sysmem_group_create_child(group, ZX_RIGHT_SAME_RIGHTS, &child), 0);
        assert_int_equal(sysmem_node_sync(sysmem_group_node(group), soon()), 0);
        children[i] = named(allocator, child, i == 0 ? "best" : "second");
        ask(children[i], 0, 4096);
        assert_int_equal(sysmem_node_sync(sysmem_collection_node(children[i]), soon()), 0);
    }
    struct sysmem_collection *root = named(allocator, token, "root");
    ask(root, 8192, 0);
    begin_to_wait(root, &answer);
    assert_int_equal(sysmem_group_all_children_present(group), 0);
    struct sysmem_failure *failure = end_to_wait(root, &answer);
    assert_own(failure, MIN_SIZE, MAX_SIZE);
    assert_string_equal(reason_at(failure, MAX_SIZE)->participant, "best");
    sysmem_failure_free(failure);
    for (int i = 0; i < 2; i++) {
        sysmem_collection_free(children[i]);
    }
    sysmem_group_free(group);
    sysmem_collection_free(root);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

static void a_quota_is_told_with_its_numbers(void **state)
{
    (void)state;
    struct daemon daemon;
    const struct daemon_options options = {.config = "{\"limits\": {\"max_bytes_per_uid\": 4096}}"};
    assert_int_equal(daemon_start(&daemon, &options), 0);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct answer answer;
    struct sysmem_token *token = root_token(allocator);
    struct sysmem_collection *other = bind_token(allocator, duplicate(token));
    struct sysmem_collection *collection = bind_token(allocator, token);
    ask(collection, 8192, 0);
    begin_to_wait(collection, &answer);
    assert_int_equal(sysmem_collection_set_constraints(other, NULL), 0);
    struct sysmem_failure *failure = end_to_wait(collection, &answer);
    assert_int_equal(answer.status, SYSMEM_ERROR_NO_MEMORY);
    assert_int_equal(sysmem_failure_reason_count(failure), 1);
    const struct sysmem_reason *reason = sysmem_failure_reason(failure, 0);
    assert_false(reason->has.participant || reason->has.field);
    assert_non_null(strstr(reason->detail, "max_bytes_per_uid: wanted 8192 more, but uid "));
    sysmem_failure_free(failure);
    sysmem_collection_free(collection);
    sysmem_collection_free(other);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

/* Tokens' descriptors, inherited by the other one: with the second it says the last word. */
static int shared_tokens[2];
static bool wants_names;

/* 0 if it is told of both fields, and of the other's name as it should. */
static int is_told_as_it_should(const struct daemon *daemon)
{
    struct sysmem_allocator *allocator = connect_to(daemon);
    struct sysmem_collection *collections[2];
    struct answer answer;
    for (int i = 0; i < 2; i++) {
        struct sysmem_token *token = NULL;
        if (sysmem_token_from_fd(shared_tokens[i], &token) != 0) {
            return 2;
        }
        collections[i] = named(allocator, token, i == 0 ? "display" : "gate");
    }
    ask(collections[0], 0, 4096);
    begin_to_wait(collections[0], &answer);
    (void)sysmem_collection_set_constraints(collections[1], NULL);
    struct sysmem_failure *failure = end_to_wait(collections[0], &answer);
    if (failure == NULL || sysmem_failure_reason_count(failure) != 2) {
        return 3;
    }
    const struct sysmem_reason *own = reason_at(failure, MAX_SIZE);
    const struct sysmem_reason *other = reason_at(failure, MIN_SIZE);
    bool own_ok = own->own && strcmp(own->participant, "display") == 0;
    bool other_ok = !other->own && other->has.participant == wants_names &&
                    (!wants_names || strcmp(other->participant, "secret") == 0);
    sysmem_failure_free(failure);
    for (int i = 0; i < 2; i++) {
        sysmem_collection_free(collections[i]);
    }
    sysmem_allocator_free(allocator);
    return own_ok && other_ok ? 0 : 1;
}

static void check_two_uids(const char *config, bool names)
{
    struct daemon daemon;
    const struct daemon_options options = {.config = config};
    wants_names = names;
    debug_start_for_all_with(&daemon, &options);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *token = root_token(allocator);
    for (int i = 0; i < 2; i++) {
        shared_tokens[i] = sysmem_token_into_fd(duplicate(token));
    }
    struct sysmem_collection *camera = named(allocator, token, "secret");
    ask(camera, 8192, 0);
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(camera), soon()), 0);
    assert_true(debug_other_uid_finds(&daemon, is_told_as_it_should));
    for (int i = 0; i < 2; i++) {
        (void)close(shared_tokens[i]);
    }
    sysmem_collection_free(camera);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
}

static void another_uid_is_not_told_names(void **state)
{
    (void)state;
    check_two_uids(NULL, false);
}

static void another_uid_is_told_names_where_it_may(void **state)
{
    (void)state;
    check_two_uids("{\"debug\": {\"show_client_names\": true}}", true);
}

/* The largest tree. Each wants a buffer of its own, and the last one no more than 100: 102 reasons.
 */
#define MOST 4095

static void all_of_the_largest_tree_are_answered(void **state)
{
    (void)state;
    static struct sysmem_token *tokens[MOST];
    static struct sysmem_collection *collections[MOST];
    static struct answer answers[MOST];
    static zx_rights_t same[64];
    char more[32];
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < MOST + 64) {
        print_message("skipped: needs %d descriptors\n", MOST + 64);
        skip();
    }
    struct daemon daemon;
    const struct daemon_options options = {
        .config = "{\"limits\": {\"max_nodes_per_uid\": 10000, \"max_nodes_per_tree\": 4096, "
                  "\"max_descriptors_per_uid\": 20000}}"};
    assert_int_equal(daemon_start(&daemon, &options), 0);
    int descriptors = daemon_descriptor_count(&daemon);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_token *root = root_token(allocator);
    for (size_t i = 0; i < 64; i++) {
        same[i] = ZX_RIGHT_SAME_RIGHTS;
    }
    for (size_t i = 0; i < MOST; i += 64) {
        size_t count = MOST - i < 64 ? MOST - i : 64;
        assert_int_equal(sysmem_token_duplicate_sync(root, same, count, soon(), &tokens[i]), 0);
    }
    for (size_t i = 0; i < MOST; i++) {
        collections[i] = bind_token(allocator, tokens[i]);
        ask(collections[i], 4096, 0);
        answers[i] = (struct answer){0};
        assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated_async(
                             collections[i], on_answer, &answers[i]),
                         0);
    }
    for (size_t i = 0; i < MOST; i++) {
        assert_int_equal(sysmem_node_sync(sysmem_collection_node(collections[i]), soon()), 0);
    }
    struct sysmem_collection *last = bind_token(allocator, root);
    struct sysmem_buffer_collection_constraints few = cpu_constraints(0, 0, 0);
    SYSMEM_SET(&few, max_buffer_count, 100);
    assert_int_equal(sysmem_collection_set_constraints(last, &few), 0);
    for (size_t i = 0; i < MOST; i++) {
        struct sysmem_failure *failure = end_to_wait(collections[i], &answers[i]);
        assert_int_equal(answers[i].status, SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY);
        assert_non_null(failure);
        size_t count = sysmem_failure_reason_count(failure);
        (void)snprintf(more, sizeof(more), "\nand %zu more", 102 - count);
        assert_true(count > 32 && count <= 64);
        assert_false(sysmem_failure_is_minimal(failure));
        assert_non_null(strstr(sysmem_failure_text(failure), more));
        sysmem_failure_free(failure);
        sysmem_collection_free(collections[i]);
    }
    sysmem_collection_free(last);
    sysmem_allocator_free(allocator);
    assert_int_equal(daemon_descriptor_settle(&daemon, descriptors), descriptors);
    assert_true(daemon_stop(&daemon));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_who_waits_gets_its_own_view),
        cmocka_unit_test(the_log_has_it_all),
        cmocka_unit_test(a_late_one_is_told_of_itself),
        cmocka_unit_test(a_group_none_of_whose_children_suits),
        cmocka_unit_test(a_quota_is_told_with_its_numbers),
        cmocka_unit_test(another_uid_is_not_told_names),
        cmocka_unit_test(another_uid_is_told_names_where_it_may),
        cmocka_unit_test(all_of_the_largest_tree_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
