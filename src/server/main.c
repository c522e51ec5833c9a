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
#include "os/socket_place.h"
#include "server/helper.h"
#include "server/internal.h"
#include "server/options.h"

/* Where to listen. NULL: the path is longer than `size` - 1 bytes. */
static const char *find_place(const struct options *options, char *buf, size_t size)
{
    if (options->socket != NULL) {
        int len = snprintf(buf, size, "%s", options->socket);
        return len < 0 || (size_t)len >= size ? NULL : buf;
    }
    const char *path = socket_place(buf, size);
    if (path != NULL && strcmp(path, SOCKET_PLACE_SYSTEM) == 0) {
        (void)mkdir("/run/sysmem", 0755); /* it goes at every boot; bind() tells of a failure */
    }
    return path;
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
    if (find_place(options, server->socket_path, sizeof(server->socket_path)) == NULL) {
        log_error("the socket's path is too long: wanted at most %zu bytes",
                  sizeof(server->socket_path) - 1);
        return -ENAMETOOLONG;
    }
    int fd = listener_open(server->socket_path);
    server->unlink_socket = fd >= 0;
    if (fd >= 0) {
        log_info("listening at %s", server->socket_path);
    }
    return fd;
}

/* A line in the log for each mistake. */
static void log_mistakes(char *error)
{
    char *rest = error;
    if (error == NULL) {
        log_error("no memory for the configuration");
    }
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        log_error("%s", line);
    }
}

static bool load_config(const struct options *options, struct config *config)
{
    config_init(config);
    for (size_t i = 0; i < options->config_count; i++) {
        char *error = NULL;
        if (config_load_file(config, options->configs[i], &error) != 0) {
            log_mistakes(error);
            free(error);
            return false;
        }
        struct strbuf brought = {0};
        config_tally_print(&config->tally, &brought);
        log_info("configuration %s: %s", options->configs[i], strbuf_text(&brought));
        strbuf_deinit(&brought);
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
    server.helper_fd = helper_start(); /* first: the copy is small, and has nothing open */
    if (server.helper_fd < 0) {
        log_error("cannot start a process: %s", strerror(-server.helper_fd));
        return EXIT_FAILURE;
    }
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
