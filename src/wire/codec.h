/* Plain structs to bodies and back. The only place, with its generated code, that knows protobuf.
 * The format is docs/wire.md. No state; any thread may call, with its own message and arena.
 *
 * Decoding takes at most twice the memory that the arena's budget leaves, and stops there, which
 * bounds its time too. The largest request that the interface allows fits into 1 MiB. */
#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/failure.h"
#include "model/method.h"
#include "wire/message.h"

enum codec_status {
    CODEC_OK,
    CODEC_NO_MEMORY,   /* or the arena's budget is used up */
    CODEC_MALFORMED,   /* undecodable, invalid UTF-8, a slot (also a companion's) that is missing or
                          used twice, a descriptor unused */
    CODEC_TOO_LONG,    /* a vector or string longer than the interface allows */
    CODEC_UNKNOWN_ARM, /* a result with no arm that is known */
};

/* What a result holds. */
struct codec_result {
    uint32_t err; /* 0: the response arm; else the Error value of the err arm */
    uint32_t framework_err;
    const struct model_failure *failure; /* beside err, in the arena; NULL: nothing was said */
};

/* Sets message->body from a table. Handle fields hold slots of the message, and so do companions
 * (asserted). `type` NULL: an empty body. CODEC_TOO_LONG also for a body beyond MESSAGE_MAX_BYTES;
 * CODEC_MALFORMED: a string is not UTF-8. */
enum codec_status codec_encode(const struct model_type *type, const void *table,
                               struct message *message);

/* Fills *ret_table (type->size bytes, written on success only) from a body; everything it points to
 * is in the arena. Handle fields hold slots; each attachment is in one field or one's
 * companion, and what the body says of it (type, rights, koid, companion) is put into the
 * attachment. Vector and string limits of the
 * interface are checked. ret_reason may be NULL; else, unless CODEC_OK, it gets a constant or arena
 * string. */
enum codec_status codec_decode(const struct model_type *type, struct message *message,
                               struct arena *arena, void *ret_table, const char **ret_reason);

/* The same for the result of a two-way method: the response arm (err == 0), or the err arm, which
 * only a fallible method has (asserted). */
enum codec_status codec_encode_result(const struct model_method *method, uint32_t err,
                                      const void *response, struct message *message);

/* An err arm that tells more than the error: the method's result has room for it (asserted). */
enum codec_status codec_encode_failure(const struct model_method *method, uint32_t err,
                                       const struct model_failure *failure,
                                       struct message *message);

enum codec_status codec_decode_result(const struct model_method *method, struct message *message,
                                      struct arena *arena, struct codec_result *ret_result,
                                      void *ret_response, const char **ret_reason);

#endif
