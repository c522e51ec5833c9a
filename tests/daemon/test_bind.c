/* BindSharedCollection of a token with a long queue: what was sent before it counts, in its order,
 * and others are served meanwhile. The daemon is stopped while the queues are filled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include <sysmem/sysmem.h>

#include "base/fd.h"
#include "model/requests.h"
#include "raw.h"
#include "support/daemon.h"

#define QUEUED                                                                                     \
    60 /* each makes as many tokens as one message can ask for: far more than a turn's work */

struct scene {
    struct daemon daemon;
    int allocator;
    int token;
};

static void begin(struct scene *scene)
{
    assert_int_equal(daemon_start(&scene->daemon, NULL), 0);
    scene->allocator = daemon_connect(&scene->daemon);
    scene->token = raw_root_token(scene->allocator);
    assert_true(raw_sync(scene->token, MODEL_PROTOCOL_TOKEN));
    assert_int_equal(kill(scene->daemon.pid, SIGSTOP), 0);
    uint32_t masks[SYSMEM_MAX_COUNT_DUPLICATES];
    for (size_t i = 0; i < SYSMEM_MAX_COUNT_DUPLICATES; i++) {
        masks[i] = ZX_RIGHT_SAME_RIGHTS;
    }
    struct model_token_duplicate_sync_request request = {0};
    SYSMEM_SET_VECTOR(&request, rights_attenuation_masks, masks, SYSMEM_MAX_COUNT_DUPLICATES);
    for (uint32_t i = 1; i <= QUEUED; i++) {
        assert_true(
            raw_request(scene->token, MODEL_PROTOCOL_TOKEN, "DuplicateSync", i, &request, NULL, 0));
    }
}

static void end(struct scene *scene)
{
    fd_close(&scene->token);
    fd_close(&scene->allocator);
    assert_true(daemon_stop(&scene->daemon));
}

static void go_on(const struct scene *scene)
{
    assert_int_equal(kill(scene->daemon.pid, SIGCONT), 0);
}

/* Returns the collection's client end. */
static int bind_now(const struct scene *scene)
{
    int ends[2];
    raw_pair(ends);
    const int fds[] = {scene->token, ends[1]};
    struct model_allocator_bind_shared_collection_request request = {0};
    SYSMEM_SET(&request, token, 1);
    SYSMEM_SET(&request, buffer_collection_request, 2);
    assert_true(raw_request(scene->allocator, MODEL_PROTOCOL_ALLOCATOR, "BindSharedCollection", 0,
                            &request, fds, 2));
    fd_close(&ends[1]);
    return ends[0];
}

static void what_was_queued_on_the_token_comes_first(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    int collection = bind_now(&scene);
    fd_close(&scene.allocator); /* collections do not need it */
    go_on(&scene);
    assert_true(raw_sync(collection, MODEL_PROTOCOL_COLLECTION));
    for (uint32_t i = 1; i <= QUEUED;
         i++) { /* the tokens in it close, which fails the collection */
        assert_int_equal(raw_wait_reply(scene.token, i), 0);
    }
    assert_true(raw_wait_closed(scene.token));
    fd_close(&collection);
    end(&scene);
}

static void a_second_bind_fails_the_token(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    int first = bind_now(&scene);
    int second = bind_now(&scene);
    go_on(&scene);
    assert_true(daemon_log_wait_for(&scene.daemon, "turned in a second time", 0) > 0);
    assert_true(raw_wait_closed(scene.token));
    assert_true(raw_wait_closed(first));
    assert_true(raw_wait_closed(second));
    fd_close(&first);
    fd_close(&second);
    end(&scene);
}

static void a_release_in_the_queue_fails_the_token(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    assert_true(raw_request(scene.token, MODEL_PROTOCOL_TOKEN, "Release", 0, NULL, NULL, 0));
    int collection = bind_now(&scene);
    go_on(&scene);
    assert_true(daemon_log_wait_for(&scene.daemon, "turned in after Release", 0) > 0);
    assert_true(raw_wait_closed(scene.token));
    assert_true(raw_wait_closed(collection));
    fd_close(&collection);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_queued_on_the_token_comes_first),
        cmocka_unit_test(a_second_bind_fails_the_token),
        cmocka_unit_test(a_release_in_the_queue_fails_the_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
