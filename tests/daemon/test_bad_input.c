/* What a hostile or careless client may send: the outcome is clear, the log says why, other clients
 * go on, and nothing is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <sysmem/sysmem.h>

#include "base/fd.h"
#include "model/requests.h"
#include "raw.h"
#include "support/daemon.h"
#include "support/participant.h"
#include "wire/envelope.h"

/* A daemon, a bystander with a collection that must live on, and a connection to misuse. */
struct scene {
    struct daemon daemon;
    int descriptors; /* of the daemon, with the bystander */
    struct sysmem_allocator *bystander;
    struct sysmem_collection *collection;
    int bad;
    size_t log_from;
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    assert_non_null(scene);
    assert_int_equal(daemon_start(&scene->daemon, NULL), 0);
    scene->bystander = connect_to(&scene->daemon);
    struct sysmem_collection_info *info = NULL;
    scene->collection = allocated(scene->bystander, 2, 4096, &info);
    sysmem_collection_info_free(info);
    /* The daemon closes its own copies after the client has the reply: let it. */
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(scene->collection), soon()), 0);
    scene->descriptors = daemon_descriptor_count(&scene->daemon);
    scene->bad = daemon_connect(&scene->daemon);
    assert_true(scene->bad >= 0);
    *state = scene;
    return 0;
}

/* The bystander has noticed nothing, and the misuse has left nothing. */
static int tear_down(void **state)
{
    struct scene *scene = *state;
    fd_close(&scene->bad);
    assert_int_equal(sysmem_node_sync(sysmem_collection_node(scene->collection), soon()), 0);
    assert_int_equal(daemon_descriptor_settle(&scene->daemon, scene->descriptors),
                     scene->descriptors);
    leave(scene->collection);
    sysmem_allocator_free(scene->bystander);
    assert_true(daemon_stop(&scene->daemon));
    free(scene);
    return 0;
}

static void assert_logged(const struct scene *scene, const char *text)
{
    if (daemon_log_wait_for(&scene->daemon, text, scene->log_from) < 0) {
        fail_msg("the log does not say: %s", text);
    }
}

static void unknown_method_of_the_allocator(void **state)
{
    struct scene *scene = *state;
    unsigned char packet[ENVELOPE_BYTES];
    const struct envelope envelope = {.ordinal = 31};
    envelope_write(&envelope, packet);
    assert_true(raw_send(scene->bad, packet, sizeof(packet), NULL, 0));
    assert_true(raw_wait_closed(scene->bad));
    assert_logged(scene, "unknown method 31 of Allocator");
}

static void every_ordinal_is_survived(void **state)
{
    struct scene *scene = *state;
    const uint32_t ordinals[] = {0,
                                 30,
                                 32,
                                 33,
                                 999,
                                 1003,
                                 1004,
                                 5000,
                                 0x7FFFFFFF,
                                 0x80000000,
                                 0xFFFFFFFD,
                                 ENVELOPE_REFUSED,
                                 ENVELOPE_PROBE};
    for (size_t i = 0; i < sizeof(ordinals) / sizeof(ordinals[0]); i++) {
        FD_CLEANUP int fd = daemon_connect(&scene->daemon);
        unsigned char packet[ENVELOPE_BYTES];
        const struct envelope envelope = {.ordinal = ordinals[i], .txid = 1};
        envelope_write(&envelope, packet);
        assert_true(raw_send(fd, packet, sizeof(packet), NULL, 0));
        assert_true(raw_wait_closed(fd));
    }
}

/* The kernel would name the listener as the maker of such a channel. */
static void a_connected_socket_is_no_server_end(void **state)
{
    struct scene *scene = *state;
    FD_CLEANUP int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    FD_CLEANUP int caller = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(address);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect(caller, (struct sockaddr *)&address, len), 0);
    struct model_allocator_allocate_shared_collection_request request = {0};
    SYSMEM_SET(&request, token_request, 1);
    assert_true(raw_request(scene->bad, MODEL_PROTOCOL_ALLOCATOR, "AllocateSharedCollection", 0,
                            &request, &caller, 1));
    assert_true(raw_wait_closed(scene->bad));
    assert_logged(scene, "connected to a name");
}

