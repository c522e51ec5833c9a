#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sysmem/format.h>

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

/* Who names himself after somebody else's process and id stays within his quotes. */
static void tree_tells_ids_and_whose_they_are(void **state)
{
    (void)state;
    struct model_debug_node nodes[4];
    struct model_debug_collection shown = collection(nodes);
    SYSMEM_SET(&nodes[1], client_name, "camera\" id 1 pid 2 uid 0");
    SYSMEM_SET(&nodes[2], client_id, 7);
    SYSMEM_SET(&nodes[2], pid, 71);
    SYSMEM_SET(&nodes[3], client_id, 0);
    char *text = print_tree(&shown);
    assert_shows(text, "COLLECTION \"camera\\x22 id 1 pid 2 uid 0\", not ready\n");
    assert_shows(text, "COLLECTION \"b\" id 7 pid 71, ready");
    assert_shows(text, "COLLECTION \"c\", not ready\n");
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

static void heaps_say_what_their_buffers_are_like(void **state)
{
    (void)state;
    struct model_debug_heap heaps[3] = {0};
    struct model_debug_get_heaps_response response = {0};
    SYSMEM_SET(&heaps[0].heap, heap_type, "huge");
    SYSMEM_SET(&heaps[0], backend, "hugetlb");
    SYSMEM_SET(&heaps[0], tracking, "lease");
    SYSMEM_SET(&heaps[0], charged, "pool");
    SYSMEM_SET(&heaps[0], read_only_enforced, true);
    SYSMEM_SET(&heaps[0], granularity, 2 << 20);
    SYSMEM_SET(&heaps[1].heap, heap_type, "secret");
    SYSMEM_SET(&heaps[1], backend,
               "confi\x1b"
               "dential");
    SYSMEM_SET(&heaps[1], tracking, "companion");
    SYSMEM_SET(&heaps[1], charged, "toucher");
    SYSMEM_SET(&heaps[1], read_only_enforced, false);
    SYSMEM_SET(&heaps[1], max_size_bytes, 4 << 20);
    SYSMEM_SET(&heaps[1], deadline_ms, 2500);
    SYSMEM_SET(&heaps[2].heap, heap_type, "an older daemon");
    SYSMEM_SET(&heaps[2], opaque, true);
    SYSMEM_SET_VECTOR(&response, heaps, heaps, 3);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(debug_view_heaps(&response, out));
    (void)fclose(out);
    assert_shows(text,
                 "hugetlb           lease       kernel         2.0 MiB        -         -  pool\n");
    assert_shows(
        text,
        "confi\\x1bdential  companion   library           page  4.0 MiB      2.5s  toucher\n");
    assert_shows(text,
                 "-                 -           opaque            page        -         -  -\n");
    free(text);
}

static void heaps_say_how_often_they_were_late(void **state)
{
    (void)state;
    struct model_debug_heap heaps[2] = {0};
    struct model_debug_get_heaps_response response = {0};
    SYSMEM_SET(&heaps[0], ready, true);
    SYSMEM_SET(&heaps[1], ready, true);
    SYSMEM_SET(&heaps[1], late_answers, 2);
    SYSMEM_SET(&heaps[1], late_releases, 1);
    SYSMEM_SET_VECTOR(&response, heaps, heaps, 2);
    SYSMEM_SET(&response, secure_memory,
               "exp\x1b"
               "ected");
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(debug_view_heaps(&response, out));
    (void)fclose(out);
    assert_shows(text, "   -  yes\n");
    assert_shows(text, " 2+1  yes\n");
    assert_shows(text, "secure memory: exp\\x1bected\n");
    free(text);
    SYSMEM_SET(&response, secure_memory, "none");
    out = open_memstream(&text, &len);
    assert_true(debug_view_heaps(&response, out));
    (void)fclose(out);
    assert_null(strstr(text, "secure memory"));
    free(text);
}

static void a_pool_has_a_picture(void **state)
{
    (void)state;
    static const uint32_t used[] = {1000, 1, 500, 0};
    struct model_debug_heap heap = {0};
    struct model_debug_get_heaps_response response = {0};
    SYSMEM_SET(&heap.heap, heap_type, "x");
    SYSMEM_SET(&heap, contiguous, true);
    SYSMEM_SET(&heap, need_clear, true);
    SYSMEM_SET(&heap, need_flush, true);
    heap.has.pool = true;
    SYSMEM_SET(&heap.pool, physical_base, 0x40000000);
    SYSMEM_SET(&heap.pool, size_bytes, 4096);
    SYSMEM_SET(&heap.pool, free_bytes, 1024);
    SYSMEM_SET(&heap.pool, largest_free_bytes, 256);
    SYSMEM_SET_VECTOR(&heap.pool, used_per_mille, used, 4);
    SYSMEM_SET_VECTOR(&response, heaps, &heap, 1);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(debug_view_heaps(&response, out));
    (void)fclose(out);
    assert_shows(text,
                 "x (contiguous): 4.0 KiB of emulated physical addresses from 0x40000000 on\n");
    assert_shows(text, "free 1.0 KiB, largest piece 256 B, fragmentation 75 %;");
    assert_shows(text, "\n  |#-+.|\n");
    assert_shows(text, " clear,flush ");
    free(text);
}

static void a_protected_pool_tells_how(void **state)
{
    (void)state;
    struct model_debug_heap heap = {
        .has = {.pool = true, .protection = true}
    };
    struct model_debug_protection *protection = &heap.protection;
    struct model_debug_get_heaps_response response = {0};
    SYSMEM_SET(&heap.heap, heap_type, "x");
    SYSMEM_SET(protection, ranges, 2);
    SYSMEM_SET(protection, limit, 7);
    SYSMEM_SET(protection, requested_bytes, 8192);
    SYSMEM_SET(protection, protected_bytes, 12288);
    SYSMEM_SET(protection, loanable_bytes, 4096);
    SYSMEM_SET(protection, efficiency_per_mille, 505);
    SYSMEM_SET(protection, steps, 3);
    SYSMEM_SET(protection, failed_calls, 1);
    SYSMEM_SET_VECTOR(&response, heaps, &heap, 1);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(debug_view_heaps(&response, out));
    (void)fclose(out);
    assert_shows(text, "  protected 12.0 KiB for 8.0 KiB of buffers, by 2 of 7 ranges; "
                       "open 4.0 KiB, 50.5 % of what no buffer needs\n"
                       "  steps 3, calls of the hardware that failed 1\n");
    free(text);
}

static char *print_inspect(const struct model_debug_collection *shown)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(debug_view_inspect(shown, out));
    (void)fclose(out);
    return text;
}

