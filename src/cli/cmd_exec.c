/* sysmemctl exec: requests in, replies out, line by line. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#include "cli/command.h"
#include "cli/exec.h"
#include "cli/line_reader.h"

/* The channels that still have something to send. */
struct senders {
    struct pollfd *fds; /* with room for one more */
    struct channel **channels;
    size_t count;
    zx_time_t until; /* when to try those that show no readiness */
};

static bool has_queue(struct channel *channel)
{
    return (channel_events(channel) & POLLOUT) != 0 || channel_timeout(channel) != ZX_TIME_INFINITE;
}

/* As many as there is memory for: the others have their turn later. */
static struct senders collect_senders(const struct exec *exec)
{
    struct senders all = {.until = ZX_TIME_INFINITE};
    list_for_each (it, &exec->names.entries) {
        const struct entry *entry = container_of(it, struct entry, link);
        if (entry->kind != ENTRY_CHANNEL || !has_queue(entry->channel)) {
            continue;
        }
        struct pollfd *fds = realloc(all.fds, (all.count + 2) * sizeof(*fds));
        all.fds = fds == NULL ? all.fds : fds;
        struct channel **channels =
            realloc((void *)all.channels, (all.count + 1) * sizeof(*channels));
        all.channels = channels == NULL ? all.channels : channels;
        if (fds == NULL || channels == NULL) {
            break;
        }
        short events = (short)(channel_events(entry->channel) & POLLOUT);
        zx_time_t timeout = channel_timeout(entry->channel);
        all.until = timeout < all.until ? timeout : all.until;
        all.fds[all.count] = (struct pollfd){.fd = channel_fd(entry->channel), .events = events};
        all.channels[all.count++] = entry->channel;
    }
    return all;
}

/* poll(2)'s way of saying until when. */
static int milliseconds_until(zx_time_t until)
{
    if (until == ZX_TIME_INFINITE) {
        return -1;
    }
    zx_duration_t left = until - zx_clock_get_monotonic();
    return left <= 0 ? 0 : (int)(left / ZX_MSEC(1)) + 1;
}

/* Sends what is still queued while no request is there. */
static void send_until_readable(const struct exec *exec, int input)
{
    for (;;) {
        struct senders all = collect_senders(exec);
        bool readable = all.count == 0;
        if (!readable) {
            all.fds[all.count] = (struct pollfd){.fd = input, .events = POLLIN};
            int ready = poll(all.fds, all.count + 1, milliseconds_until(all.until));
            readable = ready < 0 ? errno != EINTR : all.fds[all.count].revents != 0;
            for (size_t i = 0; i < all.count && !readable; i++) {
                /* After a failure nothing is queued any more. */
                (void)channel_process(all.channels[i]);
            }
        }
        free(all.fds);
        free((void *)all.channels);
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
