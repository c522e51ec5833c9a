/* Tokens: duplicated, recognised, passed on, turned in.
 * Source: spec/fuchsia.sysmem2.txt, PROTOCOLS, Allocator, BufferCollectionToken. */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "negotiation.h"
#include "wishes.h"

static void c111_duplicate_sync_with_a_mask_of_0_closes(void **state)
{
    struct stage *stage = *state;
    static const zx_rights_t masks[][2] = {
        {0,                    0                   },
        {ZX_RIGHT_SAME_RIGHTS, 0                   },
        {0,                    ZX_RIGHT_SAME_RIGHTS}
    };
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        struct sysmem_token *token = root_token(stage->allocator);
        struct sysmem_token *other = duplicate(token);
        struct sysmem_token *tokens[2] = {0};
        assert_int_equal(sysmem_token_duplicate_sync(token, masks[i], 2, soon(), tokens),
                         ZX_ERR_PEER_CLOSED);
        assert_null(tokens[0]);
        assert_null(tokens[1]);
        assert_closed(sysmem_token_node(other)); /* the collection has failed */
        sysmem_token_free(token);
        sysmem_token_free(other);
    }
    assert_still_serves(stage);
}

static void c110_duplicate_with_a_mask_of_0_keeps_the_rights(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *copy = NULL;
    assert_int_equal(sysmem_token_duplicate(root, 0, &copy), 0);
    assert_open(sysmem_token_node(root));
    assert_true(daemon_log_wait_for(&stage->daemon, "rights_attenuation_mask 0", 0) > 0);
    assert_int_equal(sysmem_node_release(sysmem_token_node(root)), 0);
    sysmem_token_free(root);
    struct sysmem_collection *collection = bind_token(stage->allocator, copy);
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    zx_rights_t rights = basic_info(sysmem_collection_info_get(info)->buffers[0].vmo).rights;
    assert_true((rights & ZX_RIGHT_WRITE) != 0);
    sysmem_collection_info_free(info);
    leave(collection);
}

static void duplicate_sync_of_none_gives_none(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *token = root_token(stage->allocator);
    struct sysmem_token *none = NULL;
    assert_int_equal(sysmem_token_duplicate_sync(token, NULL, 0, soon(), &none), 0);
    assert_null(none);
    assert_open(sysmem_token_node(token));
    sysmem_token_free(token);
}

static void duplicate_sync_of_64_is_the_most(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *token = root_token(stage->allocator);
    zx_rights_t masks[65];
    struct sysmem_token *tokens[65] = {0};
    for (size_t i = 0; i < 65; i++) {
        masks[i] = ZX_RIGHT_SAME_RIGHTS;
    }
    assert_int_equal(sysmem_token_duplicate_sync(token, masks, 65, soon(), tokens),
                     ZX_ERR_INVALID_ARGS);
    assert_null(tokens[0]);
    assert_int_equal(sysmem_token_duplicate_sync(token, masks, 64, soon(), tokens), 0);
    for (size_t i = 0; i < 64; i++) {
        bool known = false;
        assert_int_equal(sysmem_allocator_validate_buffer_collection_token(
                             stage->allocator, sysmem_token_server_koid(tokens[i]), soon(), &known),
                         0);
        assert_true(known);
        assert_open(sysmem_token_node(tokens[i]));
    }
    for (size_t i = 0; i < 64; i++) {
        sysmem_token_free(tokens[i]);
    }
    sysmem_token_free(token);
}

static bool is_known(struct stage *stage, zx_koid_t koid)
{
    bool known = false;
    assert_int_equal(
        sysmem_allocator_validate_buffer_collection_token(stage->allocator, koid, soon(), &known),
        0);
    return known;
}

static void a_token_is_known_while_it_is_one(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *token = root_token(stage->allocator);
    assert_open(sysmem_token_node(token));
    zx_koid_t koid = sysmem_token_server_koid(token);
    assert_true(koid != 0);
    assert_true(is_known(stage, koid));
    assert_false(is_known(stage, 0));
    assert_false(is_known(stage, UINT64_MAX));
    struct sysmem_collection *collection = bind_token(stage->allocator, token);
    assert_open(sysmem_collection_node(collection));
    assert_false(is_known(stage, koid)); /* turned in */
    sysmem_collection_free(collection);

    token = root_token(stage->allocator);
    assert_open(sysmem_token_node(token));
    koid = sysmem_token_server_koid(token);
    struct sysmem_token *tokens[1] = {0};
    const zx_rights_t wrong = 0;
    assert_int_equal(sysmem_token_duplicate_sync(token, &wrong, 1, soon(), tokens),
                     ZX_ERR_PEER_CLOSED);
    assert_false(is_known(stage, koid)); /* failed */
    sysmem_token_free(token);
}

static void a_token_that_nobody_knows_closes_only_the_new_collection(void **state)
{
    struct stage *stage = *state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    struct sysmem_token *stranger = NULL;
    assert_int_equal(sysmem_token_from_fd(ends[0], &stranger), 0);
    struct sysmem_collection *collection = bind_token(stage->allocator, stranger);
    assert_closed(sysmem_collection_node(collection));
    sysmem_collection_free(collection);
    (void)close(ends[1]);
    assert_still_serves(stage);
}

