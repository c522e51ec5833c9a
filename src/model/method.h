/* Every method of every protocol: the one table that server dispatch, client calls, `sysmemctl
 * exec` and the wire share. Ordinals are the position in which spec/ lists a protocol's methods,
 * counted from 1; the project's own begin at 1000. See docs/wire.md. */
#ifndef MODEL_METHOD_H
#define MODEL_METHOD_H

#include "model/type.h"

enum model_protocol {
    MODEL_PROTOCOL_NONE,
    MODEL_PROTOCOL_ALLOCATOR,
    MODEL_PROTOCOL_TOKEN,
    MODEL_PROTOCOL_COLLECTION,
    MODEL_PROTOCOL_GROUP,
    MODEL_PROTOCOL_SECURE_MEM,
    MODEL_PROTOCOL_DEBUG,
    MODEL_PROTOCOL_REGISTRY,
    MODEL_PROTOCOL_HEAP,
    MODEL_PROTOCOL_COUNT,
};

struct model_method {
    enum model_protocol protocol;
    uint32_t ordinal;
    const char *name; /* FIDL name: "DuplicateSync" */
    bool two_way;
    bool fallible;                     /* the result union has an `err` arm */
    const struct model_type *request;  /* NULL: <EMPTY> */
    const struct model_type *response; /* two-way methods; NULL: <EMPTY> */
};

/* The row of a method, or NULL. */
const struct model_method *model_method_find(enum model_protocol protocol, uint32_t ordinal);
const struct model_method *model_method_by_name(enum model_protocol protocol, const char *name);

/* All rows, in protocol and ordinal order. */
const struct model_method *model_methods(size_t *ret_count);

/* "Allocator", "BufferCollectionToken", "BufferCollection", "BufferCollectionTokenGroup",
 * "SecureMem", "Debug", "Registry", "Heap". */
const char *model_protocol_name(enum model_protocol protocol);
enum model_protocol model_protocol_by_name(
    const char *name); /* MODEL_PROTOCOL_NONE: no such name */

#endif
