/* A client that makes the daemon grow: whatever it fills, its own quota ends it, before the
 * machine's limits do, and everything is given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sysmem/usage.h>
#include <zircon/rights.h>

#include "base/fd.h"
#include "model/requests.h"
#include "raw.h"
#include "support/daemon.h"
#include "wire/envelope.h"

#define QUOTA_DESCRIPTORS "{\"limits\": {\"max_descriptors_per_uid\": 400}}"
#define QUOTA_BYTES       "{\"limits\": {\"max_message_bytes_per_uid\": 4194304}}"
#define QUOTA_QUEUE       "{\"limits\": {\"max_queued_bytes_per_connection\": 1000}}"
#define MOST_CHANNELS     512

/* A daemon with a small quota, a connection to misuse, and the channels that were opened on it. */
struct scene {
    struct daemon daemon;
    int descriptors; /* of the daemon, at rest */
    int bad;
    int channels[MOST_CHANNELS];
    size_t channel_count;
};

static struct scene *begin(const char *config)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    assert_non_null(scene);
    const struct daemon_options options = {.config = config};
    assert_int_equal(daemon_start(&scene->daemon, &options), 0);
    scene->descriptors = daemon_descriptor_count(&scene->daemon);
    scene->bad = daemon_connect(&scene->daemon);
    assert_true(scene->bad >= 0);
    return scene;
}

static int keep(struct scene *scene, int channel)
{
    assert_true(scene->channel_count < MOST_CHANNELS);
    scene->channels[scene->channel_count++] = channel;
    return channel;
}

/* The quota was the reason; the daemon stayed within it, serves again and kept nothing. */
static void end(struct scene *scene, const char *reason)
{
    if (daemon_log_wait_for(&scene->daemon, reason, 0) < 0) {
        fail_msg("the log does not say: %s", reason);
    }
    for (size_t i = 0; i < scene->channel_count; i++) {
        fd_close(&scene->channels[i]);
    }
    fd_close(&scene->bad);
    assert_int_equal(daemon_descriptor_settle(&scene->daemon, scene->descriptors),
                     scene->descriptors);
    FD_CLEANUP int fd = daemon_connect(&scene->daemon);
    FD_CLEANUP int token = raw_root_token(fd);
    assert_true(raw_sync(token, MODEL_PROTOCOL_TOKEN));
    fd_close(&token);
    fd_close(&fd);
    assert_true(daemon_stop(&scene->daemon));
    free(scene);
}

static int new_token(struct scene *scene)
{
    return keep(scene, raw_root_token(scene->bad));
}

/* Another participant in the token's tree. */
static int duplicate_token(struct scene *scene, int token)
{
    int ends[2];
    raw_pair(ends);
    struct model_token_duplicate_request request = {0};
    SYSMEM_SET(&request, rights_attenuation_mask, ZX_RIGHT_SAME_RIGHTS);
    SYSMEM_SET(&request, token_request, 1);
    assert_true(raw_request(token, MODEL_PROTOCOL_TOKEN, "Duplicate", 0, &request, &ends[1], 1));
    assert_true(raw_sync(token, MODEL_PROTOCOL_TOKEN));
    fd_close(&ends[1]);
    return keep(scene, ends[0]);
}

static int bind_token(struct scene *scene, int token)
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
    return keep(scene, ends[0]);
}

static void set_constraints(int collection, uint32_t count, uint64_t min_size, uint64_t max_size)
{
    struct model_collection_set_constraints_request request = {0};
    struct sysmem_buffer_collection_constraints *wanted = &request.constraints;
    struct sysmem_buffer_memory_constraints *memory = &wanted->buffer_memory_constraints;
    request.has.constraints = true;
    wanted->has.usage = true;
    SYSMEM_SET(&wanted->usage, cpu, SYSMEM_CPU_USAGE_READ_OFTEN);
    SYSMEM_SET(wanted, min_buffer_count_for_camping, count);
    wanted->has.buffer_memory_constraints = true;
    SYSMEM_SET(memory, cpu_domain_supported, true);
    SYSMEM_SET(memory, min_size_bytes, min_size);
    SYSMEM_SET(memory, max_size_bytes, max_size);
    assert_true(
        raw_request(collection, MODEL_PROTOCOL_COLLECTION, "SetConstraints", 0, &request, NULL, 0));
}

