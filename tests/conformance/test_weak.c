/* Weak participants: buffers that they may use, but do not keep.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Node.SetWeak, Node.SetWeakOk. */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seat.h"

static void set_weak(struct sysmem_node *node)
{
    assert_int_equal(sysmem_node_set_weak(node), 0);
    assert_open(node);
}

static void set_weak_ok(struct sysmem_node *node, bool children_too)
{
    assert_int_equal(sysmem_node_set_weak_ok(node, children_too), 0);
    assert_open(node);
}

/* A strong participant who camps on `strong` buffers, and a weak one who camps on `weak`; both have
 * them. */
struct leaning {
    struct seat strong;
    struct seat weak;
};

static void leaning_open(struct leaning *leaning, const struct stage *stage, uint32_t strong,
                         uint32_t weak)
{
    struct sysmem_token *token = root_token(stage->allocator);
    struct sysmem_token *other = duplicate(token);
    set_weak(sysmem_token_node(other));
    *leaning = (struct leaning){seat_take(stage, token), seat_take(stage, other)};
    struct sysmem_buffer_collection_constraints wish = picky(strong, PAGE);
    seat_say(&leaning->strong, &wish);
    wish = picky(weak, PAGE);
    seat_say(&leaning->weak, &wish);
    seat_expect_buffers(&leaning->strong, strong + weak);
    const struct sysmem_buffer_collection_info *info =
        seat_expect_buffers(&leaning->weak, strong + weak);
    for (size_t i = 0; i < strong + weak; i++) {
        assert_true(info->buffers[i].has.vmo && info->buffers[i].has.close_weak_asap);
        assert_false(is_signalled(info->buffers[i].close_weak_asap));
    }
}

/* Weak by inheritance, without SetWeakOk of its own: the failure does not wait for others. */
static void c081_a_wait_on_weak_without_weak_ok_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *strong = duplicate(root);
    set_weak(sysmem_token_node(root));
    struct seat child = seat_take(stage, duplicate(root));
    struct seat parent = seat_take(stage, root);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&parent, &wish); /* SetWeak is SetWeakOk for the node itself */
    seat_say_unsynced(&child, &wish);
    seat_expect(&child, ZX_ERR_PEER_CLOSED);
    assert_closed(sysmem_token_node(strong));
    seat_drop(&child);
    seat_drop(&parent);
    sysmem_token_free(strong);
    assert_still_serves(stage);
}

static void c082_weak_ok_for_child_nodes_is_inherited(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *strong = duplicate(root);
    set_weak_ok(sysmem_token_node(root), true);
    set_weak_ok(sysmem_token_node(root), false); /* takes nothing back */
    set_weak(sysmem_token_node(root));
    struct sysmem_token *child = duplicate(root);
    struct seat grandchild = seat_take(stage, duplicate(child));
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    token_leave(child);
    token_leave(root);
    seat_say(&grandchild, &wish);
    struct seat owner = seat_take(stage, strong);
    seat_say(&owner, &wish);
    seat_expect_buffers(&owner, 2);
    assert_true(seat_expect_buffers(&grandchild, 2)->buffers[1].has.close_weak_asap);
    seat_leave(&grandchild);
    seat_leave(&owner);
}

/* Only who is made after it; who was there already must say it for itself. */
static void weak_ok_for_child_nodes_does_not_reach_earlier_ones(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *parent = duplicate(root);
    set_weak(sysmem_token_node(parent));
    struct seat earlier = seat_take(stage, duplicate(parent));
    set_weak_ok(sysmem_token_node(parent), true);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say_unsynced(&earlier, &wish);
    seat_expect(&earlier, ZX_ERR_PEER_CLOSED);
    seat_drop(&earlier);
    sysmem_token_free(parent);
    sysmem_token_free(root);
}

static void c083_set_weak_ok_after_wait_fails(void **state)
{
    struct stage *stage = *state;
    struct seat seat = seat_take(stage, root_token(stage->allocator));
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&seat, &wish);
    seat_expect_buffers(&seat, 1);
    assert_int_equal(sysmem_node_set_weak_ok(sysmem_collection_node(seat.collection), false), 0);
    assert_closed(sysmem_collection_node(seat.collection));
    seat_drop(&seat);
}