static char *print_graph(const struct model_debug_collection *shown)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(debug_view_graph(shown, 1, out));
    (void)fclose(out);
    return text;
}

static void tree_tells_flags_and_for_how_long(void **state)
{
    (void)state;
    struct model_debug_node nodes[4];
    struct model_debug_collection shown = collection(nodes);
    SYSMEM_SET(&shown, waiting_ms, 2500);
    SYSMEM_SET(&nodes[1], since_ms, 3200);
    SYSMEM_SET(&nodes[1], flags,
               MODEL_DEBUG_NODE_FLAG_WEAK | MODEL_DEBUG_NODE_FLAG_WEAK_OK |
                   MODEL_DEBUG_NODE_FLAG_ATTACHED);
    SYSMEM_SET(&nodes[2], kind, MODEL_DEBUG_NODE_KIND_ORPHAN);
    SYSMEM_SET(&nodes[2], was, MODEL_DEBUG_NODE_KIND_GROUP);
    SYSMEM_SET(&nodes[2], released, true);
    SYSMEM_SET(&nodes[3], flags, MODEL_DEBUG_NODE_FLAG_DISPENSABLE | MODEL_DEBUG_NODE_FLAG_HIDDEN);
    char *text = print_tree(&shown);
    assert_shows(text, "waiting for: c\\x0a, for 2.5s\n");
    assert_shows(text, "\", not ready for 3.2s, weak, weak ok, attached\n");
    assert_shows(text, "ORPHAN \"b\", was GROUP, released, waits for the buffers\n");
    assert_shows(text, "COLLECTION \"c\", not ready, dispensable, hidden\n");
    free(text);
}