/* Calls that are answered later, and answers that are not read. */
static void wait_in_vain(int collection, uint32_t calls)
{
    for (uint32_t txid = 1; txid <= calls; txid++) {
        if (!raw_request(collection, MODEL_PROTOCOL_COLLECTION, "WaitForAllBuffersAllocated", txid,
                         NULL, NULL, 0)) {
            break;
        }
    }
}

/* The first packet of a message that never goes on. False: the daemon has closed the channel. */
static bool send_half(int fd, uint32_t body_len, size_t attachments)
{
    static unsigned char packet[ENVELOPE_BYTES + ENVELOPE_PACKET_BODY];
    const struct envelope envelope = {
        .ordinal = 9, .body_len = body_len, .attachment_count = (uint16_t)(attachments * 2)};
    struct envelope_part part = envelope_part(&envelope);
    envelope_write(&envelope, packet);
    int fds[ENVELOPE_PACKET_DESCRIPTORS];
    for (size_t i = 0; i < part.attachment_count; i++) {
        fds[i] = STDERR_FILENO;
    }
    return raw_send(fd, packet, ENVELOPE_BYTES + part.body_len, fds, part.attachment_count);
}

static void debug_channels(void **state)
{
    (void)state;
    struct scene *scene = begin(QUOTA_DESCRIPTORS);
    struct model_allocator_open_debug_request request = {0};
    SYSMEM_SET(&request, server_end, 1);
    bool open = true;
    for (int i = 0; open && i < 500; i++) {
        int ends[2];
        raw_pair(ends);
        open = raw_request(scene->bad, MODEL_PROTOCOL_ALLOCATOR, "OpenDebug", 0, &request, &ends[1],
                           1);
        fd_close(&ends[1]);
        (void)keep(scene, ends[0]);
    }
    assert_true(raw_wait_closed(scene->bad));
    assert_true(daemon_descriptor_count(&scene->daemon) <= scene->descriptors + 401);
    end(scene, "max_descriptors_per_uid");
}

static void descriptors_of_half_messages(void **state)
{
    (void)state;
    struct scene *scene = begin(QUOTA_DESCRIPTORS);
    int first = new_token(scene);
    int second = new_token(scene);
    assert_true(send_half(first, 0, ENVELOPE_PACKET_DESCRIPTORS));
    assert_true(send_half(second, 0, ENVELOPE_PACKET_DESCRIPTORS));
    assert_true(raw_wait_closed(second));
    end(scene, "max_descriptors_per_uid");
}

static void bytes_of_half_messages(void **state)
{
    (void)state;
    struct scene *scene = begin(QUOTA_BYTES);
    int last = -1;
    for (int i = 0; i < 5; i++) {
        last = new_token(scene);
        assert_true(send_half(last, 1 << 20, 0));
        if (i < 4) { /* four are within the quota: the daemon goes on reading */
            FD_CLEANUP int other = raw_root_token(scene->bad);
            assert_true(raw_sync(other, MODEL_PROTOCOL_TOKEN));
        }
    }
    assert_true(raw_wait_closed(last));
    end(scene, "max_message_bytes_per_uid");
}

static void bytes_of_constraints(void **state)
{
    (void)state;
    struct scene *scene = begin("{\"limits\": {\"max_message_bytes_per_uid\": 20000}}");
    int last = -1;
    for (int i = 0; i < 100; i++) {
        int token = new_token(scene);
        (void)duplicate_token(scene, token); /* keeps the collection from allocating */
        last = bind_token(scene, token);
        set_constraints(last, 1, 4096, 4096);
        if (!raw_sync(last, MODEL_PROTOCOL_COLLECTION)) {
            break;
        }
    }
    assert_true(raw_wait_closed(last));
    end(scene, "max_message_bytes_per_uid");
}

