/* Where the values of a collection's buffers come from, as far as its participants are still known.
 */
#ifndef CLI_ALLOCATED_H
#define CLI_ALLOCATED_H

#include <jansson.h>

#include "model/debug.h"

/* {"ok": ...} as `solve --explain` tells it, of a collection that has settings; "left" beside it
 * counts who got the buffers and whose constraints are not known any more. The caller owns it.
 * NULL: no memory. */
json_t *allocated_explain(const struct model_debug_collection *collection);

#endif
