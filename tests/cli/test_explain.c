/* sysmemctl explain: what it tells of failures and of results, to whom it may; and that the daemon
 * gives the reasons that `solve` gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "program.h"
#include "support/daemon.h"
#include "support/participant.h"

#define COUNT 4

static void assert_said(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in '%s'", part, text);
    }
}

/* Participants who have said what they want, but for the last one. */
struct scene {
    struct daemon daemon;
    struct sysmem_allocator *allocator;
    struct sysmem_collection *collections[COUNT];
    struct sysmem_group *group;
    char id[24];
};

static struct program_result ctl(const struct scene *scene, int status, const char *const args[3])
{
    const char *argv[] = {SYSMEMCTL_PATH,
                          "--socket",
                          scene->daemon.socket,
                          args[0],
                          args[1],
                          args[0] == NULL || args[1] == NULL ? NULL : args[2],
                          NULL};
    struct program_result result = program_run(argv, "");
    assert_int_equal(result.status, status);
    assert_null(strchr(result.output, '\x1b'));
    return result;
}

#define CTL(scene, status, ...) ctl(scene, status, (const char *const[3]){__VA_ARGS__})

static void name(struct sysmem_node *node, const char *text)
{
    assert_int_equal(sysmem_node_set_debug_client_info(node, text, 1), 0);
}

/* Two participants, and two more that are children of a group where `grouped` says so. */
static void begin(struct scene *scene, bool grouped)
{
    static const char *const names[COUNT] = {"camera\x1b", "display", "first", "second"};
    struct sysmem_token *tokens[COUNT];
    uint64_t id = 0;
    *scene = (struct scene){0};
    assert_int_equal(daemon_start(&scene->daemon, NULL), 0);
    scene->allocator = connect_to(&scene->daemon);
    tokens[0] = root_token(scene->allocator);
    assert_int_equal(sysmem_node_set_name(sysmem_token_node(tokens[0]), 1, "frames"), 0);
    if (grouped) {
        assert_int_equal(
            sysmem_token_create_buffer_collection_token_group(tokens[0], &scene->group), 0);
    }
    for (size_t i = 1; i < COUNT; i++) {
        if (grouped && i > 1) {
            assert_int_equal(
                sysmem_group_create_child(scene->group, ZX_RIGHT_SAME_RIGHTS, &tokens[i]), 0);
            assert_int_equal(sysmem_node_sync(sysmem_group_node(scene->group), soon()), 0);
        } else {
            tokens[i] = duplicate(tokens[0]);
        }
    }
    if (grouped) {
        assert_int_equal(sysmem_group_all_children_present(scene->group), 0);
        assert_int_equal(sysmem_node_sync(sysmem_group_node(scene->group), soon()), 0);
    }
    for (size_t i = COUNT; i > 0; i--) {
        scene->collections[i - 1] = bind_token(scene->allocator, tokens[i - 1]);
        struct sysmem_node *node = sysmem_collection_node(scene->collections[i - 1]);
        name(node, names[i - 1]);
        assert_int_equal(sysmem_node_get_buffer_collection_id(node, soon(), &id), 0);
    }
    (void)snprintf(scene->id, sizeof(scene->id), "%llu", (unsigned long long)id);
}

static void want(struct scene *scene, size_t who, uint64_t min_size, uint64_t max_size)
{
    struct sysmem_buffer_collection_constraints wanted = cpu_constraints(1, min_size, max_size);
    struct sysmem_collection *collection = scene->collections[who];
    assert_int_equal(sysmem_collection_set_constraints(collection, &wanted), 0);
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(collection), soon()), 0);
}

/* The last word, after which there may be nobody to answer. */
static void decide(struct scene *scene, size_t who)
{
    assert_int_equal(sysmem_collection_set_constraints(scene->collections[who], NULL), 0);
}

static void end(struct scene *scene)
{
    for (size_t i = 0; i < COUNT; i++) {
        sysmem_collection_free(scene->collections[i]);
    }
    sysmem_group_free(scene->group);
    sysmem_allocator_free(scene->allocator);
    assert_true(daemon_stop(&scene->daemon));
}