/* What nodes are called is copied to their children, too. */
static void bytes_of_names(void **state)
{
    (void)state;
    struct scene *scene = begin("{\"limits\": {\"max_message_bytes_per_uid\": 16000}}");
    int token = new_token(scene);
    char name[257] = {0};
    memset(name, 'n', sizeof(name) - 1);
    struct model_node_set_debug_client_info_request request = {0};
    SYSMEM_SET(&request, name, name);
    for (int i = 0; i < 15; i++) { /* the former names stay part of it */
        assert_true(
            raw_request(token, MODEL_PROTOCOL_TOKEN, "SetDebugClientInfo", 0, &request, NULL, 0));
    }
    assert_true(raw_sync(token, MODEL_PROTOCOL_TOKEN));
    (void)duplicate_token(scene, token); /* there is room for four names, not for six */
    uint32_t masks[4] = {ZX_RIGHT_SAME_RIGHTS, ZX_RIGHT_SAME_RIGHTS, ZX_RIGHT_SAME_RIGHTS,
                         ZX_RIGHT_SAME_RIGHTS};
    struct model_token_duplicate_sync_request more = {0};
    SYSMEM_SET_VECTOR(&more, rights_attenuation_masks, masks, 4);
    assert_true(raw_request(token, MODEL_PROTOCOL_TOKEN, "DuplicateSync", 1, &more, NULL, 0));
    assert_true(raw_wait_closed(token));
    end(scene, "its client's name needs more than max_message_bytes_per_uid");
}

static void buffers(void **state)
{
    (void)state;
    struct scene *scene = begin(QUOTA_DESCRIPTORS);
    int last = -1;
    for (int i = 0; i < 4; i++) {
        last = bind_token(scene, new_token(scene));
        set_constraints(last, 120, 4096, 4096);
        (void)raw_sync(last, MODEL_PROTOCOL_COLLECTION);
    }
    assert_true(raw_wait_closed(last));
    end(scene, "max_descriptors_per_uid");
}

/* Who does not read gets no further answers: none wait with their descriptors in the daemon, and
 * whoever reads is served. */
static void answers_that_are_not_read(void **state)
{
    (void)state;
    struct scene *scene = begin(NULL);
    int root = new_token(scene);
    int other = bind_token(scene, duplicate_token(scene, root));
    int collection = bind_token(scene, root);
    set_constraints(other, 0, 4096, 4096);
    wait_in_vain(other, 4000);
    set_constraints(collection, 100, 4096, 4096);
    for (uint32_t txid = 1; txid <= 100; txid++) {
        assert_true(raw_request(collection, MODEL_PROTOCOL_COLLECTION, "WaitForAllBuffersAllocated",
                                txid, NULL, NULL, 0));
        assert_int_equal(raw_wait_reply(collection, txid), 0);
    }
    /* Channels, buffers, and one answer that does not fit the socket. */
    int most = scene->descriptors + 10 + 100 + 100;
    assert_true(daemon_descriptor_settle(&scene->daemon, most) <= most);
    /* All of them come when they are asked for. */
    assert_int_equal(raw_wait_reply(other, 4000), 0);
    end(scene, "allocated 100 buffers");
}

/* A collection with 30 buffers, whose participant does not read its answers. */
static int unread_answers(struct scene *scene, uint32_t answers)
{
    int collection = bind_token(scene, new_token(scene));
    set_constraints(collection, 30, 4096, 4096);
    wait_in_vain(collection, answers);
    return collection;
}

/* The kernel counts them against the daemon, and has room for so many only. */
static void descriptors_that_nobody_receives(void **state)
{
    (void)state;
    struct scene *scene = begin(QUOTA_DESCRIPTORS);
    (void)unread_answers(scene, 20);
    end(scene, "max_descriptors_per_uid");
}

