#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/debug_view.h"

static void assert_shows(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in:\n%s", part, text);
    }
}

static struct model_debug_node node(uint32_t kind, const char *name)
{
    struct model_debug_node made = {0};
    SYSMEM_SET(&made, kind, kind);
    SYSMEM_SET(&made, client_name, name);
    return made;
}

/* root ── a ── b, root ── c */
static struct model_debug_collection collection(struct model_debug_node nodes[4])
{
    static const uint32_t parents[] = {0, 0, 1, 0};
    static const char *const names[] = {"root", "a\x1b[2J", "b", "c"};
    for (size_t i = 0; i < 4; i++) {
        nodes[i] = node(MODEL_DEBUG_NODE_KIND_COLLECTION, names[i]);
        if (i > 0) {
            SYSMEM_SET(&nodes[i], parent_index, parents[i]);
        }
    }
    SYSMEM_SET(&nodes[2], ready, true);
    SYSMEM_SET(&nodes[2], pending_waits, 1);
    struct model_debug_collection made = {0};
    SYSMEM_SET(&made, id, 77);
    SYSMEM_SET(&made, name, "video");
    SYSMEM_SET(&made, state, MODEL_DEBUG_STATE_POPULATING);
    SYSMEM_SET(&made, age_ms, 90000);
    SYSMEM_SET(&made, waiting_for, "c\n");
    SYSMEM_SET(&made, buffer_count, 3);
    SYSMEM_SET(&made, size_bytes, 1536);
    SYSMEM_SET_VECTOR(&made, nodes, nodes, 4);
    return made;
}

static char *print_tree(const struct model_debug_collection *shown)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(debug_view_tree(shown, out));
    (void)fclose(out);
    return text;
}

static void tree_draws_its_branches(void **state)
{
    (void)state;
    struct model_debug_node nodes[4];
    struct model_debug_collection shown = collection(nodes);
    char *text = print_tree(&shown);
    assert_shows(text, "collection 77 \"video\": POPULATING, 1m 30s old\n");
    assert_shows(text, "buffers: 3 x 1.5 KiB");
    assert_shows(text, "\nCOLLECTION \"root\", not ready\n"
                       "├─ COLLECTION \"a\\x1b[2J\", not ready\n"
                       "│  └─ COLLECTION \"b\", ready, waits for the buffers\n"
                       "└─ COLLECTION \"c\", not ready\n");
    free(text);
}

static void tree_of_nonsense_ends(void **state)
{
    (void)state;
    struct model_debug_node nodes[4];
    struct model_debug_collection shown = collection(nodes);
    nodes[1].parent_index = 1;
    nodes[2].parent_index = UINT32_MAX;
    nodes[3].parent_index = 3;
    char *text = print_tree(&shown);
    assert_shows(text, "\nCOLLECTION \"c\", not ready\n");
    free(text);
}

static void list_shows_who_is_waited_for(void **state)
{
    (void)state;
    struct model_debug_node nodes[4];
    struct model_debug_collection shown = collection(nodes);
    SYSMEM_SET(&nodes[3], client_name, "");
    SYSMEM_SET(&nodes[3], pid, 12);
    struct model_debug_get_collections_response response = {0};
    SYSMEM_SET_VECTOR(&response, collections, &shown, 1);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(debug_view_list(&response, out));
    (void)fclose(out);
    assert_shows(text, "ID  NAME   STATE          AGE  BUFFERS      PARTICIPANTS");
    assert_shows(
        text, "77  video  POPULATING  1m 30s  3 x 1.5 KiB  root, a\\x1b[2J, b, pid 12  c\\x0a\n");
    free(text);
}

static void list_names_a_few_participants(void **state)
{
    (void)state;
    struct model_debug_node nodes[6];
    struct model_debug_collection shown = {0};
    for (size_t i = 0; i < 6; i++) {
        nodes[i] = node(i == 0 ? MODEL_DEBUG_NODE_KIND_ORPHAN : MODEL_DEBUG_NODE_KIND_TOKEN, "p");
    }
    SYSMEM_SET_VECTOR(&shown, nodes, nodes, 6);
    struct model_debug_get_collections_response response = {0};
    SYSMEM_SET_VECTOR(&response, collections, &shown, 1);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(debug_view_list(&response, out));
    (void)fclose(out);
    assert_shows(text, "p, p, p, p, +1  -\n");
    free(text);
}

static void heaps_say_why_they_are_absent(void **state)
{
    (void)state;
    struct model_debug_heap heap = {0};
    struct model_debug_get_heaps_response response = {0};
    SYSMEM_SET(&heap.heap, heap_type, "x");
    SYSMEM_SET(&heap, cpu_supported, true);
    SYSMEM_SET(&heap, inaccessible_supported, true);
    SYSMEM_SET(&heap, absent_reason, "no device");
    SYSMEM_SET_VECTOR(&response, heaps, &heap, 1);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(debug_view_heaps(&response, out));
    (void)fclose(out);
    assert_shows(text, "CPU,INACCESSIBLE");
    assert_shows(text, "no: no device\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_draws_its_branches),
        cmocka_unit_test(tree_of_nonsense_ends),
        cmocka_unit_test(list_shows_who_is_waited_for),
        cmocka_unit_test(list_names_a_few_participants),
        cmocka_unit_test(heaps_say_why_they_are_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
