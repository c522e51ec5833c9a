/* The largest tree that there may be, as sysmemctl shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "program.h"
#include "support/daemon.h"
#include "support/participant.h"

enum { NODES = 4096, DUPLICATES = NODES - 1, AT_ONCE = 64 };

static const char config[] = "{\"limits\": {\"max_nodes_per_tree\": 4096}}";

/* Each has the longest name that a client may have. */
struct scene {
    struct daemon daemon;
    struct sysmem_allocator *allocator;
    struct sysmem_token *root;
    struct sysmem_token *tokens[DUPLICATES];
    char id[24];
};

static void begin(struct scene *scene)
{
    const struct daemon_options options = {.config = config};
    char name[SYSMEM_MAX_CLIENT_NAME_LENGTH + 1] = {0};
    zx_rights_t same[AT_ONCE];
    uint64_t id = 0;
    memset(name, 'n', sizeof(name) - 1);
    for (size_t i = 0; i < AT_ONCE; i++) {
        same[i] = ZX_RIGHT_SAME_RIGHTS;
    }
    assert_int_equal(daemon_start(&scene->daemon, &options), 0);
    scene->allocator = connect_to(&scene->daemon);
    assert_int_equal(sysmem_allocator_set_debug_client_info(scene->allocator, name, 1), 0);
    scene->root = root_token(scene->allocator);
    for (size_t i = 0; i < DUPLICATES; i += AT_ONCE) {
        size_t count = DUPLICATES - i < AT_ONCE ? DUPLICATES - i : AT_ONCE;
        assert_int_equal(
            sysmem_token_duplicate_sync(scene->root, same, count, soon(), &scene->tokens[i]), 0);
    }
    assert_int_equal(
        sysmem_node_get_buffer_collection_id(sysmem_token_node(scene->root), soon(), &id), 0);
    (void)snprintf(scene->id, sizeof(scene->id), "%llu", (unsigned long long)id);
}

static void end(struct scene *scene)
{
    for (size_t i = 0; i < DUPLICATES; i++) {
        sysmem_token_free(scene->tokens[i]);
    }
    sysmem_token_free(scene->root);
    sysmem_allocator_free(scene->allocator);
    assert_true(daemon_stop(&scene->daemon));
}

static struct program_result ctl(const struct scene *scene, const char *command, const char *option)
{
    const char *argv[] = {SYSMEMCTL_PATH, "--socket", scene->daemon.socket, command, scene->id,
                          option,         NULL};
    struct program_result result = program_run(argv, "");
    assert_int_equal(result.status, 0);
    assert_string_equal(result.errors, "");
    return result;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part)) {
        count++;
    }
    return count;
}

static void every_node_is_shown(void **state)
{
    (void)state;
    static struct scene scene;
    begin(&scene);
    struct program_result tree = ctl(&scene, "tree", NULL);
    assert_int_equal(count_of(tree.output, "TOKEN "), NODES);
    struct program_result graph = ctl(&scene, "graph", NULL);
    assert_int_equal(count_of(graph.output, " -> "), DUPLICATES);
    struct program_result inspected = ctl(&scene, "inspect", "--json");
    json_t *json = json_loads(inspected.output, 0, NULL);
    assert_non_null(json);
    const json_t *collection = json_array_get(json_object_get(json, "collections"), 0);
    assert_int_equal(json_array_size(json_object_get(collection, "nodes")), NODES);
    json_decref(json);
    program_result_deinit(&inspected);
    program_result_deinit(&graph);
    program_result_deinit(&tree);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
