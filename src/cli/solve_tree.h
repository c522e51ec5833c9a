/* The participants of a document for `sysmemctl solve`, with the token groups that some are in. */
#ifndef CLI_SOLVE_TREE_H
#define CLI_SOLVE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "cli/solve_question.h"

/* How deep groups may be nested. */
#define SOLVE_TREE_MAX_NESTING 512

/* Reads the list of participants. Each has a name: without one of its own it is called by its
 * position, counted depth-first. Everything lives in the arena. False: unusable; the reason, which
 * names the path, is appended. */
bool solve_tree_read(struct arena *arena, const json_t *list, struct solve_question *ret,
                     struct strbuf *reason);

/* Whether an object has no keys but the given ones, of which the last is NULL. Appends the unknown
 * key to the reason. */
bool solve_has_only(const json_t *object, const char *const *keys, struct strbuf *reason);

#endif
