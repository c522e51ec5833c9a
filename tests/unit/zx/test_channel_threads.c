/* Many threads on the same ends at once: nothing races (the tsan preset), hangs or is left over. */
#include "channel_test.h"

#include <pthread.h>
#include <stdatomic.h>

#ifdef IS_SANITIZED
#define ROUNDS 200
#else
#define ROUNDS 2000
#endif

#define THREADS 8

struct crowd {
    zx_handle_t ends[2];
    zx_handle_t event;
    zx_handle_t port;
    atomic_uint written;
    atomic_uint read;
};

static void use_event(const struct crowd *crowd, unsigned round)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;
    zx_port_packet_t packet;
    if (zx_handle_duplicate(crowd->event, ZX_RIGHT_SAME_RIGHTS, &copy) != ZX_OK) {
        return;
    }
    (void)zx_object_wait_async(copy, crowd->port, round, ZX_EVENT_SIGNALED,
                               round % 2 == 0 ? ZX_WAIT_ASYNC_ONCE : ZX_WAIT_ASYNC_EDGE);
    (void)zx_object_signal(copy, ZX_EVENT_SIGNALED, round % 3 == 0 ? ZX_EVENT_SIGNALED : 0);
    (void)zx_object_wait_one(copy, ZX_EVENT_SIGNALED, 0, NULL);
    (void)zx_port_cancel(crowd->port, copy, round);
    (void)zx_port_wait(crowd->port, 0, &packet);
    (void)zx_handle_close(copy);
}

static void use_channel(struct crowd *crowd, unsigned side, uint32_t round)
{
    zx_handle_t sent = ZX_HANDLE_INVALID;
    zx_handle_t got = ZX_HANDLE_INVALID;
    uint32_t bytes = round & ~(1U << 31);
    uint32_t count = 0;
    (void)zx_handle_duplicate(crowd->event, ZX_RIGHT_SAME_RIGHTS, &sent);
    if (zx_channel_write(crowd->ends[side], 0, &bytes, 4, &sent, 1) == ZX_OK) {
        (void)atomic_fetch_add(&crowd->written, 1);
    }
    (void)zx_object_signal_peer(crowd->ends[side], ZX_USER_SIGNAL_0, ZX_USER_SIGNAL_1);
    if (zx_channel_read(crowd->ends[1 - side], 0, &bytes, &got, 4, 1, NULL, &count) == ZX_OK) {
        (void)atomic_fetch_add(&crowd->read, 1);
        (void)zx_handle_close(got);
    }
    zx_wait_item_t items[2] = {
        {.handle = crowd->ends[0], .waitfor = ZX_CHANNEL_READABLE},
        {.handle = crowd->event,   .waitfor = ZX_EVENT_SIGNALED  }
    };
    (void)zx_object_wait_many(items, 2, zx_deadline_after(ZX_USEC(50)));
}

struct worker {
    pthread_t thread;
    struct crowd *crowd;
    unsigned number;
};

static void *work(void *arg)
{
    const struct worker *worker = arg;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        use_event(worker->crowd, i);
        use_channel(worker->crowd, worker->number % 2, i);
    }
    return NULL;
}

static void many_threads_on_the_same_ends(void **state)
{
    (void)state;
    FOR_EACH_WAY(way)
    {
        struct crowd crowd = {.event = new_event()};
        struct worker workers[THREADS];
        new_channel(way, crowd.ends);
        assert_ok(zx_port_create(0, &crowd.port));
        for (unsigned i = 0; i < THREADS; i++) {
            workers[i] = (struct worker){.crowd = &crowd, .number = i};
            assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        }
        for (int side = 0; side < 2; side++) { /* what is left over is there */
            zx_handle_t got;
            uint32_t bytes;
            while (atomic_load(&crowd.read) < atomic_load(&crowd.written) &&
                   zx_channel_read(crowd.ends[side], 0, &bytes, &got, 4, 1, NULL, NULL) == ZX_OK) {
                (void)atomic_fetch_add(&crowd.read, 1);
                assert_ok(zx_handle_close(got));
            }
        }
        assert_int_equal(atomic_load(&crowd.read), atomic_load(&crowd.written));
        const zx_handle_t all[] = {crowd.ends[0], crowd.ends[1], crowd.event, crowd.port};
        assert_ok(zx_handle_close_many(all, 4));
    }
}

/* One thread writes, reads and waits while another one closes, or has the end leave. */
static void *use_until_closed(void *arg)
{
    const zx_handle_t *end = arg;
    zx_status_t status = ZX_OK;
    while (status != ZX_ERR_BAD_HANDLE && status != ZX_ERR_CANCELED) {
        (void)zx_channel_write(*end, 0, "x", 1, NULL, 0);
        (void)read_nothing(*end);
        status = zx_object_wait_one(*end, ZX_USER_SIGNAL_0, zx_deadline_after(ZX_USEC(20)), NULL);
    }
    return NULL;
}

static void ends_close_and_leave_while_they_are_used(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS / 10; i++) {
        zx_handle_t ends[2];
        pthread_t threads[2];
        unsigned char form[SYSMEM_HANDLE_FORM_BYTES];
        zx_handle_t back = ZX_HANDLE_INVALID;
        int fd = -1;
        new_channel(IN_MEMORY, ends);
        for (int t = 0; t < 2; t++) {
            assert_int_equal(pthread_create(&threads[t], NULL, use_until_closed, &ends[t]), 0);
        }
        if (sysmem_handle_into_form(ends[0], form, &fd) == ZX_OK) {
            assert_ok(sysmem_handle_from_form(fd, form, &back));
        }
        (void)zx_handle_close(ends[0]);
        assert_ok(zx_handle_close(ends[1]));
        assert_ok(zx_handle_close(back));
        for (int t = 0; t < 2; t++) {
            assert_int_equal(pthread_join(threads[t], NULL), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_threads_on_the_same_ends),
        cmocka_unit_test(ends_close_and_leave_while_they_are_used),
    };
    return RUN_ZX_TESTS(tests);
}
