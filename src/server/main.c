/* sysmemd: finds its socket, reads its configuration, tries the kernel, serves. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "base/fd.h"
#include "os/self_test.h"
#include "server/options.h"
#include "server/server.h"

/* Where to listen, in the order that clients look, too. NULL: no place could be found. */
static const char *socket_path(const struct options *options, char *buf, size_t size)
{
    const char *given = options->socket != NULL ? options->socket : getenv("SYSMEM_SOCKET");
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int len = -1;
    if (given != NULL && given[0] != '\0') {
        len = snprintf(buf, size, "%s", given);
    } else if (geteuid() == 0) {
        (void)mkdir("/run/sysmem", 0755); /* it goes at every boot; bind() tells of a failure */
        len = snprintf(buf, size, "/run/sysmem/sysmem.sock");
    } else if (runtime != NULL && runtime[0] == '/') {
        len = snprintf(buf, size, "%s/sysmem.sock", runtime);
    }
    return len < 0 || (size_t)len >= size ? NULL : buf;
}

/* The listening socket: systemd's, or an own one. -errno with the reason in the log. */
static int open_socket(const struct options *options, struct server *server)
{
    if (options->socket == NULL) {
        int passed = sd_listen_fds(1);
        if (passed == 1 && sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_SEQPACKET, 1, NULL, 0) > 0) {
            log_info("listening on the socket that systemd passed");
            return SD_LISTEN_FDS_START;
        }
        if (passed > 0) {
            log_error("systemd passed %d sockets: wanted one listening Unix SEQPACKET socket "
                      "(ListenSequentialPacket=)",
                      passed);
            return -EINVAL;
        }
    }
    if (socket_path(options, server->socket_path, sizeof(server->socket_path)) == NULL) {
        log_error("no place for the socket: give --socket PATH of at most %zu bytes, or set "
                  "XDG_RUNTIME_DIR",
                  sizeof(server->socket_path) - 1);
        return -EINVAL;
    }
    int fd = listener_open(server->socket_path);
    server->unlink_socket = fd >= 0;
    if (fd >= 0) {
        log_info("listening at %s", server->socket_path);
    }
    return fd;
}

static bool load_config(const struct options *options, struct config *config)
{
    config_init(config);
    for (size_t i = 0; i < options->config_count; i++) {
        char *error = NULL;
        if (config_load_file(config, options->configs[i], &error) != 0) {
            log_error("%s", error == NULL ? "no memory for the configuration" : error);
            free(error);
            return false;
        }
    }
    return true;
}

static const char *error_text(const struct self_test_result *result)
{
    return result->error == 0 ? "" : strerror(result->error);
}

static void print_result(void *arg, const struct self_test_result *result)
{
    (void)arg;
    const char *verdict = result->ok ? "ok" : result->required ? "MISSING" : "absent";
    printf("%-8s%-24s%s", verdict, result->name, result->wants);
    if (!result->ok) {
        printf(": got %s %s", result->got, error_text(result));
    }
    printf("\n");
}

static void log_missing(void *arg, const struct self_test_result *result)
{
    (void)arg;
    if (!result->ok && result->required) {
        log_error("this kernel lacks what the daemon rests on: %s: wanted: %s; got: %s %s",
                  result->name, result->wants, result->got, error_text(result));
    }
}

int main(int argc, char **argv)
{
    struct options options;
    options_parse(&options, argc, argv);
    log_set_level(options.level);
    (void)signal(SIGIO, SIG_IGN); /* a lease that is broken while we hold it would kill */
    if (options.self_test) {
        return self_test_run(print_result, NULL) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    struct config config;
    static struct server server;
    if (!load_config(&options, &config) || !self_test_run(log_missing, NULL)) {
        return EXIT_FAILURE;
    }
    int fd = open_socket(&options, &server);
    if (fd < 0 || server_init(&server, &config, fd) != 0) {
        return EXIT_FAILURE;
    }
    (void)sd_notify(0, "READY=1");
    server_run(&server);
    (void)sd_notify(0, "STOPPING=1");
    server_deinit(&server);
    config_deinit(&config);
    return EXIT_SUCCESS;
}
