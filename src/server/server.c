#include "server/server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "server/binding.h"
#include "server/chore.h"
#include "server/closer.h"
#include "server/dispatch.h"
#include "server/internal.h"
#include "server/link.h"
#include "server/link_secure_mem.h"
#include "server/receiver.h"
#include "server/secure_memory.h"
#include "server/unread.h"
#include "server/watch.h"

/* An aggregation that may take more than some 3 ms is made on another thread. */
#define EFFORT_AT_ONCE (SOLVER_MAX_EFFORT / 8)

/* For alarms, of one turn of the loop. */
#define ALARMS_NS UINT64_C(2000000)

static void on_buffers(uv_poll_t *poll, int status, int events)
{
    struct server *server = poll->data;
    (void)status;
    (void)events;
    buffer_watcher_process(server->watcher);
}

/* Runs after each turn of the loop: nothing that died in it is used any more. */
static void on_turn(uv_check_t *check)
{
    struct server *server = check->data;
    if (buffer_watcher_is_due(server->watcher)) {
        buffer_watcher_process(server->watcher);
    }
    chore_run(server);
    heap_registry_sweep(&server->heaps);
    watch_answer(server);
}

static void on_alarm_timer(uv_timer_t *timer);

/* The timer is set for the next alarm. */
static void on_alarms_changed(struct alarms *alarms)
{
    struct server *server = container_of(alarms, struct server, alarms);
    uint64_t next = alarms_next(alarms);
    uint64_t now = uv_hrtime();
    uint64_t wait_ms = next <= now ? 0 : (next - now) / 1000000u + 1;
    if (next == UINT64_MAX) {
        (void)uv_timer_stop(&server->alarm_timer);
    } else {
        (void)uv_timer_start(&server->alarm_timer, on_alarm_timer, wait_ms, 0);
    }
}

static void on_alarm_timer(uv_timer_t *timer)
{
    struct server *server = timer->data;
    uint64_t now = uv_hrtime();
    while (uv_hrtime() < now + ALARMS_NS && alarms_ring(&server->alarms, now)) {
    }
    on_alarms_changed(&server->alarms);
    chore_wake(server);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct server *server = handle->data;
    log_info("%s: closing everything", strsignal(number));
    server->stopping = true;
    uv_stop(&server->loop);
}

static void ignore_poll(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events;
}

/* libuv aborts when its table of watched descriptors cannot grow. So it grows to the limit now,
 * when that is still an error like any other. */
static int grow_watch_table(uv_loop_t *loop, rlim_t limit)
{
    int pipe_fds[2] = {-1, -1};
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        return -errno;
    }
    int high = fcntl(pipe_fds[0], F_DUPFD_CLOEXEC, (int)limit - 1);
    int failed = high < 0 ? -errno : 0;
    uv_poll_t poll;
    if (failed == 0) {
        failed = uv_poll_init(loop, &poll, high);
    }
    if (failed == 0) {
        failed = uv_poll_start(&poll, UV_READABLE, ignore_poll);
        uv_close((uv_handle_t *)&poll, NULL);
        (void)uv_run(loop, UV_RUN_NOWAIT);
    }
    fd_close(&high);
    fd_close(&pipe_fds[0]);
    fd_close(&pipe_fds[1]);
    return failed;
}

/* Every buffer and channel is a descriptor: the soft limit goes up to the hard one. */
static int raise_descriptor_limit(uv_loop_t *loop)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return -errno;
    }
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return -errno;
    }
    log_debug("at most %llu descriptors", (unsigned long long)limit.rlim_cur);
    return grow_watch_table(loop, limit.rlim_cur);
}

static int start_handles(struct server *server)
{
    int failed =
        uv_poll_init(&server->loop, &server->watcher_poll, buffer_watcher_fd(server->watcher));
    server->watcher_poll.data = server;
    server->sweeper.data = server;
    server->starved.data = server;
    server->alarm_timer.data = server;
    server->sigterm.data = server;
    server->sigint.data = server;
    failed = failed != 0 ? failed : uv_poll_start(&server->watcher_poll, UV_READABLE, on_buffers);
    failed = failed != 0 ? failed : uv_timer_init(&server->loop, &server->starved);
    failed = failed != 0 ? failed : uv_timer_init(&server->loop, &server->alarm_timer);
    failed = failed != 0 ? failed : unread_init(server);
    failed = failed != 0 ? failed : uid_work_init(server);
    failed = failed != 0 ? failed : uv_idle_init(&server->loop, &server->busy);
    failed = failed != 0 ? failed : uv_check_init(&server->loop, &server->sweeper);
    failed = failed != 0 ? failed : uv_check_start(&server->sweeper, on_turn);
    failed = failed != 0 ? failed : uv_signal_init(&server->loop, &server->sigterm);
    failed = failed != 0 ? failed : uv_signal_start(&server->sigterm, on_signal, SIGTERM);
    failed = failed != 0 ? failed : uv_signal_init(&server->loop, &server->sigint);
    failed = failed != 0 ? failed : uv_signal_start(&server->sigint, on_signal, SIGINT);
    return failed != 0 ? failed : listener_start(server);
}

