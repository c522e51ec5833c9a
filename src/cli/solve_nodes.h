/* The tree of a collection, as the daemon shows it, as a question for the solver: the one that the
 * daemon itself asks. */
#ifndef CLI_SOLVE_NODES_H
#define CLI_SOLVE_NODES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "cli/solve_question.h"
#include "model/debug.h"

/* Reads the question that the daemon asks next: whether the first attached part that is ready may
 * join the buffers, where there are some; otherwise, what buffers suit all who are not attached.
 * Nodes may have been edited: one that is given constraints counts as ready. Everything is in the
 * arena, or borrowed from `collection`. False: unusable; the reason is appended. */
bool solve_nodes_read(struct arena *arena, const struct model_debug_collection *collection,
                      struct solve_question *ret, struct strbuf *reason);

#endif