static void set_weak_after_set_constraints_fails(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *other = duplicate(root);
    struct seat seat = seat_take(stage, root);
    seat_say(&seat, NULL);
    assert_int_equal(sysmem_node_set_weak(sysmem_collection_node(seat.collection)), 0);
    assert_closed(sysmem_token_node(other));
    seat_drop(&seat);
    sysmem_token_free(other);
}

static void set_weak_after_all_children_present_fails(void **state)
{
    struct choice choice = choice_open(*state);
    group_settle(choice.group);
    assert_int_equal(sysmem_node_set_weak(sysmem_group_node(choice.group)), 0);
    assert_closed(sysmem_collection_node(choice.root.collection));
    choice_leave(&choice);
}

static void children_of_a_weak_group_are_weak(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_group *group = group_under(root);
    set_weak_ok(sysmem_group_node(group), true);
    set_weak(sysmem_group_node(group));
    struct seat child = seat_take(stage, child_of(group));
    struct seat top = seat_take(stage, root);
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&child, &wish);
    seat_say(&top, &wish);
    group_settle(group);
    assert_true(seat_expect_buffers(&child, 2)->buffers[0].has.close_weak_asap);
    assert_false(seat_expect_buffers(&top, 2)->buffers[0].has.close_weak_asap);
    group_leave(group);
    seat_leave(&child);
    seat_leave(&top);
}

static void nothing_is_attached_to_a_weak_collection(void **state)
{
    struct leaning leaning;
    leaning_open(&leaning, *state, 1, 1);
    struct sysmem_token *token = NULL;
    assert_int_equal(
        sysmem_collection_attach_token(leaning.weak.collection, ZX_RIGHT_SAME_RIGHTS, &token), 0);
    assert_closed(sysmem_collection_node(leaning.weak.collection));
    assert_closed(sysmem_collection_node(leaning.strong.collection));
    sysmem_token_free(token);
    seat_drop(&leaning.weak);
    seat_drop(&leaning.strong);
}

static void c085_no_strong_node_before_allocation_fails_the_collection(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *other = duplicate(root);
    set_weak(sysmem_token_node(other));
    struct seat weak = seat_take(stage, other);
    token_leave(root);
    assert_closed(sysmem_collection_node(weak.collection));
    seat_drop(&weak);
    assert_still_serves(stage);
}

/* SetWeak by the last strong one is the same; Release keeps constraints, but nobody strong. */
static void the_last_strong_node_becomes_weak_or_leaves(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    assert_int_equal(sysmem_node_set_weak(sysmem_token_node(root)), 0);
    assert_closed(sysmem_token_node(root));
    sysmem_token_free(root);
    root = root_token(stage->allocator);
    struct sysmem_token *other = duplicate(root);
    set_weak(sysmem_token_node(other));
    struct seat strong = seat_take(stage, root);
    seat_say(&strong, NULL);
    seat_leave(&strong);
    assert_closed(sysmem_token_node(other));
    sysmem_token_free(other);
}

/* The last strong handle of each buffer tells the weak ones of that buffer; the last of all ends
 * the collection. Strong nodes are gone here, so that handles alone keep the buffers. */
static void c084_close_weak_asap_is_each_buffers_own(void **state)
{
    struct leaning leaning;
    leaning_open(&leaning, *state, 1, 1);
    zx_handle_t strong[2];
    for (size_t i = 0; i < 2; i++) {
        strong[i] = sysmem_collection_info_take_vmo(leaning.strong.info, i);
    }
    seat_leave(&leaning.strong);
    const struct sysmem_vmo_buffer *buffers =
        sysmem_collection_info_get(leaning.weak.info)->buffers;
    assert_open(sysmem_collection_node(leaning.weak.collection));
    close_handle(strong[0]);
    wait_signalled(buffers[0].close_weak_asap);
    assert_false(is_signalled(buffers[1].close_weak_asap));
    assert_open(sysmem_collection_node(leaning.weak.collection));
    close_handle(strong[1]);
    wait_signalled(buffers[1].close_weak_asap);
    assert_closed(sysmem_collection_node(leaning.weak.collection));
    seat_drop(&leaning.weak);
}

/* The largest answer that there is: 256 descriptors, to a wait that was pending and to one that
 * asks now. The same buffers in the same order, also as the strong participant has them. */
