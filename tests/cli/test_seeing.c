/* What sysmemctl shows of a tree with a node of each sort, and of what happens to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"
#include "support/daemon.h"
#include "support/participant.h"

static void assert_said(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in '%s'", part, text);
    }
}

/* A root, and below it: a weak token, a dispensable one, a group of one, an attached token. */
struct scene {
    struct daemon daemon;
    struct sysmem_allocator *allocator;
    struct sysmem_collection *root;
    struct sysmem_token *weak;
    struct sysmem_token *dispensable;
    struct sysmem_collection *dispensed; /* what comes of it */
    struct sysmem_group *group;
    struct sysmem_token *child;
    struct sysmem_token *attached;
    char id[24];
};

static void set_constraints(struct sysmem_collection *collection)
{
    struct sysmem_buffer_collection_constraints constraints = cpu_constraints(1, 4096, 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &constraints), 0);
}

static void begin(struct scene *scene)
{
    uint64_t id = 0;
    *scene = (struct scene){0};
    assert_int_equal(daemon_start(&scene->daemon, NULL), 0);
    scene->allocator = connect_to(&scene->daemon);
    struct sysmem_token *token = root_token(scene->allocator);
    struct sysmem_node *node = sysmem_token_node(token);
    assert_int_equal(sysmem_node_set_name(node, 1, "wipe\x1b[2J\"\\"), 0);
    assert_int_equal(sysmem_node_set_weak_ok(node, true), 0);
    scene->weak = duplicate(token);
    assert_int_equal(sysmem_node_set_weak(sysmem_token_node(scene->weak)), 0);
    scene->dispensable = duplicate(token);
    assert_int_equal(sysmem_token_set_dispensable(scene->dispensable), 0);
    assert_int_equal(sysmem_token_create_buffer_collection_token_group(token, &scene->group), 0);
    assert_int_equal(sysmem_group_create_child(scene->group, ZX_RIGHT_SAME_RIGHTS, &scene->child),
                     0);
    assert_int_equal(sysmem_group_all_children_present(scene->group), 0);
    scene->root = bind_token(scene->allocator, token);
    node = sysmem_collection_node(scene->root);
    assert_int_equal(
        sysmem_collection_attach_token(scene->root, ZX_RIGHT_SAME_RIGHTS, &scene->attached), 0);
    set_constraints(scene->root);
    struct sysmem_node *const all[] = {
        sysmem_token_node(scene->weak), sysmem_token_node(scene->dispensable),
        sysmem_group_node(scene->group), sysmem_token_node(scene->child),
        sysmem_token_node(scene->attached)};
    assert_int_equal(sysmem_node_get_buffer_collection_id(node, soon(), &id), 0);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(sysmem_node_sync(all[i], soon()), 0);
    }
    (void)snprintf(scene->id, sizeof(scene->id), "%llu", (unsigned long long)id);
}

static struct sysmem_collection *turn_in(struct scene *scene, struct sysmem_token **token)
{
    struct sysmem_collection *collection = bind_token(scene->allocator, *token);
    *token = NULL;
    set_constraints(collection);
    return collection;
}

/* All but the attached one speak. A failure domain lives as long as somebody in it is connected. */
static void allocate(struct scene *scene)
{
    struct sysmem_collection_info *info = NULL;
    leave(turn_in(scene, &scene->weak));
    leave(turn_in(scene, &scene->child));
    scene->dispensed = turn_in(scene, &scene->dispensable);
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(scene->root, soon(), &info),
                     0);
    sysmem_collection_info_free(info);
}

static void end(struct scene *scene)
{
    sysmem_token_free(scene->weak);
    sysmem_token_free(scene->dispensable);
    sysmem_collection_free(scene->dispensed);
    sysmem_group_free(scene->group);
    sysmem_token_free(scene->child);
    sysmem_token_free(scene->attached);
    sysmem_collection_free(scene->root);
    sysmem_allocator_free(scene->allocator);
    assert_true(daemon_stop(&scene->daemon));
}

static struct program_result ctl(const struct scene *scene, const char *command, const char *a,
                                 const char *b)
{
    const char *argv[] = {SYSMEMCTL_PATH, "--socket", scene->daemon.socket, command, a, b, NULL};
    struct program_result result = program_run(argv, "");
    assert_int_equal(result.status, 0);
    assert_null(strchr(result.output, '\x1b'));
    return result;
}