static void descriptors_that_nobody_receives_on_closed_channels(void **state)
{
    (void)state;
    struct scene *scene = begin(QUOTA_DESCRIPTORS);
    for (int i = 0; i < 4; i++) {
        int collection = unread_answers(scene, 4);
        (void)raw_request(collection, MODEL_PROTOCOL_TOKEN, "SetDispensable", 0, NULL, NULL, 0);
    }
    end(scene, "max_descriptors_per_uid");
}

static void descriptors_that_are_received_do_not_count(void **state)
{
    (void)state;
    struct scene *scene = begin(QUOTA_DESCRIPTORS);
    int reader = unread_answers(scene, 1);
    assert_int_equal(raw_wait_reply(reader, 1), 0);
    for (uint32_t txid = 2; txid <= 40; txid++) {
        wait_in_vain(reader, 1);
        assert_int_equal(raw_wait_reply(reader, 1), 0);
    }
    /* Another of its uid finds all of the quota. */
    int other = unread_answers(scene, 8);
    assert_int_equal(raw_wait_reply(other, 8), 0);
    end(scene, "allocated 30 buffers");
}

struct reader {
    int fd;
    uint32_t last;         /* ends with the answer to this call */
    _Atomic uint32_t read; /* answers so far */
};

static void *read_answers(void *arg)
{
    struct reader *reader = arg;
    for (uint32_t txid = 1; txid <= reader->last; txid++) {
        if (raw_wait_reply(reader->fd, txid) != 0) {
            break;
        }
        reader->read++;
    }
    return NULL;
}

/* One request makes thousands of answers with 128 handles each, but not in one go. */
static void others_are_served_between_answers(void **state)
{
    (void)state;
    struct scene *scene = begin(NULL);
    FD_CLEANUP int bystander = daemon_connect(&scene->daemon);
    FD_CLEANUP int its_token = raw_root_token(bystander);
    int root = new_token(scene);
    int other = bind_token(scene, duplicate_token(scene, root));
    int collection = bind_token(scene, root);
    set_constraints(other, 0, 4096, 4096);
    wait_in_vain(other, 2000);
    assert_true(raw_sync(other, MODEL_PROTOCOL_COLLECTION));
    struct reader reader = {.fd = other, .last = 2000};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_answers, &reader), 0);
    set_constraints(collection, 128, 4096, 4096);
    assert_true(raw_sync(collection, MODEL_PROTOCOL_COLLECTION)); /* it is allocated now */
    assert_true(raw_sync(its_token, MODEL_PROTOCOL_TOKEN));
    assert_true(reader.read < 1000);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(reader.read, 2000);
    fd_close(&its_token);
    fd_close(&bystander);
    end(scene, "allocated 128 buffers");
}

/* A failure that many wait for is told to all of them: more than a queue holds. */
static void a_failure_that_the_queue_does_not_hold(void **state)
{
    (void)state;
    struct scene *scene = begin(QUOTA_QUEUE);
    int root = new_token(scene);
    int other = bind_token(scene, duplicate_token(scene, root));
    int collection = bind_token(scene, root);
    set_constraints(other, 1, 4096, 4096);
    wait_in_vain(other, 4000);
    assert_true(raw_sync(other, MODEL_PROTOCOL_COLLECTION));
    set_constraints(collection, 1, 8192, 8192);
    assert_true(raw_wait_closed(collection));
    end(scene, "max_queued_bytes_per_connection 1000: the client does not read its replies");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(debug_channels),
        cmocka_unit_test(descriptors_of_half_messages),
        cmocka_unit_test(bytes_of_half_messages),
        cmocka_unit_test(bytes_of_constraints),
        cmocka_unit_test(bytes_of_names),
        cmocka_unit_test(buffers),
        cmocka_unit_test(answers_that_are_not_read),
        cmocka_unit_test(descriptors_that_nobody_receives),
        cmocka_unit_test(descriptors_that_nobody_receives_on_closed_channels),
        cmocka_unit_test(descriptors_that_are_received_do_not_count),
        cmocka_unit_test(others_are_served_between_answers),
        cmocka_unit_test(a_failure_that_the_queue_does_not_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
