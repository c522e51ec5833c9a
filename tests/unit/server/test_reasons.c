/* A failure as each of those who waited may know it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/reasons.h"

/* Two of uid 1, one of uid 2. */
static const struct failure_party parties[] = {
    {.node = 11, .name = "camera",  .uid = 1},
    {.node = 12, .name = "",        .uid = 1},
    {.node = 13, .name = "display", .uid = 2},
};

static const struct failure_reason three[] = {
    {0, "usage",            "wanted a; got b"},
    {1, "min_buffer_count", "wanted c; got d"},
    {2, "max_buffer_count", "wanted e; got f"},
};

static void names_of_ones_own_uid(void **state)
{
    (void)state;
    const struct failure failure = {
        .parties = parties,
        .party_count = 3,
        .conflict = {.reasons = three, .reason_count = 3, .minimal = true}
    };
    struct reasons reasons;
    struct reasons_reader reader = {.node = 13, .uid = 2};
    reasons_tell(&failure, &reader, &reasons);
    assert_int_equal(reasons.table.reasons_count, 3);
    assert_true(reasons.table.minimal);
    assert_false(reasons.table.has.omitted);
    assert_false(reasons.list[0].has.participant || reasons.list[1].has.participant);
    assert_string_equal(reasons.list[2].participant, "display");
    assert_false(reasons.list[0].own);
    assert_true(reasons.list[2].own);
    assert_string_equal(reasons.list[0].field, "usage");
    assert_string_equal(reasons.list[0].detail, "wanted a; got b");
    reader = (struct reasons_reader){.node = 12, .uid = 1};
    reasons_tell(&failure, &reader, &reasons);
    assert_string_equal(reasons.list[0].participant, "camera");
    assert_false(reasons.list[0].own);
    assert_true(reasons.list[1].own);
    assert_false(reasons.list[1].has.participant || reasons.list[2].has.participant);
    reader.sees_names = true;
    reasons_tell(&failure, &reader, &reasons);
    assert_string_equal(reasons.list[2].participant, "display");
}

static void nobody_is_to_blame(void **state)
{
    (void)state;
    const struct failure_reason reason = {FAILURE_NOBODY, "", "wanted a heap; got none"};
    const struct failure failure = {
        .conflict = {.reasons = &reason, .reason_count = 1, .minimal = true}
    };
    const struct reasons_reader reader = {.node = 13, .uid = 2};
    struct reasons reasons;
    reasons_tell(&failure, &reader, &reasons);
    assert_int_equal(reasons.table.reasons_count, 1);
    assert_false(reasons.list[0].has.participant || reasons.list[0].has.field ||
                 reasons.list[0].has.own);
    assert_string_equal(reasons.list[0].detail, "wanted a heap; got none");
}

static size_t bytes_of(const struct reasons *reasons)
{
    size_t bytes = 0;
    for (size_t i = 0; i < reasons->table.reasons_count; i++) {
        bytes += strlen(reasons->list[i].field) + strlen(reasons->list[i].detail);
    }
    return bytes;
}

/* The reader's own are told wherever they stand; in order all the same. */
static void what_there_is_no_room_for(void **state)
{
    (void)state;
    static struct failure_reason many[FAILURE_MAX_REASONS];
    static char detail[1025];
    memset(detail, 'd', sizeof(detail) - 1);
    for (size_t length = 1; length < sizeof(detail); length += 1023) {
        detail[length] = '\0';
        for (size_t i = 0; i < FAILURE_MAX_REASONS; i++) {
            many[i] = (struct failure_reason){2, "usage", detail};
        }
        many[FAILURE_MAX_REASONS - 1].party = 0;
        const struct failure failure = {
            .parties = parties,
            .party_count = 3,
            .conflict = {.reasons = many, .reason_count = FAILURE_MAX_REASONS, .omitted = 5}
        };
        const struct reasons_reader reader = {.node = 11, .uid = 1};
        struct reasons reasons;
        reasons_tell(&failure, &reader, &reasons);
        size_t count = reasons.table.reasons_count;
        assert_true(count > 1 && count <= MODEL_FAILURE_MAX_REASONS);
        assert_true(bytes_of(&reasons) <= REASONS_MAX_BYTES);
        assert_true(reasons.list[count - 1].own);
        assert_false(reasons.list[0].own);
        assert_int_equal(reasons.table.omitted, FAILURE_MAX_REASONS + 5 - count);
        detail[length] = 'd';
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_ones_own_uid),
        cmocka_unit_test(nobody_is_to_blame),
        cmocka_unit_test(what_there_is_no_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
