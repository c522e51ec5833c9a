/* The pipeline's source: reads a Y4M video into shared buffers, sends each to the filter and then
 * to the sink, and reads the next frame into whatever buffer comes back. It is the one that begins
 * the collection. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "link.h"
#include "options.h"
#include "participant.h"
#include "y4m.h"

#define NAME_PRIORITY 10
#define SYNC_S        5
#define HANG_UP_MS    1000

enum peer { FILTER, SINK, PEERS };

static const char *const peer_names[PEERS] = {"filter", "sink"};

struct source {
    struct participant participant;
    struct report report;
    struct y4m_reader reader;
    struct link peers[PEERS];
    uint32_t free[SYSMEM_MAX_COUNT_BUFFER_COLLECTION_INFO_BUFFERS]; /* buffers that nobody uses */
    size_t free_count;
    uint64_t passed_on; /* frames sent to the sink */
    bool at_end;        /* no further frame will be read */
    bool said_end;
    int status; /* to exit with */
};

static const char help[] =
    "Usage: pipeline-source --link PATH [OPTION]... [VIDEO.y4m]\n"
    "Reads a 4:2:0 Y4M video (standard input without a name, or with -) and sends its frames through\n"
    "a filter and a sink, which connect to the Unix socket PATH.\n"
    "  --sysmem PATH   sysmemd's socket\n"
    "  --report FILE   write key=value lines about the run\n"
    "Exit status: 0 done; 1 refused, with the reason; 2 wrong command line; 3 another program was lost.\n";

static struct wish source_wish(const struct y4m_header *header)
{
    struct sysmem_size size = {header->width, header->height};
    return (struct wish){
        .formats = {SYSMEM_PIXEL_FORMAT_I420, SYSMEM_PIXEL_FORMAT_NV12},
        .format_count = 2,
        .color_spaces = {header->full_range ? SYSMEM_COLOR_SPACE_REC601_NTSC_FULL_RANGE
                                            : SYSMEM_COLOR_SPACE_REC601_NTSC                       },
        .color_space_count = 1,
        .cpu_usage = SYSMEM_CPU_USAGE_WRITE_OFTEN,
        .camping = 2,
        .bytes_per_row_divisor = 16,
        .min_size = size,
        .required_max_size = size,
    };
}

/* Opens the video. False: said why. */
static bool open_video(struct source *source, const char *path)
{
    FILE *file = path && strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
    if (!file) {
        participant_say(&source->participant, "%s: %s", path, strerror(errno));
        return false;
    }
    if (y4m_reader_init(&source->reader, file) != Y4M_OK) {
        participant_say(&source->participant, "%s: %s", path ? path : "standard input",
                        source->reader.error);
        return false;
    }
    return true;
}

/* Waits until the filter and the sink, in whatever order, have said hello. */
static bool accept_peers(struct source *source, const char *path)
{
    int listener = link_listen(path);
    int result = listener;
    int missing = PEERS;
    while (result >= 0 && missing > 0) {
        char name[LINK_MAX_TEXT];
        struct link_message hello;
        struct link link;
        result = link_accept(listener, &link);
        if (result < 0) {
            break;
        }
        int got = link_receive(&link, &hello, name, NULL);
        int peer = strcmp(name, peer_names[FILTER]) == 0 ? FILTER : SINK;
        if (got == 1 && hello.kind == LINK_HELLO && strcmp(name, peer_names[peer]) == 0 &&
            source->peers[peer].fd < 0) {
            source->peers[peer] = link;
            missing--;
        } else {
            link_close(&link); /* a stranger */
        }
    }
    if (result < 0) {
        participant_say(&source->participant, "listening at %s: %s", path, strerror(-result));
    }
    if (listener >= 0) {
        (void)close(listener);
        (void)unlink(path);
    }
    return result >= 0;
}

/* Sends each peer the video's header and a token of its own. The sink may not write, whatever it
 * asks for. */
static bool send_tokens(struct source *source, struct sysmem_token *root)
{
    const zx_rights_t masks[PEERS] = {ZX_RIGHT_SAME_RIGHTS, UINT32_MAX & ~ZX_RIGHT_WRITE};
    struct sysmem_token *tokens[PEERS];
    sysmem_status_t status =
        sysmem_token_duplicate_sync(root, masks, PEERS, zx_deadline_after(ZX_SEC(SYNC_S)), tokens);
    if (status != 0) {
        participant_say(&source->participant, "making tokens: %s", sysmem_status_name(status));
        return false;
    }
    bool sent = true;
    for (int i = 0; i < PEERS; i++) {
        int fd = sysmem_token_into_fd(tokens[i]);
        int result = link_send(&source->peers[i], &(struct link_message){.kind = LINK_START},
                               source->reader.header.line, fd);
        if (result < 0) {
            participant_say(&source->participant, "sending a token to the %s: %s", peer_names[i],
                            strerror(-result));
            sent = false;
        }
        (void)close(fd);
    }
    return sent;
}

/* Begins the collection and takes part in it. */
static bool begin(struct source *source)
{
    struct participant *participant = &source->participant;
    struct sysmem_token *root;
    struct wish wish = source_wish(&source->reader.header);
    sysmem_status_t status =
        sysmem_allocator_allocate_shared_collection(participant->allocator, &root);
    if (status != 0) {
        participant_say(participant, "beginning a collection: %s", sysmem_status_name(status));
        return false;
    }
    (void)sysmem_node_set_name(sysmem_token_node(root), NAME_PRIORITY, "pipeline");
    if (!send_tokens(source, root)) {
        sysmem_token_free(root);
        return false;
    }
    if (!participant_join(participant, root, &wish, wish.min_size)) {
        return false;
    }
    for (size_t i = 0; i < participant->count; i++) {
        source->free[source->free_count++] = (uint32_t)i;
    }
    return true;
}

