/* `sysmemctl solve` on what `sysmemctl inspect --json` prints, edited. */
#ifndef CLI_REPLAY_H
#define CLI_REPLAY_H

#include <stdbool.h>

#include <jansson.h>

#include "program.h"

/* Asks a daemon what it has, makes the edits, and solves. `edits` is an object: each key is a path
 * ("/collections/0/nodes/2/constraints"), and its value is put there; null removes what is there; a
 * path that ends in "/+" appends to a list. `options` is a list of strings for `solve`. False: it
 * could not be asked, or there is no such path. */
bool replay_run(const char *sysmemctl, const char *socket, const json_t *edits,
                const json_t *options, struct program_result *ret);

#endif
