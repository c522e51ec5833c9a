/* Comparing a reply with what a script expects of it. */
#ifndef CLI_PATTERN_H
#define CLI_PATTERN_H

#include <stdbool.h>

#include <jansson.h>

/* Whether `got` is as `pattern` says. An object must have the pattern's keys, and may have more;
 * lists have the same length; everything else is equal. Strings of the pattern that mean something
 * else:
 *   "*"        any value
 *   "$absent"  for a key: that there is none
 *   "$NAME"    the value that NAME stands for; NAME is given to it here when it is new
 *   "$!NAME"   a value that differs from the one NAME stands for
 * `names` is an object that keeps the names. */
bool pattern_matches(const json_t *pattern, const json_t *got, json_t *names);

#endif
