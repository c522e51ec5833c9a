/* A channel of a collection and its fake server. */
#ifndef TESTS_CLIENT_CHANNEL_FIXTURE_H
#define TESTS_CLIENT_CHANNEL_FIXTURE_H

#include "fake_server.h"

#include <pthread.h>

#include <zircon/syscalls.h>

#include "client/channel.h"

struct fixture {
    struct server server;
    struct channel *channel;
    size_t open_before;
};

UNUSED static int setup(void **state)
{
    static struct fixture fixture;
    fixture.open_before = count_open();
    int fd = server_init(&fixture.server, MODEL_PROTOCOL_COLLECTION);
    assert_int_equal(channel_new(fd, MODEL_PROTOCOL_COLLECTION, &fixture.channel), 0);
    *state = &fixture;
    return 0;
}

UNUSED static int teardown(void **state)
{
    struct fixture *fixture = *state;
    channel_free(fixture->channel);
    server_deinit(&fixture->server);
    assert_open(fixture->open_before);
    return 0;
}

UNUSED static const struct model_method *method(const char *name)
{
    return model_method_by_name(MODEL_PROTOCOL_COLLECTION, name);
}

UNUSED static sysmem_status_t call_status(struct channel *channel, const char *name,
                                          zx_time_t deadline)
{
    struct channel_reply reply;
    channel_call(channel, method(name), NULL, deadline, &reply);
    sysmem_status_t status = reply.status;
    channel_reply_clear(&reply);
    return status;
}

/* A script or a caller, in a thread of its own; NULL is its success. */
UNUSED static pthread_t start(void *(*script)(void *), struct fixture *fixture)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, script, fixture), 0);
    return thread;
}

UNUSED static void join(pthread_t thread)
{
    void *result;
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
}

UNUSED static void *answer_sync(void *arg)
{
    struct fixture *fixture = arg;
    struct message request;
    (void)server_expect(&fixture->server, "Sync", &request);
    server_reply(&fixture->server, &request, 0, NULL);
    return NULL;
}

UNUSED static void *expect_closed(void *arg)
{
    struct fixture *fixture = arg;
    sysmem_status_t status = call_status(fixture->channel, "Sync", ZX_TIME_INFINITE);
    return status == ZX_ERR_PEER_CLOSED ? NULL : arg;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