static void methods_of_another_protocol_are_unknown(void **state)
{
    struct scene *scene = *state;
    FD_CLEANUP int token = raw_root_token(scene->bad);
    assert_true(raw_sync(token, MODEL_PROTOCOL_TOKEN));
    const struct model_method *method =
        model_method_by_name(MODEL_PROTOCOL_COLLECTION, "WaitForAllBuffersAllocated");
    assert_non_null(method);
    unsigned char packet[ENVELOPE_BYTES];
    const struct envelope envelope = {.ordinal = method->ordinal};
    envelope_write(&envelope, packet);
    assert_true(raw_send(token, packet, sizeof(packet), NULL, 0));
    assert_true(raw_wait_closed(token));
    assert_logged(scene, "unknown method");
}

static void malformed_headers(void **state)
{
    struct scene *scene = *state;
    unsigned char good[ENVELOPE_BYTES];
    const struct envelope envelope = {.ordinal = 16, .txid = 1};
    envelope_write(&envelope, good);
    for (size_t len = 0; len < sizeof(good); len++) {
        FD_CLEANUP int fd = daemon_connect(&scene->daemon);
        assert_true(raw_send(fd, good, len, NULL, 0)); /* truncated; an empty one is the end */
        assert_true(raw_wait_closed(fd));
    }
    for (size_t at = 0; at < sizeof(good); at++) {
        FD_CLEANUP int fd = daemon_connect(&scene->daemon);
        unsigned char bad[ENVELOPE_BYTES];
        memcpy(bad, good, sizeof(bad));
        bad[at] ^= 0xFF;
        assert_true(raw_send(fd, bad, sizeof(bad), NULL, 0));
        assert_true(raw_wait_closed(fd));
    }
}

static void undecodable_body(void **state)
{
    struct scene *scene = *state;
    unsigned char packet[ENVELOPE_BYTES + 8];
    const struct envelope envelope = {.ordinal = 2, .body_len = 8};
    envelope_write(&envelope, packet);
    memset(packet + ENVELOPE_BYTES, 0xFF, 8);
    assert_true(raw_send(scene->bad, packet, sizeof(packet), NULL, 0));
    assert_true(raw_wait_closed(scene->bad));
    assert_logged(scene, "AllocateSharedCollection: ");
}

/* A million bytes of empty sub-messages unpack to a multiple of that. */
static void a_message_that_swells(void **state)
{
    struct scene *scene = *state;
    FD_CLEANUP int token = raw_root_token(scene->bad);
    assert_true(raw_sync(token, MODEL_PROTOCOL_TOKEN));
    const uint32_t total = (1u << 20) - 16;
    const struct envelope first = {.ordinal = 3, .body_len = total};
    static unsigned char packet[ENVELOPE_BYTES + ENVELOPE_PACKET_BODY];
    for (uint16_t index = 0;; index++) {
        struct envelope envelope = first;
        envelope.index = index;
        struct envelope_part part = envelope_part(&envelope);
        envelope_write(&envelope, packet);
        for (size_t i = 0; i < part.body_len; i += 2) {
            packet[ENVELOPE_BYTES + i] = 0x12; /* field 2, length-delimited, ... */
            packet[ENVELOPE_BYTES + i + 1] = 0;
        }
        if (!raw_send(token, packet, ENVELOPE_BYTES + part.body_len, NULL, 0) || part.last) {
            break;
        }
    }
    assert_true(raw_wait_closed(token));
}

static void oversize_message(void **state)
{
    struct scene *scene = *state;
    static unsigned char packet[ENVELOPE_BYTES + ENVELOPE_PACKET_BODY];
    const struct envelope envelope = {.ordinal = 2, .body_len = UINT32_MAX};
    envelope_write(&envelope, packet);
    assert_true(raw_send(scene->bad, packet, sizeof(packet), NULL, 0));
    assert_true(raw_wait_closed(scene->bad));
}

static void missing_fields_of_the_allocator(void **state)
{
    struct scene *scene = *state;
    static const char *const methods[] = {
        "AllocateSharedCollection", "AllocateNonSharedCollection",   "BindSharedCollection",
        "SetDebugClientInfo",       "ValidateBufferCollectionToken", "OpenDebug",
    };
    const uint64_t empty[32] = {0}; /* longer than any of their tables */
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        FD_CLEANUP int fd = daemon_connect(&scene->daemon);
        uint32_t txid = strcmp(methods[i], "ValidateBufferCollectionToken") == 0 ? 1 : 0;
        assert_true(raw_request(fd, MODEL_PROTOCOL_ALLOCATOR, methods[i], txid, empty, NULL, 0));
        if (!raw_wait_closed(fd)) {
            fail_msg("%s without its field is accepted", methods[i]);
        }
        assert_logged(scene, methods[i]);
        assert_logged(scene, "is not set");
    }
}

