/* sysmemctl exec: requests in, replies out, line by line. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/exec.h"
#include "cli/line_reader.h"

/* The channels that still have something to send. */
static size_t collect_senders(const struct exec *exec, struct pollfd **ret_fds,
                              struct channel ***ret_channels)
{
    size_t count = 0;
    struct pollfd *fds = NULL;
    struct channel **channels = NULL;
    list_for_each (it, &exec->names.entries) {
        const struct entry *entry = container_of(it, struct entry, link);
        if (entry->kind != ENTRY_CHANNEL || (channel_events(entry->channel) & POLLOUT) == 0) {
            continue;
        }
        struct pollfd *more_fds = realloc(fds, (count + 2) * sizeof(*fds));
        fds = more_fds == NULL ? fds : more_fds;
        struct channel **more = realloc((void *)channels, (count + 2) * sizeof(*channels));
        channels = more == NULL ? channels : more;
        if (more_fds == NULL || more == NULL) {
            break;
        }
        fds[count] = (struct pollfd){.fd = channel_fd(entry->channel), .events = POLLOUT};
        channels[count++] = entry->channel;
    }
    *ret_fds = fds;
    *ret_channels = channels;
    return count;
}

/* Sends what is still queued while no request is there. */
static void send_until_readable(const struct exec *exec, int input)
{
    for (;;) {
        struct pollfd *fds = NULL;
        struct channel **channels = NULL;
        size_t count = collect_senders(exec, &fds, &channels);
        bool readable = count == 0;
        if (!readable) {
            fds[count] = (struct pollfd){.fd = input, .events = POLLIN};
            readable = poll(fds, count + 1, -1) < 0 ? errno != EINTR : fds[count].revents != 0;
            for (size_t i = 0; i < count && !readable; i++) {
                /* After a failure nothing is queued any more. */
                (void)(fds[i].revents == 0 ? 0 : channel_process(channels[i]));
            }
        }
        free(fds);
        free((void *)channels);
        if (readable) {
            return;
        }
    }
}

static bool print_line(json_t *reply)
{
    char *text = json_dumps(reply, JSON_COMPACT | JSON_ENSURE_ASCII);
    bool printed = text != NULL && puts(text) >= 0 && fflush(stdout) == 0;
    free(text);
    json_decref(reply);
    return printed;
}

static json_t *too_long(void)
{
    struct reply reply = {0};
    (void)reply_usage(&reply, "a line of more than %zu bytes", LINE_READER_MAX);
    return reply_finish(&reply, NULL);
}

static int run(struct exec *exec, struct line_reader *reader)
{
    for (;;) {
        const char *line = NULL;
        size_t len = 0;
        if (line_reader_is_empty(reader)) {
            send_until_readable(exec, reader->fd);
        }
        enum line_status status = line_reader_next(reader, &line, &len);
        if (status == LINE_END) {
            return exec->unreachable && !exec->reached ? EXIT_REFUSED : EXIT_DONE;
        }
        if (status == LINE_ERROR) {
            perror("sysmemctl: standard input");
            return EXIT_USAGE;
        }
        if (!print_line(status == LINE_TOO_LONG ? too_long() : exec_line(exec, line, len))) {
            perror("sysmemctl: standard output");
            return EXIT_REFUSED;
        }
    }
}

int command_exec(int argc, char **argv, const char *socket_path)
{
    static const struct options_spec spec = {
        .doc = "Carry out requests from standard input, one JSON object a line, and write one "
               "reply a line to standard output.\v"
               "Exit status: 0 at the end of input; 1 the daemon could not be reached."};
    struct options options = {.socket_path = socket_path};
    options_parse(argc, argv, &spec, &options);
    struct exec exec;
    struct line_reader reader;
    exec_init(&exec, options.socket_path);
    line_reader_init(&reader, STDIN_FILENO);
    int status = run(&exec, &reader);
    line_reader_deinit(&reader);
    exec_deinit(&exec);
    return status;
}
