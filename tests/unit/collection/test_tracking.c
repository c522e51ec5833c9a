/* Eventpairs that tell that a node or buffers are gone, and node refs. */
#include "tree.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/fd.h"

/* An eventpair: the end that is given away; the other one stays in *ret_kept. */
static int give_end(int *ret_kept)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    *ret_kept = ends[0];
    return ends[1];
}

/* The end that was given away; what is to be closed in this turn of the loop is. */
static bool peer_is_closed(struct fixture *fixture, int fd)
{
    collection_table_sweep_all(&fixture->table);
    struct pollfd ready = {.fd = fd};
    assert_true(poll(&ready, 1, 0) >= 0);
    return (ready.revents & POLLHUP) != 0;
}

static void a_node_is_gone(void **state)
{
    struct fixture *fixture = *state;
    int kept;
    struct peer *attached = new_peer(fixture);
    attach_collection(fixture->peers[0].node, attached);
    assert_null(collection_track_node(attached->node, give_end(&kept)));
    assert_int_equal(fixture->account->used[ACCOUNT_DESCRIPTORS], 1);
    collection_fail_node(attached->node, "gone");
    collection_table_sweep_all(&fixture->table);
    assert_true(peer_is_closed(fixture, kept));
    assert_int_equal(fixture->account->used[ACCOUNT_DESCRIPTORS], 0);
    fd_close(&kept);
}

/* An orphan is still a node. */
static void who_released_is_not_gone(void **state)
{
    struct fixture *fixture = *state;
    int kept;
    assert_null(collection_track_node(fixture->peers[1].node, give_end(&kept)));
    release_and_close(fixture->peers[1].node);
    collection_table_sweep_all(&fixture->table);
    assert_false(peer_is_closed(fixture, kept));
    collection_fail_node(fixture->peers[0].node, "gone");
    collection_table_sweep_all(&fixture->table);
    assert_true(peer_is_closed(fixture, kept));
    fd_close(&kept);
}

static void a_node_has_room_for_256(void **state)
{
    struct fixture *fixture = *state;
    struct node *node = fixture->peers[1].node;
    int kept[COLLECTION_MAX_NODE_TRACKERS + 1];
    for (int i = 0; i < COLLECTION_MAX_NODE_TRACKERS; i++) {
        assert_null(collection_track_node(node, give_end(&kept[i])));
    }
    const char *why = collection_track_node(node, give_end(&kept[COLLECTION_MAX_NODE_TRACKERS]));
    assert_string_equal(why, "the node has as many eventpairs as it may have, 256");
    assert_true(peer_is_closed(fixture, kept[COLLECTION_MAX_NODE_TRACKERS]));
    assert_false(peer_is_closed(fixture, kept[0]));
    for (int i = 0; i <= COLLECTION_MAX_NODE_TRACKERS; i++) {
        fd_close(&kept[i]);
    }
}

static void eventpairs_are_charged(void **state)
{
    struct fixture *fixture = *state;
    int kept[2];
    fixture->accounts.limits[ACCOUNT_DESCRIPTORS] = 0;
    const char *why = collection_track_node(fixture->peers[1].node, give_end(&kept[0]));
    assert_string_equal(why, "max_descriptors_per_uid: wanted 1 more, but uid 1000 has 0 of 0");
    why = collection_track_lifetime(fixture->peers[1].node, give_end(&kept[1]), 0);
    assert_string_equal(why, "max_descriptors_per_uid: wanted 1 more, but uid 1000 has 0 of 0");
    for (int i = 0; i < 2; i++) {
        assert_true(peer_is_closed(fixture, kept[i]));
        fd_close(&kept[i]);
    }
}