/* One uid never gets what the others need. */
static uint64_t descriptors_per_uid(const struct config_quotas *quotas)
{
    struct rlimit limit = {.rlim_max = RLIM_INFINITY};
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    uint64_t most = limit.rlim_max / 4 * 3;
    return quotas->max_descriptors_per_uid < most ? quotas->max_descriptors_per_uid : most;
}

static void init_accounts(struct server *server)
{
    const struct config_quotas *quotas = &server->config->quotas;
    server->accounts = (struct accounts){
        .limits =
            {
                     [ACCOUNT_CONNECTIONS] = quotas->max_connections_per_uid,
                     [ACCOUNT_NODES] = quotas->max_nodes_per_uid,
                     [ACCOUNT_COLLECTIONS] = quotas->max_collections_per_uid,
                     [ACCOUNT_BUFFER_BYTES] = quotas->max_bytes_per_uid,
                     [ACCOUNT_DESCRIPTORS] = descriptors_per_uid(quotas),
                     [ACCOUNT_MESSAGE_BYTES] = quotas->max_message_bytes_per_uid,
                     },
    };
}

static void stop_listening(struct server *server)
{
    fd_close(&server->listen_fd);
    fd_close(&server->spare_fd);
    if (server->unlink_socket) {
        (void)unlink(server->socket_path);
    }
}

/* Others may have queued in it what takes long to close. */
static void close_end(uid_t uid, int fd)
{
    if (receiver_trusts(uid)) {
        fd_close(&fd);
    } else {
        closer_close(uid, fd);
    }
}

static int prepare(struct server *server)
{
    int failed = uv_loop_init(&server->loop);
    alarms_init(&server->alarms, on_alarms_changed);
    server->heaps.alarms = &server->alarms;
    failed = failed != 0 ? failed : raise_descriptor_limit(&server->loop);
    failed = failed != 0 ? failed : server_make_heaps(server);
    failed = failed != 0 ? failed : secure_memory_begin(server);
    if (failed != 0) {
        return failed;
    }
    server->watcher = buffer_watcher_new();
    if (server->watcher == NULL) {
        return -errno;
    }
    config_environment(server->config, &server->environment);
    const struct collection_table_config table = {
        .ops = &binding_peer_ops,
        .observer = event_log_observer(&server->events),
        .heaps = &server->heaps,
        .watcher = server->watcher,
        .environment = server->environment,
        .alarms = &server->alarms,
        .executor = &server->executor,
        .close_end = close_end,
        .close_shared = closer_close,
        .effort_at_once = EFFORT_AT_ONCE,
        .max_nodes_per_tree = server->config->quotas.max_nodes_per_tree,
        .max_children_per_group = server->config->quotas.max_children_per_group,
    };
    collection_table_init(&server->collections, &table);
    return start_handles(server);
}

int server_init(struct server *server, struct config *config, int listen_fd)
{
    server->config = config;
    server->pid = getpid();
    server->listen_fd = listen_fd;
    server->spare_fd = -1;
    list_init(&server->bindings);
    list_init(&server->chores);
    list_init(&server->endings);
    list_init(&server->links);
    list_init(&server->link_heaps);
    list_init(&server->receivers);
    list_init(&server->watching);
    list_init(&server->unread);
    list_init(&server->kept);
    /* A peer may be gone when we write; a lease may be broken while we hold it (docs/lifetime.md).
     */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGIO, SIG_IGN);
    dispatch_init();
    init_accounts(server);
    server_executor_init(server);
    int failed = prepare(server);
    if (failed != 0) {
        log_error("cannot start: %s", strerror(-failed));
        stop_listening(server);
    }
    return failed;
}

void server_run(struct server *server)
{
    while (!server->stopping) {
        (void)uv_run(&server->loop, UV_RUN_DEFAULT);
    }
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void server_deinit(struct server *server)
{
    collection_table_deinit(&server->collections);
    chore_end_all(server);
    link_secure_mem_end(server, "the daemon ends");
    list_for_each_safe (link, next, &server->bindings) {
        binding_abandon(container_of(link, struct binding, link));
    }
    link_end_all(server);
    uid_work_end();
    receiver_end_all(server);
    unread_deinit(server);
    uv_walk(&server->loop, close_handle, NULL);
    (void)uv_run(&server->loop, UV_RUN_DEFAULT);
    collection_table_sweep_all(&server->collections);
    heap_registry_deinit(&server->heaps); /* what heaps still answer ends the last buffer sets */
    secure_memory_end(server);
    buffer_watcher_free(server->watcher);
    int failed = uv_loop_close(&server->loop);
    assert(failed == 0);
    (void)failed;
    map_deinit(&server->tokens);
    event_log_deinit(&server->events);
    accounts_deinit(&server->accounts);
    stop_listening(server);
    fd_close(&server->helper_fd);
}
