/* What `sysmemctl inspect --json` prints, as a question for the solver: an aggregation of the
 * daemon's, to be replayed elsewhere. */
#ifndef CLI_SOLVE_INSPECTED_H
#define CLI_SOLVE_INSPECTED_H

#include <stdbool.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "cli/solve_question.h"
#include "config/config.h"

/* Whether the document is of this kind. */
bool solve_is_inspected(const json_t *document);

/* Reads the question that one collection poses, and into `config` the daemon's heaps, limits and
 * format costs. `id` is the collection's, as text; NULL: there is only one. Everything is in the
 * arena. False: unusable; the reason is appended. */
bool solve_inspected_read(struct arena *arena, struct config *config, const json_t *document,
                          const char *id, struct solve_question *ret, struct strbuf *reason);

#endif
