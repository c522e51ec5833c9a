#include "heap_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sysmem/sysmem.h>

#include "base/fd.h"

/* --- the process --- */

struct server {
    struct sysmem_heap_provider *provider;
    bool opaque;
    int step;
    int act;
    int asked;
    int deleted;
};

static void say(char letter)
{
    if (write(STDOUT_FILENO, &letter, 1) != 1) {
        _exit(3);
    }
}

static void reach(const struct server *server, int step)
{
    if (server->step != step) {
        return;
    }
    if (server->act == HEAP_ACT_DIE) {
        (void)raise(SIGKILL);
    } else if (server->act == HEAP_ACT_STOP) {
        (void)raise(SIGSTOP);
    } else if (server->act == HEAP_ACT_NONSENSE) {
        int fd = sysmem_channel_get_fd(sysmem_heap_provider_channel(server->provider));
        (void)send(fd, "nonsense", 8, MSG_NOSIGNAL);
    }
}

static void *watch(void *arg)
{
    zx_handle_t parent = (zx_handle_t)(uintptr_t)arg;
    if (zx_object_wait_one(parent, ZX_VMO_ZERO_CHILDREN, ZX_TIME_INFINITE, NULL) == ZX_OK) {
        say(HEAP_SAYS_FREE);
    }
    (void)zx_handle_close(parent);
    return NULL;
}

static void allocate_vmo(void *arg, struct sysmem_heap_call *call,
                         const struct sysmem_heap_allocation *wanted)
{
    struct server *server = arg;
    reach(server, server->asked++ == 0 ? HEAP_STEP_FIRST_ASKED : HEAP_STEP_SECOND_ASKED);
    zx_handle_t parent;
    zx_handle_t child;
    pthread_t thread;
    if (sysmem_heap_memory_create(server->provider, wanted->size, &parent, &child) != ZX_OK ||
        pthread_create(&thread, NULL, watch, (void *)(uintptr_t)parent) != 0) {
        _exit(4);
    }
    (void)pthread_detach(thread);
    (void)sysmem_heap_call_allocated(call, child);
    if (server->asked == 2) {
        reach(server, HEAP_STEP_BOTH_ANSWERED);
    }
}

static void delete_vmo(void *arg, struct sysmem_heap_call *call, uint64_t buffer_collection_id,
                       uint64_t buffer_index, zx_handle_t vmo)
{
    struct server *server = arg;
    (void)buffer_collection_id;
    (void)buffer_index;
    reach(server, server->deleted++ == 0 ? HEAP_STEP_FIRST_BACK : HEAP_STEP_SECOND_BACK);
    (void)zx_handle_close(vmo);
    (void)sysmem_heap_call_deleted(call);
    say(HEAP_SAYS_DELETED);
    if (server->deleted == 1) {
        reach(server, HEAP_STEP_FIRST_DELETED);
    }
}

static sysmem_status_t enlist(struct server *server, const char *socket)
{
    static const struct sysmem_heap_provider_ops ops = {
        .allocate_vmo = allocate_vmo,
        .delete_vmo = delete_vmo,
    };
    const struct sysmem_heap_provider_config config = {
        .properties = {.cpu_supported = !server->opaque,
                       .ram_supported = !server->opaque,
                       .inaccessible_supported = server->opaque},
        .ops = &ops,
        .arg = server,
    };
    struct sysmem_heap id = {0};
    SYSMEM_SET(&id, heap_type, HEAP_PROCESS_TYPE);
    struct sysmem_allocator *allocator = NULL;
    struct sysmem_registry *registry = NULL;
    zx_time_t deadline = zx_deadline_after(ZX_MSEC(DAEMON_PATIENCE_MS));
    sysmem_status_t status = sysmem_allocator_connect(socket, &allocator);
    if (status == 0) {
        status = sysmem_registry_open(allocator, &registry);
    }
    if (status == 0) {
        status = sysmem_registry_register_heap(registry, &id, &config, deadline, &server->provider);
    }
    sysmem_registry_free(registry);
    sysmem_allocator_free(allocator);
    return status;
}

static void become(uid_t uid)
{
    if (uid != 0 && (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 ||
                     setresuid(uid, uid, uid) != 0)) {
        _exit(5);
    }
}

void heap_process_main(int argc, char **argv)
{
    if (argc != 7 || strcmp(argv[1], "--serve-heap") != 0) {
        return;
    }
    struct server server = {.step = (int)strtol(argv[3], NULL, 10),
                            .act = (int)strtol(argv[4], NULL, 10)};
    become((uid_t)strtoul(argv[5], NULL, 10));
    server.opaque = strcmp(argv[6], "opaque") == 0;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    sysmem_status_t status = enlist(&server, argv[2]);
    if (status != 0) {
        say(HEAP_SAYS_REFUSED);
        _exit(0);
    }
    say(HEAP_SAYS_REGISTERED);
    reach(&server, HEAP_STEP_REGISTERED);
    (void)sysmem_heap_provider_run(server.provider, ZX_TIME_INFINITE);
    say(HEAP_SAYS_CLOSED);
    for (;;) {
        (void)pause(); /* its buffers live on, and it is told when they are free */
    }
}

/* --- the test's side --- */

void heap_process_start(const struct heap_process_config *config, struct heap_process *ret)
{
    int ends[2];
    char step[16];
    char act[16];
    char uid[16];
    (void)snprintf(step, sizeof(step), "%d", (int)config->step);
    (void)snprintf(act, sizeof(act), "%d", (int)config->act);
    (void)snprintf(uid, sizeof(uid), "%u", (unsigned)config->uid);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    ret->pid = fork();
    assert_true(ret->pid >= 0);
    if (ret->pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)execl("/proc/self/exe", "heap", "--serve-heap", config->daemon->socket, step, act,
                    uid, config->opaque ? "opaque" : "plain", (char *)NULL);
        _exit(127);
    }
    fd_close(&ends[1]);
    ret->said = ends[0];
}

/* What it says next; 0: it has ended. */
static char next(const struct heap_process *process)
{
    char letter = 0;
    struct pollfd said = {.fd = process->said, .events = POLLIN};
    assert_int_equal(poll(&said, 1, DAEMON_PATIENCE_MS), 1);
    if (read(process->said, &letter, 1) != 1) {
        letter = 0;
    }
    return letter;
}

void heap_process_expect(struct heap_process *process, const char *what)
{
    char left[16];
    (void)snprintf(left, sizeof(left), "%s", what);
    for (size_t count = strlen(left); count > 0; count--) {
        char letter = next(process);
        char *at = letter == '\0' ? NULL : strchr(left, letter);
        if (at == NULL) {
            fail_msg("wanted one of \"%s\", got '%c'", left, letter);
            return;
        }
        memmove(at, at + 1, strlen(at));
    }
}

bool heap_process_is_silent(const struct heap_process *process)
{
    struct pollfd said = {.fd = process->said, .events = POLLIN};
    return poll(&said, 1, 0) == 0;
}

void heap_process_wait_for(struct heap_process *process, char letter)
{
    char got = next(process);
    while (got != letter) {
        assert_int_not_equal(got, '\0');
        got = next(process);
    }
}

void heap_process_wait_acted(struct heap_process *process)
{
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)process->pid, &info, WSTOPPED | WEXITED | WNOWAIT), 0);
}

void heap_process_end(struct heap_process *process)
{
    int status = 0;
    (void)kill(process->pid, SIGKILL);
    assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
    fd_close(&process->said);
}