/* Sends to a peer; false: the peer is lost. */
static bool tell(struct source *source, enum peer peer, const struct link_message *message)
{
    return link_send(&source->peers[peer], message, "", -1) == 0;
}

/* Reads frames into all free buffers and sends them off. */
static bool feed(struct source *source)
{
    while (!source->at_end && source->free_count > 0) {
        uint32_t buffer = source->free[source->free_count - 1];
        struct picture picture = participant_picture(&source->participant, buffer);
        uint64_t frame = source->reader.frames;
        enum y4m_result result = y4m_read_frame(&source->reader, &picture);
        if (result != Y4M_OK) {
            source->at_end = true;
            if (result == Y4M_BAD) {
                participant_say(&source->participant, "%s", source->reader.error);
                source->status = EXIT_REFUSED;
            }
            break;
        }
        source->free_count--;
        struct link_message message = {.kind = LINK_FRAME, .buffer = buffer, .frame = frame};
        if (!tell(source, FILTER, &message)) {
            return false;
        }
    }
    if (source->at_end && !source->said_end && source->passed_on == source->reader.frames) {
        struct link_message end = {.kind = LINK_END, .frame = source->passed_on};
        source->said_end = true;
        return tell(source, FILTER, &end) && tell(source, SINK, &end);
    }
    return true;
}

/* A buffer comes back from the filter, for the sink, or from the sink. False: the peer is lost, or
 * mad. */
static bool hear(struct source *source, enum peer peer)
{
    struct link_message message;
    if (link_receive(&source->peers[peer], &message, NULL, NULL) != 1) {
        return false;
    }
    if (message.kind != LINK_DONE || message.buffer >= source->participant.count ||
        source->free_count >= source->participant.count) {
        return false;
    }
    if (peer == SINK) {
        source->free[source->free_count++] = message.buffer;
        return true;
    }
    message.kind = LINK_FRAME;
    source->passed_on++;
    return tell(source, SINK, &message);
}

/* Serves until all frames are through. False: a peer or the collection is lost. */
static bool serve(struct source *source)
{
    while (feed(source)) {
        if (source->said_end && source->free_count == source->participant.count) {
            return true;
        }
        struct pollfd ready[] = {
            {.fd = source->said_end ? -1 : source->peers[FILTER].fd, .events = POLLIN},
            {.fd = source->peers[SINK].fd,                           .events = POLLIN},
            {.fd = participant_fd(&source->participant),             .events = POLLIN},
        };
        (void)poll(ready, PEERS + 1, -1);
        for (int i = 0; i < PEERS; i++) {
            if (ready[i].revents != 0 && !hear(source, (enum peer)i)) {
                return false;
            }
        }
        if (ready[PEERS].revents != 0 && participant_has_failed(&source->participant)) {
            return false;
        }
    }
    return false;
}

/* Whose socket hangs up: that may come a little after what else tells of a loss. */
static const char *who_hung_up(const struct source *source)
{
    struct pollfd peers[] = {{.fd = source->peers[FILTER].fd}, {.fd = source->peers[SINK].fd}};
    (void)poll(peers, PEERS, HANG_UP_MS);
    if (peers[FILTER].revents != 0) {
        return "the filter (its socket hung up)";
    }
    return peers[SINK].revents != 0 ? "the sink (its socket hung up)"
                                    : "nobody (no socket hung up)";
}

static void run(struct source *source, const char *link_path)
{
    source->status = EXIT_REFUSED;
    if (!accept_peers(source, link_path) || !begin(source)) {
        return;
    }
    source->status = EXIT_DONE;
    if (!serve(source)) {
        participant_report_loss(&source->participant, who_hung_up(source));
        source->status = EXIT_LOST;
    }
    report_line(&source->report, "frames", "%" PRIu64, source->reader.frames);
    for (int i = 0; i < PEERS; i++) {
        report_line(&source->report, i == FILTER ? "filter_socket_bytes" : "sink_socket_bytes",
                    "%" PRIu64, source->peers[i].bytes_sent + source->peers[i].bytes_received);
    }
}

int main(int argc, char **argv)
{
    struct options options = options_parse(argc, argv, help);
    struct source source = {
        .peers = {{.fd = -1}, {.fd = -1}},
          .status = EXIT_REFUSED
    };
    source.participant.name = "source";
    if (!report_open(&source.report, options.report)) {
        participant_say(&source.participant, "%s: %s", options.report, strerror(errno));
        return EXIT_REFUSED;
    }
    if (open_video(&source, options.input) &&
        participant_connect(&source.participant, "source", options.sysmem, &source.report)) {
        run(&source, options.link);
    }
    participant_leave(&source.participant, source.status != EXIT_LOST);
    for (int i = 0; i < PEERS; i++) {
        link_close(&source.peers[i]);
    }
    if (source.reader.file && source.reader.file != stdin) {
        (void)fclose(source.reader.file);
    }
    report_line(&source.report, "exit", "%d", source.status);
    report_close(&source.report);
    return source.status;
}
