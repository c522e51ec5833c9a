#include "cli/daemon.h"

#include <assert.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sysmem/allocator.h>
#include <sysmem/handle.h>
#include <zircon/syscalls.h>

#include "base/fd.h"
#include "model/debug.h"

#define ANSWER_TIMEOUT ZX_SEC(10)

/* Whom a socket lets in: "mode 0660, owner root, group sysmem". */
static void describe_access(const char *path, struct strbuf *buf)
{
    struct stat st;
    if (stat(path, &st) < 0) {
        strbuf_addf(buf, "; some directory on the way to it is closed to you");
        return;
    }
    const struct group *group = getgrgid(st.st_gid);
    strbuf_addf(buf, "; it has mode %04o and owner %u, and is open to members of group ",
                (unsigned)st.st_mode & 07777U, (unsigned)st.st_uid);
    if (group != NULL) {
        strbuf_addf(buf, "'%s'", group->gr_name);
    } else {
        strbuf_addf(buf, "%u", (unsigned)st.st_gid);
    }
}

static void explain(const char *path, sysmem_status_t status, struct strbuf *buf)
{
    switch (status) {
    case ZX_ERR_NOT_FOUND:
        strbuf_addf(buf, "there is no socket at %s: start the daemon with 'sysmemd --socket %s'",
                    path, path);
        break;
    case ZX_ERR_PEER_CLOSED:
        strbuf_addf(buf,
                    "nobody listens at %s: the daemon has ended; start it again with "
                    "'sysmemd --socket %s'",
                    path, path);
        break;
    case ZX_ERR_ACCESS_DENIED:
        strbuf_addf(buf, "you may not use the socket %s", path);
        describe_access(path, buf);
        break;
    default:
        strbuf_addf(buf, "cannot connect to %s: %s", path, sysmem_status_name(status));
        break;
    }
}

sysmem_status_t daemon_connect(const char *path, int *ret_fd, struct strbuf *ret_reason)
{
    char buf[4096];
    if (path == NULL) {
        path = sysmem_default_socket_path(buf, sizeof(buf));
    }
    if (path == NULL) {
        strbuf_addf(ret_reason, "the path in SYSMEM_SOCKET is too long");
        return ZX_ERR_INVALID_ARGS;
    }
    struct sysmem_allocator *allocator = NULL;
    sysmem_status_t status = sysmem_allocator_connect(path, &allocator);
    if (status != 0) {
        explain(path, status, ret_reason);
        return status;
    }
    *ret_fd = sysmem_allocator_into_fd(allocator);
    return 0;
}

/* Opens the Debug protocol on a connection to the daemon, which it takes over. */
static sysmem_status_t open_debug(int fd, struct channel **ret)
{
    const struct model_method *open = model_method_by_name(MODEL_PROTOCOL_ALLOCATOR, "OpenDebug");
    assert(open != NULL);
    struct channel *allocator = NULL;
    sysmem_status_t status = channel_new(fd, MODEL_PROTOCOL_ALLOCATOR, &allocator);
    if (status != 0) {
        return status;
    }
    zx_handle_t ends[2];
    status = zx_channel_create(0, &ends[0], &ends[1]);
    if (status == 0) {
        struct model_allocator_open_debug_request request = {0};
        SYSMEM_SET(&request, server_end, ends[1]);
        status = channel_send(allocator, open, &request);
        int debug_fd = -1;
        if (status != 0) {
            (void)zx_handle_close(ends[0]);
        } else if ((status = sysmem_handle_into_fd(ends[0], NULL, &debug_fd)) == 0) {
            status = channel_new(debug_fd, MODEL_PROTOCOL_DEBUG, ret);
        }
    }
    channel_free(allocator);
    return status;
}

static const char *reason_of(sysmem_status_t status)
{
    switch (status) {
    case ZX_ERR_PEER_CLOSED:
        return "the daemon closed the connection: it is ending, or does not show this to you";
    case ZX_ERR_TIMED_OUT:
        return "no answer within 10 seconds";
    default:
        return sysmem_status_name(status);
    }
}

bool daemon_open_debug(const char *path, struct channel **ret)
{
    struct strbuf reason = {0};
    int fd = -1;
    if (daemon_connect(path, &fd, &reason) != 0) {
        (void)fprintf(stderr, "sysmemctl: %s\n", strbuf_text(&reason));
        strbuf_deinit(&reason);
        return false;
    }
    sysmem_status_t status = open_debug(fd, ret);
    if (status != 0) {
        (void)fprintf(stderr, "sysmemctl: OpenDebug: %s\n", reason_of(status));
    }
    return status == 0;
}

bool daemon_ask(struct channel *debug, const char *method, void *request, struct channel_reply *ret)
{
    const struct model_method *row = model_method_by_name(MODEL_PROTOCOL_DEBUG, method);
    assert(row != NULL && row->two_way);
    channel_call(debug, row, request, zx_deadline_after(ANSWER_TIMEOUT), ret);
    sysmem_status_t status = ret->status;
    if (status != 0) {
        (void)fprintf(stderr, "sysmemctl: %s: %s\n", method, reason_of(status));
        channel_reply_clear(ret);
    }
    return status == 0;
}