static void missing_fields_of_a_token(void **state)
{
    struct scene *scene = *state;
    static const char *const methods[] = {"Duplicate", "DuplicateSync", "SetName",
                                          "SetDebugClientInfo"};
    union {
        struct model_token_duplicate_request duplicate;
        struct model_token_duplicate_sync_request duplicate_sync;
        struct model_node_set_name_request set_name;
        struct model_node_set_debug_client_info_request set_debug_client_info;
    } empty = {0};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        FD_CLEANUP int token = raw_root_token(scene->bad);
        uint32_t txid = strcmp(methods[i], "DuplicateSync") == 0 ? 1 : 0;
        assert_true(raw_request(token, MODEL_PROTOCOL_TOKEN, methods[i], txid, &empty, NULL, 0));
        assert_true(raw_wait_closed(token));
        assert_logged(scene, "is not set");
    }
}

static void server_ends_of_a_wrong_kind(void **state)
{
    struct scene *scene = *state;
    int stream[2];
    int pipes[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream), 0);
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    int wrong[] = {
        stream[0],
        pipes[0],
        pipes[1],
        eventfd(0, EFD_CLOEXEC),
        open("/dev/null", O_RDWR | O_CLOEXEC),
        memfd_create("wrong", MFD_CLOEXEC),
        socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
    };
    struct model_allocator_allocate_shared_collection_request request = {0};
    SYSMEM_SET(&request, token_request, 1);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        FD_CLEANUP int fd = daemon_connect(&scene->daemon);
        assert_true(raw_request(fd, MODEL_PROTOCOL_ALLOCATOR, "AllocateSharedCollection", 0,
                                &request, &wrong[i], 1));
        assert_true(raw_wait_closed(fd));
        assert_logged(scene, "got another kind of descriptor");
        fd_close(&wrong[i]);
    }
    fd_close(&stream[1]);
}

static void a_server_end_that_is_bound_already(void **state)
{
    struct scene *scene = *state;
    int ends[2];
    raw_pair(ends);
    struct model_allocator_allocate_shared_collection_request request = {0};
    SYSMEM_SET(&request, token_request, 1);
    assert_true(raw_request(scene->bad, MODEL_PROTOCOL_ALLOCATOR, "AllocateSharedCollection", 0,
                            &request, &ends[1], 1));
    assert_true(raw_sync(ends[0], MODEL_PROTOCOL_TOKEN));
    assert_true(raw_request(scene->bad, MODEL_PROTOCOL_ALLOCATOR, "AllocateSharedCollection", 0,
                            &request, &ends[1], 1));
    assert_true(raw_wait_closed(scene->bad));
    assert_logged(scene, "is bound to a name already");
    assert_true(raw_sync(ends[0], MODEL_PROTOCOL_TOKEN)); /* the token itself lives on */
    fd_close(&ends[0]);
    fd_close(&ends[1]);
}

/* Only a shutdown tells the other side then: the socket lives on in whoever kept it. */
static void a_kept_server_end_does_not_hide_the_close(void **state)
{
    struct scene *scene = *state;
    int ends[2];
    raw_pair(ends);
    struct model_allocator_allocate_shared_collection_request request = {0};
    SYSMEM_SET(&request, token_request, 1);
    assert_true(raw_request(scene->bad, MODEL_PROTOCOL_ALLOCATOR, "AllocateSharedCollection", 0,
                            &request, &ends[1], 1));
    assert_true(raw_sync(ends[0], MODEL_PROTOCOL_TOKEN));
    assert_true(raw_request(ends[0], MODEL_PROTOCOL_TOKEN, "Release", 0, NULL, NULL, 0));
    assert_true(raw_request(ends[0], MODEL_PROTOCOL_TOKEN, "Release", 0, NULL, NULL, 0));
    assert_true(raw_wait_closed(ends[0]));
    fd_close(&ends[0]);
    fd_close(&ends[1]);
}

