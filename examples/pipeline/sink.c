/* The pipeline's sink: reads the filtered frames out of buffers that it cannot write, and keeps a
 * video and a contact sheet of them. Like a display it holds on to the newest frames. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "joiner.h"
#include "sheet.h"

static const char help[] =
    "Usage: pipeline-sink --link PATH --video FILE.y4m --sheet FILE.png [OPTION]...\n"
    "Connects to the source at the Unix socket PATH and writes what arrives: all frames as a Y4M video,\n"
    "and up to twelve of them as a contact sheet.\n"
    "  --realtime      take the frames at the video's own rate\n"
    "  --sysmem PATH   sysmemd's socket\n"
    "  --report FILE   write key=value lines about the run, among them one for each frame\n"
    "Exit status: 0 done; 1 refused, with the reason; 2 wrong command line; 3 another program was lost.\n";

#define HELD 3 /* frames that it keeps at most: what it asks to camp on */

static const struct wish wish = {
    .formats = {SYSMEM_PIXEL_FORMAT_I420,       SYSMEM_PIXEL_FORMAT_NV12                 },
    .format_count = 2,
    .color_spaces = {SYSMEM_COLOR_SPACE_REC601_NTSC, SYSMEM_COLOR_SPACE_REC601_NTSC_FULL_RANGE,
                SYSMEM_COLOR_SPACE_REC601_PAL},
    .color_space_count = 3,
    .cpu_usage = SYSMEM_CPU_USAGE_READ_OFTEN,
    .camping = HELD,
    .bytes_per_row_divisor = 96,
    .min_size = {2,                              2                                                                      },
    .max_size = {3840,                              2160},
};

struct sink {
    struct joiner joiner;
    struct sheet sheet;
    FILE *video;
    int clock; /* a timer that ticks once a frame; -1: as fast as frames come */
    struct link_message held[HELD]; /* the oldest first */
    size_t held_count;
    uint64_t frames;
    zx_time_t first; /* when the first frame came */
    zx_time_t last;
};

/* Gives the oldest held buffer back. */
static bool release_oldest(struct sink *sink)
{
    struct link_message oldest = sink->held[0];
    sink->held_count--;
    memmove(sink->held, sink->held + 1, sink->held_count * sizeof(sink->held[0]));
    return joiner_done(&sink->joiner, oldest.buffer, oldest.frame);
}

static int take_frame(struct sink *sink, const struct link_message *message)
{
    struct picture picture = participant_picture(&sink->joiner.participant, message->buffer);
    uint64_t ticks;
    if (sink->clock >= 0) {
        (void)!read(sink->clock, &ticks, sizeof(ticks));
    }
    if (!y4m_write_frame(sink->video, &picture)) {
        participant_say(&sink->joiner.participant, "writing the video: %s", strerror(errno));
        return EXIT_REFUSED;
    }
    sheet_add(&sink->sheet, &picture, message->frame);
    sink->last = zx_clock_get_monotonic();
    if (sink->frames++ == 0) {
        sink->first = sink->last;
    }
    report_line(&sink->joiner.report, "frame", "%" PRIu64, message->frame);
    sink->held[sink->held_count++] = *message;
    return sink->held_count < HELD || release_oldest(sink) ? EXIT_DONE : EXIT_LOST;
}

static int take_all(struct sink *sink)
{
    for (;;) {
        struct link_message message;
        if (!joiner_next(&sink->joiner, &message)) {
            return EXIT_LOST;
        }
        if (message.kind == LINK_END) {
            break;
        }
        int status = take_frame(sink, &message);
        if (status != EXIT_DONE) {
            return status;
        }
    }
    while (sink->held_count > 0) {
        if (!release_oldest(sink)) {
            return EXIT_LOST;
        }
    }
    return EXIT_DONE;
}

/* Opens what is written; false: said why. */
static bool open_outputs(struct sink *sink, const struct options *options)
{
    const struct y4m_header *header = &sink->joiner.header;
    sink->video = fopen(options->video, "we");
    if (!sink->video || !y4m_write_header(sink->video, header)) {
        participant_say(&sink->joiner.participant, "%s: %s", options->video, strerror(errno));
        return false;
    }
    if (options->realtime) {
        uint64_t period = UINT64_C(1000000000) * header->rate_den / header->rate_num;
        struct timespec tick = {(time_t)(period / 1000000000), (long)(period % 1000000000)};
        sink->clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
        if (sink->clock < 0 ||
            timerfd_settime(sink->clock, 0, &(struct itimerspec){tick, tick}, NULL) < 0) {
            participant_say(&sink->joiner.participant, "making a timer: %s", strerror(errno));
            return false;
        }
    }
    if (!sheet_init(&sink->sheet, (struct sysmem_size){header->width, header->height},
                    header->full_range)) {
        participant_say(&sink->joiner.participant, "no memory for the contact sheet");
        return false;
    }
    return true;
}

/* Finishes what is written, also of a video that was cut short. */
static int close_outputs(struct sink *sink, const struct options *options, int status)
{
    char error[128];
    if (sink->sheet.count > 0 && !sheet_write(&sink->sheet, options->sheet, error, sizeof(error))) {
        participant_say(&sink->joiner.participant, "%s: %s", options->sheet, error);
        status = EXIT_REFUSED;
    }
    if (sink->video && fclose(sink->video) != 0) {
        participant_say(&sink->joiner.participant, "%s: %s", options->video, strerror(errno));
        status = EXIT_REFUSED;
    }
    if (sink->clock >= 0) {
        (void)close(sink->clock);
    }
    sheet_deinit(&sink->sheet);
    return status;
}

static void report_rate(struct sink *sink)
{
    double seconds = (double)(sink->last - sink->first) / 1e9;
    report_line(&sink->joiner.report, "frames", "%" PRIu64, sink->frames);
    if (sink->frames > 1 && seconds > 0) {
        report_line(&sink->joiner.report, "frames_per_second", "%.1f",
                    (double)(sink->frames - 1) / seconds);
    }
}

int main(int argc, char **argv)
{
    struct options options = options_parse(argc, argv, help);
    struct sink sink = {.clock = -1};
    if (options.input || !options.video || !options.sheet) {
        return options_refuse(argv[0], options.input ? "it reads no file"
                                                     : "--video and --sheet are missing");
    }
    int status = EXIT_REFUSED;
    if (joiner_begin(&sink.joiner, "sink", &options, &wish) && open_outputs(&sink, &options)) {
        status = take_all(&sink);
        report_rate(&sink);
    }
    status = close_outputs(&sink, &options, status);
    return joiner_leave(&sink.joiner, status);
}
