#include "joiner.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* How long the source may take to start. */
#define SOURCE_MS 10000

/* Longer than the source takes to end, once it has lost somebody itself. */
#define HANG_UP_MS 3000

/* Connects to the source and waits for its start message. The token's descriptor, or -1 with the
 * reason said. */
static int meet_source(struct joiner *joiner, const char *path)
{
    struct participant *participant = &joiner->participant;
    struct link_message message = {.kind = LINK_HELLO};
    char line[LINK_MAX_TEXT];
    char error[160];
    int token = -1;
    int result = link_connect(path, SOURCE_MS, &joiner->source);
    if (result == 0) {
        result = link_send(&joiner->source, &message, participant->name, -1);
    }
    if (result < 0) {
        participant_say(participant, "connecting to the source at %s: %s", path, strerror(-result));
        return -1;
    }
    result = link_receive(&joiner->source, &message, line, &token);
    const char *problem = NULL;
    if (result != 1) {
        problem = result < 0 ? strerror(-result) : "it hung up";
    } else if (message.kind != LINK_START || token < 0) {
        problem = "it sent something else than a token";
    } else if (!y4m_header_parse(line, &joiner->header, error, sizeof(error))) {
        problem = error;
    }
    if (problem) {
        participant_say(participant, "starting with the source: %s", problem);
        if (token >= 0) {
            (void)close(token);
        }
        return -1;
    }
    return token;
}

bool joiner_begin(struct joiner *joiner, const char *name, const struct options *options,
                  const struct wish *wish)
{
    struct participant *participant = &joiner->participant;
    *joiner = (struct joiner){.participant = {.name = name}, .source = {.fd = -1}};
    if (!report_open(&joiner->report, options->report)) {
        participant_say(participant, "%s: %s", options->report, strerror(errno));
        return false;
    }
    if (!participant_connect(participant, name, options->sysmem, &joiner->report)) {
        return false;
    }
    int fd = meet_source(joiner, options->link);
    if (fd < 0) {
        return false;
    }
    struct sysmem_token *token;
    sysmem_status_t status = sysmem_token_from_fd(fd, &token);
    if (status != 0) {
        participant_say(participant, "the source's token: %s", sysmem_status_name(status));
        return false;
    }
    return participant_join(participant, token, wish,
                            (struct sysmem_size){joiner->header.width, joiner->header.height});
}

/* Reports a loss, and whether the source's socket hangs up too: that may come a little later. */
static bool lose(struct joiner *joiner)
{
    struct pollfd source = {.fd = joiner->source.fd};
    (void)poll(&source, 1, HANG_UP_MS);
    participant_report_loss(&joiner->participant, source.revents != 0
                                                      ? "the source (its socket hung up)"
                                                      : "nobody (the source is still there)");
    return false;
}

bool joiner_next(struct joiner *joiner, struct link_message *ret)
{
    struct pollfd ready[] = {
        {.fd = participant_fd(&joiner->participant), .events = POLLIN},
        {.fd = joiner->source.fd,                    .events = POLLIN},
    };
    do {
        (void)poll(ready, 2, -1);
        if (ready[0].revents != 0 && participant_has_failed(&joiner->participant)) {
            return lose(joiner);
        }
    } while (ready[1].revents == 0);
    if (link_receive(&joiner->source, ret, NULL, NULL) != 1) {
        return lose(joiner);
    }
    bool sane = ret->kind == LINK_END ||
                (ret->kind == LINK_FRAME && ret->buffer < joiner->participant.count);
    return sane || lose(joiner);
}

bool joiner_done(struct joiner *joiner, uint32_t buffer, uint64_t frame)
{
    struct link_message message = {.kind = LINK_DONE, .buffer = buffer, .frame = frame};
    return link_send(&joiner->source, &message, "", -1) == 0 || lose(joiner);
}

int joiner_leave(struct joiner *joiner, int status)
{
    participant_leave(&joiner->participant, status != EXIT_LOST);
    report_line(&joiner->report, "socket_bytes", "%" PRIu64,
                joiner->source.bytes_sent + joiner->source.bytes_received);
    report_line(&joiner->report, "exit", "%d", status);
    link_close(&joiner->source);
    report_close(&joiner->report);
    return status;
}
