/* Failures that the daemon remembers, for people and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/failures.h"
#include "model/names.h"

static struct model_debug_reason reasons[2];
static struct model_debug_participant participant;
static const uint32_t selected[] = {1, 0};

/* Of collection 7: one reason against "cam\x1b", one against nobody. */
static struct model_debug_failure failure_of(uint64_t number)
{
    struct model_debug_failure failure = {0};
    memset(reasons, 0, sizeof(reasons));
    SYSMEM_SET(&reasons[0], node, 71);
    SYSMEM_SET(&reasons[0], participant, "cam\x1b");
    SYSMEM_SET(&reasons[0], field, "usage");
    SYSMEM_SET(&reasons[0], detail, "wanted a\n, got b");
    SYSMEM_SET(&reasons[1], detail, "wanted c, got d");
    SYSMEM_SET(&participant, node, 71);
    SYSMEM_SET(&participant, client_name, "cam\x1b");
    SYSMEM_SET(&failure, number, number);
    SYSMEM_SET(&failure, collection_id, 7);
    SYSMEM_SET(&failure, collection_name, "fra\"mes");
    SYSMEM_SET(&failure, error, SYSMEM_ERROR_NO_MEMORY);
    SYSMEM_SET(&failure, part, 99);
    SYSMEM_SET(&failure, participants_omitted, 5);
    SYSMEM_SET_VECTOR(&failure, participants, &participant, 1);
    failure.has.conflict = true;
    SYSMEM_SET_VECTOR(&failure.conflict, reasons, reasons, 2);
    SYSMEM_SET(&failure.conflict, omitted, 3);
    return failure;
}

static char *text_of(const struct failures *failures, const struct model_debug_failure *one)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_true(one == NULL
                    ? failures_print_list(failures, out) && failures_print_last(failures, out)
                    : failures_print(one, out));
    assert_int_equal(fclose(out), 0);
    return text;
}

static void assert_shows(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in:\n%s", part, text);
    }
}

static void a_line_each(void **state)
{
    (void)state;
    const struct model_debug_failure one = failure_of(1);
    const struct model_debug_failure *list[] = {&one, &one};
    const struct failures failures = {.list = list, .count = 2};
    char *text = text_of(&failures, NULL);
    assert_shows(text, "NO_MEMORY  \"cam\\x1b\" usage: wanted a\\x0a, got b; and 4 more\n");
    assert_shows(text, "the last failure was of collection 7, NO_MEMORY: \"cam\\x1b\" usage: ");
    assert_null(strchr(text, '\x1b'));
    free(text);
    const struct failures none = {0};
    text = text_of(&none, NULL);
    assert_null(strstr(text, "failure was"));
    free(text);
}

static void one_in_full(void **state)
{
    (void)state;
    struct model_debug_failure one = failure_of(1);
    struct model_debug_conflict conflicts[2] = {one.conflict, one.conflict};
    SYSMEM_SET_VECTOR(&conflicts[0], selected, selected, 2);
    SYSMEM_SET_VECTOR(&one, conflicts, conflicts, 2);
    char *text = text_of(NULL, &one);
    assert_shows(text, " collection 7 \"fra\\x22mes\", the part attached with 99\n");
    assert_shows(text, "participant 71 \"cam\\x1b\" pid 0 uid 0\nand 5 more participants\n");
    assert_shows(text, "\nNO_MEMORY\n");
    assert_shows(text, "\n-            -      wanted c, got d\n");
    assert_shows(text, "selected children 1, 0");
    assert_shows(text, "\nno combination");
    assert_shows(text, "\nand 3 more\nnot all of these may be needed\n");
    free(text);
}

static void as_json(void **state)
{
    (void)state;
    const struct model_debug_failure one = failure_of(1);
    const struct model_debug_failure *list[] = {&one};
    const struct failures failures = {.list = list, .count = 1};
    json_t *json = failures_to_json(&failures);
    const json_t *told = json_array_get(json_object_get(json, "failures"), 0);
    assert_string_equal(json_string_value(json_object_get(told, "error")), "NO_MEMORY");
    assert_int_equal(json_array_size(json_object_get(json_object_get(told, "conflict"), "reasons")),
                     2);
    json_decref(json);
    json = failures_reasons(&one.conflict);
    assert_null(json_object_get(json_array_get(json, 1), "participant"));
    assert_string_equal(json_string_value(json_object_get(json_array_get(json, 0), "field")),
                        "usage");
    json_decref(json);
}

static void the_last_one_of_a_collection(void **state)
{
    (void)state;
    const struct model_debug_failure first = failure_of(1);
    const struct model_debug_failure second = failure_of(2);
    const struct model_debug_failure *list[] = {&first, &second};
    const struct failures failures = {.list = list, .count = 2};
    struct model_debug_collection rows[2] = {0};
    struct collections_view view = {.rows = rows, .count = 2};
    SYSMEM_SET(&rows[0], id, 6);
    SYSMEM_SET(&rows[1], id, 7);
    assert_ptr_equal(failures_last_of(&failures, 7), &second);
    assert_null(failures_last_of(&failures, 6));
    failures_add_reasons(&failures, &view);
    assert_false(rows[0].has.reasons);
    assert_int_equal(rows[1].reasons_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_each),
        cmocka_unit_test(one_in_full),
        cmocka_unit_test(as_json),
        cmocka_unit_test(the_last_one_of_a_collection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