/* root ── a (a group) ── b, which was selected */
static void select_b(struct model_debug_node nodes[4])
{
    SYSMEM_SET(&nodes[1], kind, MODEL_DEBUG_NODE_KIND_GROUP);
    SYSMEM_SET(&nodes[1], was, MODEL_DEBUG_NODE_KIND_GROUP);
    SYSMEM_SET(&nodes[2], flags, MODEL_DEBUG_NODE_FLAG_ALLOCATED);
}

static void tree_marks_the_selected_child(void **state)
{
    (void)state;
    struct model_debug_node nodes[4];
    struct model_debug_collection shown = collection(nodes);
    select_b(nodes);
    SYSMEM_SET(&nodes[3], flags, MODEL_DEBUG_NODE_FLAG_ALLOCATED);
    char *text = print_tree(&shown);
    assert_shows(text, "\"b\", ready, allocated, waits for the buffers, selected\n");
    assert_shows(text, "\"c\", not ready, allocated\n");
    free(text);
}

static void constraints_come_short_and_in_full(void **state)
{
    (void)state;
    struct model_debug_node nodes[4];
    struct model_debug_collection shown = collection(nodes);
    struct sysmem_image_format_constraints formats[5] = {0};
    struct sysmem_buffer_collection_constraints *wanted = &nodes[0].constraints;
    nodes[0].has.constraints = true;
    SYSMEM_SET(&wanted->usage, cpu, 2);
    SYSMEM_SET(&wanted->usage, video, 1);
    wanted->has.usage = true;
    SYSMEM_SET(wanted, min_buffer_count_for_camping, 2);
    SYSMEM_SET(wanted, max_buffer_count, 7);
    SYSMEM_SET(&wanted->buffer_memory_constraints, min_size_bytes, 4096);
    SYSMEM_SET(&wanted->buffer_memory_constraints, secure_required, true);
    SYSMEM_SET(&wanted->buffer_memory_constraints, cpu_domain_supported, true);
    SYSMEM_SET(&wanted->buffer_memory_constraints, inaccessible_domain_supported, false);
    struct sysmem_heap heaps[4] = {0};
    SYSMEM_SET(&heaps[0], heap_type, "vendor.heap\x1b.SYSTEM_RAM");
    SYSMEM_SET(&heaps[1], heap_type, "plain");
    SYSMEM_SET(&heaps[1], id, 7);
    SYSMEM_SET_VECTOR(&wanted->buffer_memory_constraints, permitted_heaps, heaps, 4);
    wanted->has.buffer_memory_constraints = true;
    SYSMEM_SET(&formats[0], pixel_format, SYSMEM_PIXEL_FORMAT_NV12);
    SYSMEM_SET(&formats[1], pixel_format, 4000000);
    SYSMEM_SET_VECTOR(wanted, image_format_constraints, formats, 5);
    nodes[1].has.constraints = true;
    char *summary = print_tree(&shown);
    assert_shows(summary, "constraints cpu+video; buffers: camping 2, at most 7; at least 4.0 KiB; "
                          "secure; domains: CPU, not INACCESSIBLE; heaps: SYSTEM_RAM, plain 7, ?, "
                          "+1; images: NV12, format 4000000, INVALID, +2\n");
    assert_shows(summary, "constraints none\n");
    char *full = print_inspect(&shown);
    assert_shows(full, "usage.cpu=CPU_USAGE_READ_OFTEN");
    assert_shows(full, "min_buffer_count_for_camping=2");
    free(summary);
    free(full);
}

static void name_participant(struct model_debug_participant *participant, uint64_t koid,
                             const char *name, uint32_t pid)
{
    SYSMEM_SET(participant, node, koid);
    SYSMEM_SET(participant, client_name, name);
    SYSMEM_SET(participant, pid, pid);
}

static void hold(struct model_debug_holder *holder, uint64_t koid, uint32_t handles)
{
    SYSMEM_SET(holder, node, koid);
    SYSMEM_SET(holder, handles, handles);
}