static void wait_for_failure(const struct scene *scene)
{
    assert_true(daemon_log_wait_for(&scene->daemon, "allocation fails: ", 0) > 0);
    struct sysmem_allocator *allocator = connect_to(&scene->daemon);
    struct sysmem_token *token = root_token(allocator); /* another turn of the loop */
    assert_int_equal(sysmem_node_sync(sysmem_token_node(token), soon()), 0);
    sysmem_token_free(token);
    sysmem_allocator_free(allocator);
}

static void a_failure_is_told(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, true);
    struct program_result none = CTL(&scene, 0, "explain");
    struct program_result list = CTL(&scene, 0, "list");
    assert_null(strstr(none.output, "frames"));
    assert_null(strstr(list.output, "failure"));
    program_result_deinit(&none);
    program_result_deinit(&list);
    none = CTL(&scene, 1, "explain", scene.id);
    assert_said(none.errors, "there is no collection ");
    program_result_deinit(&none);
    want(&scene, 0, 8192, 0);
    want(&scene, 2, 0, 4096);
    want(&scene, 3, 0, 2048);
    decide(&scene, 1);
    wait_for_failure(&scene);
    list = CTL(&scene, 0, "explain");
    assert_said(list.output, "frames  CONSTRAINTS_INTERSECTION_EMPTY  \"camera\\x1b\" "
                             "buffer_memory_constraints.min_size_bytes: wanted ");
    assert_said(list.output, "; and 1 more");
    program_result_deinit(&list);
    struct program_result whole = CTL(&scene, 0, "explain", scene.id);
    assert_said(whole.output, " \"frames\"\nparticipant ");
    assert_said(whole.output, "\nCONSTRAINTS_INTERSECTION_EMPTY\n");
    assert_said(whole.output, "\ncamera\\x1b   buffer_memory_constraints.min_size_bytes  wanted ");
    assert_null(strstr(whole.output, "selected children"));
    program_result_deinit(&whole);
    whole = CTL(&scene, 0, "explain", "--all", scene.id);
    assert_said(whole.output, "selected children 0\n");
    assert_said(whole.output, "selected children 1\n");
    program_result_deinit(&whole);
    list = CTL(&scene, 0, "list");
    assert_said(list.output, "the last failure was of collection ");
    program_result_deinit(&list);
    end(&scene);
}

static void a_result_is_told(void **state)
{
    (void)state;
    struct scene scene;
    struct sysmem_collection_info *info = NULL;
    begin(&scene, false);
    want(&scene, 0, 8192, 0);
    want(&scene, 1, 4096, 0);
    want(&scene, 2, 0, 65536);
    decide(&scene, 3);
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated(scene.collections[0], soon(), &info), 0);
    sysmem_collection_info_free(info);
    struct program_result result = CTL(&scene, 0, "explain", scene.id);
    assert_said(result.output, "buffer_count 3: camera\\x1b ");
    assert_said(result.output, "size_bytes 8192: camera\\x1b min_size_bytes 8192, display "
                               "min_size_bytes 4096, first max_size_bytes 65536\n");
    program_result_deinit(&result);
    result = CTL(&scene, 0, "explain", "--json", scene.id);
    assert_said(result.output, "\"allocated\": {");
    program_result_deinit(&result);
    end(&scene);
}

/* A part that joins too late fails by itself: the collection tells. */
static void a_part_that_failed_is_told(void **state)
{
    (void)state;
    struct daemon daemon;
    struct scene scene = {0};
    struct sysmem_collection_info *info = NULL;
    struct sysmem_token *token = NULL;
    uint64_t id = 0;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    scene.daemon = daemon;
    scene.allocator = connect_to(&daemon);
    scene.collections[0] = allocated(scene.allocator, 1, 4096, &info);
    struct sysmem_node *node = sysmem_collection_node(scene.collections[0]);
    assert_int_equal(sysmem_node_get_buffer_collection_id(node, soon(), &id), 0);
    (void)snprintf(scene.id, sizeof(scene.id), "%llu", (unsigned long long)id);
    assert_int_equal(
        sysmem_collection_attach_token(scene.collections[0], ZX_RIGHT_SAME_RIGHTS, &token), 0);
    scene.collections[1] = bind_token(scene.allocator, token);
    struct sysmem_buffer_collection_constraints large = cpu_constraints(0, 8192, 0);
    assert_int_equal(sysmem_collection_set_constraints(scene.collections[1], &large), 0);
    wait_for_failure(&scene);
    struct program_result inspected = CTL(&scene, 0, "inspect", "--json", scene.id);
    assert_said(inspected.output, "\"reasons\": [");
    assert_said(inspected.output, "\"field\": \"buffer_memory_constraints.min_size_bytes\"");
    program_result_deinit(&inspected);
    struct program_result whole = CTL(&scene, 0, "explain", scene.id);
    assert_said(whole.output, "size_bytes 4096: ");
    assert_said(whole.output, ", the part attached with ");
    program_result_deinit(&whole);
    sysmem_collection_info_free(info);
    end(&scene);
}