static void all_128_weak_buffers_arrive_whole(void **state)
{
    struct leaning leaning;
    leaning_open(&leaning, *state, 64, 64);
    struct sysmem_collection_info *again = NULL;
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated(leaning.weak.collection, soon(), &again),
        0);
    const struct sysmem_vmo_buffer *strong =
        sysmem_collection_info_get(leaning.strong.info)->buffers;
    const struct sysmem_vmo_buffer *weak[] = {
        sysmem_collection_info_get(leaning.weak.info)->buffers,
        sysmem_collection_info_get(again)->buffers,
    };
    assert_int_equal(sysmem_collection_info_get(again)->buffers_count, 128);
    for (uint32_t i = 0; i < 128; i++) {
        assert_int_equal(zx_vmo_write(strong[i].vmo, &i, 0, sizeof(i)), ZX_OK);
        for (size_t w = 0; w < 2; w++) {
            uint32_t number = UINT32_MAX;
            assert_int_equal(zx_vmo_read(weak[w][i].vmo, &number, 0, sizeof(number)), ZX_OK);
            assert_int_equal(number, i);
            assert_false(is_signalled(weak[w][i].close_weak_asap));
        }
    }
    seat_leave(&leaning.strong);
    for (size_t i = 0; i < 128; i++) {
        wait_signalled(weak[0][i].close_weak_asap);
        wait_signalled(weak[1][i].close_weak_asap);
    }
    sysmem_collection_info_free(again);
    seat_drop(&leaning.weak);
}

/* Keeps what this process has of buffers, handles and mappings, but no channel: the daemon has
 * never heard of it. */
static pid_t fork_holder(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int fd = STDERR_FILENO + 1; fd < 1024; fd++) {
            struct stat stat;
            if (fstat(fd, &stat) == 0 && S_ISSOCK(stat.st_mode)) {
                (void)close(fd);
            }
        }
        (void)raise(SIGSTOP); /* all is closed */
        for (;;) {
            (void)pause();
        }
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
    return child;
}

/* Who holds a strong handle is the kernel's word: a process that never spoke to the daemon counts,
 * and so does its crash. */
static void close_weak_asap_waits_for_unknown_holders_too(void **state)
{
    struct leaning leaning;
    leaning_open(&leaning, *state, 1, 0);
    const struct sysmem_vmo_buffer *buffer = sysmem_collection_info_get(leaning.weak.info)->buffers;
    pid_t holder = fork_holder();
    seat_leave(&leaning.strong);
    assert_open(sysmem_collection_node(leaning.weak.collection));
    assert_false(is_signalled(buffer->close_weak_asap));
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    wait_signalled(buffer->close_weak_asap);
    assert_closed(sysmem_collection_node(leaning.weak.collection));
    seat_drop(&leaning.weak);
}

/* A weak participant who asks late gets what is still there: nothing of a buffer whose memory is
 * given back, and only the eventpair of one that others use weakly. */
static void c088_late_weak_results_are_sparse(void **state)
{
    struct leaning leaning;
    leaning_open(&leaning, *state, 2, 1);
    zx_handle_t strong[3];
    for (size_t i = 0; i < 3; i++) {
        strong[i] = sysmem_collection_info_take_vmo(leaning.strong.info, i);
    }
    zx_handle_t freed = track_lifetime(leaning.strong.collection, 2);
    assert_open(sysmem_collection_node(leaning.strong.collection));
    seat_leave(&leaning.strong);
    struct sysmem_collection_info *early = leaning.weak.info;
    zx_handle_t weak_of_0 = sysmem_collection_info_take_vmo(early, 0);
    close_handle(strong[0]);
    close_handle(strong[1]);
    wait_signalled(sysmem_collection_info_get(early)->buffers[0].close_weak_asap);
    wait_signalled(sysmem_collection_info_get(early)->buffers[1].close_weak_asap);
    close_handle(weak_of_0);
    wait_signalled(freed);
    close_handle(freed);
    struct sysmem_collection_info *late = NULL;
    assert_int_equal(
        sysmem_collection_wait_for_all_buffers_allocated(leaning.weak.collection, soon(), &late),
        0);
    const struct sysmem_buffer_collection_info *seen = sysmem_collection_info_get(late);
    assert_int_equal(seen->buffers_count, 3);
    assert_false(seen->buffers[0].has.vmo || seen->buffers[0].has.close_weak_asap);
    assert_false(seen->buffers[1].has.vmo);
    assert_true(seen->buffers[1].has.close_weak_asap);
    assert_true(is_signalled(seen->buffers[1].close_weak_asap));
    assert_true(seen->buffers[2].has.vmo && seen->buffers[2].has.close_weak_asap);
    assert_false(is_signalled(seen->buffers[2].close_weak_asap));
    sysmem_collection_info_free(late);
    close_handle(strong[2]);
    assert_closed(sysmem_collection_node(leaning.weak.collection));
    seat_drop(&leaning.weak);
}