/* Two buffers; one eventpair that asks for few of them at a time, made before and after. */
static void buffers_are_gone(void **state)
{
    struct fixture *fixture = *state;
    int before;
    int after;
    int already;
    assert_null(collection_track_lifetime(fixture->peers[1].node, give_end(&before), 1));
    ask_for(fixture, SIZE_BYTES);
    assert_null(collection_track_lifetime(fixture->peers[1].node, give_end(&after), 0));
    assert_false(peer_is_closed(fixture, before) || peer_is_closed(fixture, after));
    assert_null(collection_track_lifetime(fixture->peers[1].node, give_end(&already), 2));
    assert_true(peer_is_closed(fixture, already));
    release_and_close(fixture->peers[1].node);
    assert_false(peer_is_closed(fixture, before)); /* the buffers are there, whoever is */
    release_and_close(fixture->peers[0].node);
    buffer_watcher_process(fixture->watcher);
    assert_true(peer_is_closed(fixture, before) && peer_is_closed(fixture, after));
    fd_close(&before);
    fd_close(&after);
    fd_close(&already);
}

/* Who leaves before allocation has no buffers to hear of. */
static void who_leaves_early_hears_it_at_once(void **state)
{
    struct fixture *fixture = *state;
    int kept;
    assert_null(collection_track_lifetime(fixture->peers[1].node, give_end(&kept), 0));
    release_and_close(fixture->peers[1].node);
    assert_true(peer_is_closed(fixture, kept));
    assert_int_equal(fixture->account->used[ACCOUNT_DESCRIPTORS], 0);
    fd_close(&kept);
}

static int ends_closed;

static void count_end(uid_t uid, int fd)
{
    assert_int_equal(uid, UID);
    ends_closed++;
    fd_close(&fd);
}

/* Thousands may be due at once: each step closes one, in a way that is not the collection's. */
static void many_are_closed_one_by_one(void **state)
{
    enum { MANY = 100 };
    struct fixture *fixture = *state;
    struct node *node = fixture->peers[1].node;
    int kept[MANY];
    fixture->table.config.close_end = count_end;
    ends_closed = 0;
    collection_set_owner(node, 1, UID);
    for (int i = 0; i < MANY; i++) {
        assert_null(collection_track_lifetime(node, give_end(&kept[i]), 0));
    }
    release_and_close(node);
    assert_int_equal(ends_closed, 0);
    for (int i = 0; i < MANY; i++) {
        assert_true(collection_table_needs_sweep(&fixture->table));
        collection_table_sweep(&fixture->table);
        assert_int_equal(ends_closed, i + 1);
        fd_close(&kept[i]);
    }
    assert_false(collection_table_needs_sweep(&fixture->table));
}

static void a_node_ref_leads_to_its_node(void **state)
{
    struct fixture *fixture = *state;
    struct node *node = fixture->peers[1].node;
    uint64_t koid = 0;
    uint64_t same = 0;
    int fd = collection_node_ref(node, &koid);
    int twin = collection_node_ref(node, &same);
    assert_true(fd >= 0 && twin >= 0 && koid != 0);
    assert_int_equal(koid, same);
    assert_ptr_equal(collection_find_node_ref(&fixture->table, fd), node);
    assert_ptr_equal(collection_find_node_ref(&fixture->table, twin), node);
    int foreign;
    int end = give_end(&foreign);
    assert_null(collection_find_node_ref(&fixture->table, foreign));
    fd_close(&end);
    fd_close(&foreign);
    collection_fail_node(node, "gone"); /* dead, and not swept yet */
    assert_null(collection_find_node_ref(&fixture->table, fd));
    collection_table_sweep_all(&fixture->table);
    assert_null(collection_find_node_ref(&fixture->table, fd));
    assert_int_equal(fixture->account->used[ACCOUNT_DESCRIPTORS], 0);
    fd_close(&fd);
    fd_close(&twin);
}

static void node_refs_are_charged(void **state)
{
    struct fixture *fixture = *state;
    uint64_t koid = 0;
    fixture->accounts.limits[ACCOUNT_DESCRIPTORS] = 0;
    assert_int_equal(collection_node_ref(fixture->peers[1].node, &koid), -EMFILE);
    assert_null(fixture->peers[1].node->ref);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_node_is_gone),
        TEST(who_released_is_not_gone),
        TEST(a_node_has_room_for_256),
        TEST(eventpairs_are_charged),
        TEST(buffers_are_gone),
        TEST(who_leaves_early_hears_it_at_once),
        TEST(many_are_closed_one_by_one),
        TEST(a_node_ref_leads_to_its_node),
        TEST(node_refs_are_charged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
