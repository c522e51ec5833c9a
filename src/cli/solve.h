/* The aggregation core on a JSON document, as `sysmemctl solve` runs it. */
#ifndef CLI_SOLVE_H
#define CLI_SOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/strbuf.h"
#include "config/config.h"

/* Solves the document, with `config` to start from, into which it merges what the document has.
 * Returns what is to be printed, {"ok": ...} or {"error": ...}, which the
 * caller owns; NULL where the document is unusable, with the reason in *ret_reason. */
json_t *solve_document(struct config *config, const char *text, size_t len,
                       struct strbuf *ret_reason);

#endif