static void inspect_tells_who_holds_each_buffer(void **state)
{
    (void)state;
    struct model_debug_node nodes[4];
    struct model_debug_collection shown = collection(nodes);
    struct model_debug_participant participants[2] = {0};
    struct model_debug_holder strong[3] = {0};
    struct model_debug_holder weak[1] = {0};
    struct model_debug_buffer buffers[4] = {0};
    name_participant(&participants[0], 78, "camera\x1b", 12);
    name_participant(&participants[1], 79, "display", 13);
    SYSMEM_SET(&participants[1], left, true);
    SYSMEM_SET_VECTOR(&shown, participants, participants, 2);
    hold(&strong[0], 78, 1);
    hold(&strong[1], 79, 2);
    SYSMEM_SET(&strong[2], handles, 4);
    hold(&weak[0], 79, 1);
    SYSMEM_SET(&buffers[0], koid, 70);
    SYSMEM_SET_VECTOR(&buffers[0].strong, holders, strong, 3);
    SYSMEM_SET(&buffers[0].strong, count, 7);
    buffers[0].has.strong = buffers[0].has.weak = true;
    SYSMEM_SET(&buffers[1], state, MODEL_DEBUG_BUFFER_STATE_STRONG_GONE);
    SYSMEM_SET_VECTOR(&buffers[1].weak, holders, weak, 1);
    SYSMEM_SET(&buffers[1].weak, count, 1);
    buffers[1].has.strong = buffers[1].has.weak = true;
    SYSMEM_SET(&buffers[2], state, MODEL_DEBUG_BUFFER_STATE_FREED);
    SYSMEM_SET(&buffers[3].weak, more, true);
    SYSMEM_SET(&buffers[3].weak, count, 256);
    buffers[3].has.weak = true;
    SYSMEM_SET_VECTOR(&shown, buffers, buffers, 4);
    char *text = print_inspect(&shown);
    assert_shows(text, "got the buffers: \"camera\\x1b\" pid 12; \"display\" pid 13, left\n");
    assert_shows(text, "buffer 0, koid 70: held, 7 strong handles (\"camera\\x1b\" pid 12; "
                       "\"display\" pid 13, left: 2; unknown: 4), 0 weak handles\n");
    assert_shows(text, "buffer 1, koid 0: no strong handle is left, 1 weak handle "
                       "(\"display\" pid 13, left)\n");
    assert_shows(text, "buffer 2, koid 0: given back\n");
    assert_shows(text, "buffer 3, koid 0: held, at least 256 weak handles\n");
    free(text);
}

/* Many are not all named. */
static void inspect_names_a_few_holders(void **state)
{
    (void)state;
    struct model_debug_node nodes[4];
    struct model_debug_collection shown = collection(nodes);
    struct model_debug_participant participants[10] = {0};
    struct model_debug_holder holders[10] = {0};
    struct model_debug_buffer buffer = {0};
    for (size_t i = 0; i < 10; i++) {
        name_participant(&participants[i], i, "p", 12);
        hold(&holders[i], i, 1);
    }
    SYSMEM_SET_VECTOR(&shown, participants, participants, 10);
    SYSMEM_SET_VECTOR(&buffer.strong, holders, holders, 10);
    buffer.has.strong = true;
    SYSMEM_SET_VECTOR(&shown, buffers, &buffer, 1);
    char *text = print_inspect(&shown);
    assert_shows(text, "\"p\" pid 12; +2\n");
    assert_shows(text, "\"p\" pid 12; +2)\n");
    free(text);
}

/* Braces and quotes outside of quotes are balanced, and nothing moves a cursor. */
static void assert_well_formed(const char *graph)
{
    int depth = 0;
    bool quoted = false;
    for (const char *c = graph; *c != '\0'; c++) {
        assert_true(*c == '\n' || (unsigned char)*c >= ' ');
        if (quoted && *c == '\\') {
            c++;
        } else if (*c == '"') {
            quoted = !quoted;
        } else if (!quoted) {
            depth += *c == '{' ? 1 : *c == '}' ? -1 : 0;
            assert_true(depth >= 0);
        }
    }
    assert_int_equal(depth, 0);
    assert_false(quoted);
}