static void what_was_sent_on_a_token_counts_before_it_is_turned_in(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *token = root_token(stage->allocator);
    struct sysmem_token *copies[8] = {0};
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(sysmem_token_duplicate(token, ZX_RIGHT_SAME_RIGHTS, &copies[i]), 0);
    }
    struct sysmem_collection *collection = bind_token(stage->allocator, token);
    assert_open(sysmem_collection_node(collection));
    for (size_t i = 0; i < 8; i++) {
        assert_open(sysmem_token_node(copies[i]));
    }
    for (size_t i = 0; i < 8; i++) {
        sysmem_token_free(copies[i]);
    }
    sysmem_collection_free(collection);
}

static void what_was_sent_on_a_collection_waits_for_the_token(void **state)
{
    struct stage *stage = *state;
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(2, PAGE, 0);
    struct sysmem_collection *collection =
        bind_token(stage->allocator, root_token(stage->allocator));
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0); /* pipelined */
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    assert_int_equal(sysmem_collection_info_get(info)->buffers_count, 2);
    sysmem_collection_info_free(info);
    leave(collection);
}

/* What the other process does with a token: 0 when its view of the buffers is right. */
static int take_part(const struct daemon *daemon, int token_fd, int report)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct sysmem_token *token = NULL;
    struct sysmem_collection_info *info = NULL;
    if (sysmem_token_from_fd(token_fd, &token) != 0) {
        return 1;
    }
    struct sysmem_allocator *allocator = connect_to(daemon);
    struct sysmem_collection *collection = bind_token(allocator, token);
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    if (sysmem_collection_set_constraints(collection, &wish) != 0 ||
        sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info) != 0) {
        return 2;
    }
    zx_handle_t vmo = sysmem_collection_info_get(info)->buffers[1].vmo;
    zx_info_handle_basic_t basic;
    if (zx_object_get_info(vmo, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL, NULL) != ZX_OK ||
        zx_vmo_write(vmo, "from afar", 0, 10) != ZX_OK ||
        write(report, &basic.koid, sizeof(basic.koid)) != (ssize_t)sizeof(basic.koid)) {
        return 3;
    }
    sysmem_collection_info_free(info);
    leave(collection);
    sysmem_allocator_free(allocator);
    return 0;
}

static void a_token_is_turned_in_by_another_process(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    int theirs = sysmem_token_into_fd(duplicate(root));
    int report[2];
    assert_int_equal(pipe(report), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(take_part(&stage->daemon, theirs, report[1]));
    }
    (void)close(theirs);
    (void)close(report[1]);
    struct sysmem_collection *collection = bind_token(stage->allocator, root);
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    assert_int_equal(sysmem_collection_set_constraints(collection, &wish), 0);
    struct sysmem_collection_info *info = NULL;
    assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(collection, soon(), &info),
                     0);
    zx_koid_t koid = 0;
    int status = -1;
    assert_int_equal(read(report[0], &koid, sizeof(koid)), sizeof(koid));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    zx_handle_t vmo = sysmem_collection_info_get(info)->buffers[1].vmo;
    char text[10] = {0};
    assert_true(basic_info(vmo).koid == koid);
    assert_int_equal(zx_vmo_read(vmo, text, 0, sizeof(text)), ZX_OK);
    assert_string_equal(text, "from afar");
    assert_open(sysmem_collection_node(collection)); /* it left in good order */
    (void)close(report[0]);
    sysmem_collection_info_free(info);
    leave(collection);
}

static uint64_t id_of(struct sysmem_node *node)
{
    uint64_t id = 0;
    assert_int_equal(sysmem_node_get_buffer_collection_id(node, soon(), &id), 0);
    return id;
}

static void c079_the_collection_id_is_the_same_everywhere(void **state)
{
    struct stage *stage = *state;
    struct sysmem_token *root = root_token(stage->allocator);
    struct sysmem_token *copy = duplicate(root);
    uint64_t id = id_of(sysmem_token_node(root));
    assert_true(id > 1);
    assert_true(id_of(sysmem_token_node(copy)) == id);
    struct sysmem_token *other = root_token(stage->allocator);
    assert_true(id_of(sysmem_token_node(other)) != id);
    sysmem_token_free(other);
    struct sysmem_collection *both[2] = {bind_token(stage->allocator, root),
                                         bind_token(stage->allocator, copy)};
    struct sysmem_buffer_collection_constraints wish = cpu_constraints(1, PAGE, 0);
    for (size_t i = 0; i < 2; i++) {
        assert_true(id_of(sysmem_collection_node(both[i])) == id);
        assert_int_equal(sysmem_collection_set_constraints(both[i], &wish), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        struct sysmem_collection_info *info = NULL;
        assert_int_equal(sysmem_collection_wait_for_all_buffers_allocated(both[i], soon(), &info),
                         0);
        assert_true(sysmem_collection_info_get(info)->buffer_collection_id == id);
        sysmem_collection_info_free(info);
    }
    leave(both[0]);
    leave(both[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(c079_the_collection_id_is_the_same_everywhere),
        CASE(c111_duplicate_sync_with_a_mask_of_0_closes),
        CASE(c110_duplicate_with_a_mask_of_0_keeps_the_rights),
        CASE(duplicate_sync_of_none_gives_none),
        CASE(duplicate_sync_of_64_is_the_most),
        CASE(a_token_is_known_while_it_is_one),
        CASE(a_token_that_nobody_knows_closes_only_the_new_collection),
        CASE(what_was_sent_on_a_token_counts_before_it_is_turned_in),
        CASE(what_was_sent_on_a_collection_waits_for_the_token),
        CASE(a_token_is_turned_in_by_another_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
