/* What happened is told to each follower as far as it may know, and so is how much was forgotten.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/event_log.h"
#include "server/snapshot.h"

#define MINE   1000
#define OTHERS 2000

/* A log, and two collections: one of MINE alone, and one of OTHERS alone. */
struct fixture {
    struct event_log log;
    struct account mine;
    struct account others;
    struct collection own;
    struct collection foreign;
    struct arena arena;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    fixture->mine.uid = MINE;
    fixture->others.uid = OTHERS;
    fixture->own = (struct collection){.id = 1, .account = &fixture->mine};
    fixture->foreign = (struct collection){.id = 2, .account = &fixture->others};
    arena_init(&fixture->arena, (size_t)16 << 20);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    arena_clear(&fixture->arena);
    event_log_deinit(&fixture->log);
    free(fixture);
    return 0;
}

static void happen(struct fixture *fixture, const struct collection *collection, size_t times)
{
    struct collection_observer observer = event_log_observer(&fixture->log);
    for (size_t i = 0; i < times; i++) {
        observer.event(observer.arg, collection, NULL, COLLECTION_EVENT_POPULATING);
    }
}

static void assert_told(struct fixture *fixture, struct follower *follower, uid_t uid,
                        size_t events, uint64_t missed)
{
    const struct snapshot_viewer viewer = {.uid = uid, .sees_all = uid == 0, .sees_names = true};
    struct model_debug_wait_for_change_response response = {0};
    assert_true(event_log_tell(&fixture->log, follower, &viewer, &fixture->arena, &response));
    assert_int_equal(response.events_count, events);
    assert_int_equal(response.missed, missed);
    for (size_t i = 0; i < events && uid == MINE; i++) {
        assert_int_equal(response.events[i].collection_id, fixture->own.id);
    }
}

static void follow(struct fixture *fixture, struct follower *follower, uid_t uid)
{
    const struct snapshot_viewer viewer = {.uid = uid, .sees_all = uid == 0};
    *follower = (struct follower){0};
    assert_true(event_log_follow(&fixture->log, follower, &viewer));
}

static void each_hears_what_it_may(void **state)
{
    struct fixture *fixture = *state;
    struct follower root;
    struct follower user;
    happen(fixture, &fixture->own, 3); /* before anybody followed */
    follow(fixture, &root, 0);
    follow(fixture, &user, MINE);
    happen(fixture, &fixture->foreign, 2);
    happen(fixture, &fixture->own, 1);
    assert_told(fixture, &root, 0, 3, 0);
    assert_told(fixture, &user, MINE, 1, 0);
    assert_told(fixture, &root, 0, 0, 0);
    assert_told(fixture, &user, MINE, 0, 0);
    event_log_unfollow(&fixture->log, &root);
    event_log_unfollow(&fixture->log, &user);
    event_log_unfollow(&fixture->log, &user); /* which it does not any more */
}

static void what_one_may_not_hear_is_not_missed(void **state)
{
    struct fixture *fixture = *state;
    struct follower root;
    struct follower user;
    follow(fixture, &root, 0);
    follow(fixture, &user, MINE);
    happen(fixture, &fixture->own, 5);
    happen(fixture, &fixture->foreign, EVENT_LOG_SIZE - 2);
    happen(fixture, &fixture->own, 1);
    assert_told(fixture, &user, MINE, 2, 4);
    assert_told(fixture, &root, 0, EVENT_LOG_SIZE, 4);
    happen(fixture, &fixture->foreign, 3 * EVENT_LOG_SIZE);
    assert_told(fixture, &user, MINE, 0, 0);
    assert_told(fixture, &root, 0, EVENT_LOG_SIZE, 2 * EVENT_LOG_SIZE);
    event_log_unfollow(&fixture->log, &root);
    event_log_unfollow(&fixture->log, &user);
}

/* However many uids take part, each hears of it; one that leaves does not any more. */
static void all_participants_hear(void **state)
{
    enum { UIDS = 40 };
    struct fixture *fixture = *state;
    struct follower last;
    struct follower again;
    struct node *root = node_new(NULL);
    struct node *nodes[UIDS];
    assert_non_null(root);
    root->client.uid = OTHERS;
    uid_counts_add(&fixture->foreign.uids, OTHERS);
    for (uid_t i = 0; i < UIDS; i++) {
        nodes[i] = node_new(root);
        assert_non_null(nodes[i]);
        nodes[i]->client.uid = 3000 + i;
        uid_counts_add(&fixture->foreign.uids, nodes[i]->client.uid);
    }
    fixture->foreign.root = root;
    follow(fixture, &last, 3000 + UIDS - 1);
    follow(fixture, &again, 3000 + UIDS - 1);
    happen(fixture, &fixture->foreign, 1);
    node_unlink(nodes[UIDS - 1]);
    happen(fixture, &fixture->foreign, 1);
    assert_told(fixture, &last, 3000 + UIDS - 1, 1, 0);
    event_log_unfollow(&fixture->log, &last);
    assert_told(fixture, &again, 3000 + UIDS - 1, 1, 0);
    event_log_unfollow(&fixture->log, &again);
    for (size_t i = 0; i < UIDS - 1; i++) {
        node_unlink(nodes[i]);
    }
    for (size_t i = 0; i < UIDS; i++) {
        node_free(nodes[i]);
    }
    node_unlink(root);
    node_free(root);
}

/* The node that an event is about, and the names of others. */
static void others_names_are_hidden(void **state)
{
    struct fixture *fixture = *state;
    struct follower user;
    char secret[] = "secret";
    char text[200];
    memset(text, 'n', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct node node = {
        .koid = 7, .client = {.name = secret, .uid = OTHERS, .pid = 5}
    };
    struct node mine = {
        .koid = 8, .client = {.name = text, .uid = MINE}
    };
    struct collection_observer observer = event_log_observer(&fixture->log);
    follow(fixture, &user, MINE);
    observer.event(observer.arg, &fixture->own, &node, COLLECTION_EVENT_NODE_ADDED);
    observer.event(observer.arg, &fixture->foreign, &mine, COLLECTION_EVENT_NODE_FAILED);
    const struct snapshot_viewer viewer = {.uid = MINE};
    struct model_debug_wait_for_change_response response = {0};
    assert_true(event_log_tell(&fixture->log, &user, &viewer, &fixture->arena, &response));
    assert_int_equal(response.events_count, 2);
    assert_string_equal(response.events[0].client_name, "uid 2000");
    assert_int_equal(response.events[0].node, 7);
    assert_int_equal(response.events[1].node, 8);
    assert_true(strlen(response.events[1].client_name) < sizeof(text) - 1); /* cut */
    event_log_unfollow(&fixture->log, &user);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_hears_what_it_may),
        TEST(what_one_may_not_hear_is_not_missed),
        TEST(all_participants_hear),
        TEST(others_names_are_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
