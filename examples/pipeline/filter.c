/* The pipeline's filter: changes each frame in place, in the buffer that the source wrote and the
 * sink will read. */
#include "joiner.h"

static const char help[] =
    "Usage: pipeline-filter --link PATH [OPTION]...\n"
    "Connects to the source at the Unix socket PATH and turns a moving band of each frame negative.\n"
    "  --sysmem PATH   sysmemd's socket\n"
    "  --report FILE   write key=value lines about the run\n"
    "Exit status: 0 done; 1 refused, with the reason; 2 wrong command line; 3 another program was lost.\n";

/* Works on macroblocks, as much hardware does, and likes V before U best. */
static const struct wish wish = {
    .formats = {SYSMEM_PIXEL_FORMAT_YV12,  SYSMEM_PIXEL_FORMAT_NV12      },
    .format_count = 2,
    .color_spaces = {SYSMEM_COLOR_SPACE_REC709, SYSMEM_COLOR_SPACE_REC601_NTSC,
                SYSMEM_COLOR_SPACE_REC601_NTSC_FULL_RANGE},
    .color_space_count = 3,
    .cpu_usage = SYSMEM_CPU_USAGE_READ_OFTEN | SYSMEM_CPU_USAGE_WRITE_OFTEN,
    .camping = 1,
    .bytes_per_row_divisor = 64,
    .size_alignment = {16,                         16                                                     },
    .min_size = {16,                         16},
    .max_size = {4096,                         4096                                                   },
};

static int run(struct joiner *joiner)
{
    for (;;) {
        struct link_message message;
        if (!joiner_next(joiner, &message)) {
            return EXIT_LOST;
        }
        if (message.kind == LINK_END) {
            return EXIT_DONE;
        }
        struct picture picture = participant_picture(&joiner->participant, message.buffer);
        picture_filter(&picture, message.frame);
        if (!joiner_done(joiner, message.buffer, message.frame)) {
            return EXIT_LOST;
        }
    }
}

int main(int argc, char **argv)
{
    struct options options = options_parse(argc, argv, help);
    struct joiner joiner;
    if (options.input) {
        return options_refuse(argv[0], "it reads no file");
    }
    bool begun = joiner_begin(&joiner, "filter", &options, &wish);
    return joiner_leave(&joiner, begun ? run(&joiner) : EXIT_REFUSED);
}