static void more_descriptors_than_slots(void **state)
{
    struct scene *scene = *state;
    int ends[2];
    raw_pair(ends);
    int fds[] = {ends[1], ends[0], ends[1]};
    unsigned char packet[ENVELOPE_BYTES];
    const struct envelope envelope = {.ordinal = 2, .attachment_count = 1};
    envelope_write(&envelope, packet);
    assert_true(raw_send(scene->bad, packet, sizeof(packet), fds, 3));
    assert_true(raw_wait_closed(scene->bad));
    fd_close(&ends[0]);
    fd_close(&ends[1]);
}

/* Binds `token` (a client end) on the scene's connection; returns the new collection's client end.
 */
static int bind_raw(struct scene *scene, int token)
{
    int ends[2];
    raw_pair(ends);
    int fds[] = {token, ends[1]};
    struct model_allocator_bind_shared_collection_request request = {0};
    SYSMEM_SET(&request, token, 1);
    SYSMEM_SET(&request, buffer_collection_request, 2);
    assert_true(raw_request(scene->bad, MODEL_PROTOCOL_ALLOCATOR, "BindSharedCollection", 0,
                            &request, fds, 2));
    fd_close(&ends[1]);
    return ends[0];
}

static bool allocator_lives(struct scene *scene)
{
    FD_CLEANUP int token = raw_root_token(scene->bad);
    return raw_sync(token, MODEL_PROTOCOL_TOKEN);
}

static void a_token_that_nobody_knows(void **state)
{
    struct scene *scene = *state;
    int ends[2];
    raw_pair(ends);
    FD_CLEANUP int collection = bind_raw(scene, ends[0]);
    assert_true(raw_wait_closed(collection));
    assert_logged(scene, "a token that is not known");
    assert_true(allocator_lives(scene));
    fd_close(&ends[0]);
    fd_close(&ends[1]);
}

static void a_memfd_as_a_token(void **state)
{
    struct scene *scene = *state;
    FD_CLEANUP int memfd = memfd_create("token", MFD_CLOEXEC);
    FD_CLEANUP int collection = bind_raw(scene, memfd);
    assert_true(raw_wait_closed(collection));
    assert_true(allocator_lives(scene));
}

static void a_token_bound_twice(void **state)
{
    struct scene *scene = *state;
    FD_CLEANUP int token = raw_root_token(scene->bad);
    FD_CLEANUP int first = bind_raw(scene, token);
    assert_true(raw_sync(first, MODEL_PROTOCOL_COLLECTION));
    FD_CLEANUP int second = bind_raw(scene, token);
    assert_true(raw_wait_closed(second));
    assert_true(raw_sync(first, MODEL_PROTOCOL_COLLECTION)); /* the first one keeps it */
    assert_true(raw_wait_closed(token));                     /* a copy of the token is of no use */
    assert_true(allocator_lives(scene));
}

static void a_collection_as_a_token(void **state)
{
    struct scene *scene = *state;
    FD_CLEANUP int token = raw_root_token(scene->bad);
    FD_CLEANUP int first = bind_raw(scene, token);
    FD_CLEANUP int second = bind_raw(scene, first);
    assert_true(raw_wait_closed(second));
    assert_true(raw_sync(first, MODEL_PROTOCOL_COLLECTION));
}

static void binding_after_release_fails_the_tree(void **state)
{
    struct scene *scene = *state;
    FD_CLEANUP int token = raw_root_token(scene->bad);
    assert_true(raw_request(token, MODEL_PROTOCOL_TOKEN, "Release", 0, NULL, NULL, 0));
    FD_CLEANUP int collection = bind_raw(scene, token);
    assert_true(raw_wait_closed(collection));
    assert_true(raw_wait_closed(token));
    assert_logged(scene, "turned in after Release");
    assert_true(allocator_lives(scene));
}

/* What was sent on the token before it is turned in is handled before, however much it is. */
static void a_token_with_a_full_queue_is_bound(void **state)
{
    struct scene *scene = *state;
    FD_CLEANUP int token = raw_root_token(scene->bad);
    unsigned char packet[ENVELOPE_BYTES];
    const struct model_method *sync = model_method_by_name(MODEL_PROTOCOL_TOKEN, "Sync");
    const struct envelope envelope = {.ordinal = sync->ordinal, .txid = 7};
    envelope_write(&envelope, packet);
    for (int i = 0; i < 200; i++) {
        assert_true(raw_send(token, packet, sizeof(packet), NULL, 0));
    }
    FD_CLEANUP int collection = bind_raw(scene, token);
    assert_true(raw_sync(collection, MODEL_PROTOCOL_COLLECTION));
}