static void tree_shows_what_each_node_is(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    struct program_result waiting = ctl(&scene, "tree", scene.id, NULL);
    assert_said(waiting.output, "wipe\\x1b[2J");
    assert_said(waiting.output, ", weak, weak ok\n");
    assert_said(waiting.output, ", dispensable\n");
    assert_said(waiting.output, "GROUP ");
    assert_said(waiting.output, ", attached\n");
    assert_said(waiting.output, "not ready for ");
    assert_said(waiting.output, "waiting for: BindSharedCollection or Release of client ");
    assert_null(strstr(waiting.output, "selected"));
    allocate(&scene);
    struct program_result allocated = ctl(&scene, "tree", scene.id, NULL);
    assert_said(allocated.output, "allocated, selected\n");
    assert_null(strstr(allocated.output, "waiting for: "));
    program_result_deinit(&waiting);
    program_result_deinit(&allocated);
    end(&scene);
}

/* Whether Graphviz takes it; true where it is not installed. */
static bool graphviz_takes(const char *graph)
{
    static const char *const places[] = {"/usr/bin/dot", "/usr/local/bin/dot"};
    bool taken = true;
    for (size_t i = 0; i < 2; i++) {
        if (access(places[i], X_OK) == 0) {
            const char *argv[] = {places[i], "-Tsvg", NULL};
            struct program_result result = program_run(argv, graph);
            taken = taken && result.status == 0 && strstr(result.output, "</svg>") != NULL &&
                    strstr(result.errors, "Error") == NULL;
            program_result_deinit(&result);
        }
    }
    return taken;
}

static void graph_is_one_that_graphviz_draws(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    struct program_result waiting = ctl(&scene, "graph", NULL, NULL);
    assert_said(waiting.output, "label=\"attached\"");
    assert_said(waiting.output, "label=\"dispensable\"");
    assert_true(graphviz_takes(waiting.output));
    allocate(&scene);
    struct program_result allocated = ctl(&scene, "graph", scene.id, NULL);
    assert_said(allocated.output, "label=\"selected\"");
    assert_true(graphviz_takes(allocated.output));
    program_result_deinit(&waiting);
    program_result_deinit(&allocated);
    end(&scene);
}

static void inspect_is_complete_json(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    allocate(&scene);
    struct program_result result = ctl(&scene, "inspect", scene.id, "--json");
    json_t *json = json_loads(result.output, 0, NULL);
    json_t *collection = json_array_get(json_object_get(json, "collections"), 0);
    json_t *nodes = json_object_get(collection, "nodes");
    json_t *buffer = json_array_get(json_object_get(collection, "buffers"), 0);
    assert_int_equal(json_array_size(nodes), 6);
    json_t *root = json_array_get(nodes, 0);
    assert_non_null(json_object_get(json_object_get(root, "constraints"), "usage"));
    json_t *flags = json_object_get(json_array_get(nodes, 1), "flags");
    assert_string_equal(json_string_value(json_array_get(flags, 0)), "WEAK");
    assert_string_equal(json_string_value(json_object_get(buffer, "state")), "HELD");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(buffer, "weak"), "count")),
                     0);
    assert_int_equal(json_array_size(json_object_get(collection, "participants")), 4);
    assert_non_null(json_object_get(collection, "vmo_bytes"));
    assert_non_null(json_object_get(collection, "settings"));
    assert_non_null(json_object_get(collection, "allocated_ms"));
    assert_true(json_array_size(json_object_get(json, "heaps")) > 0);
    json_t *environment = json_object_get(json, "environment");
    assert_int_equal(json_integer_value(json_object_get(environment, "page_size")), 4096);
    json_t *limits = json_object_get(environment, "limits");
    assert_int_equal(json_integer_value(json_object_get(limits, "max_buffers")), 128);
    assert_true(json_is_array(json_object_get(environment, "format_costs")));
    json_decref(json);
    struct program_result text = ctl(&scene, "inspect", NULL, NULL);
    assert_said(text.output, "min_buffer_count_for_camping=1");
    assert_said(text.output, ": held, 0 strong handles, 0 weak handles\n");
    program_result_deinit(&result);
    program_result_deinit(&text);
    end(&scene);
}

