/* What the filter and the sink have in common: both connect to the source, get a token and the
 * video's header from it, and then one message a frame. */
#ifndef PIPELINE_JOINER_H
#define PIPELINE_JOINER_H

#include <stdbool.h>

#include "link.h"
#include "options.h"
#include "participant.h"
#include "y4m.h"

struct joiner {
    struct participant participant;
    struct report report;
    struct link source;
    struct y4m_header header;
};

/* Opens the report, connects to the source and to the daemon, turns the token in and maps the
 * buffers. `name` is what the source knows it by. False: said why. joiner_leave() in every case. */
bool joiner_begin(struct joiner *joiner, const char *name, const struct options *options,
                  const struct wish *wish);

/* Waits for the next message from the source: LINK_FRAME, with a valid buffer, or LINK_END. False:
 * the source or another participant is lost, which has been reported. */
bool joiner_next(struct joiner *joiner, struct link_message *ret);

/* Gives a buffer back to the source. False: as joiner_next(). */
bool joiner_done(struct joiner *joiner, uint32_t buffer, uint64_t frame);

/* Closes everything and reports how it ended; returns `status`, for exit(). */
int joiner_leave(struct joiner *joiner, int status);

#endif
