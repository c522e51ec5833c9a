#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "syscount.h"

static int make_listener(struct server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(server->folder, sizeof(server->folder), "/tmp/sysmem-bench-XXXXXX");
    if (!mkdtemp(server->folder)) {
        return -errno;
    }
    (void)snprintf(server->path, sizeof(server->path), "%s/socket", server->folder);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", server->path);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(listener, 8) < 0) {
        int result = -errno;
        if (listener >= 0) {
            (void)close(listener);
        }
        (void)rmdir(server->folder);
        return result;
    }
    return listener;
}

int server_start(struct server *server, const struct subject *subject, bool traced)
{
    *server = (struct server){.pid = 0};
    int listener = make_listener(server);
    if (listener < 0) {
        return listener;
    }
    server->pid = fork();
    if (server->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the parent */
        if (!traced || syscount_stop_for_tracer()) {
            subject->serve(subject, listener);
        }
        _exit(1);
    }
    int result = server->pid < 0 ? -errno : 0;
    (void)close(listener);
    if (result < 0) {
        server->pid = 0;
        server_stop(server);
    }
    return result;
}

void server_stop(struct server *server)
{
    if (server->pid > 0) {
        (void)kill(server->pid, SIGKILL);
        (void)waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
    if (server->folder[0] != '\0') {
        (void)unlink(server->path);
        (void)rmdir(server->folder);
        server->folder[0] = '\0';
    }
}
