/* pipeline-check: what the demo and the tests need around the pipeline. Compares the sink's video
 * with the source's, to which it applies the filter itself; or waits for a socket. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "participant.h"
#include "y4m.h"

static const char help[] =
    "Usage: pipeline-check compare|prefix SOURCE.y4m SINK.y4m\n"
    "       pipeline-check await SOCKET\n"
    "compare: the sink's video is the source's with the filter applied, byte for byte and to the end.\n"
    "prefix:  the same, but the sink's may end early.\n"
    "await:   wait up to ten seconds until somebody listens at SOCKET.\n"
    "Exit status: 0 yes; 1 no, with the reason; 2 wrong command line.\n";

#define AWAIT_MS 10000

struct video {
    const char *path;
    struct y4m_reader reader;
    struct picture_layout layout;
    unsigned char *bytes;
    struct picture picture;
};

static int video_open(struct video *video, const char *path)
{
    *video = (struct video){.path = path};
    FILE *file = fopen(path, "re");
    if (!file) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    if (y4m_reader_init(&video->reader, file) != Y4M_OK) {
        (void)fprintf(stderr, "%s: %s\n", path, video->reader.error);
        return -1;
    }
    video->layout = picture_layout_packed(
        (struct sysmem_size){video->reader.header.width, video->reader.header.height});
    video->bytes = calloc(1, video->layout.bytes);
    if (!video->bytes) {
        return -1;
    }
    video->picture = picture_at(&video->layout, video->bytes);
    return 0;
}

static void video_close(struct video *video)
{
    if (video->reader.file) {
        (void)fclose(video->reader.file);
    }
    free(video->bytes);
}

/* Y4M_OK, Y4M_END; Y4M_BAD was said. */
static enum y4m_result video_next(struct video *video)
{
    enum y4m_result result = y4m_read_frame(&video->reader, &video->picture);
    if (result == Y4M_BAD) {
        (void)fprintf(stderr, "%s: %s\n", video->path, video->reader.error);
    }
    return result;
}

static int compare_frames(struct video *source, struct video *sink, bool prefix)
{
    for (uint64_t frame = 0;; frame++) {
        enum y4m_result got = video_next(sink);
        if (got == Y4M_END && prefix) {
            return EXIT_DONE;
        }
        enum y4m_result wanted = video_next(source);
        if (got == Y4M_BAD || wanted == Y4M_BAD) {
            return EXIT_REFUSED;
        }
        if (got != wanted) {
            (void)fprintf(stderr, "%s ends after %" PRIu64 " frames, and %s does not\n",
                          got == Y4M_END ? sink->path : source->path, frame,
                          got == Y4M_END ? source->path : sink->path);
            return EXIT_REFUSED;
        }
        if (got == Y4M_END) {
            return EXIT_DONE;
        }
        picture_filter(&source->picture, frame);
        if (memcmp(source->bytes, sink->bytes, source->layout.bytes) != 0) {
            (void)fprintf(stderr, "frame %" PRIu64 " differs from the filtered original\n", frame);
            return EXIT_REFUSED;
        }
    }
}

static int compare(const char *source_path, const char *sink_path, bool prefix)
{
    struct video source;
    struct video sink = {0};
    int status = EXIT_REFUSED;
    if (video_open(&source, source_path) == 0 && video_open(&sink, sink_path) == 0) {
        if (strcmp(source.reader.header.line, sink.reader.header.line) == 0) {
            status = compare_frames(&source, &sink, prefix);
        } else {
            (void)fprintf(stderr, "the headers differ: wanted '%s', got '%s'\n",
                          source.reader.header.line, sink.reader.header.line);
        }
        if (status == EXIT_DONE) {
            (void)printf("%" PRIu64 " frames are equal, byte for byte\n", sink.reader.frames);
        }
    }
    video_close(&source);
    video_close(&sink);
    return status;
}

static int await(const char *path)
{
    struct link link;
    int result = link_connect(path, AWAIT_MS, &link);
    if (result < 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(-result));
        return EXIT_REFUSED;
    }
    link_close(&link);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "--help") == 0) {
        (void)fputs(help, stdout);
        return EXIT_DONE;
    }
    if (argc == 3 && strcmp(what, "await") == 0) {
        return await(argv[2]);
    }
    if (argc == 4 && (strcmp(what, "compare") == 0 || strcmp(what, "prefix") == 0)) {
        return compare(argv[2], argv[3], strcmp(what, "prefix") == 0);
    }
    (void)fputs(help, stderr);
    return EXIT_USAGE;
}
