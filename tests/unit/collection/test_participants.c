/* What stays known of those who got the buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collection/participants.h"

struct fixture {
    struct accounts accounts;
    struct account *account;
    struct participants participants;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.accounts = {.limits = {[ACCOUNT_MESSAGE_BYTES] = 1 << 20}}};
    fixture.account = account_ref(&fixture.accounts, 7);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    participants_deinit(&fixture->participants, fixture->account);
    assert_int_equal(fixture->account->used[ACCOUNT_MESSAGE_BYTES], 0);
    (void)account_unref(fixture->account);
    accounts_deinit(&fixture->accounts);
    return 0;
}

/* Adds a node of that koid and name; the node itself is gone afterwards. */
static uint32_t add(struct fixture *fixture, uint64_t koid, const char *name)
{
    char *copy = name == NULL ? NULL : strdup(name);
    struct node node = {
        .koid = koid, .client = {.name = copy, .id = 5, .pid = 6, .uid = 7}
    };
    participants_add(&fixture->participants, fixture->account, &node);
    free(copy);
    return node.participant;
}

static void a_participant_is_known_by_its_number(void **state)
{
    struct fixture *fixture = *state;
    struct sysmem_buffer_collection_constraints wanted = {0};
    SYSMEM_SET(&wanted, min_buffer_count_for_camping, 2);
    SYSMEM_SET(&wanted, min_buffer_count, 3);
    struct node node = {.koid = 70, .constraints = &wanted};
    participants_add(&fixture->participants, fixture->account, &node);
    assert_int_equal(node.participant, 1);
    assert_int_equal(add(fixture, 71, "display"), 2);
    const struct participant *first = participants_find(&fixture->participants, 1);
    const struct participant *second = participants_find(&fixture->participants, 2);
    assert_int_equal(first->node, 70);
    assert_int_equal(first->min_buffer_count_for_camping, 2);
    assert_int_equal(first->min_buffer_count, 3);
    assert_string_equal(first->name, "");
    assert_string_equal(second->name, "display");
    assert_true(second->client_id == 5 && second->pid == 6 && second->uid == 7);
    assert_int_equal(second->min_buffer_count, 0);
    assert_null(participants_find(&fixture->participants, 0));
    assert_null(participants_find(&fixture->participants, 3));
    assert_false(first->left);
    participants_leave(&fixture->participants, &node);
    participants_leave(&fixture->participants, &(struct node){0}); /* had no buffers */
    assert_true(participants_find(&fixture->participants, 1)->left);
    assert_false(participants_find(&fixture->participants, 2)->left);
}

static void long_names_are_cut_between_characters(void **state)
{
    struct fixture *fixture = *state;
    static const char end[] = "\xc3\xa9 and more";
    char name[PARTICIPANTS_MAX_NAME_BYTES - 1 + sizeof(end)];
    memset(name, 'n', PARTICIPANTS_MAX_NAME_BYTES - 1);
    memcpy(name + PARTICIPANTS_MAX_NAME_BYTES - 1, end, sizeof(end));
    const struct participant *found =
        participants_find(&fixture->participants, add(fixture, 1, name));
    assert_int_equal(strlen(found->name), PARTICIPANTS_MAX_NAME_BYTES - 1);
}

static void those_who_left_make_room(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t i = 1; i <= PARTICIPANTS_MAX; i++) {
        assert_int_equal(add(fixture, i, "n"), i);
    }
    assert_int_equal(add(fixture, 1000, "too many"), PARTICIPANTS_MAX + 1);
    assert_null(participants_find(&fixture->participants, PARTICIPANTS_MAX + 1));
    participants_leave(&fixture->participants, &(struct node){.participant = 9});
    assert_int_equal(add(fixture, 1001, "late"), PARTICIPANTS_MAX + 2);
    assert_null(participants_find(&fixture->participants, 9));
    assert_non_null(participants_find(&fixture->participants, 8));
    assert_non_null(participants_find(&fixture->participants, 10));
    assert_string_equal(participants_find(&fixture->participants, PARTICIPANTS_MAX + 2)->name,
                        "late");
}

static void over_the_quota_nobody_is_remembered(void **state)
{
    struct fixture *fixture = *state;
    fixture->accounts.limits[ACCOUNT_MESSAGE_BYTES] = sizeof(struct participant) + 2;
    assert_int_equal(add(fixture, 1, "a"), 1);
    assert_int_equal(add(fixture, 2, "b"), 2);
    assert_non_null(participants_find(&fixture->participants, 1));
    assert_null(participants_find(&fixture->participants, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_participant_is_known_by_its_number, setup, teardown),
        cmocka_unit_test_setup_teardown(long_names_are_cut_between_characters, setup, teardown),
        cmocka_unit_test_setup_teardown(those_who_left_make_room, setup, teardown),
        cmocka_unit_test_setup_teardown(over_the_quota_nobody_is_remembered, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
