/* The interface's limits on tables. Any thread may call. */
#ifndef MODEL_CHECK_H
#define MODEL_CHECK_H

#include "base/strbuf.h"
#include "model/type.h"

enum model_check {
    MODEL_CHECK_OK,
    MODEL_CHECK_TOO_LONG, /* a vector or string longer than the interface allows */
    MODEL_CHECK_NOT_UTF8,
};

/* Checks the limits of the interface. Unless OK, the reason, which names the field's path, is
 * appended to *ret_reason (NULL: not wanted). */
enum model_check model_check(const struct model_type *type, const void *table,
                             struct strbuf *ret_reason);

#endif