/* --- the same as `solve` --- */

static json_t *reasons_of_solve(const struct scene *scene)
{
    struct program_result inspected = CTL(scene, 0, "inspect", "--json", scene->id);
    json_t *document = json_loads(inspected.output, 0, NULL);
    json_t *nodes =
        json_object_get(json_array_get(json_object_get(document, "collections"), 0), "nodes");
    json_t *node = NULL;
    size_t i = 0;
    json_array_foreach(nodes, i, node)
    {
        (void)json_object_set_new(node, "ready", json_true()); /* the one that is still to speak */
    }
    char *text = json_dumps(document, 0);
    const char *argv[] = {SYSMEMCTL_PATH, "solve", NULL};
    struct program_result solved = program_run(argv, text);
    assert_int_equal(solved.status, 1);
    json_t *told = json_loads(solved.output, 0, NULL);
    json_t *reasons = json_incref(json_object_get(json_object_get(told, "error"), "reasons"));
    json_decref(told);
    json_decref(document);
    free(text);
    program_result_deinit(&solved);
    program_result_deinit(&inspected);
    return reasons;
}

static json_t *reasons_of_daemon(const struct scene *scene)
{
    struct program_result result = CTL(scene, 0, "explain", "--json", scene->id);
    json_t *told = json_loads(result.output, 0, NULL);
    json_t *failure = json_array_get(json_object_get(told, "failures"), 0);
    json_t *reasons = json_incref(json_object_get(json_object_get(failure, "conflict"), "reasons"));
    json_t *reason = NULL;
    size_t i = 0;
    json_array_foreach(reasons, i, reason)
    {
        (void)json_object_del(reason, "node");
    }
    json_decref(told);
    program_result_deinit(&result);
    return reasons;
}

/* Sizes of which at least two exclude each other, in all sorts of ways. */
static void the_daemon_says_what_solve_says(void **state)
{
    static const uint64_t sizes[][3][2] = {
        {{8192, 0},       {0, 4096},    {0, 2048} },
        {{1, 4096},       {8192, 0},    {16384, 0}},
        {{0, 4095},       {4096, 8192}, {8193, 0} },
        {{4097, 4096},    {0, 0},       {0, 0}    },
        {{UINT64_MAX, 0}, {0, 0},       {0, 0}    },
        {{0, 0},          {0, 0},       {0, 0}    },
        {{1u << 31, 0},   {0, 0},       {4096, 0} },
        {{4096, 4096},    {8192, 8192}, {16384, 0}},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct scene scene;
        begin(&scene, i % 2 == 1);
        for (size_t who = 0; who < 3; who++) {
            want(&scene, who == 0 ? 0 : who + 1, sizes[i / 2][who][0], sizes[i / 2][who][1]);
        }
        json_t *wanted = reasons_of_solve(&scene);
        decide(&scene, 1);
        wait_for_failure(&scene);
        json_t *got = reasons_of_daemon(&scene);
        assert_true(json_array_size(wanted) > 0);
        if (!json_equal(wanted, got)) {
            fail_msg("case %zu: solve says %s, the daemon %s", i, json_dumps(wanted, 0),
                     json_dumps(got, 0));
        }
        json_decref(wanted);
        json_decref(got);
        end(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_told),
        cmocka_unit_test(a_result_is_told),
        cmocka_unit_test(a_part_that_failed_is_told),
        cmocka_unit_test(the_daemon_says_what_solve_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
