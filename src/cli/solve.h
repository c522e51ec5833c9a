/* The aggregation core on a JSON document, as `sysmemctl solve` runs it. */
#ifndef CLI_SOLVE_H
#define CLI_SOLVE_H

#include <stddef.h>

#include <jansson.h>

#include "base/strbuf.h"
#include "cli/solve_answer.h"
#include "config/config.h"

struct solve_options {
    struct solve_details details;
    const char
        *collection; /* which one, of a document that `inspect` printed; NULL: the only one */
};

/* Solves the document, with `config` to start from, into which it merges what the document has.
 * Returns what is to be printed, {"ok": ...} or {"error": ...}, which the
 * caller owns; NULL where the document is unusable, with the reason in *ret_reason. */
json_t *solve_document(struct config *config, const struct solve_options *options, const char *text,
                       size_t len, struct strbuf *ret_reason);

#endif