/* The VMO of each answer is an object of its own; a strong one is the same for all. */
static void weak_vmos_are_objects_of_their_own(void **state)
{
    struct leaning leaning;
    leaning_open(&leaning, *state, 1, 1);
    zx_handle_t strong = sysmem_collection_info_get(leaning.strong.info)->buffers[0].vmo;
    zx_handle_t weak = sysmem_collection_info_get(leaning.weak.info)->buffers[0].vmo;
    assert_true(basic_info(strong).koid != basic_info(weak).koid);
    uint64_t written = 0x5e5a;
    uint64_t read = 0;
    assert_int_equal(zx_vmo_write(strong, &written, 0, sizeof(written)), ZX_OK);
    assert_int_equal(zx_vmo_read(weak, &read, 0, sizeof(read)), ZX_OK);
    assert_true(read == written);
    seat_leave(&leaning.weak);
    seat_leave(&leaning.strong);
}

static void c089_weak_without_use_still_gets_close_weak_asap(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *other = duplicate(root);
    struct seat weak = seat_take(stage, other);
    struct seat strong = seat_take(stage, root);
    set_weak(sysmem_collection_node(weak.collection));
    struct sysmem_buffer_collection_constraints wish = picky(1, PAGE);
    seat_say(&weak, NULL);
    seat_say(&strong, &wish);
    seat_expect_buffers(&strong, 1);
    const struct sysmem_vmo_buffer *buffer = &seat_expect_buffers(&weak, 1)->buffers[0];
    assert_false(buffer->has.vmo);
    assert_true(buffer->has.close_weak_asap);
    assert_false(is_signalled(buffer->close_weak_asap));
    seat_leave(&weak);
    seat_leave(&strong);
}

/* The complaint comes after five seconds, and nothing else: the label of this test is slow. */
static void c087_a_weak_leak_is_only_logged(void **state)
{
    struct stage *stage = *state;
    struct leaning leaning;
    leaning_open(&leaning, stage, 0, 1);
    zx_handle_t kept = sysmem_collection_info_take_vmo(leaning.weak.info, 0);
    seat_drop(&leaning.strong);
    assert_closed(sysmem_collection_node(leaning.weak.collection));
    seat_drop(&leaning.weak);
    assert_true(daemon_log_wait_for(&stage->daemon, "weak handles are still open", 0) > 0);
    assert_still_serves(stage);
    close_handle(kept);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest quick[] = {
        CASE(c081_a_wait_on_weak_without_weak_ok_fails),
        CASE(c082_weak_ok_for_child_nodes_is_inherited),
        CASE(weak_ok_for_child_nodes_does_not_reach_earlier_ones),
        CASE(c083_set_weak_ok_after_wait_fails),
        CASE(set_weak_after_set_constraints_fails),
        CASE(set_weak_after_all_children_present_fails),
        CASE(children_of_a_weak_group_are_weak),
        CASE(nothing_is_attached_to_a_weak_collection),
        CASE(c085_no_strong_node_before_allocation_fails_the_collection),
        CASE(the_last_strong_node_becomes_weak_or_leaves),
        CASE(c084_close_weak_asap_is_each_buffers_own),
        CASE(all_128_weak_buffers_arrive_whole),
        CASE(close_weak_asap_waits_for_unknown_holders_too),
        CASE(c088_late_weak_results_are_sparse),
        CASE(weak_vmos_are_objects_of_their_own),
        CASE(c089_weak_without_use_still_gets_close_weak_asap),
    };
    const struct CMUnitTest slow[] = {CASE(c087_a_weak_leak_is_only_logged)};
    return argc == 2 && strcmp(argv[1], "slow") == 0 ? cmocka_run_group_tests(slow, NULL, NULL)
                                                     : cmocka_run_group_tests(quick, NULL, NULL);
}
