/* Work that goes on turn by turn: here the requests of channels whose peer has gone. */
#include "whole_server.h"

#include "server/chore.h"

#define REQUESTS 100 /* of each channel; together they take more than one turn */

struct scene {
    struct whole_server whole;
    struct stream clients[2];
    struct binding *channels[2];
};

static int setup(void **state)
{
    static struct scene scene;
    whole_server_begin(&scene.whole, NULL);
    for (int i = 0; i < 2; i++) {
        scene.channels[i] = accept_client(&scene.whole, &scene.clients[i]);
        scene.channels[i]->client_name = strdup(i == 0 ? "a" : "b");
    }
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 2; i++) {
        stream_deinit(&scene->clients[i]);
    }
    whole_server_end(&scene->whole);
    return 0;
}

/* Sends requests that leave a line each in the log; the loop does not turn meanwhile. */
static void send_requests(struct stream *client, int count)
{
    for (int i = 0; i < count; i++) {
        struct stream token;
        open_token(client, &token);
        stream_deinit(&token);
    }
}

static void begin_chore(struct binding *channel)
{
    channel->reset = true;
    chore_add(channel);
}

static bool is_busy(struct server *server)
{
    return uv_is_active((uv_handle_t *)&server->busy) != 0;
}

/* Runs until nothing is left to do; the loop is kept awake exactly as long as there is. */
static void run_dry(struct server *server)
{
    assert_false(is_busy(server));
    do {
        chore_run(server);
        bool more = !list_is_empty(&server->chores) || !list_is_empty(&server->endings) ||
                    collection_table_needs_sweep(&server->collections);
        assert_int_equal(is_busy(server), more);
    } while (is_busy(server));
}

/* One request of each channel after the other, however many one turn has time for. */
static void channels_take_turns(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < 2; i++) {
        send_requests(&scene->clients[i], REQUESTS);
        begin_chore(scene->channels[i]);
    }
    run_dry(&scene->whole.server);
    const char *at = log_lines.text;
    for (int i = 0; i < 2 * REQUESTS; i++) {
        at = strstr(at, " client \"");
        assert_non_null(at);
        at += strlen(" client \"");
        assert_int_equal(*at, i % 2 == 0 ? 'a' : 'b');
    }
    assert_int_equal(log_lines_count(": created"), 2 * REQUESTS);
}

static void a_channel_is_in_the_list_once(void **state)
{
    struct scene *scene = *state;
    struct list *chores = &scene->whole.server.chores;
    send_requests(&scene->clients[0], 3);
    begin_chore(scene->channels[0]);
    begin_chore(scene->channels[1]);
    begin_chore(scene->channels[0]); /* keeps its place */
    assert_ptr_equal(chores->next, &scene->channels[0]->chore);
    assert_ptr_equal(chores->next->next, &scene->channels[1]->chore);
    assert_ptr_equal(chores->next->next->next, chores);
    run_dry(&scene->whole.server);
    assert_int_equal(log_lines_count(": created"), 3);
}

/* All that was sent counts, and then the channel is gone from the list, too. */
static void a_channel_that_ends_leaves_the_list(void **state)
{
    struct scene *scene = *state;
    send_requests(&scene->clients[0], 3);
    stream_deinit(&scene->clients[0]);
    begin_chore(scene->channels[0]);
    run_dry(&scene->whole.server);
    assert_int_equal(log_lines_count(": created"), 3);
    for (int i = 0; log_lines_count("the client closed its end without Release") < 3; i++) {
        assert_true(i < MANY_TURNS);
        turn(&scene->whole);
    }
    assert_ptr_equal(scene->whole.server.bindings.next, &scene->channels[1]->link);
    assert_ptr_equal(scene->whole.server.bindings.prev, &scene->channels[1]->link);
    stream_init(&scene->clients[0], -1, 0);
}

/* A peer that turns out to be there is served by the loop again. */
static void a_channel_without_work_is_watched_again(void **state)
{
    struct scene *scene = *state;
    begin_chore(scene->channels[0]);
    run_dry(&scene->whole.server);
    assert_false(scene->channels[0]->reset);
    send_requests(&scene->clients[0], 1);
    for (int i = 0; log_lines_count(": created") < 1; i++) {
        assert_true(i < MANY_TURNS);
        turn(&scene->whole);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(channels_take_turns),
        TEST(a_channel_is_in_the_list_once),
        TEST(a_channel_that_ends_leaves_the_list),
        TEST(a_channel_without_work_is_watched_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
