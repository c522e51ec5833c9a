/* The last failures: how many are remembered, and whose. */
#include "fixture.h"

#include "collection/failure_log.h"

static void add(struct fixture *fixture, struct failure_log *log, uid_t owner)
{
    struct failure *failure = failure_new(fixture->collection->root, SYSMEM_ERROR_NO_MEMORY);
    assert_non_null(failure);
    failure->owner = owner;
    failure_log_add(log, failure);
    assert_int_equal(failure->references, 2);
    failure_unref(failure);
}

static uint32_t count_of(const struct failure_log *log, uid_t owner)
{
    uint32_t count = 0;
    list_for_each (link, &log->failures) {
        count += container_of(link, struct failure, link)->owner == owner ? 1 : 0;
    }
    return count;
}

static uint64_t first_number(const struct failure_log *log)
{
    return container_of(log->failures.next, struct failure, link)->number;
}

static void the_oldest_of_a_uid_goes(void **state)
{
    struct failure_log log;
    failure_log_init(&log);
    for (int i = 0; i < FAILURE_LOG_MAX_PER_UID + 3; i++) {
        add(*state, &log, 1);
    }
    assert_int_equal(log.count, FAILURE_LOG_MAX_PER_UID);
    assert_int_equal(first_number(&log), 4);
    failure_log_deinit(&log);
}

/* Who has few keeps them, however many others come. */
static void many_uids_share_the_room(void **state)
{
    struct failure_log log;
    failure_log_init(&log);
    add(*state, &log, 0);
    for (uid_t uid = 1; uid <= 8; uid++) {
        for (int i = 0; i < FAILURE_LOG_MAX_PER_UID; i++) {
            add(*state, &log, uid);
        }
    }
    assert_int_equal(log.count, FAILURE_LOG_SIZE);
    assert_int_equal(count_of(&log, 0), 1);
    assert_int_equal(first_number(&log), 1);
    for (uid_t uid = 1; uid <= 8; uid++) {
        assert_true(count_of(&log, uid) >= FAILURE_LOG_SIZE / 16);
    }
    failure_log_deinit(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_oldest_of_a_uid_goes),
        TEST(many_uids_share_the_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