/* More format costs than one answer holds arrive whole, and in their order. */
static void inspect_has_all_format_costs(void **state)
{
    enum { COUNT = 7000 };
    (void)state;
    struct daemon daemon;
    json_t *costs = json_array();
    for (int i = 0; i < COUNT; i++) {
        json_array_append_new(
            costs, json_pack("{s:{s:i}, s:f}", "key", "pixel_format", i + 1000, "cost", i / 4.0));
    }
    json_t *config = json_pack("{s:o}", "format_costs", costs);
    char *text = json_dumps(config, 0);
    const struct daemon_options options = {.config = text};
    assert_int_equal(daemon_start(&daemon, &options), 0);
    const char *argv[] = {SYSMEMCTL_PATH, "--socket", daemon.socket, "inspect", "--json", NULL};
    struct program_result result = program_run(argv, "");
    json_t *json = json_loads(result.output, 0, NULL);
    json_t *got = json_object_get(json_object_get(json, "environment"), "format_costs");
    assert_int_equal(json_array_size(got), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        json_t *cost = json_object_get(json_array_get(got, i), "cost");
        assert_true(json_equal(cost, json_object_get(json_array_get(costs, i), "cost")));
    }
    json_decref(json);
    json_decref(config);
    free(text);
    program_result_deinit(&result);
    assert_true(daemon_stop(&daemon));
}

static void inspect_tells_who_holds_each_buffer(void **state)
{
    (void)state;
    struct scene scene;
    struct sysmem_collection_info *infos[3] = {0};
    begin(&scene);
    assert_int_equal(
        sysmem_node_set_debug_client_info(sysmem_token_node(scene.dispensable), "display", 1), 0);
    allocate(&scene);
    struct sysmem_collection *const waiting[] = {scene.root, scene.root, scene.dispensed};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(
            sysmem_collection_wait_for_all_buffers_allocated(waiting[i], soon(), &infos[i]), 0);
    }
    char wanted[128];
    (void)snprintf(wanted, sizeof(wanted),
                   ": held, 3 strong handles (\"\" pid %d: 2; \"display\" pid %d), ", (int)getpid(),
                   (int)getpid());
    struct program_result held = ctl(&scene, "inspect", scene.id, NULL);
    assert_said(held.output, wanted);
    assert_said(held.output, "got the buffers: \"");
    for (size_t i = 0; i < 3; i++) {
        sysmem_collection_info_free(infos[i]);
    }
    struct program_result closed = ctl(&scene, "inspect", scene.id, NULL);
    assert_said(closed.output, ": held, 0 strong handles, 0 weak handles\n");
    program_result_deinit(&held);
    program_result_deinit(&closed);
    end(&scene);
}

/* A `sysmemctl watch` that runs. */
struct watch {
    pid_t pid;
    FILE *out;
};

static void watch_start(struct watch *watch, const struct daemon *daemon, const char *option)
{
    const char *argv[] = {SYSMEMCTL_PATH, "--socket", daemon->socket, "watch", option, NULL};
    int fds[2];
    posix_spawn_file_actions_t actions;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    assert_int_equal(posix_spawn(&watch->pid, argv[0], &actions, NULL,
                                 (char *const *)(const void *)argv, environ),
                     0);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    watch->out = fdopen(fds[0], "r");
    assert_non_null(watch->out);
}

/* Reads lines until one has `part`; the lines of what ended come, so none is waited for in vain. */
static void watch_until(const struct watch *watch, const char *part, bool json)
{
    char line[1024];
    do {
        if (fgets(line, sizeof(line), watch->out) == NULL) {
            fail_msg("'%s' did not come", part);
        }
        assert_null(strchr(line, '\x1b'));
        json_t *object = json ? json_loads(line, 0, NULL) : NULL;
        assert_true(!json || json_is_object(object));
        json_decref(object);
    } while (strstr(line, part) == NULL);
}

