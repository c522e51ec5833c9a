#include "debug_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysmem/handle.h>
#include <unistd.h>

#define OTHER_UID 65533

struct channel *debug_open(const struct daemon *daemon)
{
    struct channel *allocator = NULL;
    struct channel *debug = NULL;
    int ends[2];
    assert_int_equal(channel_new(daemon_connect(daemon), MODEL_PROTOCOL_ALLOCATOR, &allocator), 0);
    zx_handle_t server_end;
    assert_int_equal(channel_pair(ends), 0);
    const struct sysmem_handle_info info = {.type = ZX_OBJ_TYPE_CHANNEL,
                                            .rights = ZX_DEFAULT_CHANNEL_RIGHTS};
    assert_int_equal(sysmem_handle_from_fd(ends[1], &info, &server_end), ZX_OK);
    struct model_allocator_open_debug_request request = {0};
    SYSMEM_SET(&request, server_end, server_end);
    const struct model_method *open = model_method_by_name(MODEL_PROTOCOL_ALLOCATOR, "OpenDebug");
    assert_int_equal(channel_send(allocator, open, &request), 0);
    assert_int_equal(channel_new(ends[0], MODEL_PROTOCOL_DEBUG, &debug), 0);
    channel_free(allocator);
    return debug;
}

void debug_start_for_all(struct daemon *daemon)
{
    debug_start_for_all_with(daemon, NULL);
}

void debug_start_for_all_with(struct daemon *daemon, const struct daemon_options *options)
{
    if (geteuid() != 0) {
        print_message("skipped: needs root to become another user\n");
        skip();
    }
    assert_int_equal(daemon_start(daemon, options), 0);
    assert_int_equal(chmod(daemon->dir, 0755), 0);
    assert_int_equal(chmod(daemon->socket, 0666), 0);
}

bool debug_other_uid_finds(const struct daemon *daemon, int (*check)(const struct daemon *))
{
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (setgid(OTHER_UID) != 0 || setuid(OTHER_UID) != 0) {
            _exit(99);
        }
        _exit(check(daemon));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
