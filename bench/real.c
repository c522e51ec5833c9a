/* The real thing: sysmemd, and a client that uses the public interface. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sysmem/sysmem.h>

#include "stats.h"
#include "subject.h"

#define FIRST_PASSED_FD 3 /* where a socket-activated service finds its socket */
#define DEADLINE_S      10

struct real_client {
    struct sysmem_allocator *allocator;
    struct sysmem_token *token; /* to Sync on */
};

/* What a cycle holds. */
struct round {
    struct sysmem_token *tokens[SUBJECT_PARTICIPANTS];
    struct sysmem_collection *collections[SUBJECT_PARTICIPANTS];
    struct sysmem_collection_info *infos[SUBJECT_PARTICIPANTS];
};

/* Hands the socket over as systemd does: it listens already, so that nobody has to wait for the
 * daemon. */
static void serve(const struct subject *subject, int listener)
{
    char pid[16];
    (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
    if (listener == FIRST_PASSED_FD) {
        (void)fcntl(listener, F_SETFD, 0);
    } else if (dup2(listener, FIRST_PASSED_FD) < 0) {
        return;
    }
    (void)setenv("LISTEN_FDS", "1", 1);
    (void)setenv("LISTEN_PID", pid, 1);
    (void)execlp(subject->program, "sysmemd", "--log-level", "error", (char *)NULL);
    (void)fprintf(stderr, "sysmem-bench: cannot start %s (see --daemon)\n", subject->program);
}

static zx_time_t deadline(void)
{
    return zx_deadline_after(ZX_SEC(DEADLINE_S));
}

/* A status as an -errno, with the name said, for nothing here is expected to fail. */
static int judge(const char *what, sysmem_status_t status)
{
    if (status == 0) {
        return 0;
    }
    (void)fprintf(stderr, "sysmem-bench: %s: %s\n", what, sysmem_status_name(status));
    return -EIO;
}

static void client_disconnect(void *state)
{
    struct real_client *client = state;
    sysmem_token_free(client->token);
    sysmem_allocator_free(client->allocator);
    free(client);
}

static int client_connect(const char *path, void **ret_client)
{
    struct real_client *client = calloc(1, sizeof(*client));
    if (!client) {
        return -ENOMEM;
    }
    sysmem_status_t status = sysmem_allocator_connect(path, &client->allocator);
    if (status != 0) {
        (void)fprintf(stderr, "sysmem-bench: cannot reach sysmemd at %s\n", path);
    } else {
        status = sysmem_allocator_allocate_shared_collection(client->allocator, &client->token);
    }
    int result = judge("connecting", status);
    if (result < 0) {
        client_disconnect(client);
        return result;
    }
    *ret_client = client;
    return 0;
}

static int client_sync(void *state)
{
    struct real_client *client = state;
    return judge("Sync", sysmem_node_sync(sysmem_token_node(client->token), deadline()));
}

static sysmem_status_t begin(const struct real_client *client, struct round *round)
{
    const zx_rights_t mask = ZX_RIGHT_SAME_RIGHTS;
    sysmem_status_t status =
        sysmem_allocator_allocate_shared_collection(client->allocator, &round->tokens[0]);
    if (status == 0) {
        status =
            sysmem_token_duplicate_sync(round->tokens[0], &mask, 1, deadline(), &round->tokens[1]);
    }
    for (int i = 0; i < SUBJECT_PARTICIPANTS && status == 0; i++) {
        status = sysmem_allocator_bind_shared_collection(client->allocator, round->tokens[i],
                                                         &round->collections[i]);
    }
    return status;
}

static sysmem_status_t ask(const struct round *round, uint32_t buffers)
{
    struct sysmem_buffer_usage usage = {0};
    struct sysmem_buffer_memory_constraints memory = {0};
    struct sysmem_buffer_collection_constraints constraints = {0};
    sysmem_status_t status = 0;
    SYSMEM_SET(&usage, cpu, SYSMEM_CPU_USAGE_READ_OFTEN | SYSMEM_CPU_USAGE_WRITE_OFTEN);
    SYSMEM_SET(&memory, min_size_bytes, SUBJECT_BUFFER_BYTES);
    SYSMEM_SET(&constraints, usage, usage);
    SYSMEM_SET(&constraints, min_buffer_count_for_camping, buffers / SUBJECT_PARTICIPANTS);
    SYSMEM_SET(&constraints, buffer_memory_constraints, memory);
    for (int i = 0; i < SUBJECT_PARTICIPANTS && status == 0; i++) {
        status = sysmem_collection_set_constraints(round->collections[i], &constraints);
    }
    return status;
}

static int watch_buffers(const struct round *round, uint32_t buffers, struct freed *freed)
{
    const struct sysmem_buffer_collection_info *info = sysmem_collection_info_get(round->infos[0]);
    if (info->buffers_count != buffers) {
        (void)fprintf(stderr, "sysmem-bench: wanted %u buffers, got %zu\n", buffers,
                      info->buffers_count);
        return -EIO;
    }
    int result = 0;
    for (uint32_t i = 0; i < buffers && result == 0; i++) {
        result = freed_watch(freed, sysmem_handle_fd(info->buffers[i].vmo), i + 1 == buffers);
    }
    return result;
}

static int64_t client_cycle(void *state, uint32_t buffers, struct freed *freed)
{
    struct round round = {0};
    int64_t start = stats_now();
    sysmem_status_t status = begin(state, &round);
    if (status == 0) {
        status = ask(&round, buffers);
    }
    for (int i = 0; i < SUBJECT_PARTICIPANTS && status == 0; i++) {
        status = sysmem_collection_wait_for_all_buffers_allocated(round.collections[i], deadline(),
                                                                  &round.infos[i]);
    }
    int result = judge("a cycle", status);
    int64_t pause = stats_now();
    if (result == 0) {
        result = watch_buffers(&round, buffers, freed);
    }
    int64_t resume = stats_now();
    if (result < 0) {
        return result; /* the run ends, and with it all that is open */
    }
    for (int i = 0; i < SUBJECT_PARTICIPANTS; i++) {
        sysmem_collection_info_free(round.infos[i]);
        (void)sysmem_node_release(sysmem_collection_node(round.collections[i]));
        sysmem_collection_free(round.collections[i]);
    }
    result = freed_wait(freed);
    return result < 0 ? result : stats_now() - start - (resume - pause);
}

const struct subject real_subject = {
    .name = "sysmem",
    .serve = serve,
    .connect = client_connect,
    .disconnect = client_disconnect,
    .sync = client_sync,
    .cycle = client_cycle,
};