/* To the end of its output. Its exit status. */
static int watch_end(struct watch *watch)
{
    int status = -1;
    while (fgetc(watch->out) != EOF) {
    }
    (void)fclose(watch->out);
    assert_int_equal(waitpid(watch->pid, &status, 0), watch->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void watch_follows_until_the_daemon_ends(void **state)
{
    (void)state;
    struct daemon daemon;
    struct watch text;
    struct watch json;
    assert_int_equal(daemon_start(&daemon, NULL), 0);
    watch_start(&text, &daemon, NULL);
    watch_start(&json, &daemon, "--json");
    watch_until(&text, "COLLECTION  WHAT", false);
    watch_until(&json, "\"watching\":true", true);
    struct sysmem_allocator *allocator = connect_to(&daemon);
    struct sysmem_collection_info *info = NULL;
    struct sysmem_collection *collection = allocated(allocator, 2, 4096, &info);
    static const char *const begins[] = {"  created ", "  constraints set ",
                                         "  its buffers are being made ", "  allocated "};
    static const char *const kinds[] = {"COLLECTION_CREATED", "NODE_SET_CONSTRAINTS",
                                        "COLLECTION_POPULATING", "COLLECTION_ALLOCATED"};
    for (size_t i = 0; i < 4; i++) {
        watch_until(&text, begins[i], false);
        watch_until(&json, kinds[i], true);
    }
    sysmem_collection_info_free(info);
    leave(collection);
    static const char *const ends[] = {"  released ", "  closed after Release ", "  ended ",
                                       "  all memory is given back "};
    for (size_t i = 0; i < 4; i++) {
        watch_until(&text, ends[i], false);
    }
    watch_until(&json, "COLLECTION_GONE", true);
    sysmem_allocator_free(allocator);
    assert_true(daemon_stop(&daemon));
    assert_int_equal(watch_end(&text), 0);
    assert_int_equal(watch_end(&json), 0);
}

/* What happens to parts of a tree: a child of a group that is not selected, one that is attached
 * later, and the failure of that one's domain. */
static void watch_tells_what_happens_to_parts(void **state)
{
    (void)state;
    struct scene scene;
    struct watch text;
    struct watch json;
    struct sysmem_token *second = NULL;
    begin(&scene);
    watch_start(&text, &scene.daemon, NULL);
    watch_start(&json, &scene.daemon, "--json");
    watch_until(&text, "COLLECTION  WHAT", false);
    watch_until(&json, "\"watching\":true", true);
    struct sysmem_group *group = NULL;
    assert_int_equal(sysmem_token_create_buffer_collection_token_group(scene.dispensable, &group),
                     0);
    struct sysmem_token *first = NULL;
    assert_int_equal(sysmem_group_create_child(group, ZX_RIGHT_SAME_RIGHTS, &first), 0);
    assert_int_equal(sysmem_group_create_child(group, ZX_RIGHT_SAME_RIGHTS, &second), 0);
    assert_int_equal(sysmem_group_all_children_present(group), 0);
    assert_int_equal(sysmem_node_sync(sysmem_token_node(first), soon()), 0);
    assert_int_equal(sysmem_node_sync(sysmem_token_node(second), soon()), 0);
    struct sysmem_collection *selected = turn_in(&scene, &first);
    struct sysmem_collection *other = turn_in(&scene, &second);
    allocate(&scene);
    watch_until(&text, "  not selected ", false);
    watch_until(&json, "NODE_NOT_SELECTED", true);
    struct sysmem_collection *late = bind_token(scene.allocator, scene.attached);
    scene.attached = NULL;
    assert_int_equal(sysmem_collection_set_constraints(late, NULL), 0);
    watch_until(&text, "  joins the buffers ", false);
    watch_until(&json, "NODE_JOINED", true);
    sysmem_collection_free(late); /* without Release */
    watch_until(&text, "  failed ", false);
    watch_until(&text, "  fails with all below it ", false);
    watch_until(&json, "DOMAIN_FAILED", true);
    sysmem_collection_free(selected);
    sysmem_collection_free(other);
    sysmem_group_free(group);
    end(&scene);
    assert_int_equal(watch_end(&text), 0);
    assert_int_equal(watch_end(&json), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_shows_what_each_node_is),
        cmocka_unit_test(graph_is_one_that_graphviz_draws),
        cmocka_unit_test(inspect_is_complete_json),
        cmocka_unit_test(inspect_has_all_format_costs),
        cmocka_unit_test(inspect_tells_who_holds_each_buffer),
        cmocka_unit_test(watch_follows_until_the_daemon_ends),
        cmocka_unit_test(watch_tells_what_happens_to_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