static void a_client_that_never_reads(void **state)
{
    struct scene *scene = *state;
    FD_CLEANUP int token = raw_root_token(scene->bad);
    unsigned char packet[ENVELOPE_BYTES];
    const struct model_method *sync = model_method_by_name(MODEL_PROTOCOL_TOKEN, "Sync");
    const struct envelope envelope = {.ordinal = sync->ordinal, .txid = 7};
    envelope_write(&envelope, packet);
    /* The daemon stops reading when its replies are not read: then sending blocks, and it is the
     * sender who waits. */
    int sent = 0;
    while (send(token, packet, sizeof(packet), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
        assert_true(++sent < 1000000);
        if (sent % 64 == 0) { /* gives the daemon its turn, and sees that others are served */
            assert_int_equal(sysmem_node_sync(sysmem_collection_node(scene->collection), soon()),
                             0);
        }
    }
    assert_int_equal(errno, EAGAIN);
    assert_true(sent < 5000);
}

static void waits_beyond_the_limit(void **state)
{
    struct scene *scene = *state;
    FD_CLEANUP int token = raw_root_token(scene->bad);
    int ends[2];
    raw_pair(ends);
    struct model_token_duplicate_request duplicate_request = {0};
    SYSMEM_SET(&duplicate_request, rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
    SYSMEM_SET(&duplicate_request, token_request, 1);
    assert_true(raw_request(token, MODEL_PROTOCOL_TOKEN, "Duplicate", 0, &duplicate_request,
                            &ends[1], 1)); /* keeps the collection from allocating */
    FD_CLEANUP int collection = bind_raw(scene, token);
    struct model_collection_set_constraints_request none = {0};
    assert_true(
        raw_request(collection, MODEL_PROTOCOL_COLLECTION, "SetConstraints", 0, &none, NULL, 0));
    for (uint32_t txid = 1; txid < 100000; txid++) {
        if (!raw_request(collection, MODEL_PROTOCOL_COLLECTION, "WaitForAllBuffersAllocated", txid,
                         NULL, NULL, 0)) {
            break;
        }
    }
    assert_true(raw_wait_closed(collection));
    assert_logged(scene, "max_pending_calls_per_connection");
    fd_close(&ends[0]);
    fd_close(&ends[1]);
}

static void control_characters_in_names_do_not_reach_the_log(void **state)
{
    struct scene *scene = *state;
    FD_CLEANUP int token = raw_root_token(scene->bad);
    struct model_node_set_debug_client_info_request request = {0};
    SYSMEM_SET(&request, name, "evil\nerror: forged \033[2J");
    assert_true(
        raw_request(token, MODEL_PROTOCOL_TOKEN, "SetDebugClientInfo", 0, &request, NULL, 0));
    assert_true(raw_sync(token, MODEL_PROTOCOL_TOKEN));
    fd_close(&token);
    assert_logged(scene, "evil\\x0aerror: forged \\x1b[2J");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(unknown_method_of_the_allocator),
        CASE(every_ordinal_is_survived),
        CASE(a_connected_socket_is_no_server_end),
        CASE(methods_of_another_protocol_are_unknown),
        CASE(malformed_headers),
        CASE(undecodable_body),
        CASE(a_message_that_swells),
        CASE(oversize_message),
        CASE(missing_fields_of_the_allocator),
        CASE(missing_fields_of_a_token),
        CASE(server_ends_of_a_wrong_kind),
        CASE(a_server_end_that_is_bound_already),
        CASE(a_kept_server_end_does_not_hide_the_close),
        CASE(more_descriptors_than_slots),
        CASE(a_token_that_nobody_knows),
        CASE(a_memfd_as_a_token),
        CASE(a_token_bound_twice),
        CASE(a_collection_as_a_token),
        CASE(binding_after_release_fails_the_tree),
        CASE(a_token_with_a_full_queue_is_bound),
        CASE(a_client_that_never_reads),
        CASE(waits_beyond_the_limit),
        CASE(control_characters_in_names_do_not_reach_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
