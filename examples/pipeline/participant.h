/* One program's part in the collection: it asks, waits, and maps what it was given. */
#ifndef PIPELINE_PARTICIPANT_H
#define PIPELINE_PARTICIPANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sysmem/sysmem.h>

#include "picture.h"
#include "report.h"
#include "wish.h"

/* How the programs of the pipeline end. */
enum {
    EXIT_DONE = 0, /* all frames went through */
    EXIT_REFUSED =
        1,          /* a bad video, an output that cannot be written, no daemon, no common ground */
    EXIT_USAGE = 2, /* a wrong command line */
    EXIT_LOST = 3,  /* another program of the pipeline, or the daemon, went away in mid-stream */
};

struct participant {
    const char *name;
    struct report *report;
    struct sysmem_allocator *allocator;
    struct sysmem_collection *collection;
    struct sysmem_collection_info *info;
    struct picture_layout layout;
    bool writable;
    uint64_t map_bytes; /* of each mapping */
    size_t count;       /* of buffers */
    zx_handle_t vmos[SYSMEM_MAX_COUNT_BUFFER_COLLECTION_INFO_BUFFERS];
    void *bases[SYSMEM_MAX_COUNT_BUFFER_COLLECTION_INFO_BUFFERS];
};

/* Prints "name: message" to standard error. */
__attribute__((format(printf, 2, 3))) void participant_say(const struct participant *participant,
                                                           const char *format, ...);

/* Connects to the daemon (path NULL: where the library looks). All of these print why when they
 * return false. */
bool participant_connect(struct participant *participant, const char *name, const char *path,
                         struct report *report);

/* Turns the token in (it is consumed), asks for `wish`, waits for the buffers, maps them, and
 * reports all of it. `size` is that of the video, in pixels. */
bool participant_join(struct participant *participant, struct sysmem_token *token,
                      const struct wish *wish, struct sysmem_size size);

/* The picture in buffer `index`, which is less than `count`. */
struct picture participant_picture(const struct participant *participant, size_t index);

/* The descriptor that becomes readable when the daemon has something to say. */
int participant_fd(const struct participant *participant);

/* Whether the collection has failed: another participant went away without a good-bye, or the
 * daemon did. */
bool participant_has_failed(struct participant *participant);

/* After `who` was lost: waits for the daemon to say so too, and reports that the buffers are still
 * there. */
void participant_report_loss(struct participant *participant, const char *who);

/* Unmaps and closes everything; with `good_bye`, the others go on undisturbed. */
void participant_leave(struct participant *participant, bool good_bye);

#endif