static void graph_has_domains_and_the_selected_child(void **state)
{
    (void)state;
    struct model_debug_node nodes[4];
    struct model_debug_collection shown = collection(nodes);
    select_b(nodes);
    SYSMEM_SET(&nodes[1], flags, MODEL_DEBUG_NODE_FLAG_ATTACHED);
    SYSMEM_SET(&nodes[3], client_name, "c\"]; }");
    SYSMEM_SET(&nodes[3], flags, MODEL_DEBUG_NODE_FLAG_DISPENSABLE);
    char *text = print_graph(&shown);
    assert_well_formed(text);
    assert_shows(text, "label=\"collection 77 video\\nPOPULATING\"");
    assert_shows(text, "subgraph \"cluster_77_1\" {\n    label=\"attached\"");
    assert_shows(text, "subgraph \"cluster_77_3\" {\n    label=\"dispensable\"");
    assert_shows(text, "a\\\\x1b[2J");
    assert_shows(text, "shape=diamond");
    assert_shows(text, "\"n77_1\" -> \"n77_2\" [label=\"selected\", style=bold];");
    assert_shows(text, "\"n77_0\" -> \"n77_3\";");
    free(text);
}

static void graph_of_nonsense_ends(void **state)
{
    (void)state;
    struct model_debug_node nodes[4];
    struct model_debug_collection shown = collection(nodes);
    nodes[1].parent_index = 1;
    nodes[2].parent_index = UINT32_MAX;
    nodes[3].kind = UINT32_MAX;
    SYSMEM_SET(&shown, state, UINT32_MAX);
    char *text = print_graph(&shown);
    assert_well_formed(text);
    free(text);
}

static char *print_event(const struct model_debug_event *event)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_true(debug_view_event(event, out));
    (void)fclose(out);
    return text;
}

static void events_tell_what_and_who(void **state)
{
    (void)state;
    struct model_debug_event event = {0};
    SYSMEM_SET(&event, time_ns, UINT64_C(1700000000123000000));
    SYSMEM_SET(&event, collection_id, 77);
    SYSMEM_SET(&event, what, MODEL_DEBUG_EVENT_KIND_COLLECTION_GONE);
    char *whole = print_event(&event);
    assert_shows(whole, ".123  77          all memory is given back    the collection\n");
    SYSMEM_SET(&event, what, MODEL_DEBUG_EVENT_KIND_NODE_BOUND);
    SYSMEM_SET(&event, collection_name, "v\r");
    SYSMEM_SET(&event, node, 78);
    SYSMEM_SET(&event, node_kind, MODEL_DEBUG_NODE_KIND_COLLECTION);
    SYSMEM_SET(&event, client_name, "a\x1b[2J");
    SYSMEM_SET(&event, pid, 12);
    char *one = print_event(&event);
    assert_shows(one, "bound                       COLLECTION 78 \"a\\x1b[2J\" pid 12 uid 0 in "
                      "\"v\\x0d\"\n");
    SYSMEM_SET(&event, what, UINT32_MAX);
    char *newer = print_event(&event);
    assert_shows(newer, "something newer happened");
    free(whole);
    free(one);
    free(newer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_draws_its_branches),
        cmocka_unit_test(tree_tells_ids_and_whose_they_are),
        cmocka_unit_test(tree_of_nonsense_ends),
        cmocka_unit_test(tree_tells_flags_and_for_how_long),
        cmocka_unit_test(tree_marks_the_selected_child),
        cmocka_unit_test(constraints_come_short_and_in_full),
        cmocka_unit_test(inspect_tells_who_holds_each_buffer),
        cmocka_unit_test(inspect_names_a_few_holders),
        cmocka_unit_test(graph_has_domains_and_the_selected_child),
        cmocka_unit_test(graph_of_nonsense_ends),
        cmocka_unit_test(events_tell_what_and_who),
        cmocka_unit_test(list_shows_who_is_waited_for),
        cmocka_unit_test(list_names_a_few_participants),
        cmocka_unit_test(heaps_say_why_they_are_absent),
        cmocka_unit_test(heaps_say_what_their_buffers_are_like),
        cmocka_unit_test(heaps_say_how_often_they_were_late),
        cmocka_unit_test(a_pool_has_a_picture),
        cmocka_unit_test(a_protected_pool_tells_how),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
